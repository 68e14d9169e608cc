from __future__ import annotations

from datetime import date, datetime, timezone

import numpy as np
import pytest

from demo.clock import NEW_YORK
from demo.season_calendar import Games, game_dates, opening_night, play_calendar


@pytest.fixture(scope="module")
def games() -> Games:
    return play_calendar(11, range(2024, 2026), 30)


@pytest.mark.parametrize(
    ("year", "first", "last"),
    [
        (2023, date(2023, 10, 24), date(2024, 4, 14)),
        (2024, date(2024, 10, 22), date(2025, 4, 13)),
        (2025, date(2025, 10, 21), date(2026, 4, 12)),
    ],
)
def test_a_season_has_165_game_dates_from_opening_night_to_a_sunday_in_april(
    year: int, first: date, last: date
) -> None:
    dates = game_dates(year)
    assert opening_night(year) == dates[0] == first
    assert dates[-1] == last
    assert len(dates) == 165


def test_there_are_no_games_on_thanksgiving_christmas_eve_and_around_the_all_star_game() -> None:
    off = {date(2025, 11, 27), date(2025, 12, 24), *(date(2026, 2, day) for day in range(13, 19))}
    assert off.isdisjoint(game_dates(2025))
    assert date(2025, 12, 25) in game_dates(2025)


def test_every_team_plays_82_games_about_half_at_home(games: Games) -> None:
    for year in (2024, 2025):
        mine = games.season == year
        home, away = np.bincount(games.home[mine]), np.bincount(games.away[mine])
        assert (home + away == 82).all()
        assert (np.abs(home - away) <= 4).all()
        assert len(np.unique(games.date[mine])) == 165


def test_no_team_plays_twice_a_day_and_back_to_backs_are_as_rare_as_in_life(games: Games) -> None:
    gaps = []
    for year in (2024, 2025):
        for team in range(30):
            mine = (games.season == year) & ((games.home == team) | (games.away == team))
            gaps.append(np.diff(np.sort(games.date[mine]).astype(int)))
    gap = np.concatenate(gaps)
    assert gap.min() >= 1
    assert 0.12 <= (gap == 1).mean() <= 0.19


def test_nights_hold_1_to_15_games_and_the_last_one_is_rich(games: Games) -> None:
    _, counts = np.unique(games.date[games.season == 2025], return_counts=True)
    assert (counts.min(), counts.max(), counts[-1]) == (1, 15, 10)


def test_games_tip_off_between_noon_and_half_past_ten_in_new_york(games: Games) -> None:
    for day, tip in zip(games.date.tolist(), games.tipoff.tolist(), strict=True):
        local = datetime.fromtimestamp(tip / 1e6, timezone.utc).astimezone(NEW_YORK)
        assert local.date() == day
        assert (12, 0) <= (local.hour, local.minute) <= (22, 30)


def test_the_last_night_begins_in_the_evening(games: Games) -> None:
    tip = games.tipoff[games.date == games.date[-1]].min()
    assert datetime.fromtimestamp(tip / 1e6, timezone.utc).astimezone(NEW_YORK).hour >= 19


def test_a_small_league_meets_on_fewer_dates() -> None:
    small = play_calendar(3, range(2025, 2026), 8)
    assert len(small) == 82 * 4
    assert len(np.unique(small.date)) == 110
