from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from exporters.bets.predictions import PREDICTIONS as EXPORT
from exporters.config import ExportConfig
from exporters.declaration import Cache, Follows, Gate, Grain, Json
from tests.support.nights import GENERATED_AT, NOT_HALTED, document, key_paths
from tests.support.rows import Row, accuracy_row, context_row, game_row, prediction_row, schedule_row

KEYS = (
    "game_date",
    "generated_at",
    "total_games",
    "total_predictions",
    "games",
    "games[].game_id",
    "games[].home_team",
    "games[].away_team",
    "games[].prediction_count",
    "games[].recommendation_breakdown",
    "games[].recommendation_breakdown.over",
    "games[].recommendation_breakdown.under",
    "games[].recommendation_breakdown.pass",
    "games[].recommendation_breakdown.no_line",
    "games[].predictions",
    "games[].predictions[].player_lookup",
    "games[].predictions[].team",
    "games[].predictions[].is_home",
    "games[].predictions[].prediction",
    "games[].predictions[].prediction.points",
    "games[].predictions[].prediction.confidence",
    "games[].predictions[].prediction.recommendation",
    "games[].predictions[].prediction.line",
    "games[].predictions[].prediction.edge",
    "games[].predictions[].context",
    "games[].predictions[].context.pace_adjustment",
    "games[].predictions[].context.similar_games",
    *NOT_HALTED,
)
OFFICIAL = "0022400551"


def games(*rows: Row, **options: Any) -> list[Json]:
    return document(EXPORT, *rows, **options)["games"]


def entry(*rows: Row, **options: Any) -> Json:
    """Return the entry of the only forecast."""
    (game,) = games(*rows, **options)
    (found,) = game["predictions"]
    return found


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("predictions", Grain.SLATE, {Gate.PREDICTIONS})
    assert EXPORT.path == "predictions/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    assert [(pointer.path, pointer.follows, pointer.cache) for pointer in EXPORT.pointers] == [
        ("predictions/today.json", Follows.TODAY, Cache.SHORT)
    ]


def test_the_worked_entry() -> None:
    rows = [
        schedule_row(game_date="2026-02-10", away_team_tricode="BOS", home_team_tricode="MIA"),
        context_row(player_lookup="ann", game_date="2026-02-10", team_abbr="MIA", opponent_team_abbr="BOS"),
        prediction_row(
            player_lookup="ann",
            game_date="2026-02-10",
            game_id="20260210_BOS_MIA",
            predicted_points=20,
            current_points_line=20.5,
            confidence_score=0.5,
            recommendation="UNDER",
        ),
    ]
    assert document(EXPORT, *rows, day="2026-02-10") == {
        "game_date": "2026-02-10",
        "generated_at": GENERATED_AT,
        "total_games": 1,
        "total_predictions": 1,
        "games": [
            {
                "game_id": "20260210_BOS_MIA",
                "home_team": "MIA",
                "away_team": "BOS",
                "prediction_count": 1,
                "recommendation_breakdown": {"over": 0, "under": 1, "pass": 0, "no_line": 0},
                "predictions": [
                    {
                        "player_lookup": "ann",
                        "team": "MIA",
                        "is_home": True,
                        "prediction": {
                            "points": 20.0,
                            "confidence": 50.0,
                            "recommendation": "UNDER",
                            "line": 20.5,
                            "edge": -0.5,
                        },
                        "context": {"pace_adjustment": None, "similar_games": None},
                    }
                ],
            }
        ],
        **NOT_HALTED,
    }


def test_keys_and_their_order() -> None:
    assert tuple(key_paths(document(EXPORT, schedule_row(), context_row(), prediction_row()))) == KEYS


def test_no_data() -> None:
    empty = document(EXPORT, schedule_row(), context_row())
    assert empty == {
        "game_date": "2025-01-15",
        "generated_at": GENERATED_AT,
        "total_games": 0,
        "total_predictions": 0,
        "games": [],
        **NOT_HALTED,
    }
    assert EXPORT.is_empty(empty)
    assert not EXPORT.is_empty(document(EXPORT, prediction_row()))


def test_forecasts_of_other_dates_are_not_listed() -> None:
    assert games(prediction_row(game_date="2025-01-14"), prediction_row(game_date="2025-01-16")) == []


