"""The documents of an export, built in memory and not published, and what differs between two such builds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from exporters.league.forecasts.readiness import ScanCounts, verdict
from pipeline.comparison.change import Comparison
from pipeline.comparison.compare import compare
from pipeline.execution.in_process import build_documents
from pipeline.provenance.altered import AlteredWarehouse, Edit, ReadOnce
from transforms.elements.document import Document
from transforms.elements.failure import Failure
from transforms.elements.guarding import Shown
from transforms.elements.plan import Plan
from transforms.publishing.pauses import pause_documents
from transforms.reading.scan import scan_all
from transforms.stores.protocol import StoredObject
from transforms.warehouses.protocol import Warehouse


@dataclass(frozen=True)
class BuiltDocuments:
    """What an export builds, whatever is published; compared as a store is.

    Attributes:
        plan: Its plan.
        scan_counts: The counts of its scans.
        documents: The documents by path.
        failures: Documents that could not be built.
    """

    plan: Plan
    scan_counts: ScanCounts
    documents: Mapping[str, Document]
    failures: tuple[Failure, ...] = ()

    def held(self) -> dict[tuple[str, date], str]:
        """Return why documents of an export type and date would not go out, of those that would not."""
        found = {
            (export.name, day): verdict(export, day, self.scan_counts, self.plan.config)
            for export in self.plan.exports
            for day in self.plan.document_dates(export)
        }
        return {place: made.reason or made.state.value for place, made in found.items() if not made.publishes}

    @property
    def concurrency(self) -> int:
        """One: everything is in memory."""
        return 1

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return a document; None when there is none."""
        made = self.documents.get(path)
        return None if made is None else (made.content, _stored(made))

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield the documents whose path starts with a prefix, in path order."""
        for path in sorted(self.documents):
            if path.startswith(prefix) and (recursive or "/" not in path.removeprefix(prefix)):
                yield _stored(self.documents[path])


def _stored(made: Document) -> StoredObject:
    metadata = {"game_date": made.date, "digest": made.digest}
    return StoredObject(made.path, 1, len(made.content), "application/json", made.cache_control, metadata)


def build_in_memory(plan: Plan, warehouse: Warehouse) -> BuiltDocuments:
    """Read the tables of a plan and build its documents, and publish nothing."""
    batches, scan_counts = scan_all(plan, warehouse)
    documents: dict[str, Document] = {}
    failures: list[Failure] = []
    # As where nothing is published: what a pause leaves of picks depends on those that readers were shown.
    nothing = BuiltDocuments(plan, scan_counts, {})
    for made in build_documents(plan, batches, scan_counts):
        day = plan.reporting_date(made.day)
        paused = pause_documents(plan, nothing, scan_counts, day, Shown(), made.documents)
        for document in paused.documents:
            # Of a path without a date the newest one comes first.
            documents.setdefault(document.path, document)
        failures.extend(made.failures)
    return BuiltDocuments(plan, scan_counts, documents, tuple(failures))


@dataclass(frozen=True)
class Impact:
    """What an edit of a table changes.

    Attributes:
        comparison: What differs in the documents.
        matched: Rows of the table that were read and meet the condition.
        withheld: Why documents of an export type and date would be withheld after the edit, and would not before. Those
            that are published would stay, so they count as unchanged.
        failures: Failures that only the edit brings.
        broken: Tables that could not be read, with the reason.
    """

    comparison: Comparison
    matched: int
    withheld: Mapping[tuple[str, date], str] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()
    broken: Mapping[str, str] = field(default_factory=dict)

    @property
    def cells(self) -> frozenset[tuple[str, date | None]]:
        """The export types and dates whose documents change, or would be withheld."""
        changed = {(change.export, change.day) for change in self.comparison.changes}
        return frozenset(changed | set(self.withheld))


def exact_impact(plan: Plan, warehouse: Warehouse, edit: Edit, before: BuiltDocuments | None = None) -> Impact:
    """Return what an edit of a table changes, by two builds of a plan: without it, and with it.

    Both read the same rows: the tables are read once.

    Args:
        plan: The plan.
        warehouse: The warehouse.
        edit: The edit.
        before: The build without it, where it was made already, of the same plan and rows.
    """
    once = ReadOnce(warehouse)
    before = before or build_in_memory(plan, once)
    altered = AlteredWarehouse(once, edit)
    after = build_in_memory(plan, altered)
    held_before, held_after = before.held(), after.held()
    withheld = {place: reason for place, reason in held_after.items() if place not in held_before}
    stay = {
        path: made
        for path, made in before.documents.items()
        if (made.export, date.fromisoformat(made.date)) in withheld
    }
    known = set(before.failures)
    return Impact(
        compare(before, replace(after, documents={**after.documents, **stay}), config=plan.config),
        max(altered.matched.values(), default=0),
        withheld,
        tuple(failure for failure in after.failures if failure not in known),
        before.scan_counts.broken,
    )
