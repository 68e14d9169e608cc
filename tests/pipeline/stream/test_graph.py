from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.internal import cloudpickle_pickler
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.pipeline import AppliedPTransform
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.timestamp import Timestamp

from pipeline.options.configuration import StreamConfig, parse_job
from pipeline.requests.request import RequestDefaults
from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.graph import (
    DEAD_LETTERS,
    EVENTS,
    REQUESTS,
    AnswerRequests,
    ReadRequests,
    WatchGames,
    received_message,
)
from pipeline.stream.job import build_stream
from pipeline.stream.lanes import LIVE_IN_A_ROW
from pipeline.stream.ledger import Ledger, message_stem
from pipeline.stream.messages import Asked, Grammar
from pipeline.stream.reading import MessageReader
from pipeline.stream.watching.games import Watch, utc_now
from pipeline.stream.watching.status import STATUS_SECONDS
from tests.support.eager import run_eagerly
from tests.support.steps import functions_of, steps_of
from tests.support.stores import ForbiddenStore, MemoryStore
from tests.support.warehouses import Fake, ForbiddenWarehouse
from transforms.warehouses.protocol import WarehouseError

PUBLISHED = datetime(2026, 2, 3, 18, 0, tzinfo=timezone.utc)
GRAMMAR = Grammar(("tonight",), {}, RequestDefaults("champion"), max_dates=3)
LETTERS = DeadLetters(MemoryStore())

STEPS = [
    "ReadMessages",
    "ReadUpstream",
    "FlattenMessages",
    "Tick",
    "AnswerMessages",
    "AnswerMessages/ReadRequests",
    "AnswerMessages/WatchGames",
    "AnswerMessages/FlattenRequests",
    "AnswerMessages/AnswerRequests",
    "AnswerMessages/FlattenEvents",
    "AnswerMessages/FlattenDeadLetters",
    "AnswerMessages/FlattenEnds",
    "AnswerMessages/CommitEvents",
    "AnswerMessages/MarkPublished",
    "WriteEvents",
    "WriteDeadLetters",
]
"""Every step that we name. The running job can only be updated while these stay."""


def config(*more: str) -> StreamConfig:
    argv = [
        "--warehouse=bigquery:my-project",
        "--output=gs://bucket/v1",
        "--input_subscription=projects/my-project/subscriptions/requests",
        "--upstream_subscription=projects/my-project/subscriptions/upstream",
        "--dead_letter_topic=projects/my-project/topics/dead",
        "--completion_topic=projects/my-project/topics/done",
        *more,
    ]
    found = parse_job(argv, known_types=("tonight",), groups={}, now=PUBLISHED)[1]
    assert isinstance(found, StreamConfig)
    return found


def steps(*more: str, local: bool = False) -> list[AppliedPTransform]:
    """Return the steps of a job, whose construction must touch neither warehouse nor store."""
    root = beam.Pipeline(runner="DirectRunner", options=PipelineOptions(["--streaming"]))
    warehouse: Any = ForbiddenWarehouse()
    build_stream(root, config(*more), warehouse, ForbiddenStore(), local=local)
    return steps_of(root, "pipeline.stream")


class TestGraph:
    def test_every_step_has_its_name(self) -> None:
        assert [node.full_label for node in steps()] == STEPS

    def test_the_local_runner_has_ticks_of_its_own_and_the_same_steps(self) -> None:
        inside = ["Tick/Start", "Tick/Repeat"]
        found = [node.full_label for node in steps(local=True) if node.full_label not in inside]
        marking = [f"AnswerMessages/{name}" for name in ("FlattenEnds", "CommitEvents", "MarkPublished")]
        assert found == [label for label in STEPS if label not in marking]

    def test_optional_steps_are_absent_by_default(self) -> None:
        labels = [node.full_label for node in steps("--watch_seconds=0")]
        assert labels == STEPS

    def test_what_travels_to_workers_is_small(self) -> None:
        sizes = {name: len(cloudpickle_pickler.dumps(function)) for name, function in functions_of(steps()).items()}
        assert {"AnswerMessages/ReadRequests", "AnswerMessages/AnswerRequests"} <= sizes.keys()
        assert {name: size for name, size in sizes.items() if size > 16 * 1024} == {}

    def test_keys_and_state_have_coders_that_outlive_an_update(self) -> None:
        by_label = {node.full_label: node for node in steps()}
        [requests] = by_label["AnswerMessages/AnswerRequests"].inputs
        assert requests.element_type == beam.typehints.Tuple[str, bytes]
        state = (AnswerRequests.JOURNAL, AnswerRequests.TOKEN, AnswerRequests.DESK)
        assert [spec.name for spec in state] == ["journal", "token", "coalescer"]
        assert {str(spec.coder) for spec in state} == {"BytesCoder"}
        assert [spec.name for spec in (AnswerRequests.WAKE, AnswerRequests.DRAIN)] == ["ts-wake", "ts-drain"]


