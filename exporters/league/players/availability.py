"""Whether a player is expected to play tonight, and how rested the player is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Read, Window
from exporters.warehouse.league_rows import FactorsRow, InjuryRow
from exporters.warehouse.selection import known, latest
from exporters.warehouse.tables import FACTORS, INJURIES

REPORT_WINDOW = Window(days=RULES.availability.report_days)
"""Where a game's injury reports are looked for."""

INJURY_READS = (
    Read(
        INJURIES,
        (
            "player_lookup",
            "injury_status",
            "reason",
            "report_date",
            "report_hour",
            "game_date",
            "game_id",
            "processed_at",
        ),
        REPORT_WINDOW,
    ),
)
FATIGUE_READS = (
    Read(
        FACTORS,
        (
            "player_lookup",
            "game_date",
            "game_id",
            "fatigue_score",
            "fatigue_context_json",
            "processed_at",
            "created_at",
        ),
    ),
)


class Injury(NamedTuple):
    """The status in the newest report of tonight's game; ``available`` when no report names the player."""

    status: str = "available"
    reason: str | None = None


class Fatigue(NamedTuple):
    """A player's fatigue before a game.

    Attributes:
        score: 0 to 100, where 100 is fresh; None when unknown.
        level: ``fresh``, ``normal`` or ``tired``; ``normal`` when unknown.
        context: How the score came about, as the JSON text that is stored.
    """

    score: int | None = None
    level: str = "normal"
    context: str | None = None


AVAILABLE = Injury()
"""The status of a player whom no report names."""


def select_injury(reports: Iterable[InjuryRow]) -> Injury:
    """Return the newest of the reports of one player's game (contract B1-D8)."""
    row = latest(reports, by=lambda row: (known(row.report_date), known(row.report_hour), known(row.processed_at)))
    return AVAILABLE if row is None else Injury((row.injury_status or "available").lower(), row.reason)


def fatigue_level(score: int | None) -> str:
    """Return the level of a score (contract LEVEL)."""
    rules = RULES.availability
    if score is None or rules.tired_below <= score < rules.fresh_from:
        return "normal"
    return "fresh" if score >= rules.fresh_from else "tired"


def select_fatigue(rows: Iterable[FactorsRow], game_id: str) -> Fatigue:
    """Return the fatigue of one game: the newest row, that of the game itself first (contract B1-D4)."""
    row = latest(rows, by=lambda row: (row.game_id == game_id, known(row.processed_at), known(row.created_at)))
    if row is None:
        return Fatigue()
    return Fatigue(row.fatigue_score, fatigue_level(row.fatigue_score), row.fatigue_context_json)
