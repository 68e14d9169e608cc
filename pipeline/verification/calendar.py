"""Which dates have games, as the warehouse has them."""

from __future__ import annotations

from datetime import date

from exporters.warehouse.tables import SCHEDULE
from transforms.elements.tables import TableScan
from transforms.warehouses.protocol import Warehouse

_COLUMNS = ("game_date", "away_team_tricode", "home_team_tricode")


def scheduled_games(warehouse: Warehouse, first: date, last: date) -> dict[date, int]:
    """Return the number of games of each date that has any.

    Two teams meet once a day, so that several rows of a meeting are one game.

    Args:
        warehouse: Where the schedule is.
        first: The first date.
        last: The last date.

    Raises:
        WarehouseError: The schedule cannot be read.
    """
    scan = TableScan(SCHEDULE.name, _COLUMNS, first, last)
    meetings: set[tuple[date, frozenset[str]]] = set()
    for stream in warehouse.split(scan):
        for batch in warehouse.read(stream):
            for row in batch.to_pylist():
                day, *teams = (row[name] for name in _COLUMNS)
                if day is not None and None not in teams:
                    meetings.add((day, frozenset(teams)))
    games: dict[date, int] = {}
    for day, _ in meetings:
        games[day] = games.get(day, 0) + 1
    return games