def ledger() -> Ledger:
    return Ledger(MemoryStore(), PUBLISHED.timestamp)


def message(payload: Any, **attributes: str) -> PubsubMessage:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return PubsubMessage(data, attributes, message_id=f"m-{hash(data)}", publish_time=PUBLISHED)


class TestReadRequests:
    def read(self, *messages: PubsubMessage) -> dict[str, list[Any]]:
        def wire(root: beam.Pipeline) -> Any:
            reader = MessageReader(GRAMMAR, LETTERS, ledger())
            read = root | beam.Create(list(messages)) | beam.ParDo(ReadRequests(reader)).with_outputs()
            return {name: read[name] for name in (REQUESTS, EVENTS, DEAD_LETTERS)}

        found: dict[str, list[Any]] = run_eagerly(wire)
        return found

    def test_a_request(self) -> None:
        found = self.read(message({"export_types": ["tonight"], "target_date": "today"}))
        [(key, encoded)] = found[REQUESTS]
        asked = Asked.decoded(encoded)
        assert (key, asked.request["target_date"], asked.redelivered) == ("nba/2026-02-03", "2026-02-03", False)
        assert found[EVENTS] == found[DEAD_LETTERS] == []

    def test_a_rejected_message_makes_an_event_and_a_dead_letter(self) -> None:
        found = self.read(message({"export_type": "tonight", "correlation_id": "corr-1"}, origin="x"))
        [told], [letter] = found[EVENTS], found[DEAD_LETTERS]
        event = json.loads(told.data)
        assert (event["status"], event["correlation_id"]) == ("rejected", "corr-1")
        assert any("did you mean export_types?" in error for error in event["errors"])
        assert told.attributes["status"] == "rejected"
        assert letter.data == b'{"export_type": "tonight", "correlation_id": "corr-1"}'
        assert (letter.attributes["original_origin"], letter.attributes["nearest_key"]) == ("x", "export_types")
        assert letter.attributes["message_id"] == event["message_id"]
        assert found[REQUESTS] == []

    def test_an_upstream_event_that_is_dropped_makes_an_event(self) -> None:
        found = self.read(message({"phase": "p", "game_date": "2026-02-03", "status": "failed", "correlation_id": "c"}))
        [told] = found[EVENTS]
        event = json.loads(told.data)
        assert (event["status"], event["correlation_id"]) == ("dropped", "c")
        assert event["reason"].startswith('status "failed" is not one of')
        assert found[REQUESTS] == found[DEAD_LETTERS] == []

    @pytest.mark.parametrize(
        "name", ["correlation_id", "status", "game_date", "target_date", "export_types", "x\ud800"]
    )
    @pytest.mark.parametrize("envelope", [{}, {"phase": "p", "game_date": "2026-02-03", "status": "failed"}])
    def test_half_a_surrogate_pair_does_not_fail_the_step(self, name: str, envelope: dict[str, str]) -> None:
        step = ReadRequests(MessageReader(GRAMMAR, LETTERS, ledger()))
        step.setup()
        made = list(step.process(message({**envelope, name: "a\ud800"}), Timestamp(0)))
        [event] = [json.loads(found.value.data) for found in made if found.tag == EVENTS]
        assert event["status"] in ("dropped", "rejected")

    def test_a_message_with_thousands_of_problems_makes_a_short_event(self) -> None:
        wrong = {f"{n:x}": n for n in range(10_000)}
        [told] = self.read(message(wrong))[EVENTS]
        event = json.loads(told.data)
        assert event["status"] == "rejected"
        assert len(told.data) < 64 * 1024

    def test_each_message_ends_in_one_way(self) -> None:
        asked = {"export_types": ["tonight"], "target_date": "today"}
        messages = [message(payload) for payload in (asked, b"\xff", b"", {**asked, "rewrite": True}, {"phase": "p"})]
        found = self.read(*messages)
        assert (len(found[REQUESTS]), len(found[EVENTS]), len(found[DEAD_LETTERS])) == (2, 3, 2)


