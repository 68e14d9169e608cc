"""The outcome of a run: the records that it left of its dates, read back from the store once its job is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.reporting.report import Summary, summarize
from transforms.clients.concurrency import run_concurrently
from transforms.elements.plan import Plan
from transforms.publishing.manifest import load_manifest, load_record
from transforms.stores.protocol import Store, StoreError

_OF_DOCUMENTS = frozenset(("documents", "document_counts", "generations", "writers"))


def read_outcome(plan: Plan, store: Store, output: str, *, since: datetime | None = None, engine: str = "") -> Summary:
    """Return what a run published, from its manifests alone. The state that the engine reports is not used.

    Args:
        plan: The plan of the run.
        store: The store that it published to.
        output: The same, as the command line names it.
        since: No execution of this run can have started before; for a plan without the start of its run.
        engine: What ran it.

    Raises:
        StoreError: A manifest cannot be read.
    """
    days = [day.isoformat() for day in plan.dates]

    def record_of(day: str) -> Mapping[str, Any] | None:
        # What another run says of the date tells why there is no record.
        record = load_record(store, plan.run, day, since=since) or load_manifest(store, day).manifest
        return None if record is None else _without_documents(record)

    records = run_concurrently(record_of, days, store.concurrency)
    summary = summarize(plan, output, dict(zip(days, records, strict=True)), since=since)
    summary.engine = engine
    return summary


def read_broken(plan: Plan, store: Store, output: str) -> Summary | None:
    """Return what a run that broke off has published; None where the store cannot be read."""
    try:
        return read_outcome(plan, store, output)
    except StoreError:
        return None


def _without_documents(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record without what it tells of each document, which would fill memory with a season of many players."""
    exports = {
        name: {key: value for key, value in section.items() if key not in _OF_DOCUMENTS}
        for name, section in record["exports"].items()
    }
    return {**record, "exports": exports}
