"""Where a player shoots from, in one word."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from exporters.config import RULES
from exporters.declaration import Read, Window
from exporters.warehouse.league_rows import ShotZoneRow
from exporters.warehouse.selection import latest_per
from exporters.warehouse.tables import SHOT_ZONES

KEPT = Window(days=RULES.sources.zones_days)
"""How far back a player's newest analysis is looked for; the warehouse keeps no older ones."""

READS = (
    Read(
        SHOT_ZONES,
        (
            "player_lookup",
            "analysis_date",
            "paint_rate_last_10",
            "mid_range_rate_last_10",
            "three_pt_rate_last_10",
        ),
        KEPT,
    ),
)

INTERIOR, PERIMETER, MID_RANGE, BALANCED = "interior", "perimeter", "mid_range", "balanced"


def shot_profile(paint: Decimal | None, three: Decimal | None, mid: Decimal | None) -> str:
    """Return the profile of a player's shares of shots, 0 to 1 each; the first match counts (contract P&L B.3)."""
    if paint is not None and paint >= RULES.shots.mostly:
        return INTERIOR
    if three is not None and three >= RULES.shots.mostly:
        return PERIMETER
    return MID_RANGE if mid is not None and mid >= RULES.shots.often else BALANCED


class ShotZones:
    """All analyses of where one player's shots came from."""

    def __init__(self, rows: Iterable[ShotZoneRow]) -> None:
        """Keep one row per date."""
        chosen = latest_per(rows, key=lambda row: row.analysis_date, by=lambda _: ())
        self._dates = sorted(chosen)
        self._rows = chosen

    def before(self, day: date) -> str | None:
        """Return the profile by the newest analysis before a date; None without one (contract P&L S8, G10).

        A row may count the game of its own date. Its rates are 0 to 100 (contract P&L S9).
        """
        end = bisect_left(self._dates, day)
        if not end or self._dates[end - 1] < KEPT.first(day):
            return None
        row = self._rows[self._dates[end - 1]]
        return shot_profile(
            _share(row.paint_rate_last_10), _share(row.three_pt_rate_last_10), _share(row.mid_range_rate_last_10)
        )


def _share(rate: Decimal | None) -> Decimal | None:
    return None if rate is None else rate / 100
