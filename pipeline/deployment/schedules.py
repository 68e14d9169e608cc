"""Schedules as data: prints what makes them live, and checks that they are.

    python -m pipeline.deployment.schedules render | bash
    python -m pipeline.deployment.schedules check --live=dump.json

The file is deploy/schedules.yaml. A dump holds the jobs of every region, because a job in a forgotten one runs too:

    for region in $(gcloud scheduler locations list --format='value(locationId)'); do
      gcloud scheduler jobs list --location="$region" --format=json
    done > dump.json
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from pipeline.deployment.live_schedules import differences, gcloud_script, read_dump, scheduler_job
from pipeline.deployment.schedule_file import (
    SCHEDULES,
    Schedule,
    SchedulesError,
    load_schedules,
    load_streamed,
    uncovered,
)
from pipeline.deployment.settings import SETTINGS, Deployment, SettingsError, load_deployment

FINE, DIFFERENT, REJECTED = 0, 1, 2
"""Exit codes."""


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    arguments = _parser().parse_args(argv)
    now = datetime.now(timezone.utc)
    try:
        deployment = load_deployment(arguments.settings)
        schedules = load_schedules(arguments.file, now=now)
        if arguments.command == "render":
            return _render(deployment, schedules, arguments.format)
        missing = uncovered(schedules, load_streamed(arguments.file))
        return _check(deployment, schedules, missing, arguments.live, now)
    except (SettingsError, SchedulesError) as error:
        sys.stderr.write(f"{error}\n")
        return REJECTED
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{getattr(arguments, 'live', None) or arguments.file}: {error}\n")
        return REJECTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.deployment.schedules",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--settings", type=Path, default=SETTINGS, help="settings of the deployment (%(default)s)")
    parser.add_argument("--file", type=Path, default=SCHEDULES, help="the schedules (%(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    render = commands.add_parser("render", help="print what makes them live")
    render.add_argument("--format", choices=("sh", "json"), default="sh", help="gcloud commands, or jobs as JSON")
    check = commands.add_parser("check", help="check them, and that they are what is live")
    check.add_argument("--live", type=Path, help="what gcloud scheduler jobs list --format=json printed")
    return parser


def _render(deployment: Deployment, schedules: Sequence[Schedule], form: str) -> int:
    if form == "sh":
        sys.stdout.write(gcloud_script(deployment, schedules))
    else:
        jobs = [scheduler_job(deployment, schedule) for schedule in schedules]
        sys.stdout.write(json.dumps(jobs, indent=2, ensure_ascii=False) + "\n")
    return FINE


def _check(
    deployment: Deployment, schedules: Sequence[Schedule], missing: Sequence[str], live: Path | None, now: datetime
) -> int:
    lines = [f"{name}: no schedule exports it; add it to a job of {SCHEDULES.name}" for name in missing]
    if live is not None:
        lines.extend(differences(deployment, schedules, read_dump(live.read_text(encoding="utf-8")), now))
    for line in lines:
        sys.stdout.write(f"{line}\n")
    compared = "" if live is None else ", compared with what is live"
    sys.stdout.write(f"{len(schedules)} schedules{compared}: {len(lines)} problems\n")
    return DIFFERENT if lines else FINE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
