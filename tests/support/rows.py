"""Warehouse rows for tests: one factory per table, each with every column filled by an unremarkable default.

    game_row(game_date="2025-01-10", points=31, points_line=24.5)
    prediction_row(player_lookup="stephcurry", confidence_score=72, created_at="2025-01-15T15:00Z")
    context_row(home_game=None)

Give only what the test is about, as keyword arguments named after columns; an unknown name is a ``TypeError``. Values
may be written the short way: a DATE as ISO text, a TIMESTAMP as ISO text with offset, a NUMERIC as int, float or text
(it gets the column's scale), a REPEATED column as any iterable. ``None`` is null.

The defaults tell one story: ``lebronjames`` of LAL hosts BOS on 2025-01-15 (:data:`TONIGHT`), played CHI at home two
days before, 20 points on a line of 19.5, and the champion forecasts 24.5 on a line of 22.5. Where ``game_id`` is not
given it follows from the row's date and teams (``at_home=False``, which is no column, puts the player's team on the
road).

:func:`game_log` makes a run of past games in one call, :func:`cut` leaves a row only some of its columns, and
:func:`player_rows` makes the plain night of one player: context, forecast, registry, fatigue, odds and a few games.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import Any

from exporters.config import ExportConfig
from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import (
    ACCURACY,
    CONTEXT,
    DAILY_CACHE,
    DEFENSE,
    FACTORS,
    FEATURES,
    FEED_PLAYERS,
    FORECAST_TIMES,
    GAMEBOOK,
    GAMES,
    HALTS,
    INJURIES,
    LIVE_BOX_SCORES,
    MANUAL_PICKS,
    NEWS_ARTICLES,
    NEWS_INSIGHTS,
    NEWS_LINKS,
    PLAYER_ALIASES,
    PREDICTIONS,
    PROPS,
    PUBLISHED_PICKS,
    REGISTRY,
    SCHEDULE,
    SHOT_ZONES,
    SIGNAL_PICKS,
    SIGNALS,
    SUBSET_DEFINITIONS,
    SUBSET_PICKS,
    SUBSET_VERSIONS,
    SYSTEM_DAYS,
    TABLES,
    TEAM_GAMES,
)

TONIGHT = date(2025, 1, 15)
"""The date that the default rows are about."""
LAST_GAME = date(2025, 1, 13)
"""The date of the default box score."""
PLAYER = "lebronjames"
CHAMPION = ExportConfig().champion_system_id
"""The champion of the default configuration; tests name no model of their own."""

Row = Any
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_TABLE_OF_CLASS = {table.row.__name__: table for table in TABLES}


def date_of(value: str | date) -> date:
    """Return a date, also from ISO text."""
    return value if isinstance(value, date) else date.fromisoformat(value)


def instant(text: str) -> int:
    """Return ISO text such as ``2025-01-16T00:30:00Z`` as a TIMESTAMP value."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} needs an offset, such as Z")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def game_id_of(game_date: str | date, away: str, home: str) -> str:
    """Return the canonical id of a game."""
    return f"{date_of(game_date):%Y%m%d}_{away}_{home}"


def value_of(column: Column, value: Any) -> Any:
    """Return a value as a decoded row carries it."""
    if column.mode == "REPEATED":
        return tuple(value or ())
    if value is None:
        return None
    if column.type == "DATE":
        return date_of(value)
    if column.type == "TIMESTAMP":
        return instant(value) if isinstance(value, str) else value
    if column.type == "NUMERIC":
        assert column.numeric is not None, column
        return Decimal(str(value)).quantize(Decimal(1).scaleb(-column.numeric.scale))
    return float(value) if column.type == "FLOAT64" else value


class RowFactory:
    """Makes rows of one table.

    Attributes:
        table: The table.
    """

    def __init__(
        self, table: Table[Any], extras: Mapping[str, Any] | None = None, /, **defaults: Any | Callable[..., Any]
    ) -> None:
        """Take a default per column; a function is called with the row's other values. ``extras`` are no columns."""
        assert list(defaults) == list(table.columns), f"{table}: give every column a default, in order"
        self.table = table
        self._extras = extras or {}
        self._defaults = defaults

    def __call__(self, **values: Any) -> Row:
        """Return a row."""
        unknown = sorted(values.keys() - self._defaults.keys() - self._extras.keys())
        if unknown:
            raise TypeError(f"{self.table} has no column {', '.join(unknown)}")
        given = {**self._extras, **self._defaults, **values}
        columns = self.table.columns
        typed = {
            name: value_of(columns[name], value) if name in columns else value
            for name, value in given.items()
            if not callable(value)
        }
        for name, value in given.items():
            if callable(value):
                typed[name] = value_of(columns[name], value(typed))
        return self.table.row(**{name: typed[name] for name in columns})


