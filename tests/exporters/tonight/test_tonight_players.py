"""``tonight-players``: the document (contract: tonight-and-streaks B2)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exporters.bets.predictions import PREDICTIONS
from exporters.config import ExportConfig
from exporters.declaration import Cache, Follows, Gate, Grain, Json
from exporters.tonight.tonight import TONIGHT as TONIGHT_EXPORT
from exporters.tonight.tonight_players import TONIGHT_PLAYERS as EXPORT
from exporters.tonight.tonight_players import no_game
from tests.support.nights import GENERATED_AT, document, key_paths, player_document, player_documents
from tests.support.rows import (
    TONIGHT,
    Row,
    context_row,
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


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("tonight-players", Grain.PLAYER, {Gate.CONTEXT, Gate.CHAMPION})
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
    assert EXPORT.build_no_game is no_game


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
