"""What benchmarks in one process share: their options, the plan of a range of dates, and CPU seconds."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

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


def parser_of(description: str | None, types: str, rounds: int) -> argparse.ArgumentParser:
    """Return the parser of a benchmark over a month of the demo season, with its defaults."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--types", default=types, help="export types or groups (%(default)s)")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2026, 3, 1), help="first date (%(default)s)")
    parser.add_argument("--last", type=date.fromisoformat, default=date(2026, 3, 31), help="last date (%(default)s)")
    parser.add_argument("--rounds", type=int, default=rounds, help="turns; the fastest of each counts")
    return parser


def seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds that something takes."""
    started = time.process_time()
    work()
    return time.process_time() - started
