from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.declaration import Cache, Follows, Gate, Grain, Json
from exporters.predictions import PREDICTIONS
from exporters.streaks import STREAKS
from exporters.tonight import TONIGHT as TONIGHT_EXPORT
from exporters.tonight_players import TONIGHT_PLAYERS as EXPORT
from exporters.tonight_players import form_entry, no_game
from tests.support.nights import GENERATED_AT, document, key_paths, player_document, player_documents
from tests.support.rows import (
    LAST_GAME,
    TONIGHT,
    Row,
    context_row,
    defense_rows,
    factors_row,
    game_log,
    game_row,
    injury_row,
    player_rows,
    prediction_row,
    registry_row,
    schedule_row,
)

KEYS = (
    "player_lookup",
    "player_full_name",
    "game_date",
    "generated_at",
    "games_played",
    "limited_data",
    "game_context",
    "game_context.game_id",
    "game_context.opponent",
    "game_context.home_game",
    "game_context.team_abbr",
    "game_context.line",
    "game_context.days_rest",
    "game_context.is_back_to_back",
    "game_context.injury_status",
    "game_context.injury_reason",
    "quick_numbers",
    "quick_numbers.season_ppg",
    "quick_numbers.season_mpg",
    "quick_numbers.games_played",
    "quick_numbers.last_10_ppg",
    "quick_numbers.last_10_mpg",
    "quick_numbers.last_5_ppg",
    "quick_numbers.last_5_mpg",
    "fatigue",
    "fatigue.score",
    "fatigue.level",
    "fatigue.context",
    "current_streak",
    "current_streak.type",
    "current_streak.length",
    "tonights_factors",
    "recent_form",
    "recent_form[].game_date",
    "recent_form[].opponent",
    "recent_form[].home_game",
    "recent_form[].is_dnp",
    "recent_form[].points",
    "recent_form[].minutes",
    "recent_form[].fg",
    "recent_form[].three",
    "recent_form[].ft",
    "recent_form[].over_under",
    "recent_form[].line",
    "recent_form[].margin",
    "recent_form[].vs_avg",
    "prediction",
    "prediction.predicted_points",
    "prediction.confidence_score",
    "prediction.recommendation",
    "prediction.line",
    "prediction.edge",
    "prediction.pace_adjustment",
    "prediction.similar_games",
)


def built(*rows: Row, **options: Any) -> Json:
    return player_document(EXPORT, *rows, **options)


def factor(name: str, *rows: Row) -> Json | None:
    """Return tonight's factor of a name, if there is one."""
    found = [factor for factor in built(*rows)["tonights_factors"] if factor["factor"] == name]
    assert len(found) <= 1
    return found[0] if found else None


def games_of(day: str, *points: int, overs: int = 0, **values: Any) -> list[Row]:
    """Return a game per points, a week apart back from ``day``; the newest ``overs`` of them went over their line."""
    return [
        game_row(
            **{
                "game_date": date.fromisoformat(day) - timedelta(days=7 * i),
                "points": scored,
                "points_line": scored - 1 if i < overs else scored + 1,
                **values,
            }
        )
        for i, scored in enumerate(points)
    ]


# The document


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("tonight-players", Grain.PLAYER, {Gate.CONTEXT})
    assert [(pointer.path, pointer.follows, pointer.cache) for pointer in EXPORT.pointers] == [
        ("tonight/player/{player}.json", Follows.TODAY, Cache.SHORT)
    ]
    assert EXPORT.path_of(TONIGHT, "lebronjames") == "tonight/player/2025-01-15/lebronjames.json"
    shown = built(*player_rows())
    assert EXPORT.cache_of(shown, settled=False).header == "public, max-age=300"


