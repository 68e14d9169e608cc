"""The champion's forecast of a player's game: one row chosen by one rule, whatever document shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from exporters.declaration import Read
from exporters.league.arithmetic.numbers import round_away
from exporters.warehouse.forecast_rows import PredictionRow
from exporters.warehouse.selection import latest
from exporters.warehouse.tables import PREDICTIONS

READS = (
    Read(
        PREDICTIONS,
        (
            "player_lookup",
            "game_id",
            "game_date",
            "system_id",
            "predicted_points",
            "confidence_score",
            "recommendation",
            "current_points_line",
            "pace_adjustment",
            "similar_games_count",
            "is_active",
            "created_at",
            "updated_at",
            "prediction_id",
            "prediction_version",
            "model_version",
            "prediction_made_before_game",
            "invalidation_reason",
        ),
    ),
)

ModelVersions = Mapping[tuple[date, str], str | None]
"""(date, system id) to the model version that publishes on that date; no entry when the system has no forecasts."""


class Forecast(NamedTuple):
    """A forecast as published.

    Attributes:
        game_id: As stored, in either of its two forms.
        points: Forecast points.
        confidence: 0 to 100.
        recommendation: ``OVER``, ``UNDER``, ``PASS`` or ``NO_LINE``.
        line: The betting line; None when there is none.
        edge: ``points - line``, one decimal; None without a line.
        pace_adjustment: As stored.
        similar_games: As stored.
    """

    game_id: str
    points: Decimal
    confidence: Decimal
    recommendation: str
    line: Decimal | None
    edge: Decimal | None
    pace_adjustment: Decimal | None
    similar_games: int | None


def confidence_percent(score: Decimal) -> Decimal:
    """Return a confidence on the published scale, 0 to 100; inputs up to 1 are shares."""
    return score * 100 if score <= 1 else score


def is_current(row: PredictionRow) -> bool:
    """Whether a forecast stands: active, not invalidated, and made before the game (contract P1, P2, P8)."""
    return row.is_active and row.invalidation_reason is None and row.prediction_made_before_game is not False


def select_prediction(
    rows: Iterable[PredictionRow], system_id: str, day: date, versions: ModelVersions
) -> PredictionRow | None:
    """Return a system's forecast of one player's game on ``day`` (contract P1, P9).

    Of the rows of the model version that publishes on the date: the highest prediction version, then the newest.
    """
    candidates = [row for row in rows if row.system_id == system_id and is_current(row)]
    if (day, system_id) in versions:
        published = versions[day, system_id]
        candidates = [row for row in candidates if row.model_version == published]
    return latest(
        candidates,
        by=lambda row: (row.prediction_version, row.updated_at or row.created_at, row.prediction_id),
    )


def forecast(row: PredictionRow) -> Forecast:
    """Return what documents say of a prediction row."""
    line = row.current_points_line
    return Forecast(
        game_id=row.game_id,
        points=row.predicted_points,
        confidence=confidence_percent(row.confidence_score),
        recommendation=row.recommendation,
        line=line,
        edge=None if line is None else round_away(row.predicted_points - line, 1),
        pace_adjustment=row.pace_adjustment,
        similar_games=row.similar_games_count,
    )
