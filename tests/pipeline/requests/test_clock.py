from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.requests.clock import LEAGUE_ZONE, ROLLOVER_HOUR, league_day

NEW_YORK = ZoneInfo(LEAGUE_ZONE)
INSTANTS = st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, timezone.utc))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # Winter: New York is five hours behind.
        ("2026-02-12T08:59:59+00:00", date(2026, 2, 11)),
        ("2026-02-12T09:00:00+00:00", date(2026, 2, 12)),
        # A scheduler at 19:00 in New York runs on the next day of UTC.
        ("2026-02-12T00:30:00+00:00", date(2026, 2, 11)),
        ("2026-02-12T23:59:59-05:00", date(2026, 2, 12)),
        # Summer: four hours.
        ("2026-06-12T07:59:59+00:00", date(2026, 6, 11)),
        ("2026-06-12T08:00:00+00:00", date(2026, 6, 12)),
        # 2026-03-08 has 23 hours: 02:00 becomes 03:00, so 04:00 comes three hours after midnight.
        ("2026-03-08T07:59:59+00:00", date(2026, 3, 7)),
        ("2026-03-08T08:00:00+00:00", date(2026, 3, 8)),
        # 2026-11-01 has 25 hours: 01:00 comes twice, so 04:00 comes five hours after midnight.
        ("2026-11-01T08:59:59+00:00", date(2026, 10, 31)),
        ("2026-11-01T09:00:00+00:00", date(2026, 11, 1)),
        # Across a year, and from any zone.
        ("2026-01-01T08:00:00+00:00", date(2025, 12, 31)),
        ("2026-02-12T18:00:00+09:00", date(2026, 2, 12)),
        ("2026-02-12T17:59:59.999999+09:00", date(2026, 2, 11)),
    ],
)
def test_day_rolls_over_at_four_in_new_york(instant: str, day: date) -> None:
    assert league_day(datetime.fromisoformat(instant)) == day


def test_naive_datetime_is_rejected() -> None:
    with pytest.raises(ValueError, match="has no time zone: pass an aware datetime"):
        league_day(datetime.fromisoformat("2026-02-12T12:00:00"))


@given(INSTANTS, st.timezones())
def test_same_instant_is_the_same_day_in_every_zone(instant: datetime, zone: ZoneInfo) -> None:
    assert league_day(instant.astimezone(zone)) == league_day(instant)


@given(INSTANTS, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_days_never_go_back(instant: datetime, later: timedelta) -> None:
    assert league_day(instant) <= league_day(instant + later)


@given(st.dates(date(1970, 1, 2), date(2100, 1, 1)))
def test_each_day_lasts_from_four_to_four(day: date) -> None:
    start = datetime(day.year, day.month, day.day, ROLLOVER_HOUR, tzinfo=NEW_YORK).astimezone(timezone.utc)
    assert league_day(start) == day
    assert league_day(start - timedelta(microseconds=1)) == day - timedelta(days=1)
    assert league_day(start + timedelta(hours=22)) == day
