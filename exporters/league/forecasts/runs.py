"""Unbroken runs: games over or under the line, and correct forecasts.

One definition serves every document that mentions a streak (contract B2-D5): of the season's decided games, newest
first, at most as many as are looked at (contract B3-D9). Games that decide nothing (pushes, no line, not played)
neither count nor break.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Generic, NamedTuple, Protocol, TypeVar

from exporters.config import RULES, LeagueCalendar
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
RunT = TypeVar("RunT")


class Runs(Generic[RowT, RunT]):
    """The runs within a player's decided rows, found once and looked up for any date."""

    def __init__(
        self,
        decided: Iterable[tuple[RowT, Hashable]],
        make: Callable[[Sequence[RowT]], RunT],
        calendar: LeagueCalendar,
    ) -> None:
        """Take rows oldest first, each with what the rows of one run have in common.

        Args:
            decided: The rows.
            make: Makes of the rows of a run, newest first, what the run is looked up as; called once a run.
            calendar: The league's; a run is one season's.
        """
        self._make, self._none = make, make(())
        self._season_start = calendar.season_start
        self._rows: list[RowT] = []
        self._dates: list[date] = []
        self._starts: list[int] = []
        self._found: dict[tuple[int, int | None], RunT] = {}
        previous: tuple[Hashable, int] | None = None
        for i, (row, kind) in enumerate(decided):
            current = (kind, calendar.season_year(row.game_date))
            self._rows.append(row)
            self._dates.append(row.game_date)
            self._starts.append(self._starts[-1] if current == previous else i)
            previous = current

    def until(self, day: date, longest: int | None = RULES.runs.longest) -> RunT:
        """Return the run that is current after ``day``; one without rows when its season has no rows yet.

        Args:
            day: The date.
            longest: How many rows of the run there are at most; None for all of them.
        """
        return self._run(bisect_right(self._dates, day), day, longest)

    def before(self, day: date, longest: int | None = RULES.runs.longest) -> RunT:
        """Return the run that stands before the games of ``day``, of the season of ``day``; see :meth:`until`."""
        return self._run(bisect_left(self._dates, day), day, longest)

    def _run(self, end: int, day: date, longest: int | None) -> RunT:
        if end == 0 or self._dates[end - 1] < self._season_start(day):
            return self._none
        # The run is the same on every date up to the next row.
        if (end, longest) not in self._found:
            start = self._starts[end - 1]
            first = start if longest is None else max(start, end - longest)
            self._found[end, longest] = self._make(self._rows[first:end][::-1])
        return self._found[end, longest]


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
    """A player's runs of games over or under the line, found season by season: none goes on into the next."""

    def __init__(self, scores: BoxScores) -> None:
        """Keep the games."""
        self._scores, self._calendar = scores, scores.calendar
        self._by_season: dict[date, Runs[GameRow, LineRun]] = {}

    def before(self, day: date, longest: int | None = RULES.runs.longest) -> LineRun:
        """Return the run that stands before a date's game, of at most ``longest`` games; None for all of them."""
        return self._of(day).before(day, longest)

    def whole(self, day: date) -> LineRun:
        """Return the run up to and including a date, however long it is (contract P&L S10)."""
        return self._of(day).until(day, longest=None)

    def _of(self, day: date) -> Runs[GameRow, LineRun]:
        start = self._calendar.season_start(day)
        if start not in self._by_season:
            season = self._scores.season(day)
            self._by_season[start] = Runs(_decided(season.played, season.outcomes), _line_run, self._calendar)
        return self._by_season[start]


def line_run_of(played: Iterable[GameRow], day: date, calendar: LeagueCalendar) -> LineRun:
    """Return the run that stands before a date's game, looking at nothing but some played games, oldest first."""
    games = list(played)
    return Runs(_decided(games, map(outcome, games)), _line_run, calendar).before(day)


def _decided(games: Iterable[GameRow], outcomes: Iterable[str | None]) -> Iterator[tuple[GameRow, str]]:
    """Yield the games that were over or under the line, each with which."""
    return ((row, found) for row, found in zip(games, outcomes, strict=True) if found is not None)


def _line_run(games: Sequence[GameRow]) -> LineRun:
    return LineRun(outcome(games[0]) if games else None, games)


class CorrectRuns:
    """A player's runs of correct forecasts; only a wrong forecast breaks one."""

    def __init__(self, grades: Grades, calendar: LeagueCalendar) -> None:
        """Find the runs."""
        decided = ((row, row.prediction_correct) for row in grades.rows if is_decided(row))
        self._runs = Runs(decided, _correct_run, calendar)

    def before(self, day: date) -> Sequence[AccuracyRow]:
        """Return the run that stands before a date's game, newest first; empty after a wrong forecast."""
        return self._runs.before(day)


def _correct_run(run: Sequence[AccuracyRow]) -> Sequence[AccuracyRow]:
    return run if run and run[0].prediction_correct else ()


def is_current_run(newest: date, day: date) -> bool:
    """Whether a run whose newest game was on ``newest`` still counts on ``day`` (contract B3-D10)."""
    return (day - newest).days <= RULES.runs.current_days
