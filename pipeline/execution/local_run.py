"""A run without Beam and without an engine: the dates are worked through in this process."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone

from pipeline.engines.errors import RunError, RunInterrupted
from pipeline.engines.reasons import reason_of
from pipeline.execution.in_process import run_date_by_date
from pipeline.execution.outcome import read_outcome
from pipeline.planning.planner import started
from pipeline.reporting.completion import Event, completed, publish_event
from pipeline.reporting.progress import Watch
from pipeline.reporting.report import Summary
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse


def run_locally(
    plan: Plan,
    warehouse: Warehouse,
    store: Store,
    *,
    output: str,
    completion_topic: str = "",
    publish: Callable[[str, Event], None] = publish_event,
) -> Summary:
    """Run a plan in this process, and return what it published.

    Args:
        plan: The plan.
        warehouse: Where tables are read.
        store: Where documents are written.
        output: The store, as the command line names it.
        completion_topic: Topic of the completion event; empty for none.
        publish: Publishes an event to a topic.

    Returns:
        The outcome, read back from the manifests.

    Raises:
        RunError: The run broke off.
        StoreError: The outcome cannot be read back.
    """
    plan = plan if plan.run.execution_id else started(plan)
    with Watch(plan, counts=True):
        try:
            # Only the event needs the manifests of all dates at once.
            records = {
                record["date"]: record for record in run_date_by_date(plan, warehouse, store) if completion_topic
            }
            if completion_topic:
                now = datetime.now(timezone.utc)
                publish(completion_topic, completed(plan, output, records, finished=now))
        except KeyboardInterrupt as error:
            raise RunInterrupted("it was interrupted") from error
        except Exception as error:
            raise RunError(reason_of(error)) from error
    return read_outcome(plan, store, output, engine="this process")
