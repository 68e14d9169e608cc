"""Table scans, their streams, and batches of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa

from exporters.config.leagues import DECLARED, LeagueTables
from exporters.warehouse.schema import Column, StandIn, Table
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


MISFIT = "_misfit"
"""The column of a batch with the value of a row that does not fit its declared type, such as ``points is 7.5``.

It is null for a row that fits. Batches in which all rows fit lack it.
"""
WHOLE_TABLE = ""
"""Stands for the table itself among the columns that a warehouse lacks."""


@dataclass(frozen=True)
class TableScan:
    """One table, the columns to read and the rows to keep.

    Attributes:
        table: ``dataset.table`` of a declared table.
        columns: Column names, sorted; never empty.
        first: First partition date to read, inclusive; None for an unpartitioned table.
        last: Last partition date to read, inclusive; None for an unpartitioned table.
        equals: Column to the values it may take; a row passes when every listed column holds one of its values.
        as_of: The instant as of which rows are read, in the form of :func:`transforms.elements.run_order.as_of_text`;
            empty for the present.
        undated: Rows without a partition date are read as well where the warehouse keeps them apart, to be named. It
            is set where a table was looked at, and may hold such rows.
        league: Where the league's rows are stored.
    """

    table: str
    columns: tuple[str, ...]
    first: date | None = None
    last: date | None = None
    equals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_of: str = ""
    undated: bool = False
    league: LeagueTables = DECLARED

    @property
    def nulls(self) -> frozenset[str]:
        """Columns of the filter whose nulls pass it: a row that lacks a REQUIRED value is named where it is decoded."""
        declared = self.declaration.columns
        return frozenset(
            name
            for name, values in self.equals.items()
            if values and name in self.columns and declared[name].mode == "REQUIRED"
        )

    def covers(self, first: date, last: date, columns: Iterable[str]) -> bool:
        """Whether every row of some dates is among those that are read, with these columns."""
        if self.first is None or self.last is None or self.equals:
            return False
        return self.first <= first and last <= self.last and set(columns) <= set(self.columns)

    @property
    def keeps_undated(self) -> bool:
        """Whether rows without a partition date pass, to be named where they are decoded."""
        partition = self.declaration.partition
        return partition in self.columns and self.declaration.columns[partition].mode == "REQUIRED"

    @property
    def declaration(self) -> Table[tuple[object, ...]]:
        """The declared table that is scanned."""
        return table_named(self.table)

    @property
    def stand_in(self) -> StandIn | None:
        """The column that the table stands in for; None for a table that is always read."""
        return self.declaration.stand_in

    @property
    def source(self) -> str:
        """``dataset.table`` of the table that stores the rows."""
        return self.league.source(self.declaration.source)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of every batch that this scan yields, whatever the warehouse; :data:`MISFIT` may follow."""
        declared = self.declaration.columns
        return pa.schema([arrow_field(declared[name]) for name in self.columns])


@dataclass(frozen=True)
class ScanStream:
    """A part of a scan that one worker reads.

    Attributes:
        scan: The scan.
        handle: Private to the warehouse that made it.
        absent: Optional columns that the warehouse lacks, and :data:`WHOLE_TABLE` when it lacks the table: then this is
            the only stream of the scan, and has no rows.
    """

    scan: TableScan
    handle: str
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class TablePart:
    """A part of a table that is replaced or appended to on its own: a file, or a partition.

    Attributes:
        first: The first partition date that it may hold rows of; None when it may hold any.
        last: The last partition date that it may hold rows of; None when it may hold any.
        version: Differs whenever the rows may differ.
        settled: Whether the version stays while the rows do; the version of a streaming buffer never does.
        rows: How many rows it has; None when the warehouse does not say.
    """

    first: date | None
    last: date | None
    version: str
    settled: bool = True
    rows: int | None = None

    def may_hold(self, first: date | None, last: date | None) -> bool:
        """Whether it may hold rows of a range of partition dates; None is no bound."""
        starts_in_time = self.first is None or last is None or self.first <= last
        return starts_in_time and (self.last is None or first is None or first <= self.last)


@dataclass(frozen=True)
class TableBatch:
    """Some rows of one table, in the schema of its scan."""

    table: str
    batch: pa.RecordBatch


def with_misfits(batch: pa.RecordBatch, wrong: Mapping[int, str]) -> pa.RecordBatch:
    """Return a batch with the column :data:`MISFIT`, from position to problem."""
    return batch.append_column(MISFIT, pa.array([wrong.get(at) for at in range(batch.num_rows)], pa.string()))


def alike(batches: Iterable[pa.RecordBatch]) -> list[pa.RecordBatch]:
    """Return batches of one scan in one schema: all of them with :data:`MISFIT` when any has it."""
    found = list(batches)
    if not any(MISFIT in batch.schema.names for batch in found):
        return found
    return [batch if MISFIT in batch.schema.names else with_misfits(batch, {}) for batch in found]


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
