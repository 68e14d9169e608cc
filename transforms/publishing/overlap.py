"""Two runs of one date at the same time: whichever writes its manifest last says what is really there.

A document that both wrote is that of whoever wrote it last. The requests of a streaming job never overlap, but a batch
job may run beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from transforms.clients.concurrency import run_concurrently
from transforms.elements.plan import Run
from transforms.elements.publication import Outcome, Publication
from transforms.stores.protocol import Store

_RESOLUTION = timedelta(seconds=1)
"""Manifests give the second in which a run was finished."""


def as_stored(store: Store, run: Run, publication: Publication, previous: Mapping[str, Any] | None) -> Publication:
    """Return a publication with the digests of the objects, where another run wrote the same documents meanwhile.

    Args:
        store: Where both published.
        run: The run that is about to write its manifest.
        publication: What it did.
        previous: The manifest that is there; None when there is none.
    """
    if previous is None or not _overlaps(run, previous["run"]):
        return publication
    theirs = {path: digest for section in previous["exports"].values() for path, digest in section["documents"].items()}

    def seen(made: Outcome) -> Outcome:
        if made.action not in ("written", "unchanged") or theirs.get(made.path, made.digest) == made.digest:
            return made
        shown = store.stat(made.path)
        return made if shown is None else replace(made, digest=shown.metadata.get("digest", made.digest))

    outcomes = run_concurrently(seen, publication.outcomes, store.concurrency)
    return replace(publication, outcomes=outcomes)


def _overlaps(run: Run, other: Mapping[str, Any]) -> bool:
    """Whether another run was finished after this one began."""
    if not run.started_at or other["run_id"] == run.run_id:
        return False
    finished = datetime.fromisoformat(other["finished_at"]) + _RESOLUTION
    return finished > datetime.fromisoformat(run.started_at)
