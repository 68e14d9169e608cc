"""Who exists: teams, players, their stints with teams, and the days on which they are hurt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from demo.names import invent_names, lookup_of
from demo.options import DemoOptions, OptionsError
from demo.randomness import Array, stream
from demo.season_calendar import Games, game_dates, opening_night, play_calendar

_CODES = """
ATL BOS BKN CHA CHI CLE DAL DEN DET GSW HOU IND LAC LAL MEM MIA MIL
MIN NOP NYK OKC ORL PHI PHX POR SAC SAS TOR UTA WAS
"""
TEAM_CODES = tuple(_CODES.split())
TYPICAL_ROSTER = 16
NOWHERE = -1
_SIGNED_DAYS_AGO = (0, 6, 2, 10, 15, 21)

_PLAYERS_PER_TEAM = 15
_ROTATION = np.arange(TYPICAL_ROSTER)
_MINUTES = (35, 34, 33, 31, 29, 25, 22, 19, 17, 14, 11, 9, 8, 7, 6, 5)
_POINTS_PER_MINUTE = (0.71, 0.58, 0.51, 0.45, 0.42, 0.43, 0.43, 0.41, 0.4, 0.4, 0.39, 0.38, 0.37, 0.36, 0.35, 0.35)
_USED = (0.98, 0.98, 0.98, 0.98, 0.97, 0.97, 0.96, 0.95, 0.93, 0.85, 0.72, 0.55, 0.42, 0.34, 0.28, 0.22)
_POSITIONS = ("PG", "SG", "SF", "PF", "C")


@dataclass(frozen=True)
class Players:
    """Every player of the league.

    Attributes:
        lookup: ``player_lookup``.
        name: Display name.
        position: Position code.
        role: 0 for a team's first option to 15 for the end of its bench.
        minutes: Minutes of a usual game.
        rate: Points per minute of a usual game.
        used: Chance that a fit player is used.
        age: Age in the first season.
        feed_id: The live feed's id.
    """

    lookup: Array
    name: Array
    position: Array
    role: Array
    minutes: Array
    rate: Array
    used: Array
    age: Array
    feed_id: Array

    def __len__(self) -> int:
        return len(self.lookup)


@dataclass(frozen=True)
class League:
    """The league before anybody has played.

    Attributes:
        options: What was asked for.
        team: Team codes.
        games: The games up to the last date.
        players: All players.
        origin: Day 0 of every day axis: the first season's opening night.
        team_of: Team index by player and day, ``NOWHERE`` when on no roster.
        hurt_since: By player and day, the day the current injury began, or -1 when fit.
        last_night: The last game date.
    """

    options: DemoOptions
    team: Array
    games: Games
    players: Players
    origin: np.datetime64
    team_of: Array
    hurt_since: Array
    last_night: date

    def day(self, when: Array | np.datetime64 | date) -> Array:
        """Return the day axis position of dates."""
        return np.asarray((np.asarray(when, dtype="datetime64[D]") - self.origin).astype(np.int64))

    @property
    def today(self) -> date:
        """The date after which nothing exists; its games are still to be played."""
        return self.options.today


def found_league(options: DemoOptions) -> League:
    """Draw the league of some options.

    Raises:
        OptionsError: No game falls in the range of dates.
    """
    teams = min(len(TEAM_CODES), max(4, options.players // _PLAYERS_PER_TEAM // 2 * 2))
    calendar = play_calendar(options.seed, options.start_years, teams)
    today = np.datetime64(options.today, "D")
    first = np.datetime64(options.first_date or game_dates(options.first_season)[0], "D")
    past = calendar.date <= today
    games = Games(*(getattr(calendar, name)[past] for name in Games.__dataclass_fields__))
    if not (games.date >= first).any():
        raise OptionsError(f"no game falls in {first} to {today}")
    origin = np.datetime64(opening_night(options.first_season), "D")
    last_night: date = games.date[-1].item()
    days = int((today - origin).astype(int)) + 1
    players = _draw_players(options, teams)
    hurt_since = _draw_injuries(options, players, origin, days)
    team_of = _assign_teams(options, players, teams, origin, days)
    _limit_careers(options, team_of, hurt_since, players, origin, games)
    team = np.array(TEAM_CODES[:teams], dtype=object)
    return League(options, team, games, players, origin, team_of, hurt_since, last_night)


def _draw_players(options: DemoOptions, teams: int) -> Players:
    rng = stream(options.seed, "players")
    count = options.players * options.scale
    names = invent_names(rng, count)
    rank = np.arange(count) // teams
    role = np.minimum(rank * TYPICAL_ROSTER / max(TYPICAL_ROSTER, rank.max() + 1), TYPICAL_ROSTER - 1)
    minutes = np.interp(role, _ROTATION, _MINUTES) * rng.normal(1, 0.05, count)
    rate = np.interp(role, _ROTATION, _POINTS_PER_MINUTE) * np.exp(rng.normal(-0.01, 0.13, count))
    return Players(
        lookup=np.array([lookup_of(name) for name in names], dtype=object),
        name=np.array(names, dtype=object),
        position=np.array(_POSITIONS, dtype=object)[(np.arange(count) // teams + rng.integers(0, 2, count)) % 5],
        role=role,
        minutes=np.clip(minutes, 4, 37.5),
        rate=rate,
        used=np.interp(role, _ROTATION, _USED),
        age=rng.integers(19, 37, count),
        feed_id=rng.permutation(np.arange(count)) * 7 + 1_028_000,
    )


def _assign_teams(options: DemoOptions, players: Players, teams: int, origin: np.datetime64, days: int) -> Array:
    rng = stream(options.seed, "stints")
    count = len(players)
    rank = np.arange(count) // teams
    home: Array = np.arange(count) % teams
    team_of = np.full((count, days), NOWHERE, dtype=np.int16)
    for year in options.start_years:
        start = int((np.datetime64(opening_night(year), "D") - origin).astype(int))
        if start >= days:
            break
        if year > options.first_season:
            home = _swap_within(rng, home, rank, np.flatnonzero(rng.random(count) < 0.15))
        team_of[:, start:] = home[:, None]
        december = start + 50
        for day in range(december, min(days, start + 108)):
            if rng.random() < 0.12 * np.sqrt(teams / 30):
                traded = rng.choice(count, 2, replace=False)
                same = np.flatnonzero((rank == rank[traded[0]]) & (home != home[traded[0]]))
                if len(same):
                    pair = np.array([traded[0], rng.choice(same)])
                    home = home.copy()
                    home[pair] = home[pair[::-1]]
                    team_of[pair, day:] = home[pair][:, None]
    return team_of


def _swap_within(rng: np.random.Generator, home: Array, rank: Array, movers: Array) -> Array:
    moved = home.copy()
    for each in np.unique(rank[movers]):
        group = movers[rank[movers] == each]
        moved[group] = home[rng.permutation(group)]
    return np.asarray(moved)


def _limit_careers(
    options: DemoOptions, team_of: Array, hurt_since: Array, players: Players, origin: np.datetime64, games: Games
) -> None:
    """Let some players join late and some retire early, so that careers do not all span the warehouse."""
    rng = stream(options.seed, "careers")
    last_day = int((games.date[-1] - origin).astype(int))
    starts = [int((np.datetime64(opening_night(year), "D") - origin).astype(int)) for year in options.start_years]
    bench = np.flatnonzero((players.role >= 5) & (players.role < 13))
    newest = max(start for start in starts if start <= last_day)
    if newest > 0:
        changing = rng.choice(bench, max(2, len(bench) // 5), replace=False)
        rookies, retired = np.array_split(changing, [len(changing) * 2 // 3])
        team_of[rookies, :newest] = NOWHERE
        team_of[retired, newest:] = NOWHERE
    # Signed on the last nights, by teams that play tonight; the first of them has not been in any game yet.
    tonight = games.date == games.date[-1]
    playing = np.isin(team_of[bench, last_day], np.concatenate([games.home[tonight], games.away[tonight]]))
    fit = bench[playing & (hurt_since[bench, last_day] < 0)]
    days_ago = _SIGNED_DAYS_AGO[: max(2, len(players) // 80)]
    for ago, player in zip(days_ago, rng.choice(fit, min(len(days_ago), len(fit)), replace=False), strict=False):
        team_of[player, : max(0, last_day - ago)] = NOWHERE


def _draw_injuries(options: DemoOptions, players: Players, origin: np.datetime64, days: int) -> Array:
    rng = stream(options.seed, "injuries")
    count = len(players)
    change = np.zeros((count, days + 1), dtype=np.int16)
    for year in options.start_years:
        start = int((np.datetime64(opening_night(year), "D") - origin).astype(int))
        spells = int(1.9 * count)
        who = rng.integers(0, count, spells)
        begin = start + rng.integers(-15, 174, spells)
        length = np.where(rng.random(spells) < 0.1, rng.integers(20, 80, spells), rng.geometric(0.14, spells) + 1)
        _mark(change, who, begin, begin + length, days)
        if days > start + 100:
            # One regular of every season never comes back from an injury of January.
            regulars = np.flatnonzero((players.role >= 2) & (players.role < 9))
            _mark(change, rng.choice(regulars, 1), np.array([start + 80]), np.array([start + 200]), days)
    hurt = np.cumsum(change[:, :-1], axis=1) > 0
    begins = hurt & ~np.pad(hurt, ((0, 0), (1, 0)))[:, :-1]
    since = np.maximum.accumulate(np.where(begins, np.arange(days), -1), axis=1)
    return np.where(hurt, since, -1).astype(np.int32)


def _mark(change: Array, who: Array, begin: Array, end: Array, days: int) -> None:
    begin, end = np.clip(begin, 0, days), np.clip(end, 0, days)
    np.add.at(change, (who, begin), 1)
    np.add.at(change, (who, end), -1)
