"""The stages after the players: slates by game date, seasons by as-of date."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam import pvalue

from exporters.declaration import Export, Grain
from exporters.league.forecasts.readiness import ScanCounts, State, verdict
from exporters.league.nights.halts import halted
from exporters.league.nights.slate import Season, Slate
from transforms.elements.document import make_document
from transforms.elements.failure import Failure, failure_from
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.reading.decoding import decode_all
from transforms.stages.player_stage import DOCUMENTS, FAILURES, CardBatch, DocumentBatch, skipped_rows

SEASON_ROWS = "season_rows"
FROZEN = "frozen"
CARDS, TABLES, ROWS, DATES = "cards", "tables", "rows", "dates"


@dataclass(frozen=True)
class FrozenRows:
    """Rows that a run writes back to the warehouse.

    Attributes:
        export: The export type that made them.
        tables: Table names and their rows, in the order of writing; the last table makes the others valid.
    """

    export: str
    tables: tuple[tuple[str, tuple[tuple[Any, ...], ...]], ...]


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
                make_document(export, value, made.day, plan.run.generated_at, settled=settled, validate=plan.validate)
            )
    except Exception as error:
        step = "BuildSeasons" if isinstance(subject, Season) else "BuildSlates"
        made.failures.append(failure_from(step, export.name, export.path_of(made.day), error, f"date {made.day}"))
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
        made.failures.append(failure_from("BuildSlates", export.name, export.path_of(made.day), error))


class DateStage(NamedTuple):
    """The outputs of a date or season stage, keyed by ISO date; only slates yield season rows and frozen rows."""

    documents: beam.PCollection[tuple[str, DocumentBatch]]
    season_rows: beam.PCollection[tuple[str, tuple[str, dict[str, Any]]]]
    failures: beam.PCollection[tuple[str, Failure]]
    frozen: beam.PCollection[tuple[str, FrozenRows]]


@dataclass
class BuildDateStage(beam.PTransform):
    """Turn each date's cards and league-wide rows into date documents and season rows.

    Input: (date, CardBatch). Output: :class:`DateStage`. A builder that raises costs its document of that date.
    """

    plan: Plan
    scan_counts: beam.PCollection[ScanCounts]
    tables: beam.PCollection[tuple[str, TableBatch]]

    def expand(self, cards: beam.PCollection[tuple[str, CardBatch]]) -> DateStage:
        """Wire the stage."""
        days = sorted({day for export in self.plan.exports for day in self.plan.slate_dates(export)})
        dates = cards.pipeline | "ListDates" >> beam.Create([(day.isoformat(), True) for day in days])
        built = (
            {CARDS: cards, TABLES: self.tables, DATES: dates}
            | "GroupByDate" >> beam.CoGroupByKey()
            | "BuildSlates" >> _outputs_of(beam.ParDo(BuildSlates(self.plan), pvalue.AsSingleton(self.scan_counts)))
        )
        return DateStage(built[DOCUMENTS], built[SEASON_ROWS], built[FAILURES], built[FROZEN])


@dataclass
class BuildSeasonStage(beam.PTransform):
    """Turn the cards, league-wide rows and slate rows of each as-of date into season documents.

    Input: (date, CardBatch). Output: :class:`DateStage` without season rows.
    """

    plan: Plan
    scan_counts: beam.PCollection[ScanCounts]
    tables: beam.PCollection[tuple[str, TableBatch]]
    rows: beam.PCollection[tuple[str, tuple[str, dict[str, Any]]]]

    def expand(self, cards: beam.PCollection[tuple[str, CardBatch]]) -> DateStage:
        """Wire the stage."""
        days = sorted({day for export in self.plan.exports for day in self.plan.season_dates(export)})
        dates = cards.pipeline | "ListDates" >> beam.Create([(day.isoformat(), True) for day in days])
        built = (
            {CARDS: cards, TABLES: self.tables, ROWS: self.rows, DATES: dates}
            | "GroupByAsOfDate" >> beam.CoGroupByKey()
            | "BuildSeasons" >> _outputs_of(beam.ParDo(BuildSeasons(self.plan), pvalue.AsSingleton(self.scan_counts)))
        )
        return DateStage(built[DOCUMENTS], built[SEASON_ROWS], built[FAILURES], built[FROZEN])


def _outputs_of(build: beam.ParDo) -> beam.PTransform:
    return build.with_output_types(
        Any,
        documents=tuple[str, DocumentBatch],
        season_rows=tuple[str, tuple[str, dict[str, Any]]],
        failures=tuple[str, Failure],
        frozen=tuple[str, FrozenRows],
    ).with_outputs(DOCUMENTS, SEASON_ROWS, FAILURES, FROZEN)


Grouped = tuple[str, Mapping[str, Sequence[Any]]]


@dataclass
class BuildSlates(beam.DoFn):
    """Wraps :func:`build_slate` for one date."""

    plan: Plan

    def process(self, grouped: Grouped, scan_counts: ScanCounts) -> Iterable[pvalue.TaggedOutput]:
        """Yield the outputs of a date, its season rows once for every as-of date that reads them."""
        key, inputs = grouped
        if not inputs[DATES]:
            return
        made = build_slate(self.plan, scan_counts, date.fromisoformat(key), inputs[CARDS], inputs[TABLES])
        yield from _outputs(self.plan, made)
        for as_of, rows in rows_by_as_of_date(self.plan, made):
            yield pvalue.TaggedOutput(SEASON_ROWS, (as_of.isoformat(), (key, rows)))
        for frozen in made.frozen:
            yield pvalue.TaggedOutput(FROZEN, (key, frozen))


@dataclass
class BuildSeasons(beam.DoFn):
    """Wraps :func:`build_season` for one as-of date."""

    plan: Plan

    def process(self, grouped: Grouped, scan_counts: ScanCounts) -> Iterable[pvalue.TaggedOutput]:
        """Yield the outputs of an as-of date."""
        key, inputs = grouped
        if not inputs[DATES]:
            return
        slates = {date.fromisoformat(day): rows for day, rows in inputs[ROWS]}
        day = date.fromisoformat(key)
        yield from _outputs(self.plan, build_season(self.plan, scan_counts, day, inputs[CARDS], inputs[TABLES], slates))


def rows_by_as_of_date(plan: Plan, made: DateBatch) -> Iterable[tuple[date, dict[str, Any]]]:
    """Yield the season rows of a slate for every as-of date of its season that lies on or after it."""
    by_as_of: dict[date, dict[str, Any]] = {}
    for export in plan.exports:
        if export.name in made.rows:
            for as_of in plan.season_dates(export):
                if made.day in plan.season_so_far(as_of):
                    by_as_of.setdefault(as_of, {})[export.name] = made.rows[export.name]
    yield from by_as_of.items()


def _outputs(plan: Plan, made: DateBatch) -> Iterable[pvalue.TaggedOutput]:
    reported = plan.reporting_date(made.day).isoformat()
    if made.documents.milliseconds:
        yield pvalue.TaggedOutput(DOCUMENTS, (reported, made.documents))
    for failure in made.failures:
        yield pvalue.TaggedOutput(FAILURES, (reported, failure))