def _own_game(row: Mapping[str, Any]) -> str:
    team, opponent = row["team_abbr"] or "LAL", row["opponent_team_abbr"] or "BOS"
    return game_id_of(row["game_date"], *((opponent, team) if row["at_home"] else (team, opponent)))


def _context_game(row: Mapping[str, Any]) -> str:
    return _own_game({**row, "at_home": row["home_game"] is not False})


def _tonights_game(row: Mapping[str, Any]) -> str:
    return game_id_of(row["game_date"] or TONIGHT, "BOS", "LAL")


def _noon(column: str) -> Callable[[Mapping[str, Any]], int]:
    return lambda row: instant(f"{row[column]}T12:00:00Z")


def _season_year(row: Mapping[str, Any]) -> int:
    played: date = row["game_date"]
    return played.year if played.month >= 10 else played.year - 1


prediction_row = RowFactory(
    PREDICTIONS,
    player_lookup=PLAYER,
    game_id=_tonights_game,
    game_date=TONIGHT,
    system_id=CHAMPION,
    predicted_points=24.5,
    confidence_score=85,
    recommendation="OVER",
    current_points_line=22.5,
    pace_adjustment=None,
    similar_games_count=None,
    is_active=True,
    quality_alert_level="green",
    feature_quality_score=92.5,
    default_feature_count=0,
    created_at=_noon("game_date"),
    line_margin=None,
    prediction_id="prediction-1",
    prediction_version=1,
    line_source="ACTUAL_PROP",
    model_version="v1",
    prediction_run_mode="OVERNIGHT",
    prediction_made_before_game=True,
    has_prop_line=True,
    updated_at=None,
    invalidation_reason=None,
    estimated_line_value=None,
)
forecast_time_row = RowFactory(
    FORECAST_TIMES,
    player_lookup=PLAYER,
    game_date=TONIGHT,
    prediction_id="prediction-1",
    created_at=_noon("game_date"),
)
accuracy_row = RowFactory(
    ACCURACY,
    {"at_home": True},
    player_lookup=PLAYER,
    game_id=_own_game,
    game_date=LAST_GAME,
    system_id=CHAMPION,
    team_abbr="LAL",
    opponent_team_abbr="CHI",
    predicted_points=22,
    confidence_score=0.85,
    recommendation="OVER",
    line_value=19.5,
    actual_points=20,
    minutes_played=34,
    absolute_error=2,
    signed_error=2,
    prediction_correct=True,
    within_3_points=True,
    within_5_points=True,
    is_voided=False,
    void_reason=None,
    has_prop_line=True,
    line_source="ACTUAL_PROP",
    graded_at=_noon("game_date"),
)
feature_row = RowFactory(
    FEATURES,
    player_lookup=PLAYER,
    game_id=_tonights_game,
    game_date=TONIGHT,
    features=(),
    feature_names=(),
    feature_version="v2",
    is_home=True,
    days_rest=2,
    quality_alert_level="green",
    feature_quality_score=92.5,
    default_feature_count=0,
    matchup_quality_pct=100,
    is_quality_ready=True,
    created_at=_noon("game_date"),
    updated_at=None,
)
system_day_row = RowFactory(
    SYSTEM_DAYS,
    game_date=LAST_GAME,
    system_id=CHAMPION,
    predictions_count=100,
    recommendations_count=60,
    correct_count=33,
    incorrect_count=27,
    over_count=30,
    over_correct=18,
    under_count=30,
    under_correct=15,
    within_3_count=40,
    within_5_count=60,
    mae=4.8,
    avg_bias=-0.4,
    over_win_rate=0.6,
    under_win_rate=0.5,
    within_3_pct=0.4,
    within_5_pct=0.6,
    high_confidence_count=20,
    high_confidence_correct=12,
    computed_at=_noon("game_date"),
)
registry_row = RowFactory(
    REGISTRY,
    player_lookup=PLAYER,
    player_name="LeBron James",
    season="2024-25",
    team_abbr="LAL",
    games_played=40,
    last_gamebook_activity_date=LAST_GAME,
    last_roster_activity_date=LAST_GAME,
    position="F",
    processed_at=instant("2025-01-14T12:00:00Z"),
)
player_alias_row = RowFactory(
    PLAYER_ALIASES,
    alias_lookup="kingjames",
    nba_canonical_lookup=PLAYER,
    is_active=True,
    processed_at=instant("2025-01-14T12:00:00Z"),
)
factors_row = RowFactory(
    FACTORS,
    player_lookup=PLAYER,
    game_date=TONIGHT,
    fatigue_score=85,
    fatigue_context_json=None,
    game_id=_tonights_game,
    processed_at=_noon("game_date"),
    created_at=_noon("game_date"),
)
context_row = RowFactory(
    CONTEXT,
    player_lookup=PLAYER,
    game_id=_context_game,
    game_date=TONIGHT,
    team_abbr="LAL",
    opponent_team_abbr="BOS",
    home_game=True,
    days_rest=2,
    back_to_back=False,
    context_version=1,
    processed_at=_noon("game_date"),
)
game_row = RowFactory(
    GAMES,
    {"at_home": True},
    player_lookup=PLAYER,
    game_date=LAST_GAME,
    points=20,
    game_id=_own_game,
    team_abbr="LAL",
    opponent_team_abbr="CHI",
    season_year=_season_year,
    minutes_played=34,
    fg_makes=8,
    fg_attempts=15,
    three_pt_makes=1,
    three_pt_attempts=4,
    ft_makes=3,
    ft_attempts=4,
    points_line=19.5,
    over_under_result=None,
    is_dnp=False,
    is_active=True,
    dnp_reason=None,
    is_partial_game_data=False,
    processed_at=_noon("game_date"),
    assists=7,
    offensive_rebounds=1,
    defensive_rebounds=6,
    steals=1,
    blocks=1,
    turnovers=3,
    win_flag=False,
    player_full_name=None,
)
schedule_row = RowFactory(
    SCHEDULE,
    game_date=TONIGHT,
    away_team_tricode="BOS",
    home_team_tricode="LAL",
    game_status=1,
    game_date_est=lambda row: instant(f"{row['game_date'] + timedelta(days=1)}T00:30:00Z"),
    home_team_score=None,
    away_team_score=None,
    winning_team_tricode=None,
    game_id=lambda row: f"00224{row['game_date']:%m%d}{sum(map(ord, row['home_team_tricode'])) % 10}",
    season_year=_season_year,
    processed_at=_noon("game_date"),
)
injury_row = RowFactory(
    INJURIES,
    player_lookup=PLAYER,
    injury_status="questionable",
    reason="Injury/Illness - Left Ankle; Sprain",
    report_date=TONIGHT,
    report_hour=13,
    game_date=TONIGHT,
    game_id=_tonights_game,
    processed_at=_noon("report_date"),
)
props_row = RowFactory(
    PROPS,
    game_date=TONIGHT,
    player_lookup=PLAYER,
    points_line=22.5,
    bet_side="over",
    odds_american=-110,
    is_best_line=True,
    market_type="points",
    is_active=True,
    bookmaker="DraftKings",
    bookmaker_last_update=_noon("game_date"),
)
defense_row = RowFactory(
    DEFENSE,
    team_abbr="BOS",
    analysis_date=TONIGHT,
    opponent_points_per_game=112,
    defensive_rating_last_15=112,
    processed_at=_noon("analysis_date"),
    early_season_flag=False,
    paint_pct_allowed_last_15=0.58,
    three_pt_pct_allowed_last_15=0.36,
    paint_defense_vs_league_avg=0,
    three_pt_defense_vs_league_avg=0,
    opponent_pace=99,
    games_in_sample=15,
)
subset_definition_row = RowFactory(
    SUBSET_DEFINITIONS,
    subset_id="high_edge",
    subset_name="High Edge",
    system_id=CHAMPION,
    min_edge=5,
    min_confidence=None,
    signal_condition="ANY",
    direction=None,
    pct_over_min=None,
    pct_over_max=None,
    use_ranking=False,
    top_n=None,
    is_active=True,
    require_quality_ready=False,
)
signal_row = RowFactory(
    SIGNALS,
    game_date=TONIGHT,
    system_id=CHAMPION,
    high_edge_picks=8,
    pct_over=32.5,
    skew_category="BALANCED",
    daily_signal="GREEN",
    calculated_at=_noon("game_date"),
)
subset_pick_row = RowFactory(
    SUBSET_PICKS,
    game_date=TONIGHT,
    subset_id="high_edge",
    player_lookup=PLAYER,
    system_id=CHAMPION,
    prediction_id="prediction-1",
    game_id=_tonights_game,
    rank_in_subset=1,
    version_id="v_20250115_120000",
    computed_at=_noon("game_date"),
    trigger_source="export",
    batch_id="batch-1",
    player_name="LeBron James",
    team="LAL",
    opponent="BOS",
    predicted_points=27.5,
    current_points_line=22.5,
    recommendation="OVER",
    confidence_score=85,
    edge=5,
    composite_score=58.5,
    feature_quality_score=92.5,
    default_feature_count=0,
    line_source="ACTUAL_PROP",
    prediction_run_mode="OVERNIGHT",
    prediction_made_before_game=True,
    quality_alert_level="green",
    subset_name="High Edge",
    min_edge=5,
    min_confidence=None,
    top_n=None,
    daily_signal="GREEN",
    pct_over=32.5,
    total_predictions_available=120,
    prediction_created_at=_noon("game_date"),
)
subset_version_row = RowFactory(
    SUBSET_VERSIONS,
    game_date=TONIGHT,
    version_id="v_20250115_120000",
    computed_at=_noon("game_date"),
    total_picks=1,
    is_complete=True,
)
news_link_row = RowFactory(
    NEWS_LINKS, player_lookup=PLAYER, article_id="article-1", sport="nba", mention_role="mentioned"
)
news_insight_row = RowFactory(
    NEWS_INSIGHTS,
    article_id="article-1",
    category="other",
    headline="A headline",
    ai_summary=None,
    extracted_at=instant("2025-01-14T12:00:00Z"),
)
news_article_row = RowFactory(
    NEWS_ARTICLES,
    article_id="article-1",
    title="A title",
    source="espn_nba",
    source_url="https://example.com/article-1",
    published_at=instant("2025-01-14T12:00:00Z"),
    summary=None,
)
gamebook_row = RowFactory(
    GAMEBOOK,
    game_id=lambda row: game_id_of(row["game_date"], "CHI", "LAL"),
    game_date=LAST_GAME,
    player_lookup=PLAYER,
    minutes_decimal=34.25,
)
feed_player_row = RowFactory(FEED_PLAYERS, game_date=LAST_GAME, player_lookup=PLAYER, bdl_player_id=237)
live_box_row = RowFactory(
    LIVE_BOX_SCORES,
    game_date=TONIGHT,
    status="3rd Qtr",
    period=3,
    clock="Q3 6:00",
    home_team="LAL",
    visitor_team="BOS",
    team="LAL",
    feed_player_id=237,
    first_name="LeBron",
    last_name="James",
    points=18,
    minutes="24:10",
    feed_game_id=18447250,
    home_score=71,
    visitor_score=68,
    rebounds=6,
    assists=5,
    steals=1,
    blocks=0,
    turnovers=2,
    fg_made=7,
    fg_attempted=13,
    fg3_made=2,
    fg3_attempted=5,
    ft_made=2,
    ft_attempted=2,
)
shot_zone_row = RowFactory(
    SHOT_ZONES,
    player_lookup=PLAYER,
    analysis_date=TONIGHT,
    paint_rate_last_10=40,
    mid_range_rate_last_10=20,
    three_pt_rate_last_10=40,
)
daily_cache_row = RowFactory(DAILY_CACHE, player_lookup=PLAYER, cache_date=TONIGHT)
team_game_row = RowFactory(
    TEAM_GAMES,
    game_id=lambda row: game_id_of(row["game_date"], "CHI", "LAL"),
    game_date=LAST_GAME,
    team_abbr="LAL",
    win_flag=True,
    points_scored=110,
    pace=99.5,
    home_game=lambda row: row["team_abbr"] == "LAL",
    is_partial_game_data=False,
    processed_at=_noon("game_date"),
)
signal_pick_row = RowFactory(
    SIGNAL_PICKS,
    {"at_home": True},
    player_lookup=PLAYER,
    game_id=_own_game,
    game_date=TONIGHT,
    system_id=CHAMPION,
    player_name="LeBron James",
    team_abbr="LAL",
    opponent_team_abbr="BOS",
    line_value=22.5,
    recommendation="OVER",
    edge=5,
    rank=1,
    pick_angles=("Forecast 5.0 points above the line",),
    algorithm_version="v_test",
    ultra_tier=False,
    actual_points=None,
    prediction_correct=None,
    is_voided=None,
    created_at=_noon("game_date"),
)
published_pick_row = RowFactory(
    PUBLISHED_PICKS,
    {"at_home": True},
    player_lookup=PLAYER,
    game_id=_own_game,
    game_date=TONIGHT,
    player_name="LeBron James",
    team_abbr="LAL",
    opponent_team_abbr="BOS",
    recommendation="OVER",
    line_value=22.5,
    edge=5,
    rank=1,
    pick_angles=("Forecast 5.0 points above the line",),
    ultra_tier="false",
    source="algorithm",
    signal_status="active",
    first_published_at=_noon("game_date"),
    updated_at=_noon("game_date"),
)
manual_pick_row = RowFactory(
    MANUAL_PICKS,
    {"at_home": True},
    player_lookup=PLAYER,
    game_id=_own_game,
    game_date=TONIGHT,
    player_name="LeBron James",
    team_abbr="LAL",
    opponent_team_abbr="BOS",
    recommendation="OVER",
    line_value=22.5,
    edge=None,
    rank=None,
    pick_angles=(),
    is_active=True,
    added_at=_noon("game_date"),
)
halt_row = RowFactory(
    HALTS,
    effective_date=TONIGHT,
    sport="nba",
    halt_active=False,
    halt_reason=None,
    halt_since=None,
    written_at=_noon("effective_date"),
)

