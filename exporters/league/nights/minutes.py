"""How long a player was on the court."""

from __future__ import annotations

from decimal import Decimal

from exporters.declaration import Read, Window
from exporters.league.arithmetic.numbers import exact
from exporters.league.nights.history import PlayerHistory
from exporters.league.players.box_scores import was_played
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.selection import known, latest
from exporters.warehouse.tables import GAMEBOOK


def reads(window: Window) -> tuple[Read, ...]:
    """Return what completes the minutes of a window's box scores."""
    return (Read(GAMEBOOK, ("player_lookup", "game_date", "game_id", "minutes_decimal"), window),)


def minutes_of(history: PlayerHistory, row: GameRow) -> Decimal | None:
    """Return the minutes of a game: from the box score, else from the official game book (contract P&L S4).

    None for a game that was not played, or when neither has minutes. Of several lines of the book, that of the game
    itself comes first, then the longest time.
    """
    if not was_played(row):
        return None
    if row.minutes_played is not None:
        return row.minutes_played
    line = latest(
        history.on(GAMEBOOK, row.game_date), by=lambda line: (line.game_id == row.game_id, known(line.minutes_decimal))
    )
    return None if line is None else exact(line.minutes_decimal)
