"""A player's next game."""

from __future__ import annotations

from exporters.config import RULES
from exporters.declaration import Window, over
from exporters.league.forecasts import forecasts
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.warehouse.tables import CONTEXT

AHEAD = Window(ahead=RULES.profile.next_game_days)
"""How far ahead a game is looked for."""

READS = over(AHEAD, *CONTEXT_READS, *forecasts.READS)


def next_night(night: PlayerNight) -> PlayerNight | None:
    """Return the night of the player's next game, tonight's until it is final; None when none is known (contract P17).

    Contract P&L A.3b, P17. A player has one game a day, so the date alone orders the games.
    """
    days = {row.game_date for row in night.history.rows(CONTEXT)}
    for day in sorted(day for day in days if night.date <= day <= AHEAD.last(night.date)):
        found = night if day == night.date else PlayerNight(night.history, night.league, day, night.generated_at)
        if not found.game_over:
            return found
    return None
