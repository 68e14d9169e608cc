"""Batch jobs that were launched and fail: each has its event and one more launch."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from pipeline.engines.following import Ended
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import begun, make_plan
from pipeline.requests.request import ExportRequest
from pipeline.stream.ledger import Ledger
from pipeline.stream.watching.followed import APPEARS_WITHIN, LaunchedJobs
from pipeline.stream.watching.launched import LaunchedJob
from tests.pipeline.stream.test_answer import Launches, answerer, asked
from tests.support.matchers import json_of
from tests.support.plans import EASY
from tests.support.stores import MemoryStore, Refuse
from tests.support.warehouses import League

SPAN = {"start_date": "2026-01-20", "end_date": "2026-01-23"}


class Jobs(Launches):
    """Batch jobs whose ends are scripted."""

    def __init__(self, end: Ended | Exception | None, error: Exception | None = None) -> None:
        super().__init__(error)
        self.end = end

    def ended(self, _job: str) -> Ended | None:
        if isinstance(self.end, Exception):
            raise self.end
        return self.end


class Night:
    """A request of four dates that was launched, and looks at what became of its job."""

    def __init__(self, league: League) -> None:
        self.league, self.store, self.jobs = league, MemoryStore(), Jobs(Ended("RUNNING"))
        self.now = datetime(2026, 2, 3, 18, tzinfo=timezone.utc)
        answer = answerer(league, self.store, launcher=self.jobs, max_dates=3, clock=lambda: self.now.timestamp())
        assert answer.answer(asked(league, **SPAN)).status == "launched"
        self.request, self.run_id = self.jobs.launched[0]

    def look(self, later: timedelta = timedelta(minutes=1)) -> list[dict[str, Any]]:
        """Look once, and enter that the events went out."""
        self.now += later
        outputs = LaunchedJobs(self.store, self.jobs, EASY, lambda: self.now).look()
        for output in outputs:
            Ledger(self.store, self.now.timestamp).publish(output.stem)
        return [json.loads(output.event.data) for output in outputs if output.event is not None]

    def records(self) -> list[str]:
        return sorted(shown.path for shown in self.store.list("launched/"))

    def run(self, *days: date) -> None:
        """Carry the job out, or some of its dates."""
        plan = begun(make_plan(self.request, EASY), self.now)
        for day in days or plan.dates:
            run_in_process(replace(plan, dates=(day,)), self.league.warehouse, self.store)


@pytest.fixture
def night(league: League) -> Night:
    return Night(league)


def test_one_that_goes_on_is_waited_for(night: Night) -> None:
    assert night.look() == []
    assert len(night.records()) == 1


def test_one_whose_run_is_over_is_forgotten_without_an_event(night: Night) -> None:
    night.jobs.end = Ended("DONE")
    night.run()
    assert night.look() == []
    assert night.records() == []


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "DONE", "DRAINED"])
def test_one_that_ends_without_its_records_has_its_event_and_is_launched_once_more(night: Night, state: str) -> None:
    night.jobs.end = Ended(state, "out of memory" if state == "FAILED" else "")
    night.run(date(2026, 1, 20))
    [event] = night.look()
    assert (event["status"], event["run_id"], event["message_id"]) == ("failed", night.run_id, "m-1")
    reason = ": out of memory" if state == "FAILED" else ""
    job = f"job-of-{night.run_id}"
    assert event["errors"] == [f"batch job {job} is {state}{reason}; 3 of its dates have no record"]
    assert (event["job"], event["reason"]) == (job, f"it is launched once more, as {job}")
    assert [request for request, _ in night.jobs.launched] == [night.request, night.request]
    assert json_of(night.store, night.records()[-1])["launches"] == 2


def test_one_that_fails_twice_is_given_up(night: Night) -> None:
    night.jobs.end = Ended("FAILED", "quota")
    events = [event for _ in range(6) for event in night.look()]
    assert [event["status"] for event in events] == ["failed", "failed"]
    assert events[1]["reason"] == "it was launched 2 times, and is given up; start it by hand"
    assert len(night.jobs.launched) == 2
    assert night.records() == []


def test_one_that_cannot_be_launched_again_says_so(night: Night) -> None:
    night.jobs.end, night.jobs._error = Ended("FAILED"), RuntimeError("quota")
    [event] = night.look()
    assert event["reason"] == "it cannot be launched again: RuntimeError: quota; start it by hand"


def test_one_that_nobody_knows_is_gone_after_a_while(night: Night) -> None:
    night.jobs.end = None
    assert night.look(APPEARS_WITHIN - timedelta(seconds=1)) == []
    [event] = night.look(timedelta(minutes=1))
    assert event["errors"] == [f"Dataflow knows no job job-of-{night.run_id}"]


def test_an_event_that_is_lost_with_its_worker_is_published_again_as_it_was(night: Night) -> None:
    night.jobs.end = Ended("FAILED")
    looking = LaunchedJobs(night.store, night.jobs, EASY, lambda: night.now)
    [first] = looking.look()
    assert first in looking.look()
    assert len(night.jobs.launched) == 2


def test_while_dataflow_or_the_place_is_down_nothing_is_lost(night: Night, caplog: pytest.LogCaptureFixture) -> None:
    night.jobs.end = RuntimeError("503")
    assert night.look() == []
    assert "cannot be checked: RuntimeError: 503" in caplog.text
    night.store.before_read = Refuse("launched/")
    assert night.look() == []
    night.store.before_read = lambda _path: None
    night.jobs.end = Ended("FAILED")
    assert len(night.look()) == 1


def test_its_record_reads_back(night: Night) -> None:
    [path] = night.records()
    job = LaunchedJob(**json_of(night.store, path))
    assert ExportRequest.from_json(job.request) == night.request
    assert (job.run_id, job.message_id, job.path) == (night.run_id, "m-1", path)
