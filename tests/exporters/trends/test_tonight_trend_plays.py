from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from exporters.declaration import Cache, Follows, Grain, Json
from exporters.trends.tonight_trend_plays import TREND_PLAYS as EXPORT
from exporters.trends.tonight_trend_plays import Trend, momentum_of, rest_of
from tests.support.nights import GENERATED_AT, document, scanned
from tests.support.rows import (
    LAST_GAME,
    TONIGHT,
    Row,
    context_row,
    game_log,
    game_row,
    injury_row,
    registry_row,
    schedule_row,
)

YESTERDAY = TONIGHT - timedelta(days=1)
GAME = schedule_row()


def games(points: Sequence[int | None], player: str = "ann", **values: Any) -> list[Row]:
    """Return games on a line of 20, newest first."""
    return game_log(points, player_lookup=player, **{"lines": 20, **values})


def flat(number: int, points: int = 20, **values: Any) -> list[Row]:
    return games([points] * number, **{"lines": None, **values})


def made(*rows: Row, **options: Any) -> Json:
    return document(EXPORT, GAME, *rows, **options)


def plays(*rows: Row, **options: Any) -> dict[str, Json]:
    return {play["player_lookup"]: play for play in made(*rows, **options)["trend_plays"]}


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("tonight-trend-plays", Grain.SLATE, frozenset())
    assert EXPORT.path == "trends/tonight-plays/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    assert [(pointer.path, pointer.follows, pointer.cache) for pointer in EXPORT.pointers] == [
        ("trends/tonight-plays.json", Follows.TODAY, Cache.HOUR)
    ]


def test_a_whole_document() -> None:
    """A streak, a slump, and a player who is better when rested."""
    often = [*flat(1, newest=date(2025, 1, 11)), *flat(9, 20, newest=date(2025, 1, 10), every=1)]
    rows = [
        *games([26, 26, 26, 26, 27, 10, 30], "ann", team_abbr="BOS", opponent_team_abbr="CHI"),
        *flat(5, 9, player="bob", newest=YESTERDAY - timedelta(days=1)),
        *flat(10, 12, player="bob", newest=YESTERDAY - timedelta(days=11)),
        *[row._replace(player_lookup="cem") for row in often],
        *flat(8, 26, player="cem", newest=date(2024, 12, 28), every=4),
        registry_row(player_lookup="ann", player_name="Änn Şen", position="SG"),
        registry_row(player_lookup="bob", player_name="Bob", position=None),
        registry_row(player_lookup="cem", player_name="Cem", position="C"),
    ]
    boston = {"opponent": "LAL", "game_time": "7:30 PM ET", "home": False}
    angeles = {"opponent": "BOS", "game_time": "7:30 PM ET", "home": True}
    assert made(*rows) == {
        "generated_at": GENERATED_AT,
        "game_date": "2025-01-15",
        "games_tonight": 1,
        "total_trend_plays": 3,
        "trend_plays": [
            {
                "player_lookup": "ann",
                "player_full_name": "Änn Şen",
                "team_abbr": "BOS",
                "position": "SG",
                "trend_type": "streak",
                "trend_direction": "over",
                "trend_details": {"streak_length": 5, "avg_margin": 6.2, "hit_rate_l10": 0.86},
                "confidence": "high",
                "tonight": boston,
            },
            {
                "player_lookup": "bob",
                "player_full_name": "Bob",
                "team_abbr": "LAL",
                "position": None,
                "trend_type": "momentum",
                "trend_direction": "under",
                "trend_details": {
                    "momentum_type": "slumping",
                    "l5_avg": 9.0,
                    "l15_avg": 11.0,
                    "pct_change": -18.2,
                    "ppg_change": -2.0,
                },
                "confidence": "medium",
                "tonight": angeles,
            },
            {
                "player_lookup": "cem",
                "player_full_name": "Cem",
                "team_abbr": "LAL",
                "position": "C",
                "trend_type": "rest",
                "trend_direction": "over",
                "trend_details": {
                    "rest_status": "fresh",
                    "days_rest": 4,
                    "rested_avg": 25.3,
                    "b2b_avg": 20.0,
                    "overall_avg": 22.5,
                    "rest_impact": 5.3,
                    "sample_games": 8,
                },
                "confidence": "medium",
                "tonight": angeles,
            },
        ],
        "by_trend_type": {"streak": 1, "momentum": 1, "rest": 1},
        "shown_by_trend_type": {"streak": 1, "momentum": 1, "rest": 1},
    }


