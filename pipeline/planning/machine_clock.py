"""The machine's clock, held against that of the store before anything is published.

What ``today`` means, and whether a pointer shows a date that is yet to come, follows from the time. A machine whose
clock is wrong must not move pointers.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.requests.clock import league_day
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store

WARN_APART = timedelta(minutes=2)
REFUSE_APART = timedelta(minutes=10)


def with_clock(plan: Plan, store: Store, now: datetime) -> Plan:
    """Return a plan that knows the league day by the clock of the store, and what is wrong with that of the machine.

    A store without a clock of its own takes that of the machine.

    Args:
        plan: The plan.
        store: Where it is published.
        now: The current time by the clock of this machine, aware.

    Raises:
        StoreError: The store does not tell.
    """
    told = store.now()
    if told is None:
        return replace(plan, latest_day=league_day(now, plan.league.calendar))
    dated = replace(plan, latest_day=league_day(told, plan.league.calendar))
    apart = abs(now - told)
    if apart <= WARN_APART:
        return dated
    minutes = apart.total_seconds() / 60
    side = "ahead of" if now > told else "behind"
    what = f"the clock of this machine is {minutes:.0f} minutes {side} that of the output"
    if apart <= REFUSE_APART:
        return replace(dated, warnings=(*plan.warnings, f"{what}; set it right"))
    return replace(dated, pointers_refused=f"{what}, so that today may be another day: set it right, and run again")
