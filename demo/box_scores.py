"""Appearances: one per player and game of the team, with its box score and the facts known before it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.league import NOWHERE, League
from demo.randomness import Array, stream

_HOME_EDGE = 0.02
_TIRED_EDGE = -0.035
_KNOWN_AFTER_DAYS = 10
_TEAM_POINTS = 114.0


@dataclass(frozen=True)
class Appearances:
    """One row per player and game of the team, ordered by date, game and player; did-not-play rows included.

    Attributes:
        player: Player index.
        game: Game index.
        team: Team index.
        opponent: Team index.
        at_home: Whether the player's team hosts.
        date: Game date.
        season: Start year of the season.
        game_id: ``YYYYMMDD_AWAY_HOME``.
        tipoff: Tip-off, microseconds since the epoch.
        over: Whether the game has been played.
        hurt_for: Days since the current injury began, -1 when fit.
        expected: Whether the player is in the game's pre-game context.
        played: Whether the player takes part (also set for games that are still to come).
        usual: Points that form, role and opponent suggest.
        stats: Box score columns of the played rows; zero elsewhere.
        rest: Days since the last game played this season, -1 for the first one.
        games_before: Games played this season before this one.
        mean_before: Mean points of those games; 0 without any.
        recent_before: Mean points of the last ten of them; 0 without any.
        games_week: Games played in the seven days before.
        minutes_week: Minutes played in those games.
    """

    player: Array
    game: Array
    team: Array
    opponent: Array
    at_home: Array
    date: Array
    season: Array
    game_id: Array
    tipoff: Array
    over: Array
    hurt_for: Array
    expected: Array
    played: Array
    usual: Array
    stats: dict[str, Array]
    rest: Array
    games_before: Array
    mean_before: Array
    recent_before: Array
    games_week: Array
    minutes_week: Array

    def __len__(self) -> int:
        return len(self.player)


def play(league: League) -> Appearances:
    """Play every game of the league, also those of the last night, whose results stay hidden in ``over``."""
    rng = stream(league.options.seed, "play")
    games, players = league.games, league.players
    day_of_game = league.day(games.date)
    game_of = np.full((len(league.team) + 1, league.team_of.shape[1]), -1)
    game_of[games.home, day_of_game] = np.arange(len(games))
    game_of[games.away, day_of_game] = np.arange(len(games))
    game_of[NOWHERE] = -1
    by_day = game_of[league.team_of, np.arange(league.team_of.shape[1])]
    player, day = np.nonzero(by_day >= 0)
    game = by_day[player, day]
    order = np.lexsort((player, game))
    player, day, game = player[order], day[order], game[order]
    rows = len(player)

    team = league.team_of[player, day].astype(np.int64)
    at_home = games.home[game] == team
    opponent = np.where(at_home, games.away[game], games.home[game])
    hurt_since = league.hurt_since[player, day]
    hurt_for = np.where(hurt_since >= 0, day - hurt_since, -1)
    fit = hurt_for < 0
    played = fit & (rng.random(rows) < players.used[player])
    expected = fit | (hurt_for <= _KNOWN_AFTER_DAYS) | (rng.random(rows) < 0.06)

    season = games.season[game]
    sequence = _Sequence(player, season, day)
    rest = sequence.days_since_played(played)
    usual = _usual_points(league, rng, player, opponent, at_home, day, season, rest)
    usual *= _share_the_load(league, game, at_home, usual, played)
    stats = _box_scores(league, rng, player, usual, played)
    _break_ties(league, game, at_home, played, stats)
    games_before, mean_before, recent_before = sequence.points_before(played, stats["points"])
    games_week, minutes_week = sequence.last_week(played, stats["minutes"])
    return Appearances(
        player=player,
        game=game,
        team=team,
        opponent=opponent,
        at_home=at_home,
        date=games.date[game],
        season=season,
        game_id=game_ids(league)[game],
        tipoff=games.tipoff[game],
        over=games.date[game] < np.datetime64(league.today, "D"),
        hurt_for=hurt_for,
        expected=expected,
        played=played,
        usual=usual,
        stats=stats,
        rest=rest,
        games_before=games_before,
        mean_before=mean_before,
        recent_before=recent_before,
        games_week=games_week,
        minutes_week=minutes_week,
    )


def game_ids(league: League) -> Array:
    """Return each game's ``YYYYMMDD_AWAY_HOME``."""
    games = league.games
    days = np.datetime_as_string(games.date)
    return np.array(
        [
            f"{day.replace('-', '')}_{league.team[away]}_{league.team[home]}"
            for day, away, home in zip(days, games.away, games.home, strict=True)
        ],
        dtype=object,
    )


