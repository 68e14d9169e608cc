"""The streaming job against a Pub/Sub emulator, on the local streaming runner, as it runs all day."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from google.api_core.exceptions import ResourceExhausted
from google.cloud import pubsub_v1

from exporters.config import ExportConfig
from exporters.registry import groups
from exporters.warehouse.tables import PREDICTIONS, SCHEDULE, WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.options.configuration import StreamConfig
from pipeline.options.locations import LocalFolder, ParquetFolder
from pipeline.stream.job import build_stream
from pipeline.stream.subscriber import UnlimitedSubscriber
from pipeline.stream.watching.games import AFTER_GAMES, AFTER_GRADES, marker_path
from tests.support.matchers import assert_same_objects, contents, documents, json_of, manifest_of
from tests.support.plans import EASY, NOW, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, MemoryWarehouse, keep, with_value
from tests.wire.pubsub import Topic, streaming
from tests.wire.services import BUCKET, HASTY, BigQuery
from transforms.publishing.pointers import without_order
from transforms.stores.control import is_control
from transforms.stores.gcs import GcsStore

TONIGHT = tuple(groups()["tonight-all"])


class Job:
    """A streaming job and the topics around it.

    Attributes:
        requests: Where it is asked.
        done: Where it tells what became of requests.
        dead: Where rejected messages go.
        store: Where it publishes.
    """

    def __init__(self, warehouse: Any, store: Any = None, **options: Any) -> None:
        self.requests, self.done, self.dead = Topic("requests"), Topic("done"), Topic("dead")
        self.store = store or MemoryStore(concurrency=4)
        self._warehouse = warehouse
        self._clock = options.pop("clock", None)
        self._options = {"quiet_seconds": 120, "watch_seconds": 0, **options}

    def running(self) -> AbstractContextManager[None]:
        """Run it while a block runs."""
        config = StreamConfig(
            warehouse=ParquetFolder("warehouse"),
            output=LocalFolder("out"),
            export_config=ExportConfig(
                min_context_rows=EASY.min_context_rows, min_active_predictions=EASY.min_active_predictions
            ),
            input_subscription=self.requests.subscription,
            dead_letter_topic=self.dead.path,
            completion_topic=self.done.path,
            request_timeout=120,
            max_stream_dates=3,
            min_prediction_rows=10,
            min_completion_percent=80,
            **self._options,
        )
        more = {} if self._clock is None else {"clock": self._clock}

        def build(pipeline: Any) -> None:
            build_stream(pipeline, config, self._warehouse, self.store, local=True, **more)

        return streaming(build, wake=lambda: self.requests.publish(b"wake up"))

    def ask(self, *types: str, day: date, **values: Any) -> str:
        """Request export types of a date and return the id of the message."""
        return self.requests.publish({"export_types": list(types), "target_date": str(day), **values})


@pytest.fixture
def start(pubsub: str, league: League) -> Callable[..., Job]:
    """Makes jobs that read the small league."""

    def make(warehouse: Any = None, **options: Any) -> Job:
        return Job(warehouse or league.warehouse, **options)

    return make


def batch(league: League, *types: str, warehouse: Any = None, **request: Any) -> MemoryStore:
    """Publish a night as a batch run does."""
    store = MemoryStore()
    run_in_process(plan_of(*types, first=league.today, **request), warehouse or league.warehouse, store)
    return store


class TestRequests:
    def test_a_lone_request_is_answered_with_the_bytes_of_a_batch_run(self, start: Any, league: League) -> None:
        job = start()
        with job.running():
            name = job.ask("tonight-all", day=league.today, generated_at=NOW, correlation_id="corr-1")
            [event] = job.done.events(1)
        assert (event["status"], event["message_id"], event["correlation_id"]) == ("success", name, "corr-1")
        assert event["target_date"] == str(league.today)
        assert event["export_types"] == sorted(TONIGHT)
        published = batch(league, *TONIGHT)
        assert_same_objects(documents(job.store), documents(published))
        for shown in published.list(""):
            if shown.path in documents(published):
                there = job.store.stat(shown.path)
                assert there.cache_control == shown.cache_control, shown.path
                assert without_order(there.metadata) == without_order(shown.metadata), shown.path
                if event["generations"].get(shown.path):
                    assert event["generations"][shown.path] == there.generation

    def test_so_it_is_from_bigquery_to_a_bucket(
        self, pubsub: str, bigquery: BigQuery, league_project: str, gcs_url: str, prefix: str, league: League
    ) -> None:
        bucket = GcsStore(BUCKET, prefix, endpoint=gcs_url, retry=HASTY)
        job = Job(bigquery.warehouse(league_project), bucket)
        with job.running():
            job.ask("tonight-all", day=league.today, generated_at=NOW)
            [event] = job.done.events(1)
        assert event["status"] == "success", event["errors"]
        published = documents(bucket)
        assert_same_objects(published, documents(batch(league, *TONIGHT)))
        assert event["generations"].keys() == published.keys()
        bucket.close()

    def test_upstream_s_events_are_answered_as_they_are(self, start: Any, league: League) -> None:
        job = start()
        event = {"phase": "phase_5_predictions", "game_date": str(league.today), "correlation_id": "batch-7"}
        with job.running():
            job.requests.publish({**event, "status": "success", "metadata": {"completion_percentage": 96.4}})
            job.requests.publish({**event, "status": "partial", "metadata": {"completion_pct": 41.0}})
            [first, second] = job.done.events(2)
        told = {first["status"]: first, second["status"]: second}
        assert told["success"]["export_types"] == sorted(TONIGHT)
        assert told["success"]["correlation_id"] == "batch-7"
        assert told["dropped"]["reason"].startswith("41 % of the players are complete")

    def test_rejected_messages_are_kept_whole(self, start: Any, league: League) -> None:
        job = start()
        data = b'{"export_type": "tonight", "date": "today"}'
        with job.running():
            name = job.requests.publish(data, {"origin": "console", "timeout": "1"})
            [event], [letter] = job.done.events(1), job.dead.take(1)
        assert (event["status"], event["message_id"]) == ("rejected", name)
        assert letter.data == data
        told = dict(letter.attributes)
        assert (told["original_origin"], told["original_timeout"], told["nearest_key"]) == (
            "console",
            "1",
            "export_types",
        )
        assert "did you mean target_date?" in told["reason"]
        assert {path for path in contents(job.store) if not is_control(path)} <= {"status.json"}

    @pytest.mark.parametrize("size", [7_000_000, 9_000_000])
    def test_messages_that_are_too_large_are_answered_once_and_kept_by_reference(
        self, start: Any, league: League, size: int
    ) -> None:
        """Each is larger than a client without options receives; beside it, others wait."""
        job = start()
        large = [b"{" + bytes([64 + n]) * size for n in range(2)]
        names = []
        with job.running():
            for n in range(21):
                if n in (5, 15):
                    names.append(job.requests.publish(large[n // 10], {"origin": "x"}))
                else:
                    # An instant of its own, so that none is a duplicate.
                    names.append(job.ask("daily-signals", day=league.today, generated_at=f"2026-02-03T17:00:{n:02}Z"))
            events = job.done.events(21, seconds=40) + job.done.events(1, seconds=2)
            letters = job.dead.take(2) + job.dead.take(1, seconds=2)
        assert sorted(event["message_id"] for event in events) == sorted(names), "one event each, and no second one"
        refused = {event["message_id"] for event in events if event["status"] == "rejected"}
        assert refused == {names[5], names[15]} == {letter.attributes["message_id"] for letter in letters}
        assert len(letters) == 2
        for letter in letters:
            payload = large[0] if letter.attributes["message_id"] == names[5] else large[1]
            told = dict(letter.attributes)
            assert (letter.data, told["payload_bytes"], told["original_origin"]) == (b"", str(len(payload)), "x")
            assert job.store.read(told["payload_path"])[0] == payload


class TestBursts:
    def test_equal_requests_cost_one_export(self, start: Any, league: League) -> None:
        job = start(quiet_seconds=2)
        with job.running():
            names = [job.ask("tonight", day=league.today, correlation_id=f"corr-{n}") for n in range(5)]
            # The last one waits for the end of the quiet period, which this runner notices with the next message.
            events = job.done.events(4)
            events += poked(job, 1)
        assert Counter(event["status"] for event in events) == {"success": 1, "duplicate": 4}
        assert sorted(event["message_id"] for event in events) == sorted(names)
        [run_id] = {event["run_id"] for event in events if event["status"] == "success"}
        assert {event["duplicate_of"] for event in events if event["status"] == "duplicate"} == {run_id}
        assert job.store.written.count(f"tonight/{league.today}.json") == 1

    def test_what_came_after_the_answer_is_not_lost(self, start: Any, league: League) -> None:
        warehouse = Growing(league)
        job = start(warehouse, quiet_seconds=2)
        with job.running():
            job.ask("predictions", day=league.today, generated_at=NOW)
            [first] = job.done.events(1)
            warehouse.grow()
            job.ask("predictions", day=league.today, generated_at=NOW)
            [second] = poked(job, 1)
        assert (first["status"], second["status"]) == ("success", "success")
        assert first["run_id"] == second["run_id"], "the same instant, the same request: the same run"
        grown = batch(league, "predictions", warehouse=league.warehouse)
        assert_same_objects(documents(job.store), documents(grown))

    def test_different_requests_for_a_date_end_as_if_one_had_followed_the_other(
        self, start: Any, league: League
    ) -> None:
        job = start()
        with job.running():
            job.ask("tonight-all", day=league.today, generated_at=NOW)
            job.ask("predictions", "tonight", day=league.today, generated_at="2026-02-03T17:00:01Z", rewrite=True)
            events = job.done.events(2)
        assert [event["status"] for event in events] == ["success", "success"]
        expected = batch(league, *TONIGHT)
        run_in_process(
            plan_of("predictions", "tonight", first=league.today, generated_at="2026-02-03T17:00:01Z", rewrite=True),
            league.warehouse,
            expected,
        )
        assert_same_objects(documents(job.store), documents(expected))
        mine, theirs = (manifest_of(store, league.today)["exports"] for store in (job.store, expected))
        assert {name: found["documents"] for name, found in mine.items()} == {
            name: found["documents"] for name, found in theirs.items()
        }


class Growing(MemoryWarehouse):
    """The league, in which tonight's predictions of some players come late."""

    def __init__(self, league: League) -> None:
        rows = league.rows(PREDICTIONS)
        late = pc.and_(
            pc.equal(rows.column("game_date").cast(pa.date32()), league.today),
            pc.less(rows.column("player_lookup"), "d"),
        )
        tables = {table: league.rows(table) for table in WAREHOUSE_TABLES}
        super().__init__(tables | {PREDICTIONS: rows.filter(pc.invert(late))})
        self._grown = rows
        self._version = 0

    def grow(self) -> None:
        """Let the predictions come."""
        self._tables[PREDICTIONS.name] = self._grown
        self._version += 1

    def parts(self, scan: Any) -> Any:
        """Return the whole table as one part."""
        [part] = super().parts(scan)
        return [type(part)(part.first, part.last, f"{part.version} {self._version}")]


