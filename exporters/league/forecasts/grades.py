"""Graded forecasts: one row per game, decided or not."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import accumulate

from exporters.declaration import Read, Window
from exporters.league.arithmetic.numbers import rounded_ratio
from exporters.league.forecasts.lines import is_real_line
from exporters.league.forecasts.picks import LOSS, SIDES, WIN, graded_result
from exporters.warehouse.forecast_rows import AccuracyRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import ACCURACY

READS = (
    Read(
        ACCURACY,
        (
            "player_lookup",
            "game_id",
            "game_date",
            "system_id",
            "team_abbr",
            "opponent_team_abbr",
            "recommendation",
            "line_value",
            "actual_points",
            "minutes_played",
            "prediction_correct",
            "is_voided",
            "line_source",
            "graded_at",
        ),
        Window.SEASON,
        champion=True,
    ),
)

HISTORY_READS = tuple(replace(read, window=Window.ON_RECORD) for read in READS)
"""What :meth:`Grades.record` reads."""


DECIDED = (WIN, LOSS)
"""The results of a pick that was won or lost."""


@dataclass(frozen=True)
class PickRecord:
    """How picks went; pushes and voided picks are not in it.

    Attributes:
        correct: Picks that were won.
        decided: Picks that were won or lost.
    """

    correct: int = 0
    decided: int = 0

    @property
    def accuracy(self) -> Decimal | None:
        """Share of the decided picks that were won, two decimals; None without any."""
        return rounded_ratio(self.correct, self.decided, 2)


class Grades:
    """One system's graded forecasts of one player, oldest first."""

    def __init__(self, rows: Iterable[AccuracyRow], system_id: str) -> None:
        """Keep one row per game: the newest grading, among equals the lowest line (contract B3-D7, P&L §2.6).

        A grade without a line gives way to one with a line. A game is known by its date: a player has one a day, and
        its id occurs in two forms.
        """
        self._by_date = latest_per(
            (row for row in rows if row.system_id == system_id),
            key=lambda row: row.game_date,
            by=lambda row: (known(row.graded_at), row.line_value is not None, -(row.line_value or 0)),
            ties=READS[0].columns,
        )
        self.rows = [self._by_date[day] for day in sorted(self._by_date)]

    def record(self, side: str, day: date) -> PickRecord:
        """Return how the picks of one side went before a date, over all seasons on record (contract B7, B8).

        Args:
            side: ``OVER`` or ``UNDER``.
            day: The date.
        """
        dates, correct = self._sides[side]
        before = bisect_left(dates, day)
        return PickRecord(correct[before], before)

    @cached_property
    def _sides(self) -> dict[str, tuple[list[date], list[int]]]:
        """By side, the dates of its decided picks and the running total of those that were won."""
        found: dict[str, tuple[list[date], list[int]]] = {}
        for side in SIDES:
            results = [(row.game_date, graded_result(row)) for row in self.rows if row.recommendation == side]
            decided = [(day, result) for day, result in results if result in DECIDED]
            won = accumulate(result == WIN for _, result in decided)
            found[side] = ([day for day, _ in decided], [0, *won])
        return found

    def between(self, first: date, last: date) -> list[AccuracyRow]:
        """Return the graded forecasts from ``first`` to ``last``, both included."""
        return [row for row in self.rows if first <= row.game_date <= last]

    def on(self, day: date) -> AccuracyRow | None:
        """Return the graded forecast of a date; None when there is none."""
        return self._by_date.get(day)


def is_decided(row: AccuracyRow) -> bool:
    """Whether a graded OVER or UNDER on a real line was won or lost (contract B3-D4, B3-D6)."""
    return graded_result(row) in DECIDED and is_real_line(row.line_value, row.line_source)