class _Sequence:
    """The rows of each player and season in date order."""

    def __init__(self, player: Array, season: Array, day: Array) -> None:
        self.order = np.lexsort((day, season, player))
        self.day = day[self.order]
        person, year = player[self.order], season[self.order]
        new = np.ones(len(person), dtype=bool)
        new[1:] = (person[1:] != person[:-1]) | (year[1:] != year[:-1])
        self.first = np.maximum.accumulate(np.where(new, np.arange(len(new)), 0))
        self.group = np.cumsum(new) - 1

    def _restore(self, values: Array) -> Array:
        out = np.empty_like(values)
        out[self.order] = values
        return out

    def days_since_played(self, played: Array) -> Array:
        base = self.group * 10_000
        seen = np.maximum.accumulate(np.where(played[self.order], base + self.day, -1))
        before = np.concatenate([[-1], seen[:-1]])
        return self._restore(np.where(before >= base, base + self.day - before, -1))

    def points_before(self, played: Array, points: Array) -> tuple[Array, Array, Array]:
        took_part = played[self.order]
        count = np.concatenate([[0], np.cumsum(took_part)])
        total = np.concatenate([[0], np.cumsum(np.where(took_part, points[self.order], 0))])
        here = np.arange(len(took_part))
        games = count[here] - count[self.first]
        points_sum = total[here] - total[self.first]
        # Totals of played games only, by their ordinal: the last ten end at the game before this one.
        by_game = np.concatenate([[0], total[1:][took_part]])
        recent = np.minimum(games, 10)
        recent_sum = by_game[count[here]] - by_game[count[here] - recent]
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(games > 0, points_sum / games, 0.0)
            last_ten = np.where(recent > 0, recent_sum / recent, 0.0)
        return self._restore(games), self._restore(mean), self._restore(last_ten)

    def last_week(self, played: Array, minutes: Array) -> tuple[Array, Array]:
        took_part = played[self.order]
        count = np.concatenate([[0], np.cumsum(took_part)])
        total = np.concatenate([[0], np.cumsum(np.where(took_part, minutes[self.order], 0))])
        stamp = self.group * 10_000 + self.day
        here = np.arange(len(took_part))
        since = np.searchsorted(stamp, stamp - 7)
        return self._restore(count[here] - count[since]), self._restore(total[here] - total[since])


def _usual_points(
    league: League,
    rng: np.random.Generator,
    player: Array,
    opponent: Array,
    at_home: Array,
    day: Array,
    season: Array,
    rest: Array,
) -> Array:
    players = league.players
    count = len(players)
    period = rng.uniform(25, 90, (2, count))
    phase = rng.uniform(0, 2 * np.pi, (2, count))
    size = np.abs(rng.normal(0, 0.09, (2, count)))
    form = sum(size[n, player] * np.sin(2 * np.pi * day / period[n, player] + phase[n, player]) for n in (0, 1))
    years = np.arange(season.min(), season.max() + 1)
    growth = np.cumsum(rng.normal(0, 0.07, (count, len(years))), axis=1)[player, season - years[0]]
    generosity = rng.normal(0, 0.035, (len(league.team), len(years)))[opponent, season - years[0]]
    factor = 1 + form + growth + generosity + np.where(at_home, _HOME_EDGE, -_HOME_EDGE) + _TIRED_EDGE * (rest == 1)
    return np.asarray(players.minutes[player] * players.rate[player] * np.clip(factor, 0.5, 1.6))


