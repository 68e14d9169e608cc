"""The warehouse tables, column by column.

A column that is nullable in the warehouse is ``| None`` here. Comments name what the warehouse does not enforce.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from exporters.config import RULES
from exporters.schema import (
    Instant,
    Numeric41,
    Numeric43,
    Numeric51,
    Numeric52,
    Numeric53,
    Numeric62,
    Table,
)


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
    pace_adjustment: Numeric52 | None
    similar_games_count: int | None
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
    updated_at: Instant | None
    invalidation_reason: str | None
    estimated_line_value: Numeric41 | None


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
    graded_at: Instant | None


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
    created_at: Instant
    updated_at: Instant | None


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
    computed_at: Instant | None


class RegistryRow(NamedTuple):
    """A player's name and team in one season; a traded player has one row per team."""

    player_lookup: str
    player_name: str
    season: str
    team_abbr: str
    games_played: int | None
    last_gamebook_activity_date: date | None
    last_roster_activity_date: date | None
    position: str | None
    processed_at: Instant


class FactorsRow(NamedTuple):
    """Fatigue of one player's game: 0 to 100, where 100 is fresh."""

    player_lookup: str
    game_date: date
    fatigue_score: int | None
    fatigue_context_json: str | None
    game_id: str
    processed_at: Instant | None
    created_at: Instant | None


class ContextRow(NamedTuple):
    """A player who is expected in a game of the date: the driver of the tonight documents.

    ``days_rest`` is the calendar-day difference to the last game: 1 is a back-to-back.
    """

    player_lookup: str
    game_id: str
    game_date: date
    team_abbr: str
    opponent_team_abbr: str
    home_game: bool | None
    days_rest: int | None
    back_to_back: bool | None
    context_version: int | None
    processed_at: Instant | None


class GameRow(NamedTuple):
    """One player's box score of one game, did-not-play rows included.

    ``over_under_result`` stores an exact push as OVER and ``win_flag`` is always false: neither is trusted.
    """

    player_lookup: str
    game_date: date
    points: int | None
    game_id: str
    team_abbr: str
    opponent_team_abbr: str
    season_year: int
    minutes_played: Numeric51 | None
    fg_makes: int | None
    fg_attempts: int | None
    three_pt_makes: int | None
    three_pt_attempts: int | None
    ft_makes: int | None
    ft_attempts: int | None
    points_line: Numeric41 | None
    over_under_result: str | None
    is_dnp: bool | None
    is_active: bool | None
    dnp_reason: str | None
    is_partial_game_data: bool | None
    processed_at: Instant | None
    assists: int | None
    offensive_rebounds: int | None
    defensive_rebounds: int | None
    steals: int | None
    blocks: int | None
    turnovers: int | None
    win_flag: bool


class ScheduleRow(NamedTuple):
    """A scheduled game; ``game_status`` is 1 scheduled, 2 in progress, 3 final.

    Several rows of one game may coexist with conflicting status. ``game_date_est`` is the tip-off, a true UTC instant.
    """

    game_date: date
    away_team_tricode: str
    home_team_tricode: str
    game_status: int | None
    game_date_est: Instant | None
    home_team_score: int | None
    away_team_score: int | None
    winning_team_tricode: str | None
    game_id: str
    season_year: int
    processed_at: Instant


class InjuryRow(NamedTuple):
    """One line of a dated injury report; append-only, and one report lists the games of two days."""

    player_lookup: str | None
    injury_status: str | None
    reason: str | None
    report_date: date | None
    report_hour: int | None
    game_date: date | None
    game_id: str | None
    processed_at: Instant | None


class PropsRow(NamedTuple):
    """One bookmaker's offer of one side of one prop at one snapshot; every prop market is in here."""

    game_date: date
    player_lookup: str
    points_line: float
    bet_side: str
    odds_american: int
    is_best_line: bool
    market_type: str
    is_active: bool
    bookmaker: str
    bookmaker_last_update: Instant


