from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.pvalue import TaggedOutput

from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.graph import DEAD_LETTERS, ENDS, AnswerRequests
from pipeline.stream.ledger import (
    ANSWERED,
    GIVEN_UP,
    KEPT_DAYS,
    MOST_ATTEMPTS,
    NOTHING,
    REST_SECONDS,
    End,
    Ledger,
    Settled,
    message_stem,
)
from pipeline.stream.messages import Asked, Message, read_message
from tests.pipeline.stream.test_graph import GRAMMAR, PUBLISHED, Alarm, Bag, Cell
from tests.support.stores import MemoryStore, Refuse
from transforms.stores.control import is_control
from transforms.stores.folder import LocalStore
from transforms.stores.protocol import StoreError

NOW = PUBLISHED.timestamp()
STEM = message_stem("m-1", PUBLISHED)


def asked(message_id: str = "m-1", **values: Any) -> Asked:
    data = json.dumps({"export_types": ["tonight"], "target_date": "today", "correlation_id": "c"}).encode()
    found = read_message(Message(data, {}, message_id, PUBLISHED), GRAMMAR)
    assert isinstance(found, Asked)
    return replace(found, key=f"key-of-{message_id}", **values)


def ledger(store: Any, now: float = NOW) -> Ledger:
    return Ledger(store, lambda: now)


def end(status: str = "success", **values: Any) -> End:
    return End(ANSWERED, PubsubMessage(json.dumps({"status": status}).encode(), {"status": status}), **values)


def entries(store: MemoryStore) -> list[str]:
    return [shown.path.rpartition("/")[2] for shown in store.list("ledger/")]


class TestMessages:
    def test_it_shows_what_became_of_a_message(self) -> None:
        store = MemoryStore()
        assert ledger(store).receive(STEM, message_id="m-1") is False
        assert ledger(store).begin(asked()) == NOTHING
        assert ledger(store).end(asked(), end()) == end()
        ledger(store).publish(STEM)
        kinds = ("attempt-1", "end", "published", "received")
        assert entries(store) == [f"m-1.{kind}.json" for kind in kinds]
        assert all(is_control(path) for path in store.written)
        assert ledger(store).find(STEM).is_over

    def test_a_message_that_is_delivered_again_is_recognised(self) -> None:
        store = MemoryStore()
        assert [ledger(store).receive(STEM) for _ in range(3)] == [False, True, True]
        assert ledger(store).receive(message_stem("m-2", PUBLISHED)) is False

    def test_attempts_that_did_not_end_are_returned(self) -> None:
        store = MemoryStore()
        assert [len(ledger(store).begin(asked()).attempts) for _ in range(4)] == [0, 1, 2, 2]
        [first, second] = ledger(store).begin(asked()).attempts
        assert first["begun_at"] == second["begun_at"] == PUBLISHED.isoformat()
        assert first["worker"]

    def test_messages_do_not_share_attempts(self) -> None:
        store = MemoryStore()
        ledger(store).begin(asked("m-1"))
        assert ledger(store).begin(asked("m-2")) == NOTHING
        assert ledger(store).begin(asked("m-11")) == NOTHING

    def test_of_two_ends_the_first_one_counts(self) -> None:
        store = MemoryStore()
        settled = Settled("run", 1.0, 2.0, "v1", again=True)
        ledger(store).begin(asked())
        first = end("success", settled=settled, letter=PubsubMessage(b"\xff", {"reason": "x"}))
        assert ledger(store).end(asked(), first) == first
        assert ledger(store).end(asked(), end("failed")) == first
        assert ledger(store).begin(asked()).end == first

    def test_nothing_is_published_of_a_message_whose_event_went_out(self) -> None:
        store = MemoryStore()
        ledger(store).begin(asked())
        ledger(store).end(asked(), end())
        ledger(store).publish(STEM)
        ledger(store).publish(STEM)
        assert ledger(store).end(asked(), end("failed")) is None
        assert ledger(store).begin(asked()).is_over

    def test_a_place_that_is_down_keeps_no_request_from_its_answer(self) -> None:
        store = MemoryStore()
        ledger(store).begin(asked()), ledger(store).begin(asked())
        store.before_write = store.before_read = Refuse("")
        assert ledger(store).receive(STEM) is False
        assert ledger(store).begin(asked()) == NOTHING
        assert ledger(store).end(asked(), end()) == end()
        ledger(store).publish(STEM)

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"begun_at": 3}', b'"x"'])
    def test_an_attempt_that_cannot_be_understood_counts(self, content: bytes) -> None:
        store = MemoryStore()
        store.write(f"ledger/{STEM}.attempt-1.json", content, cache_control="no-cache")
        assert len(ledger(store).begin(asked()).attempts) == 1
        assert len(ledger(store).begin(asked()).attempts) == MOST_ATTEMPTS

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"kind": 3}'])
    def test_an_end_that_cannot_be_understood_is_made_again(self, content: bytes) -> None:
        store = MemoryStore()
        store.write(f"ledger/{STEM}.end.json", content, cache_control="no-cache")
        assert ledger(store).end(asked(), end()) == end()

    @pytest.mark.parametrize("message_id", ["../x", ".y", "a/b", "results-2026-manifest/x.json", "z" * 3000])
    def test_no_message_id_leaves_the_prefix(self, message_id: str) -> None:
        store = MemoryStore()
        ledger(store).begin(asked(message_id))
        [path] = store.written
        assert path.startswith("ledger/2026-02-03/")
        assert path.count("/") == 2

    def test_ids_that_look_alike_keep_apart(self) -> None:
        ids = ["a/b", "a-b", "a.b", "a b", "z" * 3000, "z" * 3001]
        assert len({message_stem(name, PUBLISHED) for name in ids}) == len(ids)


