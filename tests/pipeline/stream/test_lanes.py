from __future__ import annotations

import json
import threading
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner

from pipeline.requests.request import RequestDefaults
from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.graph import EVENTS, AnswerRequests
from pipeline.stream.lanes import Lane, Lanes, is_live, lane_of
from pipeline.stream.messages import Asked, Grammar, Message, read_message
from tests.pipeline.stream.test_graph import PUBLISHED, Alarm, Bag, Cell
from tests.support.eager import run_eagerly
from tests.support.plans import EASY
from tests.support.stores import MemoryStore
from tests.support.warehouses import League

QUIET = 120.0
NOW = PUBLISHED.timestamp()


def asked(message_id: str, *types: str, key: str = "", **request: Any) -> Asked:
    given = {"correlation_id": message_id, "trigger_source": "test", "export_types": list(types or ("tonight",))}
    return Asked({**given, **request}, key or message_id, message_id, PUBLISHED.isoformat())


class TestKeys:
    @pytest.mark.parametrize(
        ("request_", "lane"),
        [
            ({"target_date": "2026-02-03"}, "nba/2026-02-03"),
            ({"start_date": "2026-02-01", "end_date": "2026-02-03"}, "nba/2026-02-01..2026-02-03"),
            ({"players": True, "min_games": 5}, "nba/players"),
            ({}, "nba/players"),
        ],
    )
    def test_a_lane_is_a_league_and_a_date(self, request_: dict[str, Any], lane: str) -> None:
        assert lane_of(request_) == lane

    def test_only_a_request_for_nothing_but_live_types_is_live(self) -> None:
        assert is_live(asked("m", "live-grading"))
        assert not is_live(asked("m", "live-grading", "tonight"))
        assert not is_live(asked("m", "of-a-later-release"))


class TestJournal:
    def keep(self) -> tuple[Bag, Cell]:
        return Bag(), Cell()

    def reloaded(self, journal: Bag, token: Cell) -> Lane:
        """The lane that another process finds."""
        found = Lane.replay(QUIET, journal.read())
        assert token.value is not None
        return found

    def test_a_message_adds_a_record_and_reads_none(self) -> None:
        journal, token = self.keep()
        for n in range(100):
            lane = Lanes.load(journal, token, QUIET)
            lane.add(asked(f"m-{n}"))
            journal.read = None  # type: ignore[assignment,method-assign]
            Lanes.save(lane, journal, token)
        assert len(journal.values) == 100
        assert max(map(len, journal.values)) < 500

    def test_it_makes_the_same_lane_again(self) -> None:
        journal, token = self.keep()
        lane = Lanes.load(journal, token, QUIET)
        for n in range(40):
            lane.add(asked(f"m-{n}"))
            if n % 3 == 0:
                taken = lane.take(NOW)
                assert taken is not None
                lane.coalescer.receive(taken[0], NOW, NOW)
            Lanes.save(lane, journal, token)
        again = self.reloaded(journal, token)
        assert again.snapshot() == lane.snapshot()
        assert again.coalescer == lane.coalescer
        assert [again.take(NOW) for _ in range(50)] == [lane.take(NOW) for _ in range(50)]

    def test_it_holds_little_more_than_what_is_not_history(self) -> None:
        journal, token = self.keep()
        for n in range(2000):
            lane = Lanes.load(journal, token, QUIET)
            lane.add(asked(f"m-{n}"))
            lane.take(NOW)
            Lanes.save(lane, journal, token)
        assert len(journal.values) < 100

    def test_each_record_is_written_a_few_times_at_most(self) -> None:
        """Otherwise a message would cost more when more wait."""
        written = 0

        class Counting(Bag):
            def add(self, value: bytes) -> None:
                nonlocal written
                written += 1
                super().add(value)

        journal, token = Counting(), Cell()
        for n in range(3000):
            lane = Lanes.load(journal, token, QUIET)
            lane.add(asked(f"m-{n}"))
            if n % 2:
                lane.take(NOW)
            Lanes.save(lane, journal, token)
        assert written < 4 * 3000

    def test_a_lane_in_memory_that_the_state_does_not_show_is_not_used(self) -> None:
        journal, token = self.keep()
        lane = Lanes.load(journal, token, QUIET)
        lane.add(asked("m-1"))
        Lanes.save(lane, journal, token)
        kept = list(journal.values), token.value
        lane = Lanes.load(journal, token, QUIET)
        lane.add(asked("m-2"))
        Lanes.save(lane, journal, token)
        journal.values, token.value = list(kept[0]), kept[1]
        found = Lanes.load(journal, token, QUIET)
        first = found.take(NOW)
        assert first is not None
        assert (first[0].message_id, found.take(NOW)) == ("m-1", None)


class TestTurns:
    def test_what_has_waited_goes_before_what_has_arrived(self) -> None:
        lane = Lane(QUIET)
        lane.coalescer.settle("key", run_id="run", read_at=NOW, now=NOW, inputs="", again=False)
        lane.coalescer.receive(asked("waits", key="key"), NOW, NOW)
        lane.add(asked("arrived"))
        order = [lane.take(NOW + QUIET), lane.take(NOW + QUIET)]
        assert [taken and taken[0].message_id for taken in order] == ["waits", "arrived"]

    def test_nothing_is_taken_before_its_time_unless_the_job_is_drained(self) -> None:
        lane = Lane(QUIET)
        lane.coalescer.settle("key", run_id="run", read_at=NOW, now=NOW, inputs="", again=False)
        lane.coalescer.receive(asked("waits", key="key"), NOW, NOW)
        assert lane.take(NOW + 1) is None
        taken = lane.take(NOW + 1, drained=True)
        assert taken is not None
        assert (taken[0].message_id, taken[2]) == ("waits", True)


