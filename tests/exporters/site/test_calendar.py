from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.declaration import Json, WouldBeEmpty
from exporters.site.calendar import CALENDAR
from tests.support.nights import document
from tests.support.rows import TONIGHT, Row, schedule_row

NEXT = TONIGHT + timedelta(days=1)


def calendar(*rows: Row, day: date = TONIGHT) -> Json:
    return document(CALENDAR, *rows, day=day)


def game(day: date = TONIGHT, home: str = "LAL", away: str = "BOS", **values: Any) -> Row:
    return schedule_row(game_date=day, home_team_tricode=home, away_team_tricode=away, **values)


def test_is_declared_for_half_an_hour_at_a_fixed_path() -> None:
    assert (CALENDAR.path, CALENDAR.cache.header) == ("calendar/game-counts.json", "public, max-age=1800")
    assert not CALENDAR.gates


def test_every_key_is_a_date_newest_first() -> None:
    made = calendar(game(), game(home="CHI", away="MIA"), game(NEXT), game(TONIGHT - timedelta(days=1)))
    assert list(made.items()) == [("2025-01-16", 1), ("2025-01-15", 2), ("2025-01-14", 1)]


def test_e1_3_the_window_is_that_of_the_league_day_both_ends_included() -> None:
    days = [TONIGHT + timedelta(days=n) for n in (-31, -30, 7, 8)]
    assert list(calendar(*map(game, days))) == [days[2].isoformat(), days[1].isoformat()]


@pytest.mark.parametrize("again", [game(), game(game_id="0022400999"), game(home="BOS", away="LAL", game_id="x")])
def test_e1_1_a_game_that_is_listed_twice_counts_once(again: Row) -> None:
    assert calendar(game(), again) == {"2025-01-15": 1}


@pytest.mark.parametrize(
    ("first", "then", "counts_on"),
    [
        ("2025-01-10T12:00:00Z", "2025-01-14T12:00:00Z", "2025-01-16"),
        ("2025-01-14T12:00:00Z", "2025-01-10T12:00:00Z", "2025-01-15"),
        (None, "2025-01-10T12:00:00Z", "2025-01-16"),
        (None, None, "2025-01-16"),
    ],
)
def test_e1_1_a_moved_game_counts_on_the_date_that_was_written_last(
    first: str | None, then: str | None, counts_on: str
) -> None:
    rows = [game(game_id="0022400551", processed_at=first), game(NEXT, game_id="0022400551", processed_at=then)]
    assert calendar(*rows) == calendar(*reversed(rows)) == {counts_on: 1}


def test_e1_1_a_game_that_was_moved_out_of_the_window_is_gone() -> None:
    later = TONIGHT + timedelta(days=40)
    rows = [game(game_id="7", processed_at="2025-01-10T12:00:00Z"), game(later, game_id="7"), game(NEXT)]
    assert calendar(*rows) == {"2025-01-16": 1}


@pytest.mark.parametrize(
    "other",
    [
        game(NEXT, game_id="0012400001"),
        game(NEXT, game_id="0032400001"),
        game(NEXT, home="EST", away="WST"),
        game(NEXT, home="LAL", away="RMD"),
    ],
    ids=["preseason", "all-star", "all-star teams", "exhibition"],
)
def test_e1_2_only_games_of_the_league_count(other: Row) -> None:
    assert calendar(game(), other) == {"2025-01-15": 1}


def test_the_teams_are_those_of_the_league() -> None:
    config = ExportConfig(teams=frozenset({"LVA", "NYL"}))
    rows = (game(), game(home="LVA", away="NYL", game_id="1022400001"))
    assert document(CALENDAR, *rows, config=config) == {"2025-01-15": 1}
    assert calendar(*rows) == {"2025-01-15": 1}
    assert document(CALENDAR, *rows, rows[0]._replace(home_team_tricode="SEA"), config=config) == {"2025-01-15": 1}


def test_e1_5_a_window_without_games_is_refused_while_the_season_runs() -> None:
    with pytest.raises(WouldBeEmpty, match="no game from 2024-12-16 to 2025-01-22, although the season lasts from"):
        calendar(game(date(2024, 10, 22)), game(date(2025, 4, 13)))


def test_e1_5_a_schedule_without_any_game_of_the_season_is_refused() -> None:
    with pytest.raises(WouldBeEmpty, match="no game of the season of 2025-01-15"):
        calendar()


@pytest.mark.parametrize("day", [date(2025, 8, 1), date(2025, 10, 2)])
def test_e1_5_between_seasons_it_is_empty(day: date) -> None:
    assert calendar(game(date(2025, 4, 13)), game(date(2025, 10, 21)), day=day) == {}


def test_the_break_of_the_season_shows_the_games_after_it() -> None:
    made = calendar(game(date(2025, 2, 13)), game(date(2025, 2, 19)), day=date(2025, 2, 16))
    assert made == {"2025-02-19": 1, "2025-02-13": 1}


def test_the_last_days_of_september_show_the_season_to_come() -> None:
    rows = [game(date(2025, 4, 13)), game(date(2025, 10, 3))]
    assert calendar(*rows, day=date(2025, 9, 28)) == {"2025-10-03": 1}


def test_a_season_that_ends_in_october_is_shown_in_the_next() -> None:
    """The finals of 2020 were played after 1 October."""
    rows = [game(date(2020, 9, 30)), game(date(2020, 10, 2))]
    assert calendar(*rows, day=date(2020, 10, 3)) == {"2020-10-02": 1, "2020-09-30": 1}
