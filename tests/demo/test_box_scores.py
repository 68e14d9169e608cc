from __future__ import annotations

import numpy as np
import pytest

from demo.box_scores import Appearances, play, team_points
from demo.forecasts import CHAMPION, FEATURE_NAMES, Forecasts, forecast
from demo.league import League, found_league
from demo.markets import Lines, draw_lines
from demo.options import DemoOptions


@pytest.fixture(scope="module")
def league() -> League:
    return found_league(DemoOptions())


@pytest.fixture(scope="module")
def box(league: League) -> Appearances:
    return play(league)


@pytest.fixture(scope="module")
def lines(league: League, box: Appearances) -> Lines:
    return draw_lines(league, box)


@pytest.fixture(scope="module")
def forecasts(league: League, box: Appearances, lines: Lines) -> Forecasts:
    return forecast(league, box, lines)


def test_the_default_league_has_30_teams_481_players_and_two_full_seasons(league: League) -> None:
    assert (len(league.team), len(set(league.players.lookup))) == (30, 481)
    assert len(league.games) == 2 * 1230
    assert len(np.unique(league.games.date)) == 2 * 165


def test_points_follow_from_the_shots(box: Appearances) -> None:
    s = box.stats
    assert (s["points"] == 2 * (s["fg_makes"] - s["three_pt_makes"]) + 3 * s["three_pt_makes"] + s["ft_makes"]).all()
    for kind in ("fg", "three_pt", "ft"):
        assert (s[f"{kind}_makes"] <= s[f"{kind}_attempts"]).all()
    assert (s["three_pt_attempts"] <= s["fg_attempts"]).all()
    assert (s["minutes"][box.played] >= 1).all()
    assert (s["points"][~box.played] == 0).all()


def test_games_look_like_games_and_have_a_winner(league: League, box: Appearances) -> None:
    home, away = team_points(league, box.game, box.at_home, box.stats["points"])
    assert (home != away).all()
    assert 108 < np.mean([home, away]) < 122
    assert 0.51 < (home > away).mean() < 0.62
    assert np.bincount(2 * box.game[box.played] + box.at_home[box.played]).min() >= 5


def test_what_is_known_before_a_game_comes_from_the_games_before_it(box: Appearances) -> None:
    for player in (3, 77, 250, 400):
        for season in (2024, 2025):
            rows = np.flatnonzero((box.player == player) & (box.season == season))
            points: list[int] = []
            days: list[int] = []
            for row in rows[np.argsort(box.date[rows])]:
                day = int(box.date[row].astype(int))
                assert box.games_before[row] == len(points)
                assert box.mean_before[row] == pytest.approx(np.mean(points) if points else 0)
                assert box.recent_before[row] == pytest.approx(np.mean(points[-10:]) if points else 0)
                assert box.rest[row] == (day - days[-1] if days else -1)
                assert box.games_week[row] == sum(day - 7 <= other for other in days)
                if box.played[row]:
                    points.append(int(box.stats["points"][row]))
                    days.append(day)


def test_about_two_thirds_of_the_expected_players_have_lines(box: Appearances, lines: Lines) -> None:
    assert 0.6 <= lines.offered[box.expected].mean() <= 0.72
    assert not lines.offered[~box.expected].any()
    assert 0.05 <= (lines.points[lines.offered] % 1 == 0).mean() <= 0.15
    per_team = box.expected.sum() / (2 * len(np.unique(box.game)))
    assert 12 <= per_team <= 16


def test_overs_and_unders_are_balanced(box: Appearances, lines: Lines) -> None:
    decided = lines.offered & box.played & (box.stats["points"] != lines.points)
    assert 0.47 <= (box.stats["points"] > lines.points)[decided].mean() <= 0.53


def test_the_champion_is_right_on_53_to_58_percent_of_its_calls(box: Appearances, forecasts: Forecasts) -> None:
    points = box.stats["points"][forecasts.row]
    calls = np.isin(forecasts.recommendation, ("OVER", "UNDER")) & box.played[forecasts.row]
    decided = calls & (points != forecasts.line) & (forecasts.system == CHAMPION)
    right = (points > forecasts.line) == (forecasts.recommendation == "OVER")
    assert 0.53 <= right[decided].mean() <= 0.58
    for side in ("OVER", "UNDER"):
        assert 0.52 <= right[decided & (forecasts.recommendation == side)].mean() <= 0.59


def test_high_edges_are_few(box: Appearances, forecasts: Forecasts) -> None:
    champion = forecasts.lined & (forecasts.system == CHAMPION)
    edge = np.round(np.abs(forecasts.predicted - forecasts.line), 1)[champion]
    nights = len(np.unique(box.date))
    assert 2 <= (edge >= 5).sum() / nights <= 5
    assert 10 <= (edge >= 3).sum() / nights <= 18
    assert 0.2 <= (forecasts.recommendation[champion] == "PASS").mean() <= 0.4


def test_the_last_night_is_rich(league: League, box: Appearances, forecasts: Forecasts) -> None:
    tonight = box.date == np.datetime64(league.last_night)
    mine = tonight[forecasts.row] & (forecasts.system == CHAMPION)
    assert not box.over[tonight].any()
    assert len(np.unique(box.game[tonight])) == 10
    assert 190 <= mine.sum() <= 240
    assert (np.abs(forecasts.predicted - forecasts.line)[mine & forecasts.lined] >= 5).sum() >= 3


def test_features_hold_the_season_mean_and_the_back_to_back_flag_where_they_are_read() -> None:
    assert len(FEATURE_NAMES) == 33
    assert (FEATURE_NAMES[2], FEATURE_NAMES[16]) == ("points_avg_season", "back_to_back")


def test_scaling_multiplies_the_players_and_keeps_the_schedule() -> None:
    base, tripled = DemoOptions(seasons=1, players=60), DemoOptions(seasons=1, players=60, scale=3)
    one, three = found_league(base), found_league(tripled)
    assert len(set(three.players.lookup)) == 180
    assert (one.games.home == three.games.home).all()
    assert 2.5 < len(play(three)) / len(play(one)) < 3.5
