"""The outcome of a run: the manifests that it wrote, read back from the store once its job is over."""

from __future__ import annotations

from datetime import datetime

from pipeline.reporting.report import Summary, summarize
from transforms.elements.plan import Plan
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import Store, StoreError


def read_outcome(plan: Plan, store: Store, output: str, *, since: datetime | None = None) -> Summary:
    """Return what a run published. What an engine says of its job counts for nothing here.

    Args:
        plan: The plan of the run.
        store: Where it published.
        output: The same, as the command line names it.
        since: No execution of this run can have started before; for a plan that does not know when its run started.

    Raises:
        StoreError: A manifest cannot be read.
    """
    manifests = {day.isoformat(): load_manifest(store, day)[0] for day in plan.dates}
    return summarize(plan, output, manifests, since=since)


def read_broken(plan: Plan, store: Store, output: str) -> Summary | None:
    """Return what a run that broke off has published; None where the store does not tell."""
    try:
        return read_outcome(plan, store, output)
    except StoreError:
        return None
