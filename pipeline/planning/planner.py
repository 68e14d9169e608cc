"""Makes the plan of a request: the tables to read, and their partitions."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any, Protocol, runtime_checkable

from exporters.config import ExportConfig
from exporters.declaration import Export, Read
from exporters.league.forecasts.funnel import funnel_reads
from exporters.league.forecasts.readiness import reads_of
from exporters.registry import together
from pipeline.requests.request import ExportRequest
from pipeline.version import current_build
from transforms.clients.concurrency import run_concurrently
from transforms.elements.plan import FEWEST_SHARDS, LeaseRules, Plan, Run
from transforms.elements.run_order import as_of_text
from transforms.elements.tables import TableScan
from transforms.stores.control import KEPT_DAYS
from transforms.warehouses.protocol import Warehouse, WarehouseError


def make_plan(
    request: ExportRequest,
    config: ExportConfig,
    *,
    shards: int | None = None,
    validate: bool = False,
    dates: Sequence[date] = (),
    accept_shrink: frozenset[str] = frozenset(),
    lease: LeaseRules | None = None,
    history_days: int = KEPT_DAYS,
) -> Plan:
    """Return the plan of a request.

    Args:
        request: A parsed request; its dates decide which partitions are read. One for players is as of its league day.
        config: The exporters' configuration.
        shards: Number of player shards, where it is given; else it follows from what is read, once that is known, see
            :mod:`pipeline.planning.shards`.
        validate: Check documents against their schema before they are written.
        dates: Dates of the request to export, ascending; empty for all of them.
        accept_shrink: Export types, or ``TYPE:DATE``, whose documents may show less than what is published.
        lease: The lease settings of the run.
        history_days: Days for which replaced documents are kept.
    """
    generated_at = request.generated_at.isoformat()
    build = current_build()
    plan = Plan(
        run=Run(
            run_id=_run_id(request),
            generated_at=generated_at,
            correlation_id=request.correlation_id,
            trigger_source=request.trigger_source,
            code_version=build.code_version,
            commit=build.commit,
            lock=build.lock,
        ),
        export_types=tuple(sorted(together(request.export_types))),
        dates=tuple(dates) or request.dates or (request.league_day,),
        scans=(),
        config=replace(config, min_profile_games=request.min_games) if request.players else config,
        league_day=request.league_day,
        update_latest=request.update_latest.value,
        rewrite=request.rewrite,
        shards=shards or FEWEST_SHARDS,
        validate=validate,
        accept_shrink=accept_shrink,
        lease=lease or LeaseRules(),
        history_days=history_days,
        league=request.league,
    )
    return replace(plan, scans=plan_scans(plan))


def _run_id(request: ExportRequest) -> str:
    """Name a run after its instant and its request: a retry of the same request is the same run."""
    canonical = json.dumps(request.to_json(), sort_keys=True).encode()
    digest = hashlib.blake2b(canonical, digest_size=4).hexdigest()
    return f"{request.generated_at:%Y%m%dT%H%M%S.%fZ}-{digest}"


def plan_scans(plan: Plan, *, funnel: bool = True) -> tuple[TableScan, ...]:
    """Return one scan per table: the union of what the exports declare, over the union of their windows.

    A feed has only its own day, so a live table is scanned for the league day, or not at all (contract P&L L9).

    Args:
        plan: The plan.
        funnel: Whether to read tables that only the funnel counts; no document is built from them.
    """
    needs: dict[str, list[tuple[Export, Read]]] = {}
    for export in plan.exports:
        for read in reads_of(export):
            if not read.table.live or plan.league_day in plan.dates:
                needs.setdefault(read.table.name, []).append((export, read))
        for read in funnel_reads(export) if funnel else ():
            needs.setdefault(read.table.name, []).append((export, read))
    return tuple(_scan(plan, table, needs[table]) for table in sorted(needs))


def _scan(plan: Plan, table: str, needs: list[tuple[Export, Read]]) -> TableScan:
    declared = needs[0][1].table
    first: date | None = None
    last: date | None = None
    if declared.partition is not None:
        first = min(read.window.first(_first_date(plan, export), plan.config.calendar) for export, read in needs)
        last = max(read.window.last(plan.dates[-1]) for _, read in needs)
    if declared.live:
        first = last = plan.league_day
    columns = {column for _, read in needs for column in read.columns}
    if declared.partition is not None:
        columns.add(declared.partition)
    equals = _shared_filters([read for _, read in needs], plan)
    return TableScan(table, tuple(sorted(columns)), first, last, equals, "" if declared.live else plan.run.as_of)


def _first_date(plan: Plan, export: Export) -> date:
    return (plan.slate_dates(export) or plan.document_dates(export))[0]


def _shared_filters(reads: Iterable[Read], plan: Plan) -> Mapping[str, tuple[str, ...]]:
    """Return the equality filters that every reader of a table declares."""
    champion = {"system_id": (plan.config.champion_system_id,)}
    filters = [{**read.equals, **(champion if read.champion else {})} for read in reads]
    return {
        column: values for column, values in filters[0].items() if all(other.get(column) == values for other in filters)
    }


def with_as_of(plan: Plan, warehouse: Warehouse, as_of: datetime | None = None) -> Plan:
    """Return a plan that reads every table as it was at one instant: the newest one that there is, or a given one.

    Raises:
        WarehouseError: The warehouse has no newest instant, or none that is so old.
    """
    if as_of is None:
        return at_instant(plan, as_of_text(warehouse.newest_as_of()))
    if problem := warehouse.history_problem(as_of):
        raise WarehouseError(f"--as_of: {as_of_text(as_of)}: {problem}")
    return replace(at_instant(plan, as_of_text(as_of)), is_past=True)


def at_instant(plan: Plan, as_of: str) -> Plan:
    """Return a plan whose scans read tables as of an instant, in the form of :func:`as_of_text`."""
    scans = tuple(scan if scan.declaration.live else replace(scan, as_of=as_of) for scan in plan.scans)
    return replace(plan, run=replace(plan.run, as_of=as_of), scans=scans)


def begun(plan: Plan, now: datetime) -> Plan:
    """Return a plan whose execution begins now, under an id of its own that sorts by time."""
    execution = f"{now.astimezone(timezone.utc):%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}"
    return replace(plan, run=replace(plan.run, started_at=now.isoformat(), execution_id=execution))


def started(plan: Plan) -> Plan:
    """Return a plan whose execution begins now."""
    return begun(plan, datetime.now(timezone.utc))


@runtime_checkable
class EstimatingWarehouse(Warehouse, Protocol):
    """A warehouse that estimates the cost of a scan."""

    def estimate(self, scan: TableScan) -> int:
        """Return the bytes that a scan would read; raises :class:`WarehouseError` when its table cannot be read."""


def estimate_bytes(plan: Plan, warehouse: EstimatingWarehouse) -> dict[str, int | str]:
    """Return the bytes that a plan's scans would read, by table; for an unreadable table its problem, as text."""

    def bytes_of(scan: TableScan) -> int | str:
        try:
            return warehouse.estimate(scan)
        except WarehouseError as error:
            return str(error)

    scans = [scan for scan in plan.scans if not scan.declaration.live]
    found = run_concurrently(bytes_of, scans, warehouse.concurrency)
    return {scan.table: size for scan, size in zip(scans, found, strict=True)}


def describe(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values, for ``--dry_run`` and for logs."""
    return {
        "run_id": plan.run.run_id,
        **plan.told_league,
        "export_types": list(plan.export_types),
        "dates": [plan.dates[0].isoformat(), plan.dates[-1].isoformat()],
        "update_latest": plan.update_latest,
        "champion_system_id": plan.config.champion_system_id,
        "scans": [
            {
                "table": scan.table,
                "columns": list(scan.columns),
                "first": scan.first and scan.first.isoformat(),
                "last": scan.last and scan.last.isoformat(),
                "equals": {column: list(values) for column, values in scan.equals.items()},
            }
            for scan in plan.scans
        ],
        "documents": {export.name: export.path for export in plan.exports},
    }
