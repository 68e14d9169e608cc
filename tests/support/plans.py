"""Plans for tests: of real export types, and of made-up ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from functools import cached_property
from typing import Any

from exporters.config import ExportConfig, GateRules, PerName
from exporters.declaration import Export
from exporters.registry import exports, groups
from pipeline.planning.planner import make_plan, plan_scans
from pipeline.requests.request import RequestDefaults, parse_request
from transforms.elements.plan import Plan, Run

TONIGHT_TYPES = ("predictions", "streaks", "tonight", "tonight-players")
"""Export types of every grain."""
NO_GATES = GateRules(players_per_game=PerName(0), predicted_percent=PerName(0))
"""Any game night is large enough."""
EASY = ExportConfig(min_context_rows=5, min_active_predictions=5, gates=NO_GATES)
"""Gates that a small league passes."""
NOW = "2026-02-03T17:00:00Z"


def plan_of(
    *types: str, first: date, last: date | None = None, config: ExportConfig = EASY, shards: int = 4, **request: Any
) -> Plan:
    """Return the plan of a request for real export types; ``request`` holds its other keys."""
    payload = {
        "export_types": list(types),
        "start_date": first.isoformat(),
        "end_date": (last or first).isoformat(),
        "generated_at": NOW,
        **request,
    }
    parsed = parse_request(
        payload,
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(config.champion_system_id),
        now=datetime.now(timezone.utc),
    )
    return make_plan(parsed, config, shards=shards)


@dataclass(frozen=True)
class MadeUpPlan(Plan):
    """A plan of export types that are in no registry."""

    made_up: tuple[Export, ...] = ()

    @cached_property
    def exports(self) -> tuple[Export, ...]:
        """The made-up exports."""
        return self.made_up


def made_up_plan(exports: Sequence[Export], first: date, last: date | None = None, **values: Any) -> MadeUpPlan:
    """Return a plan of made-up exports for a range of dates; ``values`` are attributes of the plan."""
    days = (last or first).toordinal() - first.toordinal() + 1
    ordered = tuple(sorted(exports, key=lambda export: export.name))
    plan = MadeUpPlan(
        **{
            "run": Run("run-1", "2026-02-03T17:00:00+00:00", "correlation-1", "test", "1.0"),
            "export_types": tuple(export.name for export in ordered),
            "dates": tuple(date.fromordinal(first.toordinal() + n) for n in range(days)),
            "scans": (),
            "config": EASY,
            "league_day": last or first,
            "shards": 4,
            "made_up": ordered,
            **values,
        }
    )
    return replace(plan, scans=plan_scans(plan))


def dated_types() -> tuple[str, ...]:
    """Return every declared export type whose documents are about a date, so that runs of dates can be compared."""
    return tuple(name for name, export in exports().items() if "{date}" in export.path)
