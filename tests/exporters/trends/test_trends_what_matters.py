from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from exporters.declaration import Cache, Follows, Grain, Json
from exporters.trends.trends_what_matters import NOTHING
from exporters.trends.trends_what_matters import WHAT_MATTERS as EXPORT
from tests.support.nights import GENERATED_AT, document, night, scanned
from tests.support.rows import LAST_GAME, TONIGHT, Row, game_row, registry_row, schedule_row

FIRST_DAY = TONIGHT - timedelta(days=365)
NO_FACTORS: Json = {"rest": {}, "home_away": {}}


def games(points: Sequence[int], player: str = "ann", *, every: int = 2, **values: Any) -> list[Row]:
    """Return games whose line half a point parts them: positive points are over it, negative ones under it."""
    return [
        game_row(
            player_lookup=player,
            game_date=LAST_GAME - timedelta(days=every * n),
            **{"points": abs(scored), "points_line": abs(scored) - 0.5 if scored > 0 else abs(scored) + 0.5, **values},
        )
        for n, scored in enumerate(points)
    ]


def kinds(*rows: Row, **options: Any) -> Json:
    return dict(document(EXPORT, *rows, **options)["archetypes"])


def insights(*rows: Row) -> list[str]:
    return list(document(EXPORT, *rows)["key_insights"])


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("trends-what-matters", Grain.SEASON, frozenset())
    assert EXPORT.path == "trends/what-matters/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    [pointer] = EXPORT.pointers
    assert (pointer.path, pointer.follows, pointer.cache) == (
        "trends/what-matters.json",
        Follows.TODAY,
        Cache.HALF_DAY,
    )
    assert pointer.cache.header == "public, max-age=43200"


def test_a_whole_document() -> None:
    stars = [*games([22, -22] * 30, "ann"), *games([30] * 20, "bob", every=1, at_home=False)]
    rows = [*stars, registry_row(player_lookup="ann", player_name="Änn"), *games([-6] * 25, "cem")]
    assert document(EXPORT, *rows) == {
        "generated_at": GENERATED_AT,
        "as_of_date": "2025-01-15",
        "archetypes": {
            "star": {
                "description": "22+ PPG stars",
                "player_count": 2,
                "example_players": ["bob", "Änn"],
                "overall_over_pct": 62.5,
                "factors": {
                    "rest": {"one_day": {"games": 58, "over_pct": 50.0}},
                    "home_away": {"home": {"games": 60, "over_pct": 50.0}},
                },
            },
            "scorer": {
                "description": "15-22 PPG scorers",
                "player_count": 0,
                "example_players": [],
                "overall_over_pct": None,
                "factors": NO_FACTORS,
            },
            "rotation": {
                "description": "8-15 PPG rotation",
                "player_count": 0,
                "example_players": [],
                "overall_over_pct": None,
                "factors": NO_FACTORS,
            },
            "role_player": {
                "description": "Under 8 PPG role players",
                "player_count": 1,
                "example_players": ["cem"],
                "overall_over_pct": 0.0,
                "factors": {"rest": {"one_day": {"games": 24, "over_pct": 0.0}}, "home_away": {}},
            },
        },
        "key_insights": ["Stars go over their line more often than role players: 62.5% against 0.0%"],
    }


def test_without_rows_everything_is_empty_and_one_sentence_says_so() -> None:
    found = document(EXPORT, schedule_row())
    assert [kind["player_count"] for kind in found["archetypes"].values()] == [0, 0, 0, 0]
    assert [kind["overall_over_pct"] for kind in found["archetypes"].values()] == [None] * 4
    assert found["key_insights"] == [NOTHING]
    assert EXPORT.is_empty(found)


# Types of player


@pytest.mark.parametrize(
    ("points", "kind"),
    [(22, "star"), (21, "scorer"), (15, "scorer"), (14, "rotation"), (8, "rotation"), (7, "role_player")],
)
def test_a_type_begins_with_its_points_per_game(points: int, kind: str) -> None:
    found = kinds(*games([points] * 20))
    assert {name: one["player_count"] for name, one in found.items() if one["player_count"]} == {kind: 1}


def test_the_average_is_compared_unrounded() -> None:
    """21.95 points are shown as 22.0 elsewhere."""
    rows = games([22] * 19 + [21])
    assert str(night(*rows).season.ppg) == "22.0"
    assert kinds(*rows)["scorer"]["player_count"] == 1


def test_twenty_played_games_of_the_window_are_needed() -> None:
    rows = games([20] * 19)
    assert kinds(*rows)["scorer"]["player_count"] == 0
    assert kinds(*rows, game_row(player_lookup="ann", game_date=FIRST_DAY, points=20))["scorer"]["player_count"] == 1
    outside = [FIRST_DAY - timedelta(days=1), TONIGHT]
    more = [game_row(player_lookup="ann", game_date=day, points=20) for day in outside]
    assert kinds(*rows, *more)["scorer"]["player_count"] == 0


@pytest.mark.parametrize("values", [{"is_dnp": True}, {"is_active": False}, {"is_partial_game_data": True}])
def test_e7_3_games_not_played_lower_no_average(values: dict[str, Any]) -> None:
    rows = games([22] * 20)
    missed = [
        game_row(player_lookup="ann", game_date=LAST_GAME - timedelta(days=2 * n + 1), points=0, **values)
        for n in range(5)
    ]
    # An unfinished game has been played, so that it is rest that it changes.
    without = {key: value for key, value in kinds(*rows)["star"].items() if key != "factors"}
    assert {key: value for key, value in kinds(*rows, *missed)["star"].items() if key != "factors"} == without


def test_a_player_without_a_decided_game_is_not_counted() -> None:
    assert kinds(*games([20] * 25, points_line=None))["scorer"]["player_count"] == 0
    assert kinds(*games([20] * 25, points_line=20))["scorer"]["player_count"] == 0


