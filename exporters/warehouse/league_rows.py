"""Rows of the tables about the league, column by column: players, games, lines, injuries, news.

A column that is nullable in the warehouse is ``| None`` here, and one that it may lack says what that means. Comments
name what the warehouse does not enforce.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, NamedTuple

from exporters.warehouse.schema import (
    Absent,
    BookkeepingTime,
    Instant,
    Numeric41,
    Numeric51,
    Numeric52,
    Numeric53,
    Numeric62,
)


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


class PlayerAliasRow(NamedTuple):
    """Another spelling of a player's id, and the id that it stands for."""

    alias_lookup: str
    nba_canonical_lookup: str
    is_active: bool
    processed_at: BookkeepingTime


class FactorsRow(NamedTuple):
    """Fatigue of one player's game: 0 to 100, where 100 is fresh."""

    player_lookup: str
    game_date: date
    fatigue_score: int | None
    fatigue_context_json: str | None
    game_id: str
    processed_at: BookkeepingTime
    created_at: BookkeepingTime


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
    context_version: Annotated[int | None, Absent("of several rows of a player the one that was written last counts")]
    processed_at: BookkeepingTime


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
    is_partial_game_data: Annotated[bool | None, Absent("every box score counts as whole")]
    processed_at: BookkeepingTime
    assists: int | None
    offensive_rebounds: int | None
    defensive_rebounds: int | None
    steals: int | None
    blocks: int | None
    turnovers: int | None
    win_flag: bool
    player_full_name: Annotated[
        str | None, Absent("a player whom the registry does not know is shown by the id instead of a name")
    ]


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
    processed_at: BookkeepingTime


class InjuryRow(NamedTuple):
    """One line of a dated injury report; append-only, and one report lists the games of two days."""

    player_lookup: str | None
    injury_status: str | None
    reason: str | None
    report_date: date | None
    report_hour: int | None
    game_date: date | None
    game_id: str | None
    processed_at: BookkeepingTime


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
    processed_at: BookkeepingTime
    early_season_flag: Annotated[bool | None, Absent("no analysis counts as one of a young season")]
    paint_pct_allowed_last_15: Numeric53 | None
    three_pt_pct_allowed_last_15: Numeric53 | None
    paint_defense_vs_league_avg: Annotated[Numeric52 | None, Absent("every defence counts as average in the paint")]
    three_pt_defense_vs_league_avg: Annotated[
        Numeric52 | None, Absent("every defence counts as average behind the three-point line")
    ]
    opponent_pace: Numeric51 | None
    games_in_sample: int | None


class NewsLinkRow(NamedTuple):
    """An article that mentions a player."""

    player_lookup: str
    article_id: str
    sport: str | None
    mention_role: Annotated[str | None, Absent("no mention of a player counts as the primary one of its article")]


class NewsInsightRow(NamedTuple):
    """One extraction of an article; several may exist."""

    article_id: str
    category: str
    headline: str | None
    ai_summary: str | None
    extracted_at: BookkeepingTime


class NewsArticleRow(NamedTuple):
    """A fetched news article."""

    article_id: str
    title: str
    source: str
    source_url: str | None
    published_at: Instant
    summary: Annotated[str | None, Absent("an article without an extracted summary has none")]


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
    """One player's line in the live feed; a game without players yet has one row without player.

    ``status`` is ``Final`` once a game is over and is its tip-off before; ``period`` is 0 until then. ``clock`` is
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
    feed_game_id: int | None
    home_score: int | None
    visitor_score: int | None
    rebounds: int | None
    assists: int | None
    steals: int | None
    blocks: int | None
    turnovers: int | None
    fg_made: int | None
    fg_attempted: int | None
    fg3_made: int | None
    fg3_attempted: int | None
    ft_made: int | None
    ft_attempted: int | None


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
    points_scored: int | None
    pace: Numeric51 | None
    home_game: bool | None
    is_partial_game_data: Annotated[bool | None, Absent("every game of a team counts as whole")]
    processed_at: BookkeepingTime