class Quick(Answerer):
    """Answers without an export."""

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        return Answer({"status": "success", "message_id": asked.message_id}, "run", self.clock())


def test_the_local_streaming_runner_has_the_state_and_the_timers_that_lanes_need() -> None:
    """The end of the input ends a drain: what waits for the quiet period is answered, too."""
    keyed = [(f"nba/2026-02-0{1 + n % 3}", asked(f"m-{n}", key=f"k-{n % 5}").encoded()) for n in range(30)]

    def wire(root: beam.Pipeline) -> Any:
        nothing: Any = None
        step = AnswerRequests(Quick(nothing, MemoryStore(), "out", nothing), QUIET)
        elements = root | beam.Create(keyed, reshuffle=False).with_output_types(tuple[str, bytes])
        return (elements | beam.ParDo(step).with_output_types(PubsubMessage).with_outputs(main=EVENTS))[EVENTS]

    runner: Any = BundleBasedDirectRunner()
    events = [json.loads(event.data) for event in run_eagerly(wire, runner)]
    assert sorted(event["message_id"] for event in events) == sorted(f"m-{n}" for n in range(30))


class Race:
    """Two workers that answer requests at the same time, each with a state of its own.

    Attributes:
        writes: The worker of each write of a document, in order.
        events: By worker.
    """

    def __init__(self, league: League) -> None:
        self.writes: list[int] = []
        self.events: dict[int, dict[str, Any]] = {}
        self._league = league
        self._store, self._worker = MemoryStore(), threading.local()
        self._store.before_write, self._store.before_read = self._on_write, self._on_read
        self._publishes, self._waits, self._done = threading.Event(), threading.Event(), threading.Event()
        self._until = self._waits

    def run(self, first: Asked, second: Asked, *, until_done: bool = False) -> None:
        """Let the second worker begin while the first one publishes.

        The first one goes on when the second one finds the date taken or, with ``until_done``, when it is done.
        """
        self._until = self._done if until_done else self._waits
        threads = [threading.Thread(target=self._work, args=made) for made in enumerate((first, second))]
        threads[0].start()
        assert self._publishes.wait(60)
        threads[1].start()
        for thread in threads:
            thread.join(120)

    def _work(self, number: int, asked: Asked) -> None:
        self._worker.number = number
        answers = Answerer(self._league.warehouse, self._store, "out", EASY, timeout=100.0)  # type: ignore[arg-type]
        step, journal, token, wake = AnswerRequests(answers, QUIET), Bag(), Cell(), Alarm()
        step.setup()
        step.process(("lane", asked.encoded()), journal, token, wake, Alarm())
        made = step.answer_next("lane", journal, token, Cell(), wake)
        [self.events[number]] = [json.loads(event.data) for event in made if isinstance(event, PubsubMessage)]
        if number:
            self._done.set()

    def _on_write(self, path: str) -> None:
        if path.startswith("tonight/player/"):
            self.writes.append(self._worker.number)
            if self._worker.number == 0 and len(self.writes) == 5:
                self._publishes.set()
                assert self._until.wait(60), "the second worker does not come on"

    def _on_read(self, path: str) -> None:
        if path.startswith("open/") and self._worker.number == 1:
            self._waits.set()

    @property
    def turns(self) -> int:
        """How often another worker wrote than before, counting the first."""
        return 1 + sum(1 for one, other in pairwise(self.writes) if one != other)


def night(message_id: str, day: date) -> Asked:
    payload = {"export_types": ["tonight-players"], "target_date": str(day), "rewrite": True}
    message = Message(json.dumps(payload).encode(), {}, message_id, datetime.now(timezone.utc))
    found = read_message(message, Grammar(("tonight-players",), {}, RequestDefaults(EASY.champion_system_id)))
    assert isinstance(found, Asked)
    return found


class TestTwoWorkers:
    """Two workers that both believe that a lane is theirs."""

    def test_they_publish_one_after_the_other(self, league: League) -> None:
        race = Race(league)
        race.run(night("m-1", league.today), night("m-2", league.today))
        assert [race.events[n]["status"] for n in (0, 1)] == ["success", "success"]
        assert set(race.writes) == {0, 1}
        assert race.turns == 2, "none wrote while the other one did"

    def test_they_end_one_message_once(self, league: League) -> None:
        race, asked = Race(league), night("m-1", league.today)
        race.run(asked, asked)
        assert race.events[0] == race.events[1]
        assert race.turns == 2

    def test_workers_of_two_dates_do_not_wait_for_each_other(self, league: League) -> None:
        race = Race(league)
        race.run(night("m-1", league.today), night("m-2", league.today - timedelta(days=1)), until_done=True)
        assert [race.events[n]["status"] for n in (0, 1)] == ["success", "success"]
        assert race.turns == 3, "the second one was done while the first one was publishing"
