"""How an export type stands on a date, in the words of the status page."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import Enum
from typing import Any

from exporters.league.forecasts.readiness import State


class Cell(Enum):
    """The state of an export type on a date."""

    PUBLISHED = "published"
    """Everything that was planned is published."""
    PARTIAL = "partial"
    """Some of it is."""
    WITHHELD = "withheld"
    """It was not ready, or would have shown much less: what was there before stays."""
    DEGRADED = "degraded"
    """Too few players came through: what was there before stays."""
    MISSING = "missing"
    """Nothing is published."""
    STALE = "stale"
    """It failed, and what an earlier run published is still shown."""
    NO_GAMES = "no_games"
    """The date has no games."""


_HELD = {State.WITHHELD.value: Cell.WITHHELD, State.DEGRADED.value: Cell.DEGRADED}


def cell_of(section: Mapping[str, Any]) -> Cell:
    """Return the state of an export type.

    Args:
        section: What a manifest tells of it.
    """
    if section["state"] in _HELD:
        return _HELD[section["state"]]
    there = bool(section["documents"])
    if section["state"] == State.FAILED.value:
        return Cell.STALE if there else Cell.MISSING
    pointers = section["pointers"]
    if section["failed"] or section["missing"] or pointers["failed"] or pointers["missing"]:
        return Cell.PARTIAL if there else Cell.MISSING
    return Cell.NO_GAMES if section["state"] == State.NO_GAMES.value else Cell.PUBLISHED


def date_state(cells: Collection[Cell], *, degraded: bool) -> Cell:
    """Return the state of a date.

    It is that of its export types where all agree. Otherwise it is partial, unless those that differ are only degraded.

    Args:
        cells: The states of its export types.
        degraded: Whether too few players came through.
    """
    found = set(cells)
    if found == {Cell.NO_GAMES}:
        return Cell.NO_GAMES
    wrong = found - {Cell.PUBLISHED, Cell.NO_GAMES}
    if not wrong:
        return Cell.DEGRADED if degraded else Cell.PUBLISHED
    if wrong == {Cell.DEGRADED}:
        return Cell.DEGRADED
    return next(iter(found)) if len(found) == 1 else Cell.PARTIAL