def _share_the_load(league: League, game: Array, at_home: Array, usual: Array, played: Array) -> Array:
    """Return a factor per row: those who play score most of what those who sit would have scored."""
    side = 2 * game + at_home
    total = np.bincount(side[played], usual[played], 2 * len(league.games))
    target = _TEAM_POINTS * league.options.scale
    factor = np.clip((target / np.maximum(total, 1.0)) ** 0.7, 0.75, 1.35)
    return np.asarray(factor[side])


def _box_scores(
    league: League, rng: np.random.Generator, player: Array, usual: Array, played: Array
) -> dict[str, Array]:
    rows = len(player)
    expected_minutes = league.players.minutes[player]
    minutes = np.clip(np.rint(expected_minutes + rng.normal(0, 1.5 + expected_minutes * 0.1, rows)), 1, 46)
    mean = usual * (minutes / expected_minutes) ** 0.9
    points = np.maximum(0, np.rint(mean + rng.normal(0, 1, rows) * (0.8 + 1.05 * np.sqrt(mean)))).astype(np.int64)

    position = league.players.position[player]
    big = np.isin(position, ("PF", "C"))
    threes = rng.binomial(points // 3, np.where(big, 0.24, 0.4))
    rest = points - 3 * threes
    free = rng.binomial(rest, 0.26)
    free = np.where((rest - free) % 2 == 0, free, np.where(free < rest, free + 1, free - 1))
    twos = (rest - free) // 2
    three_attempts = threes + rng.poisson(threes * 1.55 + 0.02 * minutes)
    field_attempts = three_attempts + twos + rng.poisson(twos * 0.72 + 0.012 * minutes)
    free_attempts = free + rng.poisson(free * 0.24 + 0.05)
    share = minutes / 36
    stats = {
        "points": points,
        "minutes": minutes.astype(np.int64),
        "fg_makes": twos + threes,
        "fg_attempts": field_attempts,
        "three_pt_makes": threes,
        "three_pt_attempts": three_attempts,
        "ft_makes": free,
        "ft_attempts": free_attempts,
        "assists": rng.poisson(np.where(position == "PG", 7.0, np.where(big, 2.4, 3.6)) * share),
        "offensive_rebounds": rng.poisson(np.where(big, 2.4, 0.9) * share),
        "defensive_rebounds": rng.poisson(np.where(big, 6.5, 3.6) * share),
        "steals": rng.poisson(1.1 * share),
        "blocks": rng.poisson(np.where(big, 1.1, 0.4) * share),
        "turnovers": rng.poisson(2.2 * share),
    }
    return {name: np.where(played, values, 0) for name, values in stats.items()}


def team_points(league: League, game: Array, at_home: Array, points: Array) -> tuple[Array, Array]:
    """Return the home and the away score of every game; a scaled league's games count a share of the points."""
    count, share = len(league.games), league.options.scale
    home = np.bincount(game[at_home], points[at_home], count) // share
    away = np.bincount(game[~at_home], points[~at_home], count) // share
    return home.astype(np.int64), away.astype(np.int64)


def _break_ties(league: League, game: Array, at_home: Array, played: Array, stats: dict[str, Array]) -> None:
    """Give a home player of each tied game one more basket (two points per league that the scale packs into one)."""
    home, away = team_points(league, game, at_home, stats["points"])
    tied = np.flatnonzero(home == away)
    hosts = np.flatnonzero(at_home & played & np.isin(game, tied))
    scorers = hosts[np.lexsort((-stats["points"][hosts], game[hosts]))]
    _, first = np.unique(game[scorers], return_index=True)
    chosen, baskets = scorers[first], league.options.scale
    for name, amount in (("points", 2), ("fg_makes", 1), ("fg_attempts", 1)):
        stats[name][chosen] += amount * baskets
