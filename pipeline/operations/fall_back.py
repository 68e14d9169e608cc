"""The fallback of schedules whose door is the streaming job: a batch job for what it has not answered in time.

An entry falls back when an export type that it called for last is late: ``--late_minutes`` after its time, no run has
made the type since. Its batch job is the one that ``door: job`` would start, for the date that was due. It is launched
once for each time of the entry, whatever becomes of it, and one object of the control output records that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson

from exporters.config.leagues import leagues_of
from pipeline.deployment.live_schedules import schedule_body
from pipeline.deployment.schedule_file import Door, understand
from pipeline.deployment.settings import Deployment
from pipeline.engines.following import EngineError
from pipeline.verification.freshness import Due
from transforms.publishing.lease import CONTROL_CACHE
from transforms.stores.control import FALLBACKS
from transforms.stores.protocol import Store


class Jobs(Protocol):
    """Starts batch jobs."""

    def launch(self, body: Mapping[str, Any]) -> str:
        """Start a template and return the id of its job.

        Raises:
            EngineError: It was not started.
        """


def open_dataflow(deployment: Deployment) -> Jobs:
    """Return the jobs of a deployment."""
    # Imported here: a verification that launches nothing needs no client of Dataflow.
    from pipeline.engines.dataflow_jobs import DataflowJobs

    return DataflowJobs(deployment.project, deployment.region)


@dataclass(frozen=True)
class FallBack:
    """Launches the entries that the streaming job has not answered.

    Attributes:
        deployment: Where jobs run.
        store: Where launches are recorded.
        jobs: Starts them.
    """

    deployment: Deployment
    store: Store
    jobs: Callable[[], Jobs]

    def __call__(self, late: Sequence[Due]) -> dict[str, str]:
        """Launch the entries that are late, each once for its time, and return what was done by their names."""
        # Types of one entry are late together, and an entry is one job.
        entries = {due.by.name: due for due in late if due.by.door == Door.STREAM}
        return {name: self._launch(due) for name, due in sorted(entries.items())}

    def _launch(self, due: Due) -> str:
        path = f"{FALLBACKS}{due.by.name}.json"
        launched = self._launched(path)
        if launched is not None and launched >= due.at:
            return f"batch job {due.by.name} was launched for it before"
        body = schedule_body(self.deployment, due.by, _dated(due))
        try:
            self.jobs().launch(body)
        except EngineError as error:
            if not _is_running(error):
                return f"batch job {due.by.name} could not be launched ({error}): run {due.command}"
        # Written afterwards: a launch that is not recorded is repeated, and one that is missing would never be made.
        self.store.write(path, orjson.dumps({"due": due.at.isoformat()}), cache_control=CONTROL_CACHE)
        return f"batch job {due.by.name} was launched"

    def _launched(self, path: str) -> datetime | None:
        """Return the time of an entry that was launched last; None for none, or where its record cannot be read."""
        found = self.store.read(path)
        try:
            return None if found is None else datetime.fromisoformat(orjson.loads(found[0])["due"])
        except (KeyError, TypeError, ValueError):
            return None


def _is_running(error: EngineError) -> bool:
    """Whether a job of the same name runs, which makes what is late."""
    return getattr(error.__cause__, "code", None) == 409


def _dated(due: Due) -> dict[str, Any]:
    """Return the request of an entry with the dates of its time: ``today`` may be another day by now."""
    asked = understand(due.by.request, due.at, leagues_of(due.by.parsed.league))
    days = {"target_date": asked.first_date, "start_date": asked.first_date, "end_date": asked.last_date}
    return {key: str(days[key]) if key in days else value for key, value in due.by.request.items()}
