"""The tables computed before a game: context, fatigue, team defence, shot zones and the daily cache."""

from __future__ import annotations

import numpy as np

from demo.box_scores import Appearances, team_points
from demo.clock import HOUR_US, MINUTE_US, SECOND_US, midnights
from demo.league import League
from demo.randomness import stream
from demo.tables.frames import Frame, Nullable
from exporters.warehouse.tables import CONTEXT, DAILY_CACHE, DEFENSE, FACTORS, SHOT_ZONES

_EARLY_SEASON_DAYS = 21
_ZONE_SPREAD = 0.03
_ANALYSED_GAMES = 15


def context_frame(league: League, box: Appearances) -> Frame:
    """Return who is expected in each game."""
    row = np.flatnonzero(box.expected)
    rest = box.rest[row]
    return Frame(
        CONTEXT,
        {
            "player_lookup": league.players.lookup[box.player[row]],
            "game_id": box.game_id[row],
            "game_date": box.date[row],
            "team_abbr": league.team[box.team[row]],
            "opponent_team_abbr": league.team[box.opponent[row]],
            "home_game": box.at_home[row],
            "days_rest": Nullable(rest, rest < 0),
            "back_to_back": rest == 1,
            "context_version": 1,
            "processed_at": midnights(box.date[row]) + 10 * HOUR_US + box.team[row] * 7 * SECOND_US,
        },
    )


def factors_frame(league: League, box: Appearances) -> Frame:
    """Return the fatigue of every expected player, with the penalties and bonuses that made it."""
    row = np.flatnonzero(box.expected)
    rest, week, minutes = box.rest[row], box.games_week[row], box.minutes_week[row].astype(float)
    age = (league.players.age[box.player[row]] + box.season[row] - box.season.min()).astype(int)
    tired, crowded, old = np.where(rest == 1, 14, 0), np.where(week >= 4, 12, 0), np.where(age >= 34, 5, 0)
    loaded = np.where(minutes >= 125, 6, 0)
    fresh = np.where((rest >= 3) & (rest < 30), 6, np.where(rest == 2, 2, 0))
    score = np.clip(92 - tired - crowded - old - loaded + fresh, 0, 100)
    average = np.round(minutes / np.maximum(week, 1), 1)
    texts = np.empty(len(row), dtype=object)
    columns = (rest, week, minutes, average, age, tired, crowded, loaded, old, fresh, score)
    texts[:] = [_fatigue_text(*values) for values in zip(*(column.tolist() for column in columns), strict=True)]
    made = midnights(box.date[row]) + 9 * HOUR_US
    return Frame(
        FACTORS,
        {
            "player_lookup": league.players.lookup[box.player[row]],
            "game_date": box.date[row],
            "fatigue_score": score,
            "fatigue_context_json": texts,
            "game_id": box.game_id[row],
            "processed_at": made + MINUTE_US,
            "created_at": made,
        },
    )


def _fatigue_text(
    rest: int,
    week: int,
    minutes: float,
    average: float,
    age: int,
    tired: int,
    crowded: int,
    loaded: int,
    old: int,
    fresh: int,
    score: int,
) -> str:
    penalties = [
        f'"{label}: -{size}"'
        for label, size in (
            ("back_to_back", tired),
            ("games_last_7", crowded),
            ("minutes_last_7", loaded),
            ("age", old),
        )
        if size
    ]
    bonus = f'"days_rest: +{fresh}"' if fresh else ""
    return (
        f'{{"days_rest": {rest if rest >= 0 else "null"}, "back_to_back": {"true" if rest == 1 else "false"}, '
        f'"games_last_7": {week}, "minutes_last_7": {minutes}, "avg_minutes_pg_last_7": {average}, '
        f'"player_age": {age}, "penalties_applied": [{", ".join(penalties)}], "bonuses_applied": [{bonus}], '
        f'"final_score": {score}}}'
    )


