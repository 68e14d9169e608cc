from __future__ import annotations

import copy
import pickle
from dataclasses import asdict, replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.config.calendar import NBA_CALENDAR, LeagueCalendar

SUMMER = LeagueCalendar(season_months=(5, 10))
MONTHS = st.tuples(st.integers(1, 12), st.integers(1, 12))
DAYS = st.dates(date(1990, 1, 1), date(2060, 12, 31))


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
def test_a_season_of_the_default_league_starts_in_october(day: str, year: int, label: str) -> None:
    on = date.fromisoformat(day)
    assert NBA_CALENDAR.season_year(on) == year
    assert NBA_CALENDAR.season_label(on) == label
    assert NBA_CALENDAR.season_start(on) == date(year, 10, 1)


@pytest.mark.parametrize(
    ("months", "day", "start", "label"),
    [
        ((5, 10), "2026-05-01", "2026-05-01", "2026"),
        ((5, 10), "2026-04-30", "2025-05-01", "2025"),
        ((5, 10), "2026-12-31", "2026-05-01", "2026"),
        ((1, 12), "2026-01-01", "2026-01-01", "2026"),
        ((1, 12), "2026-12-31", "2026-01-01", "2026"),
        ((9, 5), "2026-08-31", "2025-09-01", "2025-26"),
        ((9, 5), "2026-09-01", "2026-09-01", "2026-27"),
    ],
)
def test_the_months_of_a_league_decide_where_its_seasons_begin_and_how_they_are_called(
    months: tuple[int, int], day: str, start: str, label: str
) -> None:
    calendar, on = LeagueCalendar(season_months=months), date.fromisoformat(day)
    assert (calendar.season_start(on), calendar.season_label(on)) == (date.fromisoformat(start), label)


def test_earlier_seasons_start_a_year_earlier_each() -> None:
    assert NBA_CALENDAR.season_start(date(2025, 1, 15), 1) == date(2023, 10, 1)
    assert NBA_CALENDAR.season_start(date(2025, 10, 1), 2) == date(2023, 10, 1)
    assert SUMMER.season_start(date(2025, 1, 15), 1) == date(2023, 5, 1)


@given(MONTHS, DAYS)
def test_every_date_is_in_exactly_one_season(months: tuple[int, int], day: date) -> None:
    calendar = LeagueCalendar(season_months=months)
    start = calendar.season_start(day)
    after = calendar.season_start(day, -1)
    assert start <= day < after
    assert (start.month, start.day) == (months[0], 1)
    assert after.year == start.year + 1
    dates = (start, day, after - timedelta(days=1))
    assert {(calendar.season_year(on), calendar.season_start(on)) for on in dates} == {(start.year, start)}
    assert calendar.season_start(start - timedelta(days=1)) == calendar.season_start(day, 1) < start
    assert calendar.season_start(after) == after


@given(MONTHS, DAYS, DAYS)
def test_labels_name_the_year_or_both_years_and_sort_as_seasons_do(
    months: tuple[int, int], day: date, other: date
) -> None:
    calendar = LeagueCalendar(season_months=months)
    year, label = calendar.season_year(day), calendar.season_label(day)
    ends = date(year + (months[1] < months[0]), months[1], 1)
    assert label == (str(year) if ends.year == year else f"{year}-{ends.year % 100:02d}")
    assert (label <= calendar.season_label(other)) == (year <= calendar.season_year(other))


@given(MONTHS, st.integers(2000, 2030))
def test_the_months_of_a_season_go_from_its_first_to_its_last(months: tuple[int, int], year: int) -> None:
    calendar, found, month = LeagueCalendar(season_months=months), {months[0]}, months[0]
    while month != months[1]:
        month = month % 12 + 1
        found.add(month)
    assert {each for each in range(1, 13) if calendar.is_in_season(date(year, each, 15))} == found


@pytest.mark.parametrize("calendar", [NBA_CALENDAR, LeagueCalendar("Pacific/Honolulu", "HT", 8, (5, 10))])
def test_a_calendar_travels_without_what_it_keeps(calendar: LeagueCalendar) -> None:
    day = date(2026, 6, 15)
    label = calendar.season_label(day)
    for twin in (pickle.loads(pickle.dumps(calendar)), copy.deepcopy(calendar), LeagueCalendar(**asdict(calendar))):
        assert (twin, hash(twin)) == (calendar, hash(calendar))
        assert twin.season_label(day) == label
    assert replace(calendar, season_months=(3, 4)).season_label(day) == "2026", "it keeps nothing of another one"
    assert len(pickle.dumps(calendar)) < 200
