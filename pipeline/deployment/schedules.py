"""Prints the commands that create the scheduled jobs, and compares the schedules with the live jobs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone

from pipeline.deployment.command_options import CheckOptions, RenderOptions
from pipeline.deployment.live_schedules import differences, gcloud_script, read_dump, scheduler_job
from pipeline.deployment.schedule_file import load_schedules, load_streamed, uncovered
from pipeline.deployment.settings import SCHEDULES, load_deployment
from pipeline.options.flags import parse_options
from pipeline.reporting.terminal import complain, say, say_all, say_json

FINE, DIFFERENT, REJECTED = 0, 1, 2
"""Exit codes."""


def render(argv: Sequence[str]) -> int:
    """Print the scheduled jobs as a shell script or as JSON, and return the exit code."""
    try:
        options = parse_options(RenderOptions, argv)
        deployment = load_deployment(options.settings)
        schedules = load_schedules(options.file, now=datetime.now(timezone.utc))
    except (OSError, ValueError) as error:
        complain(error)
        return REJECTED
    if options.json:
        say_json([scheduler_job(deployment, schedule) for schedule in schedules])
    else:
        sys.stdout.write(gcloud_script(deployment, schedules))
    return FINE


def check(argv: Sequence[str]) -> int:
    """Check the schedules, compare them with the live jobs, and return the exit code."""
    now = datetime.now(timezone.utc)
    try:
        options = parse_options(CheckOptions, argv)
        deployment = load_deployment(options.settings)
        schedules = load_schedules(options.file, now=now)
        missing = uncovered(schedules, load_streamed(options.file))
    except (OSError, ValueError) as error:
        complain(error)
        return REJECTED
    lines = [f"{name}: no schedule exports it; add it to a job of {SCHEDULES.name}" for name in missing]
    if options.live is not None:
        try:
            dump = read_dump(options.live.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            complain(f"{options.live}: {error}")
            return REJECTED
        lines.extend(differences(deployment, schedules, dump, now))
    if options.json:
        say_json({"schedules": len(schedules), "compared": options.live is not None, "problems": lines})
    else:
        say_all(lines, style="red")
        compared = "" if options.live is None else ", compared with what is live"
        say(f"{len(schedules)} schedules{compared}: {len(lines)} problems", style="red" if lines else "green")
    return DIFFERENT if lines else FINE