def test_a_date_without_games_is_empty() -> None:
    found = document(EXPORT, *games([26] * 5))
    assert (found["games_tonight"], found["total_trend_plays"], found["trend_plays"]) == (0, 0, [])
    assert found["by_trend_type"] == found["shown_by_trend_type"] == {"streak": 0, "momentum": 0, "rest": 0}
    assert EXPORT.is_empty(found)


# Who is looked at


def test_e11_1_a_traded_player_is_in_the_game_of_the_new_team_with_all_his_games() -> None:
    rows = games([26] * 5, team_abbr="CHI")
    assert plays(*rows) == {}
    expected = context_row(player_lookup="ann", team_abbr="BOS", opponent_team_abbr="LAL", home_game=False)
    found = plays(*rows, expected)["ann"]
    assert (found["team_abbr"], found["trend_details"]["streak_length"]) == ("BOS", 5)
    gone = context_row(player_lookup="ann", team_abbr="CHI", opponent_team_abbr="MIA")
    assert plays(*games([26] * 5, team_abbr="BOS"), gone) == {}


@pytest.mark.parametrize(("status", "listed"), [("Out", False), ("Questionable", True), ("Doubtful", True)])
def test_e_x15_who_is_out_is_left_out(status: str, listed: bool) -> None:
    rows = [*games([26] * 5), context_row(player_lookup="ann")]
    assert ("ann" in plays(*rows, injury_row(player_lookup="ann", injury_status=status))) is listed


def test_games_of_the_date_and_after_it_do_not_count() -> None:
    rows = games([26] * 5)
    for day in (TONIGHT, TONIGHT + timedelta(days=1)):
        assert made(*rows, game_row(player_lookup="ann", game_date=day, points=1, points_line=20)) == made(*rows)


# Streak


@pytest.mark.parametrize(
    ("points", "listed"),
    [([26, 26, 26, 10], ("over", 3, "medium")), ([26] * 4, ("over", 4, "medium")), ([10] * 5, ("under", 5, "high"))],
)
def test_a_streak_begins_with_three_games_and_is_sure_with_five(points: list[int], listed: tuple[Any, ...]) -> None:
    found = plays(*games(points))["ann"]
    assert (found["trend_direction"], found["trend_details"]["streak_length"], found["confidence"]) == listed


def test_two_games_are_no_streak() -> None:
    assert plays(*games([26, 26, 10])) == {}


def test_a_push_neither_counts_nor_breaks_a_streak() -> None:
    assert plays(*games([26, 20, 26, 26, 10]))["ann"]["trend_details"]["streak_length"] == 3


def test_e11_11_a_streak_is_as_long_as_the_season_has_it_while_its_newest_game_is_recent() -> None:
    rows = games([26] * 12, every=6, newest=TONIGHT - timedelta(days=30))
    assert plays(*rows)["ann"]["trend_details"]["streak_length"] == 12
    assert plays(*games([26] * 12, every=6, newest=TONIGHT - timedelta(days=31))) == {}


def test_e11_2_the_margin_is_that_of_the_streak_and_the_hit_rate_that_of_ten_games() -> None:
    found = plays(*games([22, 22, 22, 10, 10, 10, 10, 10, 10, 10, 26, 26]))["ann"]["trend_details"]
    assert (found["avg_margin"], found["hit_rate_l10"]) == (2.0, 0.3)


def test_the_longest_streak_first_then_the_larger_margin_then_the_id() -> None:
    rows = [
        *games([23, 23, 23, 10], "a"),
        *games([24, 24, 24, 10], "c"),
        *games([24, 24, 24, 10], "b"),
        *games([21, 21, 21, 21, 10], "d"),
        *games([21] * 5, "e"),
    ]
    assert list(plays(*rows)) == ["e", "d", "b", "c", "a"]


# Momentum