def test_games_by_id_and_counts() -> None:
    rows = [
        schedule_row(),
        schedule_row(home_team_tricode="DEN", away_team_tricode="ATL"),
        *(
            row
            for player, context in (
                ("ann", {}),
                ("bob", {"team_abbr": "DEN", "opponent_team_abbr": "ATL"}),
                ("cem", {}),
            )
            for row in (context_row(player_lookup=player, **context), prediction_row(player_lookup=player))
        ),
    ]
    built = document(EXPORT, *rows)
    assert [game["game_id"] for game in built["games"]] == ["20250115_ATL_DEN", "20250115_BOS_LAL"]
    assert [game["prediction_count"] for game in built["games"]] == [1, 2]
    assert (built["total_games"], built["total_predictions"]) == (2, 3)


def test_p7_every_recommendation_has_its_bucket() -> None:
    kinds = ["OVER", "OVER", "UNDER", "PASS", "NO_LINE", "NO_LINE", "NO_LINE"]
    rows = [prediction_row(player_lookup=f"player{i}", recommendation=kind) for i, kind in enumerate(kinds)]
    (game,) = games(*rows)
    assert game["recommendation_breakdown"] == {"over": 2, "under": 1, "pass": 1, "no_line": 3}
    assert sum(game["recommendation_breakdown"].values()) == game["prediction_count"] == 7


def test_p7_buckets_add_up_whatever_is_recommended() -> None:
    rows = [prediction_row(player_lookup=f"player{i}", recommendation=kind) for i, kind in enumerate(["HOLD", "PASS"])]
    (game,) = games(*rows)
    assert game["recommendation_breakdown"] == {"over": 0, "under": 0, "pass": 1, "no_line": 1}


def test_p6_most_confident_first_then_by_player() -> None:
    rows = [
        prediction_row(player_lookup=player, confidence_score=score)
        for player, score in (("cem", 80), ("ann", 80), ("bob", 0.95), ("dan", 0))
    ]
    for order in permutations(rows):
        (game,) = games(*order)
        assert [found["player_lookup"] for found in game["predictions"]] == ["bob", "ann", "cem", "dan"]


def test_p1_superseded_versions_are_not_listed() -> None:
    rows = [
        prediction_row(predicted_points=10, is_active=False, prediction_version=3),
        prediction_row(predicted_points=11),
        prediction_row(predicted_points=12, prediction_version=2, created_at="2025-01-15T08:00:00Z"),
        prediction_row(predicted_points=13, prediction_version=2, created_at="2025-01-15T09:00:00Z"),
        prediction_row(
            predicted_points=14,
            prediction_version=2,
            created_at="2025-01-15T07:00:00Z",
            updated_at="2025-01-15T10:00:00Z",
            prediction_id="a",
        ),
        prediction_row(predicted_points=15, prediction_version=2, created_at="2025-01-15T10:00:00Z", prediction_id="b"),
    ]
    for order in (rows, rows[::-1]):
        assert entry(*order)["prediction"]["points"] == 15.0


@pytest.mark.parametrize(
    "values", [{"invalidation_reason": "game_postponed"}, {"prediction_made_before_game": False}, {"is_active": False}]
)
def test_p2_p8_invalid_and_late_forecasts_are_not_listed(values: dict[str, Any]) -> None:
    assert games(prediction_row(**values)) == []


def test_p8_older_rows_have_no_time_of_creation() -> None:
    assert entry(prediction_row(prediction_made_before_game=None))["prediction"]["points"] == 24.5


def test_p9_one_model_version_per_date() -> None:
    rows = [prediction_row(player_lookup=player, model_version="v2") for player in ("ann", "bob")]
    rows += [
        prediction_row(player_lookup=player, model_version="v1", prediction_version=9) for player in ("ann", "cem")
    ]
    (game,) = games(*rows)
    assert [found["player_lookup"] for found in game["predictions"]] == ["ann", "bob"]


def test_the_champion_is_configuration() -> None:
    rows = [prediction_row(), prediction_row(system_id="challenger", predicted_points=10)]
    assert entry(*rows)["prediction"]["points"] == 24.5
    assert entry(*rows, config=ExportConfig(champion_system_id="challenger"))["prediction"]["points"] == 10.0


def test_p3_team_and_venue_come_from_tonights_context() -> None:
    found = entry(schedule_row(), prediction_row(), context_row(home_game=False, team_abbr="BOS"), accuracy_row())
    assert (found["team"], found["is_home"]) == ("BOS", False)


def test_p3_else_from_the_box_score_else_from_the_grade() -> None:
    played = game_row(game_date="2025-01-15", team_abbr="BOS", opponent_team_abbr="LAL", at_home=False)
    graded = accuracy_row(game_date="2025-01-15", team_abbr="LAL", opponent_team_abbr="BOS")
    assert (entry(prediction_row(), played, graded)["team"], entry(prediction_row(), graded)["team"]) == ("BOS", "LAL")
    assert entry(prediction_row(), played)["is_home"] is False
    assert entry(prediction_row(), graded)["is_home"] is True