def test_a_whole_document() -> None:
    assert built(
        schedule_row(),
        context_row(days_rest=1, back_to_back=True),
        prediction_row(predicted_points=20, pace_adjustment=-0.71, similar_games_count=12),
        registry_row(),
        factors_row(fatigue_score=69, fatigue_context_json='{"days_rest": 1}'),
        injury_row(injury_status="probable", reason="Rest"),
        game_row(game_date="2025-01-14", points=20, minutes_played=35.7, points_line=24.5, ft_attempts=0),
        game_row(game_date="2025-01-13", points=30, opponent_team_abbr="DET", at_home=False, points_line=24.5),
        game_row(game_date="2025-01-11", points=None, is_dnp=True, points_line=24.5),
    ) == {
        "player_lookup": "lebronjames",
        "player_full_name": "LeBron James",
        "game_date": "2025-01-15",
        "generated_at": GENERATED_AT,
        "games_played": 2,
        "limited_data": True,
        "game_context": {
            "game_id": "20250115_BOS_LAL",
            "opponent": "BOS",
            "home_game": True,
            "team_abbr": "LAL",
            "line": 22.5,
            "days_rest": 1,
            "is_back_to_back": True,
            "injury_status": "probable",
            "injury_reason": "Rest",
        },
        "quick_numbers": {
            "season_ppg": 25.0,
            "season_mpg": 34.9,
            "games_played": 2,
            "last_10_ppg": 25.0,
            "last_10_mpg": 34.9,
            "last_5_ppg": 25.0,
            "last_5_mpg": 34.9,
        },
        "fatigue": {"score": 69.0, "level": "tired", "context": '{"days_rest": 1}'},
        "current_streak": {"type": "under", "length": 1},
        "tonights_factors": [
            {
                "factor": "back_to_back",
                "direction": "negative",
                "impact": -10.0,
                "vs_line_pct": 0.0,
                "description": "B2B: averages 20.0 vs 30.0 normally (-10.0), 0% OVER",
            },
            {"factor": "fatigue", "direction": "negative", "description": "Elevated fatigue (score: 69.0)"},
        ],
        "recent_form": [
            {
                "game_date": "2025-01-14",
                "opponent": "CHI",
                "home_game": True,
                "is_dnp": False,
                "points": 20,
                "minutes": 35.7,
                "fg": "8/15",
                "three": "1/4",
                "ft": None,
                "over_under": "UNDER",
                "line": 24.5,
                "margin": -4.5,
                "vs_avg": "U",
            },
            {
                "game_date": "2025-01-13",
                "opponent": "DET",
                "home_game": False,
                "is_dnp": False,
                "points": 30,
                "minutes": 34.0,
                "fg": "8/15",
                "three": "1/4",
                "ft": "3/4",
                "over_under": "OVER",
                "line": 24.5,
                "margin": 5.5,
                "vs_avg": "O",
            },
            {
                "game_date": "2025-01-11",
                "opponent": "CHI",
                "home_game": True,
                "is_dnp": True,
                "points": None,
                "minutes": None,
                "fg": None,
                "three": None,
                "ft": None,
                "over_under": "DNP",
                "line": 24.5,
                "margin": None,
                "vs_avg": "DNP",
            },
        ],
        "prediction": {
            "predicted_points": 20.0,
            "confidence_score": 85.0,
            "recommendation": "OVER",
            "line": 22.5,
            "edge": -2.5,
            "pace_adjustment": -0.71,
            "similar_games": 12,
        },
    }


def test_keys_and_their_order() -> None:
    paths = key_paths(built(schedule_row(), *player_rows()))
    assert tuple(path for path in paths if not path.startswith("tonights_factors[]")) == KEYS


def test_b2_d19_one_document_per_expected_player_in_player_order() -> None:
    rows = [*player_rows("zoe"), *player_rows("ann"), game_row(player_lookup="notexpected")]
    assert list(player_documents(EXPORT, *rows)) == ["ann", "zoe"]


def test_context_but_no_history() -> None:
    found = built(context_row())
    assert found["quick_numbers"] == {
        "season_ppg": None,
        "season_mpg": None,
        "games_played": 0,
        "last_10_ppg": None,
        "last_10_mpg": None,
        "last_5_ppg": None,
        "last_5_mpg": None,
    }
    assert (found["games_played"], found["limited_data"]) == (0, True)
    assert found["recent_form"] == found["tonights_factors"] == []
    assert found["current_streak"] == {"type": None, "length": 0}
    assert found["prediction"] is None
    assert found["fatigue"] == {"score": None, "level": "normal", "context": None}
    assert found["player_full_name"] == "lebronjames"


