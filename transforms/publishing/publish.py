"""Publishing in the graph: documents in parallel, then per date the pointers, then the manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from exporters.declaration import Export
from exporters.league.forecasts.readiness import ScanCounts
from transforms.clients.concurrency import run_concurrently
from transforms.elements.failure import Failure, SkippedRows
from transforms.elements.guarding import DateVerdict
from transforms.elements.manifest import HELD
from transforms.elements.plan import Plan
from transforms.elements.publication import Outcome, PointerOutcome, Publication
from transforms.publishing.failure_log import write_failure_log
from transforms.publishing.lease import release
from transforms.publishing.manifest import write_manifest
from transforms.publishing.pointers import PointerMover
from transforms.stores.protocol import Store


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