FACTORIES: Mapping[str, RowFactory] = {
    factory.table.name: factory for factory in list(globals().values()) if isinstance(factory, RowFactory)
}
"""The factory of every table, by table name."""


def game_log(
    points: Sequence[int | None],
    *,
    lines: Sequence[float | None] | float | None = 19.5,
    newest: str | date = LAST_GAME,
    every: int = 2,
    **values: Any,
) -> list[Row]:
    """Return past games, newest first, one every ``every`` days back from ``newest``.

    Args:
        points: Points of each game; None is a did-not-play row.
        lines: The betting line of each game, or one for all.
        newest: Date of the first game.
        every: Days between games.
        values: Anything else that all the games share.
    """
    each = lines if isinstance(lines, Sequence) else [lines] * len(points)
    return [
        game_row(
            **{
                "game_date": date_of(newest) - timedelta(days=every * i),
                "points": scored,
                "points_line": line,
                "is_dnp": scored is None,
                "minutes_played": None if scored is None else 34,
                **values,
            }
        )
        for i, (scored, line) in enumerate(zip(points, each, strict=True))
    ]


def defense_rows(allowed: Mapping[str, float | None], *, teams: int = 30, **values: Any) -> list[Row]:
    """Return analyses of the given teams, and of made-up teams that allow 150 and more, until there are ``teams``.

    They are of the day before :data:`TONIGHT`, unless ``analysis_date`` says otherwise.
    """
    values = {"analysis_date": TONIGHT - timedelta(days=1), **values}
    fill = {f"X{i:02d}": 150 + i for i in range(teams - len(allowed))}
    return [
        defense_row(team_abbr=team, opponent_points_per_game=points, **values)
        for team, points in {**allowed, **fill}.items()
    ]


