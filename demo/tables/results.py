"""The tables of what was played: schedule, box scores, game books, team games and the live feed's players."""

from __future__ import annotations

import numpy as np

from demo.box_scores import Appearances, team_points
from demo.clock import HOUR_US, SECOND_US
from demo.league import League
from demo.markets import Lines
from demo.randomness import stream
from demo.tables.frames import Frame, Nullable
from exporters.warehouse.tables import FEED_PLAYERS, GAMEBOOK, GAMES, SCHEDULE, TEAM_GAMES

_BOX_COLUMNS = """
fg_makes fg_attempts three_pt_makes three_pt_attempts ft_makes ft_attempts assists
offensive_rebounds defensive_rebounds steals blocks turnovers
"""
_REASONS = np.array(["DNP - Coach's Decision", "DND - Injury/Illness", "Inactive - Injury/Illness"], dtype=object)


def schedule_frame(league: League, box: Appearances) -> Frame:
    """Return one row per game; today's games have not started and have no scores."""
    games = league.games
    home, away = team_points(league, box.game, box.at_home, box.stats["points"])
    over = games.date < np.datetime64(league.today, "D")
    hosts, guests = league.team[games.home], league.team[games.away]
    ids = [f"002{season % 100:02d}{number:05d}" for season, number in zip(games.season, games.number, strict=True)]
    return Frame(
        SCHEDULE,
        {
            "game_date": games.date,
            "away_team_tricode": guests,
            "home_team_tricode": hosts,
            "game_status": np.where(over, 3, 1),
            "game_date_est": games.tipoff,
            "home_team_score": Nullable(home, ~over),
            "away_team_score": Nullable(away, ~over),
            "winning_team_tricode": Nullable(np.where(home > away, hosts, guests), ~over),
            "game_id": np.array(ids, dtype=object),
            "season_year": games.season,
            "processed_at": np.where(over, games.tipoff + 5 * HOUR_US, games.tipoff - 9 * HOUR_US),
        },
    )


def games_frame(league: League, box: Appearances, lines: Lines) -> Frame:
    """Return the box scores of the played games, did-not-play rows included."""
    rng = stream(league.options.seed, "games")
    row = np.flatnonzero(box.over)
    sat = ~box.played[row]
    points, line, lined = box.stats["points"][row], lines.points[row], lines.offered[row]
    reason = np.where(box.hurt_for[row] < 0, 0, np.where(box.expected[row], 1, 2))
    # An exact push is stored as OVER, as the producer of the table does.
    result = Nullable(np.where(points >= line, "OVER", "UNDER").astype(object), sat | ~lined)
    columns = {name: Nullable(box.stats[name][row], sat) for name in _BOX_COLUMNS.split()}
    return Frame(
        GAMES,
        {
            "player_lookup": league.players.lookup[box.player[row]],
            "game_date": box.date[row],
            "points": Nullable(points, sat),
            "game_id": box.game_id[row],
            "team_abbr": league.team[box.team[row]],
            "opponent_team_abbr": league.team[box.opponent[row]],
            "season_year": box.season[row],
            "minutes_played": Nullable(box.stats["minutes"][row], sat),
            "points_line": Nullable(line, ~lined),
            "over_under_result": result,
            "is_dnp": sat,
            "is_active": ~sat,
            "dnp_reason": Nullable(_REASONS[reason], ~sat),
            "is_partial_game_data": False,
            "processed_at": box.tipoff[row] + 6 * HOUR_US + rng.integers(0, 900, len(row)) * SECOND_US,
            "win_flag": False,
            "player_full_name": league.players.name[box.player[row]],
            **columns,
        },
    )


def gamebook_frame(league: League, box: Appearances) -> Frame:
    """Return the official game book: everybody listed, minutes to the second."""
    rng = stream(league.options.seed, "gamebook")
    row = np.flatnonzero(box.over & box.expected)
    seconds = box.stats["minutes"][row] * 60 + rng.integers(-29, 30, len(row))
    return Frame(
        GAMEBOOK,
        {
            "game_id": box.game_id[row],
            "game_date": box.date[row],
            "player_lookup": league.players.lookup[box.player[row]],
            "minutes_decimal": Nullable(np.round(seconds / 60, 2), ~box.played[row]),
        },
    )


def feed_players_frame(league: League, box: Appearances) -> Frame:
    """Return which feed id each player had in each box score."""
    row = np.flatnonzero(box.over & box.played)
    return Frame(
        FEED_PLAYERS,
        {
            "game_date": box.date[row],
            "player_lookup": league.players.lookup[box.player[row]],
            "bdl_player_id": league.players.feed_id[box.player[row]],
        },
    )


def team_games_frame(league: League, box: Appearances) -> Frame:
    """Return each team's played games with the win flag that can be trusted, and the pace at which it played."""
    rng = stream(league.options.seed, "team games")
    games = league.games
    home, away = team_points(league, box.game, box.at_home, box.stats["points"])
    over = np.flatnonzero(games.date < np.datetime64(league.today, "D"))
    ids = np.empty(len(games), dtype=object)
    ids[box.game] = box.game_id
    twice = np.repeat(over, 2)
    hosting = np.tile([True, False], len(over))
    team = np.where(hosting, games.home[twice], games.away[twice])
    style = rng.normal(99, 2.2, len(league.team))
    # Both teams of a game play at the pace that the two of them make.
    shared = (style[games.home] + style[games.away]) / 2 + rng.normal(0, 2.5, len(games))
    return Frame(
        TEAM_GAMES,
        {
            "game_id": ids[twice],
            "game_date": games.date[twice],
            "team_abbr": league.team[team],
            "win_flag": (home > away)[twice] == hosting,
            "points_scored": np.where(hosting, home[twice], away[twice]),
            "pace": np.round(shared[twice], 1),
            "home_game": hosting,
            "is_partial_game_data": False,
            "processed_at": games.tipoff[twice] + 6 * HOUR_US,
        },
    )
