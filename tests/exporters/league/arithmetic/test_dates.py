from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from exporters.league.arithmetic.dates import clock_text, season_label, season_start, season_year, utc
from tests.support.rows import instant


@pytest.mark.parametrize(
    ("day", "year", "label"),
    [
        ("2024-12-11", 2024, "2024-25"),
        ("2025-03-01", 2024, "2024-25"),
        ("2024-10-01", 2024, "2024-25"),
        ("2024-09-30", 2023, "2023-24"),
        ("2025-06-22", 2024, "2024-25"),
        ("1999-11-02", 1999, "1999-00"),
        ("2009-11-02", 2009, "2009-10"),
    ],
)
def test_a_season_starts_in_october(day: str, year: int, label: str) -> None:
    assert season_year(date.fromisoformat(day)) == year
    assert season_label(date.fromisoformat(day)) == label
    assert season_start(date.fromisoformat(day)) == date(year, 10, 1)


def test_earlier_seasons_start_a_year_earlier_each() -> None:
    assert season_start(date(2025, 1, 15), 1) == date(2023, 10, 1)
    assert season_start(date(2025, 10, 1), 2) == date(2023, 10, 1)


@pytest.mark.parametrize(
    ("tip_off", "shown"),
    [
        ("2025-01-16T00:30:00Z", "7:30 PM ET"),  # winter: five hours behind
        ("2025-04-11T23:30:00Z", "7:30 PM ET"),  # summer: four hours behind
        ("2025-01-15T17:00:00Z", "12:00 PM ET"),
        ("2025-01-16T05:00:00Z", "12:00 AM ET"),
        ("2025-01-16T05:05:00Z", "12:05 AM ET"),
        ("2025-01-15T16:59:00Z", "11:59 AM ET"),
        ("2025-01-16T03:00:00Z", "10:00 PM ET"),
        ("2025-03-09T06:59:00Z", "1:59 AM ET"),  # the minute before summer time begins
        ("2025-03-09T07:00:00Z", "3:00 AM ET"),  # and the one after
        ("2025-11-02T05:30:00Z", "1:30 AM ET"),  # the hour that comes twice
        ("2025-11-02T06:30:00Z", "1:30 AM ET"),
    ],
)
def test_a_tip_off_is_shown_in_new_york_without_a_leading_zero(tip_off: str, shown: str) -> None:
    assert clock_text(instant(tip_off)) == shown


def test_an_unknown_tip_off_is_null() -> None:
    assert clock_text(None) is None


def test_an_instant_is_exact_to_the_microsecond() -> None:
    assert utc(1) == datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=1)
    assert utc(instant("2026-02-12T18:00:00.123456Z")).isoformat() == "2026-02-12T18:00:00.123456+00:00"