class DefenseRow(NamedTuple):
    """A team's defence as analysed on one date."""

    team_abbr: str
    analysis_date: date
    opponent_points_per_game: Numeric51 | None
    defensive_rating_last_15: Numeric62 | None
    processed_at: Instant
    early_season_flag: bool | None
    paint_pct_allowed_last_15: Numeric53 | None
    three_pt_pct_allowed_last_15: Numeric53 | None
    paint_defense_vs_league_avg: Numeric52 | None
    three_pt_defense_vs_league_avg: Numeric52 | None
    opponent_pace: Numeric51 | None


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
    calculated_at: Instant | None


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
    prediction_created_at: Instant | None


class SubsetVersionRow(NamedTuple):
    """One computed version of a date's subset picks; a version may hold no pick at all."""

    game_date: date
    version_id: str
    computed_at: Instant
    total_picks: int
    is_complete: bool


class SubsetGradeRow(NamedTuple):
    """The graded totals of one subset on one date."""

    game_date: date
    subset_id: str
    version_id: str | None
    graded_at: Instant | None
    total_picks: int | None
    graded_picks: int | None
    voided_picks: int | None
    wins: int | None
    losses: int | None
    pushes: int | None
    hit_rate: float | None
    roi: float | None


class NewsLinkRow(NamedTuple):
    """An article that mentions a player."""

    player_lookup: str
    article_id: str
    sport: str | None


class NewsInsightRow(NamedTuple):
    """One extraction of an article; several may exist."""

    article_id: str
    category: str
    headline: str | None
    ai_summary: str | None
    extracted_at: Instant | None


class NewsArticleRow(NamedTuple):
    """A fetched news article."""

    article_id: str
    title: str
    source: str
    source_url: str | None
    published_at: Instant


class GamebookRow(NamedTuple):
    """A player's line of the official game book."""

    game_id: str
    game_date: date
    player_lookup: str | None
    minutes_decimal: float | None


class FeedPlayerRow(NamedTuple):
    """The live feed's id of a player, as seen in one box score."""

    game_date: date
    player_lookup: str
    bdl_player_id: int | None


class LiveBoxScoreRow(NamedTuple):
    """What the live feed says of one player's game right now; a game that lists nobody yet has one row without player.

    ``status`` says ``Final`` once a game is over and is its tip-off before; ``period`` is 0 until then. ``clock`` is
    text such as ``Q4 5:39``, and ``minutes`` is ``34`` or ``28:30``. A player may be listed twice.
    """

    game_date: date
    status: str | None
    period: int | None
    clock: str | None
    home_team: str
    visitor_team: str
    team: str
    feed_player_id: int | None
    first_name: str | None
    last_name: str | None
    points: int | None
    minutes: str | None


class ShotZoneRow(NamedTuple):
    """Where a player's shots came from in the last ten games; rates are 0 to 100."""

    player_lookup: str
    analysis_date: date
    paint_rate_last_10: Numeric52 | None
    mid_range_rate_last_10: Numeric52 | None
    three_pt_rate_last_10: Numeric52 | None


class DailyCacheRow(NamedTuple):
    """Marks that a player's precomputed inputs exist for a date."""

    player_lookup: str
    cache_date: date


class TeamGameRow(NamedTuple):
    """A team's offence of one game; the only trusted win flag."""

    game_id: str
    game_date: date
    team_abbr: str
    win_flag: bool | None


