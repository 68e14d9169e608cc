"""Games that are not played: called off by their status, or not final long after their tip-off."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, timezone

from exporters.league.arithmetic.dates import utc
from exporters.league.games.schedule import Game

SETTLES_AFTER = timedelta(hours=36)
"""A game that is not final so long after its tip-off is not waited for."""
_LAST_TIP = timedelta(hours=33)
"""From the beginning of a date, UTC, to the end of its league day: stands in for a tip-off that is unknown."""


def unplayed(games: Iterable[Game], day: date, now: datetime) -> dict[str, str]:
    """Return the games of a date that are not waited for, by id, with the reason; none that is final or may become so.

    Args:
        games: The games.
        day: The date.
        now: The current instant, aware.
    """
    return {game.game_id: reason for game in games if (reason := _reason(game, day, now))}


def tip_of(game: Game) -> datetime | None:
    """Return the tip-off of a game; None where it is unknown, or no instant that a calendar has."""
    try:
        return None if game.tip_off is None else utc(game.tip_off)
    except OverflowError:
        return None


def _reason(game: Game, day: date, now: datetime) -> str:
    if game.is_final:
        return ""
    if game.is_called_off:
        return "is called off by its status"
    tip = tip_of(game) or datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + _LAST_TIP
    if now - tip < SETTLES_AFTER:
        return ""
    hours = SETTLES_AFTER.total_seconds() / 3600
    return f"is {game.status.replace('_', ' ')} {hours:g} hours after its tip-off"
