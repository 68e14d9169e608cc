from __future__ import annotations

import json
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

import pytest

from benchmarks.scale.measure import COSTS
from benchmarks.scale.prices import JOBS_PER_PROJECT, SESSIONS_PER_MINUTE, START_SECONDS
from benchmarks.scale.report import PAGE, RESULTS, page_of, results_of, sections
from benchmarks.scale.watching import live_tables, watching
from pipeline.deployment.schedule_file import load_schedules


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULTS.read_text())
    return found


def test_the_page_shows_the_recorded_results(recorded: dict[str, Any]) -> None:
    page = PAGE.read_text()
    assert page_of(page, recorded) == page


def test_the_recorded_results_follow_from_the_recorded_costs(recorded: dict[str, Any]) -> None:
    """A change of a price, a limit, a schedule or the simulation is a change of the page."""
    made = json.loads(json.dumps(results_of(json.loads(COSTS.read_text()))))
    assert made == recorded, "write the page anew: python -m benchmarks.scale.report --record"


def test_every_size_that_is_asked_for_is_there(recorded: dict[str, Any]) -> None:
    names = [one["name"] for one in recorded["workloads"]]
    assert names == ["a night", "a season", "ten years", "1,000 leagues × a season"]
    for name in names:
        assert f"| {name} |" in sections(recorded)["money"]


def test_the_numbers_of_the_page_are_those_of_its_parts(recorded: dict[str, Any]) -> None:
    for one in recorded["workloads"]:
        starts = -(-one["jobs"] // JOBS_PER_PROJECT)
        assert sum(one["by_step"].values()) + starts * START_SECONDS == pytest.approx(one["seconds"])
        assert sum(one["bound"].values()) == pytest.approx(sum(one["by_step"].values()))
        assert one["worker_hours"] == pytest.approx(one["seconds"] / 3600 * one["vcpus"])


def test_more_workers_are_never_slower_by_much_in_the_sweep(recorded: dict[str, Any]) -> None:
    for buckets in (1, 10):
        seconds = [one["seconds"] for one in recorded["sweep"] if one["buckets"] == buckets]
        assert all(after <= before * 1.1 for before, after in pairwise(seconds))


def test_watching_grows_with_leagues() -> None:
    schedules = load_schedules(now=datetime(2026, 11, 1, tzinfo=timezone.utc))
    one, many = watching(1, schedules), watching(1000, schedules)
    assert many.answers == pytest.approx(1000 * one.answers)
    assert one.answers > 300
    assert one.projects == 1
    assert many.peak_sessions == 1000 * live_tables()
    assert many.projects == -(-many.peak_sessions // SESSIONS_PER_MINUTE)
    assert 3 < live_tables() < 23
