"""Documents that say that picks are paused: what they show depends on what readers were shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Protocol

import orjson

from exporters.declaration import Export, Json
from exporters.league.forecasts.readiness import ScanCounts, State, verdict
from transforms.elements.document import Document, with_value
from transforms.elements.guarding import Shown
from transforms.elements.plan import Plan
from transforms.stages.player_stage import DocumentBatch


class Documents(Protocol):
    """Where published documents are read."""

    def read(self, path: str) -> tuple[bytes, Any] | None:
        """Return the content of a document, and what is known of it; None when there is none."""


def pause_documents(
    plan: Plan, store: Documents, scan_counts: ScanCounts, day: date, shown: Shown, batch: DocumentBatch
) -> DocumentBatch:
    """Return documents of a date, those whose picks are paused without any pick that readers were not shown.

    Where nothing is shown, such a document goes out without picks, so that front ends have a state to show. Picks that
    are shown stay: with the envelope and their outcomes, or just as they are published when a gate withholds the type.

    Args:
        plan: The plan.
        store: Where the published documents are; it is asked only about documents whose picks are paused.
        scan_counts: What the scan saw.
        day: The date.
        shown: What is published for it.
        batch: Documents of the date.

    Raises:
        StoreError: The store does not tell.
    """
    if shown.busy or not any(made.halted for made in batch.documents):
        return batch
    by_name = {export.name: export for export in plan.exports}
    documents = [
        _paused(by_name[made.export], made, plan, store, scan_counts, day)
        if made.halted and made.export not in shown.newer
        else made
        for made in batch.documents
    ]
    return replace(batch, documents=documents)


def _paused(
    export: Export, made: Document, plan: Plan, store: Documents, scan_counts: ScanCounts, day: date
) -> Document:
    if export.pause is None:
        return made
    generated_at = plan.run.generated_at
    # Without games the guard judges what is emptied, as on any date whose games were called off.
    published = _picks_shown(export, store, made.path) if scan_counts.on(day).games else None
    if published is not None and verdict(export, day, scan_counts, plan.config).state is State.WITHHELD:
        return with_value(made, export, {**published, "generated_at": generated_at}, generated_at)
    return with_value(made, export, export.pause(orjson.loads(made.content), published), generated_at)


def _picks_shown(export: Export, store: Documents, path: str) -> Json | None:
    """Return a published document that shows picks; None without one."""
    found = store.read(path)
    if found is None:
        return None
    try:
        published: Json = orjson.loads(found[0])
        return None if export.is_empty(published) or not any(_picks(export, published)) else published
    except (ValueError, LookupError, TypeError):
        # Another version of the code wrote it, in another shape.
        return None


def _picks(export: Export, published: Json) -> frozenset[str]:
    """Return the players whom a document picks; models and subsets are listed without picks, too."""
    return frozenset().union(*export.members_of(published).values())
