"""A message is acknowledged once its event is published, and not before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import pytest

from pipeline.requests.request import RequestDefaults
from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.answering import LaneAnswers, Output
from pipeline.stream.coalescing import Answered
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.ledger import Ledger
from pipeline.stream.messages import Asked, Grammar, Message
from pipeline.stream.reading import MessageReader
from pipeline.stream.subscriber import SubscriberLoop, publisher
from tests.support.stores import MemoryStore

PUBLISHED = datetime(2026, 2, 3, 18, tzinfo=timezone.utc)
GRAMMAR = Grammar(("tonight", "live-grading"), {}, RequestDefaults("champion"), max_dates=3)


class Answers(Answerer):
    """Answers every request with success; one for 1 February raises, as no answer does."""

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        if asked.request.get("target_date") == "2026-02-01":
            raise KeyboardInterrupt
        return Answer({"status": "success", "message_id": asked.message_id}, "run", self.clock(), "same")


@dataclass
class Sent:
    """A message of Pub/Sub that records what becomes of it."""

    data: bytes
    message_id: str
    log: list[tuple[str, str]]
    attributes: Mapping[str, str] = field(default_factory=dict)
    publish_time: datetime = PUBLISHED

    def ack(self) -> None:
        self.log.append(("ack", self.message_id))

    def nack(self) -> None:
        self.log.append(("nack", self.message_id))


class Job:
    """A loop with a clock that stands still, and a log of what it publishes and acknowledges."""

    def __init__(self, store: MemoryStore | None = None, *, watch: Any = None) -> None:
        self.log: list[tuple[str, str]] = []
        self.store = store or MemoryStore()
        self.now, self.is_down = PUBLISHED.timestamp(), False
        nothing: Any = None
        answerer = Answers(nothing, self.store, "out", nothing, clock=lambda: self.now)
        ledger = Ledger(self.store, answerer.clock)
        reader = MessageReader(GRAMMAR, DeadLetters(self.store), ledger)
        self.loop = SubscriberLoop(reader, LaneAnswers(answerer, ledger), self.publish, watch, 120.0)

    def publish(self, output: Output) -> None:
        if self.is_down:
            raise OSError("Pub/Sub is down")
        assert output.event is not None
        event = json.loads(output.event.data)
        self.log.append((event["status"], event.get("message_id", "")))

    def send(self, message_id: str, day: str = "2026-02-03", *types: str, data: bytes | None = None) -> None:
        body = json.dumps({"export_types": list(types) or ["tonight"], "target_date": day}).encode()
        self.loop.take(Sent(body if data is None else data, message_id, self.log))

    def steps(self, count: int = 1) -> list[tuple[str, str]]:
        for _ in range(count):
            self.loop.step(0.01)
        return self.log


class TestAcknowledging:
    def test_behind_the_event(self) -> None:
        job = Job()
        job.send("m-1")
        assert job.steps() == [("success", "m-1"), ("ack", "m-1")]

    def test_not_while_the_event_cannot_be_published(self) -> None:
        job = Job()
        job.send("m-1")
        job.is_down = True
        with pytest.raises(OSError, match="Pub/Sub is down"):
            job.loop.run(lambda: False)
        assert job.log == [("nack", "m-1")]
        later = Job(job.store)
        later.send("m-1")
        assert later.steps(2) == [("success", "m-1"), ("ack", "m-1")], "the ledger has the event"

    def test_one_that_was_answered_before_has_no_second_event(self) -> None:
        job = Job()
        job.send("m-1")
        job.steps()
        later = Job(job.store)
        later.send("m-1")
        assert later.steps(2) == [("ack", "m-1")]

    def test_one_that_is_not_understood_once_its_event_is_out(self) -> None:
        job = Job()
        job.send("m-1", data=b"{")
        assert job.steps() == [("rejected", "m-1"), ("ack", "m-1")]

    def test_one_that_waits_for_the_quiet_period_with_the_event_that_it_has_then(self) -> None:
        job = Job()
        job.send("m-1")
        job.steps()
        job.send("m-2")
        assert job.steps(2) == [("success", "m-1"), ("ack", "m-1")]
        job.now += 121
        assert job.steps() == [("success", "m-1"), ("ack", "m-1"), ("success", "m-2"), ("ack", "m-2")]

    def test_of_two_deliveries_the_later_one_is_acknowledged(self) -> None:
        job = Job()
        job.send("m-0", "2026-02-02")
        job.send("m-1")
        job.steps()
        again = Sent(json.dumps({"export_types": ["tonight"], "target_date": "2026-02-03"}).encode(), "m-1", [])
        job.loop.take(again)
        assert job.steps(2) == [("success", "m-0"), ("ack", "m-0"), ("success", "m-1")]
        assert again.log == [("ack", "m-1")]

    def test_what_is_not_answered_when_it_ends_is_delivered_again(self) -> None:
        job = Job()
        job.send("m-1", "2026-02-02")
        job.send("m-2", "2026-02-03")
        job.steps()
        job.send("m-3")
        job.loop.run(lambda: True)
        assert job.log == [("success", "m-1"), ("ack", "m-1"), ("nack", "m-2"), ("nack", "m-3")]

    def test_an_interrupted_answer_is_delivered_again(self) -> None:
        job = Job()
        job.send("m-1", "2026-02-01")
        with pytest.raises(KeyboardInterrupt):
            job.loop.run(lambda: False)
        assert job.log == [("nack", "m-1")]


class TestTurns:
    def test_dates_take_turns(self) -> None:
        job = Job()
        for n in range(3):
            # Requests that differ, so that none is a duplicate.
            body = {
                "export_types": ["tonight"],
                "target_date": "2026-02-03",
                "rewrite": n == 1,
                "correlation_id": str(n),
            }
            job.send(f"a-{n}", data=json.dumps({**body, "update_latest": ["auto", "never", "force"][n]}).encode())
        job.send("b-0", "2026-02-02")
        job.steps(4)
        assert [which for what, which in job.log if what == "success"][:2] == ["a-0", "b-0"]

    def test_live_types_go_first(self) -> None:
        job = Job()
        job.send("m-1", "2026-02-02")
        job.send("m-2", "2026-02-03", "live-grading")
        assert [which for what, which in job.steps(2) if what == "success"] == ["m-2", "m-1"]


class TestWatch:
    def test_it_looks_when_it_is_time_and_its_requests_are_answered(self) -> None:
        looks: list[int] = []
        statuses: list[int] = []

        class Looking:
            seconds = 3600.0

            def tell(self) -> str:
                statuses.append(1)
                return ""

            def requests(self) -> list[Asked] | None:
                looks.append(1)
                request = {"export_types": ["tonight"], "target_date": "2026-02-03", "trigger_source": "results"}
                return [Asked({**request, "correlation_id": "c"}, "key", "w-1", PUBLISHED.isoformat(), by_watch=True)]

        job = Job(watch=Looking())
        assert job.steps(3) == [("success", "w-1")]
        assert len(looks) == 1
        assert len(statuses) == 1, "the status is kept fresh"

    def test_e2_1_without_a_watch_the_status_is_kept_fresh_all_the_same(self) -> None:
        statuses: list[int] = []

        class Off:
            seconds = 0

            def tell(self) -> str:
                statuses.append(1)
                return ""

        assert Job(watch=Off()).steps(3) == []
        assert len(statuses) == 1

    def test_a_failed_look_is_no_end(self) -> None:
        class Blind:
            seconds = 1e-9

            def tell(self) -> str:
                return "status.json was not written"

            def requests(self) -> list[Asked] | None:
                return None

        assert Job(watch=Blind()).steps(2) == []


class TestPublishing:
    def test_the_letter_goes_before_the_event_and_both_are_waited_for(self) -> None:
        published: list[tuple[str, bytes]] = []

        class Client:
            def publish(self, topic: str, data: bytes, **_attributes: str) -> Any:
                class Future:
                    def result(self, _seconds: float) -> None:
                        published.append((topic, data))

                return Future()

        job = Job()
        found = job.loop.reader.read(Message(b"{", {}, "m-1", PUBLISHED))
        assert isinstance(found, Output)
        publisher("events", "letters", Client())(found)
        assert [topic for topic, _ in published] == ["letters", "events"]
        published.clear()
        publisher("", "letters", Client())(found)
        assert [topic for topic, _ in published] == ["letters"]