PREDICTIONS: Table[PredictionRow] = Table(
    "nba_predictions.player_prop_predictions",
    PredictionRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    expiration_days=RULES.sources.predictions_days,
)
ACCURACY: Table[AccuracyRow] = Table(
    "nba_predictions.prediction_accuracy",
    AccuracyRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
)
FEATURES: Table[FeatureRow] = Table(
    "nba_predictions.ml_feature_store_v2",
    FeatureRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
)
SYSTEM_DAYS: Table[SystemDayRow] = Table(
    "nba_predictions.system_daily_performance", SystemDayRow, partition="game_date", filter_required=True
)
REGISTRY: Table[RegistryRow] = Table("nba_reference.nba_players_registry", RegistryRow, player="player_lookup")
FACTORS: Table[FactorsRow] = Table(
    "nba_precompute.player_composite_factors", FactorsRow, partition="game_date", player="player_lookup"
)
CONTEXT: Table[ContextRow] = Table(
    "nba_analytics.upcoming_player_game_context", ContextRow, partition="game_date", player="player_lookup"
)
GAMES: Table[GameRow] = Table(
    "nba_analytics.player_game_summary", GameRow, partition="game_date", player="player_lookup"
)
SCHEDULE: Table[ScheduleRow] = Table("nba_raw.nbac_schedule", ScheduleRow, partition="game_date", filter_required=True)
INJURIES: Table[InjuryRow] = Table(
    "nba_raw.nbac_injury_report", InjuryRow, partition="report_date", player="player_lookup"
)
PROPS: Table[PropsRow] = Table(
    "nba_raw.bettingpros_player_points_props",
    PropsRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
)
DEFENSE: Table[DefenseRow] = Table(
    "nba_precompute.team_defense_zone_analysis",
    DefenseRow,
    partition="analysis_date",
    expiration_days=RULES.sources.zones_days,
)
SUBSET_DEFINITIONS: Table[SubsetDefinitionRow] = Table(
    "nba_predictions.dynamic_subset_definitions", SubsetDefinitionRow
)
SIGNALS: Table[SignalRow] = Table("nba_predictions.daily_prediction_signals", SignalRow, partition="game_date")
SUBSET_PICKS: Table[SubsetPickRow] = Table(
    "nba_predictions.current_subset_picks", SubsetPickRow, partition="game_date", player="player_lookup"
)
SUBSET_VERSIONS: Table[SubsetVersionRow] = Table(
    "nba_predictions.current_subset_versions", SubsetVersionRow, partition="game_date"
)
SUBSET_GRADES: Table[SubsetGradeRow] = Table(
    "nba_predictions.subset_grading_results", SubsetGradeRow, partition="game_date"
)
NEWS_LINKS: Table[NewsLinkRow] = Table("nba_analytics.news_player_links", NewsLinkRow, player="player_lookup")
NEWS_INSIGHTS: Table[NewsInsightRow] = Table("nba_analytics.news_insights", NewsInsightRow)
NEWS_ARTICLES: Table[NewsArticleRow] = Table("nba_raw.news_articles_raw", NewsArticleRow, partition="published_at")
GAMEBOOK: Table[GamebookRow] = Table(
    "nba_raw.nbac_gamebook_player_stats", GamebookRow, partition="game_date", player="player_lookup"
)
FEED_PLAYERS: Table[FeedPlayerRow] = Table(
    "nba_raw.bdl_player_boxscores",
    FeedPlayerRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
)
LIVE_BOX_SCORES: Table[LiveBoxScoreRow] = Table(
    "live_feed.box_scores", LiveBoxScoreRow, partition="game_date", live=True
)
SHOT_ZONES: Table[ShotZoneRow] = Table(
    "nba_precompute.player_shot_zone_analysis",
    ShotZoneRow,
    partition="analysis_date",
    player="player_lookup",
    expiration_days=RULES.sources.zones_days,
)
DAILY_CACHE: Table[DailyCacheRow] = Table(
    "nba_precompute.player_daily_cache", DailyCacheRow, partition="cache_date", player="player_lookup"
)
TEAM_GAMES: Table[TeamGameRow] = Table("nba_analytics.team_offense_game_summary", TeamGameRow, partition="game_date")

TABLES: tuple[Table[tuple[object, ...]], ...] = tuple(
    sorted((t for t in list(globals().values()) if isinstance(t, Table)), key=lambda t: t.name)
)
"""Every declared table, by name."""
WAREHOUSE_TABLES: tuple[Table[tuple[object, ...]], ...] = tuple(table for table in TABLES if not table.live)
"""Those that a warehouse stores."""
