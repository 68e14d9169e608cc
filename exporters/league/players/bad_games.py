"""Bad games, and the games that followed them (contract: site-types E6).

A game is bad when it is far below the average of its own season, and is answered by the player's next played game of
that season. The average of a season that is not over is that of its games so far.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from exporters.config import RULES
from exporters.league.players.box_scores import BoxScores, mean_of
from exporters.warehouse.league_rows import GameRow


class Answers(NamedTuple):
    """Bad games that were answered, and those of them that were answered by an average game or a better one."""

    bad: int = 0
    bounced: int = 0

    def and_also(self, other: Answers) -> Answers:
        """Return both."""
        return Answers(self.bad + other.bad, self.bounced + other.bounced)


def is_bad(points: int, average: Fraction) -> bool:
    """Whether a game is far enough below an average to be bad."""
    return average - points >= RULES.trends.bounce_back.shortfall


def answers_of(games: Sequence[GameRow], average: Fraction) -> Answers:
    """Return how the bad ones of one season's played games were answered; the newest game has no answer yet."""
    answers = [
        after.points >= average
        for game, after in pairwise(games)
        if game.points is not None and after.points is not None and is_bad(game.points, average)
    ]
    return Answers(len(answers), answers.count(True))


class BadGames:
    """A player's bad games since the record began."""

    def __init__(self, scores: BoxScores) -> None:
        """Keep the box scores; a season that is over is looked at once."""
        self._scores = scores
        self._calendar = scores.calendar
        self._over: dict[int, Answers] = {}

    def answers(self, day: date) -> Answers:
        """Return how all bad games before a date were answered."""
        calendar = self._calendar
        found = self._season(calendar.season_start(day), day)
        for back in range(1, calendar.season_year(day) - calendar.season_year(RULES.sources.first_date) + 1):
            year = calendar.season_year(day) - back
            if year not in self._over:
                first, end = calendar.season_start(day, back), calendar.season_start(day, back - 1)
                self._over[year] = self._season(first, end)
            found = found.and_also(self._over[year])
        return found

    def _season(self, first: date, day: date) -> Answers:
        """Return the answers of the games of one season, from ``first`` to the day before ``day``."""
        scores = self._scores
        is_current = self._calendar.season_start(day) == first
        average = scores.mean_points(scores.season_span(day)) if is_current else None
        games = scores.whole_between(first, day)
        if average is None:
            average = mean_of(games)
        return Answers() if average is None else answers_of(games, average)

    def last(self, day: date) -> GameRow | None:
        """Return the newest game of the season before a date; None when it is too old to still be answered tonight."""
        first = max(self._calendar.season_start(day), day - timedelta(days=RULES.trends.bounce_back.current_days))
        games = self._scores.whole_between(first, day)
        return games[-1] if games else None