def test_b2_d12_a_player_without_a_game_keeps_every_key() -> None:
    absent = no_game("lebronjames", TONIGHT, GENERATED_AT)
    assert absent == {
        "player_lookup": "lebronjames",
        "player_full_name": "lebronjames",
        "game_date": "2025-01-15",
        "generated_at": GENERATED_AT,
        "games_played": 0,
        "limited_data": True,
        "game_context": None,
        "quick_numbers": {},
        "fatigue": {"score": None, "level": "normal", "context": None},
        "current_streak": {"type": None, "length": 0},
        "tonights_factors": [],
        "recent_form": [],
        "prediction": None,
    }
    assert list(absent) == [key for key in KEYS if "." not in key]
    assert EXPORT.absent is no_game


# Context, quick numbers, fatigue


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({}, True),
        ({"home_game": False}, False),
        ({"home_game": None}, True),
        ({"home_game": None, "team_abbr": "BOS", "opponent_team_abbr": "LAL"}, False),
    ],
)
def test_home_or_away(context: dict[str, Any], expected: bool) -> None:
    assert built(schedule_row(), context_row(**context))["game_context"]["home_game"] is expected


def test_an_official_game_id_is_published_in_its_canonical_form() -> None:
    rows = [schedule_row(game_id="0022400551"), context_row(game_id="0022400551")]
    assert built(*rows)["game_context"]["game_id"] == "20250115_BOS_LAL"


def test_b2_d2_a_player_without_a_report_is_available() -> None:
    found = built(context_row(), injury_row(game_date="2025-01-14", report_date="2025-01-14", injury_status="out"))
    assert (found["game_context"]["injury_status"], found["game_context"]["injury_reason"]) == ("available", None)


def test_b2_d3_one_context_row_the_newest() -> None:
    old = context_row(days_rest=1, back_to_back=True, processed_at="2025-01-15T09:00:00Z")
    new = context_row(days_rest=3, back_to_back=None, processed_at="2025-01-15T10:00:00Z")
    for rows in ((old, new), (new, old)):
        found = built(*rows)["game_context"]
        assert (found["days_rest"], found["is_back_to_back"]) == (3, None)


def test_b2_d6_quick_numbers_are_of_played_games() -> None:
    points = [None, 10, 20, None, 30, 40, 50, 60, 0, 0, 0, 0, 100]
    numbers = built(context_row(), *game_log(points))["quick_numbers"]
    assert numbers["games_played"] == 11
    assert numbers["last_5_ppg"] == 30.0
    assert numbers["last_10_ppg"] == 21.0
    assert numbers["season_ppg"] == 28.2
    assert numbers["last_10_mpg"] == numbers["last_5_mpg"] == numbers["season_mpg"] == 34.0


def test_null_minutes_are_left_out_of_their_average() -> None:
    rows = [game_row(minutes_played=None), *game_log([20], newest="2025-01-10", minutes_played=25.5)]
    numbers = built(context_row(), *rows)["quick_numbers"]
    assert (numbers["season_mpg"], numbers["season_ppg"], numbers["games_played"]) == (25.5, 20.0, 2)


def test_b2_d15_the_fatigue_context_stays_text() -> None:
    text = json.dumps({"days_rest": 1, "bonuses_applied": []})
    assert built(context_row(), factors_row(fatigue_context_json=text))["fatigue"]["context"] == text


# Recent form


@pytest.mark.parametrize(
    ("points", "line", "margin", "result"),
    [
        (24, 24.5, -0.5, "UNDER"),  # b2-d4: not truncated to 0
        (28, 24.5, 3.5, "OVER"),
        (20, 24.5, -4.5, "UNDER"),
        (24, 24, 0.0, None),  # b2-d20: a push
        (24, None, None, None),
        (None, 24.5, None, None),
    ],
)
def test_b2_d4_margin_and_result(points: int | None, line: float | None, margin: float | None, result: str) -> None:
    entry = form_entry(game_row(points=points, points_line=line, over_under_result="OVER"))
    assert (entry["margin"], entry["over_under"], entry["line"]) == (margin, result, line)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"fg_makes": 3, "fg_attempts": 8}, "3/8"),
        ({"fg_makes": 0, "fg_attempts": 8}, "0/8"),
        ({"fg_makes": None, "fg_attempts": 5}, None),
        ({"fg_makes": 3, "fg_attempts": None}, None),
        ({"fg_makes": 0, "fg_attempts": 0}, None),
    ],
)
def test_b2_d9_shots(values: dict[str, Any], shown: str | None) -> None:
    assert form_entry(game_row(**values))["fg"] == shown


