"""Publishing: dated documents in parallel, then per date the pointers, then the manifest."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from exporters.league.readiness import Census
from transforms.document import Document
from transforms.failure import Failure
from transforms.manifest import Outcome, Publication, Published, load_published, open_date, write_manifest
from transforms.plan import Plan
from transforms.player_stage import DocumentBatch
from transforms.pointers import PointerMover, object_metadata
from transforms.progress import PROGRESS
from transforms.store import Store, StoreError

OUTCOMES, FAILURES, DATES = "outcomes", "failures", "dates"


@dataclass
class OutcomeBatch:
    """What became of a :class:`DocumentBatch`.

    Attributes:
        outcomes: Of its documents.
        build_ms: Time spent on building them, by export.
        publish_ms: Time spent on writing them, by export.
    """

    outcomes: list[Outcome]
    build_ms: dict[str, float]
    publish_ms: dict[str, float]


@dataclass
class DocumentPublisher:
    """Writes documents of one run that differ from what is published."""

    store: Store
    plan: Plan

    def publish(self, document: Document, published: Published) -> Outcome:
        """Write a document unless it is published already, and return what became of it; never raises StoreError."""
        action, error = "written", ""
        before = published.digests.get(document.path)
        if before == document.digest and not self.plan.rewrite:
            action = "unchanged"
        else:
            try:
                if before is not None:
                    open_date(self.store, document.date, self.plan.run.run_id)
                self.store.write(
                    document.path,
                    document.content,
                    cache_control=document.cache_control,
                    metadata=object_metadata(day=document.date, digest=document.digest, empty=document.empty),
                )
            except StoreError as failed:
                action, error = "failed", f"{type(failed).__name__}: {failed}"
        return Outcome(
            path=document.path,
            export=document.export,
            key=document.key,
            action=action,
            size=len(document.content),
            digest=document.digest,
            cache_control=document.cache_control,
            empty=document.empty,
            counts=document.counts,
            error=error,
        )


@dataclass
class PublishRun(beam.PTransform):
    """Publish a run: documents, then pointers, then each date's manifest.

    Input: (date, DocumentBatch) of the player, date and season stages. Output: (date, manifest), one per target date,
    once all of it is in the store. The stages are published apart, so that each writes while it builds.
    """

    plan: Plan
    store: Store
    census: beam.PCollection[Census]
    failures: beam.PCollection[tuple[str, Failure]]

    def expand(
        self, documents: tuple[beam.PCollection[tuple[str, DocumentBatch]], ...]
    ) -> beam.PCollection[tuple[str, dict[str, Any]]]:
        """Wire the publishing protocol."""
        players, slates, seasons = documents
        days = [day.isoformat() for day in self.plan.dates]
        published = pvalue.AsDict(
            players.pipeline
            | "ListPublishedDates" >> beam.Create(days)
            | "SpreadDates" >> beam.Reshuffle()
            | "LoadPublished" >> beam.ParDo(LoadPublished(self.store))
        )
        outcomes = (
            players | "PublishPlayers" >> beam.ParDo(PublishDocuments(self.plan, self.store), published),
            slates | "PublishDates" >> beam.ParDo(PublishDocuments(self.plan, self.store), published),
            seasons | "PublishSeasons" >> beam.ParDo(PublishDocuments(self.plan, self.store), published),
        ) | "FlattenOutcomes" >> beam.Flatten()
        dates = players.pipeline | "ListDates" >> beam.Create([(day, True) for day in days])
        census = pvalue.AsSingleton(self.census)
        return (
            {OUTCOMES: outcomes, FAILURES: self.failures, DATES: dates}
            | "GatherOutcomes" >> beam.CoGroupByKey()
            | "MovePointers" >> beam.ParDo(MovePointers(self.plan, self.store), census)
            | "WriteManifest" >> beam.ParDo(WriteManifest(self.plan, self.store), census)
        )


@dataclass
class LoadPublished(beam.DoFn):
    """Turn a date into (date, :class:`Published`)."""

    store: Store

    def process(self, day: str) -> Iterable[tuple[str, Published]]:
        """Yield what is published for a date."""
        yield day, load_published(self.store, day)


@dataclass
class PublishDocuments(beam.DoFn):
    """Write documents, many at a time, and yield (date, :class:`OutcomeBatch`)."""

    plan: Plan
    store: Store

    def setup(self) -> None:
        """Make the thread pool and the metrics."""
        self._publisher = DocumentPublisher(self.store, self.plan)
        self._threads = ThreadPoolExecutor(self.store.concurrency) if self.store.concurrency > 1 else None
        self._counters = {
            action: Metrics.counter("publish", f"documents_{action}") for action in ("written", "unchanged", "failed")
        }
        self._bytes = Metrics.counter("publish", "bytes")
        self._milliseconds = Metrics.distribution("publish", "document_milliseconds")

    def teardown(self) -> None:
        """End the threads."""
        if self._threads is not None:
            self._threads.shutdown()

    def start_bundle(self) -> None:
        """Start with nothing in flight."""
        self._pending: list[tuple[str, DocumentBatch, list[Future[tuple[Outcome, float]]]]] = []

    def process(
        self, batch: tuple[str, DocumentBatch], published: Mapping[str, Published]
    ) -> Iterable[tuple[str, OutcomeBatch]]:
        """Write a batch, or leave it in flight until enough others have come."""
        day, documents = batch
        before = published.get(day, Published())
        if self._threads is None:
            yield self._outcomes(day, documents, [self._timed(made, before) for made in documents.documents])
            return
        futures = [self._threads.submit(self._timed, made, before) for made in documents.documents]
        self._pending.append((day, documents, futures))
        while sum(len(found) for _, _, found in self._pending) > 8 * self.store.concurrency:
            yield self._finish(*self._pending.pop(0))

    def finish_bundle(self) -> Iterable[WindowedValue]:
        """Wait for all that is in flight."""
        for pending in self._pending:
            yield WindowedValue(self._finish(*pending), GlobalWindow().max_timestamp(), (GlobalWindow(),))
        self._pending = []

    def _timed(self, document: Document, before: Published) -> tuple[Outcome, float]:
        started = time.perf_counter()
        return self._publisher.publish(document, before), 1000 * (time.perf_counter() - started)

    def _finish(
        self, day: str, documents: DocumentBatch, futures: list[Future[tuple[Outcome, float]]]
    ) -> tuple[str, OutcomeBatch]:
        return self._outcomes(day, documents, [future.result() for future in futures])

    def _outcomes(
        self, day: str, documents: DocumentBatch, timed: list[tuple[Outcome, float]]
    ) -> tuple[str, OutcomeBatch]:
        spent: dict[str, float] = {}
        for made, milliseconds in timed:
            spent[made.export] = spent.get(made.export, 0.0) + milliseconds
            self._counters[made.action].inc()
            self._milliseconds.update(int(milliseconds))
            if made.action == "written":
                self._bytes.inc(made.size)
        PROGRESS.documents += len(timed)
        return day, OutcomeBatch([made for made, _ in timed], documents.milliseconds, spent)


def gather(day: str, batches: Iterable[OutcomeBatch], failures: Iterable[Failure]) -> Publication:
    """Bring together everything that happened to a date."""
    publication = Publication(date.fromisoformat(day), failures=sorted(failures, key=_failure_order))
    for batch in batches:
        publication.outcomes.extend(batch.outcomes)
        for total, spent in ((publication.build_ms, batch.build_ms), (publication.publish_ms, batch.publish_ms)):
            for export, milliseconds in spent.items():
                total[export] = total.get(export, 0.0) + milliseconds
    publication.outcomes.sort(key=_outcome_order)
    return publication


def _failure_order(failure: Failure) -> tuple[str, str, str]:
    return (failure.export, failure.key, failure.error)


def _outcome_order(made: Outcome) -> str:
    return made.path


def move_pointers(plan: Plan, store: Store, census: Census, publication: Publication) -> Publication:
    """Move the pointers of a date whose documents are all in the store, and return its publication."""
    mover = PointerMover(store, plan, census)
    for export in plan.exports:
        if export.pointers and publication.day in plan.document_dates(export):
            made = [outcome for outcome in publication.outcomes if outcome.export == export.name]
            publication.pointers.extend(mover.move(export, publication.day, made))
    return publication


@dataclass
class MovePointers(beam.DoFn):
    """Wraps :func:`move_pointers` for one gathered date."""

    plan: Plan
    store: Store

    def process(self, gathered: tuple[str, Mapping[str, Iterable[Any]]], census: Census) -> Iterable[Publication]:
        """Yield the publication of a date, its pointers moved."""
        day, inputs = gathered
        if inputs[DATES]:
            yield move_pointers(self.plan, self.store, census, gather(day, inputs[OUTCOMES], inputs[FAILURES]))


@dataclass
class WriteManifest(beam.DoFn):
    """Write the manifest of a publication and yield (date, manifest)."""

    plan: Plan
    store: Store

    def process(self, publication: Publication, census: Census) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield the manifest of a date."""
        manifest = write_manifest(self.store, self.plan, census, publication)
        PROGRESS.dates += 1
        yield publication.day.isoformat(), manifest