def defense_frame(league: League, box: Appearances) -> Frame:
    """Return each team's defence on every game date, from the season's games before it."""
    rng = stream(league.options.seed, "defense")
    games, teams = league.games, len(league.team)
    home, away = team_points(league, box.game, box.at_home, box.stats["points"])
    dates, date_of_game = np.unique(games.date, return_inverse=True)
    season = np.zeros(len(dates), dtype=np.int64)
    season[date_of_game] = games.season
    allowed, played = np.zeros((len(dates), teams)), np.zeros((len(dates), teams))
    np.add.at(allowed, (date_of_game, games.home), away)
    np.add.at(allowed, (date_of_game, games.away), home)
    np.add.at(played, (date_of_game, games.home), 1)
    np.add.at(played, (date_of_game, games.away), 1)
    before_allowed, before_played = np.zeros_like(allowed), np.zeros_like(played)
    opening = np.zeros(len(dates), dtype=np.int64)
    for year in np.unique(season):
        rows = np.flatnonzero(season == year)
        before_allowed[rows[1:]] = np.cumsum(allowed[rows], axis=0)[:-1]
        before_played[rows[1:]] = np.cumsum(played[rows], axis=0)[:-1]
        opening[rows] = rows[0]
    shape = before_played.shape
    unknown = (before_played == 0).ravel()
    per_game = np.where(unknown, 0, before_allowed.ravel() / np.maximum(before_played.ravel(), 1))
    early = (dates - dates[opening]).astype(int) < _EARLY_SEASON_DAYS
    day, team = np.divmod(np.arange(len(dates) * teams), teams)
    drift = np.cumsum(rng.normal(0, 0.002, shape), axis=0)
    paint = np.clip(rng.normal(0.58, _ZONE_SPREAD, teams) + drift, 0.41, 0.69).ravel()
    three = np.clip(rng.normal(0.36, 0.015, teams) + drift[::-1] / 2, 0.29, 0.41).ravel()
    return Frame(
        DEFENSE,
        {
            "team_abbr": league.team[team],
            "analysis_date": dates[day],
            "opponent_points_per_game": Nullable(np.round(per_game, 1), unknown),
            "defensive_rating_last_15": Nullable(np.round(per_game * 0.985 + 1.2, 2), unknown),
            "processed_at": midnights(dates[day]) + 8 * HOUR_US,
            "early_season_flag": early[day],
            "paint_pct_allowed_last_15": Nullable(np.round(paint, 3), unknown),
            "three_pt_pct_allowed_last_15": Nullable(np.round(three, 3), unknown),
            "paint_defense_vs_league_avg": Nullable(np.round((paint - 0.58) * 100, 2), unknown),
            "three_pt_defense_vs_league_avg": Nullable(np.round((three - 0.36) * 100, 2), unknown),
            "opponent_pace": Nullable(np.round(99 + (per_game - 113) * 0.25, 1), unknown),
            "games_in_sample": np.minimum(before_played.ravel(), _ANALYSED_GAMES).astype(np.int64),
        },
    )


def shot_zones_frame(league: League, box: Appearances) -> Frame:
    """Return where each expected player's recent shots came from, in percent."""
    rng = stream(league.options.seed, "shot zones")
    row = np.flatnonzero(box.expected & (box.games_before > 0))
    big = np.isin(league.players.position, ("PF", "C"))
    inside = rng.normal(np.where(big, 52, 33), 9)[box.player[row]] + rng.normal(0, 2.5, len(row))
    outside = rng.normal(np.where(big, 24, 43), 9)[box.player[row]] + rng.normal(0, 2.5, len(row))
    paint = np.round(np.clip(inside, 4, 78), 1)
    three = np.round(np.clip(outside, 2, 97 - paint), 1)
    return Frame(
        SHOT_ZONES,
        {
            "player_lookup": league.players.lookup[box.player[row]],
            "analysis_date": box.date[row],
            "paint_rate_last_10": paint,
            "mid_range_rate_last_10": np.round(100 - paint - three, 1),
            "three_pt_rate_last_10": three,
        },
    )


def daily_cache_frame(league: League, box: Appearances) -> Frame:
    """Return the marks of precomputed inputs."""
    row = np.flatnonzero(box.expected)
    return Frame(
        DAILY_CACHE,
        {"player_lookup": league.players.lookup[box.player[row]], "cache_date": box.date[row]},
    )