def momentum(newest: Sequence[int], before: Sequence[int]) -> Trend | None:
    return momentum_of(games([*newest, *before], lines=None)[::-1])


@pytest.mark.parametrize(
    ("newest", "before", "expected"),
    [
        # 9.2 against 8.0, which is 15 percent exactly; 23 against 20.
        ([9, 9, 9, 9, 10], [7, 7, 7, 7, 7, 7, 8, 8, 8, 8], (True, 15.0, False)),
        ([23] * 5, [18, 18, 18, 18, 18, 19, 19, 19, 19, 19], (True, 15.0, False)),
        ([10] * 5, [5, 5, 5, 6, 6, 8, 8, 8, 9, 10], (True, 25.0, True)),
        ([6] * 5, [9] * 10, (False, -25.0, True)),
        ([17] * 5, [21, 21, 21, 21, 21, 22, 22, 22, 22, 22], (False, -15.0, False)),
    ],
)
def test_vectors_of_momentum(newest: list[int], before: list[int], expected: tuple[Any, ...]) -> None:
    found = momentum(newest, before)
    assert found is not None
    assert (found.is_over, found.details["pct_change"], found.is_sure) == expected


def test_less_than_fifteen_percent_is_no_momentum() -> None:
    assert momentum([9, 9, 9, 9, 10], [7, 7, 7, 7, 7, 7, 8, 8, 8, 9]) is None


@pytest.mark.parametrize(("before", "found"), [(5, True), (4, False)])
def test_momentum_needs_ten_games(before: int, found: bool) -> None:
    assert (momentum([30] * 5, [10] * before) is not None) is found


def test_momentum_looks_at_fifteen_games() -> None:
    assert momentum([20] * 5, [20] * 10 + [0] * 50) is None


def test_a_player_who_never_scores_has_no_momentum() -> None:
    assert momentum([0] * 5, [0] * 10) is None


def test_e11_3_momentum_is_of_played_games_of_the_last_45_days() -> None:
    rows = flat(10, 30, newest=LAST_GAME, every=2)
    older = [
        game_row(player_lookup="ann", game_date=TONIGHT - timedelta(days=46 + n), points=10, points_line=None)
        for n in range(5)
    ]
    missed = [
        game_row(player_lookup="ann", game_date=YESTERDAY - timedelta(days=2 * n), points=0, is_dnp=True)
        for n in range(5)
    ]
    assert plays(*rows, *older, *missed) == {}
    inside = [row._replace(game_date=row.game_date + timedelta(days=5)) for row in older]
    assert plays(*rows, *inside)["ann"]["trend_type"] == "momentum"


# Rest


def rest(gap: int, rested: Sequence[int], tired: Sequence[int], others: Sequence[int] = ()) -> Trend | None:
    groups = [games(points, lines=None) for points in (rested, tired, others)]
    return rest_of(gap, rested=groups[0], tired=groups[1], every=[row for group in groups for row in group])


def test_vector_of_a_fresh_player_who_is_worse_when_rested() -> None:
    """Rested 18.0, overall 20.2, on back-to-backs 15.0."""
    found = rest(4, [18] * 5, [15] * 5, [24] * 9 + [25])
    assert found is not None
    shown = {name: found.details[name] for name in ("rested_avg", "b2b_avg", "overall_avg", "rest_impact")}
    assert shown == {"rested_avg": 18.0, "b2b_avg": 15.0, "overall_avg": 20.3, "rest_impact": 3.0}
    assert (found.details["rest_status"], found.is_over) == ("fresh", False)


@pytest.mark.parametrize(("gap", "status"), [(1, "tired"), (2, None), (3, "fresh"), (7, "fresh"), (8, None)])
def test_fresh_is_a_gap_of_three_to_seven_and_tired_one_of_one(gap: int, status: str | None) -> None:
    found = rest(gap, [26] * 6, [10] * 6)
    assert (None if found is None else found.details["rest_status"]) == status


@pytest.mark.parametrize(("gap", "tired", "is_over"), [(1, 10, False), (1, 30, True)])
def test_e11_4_a_tired_player_goes_the_way_of_his_back_to_backs(gap: int, tired: int, is_over: bool) -> None:
    found = rest(gap, [20] * 6, [tired] * 6)
    assert found is not None
    assert found.is_over is is_over


