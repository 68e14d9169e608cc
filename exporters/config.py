"""Every number and name that decides what is published: the one configuration module of the exporters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExportConfig:
    """What an operator may tune without touching an exporter.

    Attributes:
        champion_system_id: The model whose predictions the site shows.
        min_context_rows: Rows of the game context that a date with games needs before tonight types go out.
        min_active_predictions: Active predictions that a date with games needs before prediction types go out.
        min_streak_length: The shortest run that the streaks document lists.
    """

    champion_system_id: str = "catboost_v9"
    min_context_rows: int = 30
    min_active_predictions: int = 50
    min_streak_length: int = 4
