"""Rows of the tables about forecasts, column by column: the models', their grades', and the subsets' of picks.

A column that is nullable in the warehouse is ``| None`` here, and one that it may lack says what that means. Comments
name what the warehouse does not enforce.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from exporters.warehouse.schema import Absent, BookkeepingTime, Instant, Numeric41, Numeric43, Numeric51, Numeric52


class PredictionRow(NamedTuple):
    """A forecast of one model for one player's game; superseded versions stay in the table."""

    player_lookup: str
    game_id: str
    game_date: date
    system_id: str
    predicted_points: Numeric51
    confidence_score: Numeric52
    recommendation: str
    current_points_line: Numeric41 | None
    pace_adjustment: Annotated[Numeric52 | None, Absent("documents show no pace adjustment")]
    similar_games_count: Annotated[int | None, Absent("documents show no number of similar games")]
    is_active: bool
    quality_alert_level: str | None
    feature_quality_score: float | None
    default_feature_count: int | None
    created_at: Instant
    line_margin: Numeric52 | None
    prediction_id: str
    prediction_version: int
    line_source: str | None
    model_version: str | None
    prediction_run_mode: str | None
    prediction_made_before_game: bool | None
    has_prop_line: bool | None
    updated_at: Annotated[Instant | None, Absent("the newest of several forecasts is the one that was created last")]
    invalidation_reason: Annotated[str | None, Absent("no forecast counts as invalidated")]
    estimated_line_value: Numeric41 | None


class ForecastTimeRow(NamedTuple):
    """When a forecast was made: all that a pick of an earlier date needs of the forecast that it names."""

    player_lookup: str
    game_date: date
    prediction_id: str
    created_at: Instant


class AccuracyRow(NamedTuple):
    """A graded forecast; the grain is player, game, system and line, and nothing enforces it."""

    player_lookup: str
    game_id: str
    game_date: date
    system_id: str
    team_abbr: str | None
    opponent_team_abbr: str | None
    predicted_points: Numeric51 | None
    confidence_score: Numeric43 | None
    recommendation: str | None
    line_value: Numeric51 | None
    actual_points: int | None
    minutes_played: Numeric51 | None
    absolute_error: Numeric51 | None
    signed_error: Numeric51 | None
    prediction_correct: bool | None
    within_3_points: bool | None
    within_5_points: bool | None
    is_voided: bool | None
    void_reason: str | None
    has_prop_line: bool | None
    line_source: str | None
    graded_at: BookkeepingTime


class FeatureRow(NamedTuple):
    """The feature vector of one player's game; several feature versions may exist."""

    player_lookup: str
    game_id: str
    game_date: date
    features: tuple[float, ...]
    feature_names: tuple[str, ...]
    feature_version: str
    is_home: bool | None
    days_rest: int | None
    quality_alert_level: str | None
    feature_quality_score: Numeric52 | None
    default_feature_count: int | None
    matchup_quality_pct: float | None
    is_quality_ready: bool | None
    created_at: BookkeepingTime
    updated_at: BookkeepingTime


class SystemDayRow(NamedTuple):
    """One model's graded totals of one date."""

    game_date: date
    system_id: str
    predictions_count: int | None
    recommendations_count: int | None
    correct_count: int | None
    incorrect_count: int | None
    over_count: int | None
    over_correct: int | None
    under_count: int | None
    under_correct: int | None
    within_3_count: int | None
    within_5_count: int | None
    mae: Numeric52 | None
    avg_bias: Numeric52 | None
    over_win_rate: Numeric43 | None
    under_win_rate: Numeric43 | None
    within_3_pct: Numeric43 | None
    within_5_pct: Numeric43 | None
    high_confidence_count: int | None
    high_confidence_correct: int | None
    computed_at: BookkeepingTime


class SubsetDefinitionRow(NamedTuple):
    """The selection rule of one subset of predictions."""

    subset_id: str
    subset_name: str
    system_id: str | None
    min_edge: float | None
    min_confidence: float | None
    signal_condition: str | None
    direction: str | None
    pct_over_min: float | None
    pct_over_max: float | None
    use_ranking: bool | None
    top_n: int | None
    is_active: bool | None
    require_quality_ready: bool | None


class SignalRow(NamedTuple):
    """Market conditions of one model on one date."""

    game_date: date
    system_id: str
    high_edge_picks: int | None
    pct_over: float | None
    skew_category: str | None
    daily_signal: str | None
    calculated_at: BookkeepingTime


class SubsetPickRow(NamedTuple):
    """One pick of one version of one subset; append-only."""

    game_date: date
    subset_id: str
    player_lookup: str
    system_id: str | None
    prediction_id: str | None
    game_id: str | None
    rank_in_subset: int | None
    version_id: str
    computed_at: Instant
    trigger_source: str | None
    batch_id: str | None
    player_name: str | None
    team: str | None
    opponent: str | None
    predicted_points: float | None
    current_points_line: float | None
    recommendation: str | None
    confidence_score: float | None
    edge: float | None
    composite_score: float | None
    feature_quality_score: float | None
    default_feature_count: int | None
    line_source: str | None
    prediction_run_mode: str | None
    prediction_made_before_game: bool | None
    quality_alert_level: str | None
    subset_name: str | None
    min_edge: float | None
    min_confidence: float | None
    top_n: int | None
    daily_signal: str | None
    pct_over: float | None
    total_predictions_available: int | None
    prediction_created_at: Annotated[
        Instant | None, Absent("a pick shows when its forecast was created, for as long as the warehouse keeps that")
    ]


class SubsetVersionRow(NamedTuple):
    """One computed version of a date's subset picks; a version may hold no pick at all."""

    game_date: date
    version_id: str
    computed_at: Instant
    total_picks: int
    is_complete: bool
