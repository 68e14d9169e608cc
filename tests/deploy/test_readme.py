from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest

from pipeline.deployment.costs import costs, stream_a_day
from pipeline.deployment.schedule_file import SCHEDULES, Door, load_schedules
from pipeline.version import ROOT

README = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
STREAM = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "pipeline" / "stream").glob("*.py")))
COUNTED = set(re.findall(r'Metrics\.(?:counter|distribution)\("[a-z]+", "([a-z_]+)"\)', STREAM))
REASONS = set(re.findall(r'Dropped\("([a-z_]+)"', STREAM))
STATUSES = {"success", "partial", "failed", "dropped", "duplicate", "launched"}
"""Of answers, which are counted by their status."""
LISTED = {
    name
    for line in README.partition("### What to be told of")[2].partition("\n## ")[0].splitlines()
    if line.startswith("| `")
    for name in re.findall(r"`([a-z_]+)`", line.split("|")[1])
}


def test_every_metric_of_the_streaming_job_is_listed() -> None:
    assert {"received", "lag_milliseconds"} <= COUNTED
    assert "no_game_date" in REASONS
    assert LISTED == COUNTED | REASONS | STATUSES


def test_the_cost_is_that_of_the_schedules() -> None:
    crons = re.findall(r'cron: "(.+)"', SCHEDULES.read_text(encoding="utf-8"))
    daily = sum(_runs_a_week(cron) for cron in crons) / 7
    assert f"has {int(daily)} runs a day" in README


def test_what_the_doors_save_is_computed_from_the_file() -> None:
    schedules = load_schedules(now=datetime(2026, 2, 12, 18, tzinfo=timezone.utc))
    found = costs(schedules)
    month = 30.4
    runs, starts = sum(cost.runs for cost in found), sum(cost.starts for cost in found)
    all_jobs = month * sum(cost.by_job or 0 for cost in found)
    left = month * sum(cost.by_job or 0 for cost in found if cost.door == Door.JOB)
    answers = month * sum(cost.by_stream or 0 for cost in found)
    stream = 730 / 24 * stream_a_day()
    assert f"| {runs:.1f} | 123 x 30.4 x 0.0164 = **${all_jobs:.0f}** |" in README
    assert f"| {starts:.2f} | **${left:.2f}** |" in README
    assert f"| ${answers:.2f} of its ${stream:.0f} |" in README
    assert (
        f"cost ${stream + left:.0f} a month instead of ${stream + all_jobs:.0f}, without one ${all_jobs:.0f}" in README
    )


def _runs_a_week(cron: str) -> int:
    minutes, hours, _, _, weekdays = cron.split()
    spans = [span.partition("-") for span in ("0-23" if hours == "*" else hours).split(",")]
    runs = sum(int(last or first) - int(first) + 1 for first, _, last in spans)
    every = minutes.removeprefix("*/")
    return runs * (1 if every == minutes else 60 // int(every)) * (7 if weekdays == "*" else 1)


@pytest.mark.parametrize(
    ("hours", "machine", "gigabytes", "vcpu_price", "said"),
    [(7 / 60, 2, 8, 0.056, "$0.016"), (730, 2, 8, 0.069, "$122 a month")],
)
def test_the_arithmetic(hours: float, machine: int, gigabytes: int, vcpu_price: float, said: str) -> None:
    cost = hours * (machine * vcpu_price + gigabytes * 0.0036)
    assert said in README
    assert cost == pytest.approx(float(said.removeprefix("$").split()[0]), rel=0.03)
