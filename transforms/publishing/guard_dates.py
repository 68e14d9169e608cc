"""The guard of a run's dates, as a transform between the stages and publishing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.metrics import Metrics

from exporters.league.forecasts.readiness import ScanCounts
from transforms.clients.throttling import report_throttling
from transforms.elements.guarding import DateVerdict, Shown, Tally
from transforms.elements.plan import Plan
from transforms.publishing.guard import WITHHELD, judge_date, look, triage, withheld_outcome
from transforms.publishing.publish import Guarded, OutcomeBatch
from transforms.stages.player_stage import DocumentBatch
from transforms.stores.protocol import Store

RELEASED, HELD, TALLIES, DATES = "released", "held", "tallies", "dates"
PASSED = "passed"


@dataclass
class GuardDates(beam.PTransform):
    """Hold the documents of each target date against what is published.

    Input: (date, DocumentBatch) of the player, date and season stages. Output: :class:`Guarded`; there is one verdict
    per target date, once all of its documents are built.
    """

    plan: Plan
    store: Store
    scan_counts: beam.PCollection[ScanCounts]

    def expand(self, documents: tuple[beam.PCollection[tuple[str, DocumentBatch]], ...]) -> Guarded:
        """Wire the guard."""
        players, slates, seasons = documents
        days = [day.isoformat() for day in self.plan.dates]
        scan_counts = pvalue.AsSingleton(self.scan_counts)
        shown = pvalue.AsDict(
            players.pipeline
            | "ListShownDates" >> beam.Create(days)
            | "SpreadDates" >> beam.Reshuffle()
            | "LookAtPublished" >> beam.ParDo(LookAtPublished(self.plan, self.store))
        )
        triaged = [
            found
            | label
            >> beam.ParDo(TriageDocuments(self.plan), scan_counts, shown)
            .with_output_types(tuple[str, DocumentBatch], held=tuple[str, DocumentBatch], tallies=tuple[str, Tally])
            .with_outputs(HELD, TALLIES, main=RELEASED)
            for label, found in (("TriagePlayers", players), ("TriageDates", slates), ("TriageSeasons", seasons))
        ]
        tallies = [found[TALLIES] for found in triaged] | "FlattenTallies" >> beam.Flatten()
        dates = players.pipeline | "ListDates" >> beam.Create([(day, True) for day in days])
        verdicts = (
            {TALLIES: tallies, DATES: dates}
            | "GatherTallies" >> beam.CoGroupByKey()
            | "JudgeDates"
            >> beam.ParDo(JudgeDates(self.plan, self.store), scan_counts, shown).with_output_types(
                tuple[str, DateVerdict]
            )
        )
        settled = (
            [found[HELD] for found in triaged]
            | "FlattenHeld" >> beam.Flatten()
            | "SettleHeld"
            >> beam.ParDo(SettleHeld(), pvalue.AsDict(verdicts))
            .with_output_types(tuple[str, DocumentBatch], withheld=tuple[str, OutcomeBatch])
            .with_outputs(WITHHELD, main=PASSED)
        )
        first, second, third = (found[RELEASED] for found in triaged)
        return Guarded(first, second, third, settled[PASSED], settled[WITHHELD], verdicts)


@dataclass
class LookAtPublished(beam.DoFn):
    """Wraps :func:`look` for one date."""

    plan: Plan
    store: Store

    def process(self, day: str) -> Iterable[tuple[str, Shown]]:
        """Yield what is published for a date."""
        yield day, look(self.store, self.plan, date.fromisoformat(day))
        report_throttling()


@dataclass
class TriageDocuments(beam.DoFn):
    """Wraps :func:`triage` for one batch."""

    plan: Plan

    def process(
        self, batch: tuple[str, DocumentBatch], scan_counts: ScanCounts, shown: Mapping[str, Shown]
    ) -> Iterable[Any]:
        """Yield what may go out; and, on outputs of their own, what waits and what is counted of it."""
        day, documents = batch
        found = shown.get(day, Shown())
        released, held, tally = triage(self.plan, scan_counts, date.fromisoformat(day), found, documents)
        if released.documents or released.milliseconds:
            yield day, released
        if held.documents:
            yield pvalue.TaggedOutput(HELD, (day, held))
        if tally is not None:
            yield pvalue.TaggedOutput(TALLIES, (day, tally))


@dataclass
class JudgeDates(beam.DoFn):
    """Wraps :func:`judge_date` for one date."""

    plan: Plan
    store: Store

    def setup(self) -> None:
        """Prepare the metrics."""
        self._withheld = Metrics.counter("guard", "dates_withheld")
        self._degraded = Metrics.counter("guard", "dates_degraded")

    def process(
        self, gathered: tuple[str, Mapping[str, Iterable[Any]]], scan_counts: ScanCounts, shown: Mapping[str, Shown]
    ) -> Iterable[tuple[str, DateVerdict]]:
        """Yield the verdict of a date."""
        key, inputs = gathered
        if not inputs[DATES]:
            return
        day, found = date.fromisoformat(key), shown.get(key, Shown())
        judged = judge_date(self.plan, self.store, scan_counts, day, found, inputs[TALLIES])
        self._withheld.inc(judged.withheld is not None)
        self._degraded.inc(bool(judged.degraded))
        report_throttling()
        yield key, judged


@dataclass
class SettleHeld(beam.DoFn):
    """Let the documents of each date pass, or turn them into outcomes that say why they are withheld."""

    def process(self, batch: tuple[str, DocumentBatch], verdicts: Mapping[str, DateVerdict]) -> Iterable[Any]:
        """Yield a batch that may go out; outcomes of the others on an output of their own."""
        day, documents = batch
        reason = verdicts[day].withheld
        if reason is None:
            yield day, documents
        else:
            outcomes = [withheld_outcome(made, reason) for made in documents.documents]
            yield pvalue.TaggedOutput(WITHHELD, (day, OutcomeBatch(outcomes, {}, {})))