class TestReceivedMessage:
    AT = Timestamp.from_utc_datetime(PUBLISHED)

    def test_it_keeps_what_it_is_called_and_when_it_was_published(self) -> None:
        sent = PubsubMessage(b"x", {"a": "b"}, message_id="m-1", publish_time=PUBLISHED)
        received = received_message(sent, self.AT + 5)
        assert (received.message_id, received.published, received.attributes) == ("m-1", PUBLISHED, {"a": "b"})

    @pytest.mark.parametrize("unset", [None, datetime(1970, 1, 1, tzinfo=timezone.utc)])
    def test_the_timestamp_of_the_element_stands_in(self, unset: datetime | None) -> None:
        received = received_message(PubsubMessage(b"x", None, message_id="m-1", publish_time=unset), self.AT)
        assert received.published == PUBLISHED

    @pytest.mark.parametrize("unset", [None, ""])
    def test_messages_without_an_id_get_different_ids(self, unset: str | None) -> None:
        sent = PubsubMessage(b"x", {}, message_id=unset, publish_time=PUBLISHED)
        one, other = received_message(sent, self.AT), received_message(sent, self.AT)
        assert one.message_id != other.message_id
        assert one.message_id.startswith("unnamed-")


class Cell:
    """State of one key."""

    def __init__(self) -> None:
        self.value: bytes | None = None

    def read(self) -> bytes | None:
        return self.value

    def write(self, value: bytes) -> None:
        self.value = value

    def clear(self) -> None:
        self.value = None


class Bag:
    """A bag of one key, which has no order."""

    def __init__(self) -> None:
        self.values: list[bytes] = []

    def read(self) -> list[bytes]:
        return self.values[::-1]

    def add(self, value: bytes) -> None:
        self.values.append(value)

    def clear(self) -> None:
        self.values = []


class Alarm:
    """A timer."""

    def __init__(self) -> None:
        self.at: float | None = None

    def set(self, at: Any) -> None:
        self.at = float(at)

    def clear(self) -> None:
        self.at = None


class Answers(Answerer):
    """Answers at once with a scripted outcome."""

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        AnswerStep.current.answered.append((asked.message_id, before and before.run_id))
        status = AnswerStep.current.statuses.pop(0) if AnswerStep.current.statuses else "success"
        event = {"status": status, "message_id": asked.message_id}
        started = self.clock()
        AnswerStep.current.now += AnswerStep.current.takes
        return Answer(event, f"run-of-{asked.message_id}", started, "v1", status == "failed")


