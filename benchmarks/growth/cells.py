"""The cases of growth: what each found, which one the others are held against, and how long the next may take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SEASONS, DATES, PLAYERS = "seasons", "dates", "players"
SIZES = {SEASONS: (1, 2, 4, 8), DATES: (1, 7, 30, 165, 660), PLAYERS: (1, 10, 104)}
"""Sizes on each axis; of players, how often each of the demo's is there: 481, 4,810 and 50,024."""
LIMIT = 1.25
"""The largest multiple of the smallest case that is promised."""
MEANINGFUL = 1000
"""Documents that a case needs so that others are held against it: below, what happens once a run outweighs them."""


@dataclass(frozen=True)
class Cell:
    """A case.

    Attributes:
        axis: What grows.
        size: How far, as ``SIZES`` has it.
        engine: ``loop`` or ``graph``.
    """

    axis: str
    size: int
    engine: str

    @property
    def name(self) -> str:
        """The case, as a person reads it."""
        return f"{self.axis} {self.size}{' times' if self.axis == PLAYERS else ''}, {self.engine}"


@dataclass(frozen=True)
class Grown:
    """What a case cost.

    Attributes:
        axis: What grows.
        value: How far, as a person counts it: seasons, dates or players.
        documents: Dated documents.
        cpu_seconds: Of the whole process.
        start_seconds: Of a run of the same engine over a date long before any game: imports, plan, and three documents.
        wall_seconds: Of the whole process.
        peak_mib: Peak resident memory.
        engine: ``loop`` or ``graph``.
    """

    axis: str
    value: int
    documents: int
    cpu_seconds: float
    start_seconds: float
    wall_seconds: float
    peak_mib: float
    engine: str


def cells(axes: Sequence[str], engines: Sequence[str], graph_up_to: Mapping[str, int]) -> list[Cell]:
    """Return the cases of some axes, the smallest of each axis first, then the second, and so on.

    Args:
        axes: What grows.
        engines: ``loop`` and ``graph``.
        graph_up_to: The largest size that the graph is measured at, by axis.
    """
    found = [
        (place, Cell(axis, size, engine))
        for axis in axes
        for engine in engines
        for place, size in enumerate(SIZES[axis])
        if engine != "graph" or size <= graph_up_to[axis]
    ]
    return [cell for _, cell in sorted(found, key=lambda one: one[0])]


def expected_seconds(cell: Cell, measured: Iterable[tuple[Cell, float]]) -> float:
    """Return how long a case may take: as long as the largest smaller one of its axis and engine, times the growth.

    More seasons are no more documents, so they take as long as fewer.
    """
    before = [(one.size, seconds) for one, seconds in measured if (one.axis, one.engine) == (cell.axis, cell.engine)]
    if not before:
        return 0.0
    size, seconds = max(before)
    return seconds if cell.axis == SEASONS else seconds * cell.size / size


def base_of(points: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the case of an axis and engine that the others are held against.

    It is the smallest with enough documents; where none has enough, the smallest.
    """
    ordered = sorted(points, key=lambda one: float(one["value"]))
    return next((one for one in ordered if one["documents"] >= MEANINGFUL), ordered[0])
