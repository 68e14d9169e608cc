"""Unbroken runs: games over or under the line, and correct forecasts.

One definition serves every document that mentions a streak (contract B2-D5): of the season's decided games, newest
first, at most as many as are looked at (contract B3-D9). Games that decide nothing (pushes, no line, not played)
neither count nor break.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Generic, NamedTuple, Protocol, TypeVar

from exporters.config import RULES
from exporters.league.arithmetic.dates import season_year
from exporters.league.arithmetic.numbers import rounded_ratio, tenths
from exporters.league.forecasts.grades import Grades, is_decided
from exporters.league.players.box_scores import BoxScores, outcome
from exporters.warehouse.forecast_rows import AccuracyRow
from exporters.warehouse.league_rows import GameRow


class Dated(Protocol):
    """A row of a game."""

    @property
    def game_date(self) -> date:
        """The game date."""


RowT = TypeVar("RowT", bound=Dated)


class Runs(Generic[RowT]):
    """The runs within a player's decided rows, found once and looked up for any date."""

    def __init__(self, decided: Iterable[RowT], kind: Callable[[RowT], Hashable]) -> None:
        """Take rows oldest first; ``kind`` is what the rows of one run have in common."""
        self._rows = list(decided)
        self._dates = [row.game_date for row in self._rows]
        self._starts: list[int] = []
        previous: tuple[Hashable, int] | None = None
        for i, row in enumerate(self._rows):
            current = (kind(row), season_year(row.game_date))
            self._starts.append(self._starts[-1] if current == previous else i)
            previous = current

    def until(self, day: date, longest: int | None = RULES.runs.longest) -> Sequence[RowT]:
        """Return the run that is current after ``day``, newest row first; empty when its season has no rows yet.

        Args:
            day: The date.
            longest: How many rows of the run there are at most; None for all of them.
        """
        return self._run(bisect_right(self._dates, day), day, longest)

    def before(self, day: date, longest: int | None = RULES.runs.longest) -> Sequence[RowT]:
        """Return the run that stands before the games of ``day``, of the season of ``day``; see :meth:`until`."""
        return self._run(bisect_left(self._dates, day), day, longest)

    def _run(self, end: int, day: date, longest: int | None) -> Sequence[RowT]:
        if end == 0 or season_year(self._dates[end - 1]) != season_year(day):
            return ()
        start = self._starts[end - 1]
        return self._rows[start if longest is None else max(start, end - longest) : end][::-1]


class LineRun(NamedTuple):
    """A run of games over or under the line, newest first; ``kind`` is ``OVER``, ``UNDER`` or None without games."""

    kind: str | None
    games: Sequence[GameRow]

    @property
    def margin(self) -> Decimal | None:
        """Mean of points minus line, one decimal; negative for a run of unders."""
        margins = [10 * (row.points or 0) - tenths(row.points_line or Decimal(0)) for row in self.games]
        return rounded_ratio(sum(margins), 10 * len(margins), 1)


class LineRuns:
    """A player's runs of games over or under the line."""

    def __init__(self, scores: BoxScores) -> None:
        """Find the runs."""
        self._runs: Runs[GameRow] = Runs((row for row in scores.played if outcome(row) is not None), outcome)

    def before(self, day: date, longest: int | None = RULES.runs.longest) -> LineRun:
        """Return the run that stands before a date's game, of at most ``longest`` games; None for all of them."""
        return _line_run(self._runs.before(day, longest))

    def whole(self, day: date) -> LineRun:
        """Return the run up to and including a date, however long it is (contract P&L S10)."""
        return _line_run(self._runs.until(day, longest=None))


def line_run_of(played: Iterable[GameRow], day: date) -> LineRun:
    """Return the run that stands before a date's game, looking at nothing but some played games, oldest first."""
    return _line_run(Runs((row for row in played if outcome(row) is not None), outcome).before(day))


def _line_run(games: Sequence[GameRow]) -> LineRun:
    return LineRun(outcome(games[0]) if games else None, games)


class CorrectRuns:
    """A player's runs of correct forecasts; only a wrong forecast breaks one."""

    def __init__(self, grades: Grades) -> None:
        """Find the runs."""
        self._runs: Runs[AccuracyRow] = Runs(filter(is_decided, grades.rows), _is_correct)

    def before(self, day: date) -> Sequence[AccuracyRow]:
        """Return the run that stands before a date's game, newest first; empty after a wrong forecast."""
        run = self._runs.before(day)
        return run if run and run[0].prediction_correct else ()


def _is_correct(row: AccuracyRow) -> bool | None:
    return row.prediction_correct


def is_current_run(newest: date, day: date) -> bool:
    """Whether a run whose newest game was on ``newest`` still counts on ``day`` (contract B3-D10)."""
    return (day - newest).days <= RULES.runs.current_days
