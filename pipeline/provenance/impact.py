"""The command that tells which documents change when rows of a table change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timezone
from typing import Any

from exporters.config import ExportConfig
from exporters.registry import exports, groups
from pipeline.comparison.tables import listed, summary, text_table
from pipeline.comparison.thresholds import cell_text
from pipeline.execution.places import open_tables
from pipeline.options.flags import OptionsError, parse_options
from pipeline.planning.planner import make_plan, with_as_of
from pipeline.provenance.altered import Edit
from pipeline.provenance.built_documents import Impact, exact_impact
from pipeline.provenance.command_options import ImpactOptions
from pipeline.provenance.conditions import find_table, parse_set, parse_where
from pipeline.provenance.declared import Reader, as_json, readers_of
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.problems import Problem, ProblemsError
from pipeline.requests.request import ExportRequest, RequestDefaults, parse_request
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.warehouses.protocol import WarehouseError

OK, UNREADABLE, REJECTED = 0, 1, 2
"""Exit codes."""
_DATES = ("target_date", "start_date", "end_date")
_MOST_COLUMNS = 6


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware, of which ``today`` is the league day.
    """
    try:
        options = parse_impact(argv)
        table = find_table(options.table)
        where = parse_where(options.where, table)
        edit = Edit(table, where, parse_set(options.set, table) if options.set else {})
        request = _request(options, now or datetime.now(timezone.utc))
    except ProblemsError as error:
        complain(error)
        return REJECTED
    first, last = where.days(table.partition)
    members = {**{name: (name,) for name in exports()}, **groups()}
    chosen = {member for name in options.export_types for member in members[name]}
    declared = readers_of(table, (export for name, export in exports().items() if name in chosen), edit.values)
    if not options.exact or request is None or options.warehouse is None:
        _tell_declared(options, edit, declared, (first, last))
        return OK
    plan = make_plan(request, ExportConfig(champion_system_id=options.champion_system_id))
    warehouse = LiveWarehouse(open_tables(options.warehouse))
    try:
        found = exact_impact(with_as_of(plan, warehouse), warehouse, edit)
    except WarehouseError as error:
        complain(error)
        return UNREADABLE
    _tell_exact(options, edit, found, declared)
    return UNREADABLE if found.broken else OK


def parse_impact(argv: Sequence[str]) -> ImpactOptions:
    """Return the options of a command line, whose first argument may be the table.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    return parse_options(ImpactOptions, named(argv, ("--table",)))


def named(argv: Sequence[str], flags: Sequence[str]) -> list[str]:
    """Return a command line in which its first arguments, as far as they have no flag, have these flags."""
    end = next((place for place, argument in enumerate(argv) if argument.startswith("-")), len(argv))
    count = min(end, len(flags))
    return [*(f"{flag}={value}" for flag, value in zip(flags, argv[:count], strict=False)), *argv[count:]]


def _request(options: ImpactOptions, now: datetime) -> ExportRequest | None:
    """Return the export whose documents are compared; None where none is asked for.

    Raises:
        ProblemsError: An export type or date is wrong, or something is missing; it holds every problem.
    """
    dates = {name: str(value) for name in _DATES if (value := getattr(options, name)) is not None}
    problems = []
    if options.exact and not dates:
        fix = "add --target_date, or --start_date and --end_date"
        problems.append(Problem("--exact", "", "needs the dates of the documents that are built", fix))
    if options.exact and options.warehouse is None:
        fix = "add --warehouse=PATH, or --warehouse=bigquery:PROJECT"
        problems.append(Problem("--exact", "", "needs the tables", fix))
    if problems:
        raise OptionsError(problems)
    request = parse_request(
        {"export_types": list(options.export_types), **(dates or {"target_date": "today"})},
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(options.champion_system_id),
        now=now,
    )
    return request if options.exact else None


def _tell_declared(
    options: ImpactOptions, edit: Edit, declared: Sequence[Reader], rows: tuple[date | None, date | None]
) -> None:
    spans = [(reader, reader.days(*rows)) for reader in declared]
    if options.json:
        readers = [as_json(reader, days) for reader, days in spans]
        say_json({"table": edit.table.name, "where": options.where, "set": options.set, "declared": readers})
        return
    for reader, days in spans:
        more = len(reader.columns) - _MOST_COLUMNS
        columns = ", ".join(reader.columns[:_MOST_COLUMNS]) + (f" and {more} more" if more > 0 else "")
        say(f"{reader.export.name}: {reader.export.path} {_span(days)}: {reader.use}, from {columns} ({reader.window})")
    what = "these columns" if edit.values else "these rows"
    say(f"{edit.table.name}: {len(declared)} of {len(exports())} export types may change with {what}")
    say("which of them do: --exact with --warehouse and the dates of documents", style="bold")


def _span(days: tuple[date | None, date | None]) -> str:
    first, last = days
    if first is None and last is None:
        return "of every date"
    if first is not None and first == last:
        return f"of {first}"
    return " ".join([*([f"from {first}"] if first else []), *([f"to {last}"] if last else ["on"])])


def _tell_exact(options: ImpactOptions, edit: Edit, found: Impact, declared: Sequence[Reader]) -> None:
    changed = sorted({name for name, _ in found.cells})
    unchanged = [reader.export.name for reader in declared if reader.export.name not in changed]
    if options.json:
        say_json(_described(options, edit, found, unchanged))
        return
    comparison = found.comparison
    say_all(text_table(comparison))
    changes, more = listed(comparison, options.most)
    say_all([str(change) for change in changes])
    if more:
        say(f"and {more:,} more; --most lists more of them, --json all")
    say_all([f"withheld: {cell_text(cell)}: {why}" for cell, why in sorted(found.withheld.items())], style="red")
    say_all([f"failed: {failure.export or failure.key}: {failure.error}" for failure in found.failures], style="red")
    say_all([f"unreadable: {line}" for line in found.broken.values()], style="red")
    what = "would change" if edit.values else "would be gone"
    say(f"{found.matched:,} rows of {edit.table.name} that are read meet the condition; they {what}")
    if unchanged and found.matched:
        say(f"read the table and show the same: {', '.join(unchanged)}")
    say(summary(comparison), style="bold")


def _described(options: ImpactOptions, edit: Edit, found: Impact, unchanged: Sequence[str]) -> dict[str, Any]:
    return {
        "table": edit.table.name,
        "where": options.where,
        "set": options.set,
        "rows": found.matched,
        **found.comparison.as_json(),
        "export_types": sorted({name for name, _ in found.cells}),
        "unchanged_export_types": list(unchanged),
        "withheld": [
            {"export_type": name, "date": str(day), "reason": why}
            for (name, day), why in sorted(found.withheld.items())
        ],
        "failures": [{"export_type": one.export, "key": one.key, "error": one.error} for one in found.failures],
        "unreadable": dict(found.broken),
    }
