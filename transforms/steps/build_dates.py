"""The date and season stages in the graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam import pvalue

from exporters.league.forecasts.readiness import ScanCounts
from transforms.elements.failure import Failure
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.stages.date_stages import (
    DateBatch,
    FrozenRows,
    SeasonRows,
    build_season,
    build_slate,
    rows_by_as_of_date,
)
from transforms.stages.player_stage import CardBatch, DocumentBatch
from transforms.steps.build_players import DOCUMENTS, FAILURES
from transforms.steps.by_date import GatherByDate

SEASON_ROWS = "season_rows"
FROZEN = "frozen"
CARDS, TABLES, ROWS, DATES = "cards", "tables", "rows", "dates"


class DateStage(NamedTuple):
    """The outputs of a date or season stage, keyed by ISO date; only slates yield season rows and frozen rows."""

    documents: beam.PCollection[tuple[str, DocumentBatch]]
    season_rows: beam.PCollection[tuple[str, SeasonRows]]
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
        dates = cards.pipeline | "ListDates" >> beam.Create([(day.isoformat(), True) for day in days], reshuffle=False)
        built = (
            {CARDS: cards, TABLES: self.tables, DATES: dates}
            | "GroupByDate" >> GatherByDate()
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
    rows: beam.PCollection[tuple[str, SeasonRows]]

    def expand(self, cards: beam.PCollection[tuple[str, CardBatch]]) -> DateStage:
        """Wire the stage."""
        days = sorted({day for export in self.plan.exports for day in self.plan.season_dates(export)})
        dates = cards.pipeline | "ListDates" >> beam.Create([(day.isoformat(), True) for day in days], reshuffle=False)
        built = (
            {CARDS: cards, TABLES: self.tables, ROWS: self.rows, DATES: dates}
            | "GroupByAsOfDate" >> GatherByDate()
            | "BuildSeasons" >> _outputs_of(beam.ParDo(BuildSeasons(self.plan), pvalue.AsSingleton(self.scan_counts)))
        )
        return DateStage(built[DOCUMENTS], built[SEASON_ROWS], built[FAILURES], built[FROZEN])


def _outputs_of(build: beam.ParDo) -> beam.PTransform:
    return build.with_output_types(
        Any,
        documents=tuple[str, DocumentBatch],
        season_rows=tuple[str, SeasonRows],
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
            yield pvalue.TaggedOutput(SEASON_ROWS, (as_of.isoformat(), SeasonRows(key, rows)))
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
        slates = {date.fromisoformat(told.day): told.rows for told in inputs[ROWS]}
        day = date.fromisoformat(key)
        yield from _outputs(self.plan, build_season(self.plan, scan_counts, day, inputs[CARDS], inputs[TABLES], slates))


def _outputs(plan: Plan, made: DateBatch) -> Iterable[pvalue.TaggedOutput]:
    reported = plan.reporting_date(made.day).isoformat()
    if made.documents.milliseconds:
        yield pvalue.TaggedOutput(DOCUMENTS, (reported, made.documents))
    for failure in made.failures:
        yield pvalue.TaggedOutput(FAILURES, (reported, failure))
