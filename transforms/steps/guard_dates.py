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
from transforms.elements.guarding import DateVerdict, Tally
from transforms.elements.opened_date import OpenedDate
from transforms.elements.plan import Plan
from transforms.publishing.guard import WITHHELD, judge_date, open_date, triage, withheld_outcome
from transforms.publishing.pauses import pause_documents
from transforms.publishing.publish import OutcomeBatch
from transforms.stages.player_stage import DocumentBatch
from transforms.steps.by_date import ByDate, GatherByDate, value_at
from transforms.steps.lease_keeping import LeaseKeeping
from transforms.steps.publish_run import Guarded
from transforms.stores.protocol import Store

RELEASED, HELD, TALLIES, OPENED = "released", "held", "tallies", "opened"
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
        opened = (
            players.pipeline
            | "ListOpenDates" >> beam.Create(days, reshuffle=False)
            | "SpreadDates" >> beam.Reshuffle()
            # After the scan, so that dates are held no longer than it takes to build and write their documents.
            | "OpenDates"
            >> beam.ParDo(OpenDates(self.plan, self.store), scan_counts).with_output_types(tuple[str, OpenedDate])
        )
        shown = pvalue.AsMultiMap(opened)
        triaged = [
            found
            | label
            >> beam.ParDo(TriageDocuments(self.plan, self.store), scan_counts, shown)
            .with_output_types(tuple[str, DocumentBatch], held=tuple[str, DocumentBatch], tallies=tuple[str, Tally])
            .with_outputs(HELD, TALLIES, main=RELEASED)
            for label, found in (("TriagePlayers", players), ("TriageDates", slates), ("TriageSeasons", seasons))
        ]
        verdicts = (
            {TALLIES: tuple(found[TALLIES] for found in triaged), OPENED: opened}
            | "GatherTallies" >> GatherByDate()
            | "JudgeDates"
            >> beam.ParDo(JudgeDates(self.plan, self.store), scan_counts).with_output_types(tuple[str, DateVerdict])
        )
        settled = (
            [found[HELD] for found in triaged]
            | "FlattenHeld" >> beam.Flatten()
            | "SettleHeld"
            >> beam.ParDo(SettleHeld(), pvalue.AsMultiMap(verdicts))
            .with_output_types(tuple[str, DocumentBatch], withheld=tuple[str, OutcomeBatch])
            .with_outputs(WITHHELD, main=PASSED)
        )
        first, second, third = (found[RELEASED] for found in triaged)
        return Guarded(first, second, third, settled[PASSED], settled[WITHHELD], verdicts, opened)


@dataclass
class OpenDates(LeaseKeeping):
    """Wraps :func:`open_date` for one date."""

    def process(self, day: str, _scanned: ScanCounts) -> Iterable[tuple[str, OpenedDate]]:
        """Yield what is published for a date."""
        yield day, open_date(self.plan, self.store, date.fromisoformat(day))
        report_throttling()


@dataclass
class TriageDocuments(LeaseKeeping):
    """Wraps :func:`triage` for one batch."""

    def process(
        self, batch: tuple[str, DocumentBatch], scan_counts: ScanCounts, opened: ByDate[OpenedDate]
    ) -> Iterable[Any]:
        """Yield what may go out; and, on outputs of their own, what waits and what is counted of it."""
        day, documents = batch
        found = value_at(opened, day).shown
        on = date.fromisoformat(day)
        documents = pause_documents(self.plan, self.store, scan_counts, on, found, documents)
        released, held, tally = triage(self.plan, scan_counts, on, found, documents)
        report_throttling()
        if released.documents or released.milliseconds:
            yield day, released
        if held.documents:
            yield pvalue.TaggedOutput(HELD, (day, held))
        if tally is not None:
            yield pvalue.TaggedOutput(TALLIES, (day, tally))


@dataclass
class JudgeDates(LeaseKeeping):
    """Wraps :func:`judge_date` for one date."""

    def setup(self) -> None:
        """Prepare the metrics."""
        super().setup()
        self._withheld = Metrics.counter("guard", "dates_withheld")
        self._degraded = Metrics.counter("guard", "dates_degraded")

    def process(
        self,
        gathered: tuple[str, Mapping[str, Iterable[Any]]],
        scan_counts: ScanCounts,
    ) -> Iterable[tuple[str, DateVerdict]]:
        """Yield the verdict of a date."""
        key, inputs = gathered
        (opened,) = inputs[OPENED]
        day, found = date.fromisoformat(key), opened.shown
        judged = judge_date(self.plan, self.store, scan_counts, day, found, inputs[TALLIES])
        self._withheld.inc(judged.withheld is not None)
        self._degraded.inc(bool(judged.degraded))
        report_throttling()
        yield key, judged


@dataclass
class SettleHeld(beam.DoFn):
    """Let the documents of each date pass, or turn them into outcomes that say why they are withheld."""

    def process(self, batch: tuple[str, DocumentBatch], verdicts: ByDate[DateVerdict]) -> Iterable[Any]:
        """Yield a batch that may go out; outcomes of the others on an output of their own."""
        day, documents = batch
        reason = value_at(verdicts, day).withheld
        if reason is None:
            yield day, documents
        else:
            outcomes = [withheld_outcome(made, reason) for made in documents.documents]
            yield pvalue.TaggedOutput(WITHHELD, (day, OutcomeBatch(outcomes, {}, {})))
