"""What a run publishes of itself once its dates are: ``status.json`` and the status page. Old history ends then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timezone
from typing import NamedTuple

import orjson

from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.history.versions import sweep_history
from transforms.publishing import status
from transforms.publishing.services import Moment
from transforms.publishing.status import STATUS_PATH, DateStatus, league_day_of, read_moment, write_status
from transforms.status_page import calendar
from transforms.status_page.publish import write_page
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

LOG = logging.getLogger(__name__)


class EncodedStatus(NamedTuple):
    """What a run says of one date, as it travels to the process that publishes it.

    Attributes:
        day: The date, ISO 8601.
        types: Export types that the status shows of it.
        is_on_page: Whether the status page shows anything of it.
        content: A :data:`DateStatus`, as JSON.
    """

    day: str
    types: list[str]
    is_on_page: bool
    content: bytes


def encode_status(told: DateStatus) -> EncodedStatus:
    """Return what a run says of one date, ready to travel."""
    return EncodedStatus(told["date"], list(told["exports"]), bool(told["page"]["exports"]), orjson.dumps(told))


def relevant_dates(told: Iterable[EncodedStatus]) -> list[EncodedStatus]:
    """Return the dates of a run that can change what is published of it; the others change nothing.

    ``status.json`` lists the newest dates, and of each export type only what is told of its newest date. The page has
    the newest dates of which it shows anything. A date that is among none of these is cut when it is merged, whatever
    was published before. Some of them may be chosen first, and the choice made again among what is left of all.

    Args:
        told: Different dates of one run, in any order.
    """
    found = sorted(told, key=lambda each: each.day, reverse=True)
    kept = {each.day for each in found[: status.MOST_DATES]}
    kept.update(each.day for each in [each for each in found if each.is_on_page][: calendar.MOST_DATES])
    newest: dict[str, str] = {}
    for each in found:
        for name in each.types:
            newest.setdefault(name, each.day)
    kept.update(newest.values())
    return [each for each in found if each.day in kept]


def publish_run_status(
    store: Store,
    plan: Plan,
    told: Sequence[DateStatus],
    warehouse: Warehouse,
    games: Sequence[TableBatch] | None = None,
) -> list[str]:
    """Publish what a run says of its dates, and return what went wrong: nothing of it makes a document less true.

    Args:
        store: Where it is published.
        plan: The plan of the run.
        told: What the run says.
        warehouse: Holds the games around the league day, which the status depends on.
        games: Their rows, where the run has just read them.
    """
    now = datetime.now(timezone.utc)

    def moment() -> Moment:
        return read_moment(warehouse, league_day_of(plan), now, plan.league.calendar, games=games)

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
