"""The blemishes as a reader of the tables meets them, without trusting the counts of the generator."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from typing import Any

import pytest

from demo.blemishes import BLEMISHES
from demo.names import lookup_of
from exporters.warehouse.tables import (
    ACCURACY,
    CONTEXT,
    FACTORS,
    FEATURES,
    GAMES,
    INJURIES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
    SCHEDULE,
    SUBSET_VERSIONS,
)
from tests.demo.conftest import DemoWarehouse

Row = dict[str, Any]


def grouped(rows: Iterable[Row], *key: str) -> dict[Hashable, list[Row]]:
    groups: dict[Hashable, list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(row[name] for name in key)].append(row)
    return groups


def conflicts(rows: Iterable[Row], key: tuple[str, ...], value: str) -> int:
    """Count the keys that have several rows with different values."""
    return sum(len({row[value] for row in group}) > 1 for group in grouped(rows, *key).values())


PLAYER_GAME = ("player_lookup", "game_id")

CONFLICTS: list[tuple[Any, tuple[str, ...], str]] = [
    (SCHEDULE, ("game_date", "home_team_tricode", "away_team_tricode"), "game_status"),
    (SCHEDULE, ("game_date", "home_team_tricode", "away_team_tricode"), "game_id"),
    (CONTEXT, PLAYER_GAME, "home_game"),
    (FACTORS, PLAYER_GAME, "fatigue_score"),
    (GAMES, PLAYER_GAME, "points"),
    (GAMES, PLAYER_GAME, "is_partial_game_data"),
    (FEATURES, PLAYER_GAME, "feature_version"),
    (ACCURACY, (*PLAYER_GAME, "system_id"), "line_value"),
    (ACCURACY, (*PLAYER_GAME, "system_id"), "prediction_correct"),
    (REGISTRY, ("player_lookup", "season"), "team_abbr"),
    (PROPS, ("player_lookup", "game_date", "market_type", "bookmaker", "bet_side", "points_line"), "odds_american"),
]


@pytest.mark.parametrize(("table", "key", "value"), CONFLICTS, ids=lambda part: str(part))
def test_rows_of_one_key_conflict(warehouse: DemoWarehouse, table: Any, key: tuple[str, ...], value: str) -> None:
    assert conflicts(warehouse.rows(table), key, value) >= 1


@pytest.mark.parametrize(
    ("table", "instant"),
    [(CONTEXT, "processed_at"), (GAMES, "processed_at"), (ACCURACY, "graded_at"), (FACTORS, "created_at")],
    ids=str,
)
def test_the_newest_of_conflicting_rows_is_one_row(warehouse: DemoWarehouse, table: Any, instant: str) -> None:
    key = (*PLAYER_GAME, "system_id") if table is ACCURACY else PLAYER_GAME
    for group in grouped(warehouse.rows(table), *key).values():
        assert len({row[instant] for row in group}) == len(group)


def test_at_most_one_row_is_the_newest_active_forecast(warehouse: DemoWarehouse) -> None:
    active = [row for row in warehouse.rows(PREDICTIONS) if row["is_active"]]
    several = [g for g in grouped(active, "player_lookup", "game_date", "system_id").values() if len(g) > 1]
    assert several
    assert any(len({row["created_at"] for row in group}) == 1 for group in several)
    for group in several:
        assert len({(row["created_at"], row["prediction_version"]) for row in group}) == len(group)
    identities = Counter(row["prediction_id"] for row in warehouse.rows(PREDICTIONS))
    assert max(identities.values()) == 1


PREDICTION_CASES: dict[str, Callable[[Row], bool]] = {
    "inactive": lambda row: not row["is_active"],
    "invalidated": lambda row: row["invalidation_reason"] is not None and row["is_active"],
    "after tip-off": lambda row: row["prediction_made_before_game"] is False,
    "unmarked": lambda row: row["prediction_made_before_game"] is None,
    "ten-digit game": lambda row: len(row["game_id"]) == 10,
    "estimated line": lambda row: row["line_source"] == "ESTIMATED_AVG" and row["current_points_line"] is not None,
    "fraction": lambda row: row["confidence_score"] <= 1,
    "no line": lambda row: row["recommendation"] == "NO_LINE" and row["current_points_line"] is None,
    "pass": lambda row: row["recommendation"] == "PASS" and row["current_points_line"] is not None,
    "second version": lambda row: (row["model_version"] or "").endswith("_r2"),
    "unknown version": lambda row: row["model_version"] is None,
    "not a number": lambda row: row["feature_quality_score"] is not None and math.isnan(row["feature_quality_score"]),
}


@pytest.mark.parametrize("case", PREDICTION_CASES)
def test_forecasts_have_the_case_on_few_rows(warehouse: DemoWarehouse, case: str) -> None:
    rows = warehouse.rows(PREDICTIONS)
    share = sum(map(PREDICTION_CASES[case], rows)) / len(rows)
    assert 0 < share < (0.35 if case == "pass" else 0.2)


def test_box_scores_have_pushes_and_did_not_play_rows_of_every_kind(warehouse: DemoWarehouse) -> None:
    rows = warehouse.rows(GAMES)
    push = [row for row in rows if row["points"] is not None and row["points"] == row["points_line"]]
    assert {row["over_under_result"] for row in push if not row["is_dnp"]} - {None} == {"OVER"}
    assert any(row["is_dnp"] and row["points"] is None for row in rows)
    assert any(row["is_dnp"] and row["points"] == 0 and row["minutes_played"] == 0 for row in rows)
    assert any(row["is_dnp"] is None and row["points"] is None for row in rows)
    assert any(row["three_pt_attempts"] is None and row["fg_attempts"] for row in rows)
    assert any(row["fg_makes"] is None and row["fg_attempts"] for row in rows)
    assert not any(row["win_flag"] for row in rows)


def test_grades_have_voids_pushes_and_pending_rows(warehouse: DemoWarehouse) -> None:
    rows = warehouse.rows(ACCURACY)
    voids = [row for row in rows if row["is_voided"]]
    assert {row["actual_points"] for row in voids} == {None, 0}
    assert all(row["prediction_correct"] is None for row in voids)
    calls = [row for row in rows if row["recommendation"] in ("OVER", "UNDER") and row["is_voided"] is False]
    assert any(row["prediction_correct"] is None and row["actual_points"] == row["line_value"] for row in calls)
    assert any(row["actual_points"] is None for row in calls)


def test_names_fold_to_their_lookups(warehouse: DemoWarehouse) -> None:
    names = {row["player_lookup"]: row["player_name"] for row in warehouse.rows(REGISTRY) if row["season"] == "2025-26"}
    assert all(lookup_of(name) == lookup for lookup, name in names.items())
    assert any(not name.isascii() for name in names.values())
    assert any(row["season"] == "2026-27" for row in warehouse.rows(REGISTRY))


def test_feature_vectors_are_long_enough_but_for_a_few(warehouse: DemoWarehouse) -> None:
    lengths = Counter(len(row["features"]) for row in warehouse.rows(FEATURES))
    assert set(lengths) == {0, 12, 25, 33}
    assert lengths[33] / lengths.total() > 0.98


def test_reports_name_unknown_players_and_change_within_an_hour(warehouse: DemoWarehouse) -> None:
    rows = warehouse.rows(INJURIES)
    assert any(row["player_lookup"] is None for row in rows)
    known = [row for row in rows if row["player_lookup"]]
    key = ("player_lookup", "game_date", "report_date", "report_hour")
    assert conflicts(known, key, "injury_status") >= 1


def test_versions_may_be_empty_or_incomplete(warehouse: DemoWarehouse) -> None:
    rows = warehouse.rows(SUBSET_VERSIONS)
    assert any(row["total_picks"] == 0 for row in rows)
    assert any(row["is_complete"] is False for row in rows)
    assert len({row["version_id"] for row in rows}) == len(rows)


def test_every_blemish_has_a_description() -> None:
    for blemish in BLEMISHES:
        assert blemish.__doc__
    assert len({blemish.__name__ for blemish in BLEMISHES}) == len(BLEMISHES)