def poked(job: Job, count: int) -> list[dict[str, Any]]:
    """Return so many events of requests, waking the runner up until they come."""
    found: list[dict[str, Any]] = []
    for _ in range(60):
        job.requests.publish(b"poke")
        found += [event for event in job.done.events(50, seconds=0.5) if event["status"] != "rejected"]
        if len(found) >= count:
            return found
    raise AssertionError(f"{len(found)} of {count} events came: {found}")


def test_a_thousand_mixed_messages_each_end_in_one_way(start: Any, league: League) -> None:
    chance = random.Random(1)
    job = start(quiet_seconds=1)
    sent: dict[str, str] = {}

    def send(kind: str) -> None:
        day = league.today - timedelta(days=chance.randrange(6))
        payload: Any = {
            "valid": {"export_types": ["daily-signals"], "target_date": str(day)},
            "invalid": {"export_type": ["daily-signals"], "date": str(day)},
            "poison": chance.choice([b"", b"\xff\x00", b"null", b'{"a": 1', b"[" * 2000, b'{"a": NaN}']),
            "oversized": b"{" + b" " * 300_000 + b"}",
            "upstream": {"phase": "p", "game_date": str(day), "status": "failed"},
        }[kind]
        if payload == b"":
            sent[job.requests.publish(b"", {"empty": "yes"})] = kind
        else:
            sent[job.requests.publish(payload)] = kind

    kinds = ["valid"] * 500 + ["invalid"] * 200 + ["poison"] * 200 + ["oversized"] * 50 + ["upstream"] * 50
    chance.shuffle(kinds)
    with job.running():
        for kind in kinds:
            send(kind)
        events: list[dict[str, Any]] = []
        pokes, until = 0, time.monotonic() + 160
        while sent.keys() - {event["message_id"] for event in events} and time.monotonic() < until:
            found = job.done.events(50, seconds=0.5)
            events += found
            if len(found) < 50:
                # Who waits for the end of a quiet period is answered with the next message.
                job.requests.publish(b"poke")
                pokes += 1
        letters = job.dead.take(450 + pokes, seconds=10)
    events = [event for event in events if event["message_id"] in sent]
    assert Counter(event["message_id"] for event in events) == Counter(sent.keys())
    by_kind: dict[str, Counter[str]] = {}
    for event in events:
        by_kind.setdefault(sent[event["message_id"]], Counter())[event["status"]] += 1
    assert by_kind.pop("valid").keys() == {"success", "duplicate"}
    assert by_kind == {
        "invalid": {"rejected": 200},
        "poison": {"rejected": 200},
        "oversized": {"rejected": 50},
        "upstream": {"dropped": 50},
    }
    rejected = [letter.attributes["message_id"] for letter in letters if letter.attributes["message_id"] in sent]
    assert Counter(rejected) == Counter(
        name for name, kind in sent.items() if kind in ("invalid", "poison", "oversized")
    )


