"""One game date, and one season as known on a date, as the stages after the player stage see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from exporters.config import ExportConfig
from exporters.declaration import Export
from exporters.league.forecasts.readiness import DayCount, ScanCounts
from exporters.league.games.schedule import Schedule
from exporters.league.nights.history import Rows
from exporters.league.players.aliases import Aliases
from exporters.warehouse.schema import RowT, Table
from exporters.warehouse.tables import SCHEDULE

Cards = Mapping[str, Sequence[Any]]
"""Export name to the cards that its players' nights made, in player order."""


class Slate:
    """One game date: its league-wide rows and the cards of its players.

    Attributes:
        date: The game date.
        generated_at: The request's time, as published.
        config: The exporters' configuration.
        count: What the warehouse holds for the date.
        aliases: The other spellings of players' ids.
        absent: Optional columns that the warehouse lacks, by table; an empty name stands for the table itself.
    """

    def __init__(
        self, day: date, generated_at: str, config: ExportConfig, scan_counts: ScanCounts, cards: Cards, rows: Rows
    ) -> None:
        """Bind the cards and rows of a date."""
        self.date = day
        self.generated_at = generated_at
        self.config = config
        self.count: DayCount = scan_counts.on(day)
        self.aliases: Aliases = scan_counts.aliases
        self.absent: Mapping[str, Sequence[str]] = scan_counts.absent
        self._cards = cards
        self._rows = rows

    def cards(self, export: Export) -> Sequence[Any]:
        """Return the cards of an export, in player order."""
        return self._cards.get(export.name, ())

    def rows(self, table: Table[RowT]) -> Sequence[RowT]:
        """Return the rows of a league-wide table that fall into the window of the exports which read it."""
        return self._rows.get(table.name, ())

    def lacks(self, table: Table[Any]) -> bool:
        """Whether the warehouse lacks an optional table, which is then empty."""
        return "" in self.absent.get(table.name, ())

    @cached_property
    def schedule(self) -> Schedule:
        """The games of the date."""
        return Schedule(row for row in self.rows(SCHEDULE) if row.game_date == self.date)


class Season(Slate):
    """A season as known on a date: besides that date's cards and rows, the season rows of its slates so far."""

    def __init__(
        self,
        day: date,
        generated_at: str,
        config: ExportConfig,
        scan_counts: ScanCounts,
        cards: Cards,
        rows: Rows,
        slates: Mapping[str, Mapping[date, Any]],
    ) -> None:
        """Bind the cards, rows and season rows of an as-of date."""
        super().__init__(day, generated_at, config, scan_counts, cards, rows)
        self._slates = slates

    def slate_rows(self, export: Export) -> Mapping[date, Any]:
        """Return the rows that the season's slates made for an export, by date in order."""
        return self._slates.get(export.name, {})