def test_e7_1_three_examples_by_points_per_game_then_by_id() -> None:
    rows = [
        row for player, points in (("d", 25), ("a", 25), ("b", 40), ("c", 24)) for row in games([points] * 20, player)
    ]
    assert kinds(*rows)["star"]["example_players"] == ["b", "a", "d"]


# Factors


def test_e7_2_rest_counts_nights_between_played_games_with_or_without_a_line() -> None:
    """Twenty games with a line, each the day after one without."""
    lined = games([20] * 20, every=4)
    between = [row._replace(game_date=row.game_date - timedelta(days=1), points_line=None) for row in lined]
    rest = kinds(*lined, *between)["scorer"]["factors"]["rest"]
    assert rest == {"b2b": {"games": 20, "over_pct": 100.0}}


def test_e7_2_a_summer_is_no_rest() -> None:
    late = games([20] * 20, every=3)
    earlier = [row._replace(game_date=row.game_date - timedelta(days=300)) for row in late[:15]]
    rested = kinds(*late, *earlier)["scorer"]["factors"]["rest"]["rested"]
    assert rested["games"] == 19 + 14


@pytest.mark.parametrize(("every", "bucket"), [(1, "b2b"), (2, "one_day"), (3, "rested"), (8, "rested")])
def test_buckets_of_rest(every: int, bucket: str) -> None:
    assert list(kinds(*games([20] * 25, every=every))["scorer"]["factors"]["rest"]) == [bucket]


@pytest.mark.parametrize(("number", "shown"), [(20, False), (21, True)])
def test_a_bucket_of_rest_needs_twenty_games(number: int, shown: bool) -> None:
    """The first game has no rest."""
    assert bool(kinds(*games([20] * number))["scorer"]["factors"]["rest"]) is shown


@pytest.mark.parametrize(("number", "shown"), [(49, False), (50, True)])
def test_a_place_needs_fifty_games(number: int, shown: bool) -> None:
    assert bool(kinds(*games([20] * number))["scorer"]["factors"]["home_away"]) is shown


def test_e7_5_the_place_of_an_official_game_id_is_looked_up_and_else_unknown() -> None:
    rows = games([20] * 60, game_id="0022400001")
    assert kinds(*rows)["scorer"]["factors"]["home_away"] == {}
    known = [
        schedule_row(game_date=row.game_date, home_team_tricode="LAL", away_team_tricode="CHI", game_id="0022400001")
        for row in rows
    ]
    assert kinds(*rows, *known)["scorer"]["factors"]["home_away"] == {"home": {"games": 60, "over_pct": 100.0}}


def test_e7_4_buckets_have_a_fixed_order() -> None:
    rows = [
        *games([20] * 70, "ann", every=3),
        *games([20] * 70, "bob", every=1, at_home=False),
        *games([20] * 70, "cem", every=2),
    ]
    factors = kinds(*rows)["scorer"]["factors"]
    assert (list(factors["rest"]), list(factors["home_away"])) == (["b2b", "one_day", "rested"], ["home", "away"])


# Sentences


def overs(of: int, many: int, points: int = 25) -> list[int]:
    return [points] * many + [-points] * (of - many)


@pytest.mark.parametrize(("role", "told"), [(45, True), (46, False), (55, True), (54, False)])
def test_e7_7_stars_and_role_players_differ_by_five_points(role: int, told: bool) -> None:
    rows = [*games(overs(100, 50)), *games(overs(100, role, 5), "bob")]
    more = "more" if role < 50 else "less"
    sentence = f"Stars go over their line {more} often than role players: 50.0% against {role}.0%"
    assert (sentence in insights(*rows)) is told


@pytest.mark.parametrize(("b2b", "told"), [(49, True), (50, False)])
def test_stars_on_back_to_backs_and_rested_differ_by_two_points(b2b: int, told: bool) -> None:
    """Of a hundred games with such rest; the first game of each player is over and has none."""
    tired = games([*overs(100, b2b), 25], "ann", every=1)
    rested = [row for n in range(4) for row in games([*overs(25, 12 + (n > 0)), 25], f"bob{n}", every=3)]
    sentence = "Stars go over less often on back-to-backs: 49.0% against 51.0% after two or more days of rest"
    assert (sentence in insights(*tired, *rested)) is told


@pytest.mark.parametrize(("away", "told"), [(47, True), (48, False)])
def test_places_of_every_type_differ_by_three_points(away: int, told: bool) -> None:
    home = games(overs(100, 50, 16), "ann")
    road = games(overs(100, away, 16), "bob", at_home=False)
    sentence = "15-22 PPG scorers go over more often at home: 50.0% against 47.0% on the road"
    assert (sentence in insights(*home, *road)) is told


def test_at_most_five_sentences_in_the_stated_order() -> None:
    rows = [
        row
        for points in (25, 16, 9, 5)
        for row in (
            *games(overs(100, 100 - 20 * (points < 6), points), f"home{points}", every=1),
            *games(overs(100, 60, points), f"road{points}", every=3, at_home=False),
        )
    ]
    found = insights(*rows)
    assert [sentence.split(":")[0] for sentence in found] == [
        "Stars go over their line more often than role players",
        "Stars go over more often on back-to-backs",
        "Stars go over more often at home",
        "15-22 PPG scorers go over more often at home",
        "8-15 PPG rotation players go over more often at home",
    ]


def test_the_declared_windows_hold_all_that_is_shown() -> None:
    rows = [*games([25, -25] * 60, every=3), *games([9, -9, -9] * 30, "bob", at_home=False)]
    assert document(EXPORT, *scanned(EXPORT, rows)) == document(EXPORT, *rows)