class AnswerStep:
    """The step that answers, with a clock that stands still until it is moved."""

    current: AnswerStep

    def __init__(self, quiet_seconds: float = 120.0) -> None:
        AnswerStep.current = self
        self.now = PUBLISHED.timestamp()
        self.takes = 3.0
        self.statuses: list[str] = []
        self.answered: list[Any] = []
        self.journal, self.token, self.desk, self.alarm, self.end = Bag(), Cell(), Cell(), Alarm(), Alarm()
        warehouse: Any = ForbiddenWarehouse()
        self.store = MemoryStore()
        answers = Answers(warehouse, self.store, "out", None, clock=lambda: self.now)  # type: ignore[arg-type]
        self.step = AnswerRequests(answers, quiet_seconds)
        self.step.setup()
        self.letters: list[Any] = []

    def arrive(self, message_id: str, *, key: str = "night", age: float = 0.0, **values: Any) -> None:
        published = datetime.fromtimestamp(self.now - age, timezone.utc).isoformat()
        request = {"correlation_id": f"c-{message_id}", "trigger_source": "test", **values.pop("request", {})}
        asked = Asked(request, key, message_id, published, **values)
        self.step.process(("lane", asked.encoded()), self.journal, self.token, self.alarm, self.end)

    def receive(self, message_id: str, **values: Any) -> list[tuple[str, str]]:
        """Let a request arrive, and return the events until none is due."""
        self.arrive(message_id, **values)
        return self.fire()

    def fire(self, key: str = "lane") -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        while self.alarm.at is not None and self.alarm.at <= self.now:
            self.alarm.at = None
            made = list(self.step.answer_next(key, self.journal, self.token, self.desk, self.alarm, self.end))
            self.letters += [output.value for output in made if getattr(output, "tag", "") == DEAD_LETTERS]
            found += told(made)
        return found

    def deadly(self, message_id: str, attempts: int) -> None:
        """Let attempts to answer a request have ended their worker."""
        for n in range(attempts):
            path = f"ledger/{message_stem(message_id, PUBLISHED)}.attempt-{n + 1}.json"
            self.store.write(path, b'{"begun_at": "earlier"}', cache_control="no-cache")

    def wake(self) -> list[tuple[str, str]]:
        assert self.alarm.at is not None
        self.now = max(self.now, self.alarm.at)
        return self.fire()

    def drain(self, key: str = "lane") -> list[tuple[str, str]]:
        return told(self.step.answer_all(key, self.journal, self.token, self.desk, self.alarm))


def told(messages: Any) -> list[tuple[str, str]]:
    events = [json.loads(found.data) for found in messages if isinstance(found, PubsubMessage)]
    return [(event["message_id"], event["status"]) for event in events]


