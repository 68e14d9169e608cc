"""Graded forecasts: one row per game, decided or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from exporters.declaration import Read, Window
from exporters.league.selection import known, latest_per
from exporters.tables import ACCURACY, AccuracyRow

READS = (
    Read(
        ACCURACY,
        (
            "player_lookup",
            "game_id",
            "game_date",
            "system_id",
            "team_abbr",
            "opponent_team_abbr",
            "recommendation",
            "line_value",
            "prediction_correct",
            "is_voided",
            "has_prop_line",
            "line_source",
            "graded_at",
        ),
        Window.SEASON,
        champion=True,
    ),
)

REAL_LINE = "ACTUAL_PROP"
"""The ``line_source`` of a line that a bookmaker offered."""


class Grades:
    """One system's graded forecasts of one player, oldest first."""

    def __init__(self, rows: Iterable[AccuracyRow], system_id: str) -> None:
        """Keep one row per game: the newest grading, among equals the lowest line (contract B3-D7, D §2.6)."""
        chosen = latest_per(
            (row for row in rows if row.system_id == system_id),
            key=lambda row: row.game_id,
            by=lambda row: (known(row.graded_at), row.line_value is None, -(row.line_value or 0)),
        )
        self.rows = sorted(chosen.values(), key=lambda row: (row.game_date, row.game_id))

    def on(self, day: date) -> AccuracyRow | None:
        """Return the graded forecast of a date; None when there is none."""
        return next((row for row in reversed(self.rows) if row.game_date == day), None)


def is_decided(row: AccuracyRow) -> bool:
    """Whether a graded OVER or UNDER on a real line was won or lost (contract B3-D4, B3-D6)."""
    return (
        row.recommendation in ("OVER", "UNDER")
        and row.prediction_correct is not None
        and not row.is_voided
        and bool(row.has_prop_line)
        and row.line_source in (None, REAL_LINE)
    )
