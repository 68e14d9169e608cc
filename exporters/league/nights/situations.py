"""How often a player went over the line, by the situation of the game: rest, place, weekday (contract: E7, E9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from exporters.config import RULES
from exporters.config.trends import Archetype
from exporters.declaration import Json, Read, Window, over
from exporters.league.arithmetic.numbers import rounded_fraction
from exporters.league.games import schedule
from exporters.league.nights.night import PlayerNight
from exporters.league.players import box_scores
from exporters.league.players.box_scores import outcome, played_at_home

ALL, HOME, AWAY = "all", "home", "away"
B2B, ONE_DAY, RESTED = "b2b", "one_day", "rested"
"""Nights off between two games: none, one, more."""
REST, PLACES = (B2B, ONE_DAY, RESTED), (HOME, AWAY)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def reads(days: int) -> tuple[Read, ...]:
    """Return the reads of the games of a number of days, and of where they were played."""
    return (*box_scores.READS, *box_scores.WHOLE_READS, *over(Window(days=days), *schedule.READS))


class Overs(NamedTuple):
    """Games over or under the line, and those over it."""

    games: int = 0
    overs: int = 0

    @property
    def percent(self) -> Fraction | None:
        """Percent of the games that went over the line, unrounded; None without games."""
        return Fraction(100 * self.overs, self.games) if self.games else None

    @property
    def shown(self) -> Decimal | None:
        """The same with one decimal."""
        return rounded_fraction(self.percent, 1)


class Situations(NamedTuple):
    """A player's games of a window.

    Attributes:
        games: Played games.
        points: Their points.
        overs: Those that went over or under the line, by situation.
    """

    games: int
    points: int
    overs: Mapping[str, Overs]

    @property
    def mean(self) -> Fraction:
        """Points per game, unrounded; 0 without games."""
        return Fraction(self.points, self.games) if self.games else Fraction(0)

    @property
    def archetype(self) -> Archetype:
        """The type of player that such an average makes."""
        kinds = RULES.trends.what_matters.archetypes
        return next((kind for kind in kinds if self.mean >= kind.from_points), kinds[-1])

    def plain(self) -> Json:
        """Return the counts as cards carry them."""
        return {situation: list(found) for situation, found in self.overs.items()}


def situations(night: PlayerNight, first: date) -> Situations:
    """Return the situations of a player's games from ``first`` to the day before the night."""
    counts: dict[str, Overs] = {}
    games = night.history.box_scores.rested_between(first, night.date)
    for row, gap in games:
        result = outcome(row)
        if result is None:
            continue
        at_home = played_at_home(row, night.league.schedule)
        place = None if at_home is None else HOME if at_home else AWAY
        for name in (ALL, _rest(gap), place, WEEKDAYS[row.game_date.weekday()]):
            if name is not None:
                found = counts.get(name, Overs())
                counts[name] = Overs(found.games + 1, found.overs + (result == "OVER"))
    return Situations(len(games), sum(row.points or 0 for row, _ in games), counts)


def _rest(gap: int | None) -> str | None:
    """Return the bucket of a gap; the first game of a season is in none."""
    if gap is None or gap < RULES.rest.back_to_back:
        return None
    if gap >= RULES.rest.well_rested:
        return RESTED
    return B2B if gap == RULES.rest.back_to_back else ONE_DAY


def added_up(counts: Iterable[Mapping[str, Iterable[int]]]) -> dict[str, Overs]:
    """Return the sums of the counts of some cards, by situation."""
    total: dict[str, Overs] = {}
    for card in counts:
        for name, (games, overs) in card.items():
            found = total.get(name, Overs())
            total[name] = Overs(found.games + games, found.overs + overs)
    return total
