"""What subsets won and lost, by date, and the windows that documents sum it over."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from exporters.declaration import Json
from exporters.league.arithmetic.numbers import number, rounded_ratio
from exporters.league.subsets.picks import HIT, MISS


class Balance(NamedTuple):
    """Picks won and lost; pushes, void picks and picks of games to come are in neither."""

    wins: int = 0
    losses: int = 0

    @property
    def graded(self) -> int:
        """Picks won or lost."""
        return self.wins + self.losses

    @property
    def percent(self) -> float:
        """Share won, in percent with one decimal; zero without graded picks (contract P-6)."""
        return number(rounded_ratio(100 * self.wins, self.graded, 1)) or 0.0

    def roi(self, payout: Decimal) -> float:
        """Return the profit per stake, in percent with one decimal, ties away from zero (contract F-3).

        Args:
            payout: What a won pick returns on a stake of one.
        """
        gain, unit = payout.as_integer_ratio()
        profit = gain * self.wins - unit * self.losses
        return number(rounded_ratio(100 * profit, unit * self.graded, 1)) or 0.0


class SubsetRecords:
    """The results of every subset by date. A subset has a row on the dates on which it had a pick."""

    def __init__(self, picks: Iterable[tuple[str, date, str | None]]) -> None:
        """Take subset, date and result of each pick."""
        counted = Counter(picks)
        self._dates: dict[str, list[date]] = {}
        self._totals: dict[str, list[Balance]] = {}
        for subset_id, day in sorted({(subset_id, day) for subset_id, day, _ in counted}):
            self._dates.setdefault(subset_id, []).append(day)
            totals = self._totals.setdefault(subset_id, [Balance()])
            wins, losses = totals[-1]
            totals.append(Balance(wins + counted[subset_id, day, HIT], losses + counted[subset_id, day, MISS]))

    def between(self, subset_id: str, first: date, end: date) -> Balance | None:
        """Return what a subset won and lost from ``first`` up to, not including, ``end``; None without any pick."""
        dates = self._dates.get(subset_id, ())
        low, high = bisect_left(dates, first), bisect_left(dates, end)
        if low >= high:
            return None
        before, after = self._totals[subset_id][low], self._totals[subset_id][high]
        return Balance(after.wins - before.wins, after.losses - before.losses)

    def record(self, subset_id: str, day: date, season_start: date) -> Json | None:
        """Return the season's, month's and week's record before a date; None without any pick (contract C §0.5).

        Args:
            subset_id: The subset.
            day: The reference date, whose own picks do not count.
            season_start: First date of its season, where every window ends at the latest.
        """
        if self.between(subset_id, season_start, day) is None:
            return None
        starts = {"season": season_start, "month": day.replace(day=1), "week": day - timedelta(days=day.weekday())}
        return {window: self._window(subset_id, max(start, season_start), day) for window, start in starts.items()}

    def _window(self, subset_id: str, first: date, end: date) -> Json:
        balance = self.between(subset_id, first, end) or Balance()
        return {"wins": balance.wins, "losses": balance.losses, "pct": balance.percent}
