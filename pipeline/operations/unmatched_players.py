"""Looks for players of one date whom a table spells as no other table does, without exporting anything."""

from __future__ import annotations

from datetime import date

from exporters.league.players import aliases
from exporters.league.players.unmatched import NAMING_TABLES, NOT_EXPECTED, NameReport, UnmatchedName
from exporters.warehouse.tables import CONTEXT, PLAYER_ALIASES, REGISTRY
from pipeline.reporting.findings import Finding, Severity
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch, TableScan
from transforms.reading.scan_counts import Count
from transforms.warehouses.protocol import Warehouse

_COLUMNS = {
    **{table.name: ("game_date", "player_lookup") for table in NAMING_TABLES},
    REGISTRY.name: ("player_lookup",),
    PLAYER_ALIASES.name: tuple(sorted(aliases.READ.columns)),
}
"""What tells names apart, by table."""


def find_unmatched(plan: Plan, warehouse: Warehouse, day: date) -> tuple[NameReport, tuple[str, ...]]:
    """Return the spellings of a date that match nobody, and what is wrong with the aliases.

    Only the date's rows of tables that the plan reads are looked at, with the filters of the plan.

    Raises:
        WarehouseError: A table cannot be read.
    """
    count = Count(dates=frozenset({day}))
    for table, columns in _COLUMNS.items():
        planned = plan.scans_by_table.get(table)
        if planned is None or table in plan.broken:
            continue
        dated = planned.declaration.partition is not None and "game_date" in columns
        first, last = (day, day) if dated else (planned.first, planned.last)
        scan = TableScan(table, columns, first, last, planned.equals, planned.as_of)
        # A table without rows has been read as well: everybody is missing in it.
        count.rows.setdefault(table, 0)
        for stream in warehouse.split(scan):
            for batch in warehouse.read(stream):
                count.add(TableBatch(table, batch))
    counts = count.scan_counts()
    return counts.names.get(day, NameReport()), counts.aliases.problems


def findings_of(report: NameReport, problems: tuple[str, ...]) -> list[Finding]:
    """Return what was found as findings, one for each spelling."""
    found = [_finding_of(name) for name in report.listed]
    if report.more:
        found.append(
            Finding(
                Severity.WARNING,
                "players",
                f"{report.more} more spellings match nobody",
                "only the first ones are listed",
                "correct these, and look again",
            )
        )
    for problem in problems:
        what, _, fix = problem.partition("; ")
        found.append(Finding(Severity.WARNING, PLAYER_ALIASES.name, what, "a spelling may stand for the wrong id", fix))
    return found


def _finding_of(name: UnmatchedName) -> Finding:
    rows = "1 row" if name.rows == 1 else f"{name.rows} rows"
    if name.nearest is not None:
        fix = f"if it is {name.nearest}, add the spelling to {PLAYER_ALIASES.name}"
    elif name.reason == NOT_EXPECTED:
        fix = f"write the player's row of {CONTEXT.name}, or add the spelling to {PLAYER_ALIASES.name}"
    else:
        fix = f"add the player to {REGISTRY.name}, or the spelling to {PLAYER_ALIASES.name}"
    return Finding(
        Severity.WARNING,
        name.table,
        f"{name.player} ({rows}) is {name.reason}",
        "documents of the player lack these rows",
        fix,
    )
