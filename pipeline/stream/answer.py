"""Answers one request: plans, reads, builds, publishes, and returns the completion event.

A streamed request is answered in one call, by the functions that the batch graph wraps, so both publish the same bytes.
Its documents are many uploads in flight from one process, and the call returns when each of them is counted: completion
needs neither a watermark nor state.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timezone

import orjson

from exporters.config import ExportConfig
from exporters.config.leagues import ONE_LEAGUE, Leagues, LeagueSettings
from exporters.league.forecasts.readiness import ScanCounts
from exporters.warehouse.tables import PREDICTIONS
from pipeline.execution.in_process import publish_scanned
from pipeline.execution.places import LeaguePlace
from pipeline.planning.champion import ChampionError, check_champion
from pipeline.planning.inputs import with_inputs
from pipeline.planning.machine_clock import with_clock
from pipeline.planning.planner import begun, make_plan, with_as_of
from pipeline.reporting.completion import Event, completed, not_run_event, run_event
from pipeline.requests.request import ExportRequest
from pipeline.stream.coalescing import Answered
from pipeline.stream.deadline import CHECKS_SHARE, READS_SHARE, Deadline, DeadlineStore, DeadlineWarehouse
from pipeline.stream.messages import Asked
from pipeline.stream.watching.launched import LaunchedJob, Launcher
from transforms.elements.failure import failure_from
from transforms.elements.plan import LeaseRules, Plan
from transforms.publishing.lease import CONTROL_CACHE
from transforms.reading.scan import scan_all
from transforms.stores.control import KEPT_DAYS
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store
from transforms.warehouses.protocol import Warehouse

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """The outcome of a request.

    Attributes:
        event: Its completion event.
        run_id: The run; empty when there was none.
        read_at: When reading began, in seconds since 1970.
        inputs: Digest of the versions of the tables that were read; empty where they are unknown.
        again: Whether a repetition may publish more: rows were missing, or a failure may be transient.
    """

    event: Event
    run_id: str
    read_at: float
    inputs: str = ""
    again: bool = False

    @property
    def status(self) -> str:
        """The status of its event."""
        return str(self.event["status"])


@dataclass(frozen=True)
class Answerer:
    """Answers requests; a value that travels to workers.

    Attributes:
        warehouse: Where tables are read, again for every request.
        store: Where documents are written.
        output: The same, as the command line names it.
        config: The rules of the exporters.
        timeout: Seconds after which a request is given up.
        max_dates: Dates of the longest request that is answered here.
        launcher: Starts batch jobs for longer ones; None where they are rejected before.
        validate: Check documents against their schema before they are written.
        history_days: Days for which replaced documents are kept.
        clock: Seconds since 1970.
        leagues: The leagues of the deployment; what is above is of the default one.
        others: The places of the other leagues, by name.
    """

    warehouse: Warehouse
    store: Store
    output: str
    config: ExportConfig
    timeout: float = 600.0
    max_dates: int = 3
    launcher: Launcher | None = None
    validate: bool = False
    history_days: int = KEPT_DAYS
    clock: Callable[[], float] = time.time
    leagues: Leagues = ONE_LEAGUE
    others: Mapping[str, LeaguePlace] = field(default_factory=dict)

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        """Answer a request; never raises.

        Args:
            asked: The request.
            before: The answer to an equal one that this one has waited for: as long as no table has changed since, and
                nothing failed, it is the answer to this one, too.
        """
        read_at = self.clock()
        try:
            request = ExportRequest.from_json(asked.request, self.leagues)
            here = self._in_league(request.league)
            plan = here._plan(request, read_at)
        except Exception as error:
            # A waiting request outlives an update, after which an export type or a key may be gone.
            return Answer(self._not_understood(asked, error), "", read_at, again=True)
        if len(plan.dates) > self.max_dates:
            # Launched jobs of all leagues are followed in one place.
            return here._launch(asked, request, plan, read_at, self.store)
        return here._answer(asked, plan, read_at, before)

    def _in_league(self, league: LeagueSettings) -> Answerer:
        """Return what answers the requests of a league, with its places and rules."""
        if league.is_default:
            return self
        place = self.others[league.name]
        return replace(self, warehouse=place.warehouse, store=place.store, output=place.output, config=place.config)

    def _launch(self, asked: Asked, request: ExportRequest, plan: Plan, read_at: float, records: Store) -> Answer:
        """Launch a job for a request about many dates."""
        try:
            event = self._launched(asked, request, plan, records)
        except Exception as error:
            event = {**self._failed(plan, error), "message_id": asked.message_id}
            return Answer(event, plan.run.run_id, read_at, again=_may_go_well(event))
        return Answer(event, plan.run.run_id, read_at)

    def _failed(self, plan: Plan, error: Exception) -> Event:
        failure = failure_from("AnswerRequests", "", plan.run.run_id, error)
        LOG.error("%s %s", failure.error, failure.stack)
        return run_event(plan, "failed", finished=self._now(), errors=[failure.error])

    def _answer(self, asked: Asked, plan: Plan, read_at: float, before: Answered | None) -> Answer:
        """Answer a request about few dates."""
        run_id, inputs = plan.run.run_id, ""
        try:
            deadline = Deadline.after(self.timeout)
            checked, store = self._in(deadline.part(CHECKS_SHARE)), DeadlineStore(self.store, deadline)
            if asked.marker and _was_left(store, asked.marker, run_id):
                return Answer(self.duplicate(asked, "an earlier run", f"it left {asked.marker}"), run_id, read_at)
            plan = with_clock(with_as_of(plan, checked), store, self._now())
            if not asked.expires:
                # One that expires is repeated soon, so the versions of tables do not matter.
                plan = with_inputs(check_champion(plan, checked), checked)
            inputs = _inputs_digest(plan)
            if before is not None and not before.again and inputs and inputs == before.inputs:
                event = self.duplicate(asked, before.run_id, "no table has changed since that run")
                return Answer(event, run_id, read_at, inputs)
            event = self._run(asked, plan, deadline, store)
        except ChampionError as error:
            event = {**run_event(plan, "rejected", finished=self._now(), errors=[str(error)]), "manifests": []}
        except Exception as error:
            event = self._failed(plan, error)
        told = {"unplayed": list(asked.unplayed)} if asked.unplayed else {}
        return Answer({**event, **told, "message_id": asked.message_id}, run_id, read_at, inputs, _may_go_well(event))

    def duplicate(self, asked: Asked, run_id: str, why: str) -> Event:
        """Return the event of a request that another run has answered or will answer."""
        return not_run_event(
            "duplicate",
            f"an equal request is answered by {run_id}: {why}",
            finished=self._now(),
            correlation_id=asked.correlation_id,
            trigger_source=asked.trigger_source,
            duplicate_of=run_id,
            message_id=asked.message_id,
            **asked.told_league,
        )

    def _plan(self, request: ExportRequest, read_at: float) -> Plan:
        config = replace(self.config, champion_system_id=request.champion_system_id)
        began = datetime.fromtimestamp(read_at, timezone.utc)
        # A request that waits for another run of its date keeps its time limit.
        lease = LeaseRules(wait_seconds=self.timeout / 2)
        plan = make_plan(request, config, shards=1, validate=self.validate, lease=lease, history_days=self.history_days)
        return begun(plan, began)

    def _not_understood(self, asked: Asked, error: Exception) -> Event:
        failure = failure_from("AnswerRequests", "", asked.message_id, error)
        LOG.error("%s %s", failure.error, failure.stack)
        return not_run_event(
            "failed",
            "this version of the job does not understand the request",
            finished=self._now(),
            correlation_id=asked.correlation_id,
            trigger_source=asked.trigger_source,
            errors=[failure.error],
            message_id=asked.message_id,
            **asked.told_league,
        )

    def _in(self, deadline: Deadline) -> DeadlineWarehouse:
        return DeadlineWarehouse(self.warehouse, deadline)

    def _run(self, asked: Asked, plan: Plan, deadline: Deadline, store: Store) -> Event:
        batches, scan_counts = scan_all(plan, self._in(deadline.part(READS_SHARE)))
        if lacking := _lacks_predictions(asked, scan_counts, plan.dates[-1]):
            return {**run_event(plan, "dropped", finished=self._now()), "reason": lacking}
        manifests = publish_scanned(plan, batches, scan_counts, self._in(deadline), store)
        event = completed(plan, self.output, manifests, finished=self._now())
        if asked.marker and event["status"] == "success":
            _leave(store, asked.marker, plan.run.run_id, self._now())
        return event

    def _launched(self, asked: Asked, request: ExportRequest, plan: Plan, records: Store) -> Event:
        assert self.launcher is not None, "requests that are too long were to be rejected"
        job = self.launcher.launch(request, plan.run.run_id)
        launched_at = self._now().isoformat()
        LaunchedJob(job, plan.run.run_id, request.to_json(), asked.message_id, launched_at).enter(records)
        event = run_event(plan, "launched", finished=self._now())
        reason = f"it spans {len(plan.dates)} dates, and {self.max_dates} are answered here: batch job {job} answers it"
        return {**event, "reason": reason, "job": job, "manifests": [], "message_id": asked.message_id}

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), timezone.utc)


def _inputs_digest(plan: Plan) -> str:
    """Return a digest of the versions of everything that a plan reads; empty unless they are all known."""
    due = ((export.name, day.isoformat()) for export in plan.exports for day in plan.document_dates(export))
    if not all(day in plan.inputs.get(name, {}) for name, day in due):
        return ""
    versions = orjson.dumps(plan.inputs, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    return hashlib.blake2b(versions, digest_size=8).hexdigest()


def _may_go_well(event: Event) -> bool:
    """Whether something is missing for a reason other than withheld types and lost players, which only new rows change.

    A dropped or rejected request was not tried. Rows may arrive, and an equal request may need fewer of them.
    """
    if event["status"] in ("dropped", "rejected"):
        return True
    return event["status"] in ("partial", "failed") and len(event["errors"]) > len(event["withheld"]) + len(
        event["degraded"]
    )


def _lacks_predictions(asked: Asked, scan_counts: ScanCounts, day: date) -> str:
    """Return the reason why the rows of predictions of a date are too few; empty when they are enough."""
    found = scan_counts.on(day).predictions
    if PREDICTIONS.name in scan_counts.broken or found >= asked.min_prediction_rows:
        return ""
    return f"{found} rows of predictions for {day}, at least {asked.min_prediction_rows} are needed"


def _was_left(store: Store, marker: str, run_id: str) -> bool:
    """Whether another run has left a marker.

    A marker of the run itself means that its answer was lost with a worker: it is answered again for its event.
    """
    found = store.read(marker)
    if found is None:
        return False
    try:
        content = orjson.loads(found[0])
    except orjson.JSONDecodeError:
        return True
    return not isinstance(content, dict) or content.get("run_id") != run_id


def _leave(store: Store, marker: str, run_id: str, finished: datetime) -> None:
    """Write a marker, unless it exists."""
    content = orjson.dumps({"run_id": run_id, "finished_at": finished.isoformat()})
    try:
        store.write(marker, content, cache_control=CONTROL_CACHE, if_generation=ABSENT)
    except GenerationMismatch:
        return
