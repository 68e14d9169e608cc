"""The forecasts of a player's game that subsets may choose from, of every model (contract C §1.2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from exporters.declaration import Read, Window
from exporters.league.forecasts import features, forecasts
from exporters.league.forecasts.forecasts import confidence_percent, select_prediction
from exporters.league.forecasts.picks import SIDES
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.players import box_scores, identity
from exporters.league.subsets.members import Candidate
from exporters.league.subsets.picks import edge_of, grade
from exporters.warehouse.forecast_rows import PredictionRow
from exporters.warehouse.tables import PREDICTIONS

BOX_SCORE_READS = tuple(replace(read, window=Window.SEASON) for read in box_scores.NIGHT_READS)
"""The values that decide picks, and the teams once the game is over."""
READS = (
    *forecasts.READS,
    Read(
        PREDICTIONS,
        (
            "player_lookup",
            "game_date",
            "default_feature_count",
            "line_source",
            "prediction_run_mode",
            "quality_alert_level",
        ),
    ),
    *features.QUALITY_READS,
    *BOX_SCORE_READS,
    *CONTEXT_READS,
    *identity.READS,
)


def candidates(night: PlayerNight) -> list[Candidate]:
    """Return the eligible forecasts of tonight's game, one per model, in model order.

    Eligible is the current forecast of the model version that publishes (contract M-3, M-4) when it recommends a side
    of a line, the player's team is known, and the newest features are good enough.
    """
    rows = night.history.on(PREDICTIONS, night.date)
    if not rows:
        return []
    teams = night_teams(night)
    quality = (night.features and night.features.feature_quality_score) or Decimal(0)
    if teams is None or quality < night.config.subsets.min_feature_quality:
        return []
    found = (
        select_prediction(rows, system, night.date, night.league.scan_counts.versions)
        for system in sorted({row.system_id for row in rows})
    )
    return [_candidate(night, row, teams, quality) for row in found if row is not None and _is_pick(row)]


def _is_pick(row: PredictionRow) -> bool:
    return row.recommendation in SIDES and row.current_points_line is not None


def night_teams(night: PlayerNight) -> tuple[str, str] | None:
    """Return (team, opponent): from the box score once there is one, else from the context (contract M-1)."""
    played = night.history.box_scores.on(night.date)
    if played is not None:
        return played.team_abbr, played.opponent_team_abbr
    return None if night.context is None else (night.context.team_abbr, night.context.opponent_team_abbr)


def _candidate(night: PlayerNight, row: PredictionRow, teams: tuple[str, str], quality: Decimal) -> Candidate:
    line = row.current_points_line or Decimal(0)
    edge = edge_of(row.predicted_points, line)
    confidence = confidence_percent(row.confidence_score)
    rules = night.config.subsets
    box_score = None if night.game_over is False else night.history.box_scores.on(night.date)
    actual, result = grade(row.recommendation, line, box_score)
    return {
        "player_lookup": night.player,
        "player_name": night.name,
        "system_id": row.system_id,
        "team": teams[0],
        "opponent": teams[1],
        "prediction_id": row.prediction_id,
        "predicted_points": float(row.predicted_points),
        "current_points_line": float(line),
        "recommendation": row.recommendation,
        "edge": float(edge),
        "composite_score": float(rules.edge_weight * edge + rules.confidence_weight * confidence),
        "prediction_created_at": row.created_at,
        "actual": actual,
        "result": result,
        "game_id": row.game_id,
        "confidence_score": float(confidence),
        "feature_quality_score": float(quality),
        "default_feature_count": row.default_feature_count,
        "line_source": row.line_source,
        "prediction_run_mode": row.prediction_run_mode,
        "prediction_made_before_game": row.prediction_made_before_game,
        "quality_alert_level": row.quality_alert_level,
    }
