"""The tables of one league, in a warehouse that holds several."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pyarrow as pa

from exporters.config.leagues import DECLARED, LeagueTables
from transforms.elements.tables import ScanStream, TablePart, TableScan
from transforms.warehouses.protocol import AppendingWarehouse, Warehouse, WarehouseError, WrappedWarehouse


@dataclass(frozen=True)
class LeagueWarehouse(WrappedWarehouse):
    """Reads the declared tables from where the rows of a league are.

    Attributes:
        warehouse: Holds the tables of all leagues.
        league: Where the league's rows are stored.
    """

    warehouse: Warehouse
    league: LeagueTables

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """Check the table of the league."""
        return self.warehouse.check(self._of_league(scan))

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams of the league's rows; each knows where they are."""
        return self.warehouse.split(self._of_league(scan))

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream."""
        return self.warehouse.read(stream)

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return the parts of the league's table; those of all leagues where a column tells them apart."""
        return self.warehouse.parts(self._of_league(scan))

    def append(self, table: str, batch: pa.RecordBatch, *, day: date, name: str) -> None:
        """Add rows to the league's table; see :class:`~transforms.warehouses.protocol.AppendingWarehouse`."""
        if self.league.column:
            raise WarehouseError(
                f"table {table}: rows of a league that column {self.league.column} tells apart are not written back; "
                "leave out --write_subset_picks, or give the league datasets of its own"
            )
        if not isinstance(self.warehouse, AppendingWarehouse):
            raise WarehouseError(f"table {table}: {type(self.warehouse).__name__} is only read")
        self.warehouse.append(table, batch, day=day, name=name, league=self.league)

    def _of_league(self, scan: TableScan) -> TableScan:
        return replace(scan, league=self.league)


@dataclass(frozen=True)
class EstimatingLeagueWarehouse(LeagueWarehouse):
    """The tables of a league in a warehouse that estimates what a scan reads."""

    warehouse: Any

    def estimate(self, scan: TableScan) -> int:
        """Return the bytes that a scan of the league's table would read."""
        return int(self.warehouse.estimate(self._of_league(scan)))


def league_warehouse(warehouse: Warehouse, league: LeagueTables) -> Warehouse:
    """Return the tables of a league; those of the default league under their declared names are the warehouse."""
    if league == DECLARED:
        return warehouse
    return (EstimatingLeagueWarehouse if hasattr(warehouse, "estimate") else LeagueWarehouse)(warehouse, league)
