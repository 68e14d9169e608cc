"""The warehouse tables; what their columns mean is beside their rows."""

from __future__ import annotations

from exporters.config import RULES
from exporters.warehouse.forecast_rows import (
    AccuracyRow,
    FeatureRow,
    ForecastTimeRow,
    PredictionRow,
    SignalRow,
    SubsetDefinitionRow,
    SubsetPickRow,
    SubsetVersionRow,
    SystemDayRow,
)
from exporters.warehouse.league_rows import (
    ContextRow,
    DailyCacheRow,
    DefenseRow,
    FactorsRow,
    FeedPlayerRow,
    GamebookRow,
    GameRow,
    InjuryRow,
    LiveBoxScoreRow,
    NewsArticleRow,
    NewsInsightRow,
    NewsLinkRow,
    PlayerAliasRow,
    PropsRow,
    RegistryRow,
    ScheduleRow,
    ShotZoneRow,
    TeamGameRow,
)
from exporters.warehouse.pick_rows import HaltRow, ManualPickRow, PublishedPickRow, SignalPickRow
from exporters.warehouse.schema import StandIn, Table

PREDICTIONS: Table[PredictionRow] = Table(
    "nba_predictions.player_prop_predictions",
    PredictionRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    expiration_days=RULES.sources.predictions_days,
    key=("system_id", "prediction_id"),
)
ACCURACY: Table[AccuracyRow] = Table(
    "nba_predictions.prediction_accuracy",
    AccuracyRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    key=("system_id", "game_id"),
)
FEATURES: Table[FeatureRow] = Table(
    "nba_predictions.ml_feature_store_v2",
    FeatureRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    key=("feature_version",),
)
SYSTEM_DAYS: Table[SystemDayRow] = Table(
    "nba_predictions.system_daily_performance",
    SystemDayRow,
    partition="game_date",
    filter_required=True,
    key=("system_id",),
)
REGISTRY: Table[RegistryRow] = Table(
    "nba_reference.nba_players_registry", RegistryRow, player="player_lookup", key=("season", "team_abbr")
)
PLAYER_ALIASES: Table[PlayerAliasRow] = Table(
    "nba_reference.player_aliases",
    PlayerAliasRow,
    key=("alias_lookup",),
    absent="every table is taken to spell players alike",
)
FACTORS: Table[FactorsRow] = Table(
    "nba_precompute.player_composite_factors",
    FactorsRow,
    partition="game_date",
    player="player_lookup",
    key=("game_id",),
)
CONTEXT: Table[ContextRow] = Table(
    "nba_analytics.upcoming_player_game_context",
    ContextRow,
    partition="game_date",
    player="player_lookup",
    key=("game_id",),
)
GAMES: Table[GameRow] = Table(
    "nba_analytics.player_game_summary", GameRow, partition="game_date", player="player_lookup", key=("game_id",)
)
SCHEDULE: Table[ScheduleRow] = Table(
    "nba_raw.nbac_schedule", ScheduleRow, partition="game_date", filter_required=True, key=("game_id",)
)
INJURIES: Table[InjuryRow] = Table(
    "nba_raw.nbac_injury_report", InjuryRow, partition="report_date", player="player_lookup", key=("report_hour",)
)
PROPS: Table[PropsRow] = Table(
    "nba_raw.bettingpros_player_points_props",
    PropsRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    key=("bookmaker", "market_type", "bet_side"),
)
DEFENSE: Table[DefenseRow] = Table(
    "nba_precompute.team_defense_zone_analysis",
    DefenseRow,
    partition="analysis_date",
    expiration_days=RULES.sources.zones_days,
    key=("team_abbr",),
)
SUBSET_DEFINITIONS: Table[SubsetDefinitionRow] = Table(
    "nba_predictions.dynamic_subset_definitions", SubsetDefinitionRow, key=("subset_id", "system_id")
)
SIGNALS: Table[SignalRow] = Table(
    "nba_predictions.daily_prediction_signals", SignalRow, partition="game_date", key=("system_id",)
)
SUBSET_PICKS: Table[SubsetPickRow] = Table(
    "nba_predictions.current_subset_picks",
    SubsetPickRow,
    partition="game_date",
    player="player_lookup",
    key=("subset_id", "version_id"),
)
SUBSET_VERSIONS: Table[SubsetVersionRow] = Table(
    "nba_predictions.current_subset_versions",
    SubsetVersionRow,
    partition="game_date",
    key=("version_id",),
    absent="a version is the version_id of its picks, with their computed_at; one without picks leaves no trace",
)
NEWS_LINKS: Table[NewsLinkRow] = Table(
    "nba_analytics.news_player_links",
    NewsLinkRow,
    player="player_lookup",
    key=("article_id",),
    absent="no player has news",
)
NEWS_INSIGHTS: Table[NewsInsightRow] = Table(
    "nba_analytics.news_insights",
    NewsInsightRow,
    key=("article_id",),
    absent="an article is shown under its own title, in no category",
)
NEWS_ARTICLES: Table[NewsArticleRow] = Table(
    "nba_raw.news_articles_raw",
    NewsArticleRow,
    partition="published_at",
    key=("article_id",),
    absent="no player has news",
)
GAMEBOOK: Table[GamebookRow] = Table(
    "nba_raw.nbac_gamebook_player_stats",
    GamebookRow,
    partition="game_date",
    player="player_lookup",
    key=("game_id",),
)
FEED_PLAYERS: Table[FeedPlayerRow] = Table(
    "nba_raw.bdl_player_boxscores",
    FeedPlayerRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    absent="players of the live feed are known by their names alone",
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
    "nba_precompute.player_daily_cache",
    DailyCacheRow,
    partition="cache_date",
    player="player_lookup",
    expiration_days=RULES.sources.cache_days,
)
TEAM_GAMES: Table[TeamGameRow] = Table(
    "nba_analytics.team_offense_game_summary",
    TeamGameRow,
    partition="game_date",
    filter_required=True,
    key=("game_id", "team_abbr"),
)
SIGNAL_PICKS: Table[SignalPickRow] = Table(
    "nba_predictions.signal_best_bets_picks",
    SignalPickRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    key=("system_id", "game_id"),
    absent="no date has picks of the signals, and the page of best bets says that picks are halted",
)
PUBLISHED_PICKS: Table[PublishedPickRow] = Table(
    "nba_predictions.best_bets_published_picks",
    PublishedPickRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    key=("game_id",),
    absent="which picks readers were shown is not known: those that the signals still have are shown",
)
MANUAL_PICKS: Table[ManualPickRow] = Table(
    "nba_predictions.best_bets_manual_picks",
    ManualPickRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    key=("game_id",),
    absent="no pick was added by hand",
)
HALTS: Table[HaltRow] = Table(
    "nba_orchestration.halt_state",
    HaltRow,
    partition="effective_date",
    key=("sport",),
    absent="picks count as halted on no date",
)
FORECAST_TIMES: Table[ForecastTimeRow] = Table(
    f"{PREDICTIONS.name}:created_at",
    ForecastTimeRow,
    partition="game_date",
    player="player_lookup",
    filter_required=True,
    expiration_days=RULES.sources.predictions_days,
    key=("prediction_id",),
    stand_in=StandIn(PREDICTIONS.name, SUBSET_PICKS.name, "prediction_created_at", key="prediction_id"),
)

TABLES: tuple[Table[tuple[object, ...]], ...] = tuple(
    sorted((t for t in list(globals().values()) if isinstance(t, Table)), key=lambda t: t.name)
)
"""Every declared table, by name."""
WAREHOUSE_TABLES: tuple[Table[tuple[object, ...]], ...] = tuple(
    table for table in TABLES if not table.live and table.stand_in is None
)
"""Those that a warehouse stores under their own name."""