def test_every_kind_of_shot_has_its_own_columns() -> None:
    row = game_row(
        fg_makes=1, fg_attempts=2, three_pt_makes=3, three_pt_attempts=4, ft_makes=5, ft_attempts=6, minutes_played=None
    )
    entry = form_entry(row)
    assert (entry["fg"], entry["three"], entry["ft"], entry["minutes"]) == ("1/2", "3/4", "5/6", None)


def test_a_did_not_play_row_keeps_its_line_and_nothing_else() -> None:
    entry = form_entry(game_row(is_dnp=True, points=0, points_line=19.5))
    assert {key: value for key, value in entry.items() if value is not None} == {
        "game_date": "2025-01-13",
        "opponent": "CHI",
        "home_game": True,
        "is_dnp": True,
        "over_under": "DNP",
        "line": 19.5,
    }


def test_an_unknown_venue_is_null() -> None:
    assert form_entry(game_row(game_id="0022400551"))["home_game"] is None
    assert form_entry(game_row(team_abbr="", game_id="20250113_CHI_LAL"))["home_game"] is None


@pytest.mark.parametrize(
    ("points", "letters"),
    [
        ([30, 10, 20], ["O", "U", "P"]),
        ([0, 0], ["P", "P"]),  # b2-d13: a zero average is an average
    ],
)
def test_against_the_season_average(points: list[int], letters: list[str]) -> None:
    assert [entry["vs_avg"] for entry in built(context_row(), *game_log(points))["recent_form"]] == letters


def test_b2_d14_unknown_points_are_neither_over_nor_under() -> None:
    rows = [game_row(points=None), *game_log([20], newest="2025-01-10")]
    newest, _ = built(context_row(), *rows)["recent_form"]
    assert (newest["is_dnp"], newest["points"], newest["vs_avg"]) == (False, None, "-")


def test_without_a_season_average_there_is_nothing_to_compare_to() -> None:
    rows = [game_row(points=None), game_row(game_date="2024-04-10"), game_row(game_date="2024-04-08", is_dnp=True)]
    form = built(context_row(), *rows)["recent_form"]
    assert ["vs_avg" in entry for entry in form] == [False, False, True]
    assert form[2]["vs_avg"] == "DNP"


def test_the_ten_newest_games_of_any_season_newest_first() -> None:
    rows = [*game_log(range(4), newest="2025-01-13"), *game_log(range(10, 20), newest="2024-04-10")]
    assert [entry["points"] for entry in built(context_row(), *rows)["recent_form"]] == [
        0,
        1,
        2,
        3,
        10,
        11,
        12,
        13,
        14,
        15,
    ]


def test_a_night_does_not_change_what_another_one_shows() -> None:
    rows = [context_row(), context_row(game_date="2025-01-13"), *game_log([30, 10, 20, 40])]
    tonight = built(*rows)
    assert built(*rows, day="2025-01-13") != tonight
    assert built(*rows) == tonight


# The current streak


@pytest.mark.parametrize(
    ("points", "kind", "length"),
    [
        ([None, 20, 30, 30, None, 30], "over", 3),  # b2-d5: DNP and pushes neither count nor break
        ([30, 10], "over", 1),
        ([10, 10, 10, 30], "under", 3),
        ([20, None], None, 0),
        ([], None, 0),
        ([30] * 25, "over", 20),
    ],
)
def test_b2_d5_the_current_streak(points: list[int | None], kind: str | None, length: int) -> None:
    found = built(context_row(), *game_log(points, lines=20))["current_streak"]
    assert found == {"type": kind, "length": length}


def test_b2_d5_a_streak_starts_anew_with_the_season() -> None:
    rows = [*game_log([30], lines=20, newest="2024-10-22"), *game_log([30] * 4, lines=20, newest="2024-04-10")]
    assert built(context_row(), *rows)["current_streak"]["length"] == 1


