"""Faults in the values of a warehouse: nulls, numbers that are none, texts of any length, unknown words, types."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import WAREHOUSE_TABLES
from tests.support.rows import Row, by_table
from tests.support.warehouses import AnyTable, arrow_rows

Tables = Mapping[AnyTable, Any]
HUGE = 10_000_000
"""Characters of a text that is too long for anything."""


@dataclass(frozen=True)
class Fault:
    """A way in which one value of a column is broken.

    Attributes:
        name: What it is.
        values: Column type to the value; a type that is not among them cannot be broken like this.
    """

    name: str
    values: Mapping[str, Any]

    def fits(self, column: Column) -> bool:
        """Whether a column can be broken like this."""
        return column.mode != "REPEATED" and column.type in self.values


EVERY_TYPE = ("STRING", "INT64", "FLOAT64", "BOOL", "DATE", "NUMERIC", "TIMESTAMP")
NULL = Fault("null", dict.fromkeys(EVERY_TYPE))
ODD = Fault(
    "odd",
    {
        "STRING": "",
        "FLOAT64": float("nan"),
        "INT64": -(2**62),
        "NUMERIC": Decimal(0),
        "DATE": date(1, 1, 1),
        "TIMESTAMP": 0,
    },
)
UNKNOWN = Fault(
    "unknown",
    {
        "STRING": "no such word ../\u2028\x00",
        "FLOAT64": float("-inf"),
        "INT64": 2**62,
        "NUMERIC": Decimal(-9),
        "DATE": date(9999, 12, 31),
        "TIMESTAMP": 253_402_300_799_000_000,
    },
)
LONG = Fault("long", {"STRING": "x" * HUGE})
FAULTS = (NULL, ODD, UNKNOWN)


def tables_of(rows: Sequence[Row]) -> dict[AnyTable, pa.Table]:
    """Return rows by table as Arrow tables, for every table of the warehouse."""
    grouped = by_table(list(rows))
    return {table: arrow_rows(table, grouped.get(table.name, [])) for table in WAREHOUSE_TABLES}


def broken(tables: Tables, table: AnyTable, column: str, at: int, fault: Fault) -> dict[AnyTable, pa.Table]:
    """Return tables in which one value is broken."""
    rows: pa.Table = tables[table]
    place = rows.schema.get_field_index(column)
    values = rows.column(column).to_pylist()
    if table.columns[column].type == "TIMESTAMP":
        values = rows.column(column).cast(pa.int64()).to_pylist()
    values[at] = fault.values[table.columns[column].type]
    made = pa.array(values, rows.schema.field(place).type)
    return {**tables, table: rows.set_column(place, rows.schema.field(place), made)}


def doubled(tables: Tables, table: AnyTable) -> dict[AnyTable, pa.Table]:
    """Return tables in which every row of one is there twice."""
    return {**tables, table: pa.concat_tables([tables[table], tables[table]])}


def retyped(rows: pa.Table, table: Table[Any]) -> pa.Table:
    """Return a table in the types that pandas writes: numbers as doubles, dates as timestamps, texts as large ones."""
    other: dict[str, Callable[[pa.ChunkedArray], pa.ChunkedArray]] = {
        "INT64": lambda column: column.cast(pa.float64()),
        "NUMERIC": lambda column: column.cast(pa.float64()),
        "DATE": lambda column: column.cast(pa.timestamp("ns")),
        "TIMESTAMP": lambda column: column.cast(pa.timestamp("us")),
        "STRING": lambda column: column.cast(pa.large_string()),
    }
    names = rows.column_names
    columns = [
        other[declared.type](rows.column(name))
        if (declared := table.columns[name]).mode != "REPEATED" and declared.type in other
        else rows.column(name)
        for name in names
    ]
    return pa.table(dict(zip(names, columns, strict=True)))