def test_without_any_of_these_the_team_is_unknown() -> None:
    found = entry(prediction_row())
    assert (found["team"], found["is_home"]) == (None, None)


def test_p5_duplicates_of_the_joined_tables_multiply_nothing() -> None:
    rows = [
        prediction_row(),
        context_row(processed_at="2025-01-15T08:00:00Z"),
        context_row(processed_at="2025-01-15T09:00:00Z"),
        accuracy_row(game_date="2025-01-15"),
        accuracy_row(game_date="2025-01-15", line_value=20.5),
        game_row(game_date="2025-01-15"),
        game_row(game_date="2025-01-15", processed_at=None),
    ]
    assert entry(*rows) == entry(*rows[::-1])


def test_p4_both_forms_of_a_games_id_are_one_game() -> None:
    rows = [
        schedule_row(game_id=OFFICIAL),
        prediction_row(player_lookup="ann", game_id=OFFICIAL),
        prediction_row(player_lookup="bob"),
        prediction_row(player_lookup="cem", game_id=OFFICIAL),
        context_row(player_lookup="cem", game_id=OFFICIAL, team_abbr="BOS", opponent_team_abbr="LAL", home_game=False),
    ]
    (game,) = games(*rows)
    assert (game["game_id"], game["home_team"], game["away_team"]) == ("20250115_BOS_LAL", "LAL", "BOS")
    assert [found["is_home"] for found in game["predictions"]] == [None, None, False]


def test_p4_the_context_names_a_game_that_is_not_scheduled() -> None:
    rows = [
        prediction_row(player_lookup="ann", game_id=OFFICIAL),
        context_row(player_lookup="ann", game_id=OFFICIAL),
        prediction_row(player_lookup="bob", game_id="0022400552"),
        context_row(player_lookup="bob", team_abbr="BOS", opponent_team_abbr="LAL", home_game=False),
    ]
    (game,) = games(*rows)
    assert (game["game_id"], game["home_team"], game["away_team"]) == ("20250115_BOS_LAL", "LAL", "BOS")
    assert [found["is_home"] for found in game["predictions"]] == [True, False]


def test_p4_a_game_that_nothing_resolves_keeps_its_id() -> None:
    (game,) = games(prediction_row(game_id=OFFICIAL))
    assert (game["game_id"], game["home_team"], game["away_team"]) == (OFFICIAL, "UNK", "UNK")
    (game,) = games(prediction_row(game_id=OFFICIAL), accuracy_row(game_date="2025-01-15", game_id=OFFICIAL))
    assert (game["home_team"], game["away_team"]) == ("UNK", "UNK")
    assert game["predictions"][0]["is_home"] is None


@pytest.mark.parametrize(("at_home", "sides"), [(True, ("UNK", "LAL")), (False, ("LAL", "UNK"))])
def test_a_side_that_is_known_is_named_beside_the_unknown_one(at_home: bool, sides: tuple[str, str]) -> None:
    # The opponent of a context is required, so a blank one stands for what a broken loader writes.
    context = context_row(game_id="", opponent_team_abbr="", home_game=at_home)
    (game,) = games(prediction_row(game_id=""), context)
    assert (game["away_team"], game["home_team"]) == sides


@pytest.mark.parametrize(
    ("points", "line", "edge"), [(20, 20.5, -0.5), (25.3, 20, 5.3), (20, 20, 0.0), (20, None, None), (0.1, 0.3, -0.2)]
)
def test_the_edge_is_signed(points: float, line: float | None, edge: float | None) -> None:
    found = entry(prediction_row(predicted_points=points, current_points_line=line))["prediction"]
    assert (found["points"], found["line"], found["edge"]) == (float(points), line, edge)


@pytest.mark.parametrize(("stored", "shown"), [(89.65, 89.65), (0.86, 86.0), (1, 100.0), (0, 0.0), (100, 100.0)])
def test_p12_confidence_is_published_from_0_to_100(stored: float, shown: float) -> None:
    assert entry(prediction_row(confidence_score=stored))["prediction"]["confidence"] == shown


def test_the_context_of_a_forecast() -> None:
    found = entry(prediction_row(pace_adjustment=0.87, similar_games_count=12))
    assert found["context"] == {"pace_adjustment": 0.87, "similar_games": 12}


def test_other_recommendations_pass_through() -> None:
    assert entry(prediction_row(recommendation="HOLD"))["prediction"]["recommendation"] == "HOLD"