def evening(league: League, *, over: bool) -> MemoryWarehouse:
    """Return the league with the games of the day before, over or not, as the whole schedule."""
    yesterday = league.today - timedelta(days=1)
    schedule = keep(league.rows(SCHEDULE), SCHEDULE, lambda days: pc.equal(days, yesterday))
    assert schedule.num_rows
    return league.changed({SCHEDULE: schedule if over else with_value(schedule, 0, game_status=2)})


def at(day: date, hours: int) -> Callable[[], datetime]:
    """Return a clock that always shows the same hour, UTC, counted from the beginning of a date."""
    shown = datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(hours=hours)
    return lambda: shown


class TestGames:
    def test_live_grading_while_games_are_in_play(self, start: Any, league: League) -> None:
        yesterday = league.today - timedelta(days=1)
        # 02:00 in New York.
        job = start(evening(league, over=False), watch_seconds=1, clock=at(yesterday, 31))
        with job.running():
            event = poked(job, 1)[0]
        assert (event["status"], event["trigger_source"]) == ("success", "live")
        assert set(event["export_types"]) == {"live", "live-grading"}
        assert json_of(job.store, "live-grading/latest.json")["game_date"] == str(yesterday)

    def test_results_are_exported_once_across_restarts(self, start: Any, league: League) -> None:
        yesterday, warehouse = league.today - timedelta(days=1), evening(league, over=True)
        # The afternoon of the day after: graded long ago.
        job = start(warehouse, watch_seconds=1, clock=at(yesterday, 44))
        with job.running():
            games, grades = poked(job, 2)
        again = Job(warehouse, job.store, watch_seconds=1, clock=at(yesterday, 44))
        with again.running():
            pokes = [again.requests.publish(b"poke") for _ in range(10)]
            events = again.done.events(len(pokes)) + again.done.events(1, seconds=3)
        assert [games["status"], grades["status"]] == ["success", "success"]
        assert set(games["export_types"]) == set(groups()[AFTER_GAMES])
        assert set(grades["export_types"]) == set(groups()[AFTER_GRADES])
        for event, group in ((games, AFTER_GAMES), (grades, AFTER_GRADES)):
            assert json_of(job.store, marker_path(yesterday, group))["run_id"] == event["run_id"]
        assert [event["status"] for event in events] == ["rejected"] * len(pokes)


def test_the_local_runner_s_client_receives_what_that_of_the_library_does_not(pubsub: str) -> None:
    topic, payload = Topic("large"), b"x" * 4_400_000
    topic.publish(payload)
    given = {"subscription": topic.subscription, "max_messages": 10, "timeout": 10, "retry": None}
    with pubsub_v1.SubscriberClient() as limited, pytest.raises(ResourceExhausted):
        limited.pull(**given)
    with UnlimitedSubscriber() as unlimited:
        # The lease of the first pull has to expire.
        pulls = (unlimited.pull(**given).received_messages for _ in range(3))
        found = next(filter(None, pulls), ())
    assert [received.message.data for received in found] == [payload]


def test_the_topics_are_of_this_test(pubsub: str, tmp_path: Path) -> None:
    """A subscription takes what is published to its own topic, and nothing else."""
    one, other = Topic("one"), Topic("other")
    name = one.publish({"a": 1}, {"b": "c"})
    [taken] = one.take(1)
    assert (taken.message_id, dict(taken.attributes)) == (name, {"b": "c"})
    assert other.take(1, seconds=0.5) == []
