"""The stages after the players: slates by game date, seasons by as-of date."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exporters.declaration import Export, Grain
from exporters.league.forecasts.readiness import ScanCounts, State, verdict
from exporters.league.nights.halts import halted
from exporters.league.nights.slate import Season, Slate
from transforms.elements.document import make_document
from transforms.elements.failure import Failure, failure_from
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.reading.decoding import decode_all
from transforms.stages.player_stage import CardBatch, DocumentBatch, skipped_rows


@dataclass(frozen=True)
class FrozenRows:
    """Rows that a run writes back to the warehouse.

    Attributes:
        export: The export type that made them.
        tables: Table names and their rows, in the order of writing; the last table makes the others valid.
    """

    export: str
    tables: tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...]


@dataclass(frozen=True)
class SeasonRows:
    """What the season documents as of a date need of the slate of another.

    Attributes:
        day: The date of the slate, ISO.
        rows: Export name to its row.
    """

    day: str
    rows: dict[str, Any]


@dataclass
class DateBatch:
    """Everything that a stage makes for one date.

    Attributes:
        day: The date.
        documents: Its documents.
        rows: Export name to the row that the season document of that export needs.
        frozen: Rows to write back to the warehouse.
        failures: Documents that could not be built.
    """

    day: date
    documents: DocumentBatch = field(default_factory=DocumentBatch)
    rows: dict[str, Any] = field(default_factory=dict)
    frozen: list[FrozenRows] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def _merge_cards(batches: Iterable[CardBatch]) -> dict[str, list[Any]]:
    """Return the cards of all shards, each export's in player order."""
    merged: dict[str, list[tuple[str, Any]]] = {}
    for batch in batches:
        for export, cards in batch.cards.items():
            merged.setdefault(export, []).extend(cards)
    return {export: [card for _, card in sorted(cards, key=_player)] for export, cards in merged.items()}


def _player(card: tuple[str, Any]) -> str:
    return card[0]


def _league_rows(made: DateBatch, batches: Iterable[TableBatch]) -> dict[str, list[Any]]:
    rows, defects = decode_all(batches)
    made.failures.extend(map(skipped_rows, defects))
    return rows


def build_slate(
    plan: Plan, scan_counts: ScanCounts, day: date, cards: Iterable[CardBatch], batches: Iterable[TableBatch]
) -> DateBatch:
    """Build the date documents of one date, and the rows that season documents need of it.

    Args:
        plan: The plan.
        scan_counts: The counts of the whole scan.
        day: The game date.
        cards: The cards that the shards made for it.
        batches: League-wide rows in the date's window.
    """
    made = DateBatch(day)
    slate = Slate(
        day, plan.run.generated_at, plan.config, scan_counts, _merge_cards(cards), _league_rows(made, batches)
    )
    for export in plan.exports_on(Grain.SLATE, day):
        if export.grain is Grain.SEASON:
            _make(made, plan, scan_counts, export, slate, as_row=True)
        else:
            _make(made, plan, scan_counts, export, slate, as_row=False)
            _freeze(made, plan, scan_counts, export, slate)
    return made


def build_season(
    plan: Plan,
    scan_counts: ScanCounts,
    day: date,
    cards: Iterable[CardBatch],
    batches: Iterable[TableBatch],
    slates: Mapping[date, Mapping[str, Any]],
) -> DateBatch:
    """Build the season documents as of one date.

    Args:
        plan: The plan.
        scan_counts: The counts of the whole scan.
        day: The as-of date.
        cards: The cards that the shards made for it.
        batches: League-wide rows in the date's window.
        slates: The season rows of the slates up to the date.
    """
    made = DateBatch(day)
    by_export: dict[str, dict[date, Any]] = {}
    for slate_day in sorted(slates):
        for export_name, row in slates[slate_day].items():
            by_export.setdefault(export_name, {})[slate_day] = row
    season = Season(
        day,
        plan.run.generated_at,
        plan.config,
        scan_counts,
        _merge_cards(cards),
        _league_rows(made, batches),
        by_export,
    )
    for export in plan.exports_on(Grain.SEASON, day):
        _make(made, plan, scan_counts, export, season, as_row=False)
    return made


def _make(
    made: DateBatch, plan: Plan, scan_counts: ScanCounts, export: Export, subject: Slate, *, as_row: bool
) -> None:
    function = export.make_row if as_row else export.build
    found = verdict(export, made.day, scan_counts, plan.config)
    if function is None or not found.builds:
        return
    started = time.perf_counter()
    try:
        value = function(subject)
        if value is not None and as_row:
            made.rows[export.name] = value
        elif value is not None:
            settled = scan_counts.on(made.day).settled
            if found.halt is not None:
                value = halted(value, found.halt, made.day)
            made.documents.documents.append(
                make_document(
                    export,
                    value,
                    made.day,
                    plan.run.generated_at,
                    settled=settled,
                    validate=plan.validate,
                    calendar=plan.config.calendar,
                )
            )
    except Exception as error:
        step = "BuildSeasons" if isinstance(subject, Season) else "BuildSlates"
        path = export.path_of(made.day, calendar=plan.config.calendar)
        made.failures.append(failure_from(step, export.name, path, error, f"date {made.day}"))
    made.documents.milliseconds[export.name] = 1000 * (time.perf_counter() - started)


def _freeze(made: DateBatch, plan: Plan, scan_counts: ScanCounts, export: Export, slate: Slate) -> None:
    """Add the rows that an export writes back for a slate, when the plan includes them."""
    if export.rows_to_write_back is None or not plan.config.write_subset_picks:
        return
    if verdict(export, made.day, scan_counts, plan.config).state is not State.READY:
        return
    try:
        tables = export.rows_to_write_back(slate, plan.run.run_id, plan.run.trigger_source)
        if tables is not None:
            named = tuple((table.name, tuple(map(tuple, rows))) for table, rows in tables)
            made.frozen.append(FrozenRows(export.name, named))
    except Exception as error:
        path = export.path_of(made.day, calendar=plan.config.calendar)
        made.failures.append(failure_from("BuildSlates", export.name, path, error))


def rows_by_as_of_date(plan: Plan, made: DateBatch) -> Iterable[tuple[date, dict[str, Any]]]:
    """Yield the season rows of a slate for every as-of date of its season that lies on or after it."""
    by_as_of: dict[date, dict[str, Any]] = {}
    for export in plan.exports:
        if export.name in made.rows:
            for as_of in plan.season_dates(export):
                if made.day in plan.season_so_far(as_of):
                    by_as_of.setdefault(as_of, {})[export.name] = made.rows[export.name]
    yield from by_as_of.items()
