"""Publishing in the graph: documents in parallel, then per date the pointers, then the manifest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from exporters.declaration import Export
from exporters.league.forecasts.readiness import ScanCounts
from transforms.clients.concurrency import run_concurrently
from transforms.elements.document import Document
from transforms.elements.failure import Failure, SkippedRows
from transforms.elements.guarding import DateVerdict
from transforms.elements.manifest import HELD
from transforms.elements.plan import Plan
from transforms.elements.progress import PROGRESS
from transforms.elements.publication import Outcome, PointerOutcome, Publication, Published
from transforms.publishing.documents import DocumentPublisher
from transforms.publishing.failure_log import write_failure_log
from transforms.publishing.lease import release
from transforms.publishing.manifest import write_manifest
from transforms.publishing.pointers import PointerMover
from transforms.stages.player_stage import DocumentBatch
from transforms.stores.protocol import Store

_AHEAD = 8
"""Documents per thread that wait to be written; more would only fill memory."""


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


class Timed(NamedTuple):
    """An outcome, and the milliseconds that it took."""

    outcome: Outcome
    milliseconds: float


class _Pending(NamedTuple):
    day: str
    documents: DocumentBatch
    futures: list[Future[Timed]]


class ConcurrentPublisher:
    """Publishes batches of documents with as many requests in flight as the store is worth, of several batches at once.

    A batch may hold a few documents only: one shard of one date, or the documents of the league. The next one is
    started before it is written, so that what writes does not wait for the last document of each.

    Args:
        publisher: Publishes a document.
        waiting: Called about once a second while the caller waits for documents.
    """

    def __init__(self, publisher: DocumentPublisher, waiting: Callable[[], None] = lambda: None) -> None:
        self._publisher = publisher
        self._waiting = waiting
        concurrency = publisher.store.concurrency
        self._threads = ThreadPoolExecutor(concurrency) if concurrency > 1 else None
        self._most = _AHEAD * concurrency
        self._pending: list[_Pending] = []

    def start(
        self, day: str, documents: DocumentBatch, before: Published
    ) -> list[tuple[str, OutcomeBatch, list[Timed]]]:
        """Start publishing a batch, and return what became of those that had to end first: too many were in flight.

        Args:
            day: Its date, ISO.
            documents: The batch.
            before: What is published of the date.
        """
        if self._threads is None:
            return [_finished(day, documents, [self._timed(made, before) for made in documents.documents])]
        futures = [self._threads.submit(self._timed, made, before) for made in documents.documents]
        self._pending.append(_Pending(day, documents, futures))
        finished = []
        while sum(len(batch.futures) for batch in self._pending) > self._most:
            finished.append(self._finish(self._pending.pop(0)))
        return finished

    def finish(self) -> Iterator[tuple[str, OutcomeBatch, list[Timed]]]:
        """Yield what became of every batch that is in flight, each once all of it is written."""
        while self._pending:
            yield self._finish(self._pending.pop(0))

    def forget(self) -> None:
        """Yield nothing any more of what is in flight: what has started it failed."""
        self._pending = []

    def close(self) -> None:
        """End the threads; documents whose writing has not begun are not written."""
        self.forget()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)

    def _finish(self, batch: _Pending) -> tuple[str, OutcomeBatch, list[Timed]]:
        while wait(batch.futures, timeout=1).not_done:
            self._waiting()
        return _finished(batch.day, batch.documents, [future.result() for future in batch.futures])

    def _timed(self, document: Document, before: Published) -> Timed:
        started = time.perf_counter()
        made = self._publisher.publish(document, before)
        return Timed(made, 1000 * (time.perf_counter() - started))


def _finished(day: str, documents: DocumentBatch, timed: list[Timed]) -> tuple[str, OutcomeBatch, list[Timed]]:
    spent: dict[str, float] = {}
    for made, milliseconds in timed:
        spent[made.export] = spent.get(made.export, 0.0) + milliseconds
    PROGRESS.documents += len(timed)
    return day, OutcomeBatch([made for made, _ in timed], documents.milliseconds, spent), timed


def gather(
    day: str, batches: Iterable[OutcomeBatch], failures: Iterable[Failure], guard: DateVerdict | None = None
) -> Publication:
    """Bring together everything that happened to a date; what several shards report alike counts once."""
    found = sorted(set(failures), key=_failure_order)
    publication = Publication(
        date.fromisoformat(day),
        failures=[failure for failure in found if not isinstance(failure, SkippedRows)],
        guard=guard or DateVerdict(),
        skipped=[failure for failure in found if isinstance(failure, SkippedRows)],
    )
    for batch in batches:
        publication.outcomes.extend(batch.outcomes)
        for total, spent in ((publication.build_ms, batch.build_ms), (publication.publish_ms, batch.publish_ms)):
            for export, milliseconds in spent.items():
                total[export] = total.get(export, 0.0) + milliseconds
    publication.outcomes.sort(key=_outcome_order)
    return publication


def _failure_order(failure: Failure) -> tuple[str, str, str, str]:
    return (failure.export, failure.key, failure.error, failure.step)


def _outcome_order(made: Outcome) -> str:
    return made.path


def move_pointers(plan: Plan, store: Store, scan_counts: ScanCounts, publication: Publication) -> Publication:
    """Move the pointers of a date whose documents are all in the store, and return its publication.

    Those of a date that is withheld stay, since its documents do.
    """
    if publication.guard.withheld is not None:
        return publication
    mover = PointerMover(store, plan, scan_counts)

    def move(export: Export) -> list[PointerOutcome]:
        made = [outcome for outcome in publication.outcomes if outcome.export == export.name]
        failed = {failure.key for failure in publication.failures if failure.export == export.name}
        return mover.move(export, publication.day, made, failed)

    due = [export for export in plan.exports if export.pointers and publication.day in plan.document_dates(export)]
    for moved in run_concurrently(move, due, store.concurrency):
        publication.pointers.extend(moved)
    return publication


def finish_date(plan: Plan, store: Store, scan_counts: ScanCounts, publication: Publication) -> dict[str, Any]:
    """Write what failed for a date, then its manifest, give its lease back, and return what the run did."""
    write_failure_log(store, plan.run, publication)
    record = write_manifest(store, plan, scan_counts, publication)
    release(store, plan.run, publication.day.isoformat(), repaired=_repaired(record))
    return record


def _repaired(record: Mapping[str, Any]) -> list[str]:
    """Return the export types of which nothing is left as it was before the run, but what its record names."""
    mine = record["run"]["execution_id"]
    return [
        name
        for name, section in record["exports"].items()
        if section["execution_id"] == mine and section["state"] not in HELD
    ]
