"""Who won: the results of teams, which the box scores of players do not have (contract P&L P11)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from exporters.declaration import Read, Window
from exporters.league.games.schedule import Schedule
from exporters.warehouse.league_rows import TeamGameRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import TEAM_GAMES


def reads(window: Window) -> tuple[Read, ...]:
    """Return the reads of the results of a window's games; the schedule of the same window completes them."""
    return (Read(TEAM_GAMES, ("game_date", "team_abbr", "win_flag"), window),)


class TeamResults:
    """The results of the dates that were scanned."""

    def __init__(self, rows: Iterable[TeamGameRow], schedule: Schedule) -> None:
        """Keep one row per date and team: a team has one game a day."""
        self._rows = latest_per(
            rows, key=lambda row: (row.game_date, row.team_abbr), by=lambda row: (known(row.win_flag),)
        )
        self._schedule = schedule

    def won(self, day: date, game_id: str, team: str) -> bool | None:
        """Return whether a team won its game of a date: by its own record, else by the score; None when neither has it.

        Args:
            day: The game date.
            game_id: The game's id, in either of its forms.
            team: The team.
        """
        row = self._rows.get((day, team))
        if row is not None and row.win_flag is not None:
            return row.win_flag
        game = self._schedule.find(day, game_id, team)
        if game is None or not game.is_final or game.home_score is None or game.away_score is None:
            return None
        if team not in (game.home, game.away):
            return None
        return (game.home_score > game.away_score) == (team == game.home)
