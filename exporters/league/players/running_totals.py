"""Totals over some of a player's games, which answer any span in constant time."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate


class RunningTotals:
    """Running totals over a subset of games, addressed by position among all of them."""

    def __init__(self, positions: Sequence[int], *values: Sequence[int]) -> None:
        """Add up the values of some games.

        Args:
            positions: Their positions, ascending.
            values: What is added up, each a sequence over all games.
        """
        self._positions = positions
        self._totals = [[0, *accumulate(map(every.__getitem__, positions))] for every in values]

    def between(self, first: int, end: int) -> list[int]:
        """Return the number of games from ``first`` to before ``end``, and the total of each of the values."""
        low, high = bisect_left(self._positions, first), bisect_left(self._positions, end)
        return [high - low, *(totals[high] - totals[low] for totals in self._totals)]
