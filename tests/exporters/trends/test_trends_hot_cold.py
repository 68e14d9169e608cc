from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from exporters.declaration import Cache, Follows, Grain, Json
from exporters.trends.trends_hot_cold import HOT_COLD as EXPORT
from tests.support.nights import GENERATED_AT, document, key_paths, scanned
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

KEYS = (
    "generated_at",
    "as_of_date",
    "time_period",
    "min_games",
    "total_qualifying_players",
    "hot",
    "hot[].player_lookup",
    "hot[].player_full_name",
    "hot[].team_abbr",
    "hot[].position",
    "hot[].heat_score",
    "hot[].hit_rate",
    "hot[].hit_rate_games",
    "hot[].current_streak",
    "hot[].streak_direction",
    "hot[].avg_margin",
    "hot[].rank",
    "hot[].playing_tonight",
    "hot[].tonight",
    "hot[].tonight.opponent",
    "hot[].tonight.game_time",
    "hot[].tonight.home",
    "hot[].injury_status",
    "cold",
    "league_average",
    "league_average.hit_rate",
    "league_average.avg_margin",
)
FIRST_DAY = TONIGHT - timedelta(days=30)


def margins(each: Sequence[float | None], player: str = "ann", **values: Any) -> list[Row]:
    """Return games that miss a line of 20 by some points, newest first; None was not played."""
    return game_log(
        [None if by is None else round(20 + by) for by in each], lines=20, player_lookup=player, every=1, **values
    )


def made(*rows: Row, **options: Any) -> Json:
    return document(EXPORT, *rows, **options)


def one(*rows: Row, **options: Any) -> Json:
    [found] = made(*rows, **options)["hot"]
    return dict(found)


def names(found: Sequence[Json]) -> list[str]:
    return [item["player_lookup"] for item in found]


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("trends-hot-cold", Grain.SEASON, frozenset())
    assert EXPORT.path == "trends/hot-cold/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    assert [(pointer.path, pointer.follows, pointer.cache) for pointer in EXPORT.pointers] == [
        ("trends/whos-hot-v2.json", Follows.TODAY, Cache.HOUR)
    ]


def test_a_whole_document() -> None:
    rows = [
        *margins([6, 6, 6, 6, 6, -5, 12, 12, 16, -5], "ann", team_abbr="BOS", opponent_team_abbr="LAL"),
        *margins([-6, -6, -6, -6, 1, 1, -7, -7, -7, -7], "bob", team_abbr="CHI"),
        registry_row(player_lookup="ann", player_name="Änn Şen", position="SG"),
        registry_row(player_lookup="bob", player_name="Bob", position=None),
        schedule_row(),
    ]
    assert made(*rows) == {
        "generated_at": GENERATED_AT,
        "as_of_date": "2025-01-15",
        "time_period": "last_30_days",
        "min_games": 5,
        "total_qualifying_players": 2,
        "hot": [
            {
                "player_lookup": "ann",
                "player_full_name": "Änn Şen",
                "team_abbr": "BOS",
                "position": "SG",
                "heat_score": 7.3,
                "hit_rate": 0.8,
                "hit_rate_games": 10,
                "current_streak": 5,
                "streak_direction": "over",
                "avg_margin": 6.0,
                "rank": 1,
                "playing_tonight": True,
                "tonight": {"opponent": "LAL", "game_time": "7:30 PM ET", "home": False},
                "injury_status": "available",
            }
        ],
        "cold": [
            {
                "player_lookup": "bob",
                "player_full_name": "Bob",
                "team_abbr": "CHI",
                "position": None,
                "heat_score": 1.6,
                "hit_rate": 0.2,
                "hit_rate_games": 10,
                "current_streak": 4,
                "streak_direction": "under",
                "avg_margin": -5.0,
                "rank": 1,
                "playing_tonight": False,
                "tonight": None,
                "injury_status": None,
            }
        ],
        "league_average": {"hit_rate": 0.5, "avg_margin": 0.5},
    }
    assert tuple(path for path in key_paths(made(*rows)) if not path.startswith("cold[]")) == KEYS


