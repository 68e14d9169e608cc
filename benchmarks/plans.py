"""The plan of a range of dates, as benchmarks in one process carry it out."""

from __future__ import annotations

from datetime import date, datetime, timezone

from exporters.config import ExportConfig
from exporters.registry import exports, groups
from pipeline.planning.planner import make_plan
from pipeline.requests.request import RequestDefaults, parse_request
from transforms.elements.plan import Plan


def plan_of(types: str, first: date, last: date) -> Plan:
    """Return the plan of some export types or groups, separated by commas, over a range of dates."""
    config = ExportConfig()
    request = parse_request(
        {
            "export_types": types.split(","),
            "start_date": first.isoformat(),
            "end_date": last.isoformat(),
            "generated_at": f"{last}T17:00:00Z",
        },
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(config.champion_system_id),
        now=datetime.now(timezone.utc),
    )
    return make_plan(request, config)
