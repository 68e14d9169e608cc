"""The outcome of a run, as incidents and log lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from functools import partial
from typing import Any

from pipeline.alerting.alerts import Alerts
from pipeline.alerting.heal import empty_stage
from pipeline.alerting.log_lines import LogLines
from pipeline.alerting.run_check import Records, check_of_run
from pipeline.alerting.telemetry import Measured, send_metrics
from pipeline.options.alert_options import AlertOptions
from pipeline.reporting.report import is_of
from pipeline.reporting.terminal import complain
from transforms.clients.concurrency import run_concurrently
from transforms.elements.manifest import HELD
from transforms.elements.plan import Plan
from transforms.publishing.manifest import load_record
from transforms.stores.protocol import Store


def alert_of_run(
    options: AlertOptions, plan: Plan, store: Store, status: str, errors: Sequence[str], *, output: str
) -> None:
    """Report the outcome of a run; never raises.

    Args:
        options: Whom to report to.
        plan: The plan of the run.
        store: Where it published.
        status: Its outcome.
        errors: What is missing, or why it broke off, one line each.
        output: The store, as the command line names it.
    """
    try:
        alerts, records = Alerts.of(options, store, output=output), records_of(plan, store)
        if alerts.log is not None:
            _log(alerts.log, plan, status, records)
        stages = [empty_stage(day, record) for day, record in records.items() if record is not None]
        unhealed = alerts.heal(options, stages, plan.league_day)
        alerts.report(check_of_run(plan, status, records, errors, unhealed))
        if options.collector:
            send_metrics(options.collector, measured_run(plan, status, records))
    except Exception as error:
        complain(f"alerts: the run was not reported: {type(error).__name__}: {error}")


def records_of(plan: Plan, store: Store) -> Records:
    """Return what a run says of its dates; None for dates of which it says nothing."""
    days = [str(day) for day in plan.dates]
    if not plan.run.execution_id:
        return dict.fromkeys(days)
    found = run_concurrently(partial(load_record, store, plan.run), days, store.concurrency)
    return dict(zip(days, found, strict=True))


def documents_of(plan: Plan, records: Records) -> Counter[tuple[str, str]]:
    """Return how many documents of each export type had each outcome."""
    found: Counter[tuple[str, str]] = Counter()
    for record in records.values():
        for name, section in ({} if record is None else record["exports"]).items():
            if is_of(section, plan.run):
                found.update({(name, outcome): count for outcome, count in _outcomes(section).items() if count})
    return found


def measured_run(plan: Plan, status: str, records: Records) -> Measured:
    """Return what is measured of a run."""
    spent: Counter[str] = Counter()
    for record in records.values():
        for name, section in ({} if record is None else record["exports"]).items():
            if is_of(section, plan.run):
                spent[name] += section["build_ms"] + section["publish_ms"]
    return Measured(
        status,
        _seconds(plan),
        documents_of(plan, records),
        {name: milliseconds / 1000 for name, milliseconds in spent.items()},
    )


def seconds_of(plan: Plan, now: datetime) -> float:
    """Return how long a run has taken."""
    return (now - datetime.fromisoformat(plan.run.started_at or plan.run.generated_at)).total_seconds()


def _outcomes(section: Mapping[str, Any]) -> dict[str, int]:
    return {
        "written": section["written"],
        "unchanged": section["unchanged"],
        "kept": sum(section["kept"].values()),
        "failed": section["failed"],
        "held": int(section["state"] in HELD),
    }


def _log(log: LogLines, plan: Plan, status: str, records: Records) -> None:
    documents: Counter[str] = Counter()
    for (_, outcome), count in documents_of(plan, records).items():
        documents[outcome] += count
    dates = [str(day) for day in plan.dates]
    log.run(plan.run.run_id, status, dates, seconds=_seconds(plan), documents=documents)


def _seconds(plan: Plan) -> float:
    return seconds_of(plan, datetime.now(timezone.utc)) if plan.run.execution_id else 0.0
