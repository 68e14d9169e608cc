"""Prints the commands that create the scheduled jobs and what they cost, and compares schedules with live jobs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

from pipeline.deployment.command_options import CheckOptions, CostOptions, RenderOptions
from pipeline.deployment.costs import Cost, costs, stream_a_day
from pipeline.deployment.live_schedules import differences, gcloud_script, read_dump, scheduler_job
from pipeline.deployment.schedule_file import Door, Schedule, load_schedules, load_streamed, uncovered
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
        schedules = _through(options.door, load_schedules(options.file, now=datetime.now(timezone.utc)))
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
        schedules = _through(options.door, load_schedules(options.file, now=now))
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


def show_costs(argv: Sequence[str]) -> int:
    """Print what the schedules cost a day through either door, and return the exit code."""
    try:
        options = parse_options(CostOptions, argv)
        found = costs(load_schedules(options.file, now=datetime.now(timezone.utc)))
    except (OSError, ValueError) as error:
        complain(error)
        return REJECTED
    if options.json:
        say_json({"schedules": [{**vars(cost), "door": str(cost.door)} for cost in found], "stream": stream_a_day()})
    else:
        say_all(_cost_table(found))
    return FINE


def _cost_table(found: Sequence[Cost]) -> list[str]:
    """Return a row for each schedule, and one for all of them."""
    width = max(len(cost.name) for cost in found)
    rows = [("schedule", "door", "runs a day", "$ by job", "$ by stream")]
    rows += [
        (cost.name, str(cost.door), f"{cost.runs:.2f}", _dollars(cost.by_job), _dollars(cost.by_stream))
        for cost in found
    ]
    by_job, by_stream = sum(cost.by_job or 0 for cost in found), sum(cost.by_stream or 0 for cost in found)
    rows.append(("all of them", "", f"{sum(cost.runs for cost in found):.2f}", _dollars(by_job), _dollars(by_stream)))
    lines = [
        f"{name.ljust(width)}  {door:6}  {runs:>10}  {job:>8}  {stream:>11}".rstrip()
        for name, door, runs, job, stream in rows
    ]
    starts = sum(cost.starts for cost in found)
    money = sum(cost.by_job or 0 for cost in found if cost.door == Door.JOB)
    lines.append(f"as the file says: {starts:.2f} batch jobs a day, ${_dollars(money)} a day")
    lines.append(f"the streaming job costs ${_dollars(stream_a_day())} a day, with or without these requests")
    return lines


def _dollars(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _through(door: str | None, schedules: Sequence[Schedule]) -> list[Schedule]:
    """Return schedules with one door for all of them; None leaves each its own."""
    return [schedule if door is None else replace(schedule, door=Door(door)) for schedule in schedules]