class TestWatch:
    def test_attempts_count_across_the_checks_of_the_games(self) -> None:
        """Each check makes a request of its own, which would be tried for ever."""
        store = MemoryStore()
        found = [ledger(store).begin(asked(f"live-{n}", by_watch=True)) for n in range(3)]
        assert [len(past.attempts) for past in found] == [0, 1, 2]

    def test_an_answer_leaves_nothing(self) -> None:
        store = MemoryStore()
        for n in range(4):
            assert ledger(store).begin(asked(f"live-{n}", by_watch=True)) == NOTHING
            assert ledger(store).end(asked(f"live-{n}", by_watch=True), end(settled=Settled("", 0, 0))) is not None
        assert entries(store) == []

    def test_one_that_is_given_up_rests_and_is_tried_again(self) -> None:
        store = MemoryStore()
        for _ in range(2):
            ledger(store).begin(asked(by_watch=True))
        ledger(store).end(asked(by_watch=True), End(GIVEN_UP, None, settled=Settled("", 0, 0)))
        assert ledger(store, NOW + REST_SECONDS - 1).begin(asked(by_watch=True)).is_over
        assert ledger(store, NOW + REST_SECONDS + 1).begin(asked(by_watch=True)) == NOTHING
        assert len(ledger(store, NOW + REST_SECONDS + 2).begin(asked(by_watch=True)).attempts) == 1

    def test_requests_of_other_dates_and_groups_have_attempts_of_their_own(self) -> None:
        store = MemoryStore()
        ledger(store).begin(asked(by_watch=True))
        other = asked(by_watch=True)
        other = replace(other, request={**other.request, "target_date": "2026-02-02"})
        assert ledger(store).begin(other) == NOTHING
        assert ledger(store).begin(asked(by_watch=True, marker="manifest/x.json")) == NOTHING


class TestPruning:
    def test_only_what_is_old_is_removed(self) -> None:
        store = MemoryStore()
        days = [PUBLISHED - timedelta(days=back) for back in (0, 8, KEPT_DAYS - 1, KEPT_DAYS, KEPT_DAYS + 9)]
        for day in days:
            ledger(store).receive(message_stem("m-1", day))
        ledger(store).begin(asked(by_watch=True))
        assert ledger(store).prune() == 2
        kept = {shown.path.split("/")[1] for shown in store.list("ledger/")}
        assert kept == {*(f"{day:%Y-%m-%d}" for day in days[:3]), "watch"}

    def test_it_looks_once_a_day(self) -> None:
        store = MemoryStore()
        book = ledger(store)
        assert book.prune() == 0
        book.receive(message_stem("m-1", PUBLISHED - timedelta(days=KEPT_DAYS)))
        assert book.prune() == 0
        assert Ledger(store, lambda: NOW + 86400, book.pruned).prune() == 1

    def test_it_goes_on_until_nothing_is_left(self) -> None:
        store = MemoryStore()
        for n in range(1200):
            ledger(store).receive(message_stem(f"m-{n}", PUBLISHED - timedelta(days=KEPT_DAYS)))
        book = ledger(store)
        assert [book.prune() for _ in range(4)] == [500, 500, 200, 0]
        assert entries(store) == []

    def test_a_place_that_is_down_is_no_error(self) -> None:
        class Down(MemoryStore):
            def list(self, prefix: str, *, recursive: bool = True) -> Any:
                raise StoreError("it is down")

        assert ledger(Down()).prune() == 0


