"""Where tables live, and what is asked of them.

A :class:`Warehouse` answers two calls: ``split`` turns a scan into streams that can be read apart, and ``read`` turns
one stream into Arrow record batches. Projection and restriction are data, so that each warehouse renders them its own
way: Parquet as an Arrow expression, BigQuery as a row restriction of the Storage Read API.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol, runtime_checkable

import pyarrow as pa

from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import TABLES

_BY_NAME = {table.name: table for table in TABLES}

_ARROW_TYPES = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class TableScan:
    """One table, the columns to read and the rows to keep.

    Attributes:
        table: ``dataset.table`` of a declared table.
        columns: Column names, sorted; never empty.
        first: First partition date to read, inclusive; None for an unpartitioned table.
        last: Last partition date to read, inclusive; None for an unpartitioned table.
        equals: Column to the values it may take; a row passes when every listed column holds one of its values.
    """

    table: str
    columns: tuple[str, ...]
    first: date | None = None
    last: date | None = None
    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def declaration(self) -> Table[tuple[object, ...]]:
        """The declared table that is scanned."""
        return table_named(self.table)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of every batch that this scan yields, whatever the warehouse."""
        declared = self.declaration.columns
        return pa.schema([arrow_field(declared[name]) for name in self.columns])


@dataclass(frozen=True)
class ScanStream:
    """A part of a scan that one worker reads; ``handle`` means something only to the warehouse that made it."""

    scan: TableScan
    handle: str


@dataclass(frozen=True)
class TablePart:
    """A part of a table that is replaced or appended to on its own: a file, or a partition.

    Attributes:
        first: The first partition date that it may hold rows of; None when it may hold any.
        last: The last partition date that it may hold rows of; None when it may hold any.
        version: Differs whenever the rows may differ.
    """

    first: date | None
    last: date | None
    version: str

    def may_hold(self, first: date | None, last: date | None) -> bool:
        """Whether it may hold rows of a range of partition dates; None is no bound."""
        starts_in_time = self.first is None or last is None or self.first <= last
        return starts_in_time and (self.last is None or first is None or first <= self.last)


@dataclass(frozen=True)
class TableBatch:
    """Some rows of one table, in the schema of its scan."""

    table: str
    batch: pa.RecordBatch


class Warehouse(Protocol):
    """Reads declared tables. Implementations are picklable values; clients are made on first use."""

    @property
    def concurrency(self) -> int:
        """How many calls are worth having in flight from one process; 1 where threads gain nothing."""

    def check(self, scan: TableScan) -> None:
        """Raise :class:`WarehouseError` when the scan's table or one of its columns is missing or has another type."""

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams that together hold every row of the scan exactly once; none when no row can match.

        Raises:
            WarehouseError: The table cannot be read.
        """

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream in ``stream.scan.schema``, in batches of some ten thousand rows.

        Raises:
            WarehouseError: The table cannot be read; what was yielded before must be discarded.
        """

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return the parts that may hold rows of the scan, without reading rows.

        A backfill skips what was made from parts of the same versions, so a version may change without need, but must
        never stay when rows differ. Parquet: a part per file, its version from name, size and modification time.
        BigQuery: a part per partition with its ``last_modified_time`` (``INFORMATION_SCHEMA.PARTITIONS``, one query per
        dataset); one part without dates, with the table's last modification, for a table without partitions, and for
        every table that has rows in its streaming buffer.

        Raises:
            WarehouseError: The table cannot be read.
        """


@runtime_checkable
class AppendingWarehouse(Warehouse, Protocol):
    """A warehouse that rows can be added to as well."""

    def append(self, table: str, batch: pa.RecordBatch, *, day: date, name: str) -> None:
        """Add rows of one partition date to a table, all at once; the same name again replaces what it added before.

        Args:
            table: ``dataset.table`` of a declared table that is partitioned by date.
            batch: The rows, in the table's schema.
            day: Their partition date.
            name: Names what is added, within the date: letters, digits, dots and hyphens.

        Raises:
            WarehouseError: The rows cannot be added; none of them was.
        """


class WarehouseError(Exception):
    """A table cannot be read. The message is one line and names the table, what is wrong and the fix."""


def arrow_field(column: Column) -> pa.Field:
    """Return the Arrow field of a declared column; nullable always, since no warehouse enforces REQUIRED on read."""
    if column.numeric is not None:
        return pa.field(column.name, pa.decimal128(column.numeric.precision, column.numeric.scale))
    scalar = _ARROW_TYPES[column.type]
    return pa.field(column.name, pa.list_(scalar) if column.mode == "REPEATED" else scalar)


def table_named(name: str) -> Table[tuple[object, ...]]:
    """Return the declared table ``dataset.table``."""
    return _BY_NAME[name]


def arrow_schema(table: Table[tuple[object, ...]]) -> pa.Schema:
    """Return the Arrow schema of all columns of a declared table."""
    return pa.schema([arrow_field(column) for column in table.columns.values()])
