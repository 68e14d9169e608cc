from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest

from exporters.config.calendar import NBA_CALENDAR, LeagueCalendar
from exporters.league.arithmetic.dates import clock_text, local_date, utc
from tests.support.rows import instant


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
    assert clock_text(instant(tip_off), NBA_CALENDAR) == shown


def test_a_league_shows_its_own_clock_and_date() -> None:
    calendar = LeagueCalendar(time_zone="Pacific/Honolulu", clock_label="HT")
    tip_off = instant("2026-07-02T05:30:00Z")
    assert (clock_text(tip_off, calendar), local_date(tip_off, calendar)) == ("7:30 PM HT", date(2026, 7, 1))
    assert (clock_text(tip_off, NBA_CALENDAR), local_date(tip_off, NBA_CALENDAR)) == ("1:30 AM ET", date(2026, 7, 2))


def test_an_unknown_tip_off_is_null() -> None:
    assert clock_text(None, NBA_CALENDAR) is None


def test_an_instant_is_exact_to_the_microsecond() -> None:
    assert utc(1) == datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(microseconds=1)
    assert utc(instant("2026-02-12T18:00:00.123456Z")).isoformat() == "2026-02-12T18:00:00.123456+00:00"
