"""The day's market conditions, which every subset document takes from the champion's row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from exporters.declaration import Read, Window
from exporters.warehouse.forecast_rows import SignalRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import SIGNALS

_COLUMNS = (
    "game_date",
    "system_id",
    "high_edge_picks",
    "pct_over",
    "skew_category",
    "daily_signal",
    "calculated_at",
)
READS = (Read(SIGNALS, _COLUMNS),)
SEASON_READS = (Read(SIGNALS, _COLUMNS, Window.SEASON),)

NEUTRAL = "neutral"
"""The signal of a date without a word of its own (contract C §0.4)."""
UNKNOWN = "unknown"
"""The conditions of a date without a recorded skew (contract D-3)."""
_SIGNALS: Mapping[str, str] = {"GREEN": "favorable", "YELLOW": NEUTRAL, "RED": "challenging"}
_CONDITIONS: Mapping[str, str] = {
    "BALANCED": "balanced",
    "OVER_HEAVY": "over_heavy",
    "UNDER_HEAVY": "under_heavy",
}


def signals_by_date(rows: Iterable[SignalRow], system_id: str) -> dict[date, SignalRow]:
    """Return a system's row of each date: the one that was calculated last (contract D-2).

    Rows of one calculation are ordered by their values, so that the order of a scan does not matter.
    """
    return latest_per(
        (row for row in rows if row.system_id == system_id),
        key=lambda row: row.game_date,
        by=lambda row: (
            known(row.calculated_at),
            known(row.daily_signal),
            known(row.pct_over),
            known(row.skew_category),
            known(row.high_edge_picks),
        ),
    )


def signal_word(row: SignalRow | None) -> str:
    """Return ``favorable``, ``neutral`` or ``challenging``; neutral when unknown (contract C §0.4, D-3)."""
    return NEUTRAL if row is None else _SIGNALS.get(row.daily_signal or "", NEUTRAL)


def conditions_word(row: SignalRow) -> str:
    """Return ``balanced``, ``over_heavy``, ``under_heavy``, or ``unknown`` (contract D-3)."""
    return _CONDITIONS.get(row.skew_category or "", UNKNOWN)
