"""One table, looked at before it is read: what it lacks, and whether it holds rows of no date."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from transforms.elements.tables import TableScan
from transforms.live_feed.warehouse import stored
from transforms.warehouses.protocol import Warehouse, WarehouseError

if TYPE_CHECKING:
    from transforms.warehouses.bigquery_schema import Layout


@runtime_checkable
class Describes(Protocol):
    """A warehouse that tells how the table of a scan differs from its declaration, as BigQuery does."""

    def layout(self, scan: TableScan) -> Layout:
        """Return how the table differs."""


def checked_scan(warehouse: Warehouse, scan: TableScan) -> tuple[TableScan, tuple[str, ...], tuple[str, ...]]:
    """Return a scan of all that a table may hold, the optional columns that the table lacks, and what is wrong."""
    source = stored(warehouse)
    try:
        if scan.declaration.live or not isinstance(source, Describes):
            return scan, warehouse.check(scan), ()
        layout = source.layout(scan)
        return replace(scan, undated=layout.may_lack_date), layout.absent, ()
    except WarehouseError as error:
        return scan, (), error.problems