def test_b2_d5_the_same_streak_as_in_the_streaks_document() -> None:
    rows = [context_row(), *game_log([30, None, 30, 20, 30, 30, 30, 10], lines=20)]
    (listed,) = document(STREAKS, *rows)["streaks"]["over"]
    assert (
        built(*rows)["current_streak"]
        == {"type": "over", "length": listed["streak_length"]}
        == {"type": "over", "length": 5}
    )


# The forecast


def test_a_forecast_without_a_line_is_published() -> None:
    found = built(context_row(), prediction_row(current_points_line=None, recommendation="NO_LINE"))
    assert found["prediction"] == {
        "predicted_points": 24.5,
        "confidence_score": 85.0,
        "recommendation": "NO_LINE",
        "line": None,
        "edge": None,
        "pace_adjustment": None,
        "similar_games": None,
    }
    assert found["game_context"]["line"] is None


def test_b2_d1_the_forecast_is_the_one_of_every_other_document() -> None:
    rows = [
        schedule_row(),
        context_row(),
        prediction_row(predicted_points=10, is_active=False, prediction_version=9),
        prediction_row(predicted_points=11, created_at="2025-01-15T08:00:00Z"),
        prediction_row(predicted_points=12, created_at="2025-01-15T09:00:00Z"),
        prediction_row(predicted_points=13, system_id="another", prediction_version=9),
        prediction_row(predicted_points=14, invalidation_reason="cancelled", prediction_version=9),
        prediction_row(predicted_points=15, prediction_made_before_game=False, prediction_version=9),
    ]
    for order in (rows, rows[::-1]):
        (game,) = document(TONIGHT_EXPORT, *order)["games"]
        (listed,) = document(PREDICTIONS, *order)["games"]
        assert built(*order)["prediction"]["predicted_points"] == 12.0
        assert game["players"][0]["prediction"]["predicted"] == 12.0
        assert listed["predictions"][0]["prediction"]["points"] == 12.0


def test_the_edge_is_forecast_minus_line_whatever_is_stored() -> None:
    found = built(context_row(), prediction_row(predicted_points=20, current_points_line=20.5, line_margin=9.99))
    assert found["prediction"]["edge"] == -0.5


def test_confidence_is_published_from_0_to_100() -> None:
    assert built(context_row(), prediction_row(confidence_score=0.78))["prediction"]["confidence_score"] == 78.0


def test_s_d5_the_champion_is_configuration() -> None:
    rows = [context_row(), prediction_row(), prediction_row(system_id="challenger", predicted_points=10)]
    config = ExportConfig(champion_system_id="challenger")
    assert built(*rows, config=config)["prediction"]["predicted_points"] == 10.0


# Tonight's factors


def test_the_order_of_all_factors() -> None:
    rows = [
        context_row(days_rest=3, back_to_back=True),
        factors_row(fatigue_score=60),
        *defense_rows({"BOS": 100}),
        *games_of("2025-01-13", 10, 20, 30, opponent_team_abbr="BOS"),
        *games_of("2025-01-12", 10, 20, 30, opponent_team_abbr="BOS"),
    ]
    assert [found["factor"] for found in built(*rows)["tonights_factors"]] == [
        "back_to_back",
        "location",
        "vs_opponent",
        "well_rested",
        "fatigue",
        "opponent_defense",
    ]


def pairs(*nights: tuple[int, int], overs: int | None = None) -> list[Row]:
    """Return back-to-back pairs, four days apart: points of the first night and of the second.

    First nights have no line; second nights have one when ``overs`` says how many of them went over it.
    """
    rows = []
    for i, (first, second) in enumerate(nights):
        end = LAST_GAME - timedelta(days=4 * i)
        line = None if overs is None else 1 if i < overs else 50
        rows.append(game_row(game_date=end - timedelta(days=1), points=first, points_line=None))
        rows.append(game_row(game_date=end, points=second, points_line=line))
    return rows


