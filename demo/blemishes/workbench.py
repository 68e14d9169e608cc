"""The frames of a league with what a blemish needs to find and copy rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from demo.league import League
from demo.randomness import Array
from demo.tables.frames import Frame
from exporters.warehouse.schema import Table


@dataclass(frozen=True)
class Workbench:
    """What one blemish works on."""

    league: League
    frames: dict[str, Frame]
    rng: np.random.Generator

    def __getitem__(self, table: Table[Any]) -> Frame:
        return self.frames[table.name]

    @property
    def tonight(self) -> np.datetime64:
        """The last game date."""
        return np.datetime64(self.league.last_night, "D")

    def some(self, among: Array, share: float, least: int = 2) -> Array:
        """Return a share of the rows of a mask, at least ``least`` of them where there are so many, in row order."""
        rows = np.flatnonzero(among)
        count = min(len(rows), max(least, round(share * len(rows))))
        return np.sort(self.rng.choice(rows, count, replace=False)) if count else rows

    def any_row(self, table: Table[Any], share: float, least: int = 2) -> Array:
        """Return a share of a table's rows."""
        return self.some(np.ones(len(self[table]), dtype=bool), share, least)

    def also_tonight(self, table: Table[Any], rows: Array, among: Array | None = None) -> Array:
        """Add one row of the last game night to some rows, so that the night shows the case."""
        here = self[table].dates() == self.tonight
        if among is not None:
            here = here & among
        return np.union1d(rows, self.some(here, 0.0, 1)).astype(np.int64)

    def remove(self, table: Table[Any], gone: Array) -> None:
        """Drop the rows of a mask."""
        self.frames[table.name] = self[table].take(np.flatnonzero(~gone))


Blemish = Callable[[Workbench], int]