class TestAnswerRequests:
    def test_a_lone_request_is_answered_at_once(self) -> None:
        assert AnswerStep().receive("m-1") == [("m-1", "success")]

    def test_a_burst_costs_one_export_and_each_message_one_event(self) -> None:
        answer_step = AnswerStep()
        assert answer_step.receive("m-1") == [("m-1", "success")]
        assert answer_step.receive("m-2", age=60) == [("m-2", "duplicate")]
        assert answer_step.receive("m-3") == []
        assert answer_step.receive("m-4") == [("m-3", "duplicate")]
        answer_step.statuses = ["duplicate"]
        assert answer_step.wake() == [("m-4", "duplicate")]
        assert answer_step.answered == [("m-1", None), ("m-4", "run-of-m-1")]

    def test_what_waits_refers_to_the_run_that_published(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1"), answer_step.receive("m-2")
        answer_step.statuses = ["duplicate"]
        answer_step.wake()
        answer_step.receive("m-3"), answer_step.wake()
        assert answer_step.answered[-1] == ("m-3", "run-of-m-1")

    def test_a_redelivered_message_makes_no_second_event(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1")
        assert answer_step.receive("m-1") == []
        assert len(answer_step.answered) == 1

    def test_two_different_requests_are_answered_one_after_the_other(self) -> None:
        answer_step = AnswerStep()
        assert answer_step.receive("m-1") == [("m-1", "success")]
        assert answer_step.receive("m-2", key="other") == [("m-2", "success")]

    def test_a_failed_request_may_be_repeated(self) -> None:
        answer_step = AnswerStep()
        answer_step.statuses = ["failed"]
        assert answer_step.receive("m-1") == [("m-1", "failed")]
        assert answer_step.receive("m-2", age=60) == []
        assert answer_step.wake() == [("m-2", "success")]

    def test_state_is_empty_in_the_end(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1"), answer_step.receive("m-2"), answer_step.wake()
        while answer_step.alarm.at is not None:
            assert answer_step.wake() == []
        assert (answer_step.journal.values, answer_step.token.value) == ([], None)

    def test_the_ledger_knows_a_message_that_the_state_has_forgotten(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1")
        answer_step.now += 10_000
        assert answer_step.fire() == []
        assert answer_step.receive("m-1", age=10_000, redelivered=True) == [("m-1", "success")]
        assert len(answer_step.answered) == 1, "its event may be lost: it is published again"
        Ledger(answer_step.store, lambda: 0.0).publish(message_stem("m-1", PUBLISHED))
        answer_step.now += 10_000
        assert answer_step.fire() == []
        assert answer_step.receive("m-1", age=20_000, redelivered=True) == []
        assert len(answer_step.answered) == 1

    def test_a_drain_ends_with_every_request_answered(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1"), answer_step.receive("m-2")
        answer_step.arrive("m-3", key="other"), answer_step.arrive("m-4", key="third")
        assert answer_step.end.at == float(GlobalWindow().max_timestamp())
        assert sorted(answer_step.drain()) == [("m-2", "success"), ("m-3", "success"), ("m-4", "success")]
        assert answer_step.drain() == []

    def test_a_drained_lane_waits_for_no_timer(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1"), answer_step.receive("m-2")
        assert answer_step.alarm.at is not None
        answer_step.drain()
        assert answer_step.alarm.at is None

    def test_live_and_other_requests_of_a_lane_are_drained_until_none_is_left(self) -> None:
        answer_step = AnswerStep()
        live = {"request": {"export_types": ["live-grading"]}}
        for n in range(3 * LIVE_IN_A_ROW):
            answer_step.arrive(f"live-{n}", key=f"live-{n}", **live)
        for n in range(300):
            answer_step.arrive(f"m-{n}", key=f"key-{n % 100}")
        found = answer_step.drain()
        assert sorted(name for name, _ in found) == sorted(
            [*(f"live-{n}" for n in range(3 * LIVE_IN_A_ROW)), *(f"m-{n}" for n in range(300))]
        )

    def test_what_the_release_before_has_kept_under_one_key_is_answered(self) -> None:
        answer_step = AnswerStep()
        waiting = Asked({"correlation_id": "c", "trigger_source": "t"}, "night", "m-9", PUBLISHED.isoformat())
        kept = {
            "answered": [{"key": "night", "run_id": "run-0", "read_at": 1.0, "quiet_until": answer_step.now + 60}],
            "waiting": [{"asked": json.loads(waiting.encoded()), "until": answer_step.now + 60}],
            "seen": {"m-8": answer_step.now + 900},
        }
        answer_step.desk.write(json.dumps(kept).encode())
        answer_step.alarm.at = answer_step.now
        assert answer_step.end.at is None
        assert answer_step.fire("requests") == []
        assert answer_step.end.at == float(GlobalWindow().max_timestamp()), "a drain reaches it"
        answer_step.now += 60
        assert answer_step.fire("requests") == [("m-9", "success")]
        assert answer_step.answered == [("m-9", "run-0")]
        assert answer_step.desk.value is None

    def test_state_that_was_taken_back_counts_and_not_what_is_in_memory(self) -> None:
        """A bundle that failed leaves a lane in memory that the state does not know of."""
        answer_step = AnswerStep()
        answer_step.receive("m-1")
        kept = list(answer_step.journal.values), answer_step.token.value
        answer_step.arrive("m-2", key="other")
        answer_step.journal.values, answer_step.token.value = list(kept[0]), kept[1]
        assert answer_step.receive("m-3", key="third") == [("m-3", "success")]
        answer_step.alarm.at = answer_step.now
        assert answer_step.fire() == []

    def test_live_requests_go_first_and_others_have_their_turn(self) -> None:
        answer_step = AnswerStep(0.0)
        answer_step.arrive("backfill", key="b"), answer_step.arrive("night", key="n")
        for n in range(6):
            answer_step.arrive(f"live-{n}", key=f"live-{n}", request={"export_types": ["live-grading"]})
        assert answer_step.alarm.at is not None
        assert answer_step.alarm.at < answer_step.now, "its lane goes before others, where they take turns"
        first = [f"live-{n}" for n in range(LIVE_IN_A_ROW)]
        assert [name for name, _ in answer_step.fire()] == [*first, "backfill", "live-4", "live-5", "night"]

    def test_one_turn_answers_one_request(self) -> None:
        answer_step = AnswerStep()
        for n in range(3):
            answer_step.arrive(f"m-{n}", key=f"key-{n}")
        step = answer_step.step
        made = step.answer_next("lane", answer_step.journal, answer_step.token, answer_step.desk, answer_step.alarm)
        assert told(made) == [("m-0", "success")]
        assert answer_step.alarm.at == answer_step.now

    def test_a_late_check_of_the_games_is_left_out(self) -> None:
        answer_step = AnswerStep()
        assert answer_step.receive("live-1", expires=answer_step.now - 1, by_watch=True) == []
        assert answer_step.answered == []
        assert answer_step.receive("live-2", expires=answer_step.now + 1, by_watch=True) == [("live-2", "success")]

    def test_an_overdue_request_is_answered_with_the_next(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1"), answer_step.receive("m-2")
        answer_step.now += 500
        assert answer_step.receive("m-3") == [("m-3", "success"), ("m-2", "duplicate")]
        assert [name for name, _ in answer_step.answered] == ["m-1", "m-3"]

    def test_one_that_has_ended_its_worker_twice_is_given_up_with_the_equal_one_that_it_replaces(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1"), answer_step.receive("m-2")
        answer_step.now += 500
        answer_step.deadly("m-3", 2)
        assert answer_step.receive("m-3") == [("m-3", "failed"), ("m-2", "failed")]
        assert [name for name, _ in answer_step.answered] == ["m-1"]
        assert answer_step.receive("m-4", key="other") == [("m-4", "success")]

    def test_one_that_has_ended_its_worker_once_is_tried_again(self) -> None:
        answer_step = AnswerStep()
        answer_step.deadly("m-1", 1)
        assert answer_step.receive("m-1") == [("m-1", "success")]
        entries = [path.rpartition("/")[2] for path in answer_step.store.written]
        assert entries == ["m-1.attempt-1.json", "m-1.attempt-2.json", "m-1.end.json"]

    def test_one_that_waits_is_given_up_too(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("m-1"), answer_step.receive("m-2")
        answer_step.deadly("m-2", 2)
        assert answer_step.wake() == [("m-2", "failed")]

    def test_a_scheduled_request_that_stays_partial_is_repeated_at_growing_intervals(self) -> None:
        answer_step = AnswerStep()
        answer_step.statuses, end = ["partial"] * 1000, answer_step.now + 12 * 3600
        told, looks = [], 0
        while answer_step.now < end:
            looks += 1
            told += answer_step.receive(f"results-{looks}", by_watch=True, marker="manifest/x.json")
            answer_step.now += 60
            if answer_step.alarm.at is not None and answer_step.alarm.at <= answer_step.now:
                told += answer_step.wake()
        assert looks > 600
        assert len(told) == len(answer_step.answered) < 20

    def test_a_duplicate_of_the_watch_makes_no_event(self) -> None:
        answer_step = AnswerStep()
        answer_step.receive("results-1", by_watch=True)
        assert answer_step.receive("results-2", by_watch=True) == []
        assert answer_step.receive("results-3", by_watch=True) == []
        answer_step.statuses = ["duplicate"]
        assert answer_step.wake() == []


class ScriptedWatch(Fake):
    """Finds scripted requests."""

    seconds = 60.0
    clock = staticmethod(utc_now)
    requests = Watch.requests

    def __init__(self, *found: Any) -> None:
        super().__init__()
        self.found = found
        self.told: list[str | Exception] = []
        self.statuses = 0

    def look(self) -> list[Asked]:
        if isinstance(self.found[0], Exception):
            raise self.found[0]
        return list(self.found)

    def tell(self) -> str:
        self.statuses += 1
        wrong = self.told.pop(0) if self.told else ""
        if isinstance(wrong, Exception):
            raise wrong
        return wrong


class TestWatchGames:
    def look(self, watch: Any) -> list[Any]:
        found: list[Any] = run_eagerly(lambda root: root | beam.Create([0]) | beam.ParDo(WatchGames(watch)))
        return found

    def test_a_tick_becomes_requests(self) -> None:
        request = {"correlation_id": "c", "trigger_source": "live", "target_date": "2026-02-03"}
        live = Asked(request, "key", "live-1", PUBLISHED.isoformat())
        results = replace(
            live, request={**request, "target_date": "2026-02-04", "trigger_source": "results"}, key="other", marker="x"
        )
        before = datetime.now(timezone.utc).timestamp()
        [(one, first), (other, second)] = self.look(ScriptedWatch(live, results))
        assert (one, other) == ("nba/2026-02-03", "nba/2026-02-04")
        assert Asked.decoded(second) == results
        found = Asked.decoded(first)
        assert found == replace(live, expires=found.expires)
        assert before + 60.0 <= found.expires <= datetime.now(timezone.utc).timestamp() + 60.0

    def test_a_failed_check_is_logged_and_the_watch_goes_on(self, caplog: pytest.LogCaptureFixture) -> None:
        assert self.look(ScriptedWatch(WarehouseError("the schedule cannot be read"))) == []
        assert "the games cannot be checked: WarehouseError: the schedule cannot be read" in caplog.text

    def test_delayed_ticks_cost_one_check(self) -> None:
        looks = ScriptedWatch(
            Asked({"correlation_id": "c", "trigger_source": "live"}, "key", "live-1", PUBLISHED.isoformat())
        )
        step = WatchGames(looks)  # type: ignore[arg-type]
        step.setup()
        assert [len(list(step.process(tick))) for tick in range(60)] == [1] + 59 * [0]

    def test_a_tick_in_time_makes_a_check(self) -> None:
        looks = ScriptedWatch(
            Asked({"correlation_id": "c", "trigger_source": "live"}, "key", "live-1", PUBLISHED.isoformat())
        )
        looks.seconds = 1e-9
        step = WatchGames(looks)  # type: ignore[arg-type]
        step.setup()
        assert [len(list(step.process(tick))) for tick in range(3)] == [1, 1, 1]

    def test_e2_1_the_status_is_written_while_the_job_runs_and_no_more_often_than_is_due(self) -> None:
        looks = ScriptedWatch(WarehouseError("the schedule cannot be read"))
        now = [1000.0]
        step = WatchGames(looks, clock=lambda: now[0])  # type: ignore[arg-type]
        step.setup()
        written = []
        for _ in range(3600 // 60):
            before = looks.statuses
            assert list(step.process(0)) == []
            written += [now[0]] if looks.statuses > before else []
            now[0] += 60
        gaps = {after - before for before, after in itertools.pairwise(written)}
        assert gaps == {STATUS_SECONDS}
        assert STATUS_SECONDS <= 600

    def test_e2_1_without_a_watch_the_status_is_written_all_the_same(self) -> None:
        looks = ScriptedWatch(Asked({}, "key", "live-1", PUBLISHED.isoformat()))
        looks.seconds = 0
        step = WatchGames(looks)  # type: ignore[arg-type]
        step.setup()
        assert (list(step.process(0)), looks.statuses) == ([], 1)

    def test_a_watch_of_an_hour_checks_once_an_hour_although_ticks_are_for_the_status(self) -> None:
        looks = ScriptedWatch(
            Asked({"correlation_id": "c", "trigger_source": "live"}, "key", "live-1", PUBLISHED.isoformat())
        )
        looks.seconds = 3600
        now = [0.0]
        step = WatchGames(looks, clock=lambda: now[0])  # type: ignore[arg-type]
        step.setup()
        found = []
        for _ in range(24):
            found.append(len(list(step.process(0))))
            now[0] += STATUS_SECONDS
        assert found == [1, *[0] * 11] * 2
        assert looks.statuses == 24

    def test_a_status_that_cannot_be_written_is_tried_at_the_next_tick_and_the_games_are_checked(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        looks = ScriptedWatch(
            Asked({"correlation_id": "c", "trigger_source": "live"}, "key", "live-1", PUBLISHED.isoformat())
        )
        looks.seconds, looks.told = 1e-9, ["status.json was not written", RuntimeError("lost")]
        step = WatchGames(looks)  # type: ignore[arg-type]
        step.setup()
        assert [len(list(step.process(0))) for _ in range(5)] == [1] * 5
        assert looks.statuses == 3
        assert "the status cannot be written: status.json was not written" in caplog.text
        assert "the status cannot be written: RuntimeError: lost" in caplog.text

    def test_a_watch_is_a_value(self) -> None:
        warehouse: Any = ForbiddenWarehouse()
        watch = Watch(warehouse, ForbiddenStore(), None, 60.0)  # type: ignore[arg-type]
        assert cloudpickle_pickler.loads(cloudpickle_pickler.dumps(watch)).seconds == 60.0
