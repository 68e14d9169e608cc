"""What a run publishes of itself once its dates are: ``status.json`` and the status page. Old history ends then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timezone

from transforms.elements.plan import Plan
from transforms.history.versions import sweep_history
from transforms.publishing.services import Moment
from transforms.publishing.status import STATUS_PATH, DateStatus, league_day_of, read_moment, write_status
from transforms.status_page.publish import write_page
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

LOG = logging.getLogger(__name__)


def publish_run_status(store: Store, plan: Plan, told: Sequence[DateStatus], warehouse: Warehouse) -> list[str]:
    """Publish what a run says of its dates, and return what went wrong: nothing of it makes a document less true.

    Args:
        store: Where it is published.
        plan: The plan of the run.
        told: What the run says.
        warehouse: Holds the games around the league day, which the status depends on.
    """
    now = datetime.now(timezone.utc)

    def moment() -> Moment:
        return read_moment(warehouse, league_day_of(plan), now, plan.league.calendar)

    acts: tuple[tuple[str, Callable[[], str]], ...] = (
        (STATUS_PATH, lambda: write_status(store, told, moment())),
        ("status/", lambda: write_page(store, [day["page"] for day in told], now)),
        ("history/", lambda: sweep_history(store, plan)),
    )
    found = []
    for name, act in acts:
        try:
            found.append(act())
        except Exception as error:
            # The documents are published: what is said of them must not turn that into a failure.
            LOG.exception("%s", name)
            found.append(f"{name} was not written: {type(error).__name__}: {error}")
    return [wrong for wrong in found if wrong]