# Heat: the vectors of the contract (§12.1)

VECTORS = [
    ([6, 6, 6, 6, 6, -5, 12, 12, 16, -5], (0.8, 5, "over", 6.0), 7.3),
    ([-6, -6, -6, -6, 1, 1, -7, -7, -7, -7], (0.2, 4, "under", -5.0), 1.6),
    ([-10] * 10, (0.0, 10, "under", -10.0), 0.0),
    ([-1] * 5 + [11] * 10, (0.667, 5, "under", 7.0), 5.5),
]


@pytest.mark.parametrize(("each", "figures", "heat"), VECTORS)
def test_vectors_of_heat(each: list[float], figures: tuple[Any, ...], heat: float) -> None:
    found = one(*margins(each))
    shown = tuple(found[key] for key in ("hit_rate", "current_streak", "streak_direction", "avg_margin"))
    assert (shown, found["heat_score"]) == (figures, heat)


def test_e5_1_a_run_of_unders_adds_no_heat() -> None:
    """Eight of ten over, but the newest two under: no run of overs counts."""
    long = one(*margins([-1, -1, -1, -1, -1, 9, 9, 9, 9, 9]))
    short = one(*margins([-1, 9, -1, 9, -1, 9, -1, 9, -1, 9]))
    assert (long["current_streak"], short["current_streak"]) == (5, 1)
    assert long["heat_score"] == short["heat_score"]


# The window


def test_games_of_the_30_days_before_the_date_count_and_no_others() -> None:
    inside = [game_row(player_lookup="ann", game_date=FIRST_DAY + timedelta(days=n), points=25) for n in range(5)]
    outside = [
        game_row(player_lookup="ann", game_date=FIRST_DAY - timedelta(days=1), points=10),
        game_row(player_lookup="ann", game_date=TONIGHT, points=10),
        game_row(player_lookup="ann", game_date=TONIGHT + timedelta(days=1), points=10),
    ]
    assert one(*inside)["hit_rate_games"] == 5
    assert made(*inside, *outside) == made(*inside)


def test_the_run_is_cut_to_the_window() -> None:
    rows = [game_row(player_lookup="ann", game_date=FIRST_DAY + timedelta(days=n), points=25) for n in range(-6, 6)]
    assert (one(*rows)["current_streak"], one(*rows)["hit_rate_games"]) == (6, 6)


@pytest.mark.parametrize(
    "uncounted",
    [
        {"points": 20, "points_line": 20, "over_under_result": "OVER"},
        {"points": 30, "points_line": None},
        {"points": 0, "points_line": 20, "is_dnp": True},
        {"points": 0, "points_line": 20, "is_active": False},
        {"points": None, "points_line": 20},
        {"points": 2, "points_line": 20, "is_partial_game_data": True},
    ],
)
def test_what_decides_nothing_neither_counts_nor_breaks_a_run(uncounted: dict[str, Any]) -> None:
    rows = margins([5, 5, 5, 5, 5], newest=LAST_GAME - timedelta(days=1))
    assert made(*rows, game_row(player_lookup="ann", game_date=LAST_GAME, **uncounted)) == made(*rows)


def test_five_decided_games_are_needed() -> None:
    assert made(*margins([5, 5, 5, 5, 0]))["total_qualifying_players"] == 0
    assert made(*margins([5, 5, 5, 5, -1]))["total_qualifying_players"] == 1


def test_a_second_row_of_a_game_does_not_count() -> None:
    rows = margins([5, 5, 5, 5, 5])
    older = rows[0]._replace(points=1, processed_at=rows[0].processed_at - 1)
    assert made(*rows, older) == made(*rows)


# The lists