@pytest.mark.parametrize(("gap", "rested", "tired"), [(4, 4, 9), (1, 9, 2)])
def test_the_rest_of_tonight_needs_games_of_its_kind(gap: int, rested: int, tired: int) -> None:
    assert rest(gap, [30] * rested, [10] * tired) is None
    assert rest(gap, [30] * (rested + (gap > 1)), [10] * (tired + (gap == 1))) is not None


@pytest.mark.parametrize(("points", "found"), [(24, True), (23, False)])
def test_rest_makes_a_difference_of_two_points(points: int, found: bool) -> None:
    """Half of the games are rested: the average of all is half as far from theirs."""
    assert (rest(4, [points] * 6, [], [20] * 6) is not None) is found


@pytest.mark.parametrize(("games_", "points", "sure"), [(10, 23, True), (9, 23, False), (10, 22, False)])
def test_a_trend_of_rest_is_sure_with_ten_games_and_three_points(games_: int, points: int, sure: bool) -> None:
    found = rest(4, [points] * games_, [20], [18] * games_)
    assert found is not None
    assert found.is_sure is sure


def test_without_a_back_to_back_the_average_of_all_stands_in() -> None:
    found = rest(4, [30] * 6, [], [20] * 6)
    assert found is not None
    assert (found.details["b2b_avg"], found.details["overall_avg"], found.details["rest_impact"]) == (None, 25.0, 5.0)


def test_e11_5_gaps_are_within_a_season_and_of_four_of_them() -> None:
    """Twenty points each; five rested games with more, before the summer or before the horizon."""
    now = flat(20, 20, newest=date(2025, 1, 12), every=2)

    def sample(newest: date) -> int:
        rows = [*now, *flat(8, 35, newest=newest, every=4)]
        found = plays(*rows)
        return int(found["ann"]["trend_details"]["sample_games"]) if found else 0

    assert sample(date(2024, 4, 10)) == 7
    assert sample(date(2021, 12, 20)) == 7
    assert sample(date(2021, 9, 30)) == 0


def test_e11_6_the_gap_is_that_of_the_last_game_played() -> None:
    rows = [*flat(20, 20, newest=date(2025, 1, 12), every=2), *flat(8, 35, newest=date(2024, 4, 10), every=4)]
    missed = game_row(player_lookup="ann", game_date=YESTERDAY, points=None, is_dnp=True)
    assert plays(*rows, missed)["ann"]["trend_details"]["days_rest"] == 3


# The list


def test_a_player_is_shown_once_and_counted_with_every_trend() -> None:
    found = made(*games([30] * 5 + [10] * 10))
    assert found["by_trend_type"] == {"streak": 1, "momentum": 1, "rest": 0}
    assert found["shown_by_trend_type"] == {"streak": 1, "momentum": 0, "rest": 0}
    assert [play["trend_type"] for play in found["trend_plays"]] == ["streak"]


def test_e11_9_the_sure_first_then_by_type_then_by_strength() -> None:
    rows = [
        *games([23, 23, 23, 10], "streak"),
        *flat(5, 30, player="sure", newest=LAST_GAME),
        *flat(10, 20, player="sure", newest=LAST_GAME - timedelta(days=10)),
        *flat(5, 24, player="more", newest=LAST_GAME),
        *flat(10, 18, player="more", newest=LAST_GAME - timedelta(days=10)),
        *flat(5, 23, player="less", newest=LAST_GAME),
        *flat(10, 18, player="less", newest=LAST_GAME - timedelta(days=10)),
    ]
    assert list(plays(*rows)) == ["sure", "streak", "more", "less"]


def test_the_declared_windows_hold_all_that_is_shown() -> None:
    rows = [
        GAME,
        *games([26] * 5),
        *flat(20, 20, player="bob", newest=date(2025, 1, 12)),
        *flat(8, 35, player="bob", newest=date(2021, 12, 20), every=4),
    ]
    assert document(EXPORT, *scanned(EXPORT, rows)) == document(EXPORT, *rows)
    assert document(EXPORT, *rows)["total_trend_plays"] == 2
