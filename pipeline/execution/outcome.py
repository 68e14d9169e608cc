"""The outcome of a run: the manifests that it wrote, read back from the store once its job is over."""

from __future__ import annotations

from datetime import datetime

from pipeline.reporting.report import Summary, summarize
from transforms.elements.plan import Plan
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import Store, StoreError


def read_outcome(plan: Plan, store: Store, output: str, *, since: datetime | None = None) -> Summary:
    """Return what a run published, from its manifests alone. The state that the engine reports is not used.

    Args:
        plan: The plan of the run.
        store: The store that it published to.
        output: The same, as the command line names it.
        since: No execution of this run can have started before; for a plan without the start of its run.

    Raises:
        StoreError: A manifest cannot be read.
    """
    manifests = {day.isoformat(): load_manifest(store, day)[0] for day in plan.dates}
    return summarize(plan, output, manifests, since=since)


def read_broken(plan: Plan, store: Store, output: str) -> Summary | None:
    """Return what a run that broke off has published; None where the store cannot be read."""
    try:
        return read_outcome(plan, store, output)
    except StoreError:
        return None
