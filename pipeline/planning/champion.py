"""Checks before the bulk read whether the champion has forecasts for the dates of a plan.

One scan reads three columns of the champion's forecasts. Only when there are none, a second one reads which models have
forecasts. A date for which no model has forecasts does not count against the champion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from exporters.declaration import Export, Gate
from exporters.league.forecasts.readiness import systems_text
from exporters.warehouse.tables import PREDICTIONS
from pipeline.planning.planner import plan_scans
from transforms.elements.plan import Plan
from transforms.elements.tables import TableScan
from transforms.warehouses.protocol import Warehouse, WarehouseError

_COLUMNS = ("game_date", "is_active", "system_id")
_GATES = frozenset({Gate.PREDICTIONS, Gate.CHAMPION})


class ChampionError(ValueError):
    """The champion has no forecasts while other systems have. The message is one line, with those systems."""


def shows_champion(export: Export) -> bool:
    """Whether an export type is published only where the champion has forecasts."""
    return bool(export.gates & _GATES)


class ChampionCheck(NamedTuple):
    """What is known of the champion before a run.

    Attributes:
        plan: The plan, led by the champion or by a fallback.
        led: The dates on which it has active forecasts; None when no type shows them.
        others: By date, the other systems that have active forecasts, with their rows, if the champion has none.
    """

    plan: Plan
    led: frozenset[date] | None = None
    others: Mapping[date, Mapping[str, int]] = {}


def check_champion(plan: Plan, warehouse: Warehouse) -> Plan:
    """Return a plan whose champion has forecasts. The scan reports tables that are unreadable here.

    Raises:
        ChampionError: See :func:`find_champion`.
    """
    try:
        return find_champion(plan, warehouse).plan
    except WarehouseError:
        return plan


def find_champion(plan: Plan, warehouse: Warehouse) -> ChampionCheck:
    """Return a plan whose champion has forecasts, as far as its dates have any: the same plan, or that of a fallback.

    A type without forecasts is exported with any champion. A type whose champion lacks forecasts for some of the dates
    is exported too, and withheld on those dates.

    Raises:
        ChampionError: The champion is unknown on all dates for which another model has active forecasts, or has none
            that are active although every requested type shows them; and no fallback has any.
        WarehouseError: The forecasts cannot be read.
    """
    if not any(map(shows_champion, plan.exports)) or PREDICTIONS.name in plan.broken:
        return ChampionCheck(plan)
    champion = plan.config.champion_system_id
    if own := _count(plan, warehouse, champion).active:
        return ChampionCheck(plan, frozenset(own))
    every = _count(plan, warehouse)
    if not every.active:
        return ChampionCheck(plan, frozenset())
    for fallback in plan.config.fallback_system_ids:
        if led := frozenset(day for day, systems in every.active.items() if fallback in systems):
            return ChampionCheck(_led_by(plan, fallback), led)
    unknown = not any(champion in systems for systems in every.rows.values())
    if unknown or all(map(shows_champion, plan.exports)):
        raise ChampionError(_message(plan, every.active, unknown=unknown))
    return ChampionCheck(plan, frozenset(), every.active)


@dataclass
class _Forecasts:
    """Forecasts by date and system.

    Attributes:
        rows: Rows, inactive ones included.
        active: Active rows.
    """

    rows: dict[date, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    active: dict[date, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, batch: pa.RecordBatch, wanted: frozenset[date]) -> None:
        counted = pa.Table.from_batches([batch]).group_by(list(_COLUMNS)).aggregate([([], "count_all")])
        for row in counted.to_pylist():
            day, system, rows = row["game_date"], row["system_id"], row["count_all"]
            if day in wanted and system is not None:
                for found in (self.rows, self.active) if row["is_active"] else (self.rows,):
                    found[day][system] = found[day].get(system, 0) + rows


def _count(plan: Plan, warehouse: Warehouse, system_id: str = "") -> _Forecasts:
    equals: Mapping[str, tuple[str, ...]] = {"system_id": (system_id,)} if system_id else {}
    scan = TableScan(PREDICTIONS.name, _COLUMNS, plan.dates[0], plan.dates[-1], equals, plan.run.as_of)
    found, wanted = _Forecasts(), frozenset(plan.dates)
    for stream in warehouse.split(scan):
        for batch in warehouse.read(stream):
            found.add(batch.filter(pc.is_valid(batch.column("game_date"))), wanted)
    return found


def _led_by(plan: Plan, fallback: str) -> Plan:
    """Return a plan with another model as champion, which records the fallback."""
    champion = plan.config.champion_system_id
    led = replace(plan, config=replace(plan.config, champion_system_id=fallback), fallback_for=champion)
    narrow = {scan.table: scan.columns for scan in plan.scans}
    # Preflight may have left out a column that only the funnel counts.
    return replace(led, scans=tuple(replace(scan, columns=narrow[scan.table]) for scan in plan_scans(led)))


def _message(plan: Plan, active: Mapping[date, Mapping[str, int]], *, unknown: bool) -> str:
    day = max(active)
    what = "forecasts" if unknown else "active forecasts"
    span = f"{plan.dates[0]}" if len(plan.dates) == 1 else f"{plan.dates[0]} to {plan.dates[-1]}"
    on = "" if len(plan.dates) == 1 else f" on {day}"
    systems = dict(sorted(active[day].items()))
    return (
        f"champion {plan.config.champion_system_id} has no {what} for {span}, while {systems_text(systems)}{on}; "
        "documents would show no forecast: give one of these as --champion_system_id, "
        "list a fallback in --fallback_system_ids, or correct the table"
    )
