"""Times of schedules: the last one up to an instant, and how many there are a day."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.deployment.cron import last_time, times_a_day
from pipeline.requests.clock import LEAGUE_ZONE


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(LEAGUE_ZONE))


@pytest.mark.parametrize(
    ("cron", "now", "last"),
    [
        ("15 6 * * *", "2026-02-11T06:15", "2026-02-11T06:15"),
        ("15 6 * * *", "2026-02-11T06:14", "2026-02-10T06:15"),
        ("10 11,13,17 * * *", "2026-02-11T16:59", "2026-02-11T13:10"),
        ("*/15 * * * *", "2026-02-11T00:14", "2026-02-11T00:00"),
        ("5/20 * * * *", "2026-02-11T03:59", "2026-02-11T03:45"),
        ("0 6-23 * * *", "2026-02-11T05:00", "2026-02-10T23:00"),
        ("0 6 * * 0", "2026-02-11T05:00", "2026-02-08T06:00"),
        ("0 6 * * 7", "2026-02-11T05:00", "2026-02-08T06:00"),
        ("0 6 * * 1-3", "2026-02-14T05:00", "2026-02-11T06:00"),
        ("0 6 1 * *", "2026-02-11T05:00", "2026-02-01T06:00"),
        ("0 6 1 * 1", "2026-02-11T05:00", "2026-02-09T06:00"),
        ("0 6 10 * 1", "2026-02-11T05:00", "2026-02-10T06:00"),
        ("30 1 * * *", "2026-03-08T03:30", "2026-03-08T01:30"),
        ("0 5 * * *", "2026-11-01T05:00", "2026-11-01T05:00"),
    ],
)
def test_the_last_time_of_a_schedule(cron: str, now: str, last: str) -> None:
    assert last_time(cron, at(now)) == at(last)


def test_a_schedule_of_another_season_is_not_looked_at() -> None:
    assert last_time("0 6 1 10 *", at("2026-02-11T05:00")) is None


@pytest.mark.parametrize(
    ("cron", "times"),
    [
        ("0 11 * * *", 1),
        ("*/15 * * * *", 96),
        ("10 11,13,17 * * *", 3),
        ("0 6-23 * * *", 18),
        ("0 6 * * 0", 1 / 7),
        ("0 6 * * 0,7", 1 / 7),
        ("0 6 * * 1-5", 5 / 7),
        ("0 6 1 * *", 12 / 364),
        ("0 6 1 1 *", 1 / 364),
    ],
)
def test_how_often_it_runs_a_day(cron: str, times: float) -> None:
    assert times_a_day(cron) == pytest.approx(times)