def test_back_to_back_worked_example() -> None:
    context = context_row(back_to_back=True, days_rest=1)
    found = factor("back_to_back", context, *pairs(*[(25, 22), (25, 23)] * 10, overs=9))
    assert found == {
        "factor": "back_to_back",
        "direction": "negative",
        "impact": -2.5,
        "vs_line_pct": 0.45,
        "description": "B2B: averages 22.5 vs 25.0 normally (-2.5), 45% OVER",
    }
    assert list(found) == ["factor", "direction", "impact", "vs_line_pct", "description"]


@pytest.mark.parametrize(
    ("second", "direction", "impact", "text"),
    [(25, "neutral", 0.0, "(+0.0)"), (28, "positive", 3.0, "(+3.0)"), (20, "negative", -5.0, "(-5.0)")],
)
def test_b2_d8_the_direction_of_a_back_to_back(second: int, direction: str, impact: float, text: str) -> None:
    found = factor("back_to_back", context_row(back_to_back=True, days_rest=1), *pairs((25, second)))
    assert found is not None
    assert (found["direction"], found["impact"], found["vs_line_pct"]) == (direction, impact, None)
    assert found["description"] == f"B2B: averages {second}.0 vs 25.0 normally {text}"


def test_no_back_to_back_factor_without_both_averages_or_without_the_context() -> None:
    context = context_row(back_to_back=True, days_rest=1)
    assert factor("back_to_back", context, *games_of("2025-01-13", 20, 20)) is None
    assert factor("back_to_back", context_row(back_to_back=False), *pairs((25, 20))) is None
    assert factor("back_to_back", context_row(back_to_back=None), *pairs((25, 20))) is None


def test_b2_d13_an_average_of_zero_is_an_average() -> None:
    found = factor("back_to_back", context_row(back_to_back=True), *pairs((10, 0)))
    assert found is not None
    assert found["description"] == "B2B: averages 0.0 vs 10.0 normally (-10.0)"
    assert factor("vs_opponent", context_row(), *games_of("2025-01-13", 0, opponent_team_abbr="BOS")) is not None


@pytest.mark.parametrize(("home", "place"), [(True, "home"), (False, "away")])
def test_b2_d16_location_wording(home: bool, place: str) -> None:
    rows = games_of("2025-01-13", 20, 20, 20, overs=2, at_home=home)
    other = games_of("2025-01-12", 50, 50, at_home=not home)
    assert factor("location", context_row(home_game=home), *rows, *other) == {
        "factor": "location",
        "direction": "neutral",
        "vs_line_pct": 0.667,
        "description": f"Averages 20.0 on the {place} (3 games), 67% OVER",
    }


def test_location_needs_three_games_and_a_known_venue() -> None:
    assert factor("location", context_row(), *games_of("2025-01-13", 20, 20)) is None
    rows = games_of("2025-01-13", 20, 20, 20)
    assert factor("location", context_row(home_game=None, game_id="0022400551"), *rows) is None
    assert (
        factor("location", context_row(), *(row._replace(game_id=f"002240000{i}") for i, row in enumerate(rows)))
        is None
    )


@pytest.mark.parametrize(
    ("overs", "games", "percent", "rate"),
    [(6, 11, "55%", 0.545), (23, 40, "58%", 0.575), (5, 8, "63%", 0.625), (1, 8, "13%", 0.125), (0, 3, "0%", 0.0)],
)
def test_b2_d21_percentages_are_rounded_once_away_from_zero(overs: int, games: int, percent: str, rate: float) -> None:
    rows = [
        game_row(game_date=TONIGHT - timedelta(days=2 * i + 2), points=20, points_line=10 if i < overs else 30)
        for i in range(games)
    ]
    found = factor("location", context_row(), *rows)
    assert found is not None
    assert found["vs_line_pct"] == rate
    assert found["description"].endswith(f"({games} games), {percent} OVER")


def test_b2_d20_pushes_are_in_neither_side_of_the_rate() -> None:
    rows = [*games_of("2025-01-13", 20, 20, overs=1), game_row(game_date="2025-01-02", points=20, points_line=20)]
    found = factor("location", context_row(), *rows)
    assert found is not None
    assert found["vs_line_pct"] == 0.5
    assert found["description"] == "Averages 20.0 on the home (3 games), 50% OVER"


