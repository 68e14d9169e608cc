"""What documents make of one game, made once and shown on many nights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from exporters.warehouse.league_rows import GameRow

ViewT = TypeVar("ViewT")


class GameViews(Generic[ViewT]):
    """The views of an unbroken span of games, which grows to either side as it is asked for."""

    def __init__(self, view: Callable[[GameRow], ViewT], games: Sequence[GameRow], position: int) -> None:
        """Begin with an empty span at a position among the games."""
        self._view, self._games = view, games
        self._first = self._end = position
        self._found: list[ViewT] = []

    def newest_first(self, first: int, end: int) -> list[ViewT]:
        """Return the views of the games from ``first`` to before ``end``, the last one first."""
        if end > self._end:
            self._found += map(self._view, self._games[self._end : end])
            self._end = end
        if first < self._first:
            self._found[:0] = map(self._view, self._games[first : self._first])
            self._first = first
        found = self._found[first - self._first : end - self._first]
        found.reverse()
        return found