@pytest.mark.parametrize(
    ("number", "hot", "cold"), [(0, 0, 0), (1, 1, 0), (2, 1, 1), (3, 2, 1), (19, 10, 9), (20, 10, 10), (30, 10, 10)]
)
def test_e5_2_nobody_is_in_both_lists(number: int, hot: int, cold: int) -> None:
    rows = [row for n in range(number) for row in margins([n + 1] * 5, f"p{n:02d}")]
    found = made(*rows)
    assert (len(found["hot"]), len(found["cold"])) == (hot, cold)
    assert not set(names(found["hot"])) & set(names(found["cold"]))
    assert names(found["hot"]) == [f"p{n:02d}" for n in range(number - 1, number - 1 - hot, -1)]
    assert names(found["cold"]) == [f"p{n:02d}" for n in range(cold)]
    for listed in (found["hot"], found["cold"]):
        assert [item["rank"] for item in listed] == list(range(1, len(listed) + 1))


def test_e5_3_order_is_by_unrounded_heat_then_margin_then_games_then_id() -> None:
    """Margins beyond ten points add no heat; the others differ below the decimal that is shown."""
    rows = [
        *margins([8, 8, 8, 8, 8, 8, 8, 8, 8, 8], "a"),
        *margins([8, 8, 8, 8, 8, 8, 8, 8, 8, 9], "b"),
        *margins([30] * 10, "d"),
        *margins([40] * 10, "c"),
        *margins([30] * 11, "e"),
        *margins([30] * 11, "ee"),
    ]
    found = made(*rows)
    assert names(found["hot"]) == ["c", "e", "ee"]
    assert names(found["cold"]) == ["a", "b", "d"]
    assert found["cold"][0]["heat_score"] == found["cold"][1]["heat_score"] == 9.8


def test_e5_5_averages_count_every_player_once_from_exact_values() -> None:
    rows = [*margins([1, 1, -1, -1, -1, -1], "ann"), *margins([1, 1, -1, -1, -1, -1], "bob"), *margins([1] * 9, "cem")]
    assert made(*rows)["league_average"] == {"hit_rate": 0.556, "avg_margin": 0.11}


def test_without_players_there_are_no_averages() -> None:
    found = made(schedule_row())
    assert (found["hot"], found["cold"]) == ([], [])
    assert found["league_average"] == {"hit_rate": None, "avg_margin": None}
    assert EXPORT.is_empty(found)


# Tonight


def test_e_x9_a_traded_player_is_with_the_team_of_tonight() -> None:
    rows = [*margins([5] * 5, team_abbr="CHI"), schedule_row()]
    assert one(*rows)["team_abbr"] == "CHI"
    traded = one(*rows, context_row(player_lookup="ann", team_abbr="BOS", opponent_team_abbr="LAL", home_game=False))
    assert (traded["team_abbr"], traded["tonight"]["opponent"], traded["tonight"]["home"]) == ("BOS", "LAL", False)


def test_e_x9_without_a_game_tonight_the_team_is_that_of_the_newest_game_played() -> None:
    rows = margins([None, 5, 5, 5, 5, 5], team_abbr="CHI")
    newest = [rows[0]._replace(team_abbr="MIA"), rows[1]._replace(team_abbr="DEN"), *rows[2:]]
    assert one(*newest)["team_abbr"] == "DEN"


def test_e_x15_whoever_is_out_is_listed_with_the_status() -> None:
    rows = [*margins([5] * 5), schedule_row(), context_row(player_lookup="ann")]
    found = one(*rows, injury_row(player_lookup="ann", injury_status="Out"))
    assert (found["playing_tonight"], found["injury_status"]) == (True, "out")


def test_a_day_without_games_changes_nothing_but_tonight() -> None:
    rows = margins([5] * 5)
    off, on = one(*rows), one(*rows, schedule_row())
    assert {key for key in on if on[key] != off[key]} == {"playing_tonight", "tonight", "injury_status"}


def test_a_game_without_a_known_tip_off_has_no_time() -> None:
    assert one(*margins([5] * 5), schedule_row(game_date_est=None))["tonight"]["game_time"] is None


def test_the_declared_windows_hold_all_that_is_shown() -> None:
    rows = [*margins([5] * 20), *margins([-5] * 9, "bob"), schedule_row(), context_row(player_lookup="bob")]
    assert made(*scanned(EXPORT, rows)) == made(*rows)