class Deadly(Answerer):
    """Ends its process when it answers a request whose id begins with ``poison``."""

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        if asked.message_id.startswith("poison"):
            os.kill(os.getpid(), signal.SIGKILL)
        return Answer({"status": "success", "message_id": asked.message_id}, "run", NOW)


def work(folder: str, names: list[str], outputs: str, values: dict[str, Any]) -> None:
    """Process a bundle of requests as a worker does, from the state that the last finished bundle left."""
    nothing: Any = None
    answers = Deadly(nothing, LocalStore(folder), "out", nothing, clock=lambda: NOW)
    step, journal, token, desk, wake = AnswerRequests(answers, 120.0), Bag(), Cell(), Cell(), Alarm()
    step.setup()
    for name in names:
        step.process(("lane", asked(name, **values).encoded()), journal, token, wake, Alarm())
    found: list[Any] = []
    while wake.at is not None and wake.at <= NOW:
        wake.at = None
        found += step.answer_next("lane", journal, token, desk, wake)
    Path(outputs).write_text(json.dumps([_shown(made) for made in found]))


def _shown(made: Any) -> dict[str, Any]:
    if isinstance(made, TaggedOutput) and made.tag == ENDS:
        return {"end": made.value}
    if isinstance(made, TaggedOutput):
        assert made.tag == DEAD_LETTERS
        return {"letter": json.loads(made.value.data), **made.value.attributes}
    assert isinstance(made, PubsubMessage)
    found: dict[str, Any] = json.loads(made.data)
    return found


def until_finished(folder: Path, names: list[str], **values: Any) -> tuple[list[int | None], list[dict[str, Any]]]:
    """Process a bundle again until it is finished, as a runner does; return the exit codes and the outputs."""
    workers = multiprocessing.get_context("forkserver")
    workers.set_forkserver_preload([__name__])
    codes: list[int | None] = []
    while 0 not in codes and len(codes) < 4:
        worker = workers.Process(target=work, args=(str(folder / "out"), names, str(folder / "outputs"), values))
        worker.start()
        worker.join(120)
        codes.append(worker.exitcode)
    found = json.loads((folder / "outputs").read_text())
    return codes, [made for made in found if "end" not in made]


def test_a_request_that_kills_its_worker_twice_is_given_up_and_blocks_nobody(tmp_path: Path) -> None:
    codes, found = until_finished(tmp_path, ["before", "poison", "after"])
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    before, event, letter, after = found
    assert [made["status"] for made in (before, event, after)] == ["success", "failed", "success"]
    assert (event["message_id"], event["correlation_id"]) == ("poison", "c")
    [error] = event["errors"]
    assert error.startswith('message: "poison" has ended its worker 2 times; find the cause in the logs of the worker')
    assert (letter["message_id"], letter["reason"]) == ("poison", error)
    assert len(json.loads(letter["attempts"])) == 2
    again = read_message(Message(json.dumps(letter["letter"]).encode(), {}, "m-9", PUBLISHED), GRAMMAR)
    assert isinstance(again, Asked), "it can be sent again as it is"
    assert again.request == asked("poison").request


def test_live_grading_that_kills_its_worker_twice_is_given_up_for_an_hour(tmp_path: Path) -> None:
    live = {"by_watch": True, "expires": NOW + 60}
    codes, [event, letter] = until_finished(tmp_path, ["poison-1", "poison-2"], **live)
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert (event["status"], event["message_id"]) == ("failed", "poison-1")
    assert len(json.loads(letter["attempts"])) == 2
    assert until_finished(tmp_path, ["poison-3"], **live) == ([0], []), "the next check finds that it rests"
