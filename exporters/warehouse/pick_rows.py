"""Rows of the tables behind the best bets page: the picks by where they come from, and the days without any.

A column that is nullable in the warehouse is ``| None`` here. Comments name what the warehouse does not enforce.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from exporters.warehouse.schema import Instant, Numeric51


class SignalPickRow(NamedTuple):
    """A pick of the signals; rows of players who are no longer picked stay.

    ``edge`` is signed. The columns of the outcome are filled in after the game.
    """

    player_lookup: str
    game_id: str
    game_date: date
    system_id: str
    player_name: str | None
    team_abbr: str | None
    opponent_team_abbr: str | None
    line_value: Numeric51 | None
    recommendation: str | None
    edge: Numeric51 | None
    rank: int | None
    pick_angles: tuple[str, ...]
    algorithm_version: str | None
    ultra_tier: bool | None
    actual_points: int | None
    prediction_correct: bool | None
    is_voided: bool | None
    created_at: Instant | None


class PublishedPickRow(NamedTuple):
    """A pick that readers were shown; ``ultra_tier`` is text here."""

    player_lookup: str
    game_id: str
    game_date: date
    player_name: str | None
    team_abbr: str | None
    opponent_team_abbr: str | None
    recommendation: str | None
    line_value: Numeric51 | None
    edge: Numeric51 | None
    rank: int | None
    pick_angles: tuple[str, ...]
    ultra_tier: str | None
    source: str
    signal_status: str | None
    first_published_at: Instant
    updated_at: Instant | None


class ManualPickRow(NamedTuple):
    """A pick that was added by hand; one that was taken back is not active."""

    player_lookup: str
    game_id: str
    game_date: date
    player_name: str | None
    team_abbr: str | None
    opponent_team_abbr: str | None
    recommendation: str
    line_value: Numeric51 | None
    edge: Numeric51 | None
    rank: int | None
    pick_angles: tuple[str, ...]
    is_active: bool
    added_at: Instant


class HaltRow(NamedTuple):
    """Whether picks of a sport are halted on a date; several rows of a date may exist."""

    effective_date: date
    sport: str
    halt_active: bool
    halt_reason: str | None
    halt_since: date | None
    written_at: Instant
