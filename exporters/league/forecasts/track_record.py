"""How good one model's forecasts of a player were, over the graded games (contract P&L A.3b).

All figures are those of one system: a new champion starts its own record (contract P&L P2). Games that the player
missed do not count, and neither do second grades of a game (contract P&L P3, P5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from exporters.declaration import Read, Window
from exporters.league.arithmetic.numbers import rounded_mean, rounded_ratio
from exporters.league.forecasts import grades
from exporters.league.forecasts.forecasts import confidence_percent
from exporters.league.forecasts.picks import LOSS, SIDES, WIN, graded_result, is_void
from exporters.warehouse.forecast_rows import AccuracyRow
from exporters.warehouse.tables import ACCURACY

READS = (
    Read(
        ACCURACY,
        (
            *grades.READS[0].columns,
            "confidence_score",
            "absolute_error",
            "signed_error",
            "within_3_points",
            "within_5_points",
        ),
        Window.ON_RECORD,
        champion=True,
    ),
)


@dataclass(frozen=True)
class Calls:
    """Some picks.

    Attributes:
        total: Picks, pushes and undecided ones included.
        wins: Those that were right.
        losses: Those that were wrong.
    """

    total: int
    wins: int
    losses: int

    def rate(self, digits: int) -> Decimal | None:
        """Return the share of the decided picks that were right; None without any (contract P&L P4)."""
        return rounded_ratio(self.wins, self.wins + self.losses, digits)


class TrackRecord:
    """The graded forecasts of some games of one player."""

    def __init__(self, rows: Sequence[AccuracyRow]) -> None:
        """Take one row per game, oldest first; those of games that the player missed are left out."""
        self.rows = [row for row in rows if not is_void(row)]

    @property
    def games(self) -> int:
        """Games with a graded forecast."""
        return len(self.rows)

    @property
    def dates(self) -> tuple[date, date] | None:
        """The first and last date; None without games."""
        return (self.rows[0].game_date, self.rows[-1].game_date) if self.rows else None

    @cached_property
    def team(self) -> str | None:
        """The player's team in the newest game that has it."""
        return next((row.team_abbr for row in reversed(self.rows) if row.team_abbr), None)

    def calls(self, *sides: str) -> Calls:
        """Return the picks of some sides: ``OVER``, ``UNDER``."""
        results = [graded_result(row) for row in self.rows if row.recommendation in sides]
        return Calls(len(results), results.count(WIN), results.count(LOSS))

    @cached_property
    def picks(self) -> Calls:
        """The picks of both sides."""
        return self.calls(*SIDES)

    @cached_property
    def absolute_error(self) -> Decimal | None:
        """Mean distance of forecast and points, two decimals."""
        return rounded_mean((row.absolute_error for row in self.rows if row.absolute_error is not None), 2)

    @cached_property
    def bias(self) -> Decimal | None:
        """Mean of forecast minus points, two decimals: positive when we forecast too high."""
        return rounded_mean((row.signed_error for row in self.rows if row.signed_error is not None), 2)

    @cached_property
    def confidence(self) -> Decimal | None:
        """Mean confidence, 0 to 100, one decimal."""
        scores = (row.confidence_score for row in self.rows)
        return rounded_mean((confidence_percent(score) for score in scores if score is not None), 1)

    @property
    def within_3(self) -> Decimal | None:
        """Share of the games that were forecast within three points, two decimals."""
        return rounded_ratio(sum(bool(row.within_3_points) for row in self.rows), self.games, 2)

    @property
    def within_5(self) -> Decimal | None:
        """Share of the games that were forecast within five points, two decimals."""
        return rounded_ratio(sum(bool(row.within_5_points) for row in self.rows), self.games, 2)