def player_rows(player: str = PLAYER, *, points: Sequence[int | None] = (20, 24, 16), **context: Any) -> list[Row]:
    """Return a plain night of one player: context, forecast, registry, fatigue, odds of both sides, past games."""
    return [
        context_row(player_lookup=player, **context),
        prediction_row(player_lookup=player, prediction_id=f"prediction-{player}"),
        registry_row(player_lookup=player, player_name=player.title()),
        factors_row(player_lookup=player),
        props_row(player_lookup=player, bet_side="over", odds_american=-115),
        props_row(player_lookup=player, bet_side="under", odds_american=-105),
        *game_log(points, player_lookup=player),
    ]


def table_of(row: Row) -> Table[Any]:
    """Return the table that a row, whole or cut, belongs to."""
    return _TABLE_OF_CLASS[type(row).__name__]


@lru_cache(maxsize=1024)
def _cut_class(name: str, columns: tuple[str, ...]) -> Any:
    return namedtuple(name, columns)


def cut(row: Row, columns: Iterable[str]) -> Row:
    """Return a row that has only some of its columns, in table order; any other raises ``AttributeError``."""
    wanted = set(columns)
    kept = tuple(name for name in table_of(row).columns if name in wanted)
    return _cut_class(type(row).__name__, kept)(*(getattr(row, name) for name in kept))


def by_table(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return rows by table name, as the stages pass them on."""
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(table_of(row).name, []).append(row)
    return grouped
