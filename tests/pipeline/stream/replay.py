"""Replays mixed messages against the code that answers them, in workers that are killed.

    python -m tests.pipeline.stream.replay --messages=10000 --kills=20 --mode=loop

A worker is a process of its own with the steps of the streaming job. What is outside of it, Pub/Sub and the state that
a runner commits, is a database that outlives it. A worker is ended by SIGKILL at a point of its work: before or after
it writes an entry of the ledger, while it answers, after it published an event, after it acknowledged a message. The
next one goes on in one of two ways:

* ``loop``: state is lost, and what was not acknowledged is delivered again, in another order. A message is acknowledged
  after its event.
* ``committed``: as on a service, the state, the outputs and the acknowledgements of a bundle are committed together. A
  bundle that was not committed is processed again.

Most requests are answered by a stub, because only what happens around an answer is tested; some by a real export of a
small league, one in ``REAL``. Requests of the kind ``deadly`` end their worker each time they are answered.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import pickle
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.timestamp import Timestamp

from pipeline.requests.request import RequestDefaults
from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.graph import DEAD_LETTERS, ENDS, EVENTS, REQUESTS, AnswerRequests, ReadRequests
from pipeline.stream.ledger import Ledger, message_stem
from pipeline.stream.messages import Asked, Grammar
from pipeline.stream.reading import MessageReader
from tests.pipeline.stream.test_graph import PUBLISHED, Alarm, Bag, Cell
from tests.support.plans import EASY
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.stores.folder import LocalStore
from transforms.warehouses.parquet import ParquetWarehouse

LOOP, COMMITTED = "loop", "committed"
POINTS = (
    "received",
    "attempt-1",
    "answering",
    "before end",
    "end",
    "committed",
    "event published",
    "published",
    "acknowledged",
)
"""Where a worker is killed: after an entry of the ledger of that name was written, and between them."""
REAL = 50
QUIET = 120.0
TODAY = date(2026, 2, 3)
_AT_A_TIME, _IN_FLIGHT = 10, 300
_GRAMMAR = Grammar(
    ("daily-signals", "live-grading", "tonight"), {}, RequestDefaults(EASY.champion_system_id), max_dates=3
)


def mixed(count: int, seed: int) -> list[tuple[str, str, bytes]]:
    """Return messages as (id, kind, payload)."""
    chance = random.Random(seed)
    kinds = {"valid": 40, "equal": 30, "live": 5, "malformed": 12, "upstream": 6, "long": 2, "huge": 5}
    names = chance.choices(list(kinds), weights=list(kinds.values()), k=count)
    names[125::500] = ["deadly"] * len(names[125::500])
    return [(f"{n:05}", kind, _payload(kind, n, chance)) for n, kind in enumerate(names)]


def _payload(kind: str, n: int, chance: random.Random) -> bytes:
    day = str(TODAY - timedelta(days=chance.randrange(-1, 29)))
    own = f"2026-02-03T{10 + n // 3600 % 8:02}:{n // 60 % 60:02}:{n % 60:02}Z"
    payload: Any = {"export_types": ["daily-signals"], "target_date": day, "correlation_id": kind}
    if kind in ("valid", "deadly"):
        payload["generated_at"] = own
    elif kind == "live":
        payload |= {"export_types": ["live-grading"], "generated_at": own}
    elif kind == "long":
        payload = {"export_types": ["tonight"], "start_date": "2026-01-01", "end_date": "2026-01-20"}
    elif kind == "upstream":
        payload = {"phase": "p", "game_date": day, "status": "failed"}
    elif kind == "huge":
        return b"{" + b" " * chance.choice([300_000, 400_000])
    elif kind == "malformed":
        return chance.choice([b"", b"\xff", b"null", b"[" * 2000, b'{"a": NaN}', b'{"export_type": "x"}'])
    return json.dumps(payload).encode()


@dataclass(frozen=True)
class Run:
    """How one worker runs: until it is killed at the n-th time that it reaches a point; to the end without one."""

    folder: str
    mode: str
    seed: int
    point: str = ""
    nth: int = 0
    warehouse: str = ""
    ledger: bool = True


class Killer:
    """Ends this process at a point."""

    def __init__(self, run: Run) -> None:
        self._point, self._left = run.point, run.nth

    def reach(self, point: str) -> None:
        """Note that a point is reached."""
        if point == self._point:
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class Watched(LocalStore):
    """A folder whose ledger reaches points when it is written; without ``ledger`` it forgets the entries."""

    killer: Any = None
    ledger: bool = True

    def write(self, path: str, content: bytes, **values: Any) -> int:
        """Write an object."""
        if not path.startswith("ledger/"):
            return super().write(path, content, **values)
        entry = path.split(".")[-2]
        if entry == "end":
            self.killer.reach("before end")
        generation = super().write(path, content, **values) if self.ledger else 1
        self.killer.reach(entry)
        return generation


@dataclass(frozen=True)
class Stub(Answerer):
    """Answers most requests without an export."""

    killer: Any = None
    answered: Counter[str] = field(default_factory=Counter)

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        """Answer a request, or end this process."""
        self.killer.reach("answering")
        if asked.correlation_id == "deadly":
            Path(self.output, "deadly").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if self.warehouse is not None and int(asked.message_id) % REAL == 0:
            return super().answer(asked, before)
        event = {"status": "success", "message_id": asked.message_id, "execution_id": uuid4().hex}
        return Answer(event, f"run-{asked.message_id}", self.clock(), "v1")


class Worker:
    """One process of the job."""

    def __init__(self, run: Run) -> None:
        self._run, self._killer = run, Killer(run)
        self._services = sqlite3.connect(Path(run.folder) / "services", isolation_level=None)
        self._services.execute("PRAGMA synchronous = OFF")
        self._now = self._value("SELECT max(now) FROM clock") or PUBLISHED.timestamp()
        store = Watched(str(Path(run.folder) / "out"), killer=self._killer, ledger=run.ledger)
        warehouse: Any = LiveWarehouse(ParquetWarehouse(run.warehouse)) if run.warehouse else None
        answers = Stub(warehouse, store, run.folder, EASY, clock=lambda: self._now, killer=self._killer)
        self._ledger = Ledger(store, lambda: self._now)
        self._reads = ReadRequests(MessageReader(_GRAMMAR, DeadLetters(store), self._ledger))
        self._answers = AnswerRequests(answers, QUIET)
        self._reads.setup(), self._answers.setup()
        self._lanes: dict[str, tuple[Bag, Cell, Alarm]] = {}

    def work(self) -> None:
        """Process every message that is not acknowledged."""
        if self._run.mode == COMMITTED:
            for lane, state in self._services.execute("SELECT lane, state FROM lanes").fetchall():
                self._lanes[lane] = pickle.loads(state)
            self._deliver()
        rows = self._services.execute("SELECT id, at, data FROM messages WHERE NOT acked ORDER BY at").fetchall()
        if self._run.mode == LOOP:
            # Those that were in flight come again in any order.
            head = rows[:_IN_FLIGHT]
            random.Random(self._run.seed).shuffle(head)
            rows[:_IN_FLIGHT] = head
        batches = [rows[at : at + _AT_A_TIME] for at in range(0, len(rows), _AT_A_TIME)]
        for batch in batches:
            self._pull(batch)
            self._fire()
        while ahead := [alarm.at for _, _, alarm in self._lanes.values() if alarm.at is not None]:
            self._now = max(self._now, min(ahead))
            self._fire()
        if self._run.mode == LOOP:
            # Whatever is left was found to have ended before.
            self._services.execute("UPDATE messages SET acked = 1")

    def _pull(self, batch: Sequence[Any]) -> None:
        self._now = max(self._now, *(at for _, at, _ in batch))
        outputs: list[Any] = []
        touched = set()
        for name, at, data in batch:
            message = PubsubMessage(data, {}, message_id=name, publish_time=_instant(at))
            for made in self._reads.process(message, Timestamp(at)):
                if made.tag == REQUESTS:
                    lane, encoded = made.value
                    journal, token, wake = self._lanes.setdefault(lane, (Bag(), Cell(), Alarm()))
                    self._answers.process((lane, encoded), journal, token, wake, Alarm())
                    touched.add(lane)
                else:
                    outputs.append(made)
        self._commit(outputs, touched, [name for name, _, _ in batch])

    def _fire(self) -> None:
        """Fire the timers that are due, in the order of their time, each in a bundle of its own."""
        while due := sorted(
            (alarm.at, lane) for lane, (_, _, alarm) in self._lanes.items() if _is_due(alarm, self._now)
        ):
            for _, lane in due:
                journal, token, wake = self._lanes[lane]
                wake.at = None
                self._commit(list(self._answers.answer_next(lane, journal, token, Cell(), wake)), {lane}, ())

    def _commit(self, outputs: Iterable[Any], touched: Iterable[str], pulled: Sequence[str]) -> None:
        made = list(_by_message(outputs))
        if self._run.mode == LOOP:
            for stem, messages in made:
                self._publish(stem, messages)
                self._acknowledge(stem)
            return
        run = self._services.execute
        run("BEGIN")
        for lane in touched:
            run("INSERT OR REPLACE INTO lanes VALUES (?, ?)", (lane, pickle.dumps(self._lanes[lane])))
        for found in made:
            run("INSERT INTO outbox VALUES (?)", (pickle.dumps(found),))
        run("INSERT INTO clock VALUES (?)", (self._now,))
        for name in pulled:
            run("UPDATE messages SET acked = 1 WHERE id = ?", (name,))
        run("COMMIT")
        self._killer.reach("committed")
        self._deliver()

    def _deliver(self) -> None:
        """Publish what is committed."""
        for row, found in self._services.execute("SELECT rowid, output FROM outbox ORDER BY rowid").fetchall():
            self._publish(*pickle.loads(found))
            self._services.execute("DELETE FROM outbox WHERE rowid = ?", (row,))

    def _publish(self, stem: str, messages: Sequence[tuple[str, PubsubMessage]]) -> None:
        for topic, message in messages:
            row = (stem, topic, message.data, json.dumps(message.attributes, sort_keys=True))
            self._services.execute("INSERT INTO published VALUES (?, ?, ?, ?)", row)
        self._killer.reach("event published")
        self._ledger.publish(stem)

    def _acknowledge(self, stem: str) -> None:
        self._services.execute("UPDATE messages SET acked = 1 WHERE stem = ?", (stem,))
        self._services.execute("INSERT INTO clock VALUES (?)", (self._now,))
        self._killer.reach("acknowledged")

    def _value(self, query: str) -> Any:
        return self._services.execute(query).fetchone()[0]


def _is_due(alarm: Alarm, now: float) -> bool:
    return alarm.at is not None and alarm.at <= now


def _instant(at: float) -> Any:
    return PUBLISHED + timedelta(seconds=at - PUBLISHED.timestamp())


def _by_message(outputs: Iterable[Any]) -> Iterator[tuple[str, list[tuple[str, PubsubMessage]]]]:
    """Yield the outputs of each message that has ended, with its entries in the ledger."""
    messages: list[tuple[str, PubsubMessage]] = []
    for made in outputs:
        tag = made.tag if isinstance(made, TaggedOutput) else EVENTS
        if tag == ENDS:
            yield made.value, messages
            messages = []
        else:
            messages.append((tag, made.value if isinstance(made, TaggedOutput) else made))
    assert not messages, "an event without an end"


def work(run: Run) -> None:
    """Run a worker in this process."""
    logging.disable(logging.CRITICAL)
    Worker(run).work()


@dataclass
class Result:
    """What became of the messages.

    Attributes:
        sent: By kind.
        ends: Terminal events, by kind and status.
        lost: Ids without a terminal event, or without the dead letter that they are to have.
        doubled: Ids with two terminal events, or two dead letters, that differ.
        repeated: Events that were published again as they were.
        kills: By the point; ``deadly`` for those by a request.
        workers: Processes that were started.
        exported: Objects of documents that real exports have published.
        unclear: Ids whose ledger does not say that they were received, have ended, and were published.
    """

    sent: Counter[str]
    ends: Counter[tuple[str, str]]
    lost: list[str]
    doubled: list[str]
    repeated: int
    kills: Counter[str]
    workers: int
    exported: int
    unclear: list[str]


def replay(
    folder: Path, count: int, kills: int, *, mode: str, seed: int = 1, warehouse: str = "", ledger: bool = True
) -> Result:
    """Send messages to workers of which so many are killed, until one ends by itself."""
    messages = mixed(count, seed)
    with sqlite3.connect(folder / "services", isolation_level=None) as services:
        services.execute("PRAGMA journal_mode = WAL")
        services.executescript(
            """
            CREATE TABLE messages (id PRIMARY KEY, at, data, stem UNIQUE, acked DEFAULT 0);
            CREATE TABLE published (stem, topic, data, attributes);
            CREATE TABLE lanes (lane PRIMARY KEY, state);
            CREATE TABLE outbox (output);
            CREATE TABLE clock (now);
            """
        )
        start = PUBLISHED.timestamp()
        rows = [
            (name, start + n, data, message_stem(name, _instant(start + n)))
            for n, (name, _, data) in enumerate(messages)
        ]
        services.execute("BEGIN")
        services.executemany("INSERT INTO messages (id, at, data, stem) VALUES (?, ?, ?, ?)", rows)
        services.execute("COMMIT")
    chance, met, workers = random.Random(seed), Counter[str](), 0
    points = [point for point in POINTS if point != ("committed" if mode == LOOP else "acknowledged")]
    plan = [points[n % len(points)] for n in range(kills)]
    chance.shuffle(plan)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.pipeline.stream.replay"])
    while True:
        # Kills are spread over the messages.
        nth = chance.randrange(1, max(2, count // (kills + 1)))
        run = Run(str(folder), mode, workers, plan[0] if plan else "", nth if plan else 0, warehouse, ledger)
        process = context.Process(target=work, args=(run,))
        process.start()
        process.join()
        workers += 1
        if process.exitcode == 0 and not plan:
            break
        if process.exitcode == 0:
            # The end came before the point.
            plan.pop(0)
            continue
        assert process.exitcode == -signal.SIGKILL, f"a worker ended with {process.exitcode}"
        met["deadly" if (folder / "deadly").exists() else plan.pop(0)] += 1
        (folder / "deadly").unlink(missing_ok=True)
        assert workers < 10 * (kills + count), "no worker comes to an end"
    return _result(folder, messages, met, workers)


def _result(folder: Path, messages: Sequence[tuple[str, str, bytes]], met: Counter[str], workers: int) -> Result:
    services = sqlite3.connect(folder / "services")
    stems = dict(services.execute("SELECT id, stem FROM messages").fetchall())
    found: dict[tuple[str, str], list[tuple[bytes, str]]] = {}
    for stem, topic, data, attributes in services.execute("SELECT * FROM published"):
        found.setdefault((stem, topic), []).append((data, attributes))
    ledger = Ledger(LocalStore(str(folder / "out")), time.time)
    entries = Counter(
        tuple(shown.path.removeprefix("ledger/").rsplit(".", 2)[:2]) for shown in ledger.store.list("ledger/")
    )
    exported = sum(1 for _ in ledger.store.list("signals/")) + sum(1 for _ in ledger.store.list("live-grading/"))
    ends, lost, doubled, unclear, repeated = Counter[tuple[str, str]](), [], [], [], 0
    for name, kind, _ in messages:
        events, letters = (found.get((stems[name], topic), []) for topic in (EVENTS, DEAD_LETTERS))
        wants_letter = kind in ("malformed", "huge", "long", "deadly")
        if not events or (wants_letter and not letters):
            lost.append(name)
            continue
        if len(set(events)) > 1 or len(set(letters)) > 1:
            doubled.append(name)
        repeated += len(events) - 1
        ends[kind, json.loads(events[0][0])["status"]] += 1
        if any((stems[name], entry) not in entries for entry in ("received", "end", "published")):
            unclear.append(name)
    return Result(
        Counter(kind for _, kind, _ in messages), ends, lost, doubled, repeated, met, workers, exported, unclear
    )


def main(argv: Sequence[str]) -> int:
    """Carry out a command line, print the outcome, and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mode", choices=(LOOP, COMMITTED), default=LOOP)
    parser.add_argument("--warehouse", default="", help="a folder of tables, from which some are really exported")
    given = parser.parse_args(argv)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        found = replay(
            Path(name), given.messages, given.kills, mode=given.mode, seed=given.seed, warehouse=given.warehouse
        )
    lines = [
        f"{given.mode}: {given.messages} messages {dict(found.sent)}, {time.monotonic() - began:.0f} s",
        f"{found.workers} workers, {sum(found.kills.values())} of them killed: {dict(found.kills)}",
        *(f"  {kind:10} {status:10} {number}" for (kind, status), number in sorted(found.ends.items())),
        f"lost {len(found.lost)}, doubled {len(found.doubled)}, unclear in the ledger {len(found.unclear)}, "
        f"published again as they were {found.repeated}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if found.lost or found.doubled or found.unclear else 0


if __name__ == "__main__":
    # Workers find functions by the name of the module.
    from tests.pipeline.stream import replay as module

    sys.exit(module.main(sys.argv[1:]))
