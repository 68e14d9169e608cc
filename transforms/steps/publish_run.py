"""Publishing in the graph: documents in parallel, then per date the pointers, then the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from exporters.league.forecasts.readiness import ScanCounts
from transforms.clients.throttling import report_throttling
from transforms.elements.failure import Failure
from transforms.elements.guarding import DateVerdict
from transforms.elements.opened_date import OpenedDate
from transforms.elements.plan import Plan
from transforms.elements.progress import PROGRESS
from transforms.elements.publication import Publication
from transforms.publishing.documents import DocumentPublisher
from transforms.publishing.publish import ConcurrentPublisher, OutcomeBatch, Timed, finish_date, gather, move_pointers
from transforms.stages.player_stage import DocumentBatch
from transforms.steps.by_date import ByDate, GatherByDate, value_at
from transforms.steps.lease_keeping import LeaseKeeping
from transforms.stores.protocol import Store

OUTCOMES, FAILURES, VERDICTS = "outcomes", "failures", "verdicts"


class Guarded(NamedTuple):
    """Documents on their way to publication, each keyed by ISO date, and the verdict on every target date.

    ``opened`` tells what is published for each of them. What came from ``players``, ``slates`` and ``seasons`` goes out
    while it is built. What has ``passed`` waited for the verdict on its date; of what is ``withheld`` only the outcomes
    are left.
    """

    players: beam.PCollection[tuple[str, DocumentBatch]]
    slates: beam.PCollection[tuple[str, DocumentBatch]]
    seasons: beam.PCollection[tuple[str, DocumentBatch]]
    passed: beam.PCollection[tuple[str, DocumentBatch]]
    withheld: beam.PCollection[tuple[str, OutcomeBatch]]
    verdicts: beam.PCollection[tuple[str, DateVerdict]]
    opened: beam.PCollection[tuple[str, OpenedDate]]


@dataclass
class PublishRun(beam.PTransform):
    """Publish a run: documents, then pointers, then each date's manifest.

    Input: :class:`Guarded`. Output: (date, manifest), one per target date, once all of it is in the store. The stages
    are published apart, so that each writes while it builds.
    """

    plan: Plan
    store: Store
    scan_counts: beam.PCollection[ScanCounts]
    failures: beam.PCollection[tuple[str, Failure]]

    def expand(self, documents: Guarded) -> beam.PCollection[tuple[str, dict[str, Any]]]:
        """Wire the publishing protocol."""
        players, slates, seasons, passed, withheld, verdicts, opened = documents
        published = pvalue.AsMultiMap(opened)
        outcomes = (
            players | "PublishPlayers" >> self._publish(published),
            slates | "PublishDates" >> self._publish(published),
            seasons | "PublishSeasons" >> self._publish(published),
            passed | "PublishPassed" >> self._publish(published),
            withheld,
        )
        scan_counts = pvalue.AsSingleton(self.scan_counts)
        return (
            {OUTCOMES: outcomes, FAILURES: self.failures, VERDICTS: verdicts}
            | "GatherOutcomes" >> GatherByDate()
            | "MovePointers" >> beam.ParDo(MovePointers(self.plan, self.store), scan_counts)
            | "WriteManifest" >> beam.ParDo(WriteManifest(self.plan, self.store), scan_counts)
        )

    def _publish(self, published: pvalue.AsMultiMap) -> beam.PTransform:
        publish = PublishDocuments(self.plan, self.store)
        return beam.ParDo(publish, published).with_output_types(tuple[str, OutcomeBatch])


@dataclass
class PublishDocuments(LeaseKeeping):
    """Write documents, many at a time, and yield (date, :class:`OutcomeBatch`)."""

    def setup(self) -> None:
        """Make the thread pool and the metrics."""
        super().setup()
        self._publisher = ConcurrentPublisher(DocumentPublisher(self.store, self.plan), report_throttling)
        self._counters = {
            action: Metrics.counter("publish", f"documents_{action}")
            for action in ("written", "unchanged", "kept", "failed")
        }
        self._bytes = Metrics.counter("publish", "bytes")
        self._milliseconds = Metrics.distribution("publish", "document_milliseconds")

    def teardown(self) -> None:
        """End the threads."""
        super().teardown()
        self._publisher.close()

    def start_bundle(self) -> None:
        """Start with nothing in flight."""
        super().start_bundle()
        self._publisher.forget()

    def process(
        self, batch: tuple[str, DocumentBatch], opened: ByDate[OpenedDate]
    ) -> Iterable[tuple[str, OutcomeBatch]]:
        """Write a batch, or leave it in flight until enough others have come."""
        day, documents = batch
        for written, outcomes, timed in self._publisher.start(day, documents, value_at(opened, day).published):
            self._count(timed)
            yield written, outcomes

    def finish_bundle(self) -> Iterable[WindowedValue]:
        """Wait for all that is in flight."""
        for day, outcomes, timed in self._publisher.finish():
            self._count(timed)
            yield WindowedValue((day, outcomes), GlobalWindow().max_timestamp(), (GlobalWindow(),))
        super().finish_bundle()

    def _count(self, timed: Iterable[Timed]) -> None:
        for made, milliseconds in timed:
            self._counters[made.action].inc()
            self._milliseconds.update(int(milliseconds))
            if made.action == "written":
                self._bytes.inc(made.size)
        report_throttling()


@dataclass
class MovePointers(LeaseKeeping):
    """Wraps :func:`move_pointers` for one gathered date."""

    def process(
        self, gathered: tuple[str, Mapping[str, Iterable[Any]]], scan_counts: ScanCounts
    ) -> Iterable[Publication]:
        """Yield the publication of a date, its pointers moved."""
        day, inputs = gathered
        (guard,) = inputs[VERDICTS]
        made = gather(day, inputs[OUTCOMES], inputs[FAILURES], guard)
        yield move_pointers(self.plan, self.store, scan_counts, made)
        report_throttling()


@dataclass
class WriteManifest(LeaseKeeping):
    """Wraps :func:`finish_date` for one publication."""

    def process(self, publication: Publication, scan_counts: ScanCounts) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the manifest of a date."""
        manifest = finish_date(self.plan, self.store, scan_counts, publication)
        report_throttling()
        PROGRESS.dates += 1
        yield publication.day.isoformat(), manifest
