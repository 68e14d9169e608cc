"""Dates with games, and their matchups.

A season opens on the Tuesday of 20 to 26 October, lasts 174 days and has 165 game dates: no games on Election Day,
Thanksgiving, Christmas Eve and the six days around the All-Star game.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from demo.clock import HOUR_US, MINUTE_US, local_midnights
from demo.randomness import Array, stream

SEASON_DAYS = 174
GAMES_PER_TEAM = 82

_WEEKDAY_WEIGHTS = (8.0, 5.5, 10.5, 4.0, 10.0, 7.5, 7.0)
_LAST_NIGHT_SHARE = 2 / 3
_BALANCING_DATES = 14

_AFTERNOON_TIPS = ((12, 0), (12, 30), (13, 0), (15, 0), (15, 30), (17, 0), (18, 0))
_EVENING_TIPS = ((19, 0), (19, 0), (19, 30), (19, 30), (20, 0), (20, 0), (20, 30), (21, 0), (22, 0), (22, 30))


@dataclass(frozen=True)
class Games:
    """The games of all seasons, ordered by date and number.

    Attributes:
        date: Game date, datetime64[D].
        season: Start year of the season.
        number: Number of the game in its season, from 1.
        home: Index of the home team.
        away: Index of the visiting team.
        tipoff: Tip-off, microseconds since the epoch.
    """

    date: Array
    season: Array
    number: Array
    home: Array
    away: Array
    tipoff: Array

    def __len__(self) -> int:
        return len(self.date)


def opening_night(start_year: int) -> date:
    """Return the first game date of a season."""
    twentieth = date(start_year, 10, 20)
    return twentieth + timedelta(days=(1 - twentieth.weekday()) % 7)


def days_off(start_year: int) -> frozenset[date]:
    """Return the dates of a season without games."""
    november = date(start_year, 11, 1)
    first_tuesday = november + timedelta(days=(1 - november.weekday()) % 7)
    thanksgiving = november + timedelta(days=(3 - november.weekday()) % 7 + 21)
    february = date(start_year + 1, 2, 1)
    all_star_friday = february + timedelta(days=(6 - february.weekday()) % 7 + 12)
    break_days = {all_star_friday + timedelta(days=n) for n in range(6)}
    return frozenset({first_tuesday, thanksgiving, date(start_year, 12, 24)} | break_days)


def game_dates(start_year: int) -> list[date]:
    """Return the 165 dates of a season on which a full league plays."""
    first = opening_night(start_year)
    off = days_off(start_year)
    return [day for n in range(SEASON_DAYS) if (day := first + timedelta(days=n)) not in off]


def play_calendar(seed: int, start_years: range, teams: int) -> Games:
    """Draw the games of all seasons: every team plays 82 times a season, never twice a day."""
    seasons = [_season(stream(seed, "calendar", year), year, teams) for year in start_years]
    return Games(*(np.concatenate(column) for column in zip(*seasons, strict=True)))


def _season(rng: np.random.Generator, year: int, teams: int) -> tuple[Array, ...]:
    dates = game_dates(year)
    if teams < 20:
        # A small league meets on two dates out of three, so that each of its nights holds enough games.
        dates = [day for n, day in enumerate(dates) if (n + 1) * 2 % 3 != 1 or n == len(dates) - 1]
    counts = _games_per_date(rng, dates, teams)
    pairs = _pair_teams(rng, dates, counts, teams)
    day = np.repeat(np.array(dates, dtype="datetime64[D]"), counts)
    # The last night stays a night: at noon all of it is still to come.
    early = [when.weekday() >= 5 or (when.month, when.day) == (12, 25) for when in dates[:-1]] + [False]
    tipoff = np.concatenate([_tipoffs(rng, *slate) for slate in zip(dates, counts, early, strict=True)])
    number = np.arange(1, len(day) + 1)
    return day, np.full(len(day), year), number, pairs[:, 0], pairs[:, 1], tipoff


def _games_per_date(rng: np.random.Generator, dates: list[date], teams: int) -> Array:
    total, most = GAMES_PER_TEAM * teams // 2, teams // 2
    weight = np.array([_WEEKDAY_WEIGHTS[day.weekday()] for day in dates]) * rng.uniform(0.6, 1.4, len(dates))
    counts = np.clip(np.rint(weight * total / weight.sum()), 1, most).astype(int)
    last = max(1, round(most * _LAST_NIGHT_SHARE))
    counts[-1] = last
    rarest, richest = 1, most
    counts[len(dates) // 3], counts[len(dates) // 2] = rarest, richest
    fixed = [len(dates) - 1, len(dates) // 3, len(dates) // 2]
    free = np.setdiff1d(np.arange(len(dates)), fixed)
    while (missing := total - counts.sum()) != 0:
        step = int(np.sign(missing))
        able = free[(counts[free] + step >= 1) & (counts[free] + step <= most)]
        counts[rng.choice(able, min(abs(int(missing)), len(able)), replace=False)] += step
    return np.asarray(counts)


def _pair_teams(rng: np.random.Generator, dates: list[date], counts: Array, teams: int) -> Array:
    remaining = np.full(teams, GAMES_PER_TEAM)
    hosted = np.zeros(teams, dtype=int)
    met = np.zeros((teams, teams))
    last_played = np.full(teams, -10)
    in_a_row: Array = np.zeros(teams, dtype=int)
    pairs: list[tuple[int, int]] = []
    for n, (day, count) in enumerate(zip(dates, counts, strict=True)):
        yesterday = (day - dates[0]).days - 1
        tired = last_played == yesterday
        # Near the end only the number of games left counts, so that every team ends on exactly 82.
        noise = 0.3 if n < len(dates) - _BALANCING_DATES else 0.0
        exhausted = tired & (in_a_row >= 2)
        want = remaining - 0.7 * tired - (4.0 if noise else 0.25) * exhausted + rng.uniform(0, 0.04 + noise, teams)
        playing = list(np.argsort(-want, kind="stable")[: 2 * count])
        in_a_row = np.where(tired, in_a_row, 0)
        rng.shuffle(playing)
        while playing:
            one = playing.pop()
            other = playing.pop(int(np.argmin(met[one, playing] + rng.uniform(0, 0.5, len(playing)))))
            home, away = (one, other) if hosted[one] <= hosted[other] else (other, one)
            hosted[home] += 1
            met[one, other] += 1
            met[other, one] += 1
            for team in (one, other):
                remaining[team] -= 1
                last_played[team] = yesterday + 1
                in_a_row[team] += 1
            pairs.append((home, away))
    return np.array(pairs)


def _tipoffs(rng: np.random.Generator, day: date, count: int, early: bool) -> Array:
    tips = _AFTERNOON_TIPS + _EVENING_TIPS if early else _EVENING_TIPS
    hours, minutes = np.array(tips)[np.sort(rng.integers(0, len(tips), count))].T
    since = hours * HOUR_US + minutes * MINUTE_US
    return np.asarray(local_midnights(np.full(count, day, dtype="datetime64[D]")) + since)
