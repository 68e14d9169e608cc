from __future__ import annotations

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from exporters.league.forecasts.forecasts import confidence_percent, forecast, is_current, select_prediction
from tests.support.rows import CHAMPION, TONIGHT, Row, prediction_row


def chosen(*rows: Row, versions: dict[Any, str | None] | None = None) -> Row | None:
    (row,) = {select_prediction(order, CHAMPION, TONIGHT, versions or {}) for order in permutations(rows)}
    return row


@pytest.mark.parametrize(
    ("values", "stands"),
    [
        ({}, True),
        ({"is_active": False}, False),  # p1
        ({"invalidation_reason": "game_postponed"}, False),  # p2
        ({"invalidation_reason": ""}, False),
        ({"prediction_made_before_game": False}, False),  # p8
        ({"prediction_made_before_game": None}, True),
    ],
)
def test_a_forecast_stands(values: dict[str, Any], stands: bool) -> None:
    assert is_current(prediction_row(**values)) is stands


def test_no_forecast() -> None:
    assert chosen() is None
    assert chosen(prediction_row(is_active=False), prediction_row(system_id="another")) is None


def test_p1_highest_version_then_newest_then_greatest_id() -> None:
    low = prediction_row(prediction_version=1, created_at="2025-01-15T16:00:00Z")
    high = prediction_row(prediction_version=2, created_at="2025-01-15T10:00:00Z")
    assert chosen(low, high) == high
    updated = prediction_row(created_at="2025-01-15T09:00:00Z", updated_at="2025-01-15T17:00:00Z")
    created = prediction_row(created_at="2025-01-15T16:00:00Z")
    assert chosen(updated, created) == updated
    assert chosen(prediction_row(prediction_id="a"), prediction_row(prediction_id="b")).prediction_id == "b"


def test_a_lower_version_replaces_an_inactive_or_invalidated_one() -> None:
    stands = prediction_row(prediction_version=1)
    inactive = prediction_row(prediction_version=3, is_active=False)
    invalid = prediction_row(prediction_version=2, invalidation_reason="player_inactive")
    assert chosen(stands, inactive, invalid) == stands


def test_p9_only_the_model_version_that_publishes() -> None:
    old = prediction_row(model_version="v8", prediction_version=9)
    new = prediction_row(model_version="v9")
    unnamed = prediction_row(model_version=None)
    assert chosen(old, new, unnamed, versions={(TONIGHT, CHAMPION): "v9"}) == new
    assert chosen(old, new, unnamed, versions={(TONIGHT, CHAMPION): None}) == unnamed
    assert chosen(old, new, versions={(TONIGHT, "another"): "v9"}) == old


@pytest.mark.parametrize(
    ("score", "percent"),
    [("85.50", "85.50"), ("0.78", "78.00"), ("1.00", "100.00"), ("0.00", "0.00"), ("1.01", "1.01")],
)
def test_p12_confidence_is_published_from_0_to_100(score: str, percent: str) -> None:
    assert confidence_percent(Decimal(score)) == Decimal(percent)


@pytest.mark.parametrize(("line", "edge"), [(20.5, "-0.5"), (20, "0.0"), (19.5, "0.5"), (None, None)])
def test_the_edge_is_signed_and_null_without_a_line(line: float | None, edge: str | None) -> None:
    found = forecast(prediction_row(predicted_points=20, current_points_line=line)).edge
    assert (None if found is None else str(found)) == edge


def test_values_of_a_row_in_documents() -> None:
    row = prediction_row(pace_adjustment=-0.71, similar_games_count=12, confidence_score=0.9)
    found = forecast(row)
    assert (found.points, found.line, found.recommendation) == (Decimal("24.5"), Decimal("22.5"), "OVER")
    assert (found.pace_adjustment, found.similar_games, found.confidence) == (Decimal("-0.71"), 12, Decimal(90))
    assert found.game_id == "20250115_BOS_LAL"