def test_vs_opponent_worked_example() -> None:
    rows = [game_row(points=25, points_line=None, opponent_team_abbr="LAL", team_abbr="BOS")]
    context = context_row(team_abbr="BOS", opponent_team_abbr="LAL", home_game=False)
    assert factor("vs_opponent", context, *rows) == {
        "factor": "vs_opponent",
        "direction": "neutral",
        "vs_line_pct": None,
        "description": "Averages 25.0 vs LAL (1 games)",
    }
    assert factor("vs_opponent", context_row(), *rows) is None


def test_splits_are_of_this_season_before_tonight() -> None:
    rows = [
        *games_of("2024-04-10", 50, 50, 50, opponent_team_abbr="BOS"),
        game_row(game_date=TONIGHT, points=50, opponent_team_abbr="BOS"),
    ]
    assert built(context_row(), *rows)["tonights_factors"] == []


def test_b2_d7_rested_is_three_days_in_the_split_as_in_the_trigger() -> None:
    rows = [
        game_row(game_date="2025-01-01", points=50, points_line=None),
        game_row(game_date="2025-01-03", points=50, points_line=None),  # two days
        game_row(game_date="2025-01-06", points=20, points_line=10),  # three days
        game_row(game_date="2025-01-10", points=30, points_line=10),  # four days
    ]
    assert factor("well_rested", context_row(days_rest=4), *rows) == {
        "factor": "well_rested",
        "direction": "positive",
        "vs_line_pct": 1.0,
        "description": "4 days rest: averages 25.0 when rested, 100% OVER",
    }
    assert factor("well_rested", context_row(days_rest=2), *rows) is None
    assert factor("well_rested", context_row(days_rest=None), *rows) is None
    assert factor("well_rested", context_row(days_rest=4), *rows[:2]) is None


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (60, {"factor": "fatigue", "direction": "negative", "description": "Elevated fatigue (score: 60.0)"}),
        (97, {"factor": "fresh", "direction": "positive", "description": "Well-rested (fatigue score: 97.0)"}),
        (80, None),
        (None, None),
    ],
)
def test_fatigue_factors(score: int | None, expected: Json | None) -> None:
    found = built(context_row(), factors_row(fatigue_score=score))["tonights_factors"]
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("better", "tier", "direction", "description"),
    [
        (0, "elite", "negative", "vs BOS (elite defense, #1, allows 112.4 PPG)"),
        (4, "elite", "negative", "vs BOS (elite defense, #5, allows 112.4 PPG)"),
        (5, "good", "negative", "vs BOS (good defense, #6, allows 112.4 PPG)"),
        (9, "good", "negative", "vs BOS (good defense, #10, allows 112.4 PPG)"),
        (14, "average", "neutral", "vs BOS (#15 defense, allows 112.4 PPG)"),
        (19, "average", "neutral", "vs BOS (#20 defense, allows 112.4 PPG)"),
        (20, "weak", "positive", "vs BOS (weak defense, #21, allows 112.4 PPG)"),
    ],
)
def test_opponent_defense(better: int, tier: str, direction: str, description: str) -> None:
    teams = {"BOS": 112.4, **{f"B{n:02d}": 100 + n / 10 for n in range(better)}}
    assert factor("opponent_defense", context_row(), *defense_rows(teams)) == {
        "factor": "opponent_defense",
        "direction": direction,
        "defense_rank": better + 1,
        "defense_tier": tier,
        "ppg_allowed": 112.4,
        "description": description,
    }


def test_b2_d10_no_defense_factor_without_a_trustworthy_rank() -> None:
    assert factor("opponent_defense", context_row(), *defense_rows({"BOS": None}, teams=30)) is None
    assert factor("opponent_defense", context_row(), *defense_rows({"BOS": 100}, teams=24)) is None
    stale = defense_rows({"BOS": 100}, analysis_date="2024-12-01")
    assert factor("opponent_defense", context_row(), *stale) is None


def test_b2_d17_partial_inputs_raise_nothing() -> None:
    bare = [
        game_row(minutes_played=None, points_line=None, fg_makes=None, fg_attempts=None, is_dnp=None, is_active=None)
    ]
    assert built(context_row(home_game=None, days_rest=None, back_to_back=None), *bare)["games_played"] == 1
