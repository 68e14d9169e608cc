"""The plan of a backfill: the dates to export, the reasons, and the passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from exporters.warehouse.tables import SCHEDULE
from pipeline.planning.planner import plan_scans
from transforms.elements.plan import Plan
from transforms.elements.tables import TableScan
from transforms.history.up_to_date import why_incomplete
from transforms.warehouses.protocol import Warehouse


@dataclass(frozen=True)
class BackfillPlan:
    """The plan of a backfill.

    Attributes:
        complete: Game dates on which everything is published by the same code from the same inputs.
        reasons: Every other game date, with the reason why it is exported.
        passes: Runs that export them, in order.
    """

    complete: tuple[date, ...]
    reasons: Mapping[date, str]
    passes: tuple[Plan, ...]


def game_dates(warehouse: Warehouse, first: date, last: date) -> tuple[date, ...]:
    """Return the dates of a range on which the schedule has a game, ascending.

    Raises:
        WarehouseError: The schedule cannot be read.
    """
    scan = TableScan(SCHEDULE.name, ("game_date",), first, last)
    warehouse.check(scan)
    days: set[date] = set()
    for stream in warehouse.split(scan):
        for batch in warehouse.read(stream):
            days.update(batch.column("game_date").unique().to_pylist())
    return tuple(sorted(days))


def plan_backfill(plan: Plan, manifest_of: Callable[[date], Mapping[str, Any] | None], *, again: bool) -> BackfillPlan:
    """Return a plan without its complete dates, in one pass per season.

    The documents of a season share the history that is read for them, so one pass reads it once, also where dates in
    between are complete; a pass over more than a season would hold more in memory and read nothing twice less.

    Args:
        plan: All game dates, with the digests of their inputs.
        manifest_of: Returns the manifest of a date; None when there is none, or when its run was cut off.
        again: Export complete dates as well.
    """
    reasons: dict[date, str] = {}
    for day in plan.dates:
        reason = "asked for again" if again else why_export(plan, day, manifest_of(day))
        if reason is not None:
            reasons[day] = reason
    complete = tuple(day for day in plan.dates if day not in reasons)
    return BackfillPlan(complete, reasons, tuple(_passes(plan, reasons)))


def why_export(plan: Plan, day: date, manifest: Mapping[str, Any] | None) -> str | None:
    """Return the first reason why a date is not complete; None when it is complete."""
    if manifest is None:
        return "no manifest, or a run that was cut off"
    for export in plan.exports:
        if day in plan.document_dates(export):
            wanted = plan.inputs.get(export.name, {}).get(day.isoformat())
            reason = why_incomplete(manifest["exports"].get(export.name), plan.run.code_version, wanted)
            if reason is not None:
                return f"{export.name} {reason}"
    return None


def _passes(plan: Plan, days: Iterable[date]) -> Iterator[Plan]:
    for _, found in groupby(sorted(days), key=plan.config.calendar.season_year):
        dates = tuple(found)
        # A path without a date is that of the newest date of the whole backfill, not of each pass.
        due = (export.name for export in plan.exports if not set(dates).isdisjoint(plan.document_dates(export)))
        types = tuple(due)
        if types:
            season = replace(plan, dates=dates, export_types=types)
            yield replace(season, scans=plan_scans(season))


def spans(days: Sequence[date]) -> str:
    """Return ascending dates as text, with neighbours joined: ``2026-01-01 to 2026-01-03, 2026-01-09``."""
    runs: list[list[date]] = []
    for day in days:
        if runs and day - runs[-1][-1] == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs)


def describe_backfill(plan: Plan, found: BackfillPlan) -> str:
    """Return the plan of a backfill as text: dates, reasons, types and tables."""
    first, last = plan.dates[0], plan.dates[-1]
    lines = [
        f"{len(plan.dates)} game dates from {first} to {last}: {len(found.reasons)} to export, "
        f"{len(found.complete)} complete"
    ]
    by_reason: dict[str, list[date]] = {}
    for day, reason in found.reasons.items():
        by_reason.setdefault(reason, []).append(day)
    lines += [f"  {reason}: {spans(days)}" for reason, days in by_reason.items()]
    for number, one in enumerate(found.passes, start=1):
        lines += [
            f"pass {number} of {len(found.passes)}: {len(one.dates)} dates, {one.dates[0]} to {one.dates[-1]}",
            f"  types: {', '.join(one.export_types)}",
            "  tables:",
            *(f"    {scan.table}{_window(scan)}" for scan in one.scans),
        ]
    return "\n".join(lines)


def describe_json(found: BackfillPlan) -> dict[str, Any]:
    """Return the plan of a backfill as JSON values: the reason of every date that it exports, and its passes."""
    return {
        "status": "planned",
        "complete": [day.isoformat() for day in found.complete],
        "reasons": {day.isoformat(): reason for day, reason in found.reasons.items()},
        "passes": [
            {"dates": [day.isoformat() for day in one.dates], "export_types": list(one.export_types)}
            for one in found.passes
        ],
    }


def _window(scan: TableScan) -> str:
    return "" if scan.first is None else f", {scan.first} to {scan.last}"
