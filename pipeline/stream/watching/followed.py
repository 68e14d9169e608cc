"""Batch jobs that the streaming job has launched, followed until their run has left its records.

A run publishes its own completion event. One whose job fails before that would leave its request without an end: its
event is published here, and the job is launched once more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import orjson

from exporters.config import ExportConfig
from exporters.config.leagues import ONE_LEAGUE, Leagues
from pipeline.engines.following import OVER
from pipeline.execution.places import LeaguePlace
from pipeline.planning.planner import make_plan
from pipeline.reporting.completion import run_event
from pipeline.requests.request import ExportRequest
from pipeline.stream.answering import Output, event_message
from pipeline.stream.ledger import ANSWERED, End, Ledger
from pipeline.stream.watching.launched import LaunchedJob, Launcher
from transforms.elements.plan import Plan
from transforms.publishing.manifest import load_record
from transforms.stores.control import LAUNCHED
from transforms.stores.protocol import Store

LOG = logging.getLogger(__name__)

MOST_LAUNCHES = 2
"""Launches of one request, the first one included."""
APPEARS_WITHIN = timedelta(minutes=15)
"""A job that Dataflow does not know is gone once it was launched so long ago."""
_CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class LaunchedJobs:
    """Follows the jobs that were launched.

    Attributes:
        store: Holds their records, and those of runs.
        launcher: Knows the jobs, and launches one again.
        config: The rules of the exporters.
        clock: The current time, aware.
        leagues: The leagues of the deployment; the rules are those of the default one.
        others: The places of the other leagues, by name; each holds the records of its runs.
    """

    store: Store
    launcher: Launcher
    config: ExportConfig
    clock: Callable[[], datetime]
    leagues: Leagues = ONE_LEAGUE
    others: Mapping[str, LeaguePlace] = field(default_factory=dict)

    def look(self) -> list[Output]:
        """Return the events of jobs that have failed, were cancelled, or are gone; what is wrong with one is logged."""
        found: list[Output] = []
        try:
            paths = [shown.path for shown in self.store.list(LAUNCHED)]
        except Exception as error:
            LOG.error("the launched jobs cannot be checked: %s: %s", type(error).__name__, error)
            return found
        for path in paths:
            try:
                found.extend(self._follow(path))
            except Exception as error:
                LOG.error("the launched job of %s cannot be checked: %s: %s", path, type(error).__name__, error)
        return found

    def _follow(self, path: str) -> Iterator[Output]:
        held = self.store.read(path)
        if held is None:
            return
        job = LaunchedJob(**orjson.loads(held[0]))
        ledger = Ledger(self.store, lambda: self.clock().timestamp())
        past = ledger.find(job.stem)
        if past.end is not None:
            if past.is_over:
                self.store.delete(path)
            else:
                yield Output(job.stem, past.end.event)
            return
        request = ExportRequest.from_json(job.request, self.leagues)
        place = self.others.get(request.league.name)
        store, config = (self.store, self.config) if place is None else (place.store, place.config)
        plan = make_plan(request, config)
        launched = datetime.fromisoformat(job.launched_at)
        lacking = [
            day for day in plan.dates if load_record(store, plan.run, day, since=launched - _CLOCKS_DIFFER) is None
        ]
        if not lacking:
            self.store.delete(path)
            return
        why = self._why_it_ended(job, launched, len(lacking))
        if not why:
            return
        event = {**run_event(plan, "failed", finished=self.clock(), errors=[why]), "message_id": job.message_id}
        end = End(ANSWERED, event_message({**event, **self._again(job, plan), "job": job.job, "manifests": []}))
        published = ledger.close(job.stem, end)
        if published is not None:
            yield Output(job.stem, published.event)

    def _why_it_ended(self, job: LaunchedJob, launched: datetime, lacking: int) -> str:
        """Return why a job has ended before its run did; empty where it goes on."""
        ended = self.launcher.ended(job.job)
        if ended is None:
            gone = self.clock() - launched >= APPEARS_WITHIN
            return f"Dataflow knows no job {job.job}" if gone else ""
        if ended.state not in OVER:
            return ""
        what = f"batch job {job.job} is {ended.state}"
        what = f"{what}: {ended.reason}" if ended.reason else what
        return f"{what}; {lacking} of its dates have no record"

    def _again(self, job: LaunchedJob, plan: Plan) -> dict[str, Any]:
        """Launch a request once more, and return what its event says of that."""
        if job.launches >= MOST_LAUNCHES:
            return {"reason": f"it was launched {job.launches} times, and is given up; start it by hand"}
        try:
            name = self.launcher.launch(ExportRequest.from_json(job.request, self.leagues), plan.run.run_id)
        except Exception as error:
            return {"reason": f"it cannot be launched again: {type(error).__name__}: {error}; start it by hand"}
        now = self.clock().astimezone(timezone.utc).isoformat()
        LaunchedJob(name, job.run_id, job.request, job.message_id, now, job.launches + 1).enter(self.store)
        return {"reason": f"it is launched once more, as {name}"}
