"""The schema of the owner's warehouse, as data, and any tables brought into it.

``real_schema.json`` lists every table and column that the project reads, as they are in that warehouse: type and mode
by column, and under ``doubtful`` the columns that may not be there. What is declared and not there is missing from it:
one table, and one column of another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exporters.warehouse.schema import Column
from exporters.warehouse.tables import WAREHOUSE_TABLES
from tests.support.warehouses import AnyTable, League, arrow_rows
from transforms.warehouses.parquet import ParquetWarehouse

_NUMERIC = re.compile(r"NUMERIC\((\d+),(\d+)\)")
_ARROW: Mapping[str, pa.DataType] = {
    "STRING": pa.string(),
    "INT64": pa.int64(),
    "FLOAT64": pa.float64(),
    "BOOL": pa.bool_(),
    "DATE": pa.date32(),
    "TIMESTAMP": pa.timestamp("us", tz="UTC"),
}


@dataclass(frozen=True)
class RealColumn:
    """A column of the warehouse.

    Attributes:
        name: Its name.
        type: ``NUMERIC(5,2)`` and the like.
        mode: ``REQUIRED``, ``NULLABLE`` or ``REPEATED``.
    """

    name: str
    type: str
    mode: str

    @property
    def arrow(self) -> pa.DataType:
        """Its type in Parquet."""
        numeric = _NUMERIC.fullmatch(self.type)
        kind = pa.decimal128(int(numeric[1]), int(numeric[2])) if numeric else _ARROW[self.type]
        return pa.list_(kind) if self.mode == "REPEATED" else kind

    @property
    def described(self) -> dict[str, Any]:
        """The column as BigQuery describes it."""
        numeric = _NUMERIC.fullmatch(self.type)
        name = {"name": self.name, "type": "NUMERIC" if numeric else self.type, "mode": self.mode}
        return name | ({"precision": numeric[1], "scale": numeric[2]} if numeric else {})


@dataclass(frozen=True)
class RealTable:
    """A table of the warehouse.

    Attributes:
        name: ``dataset.table``.
        partition: The column that it is partitioned by.
        filter_required: It rejects reads without a filter on that.
        expiration_days: Days after which partitions are dropped.
        columns: By name, in order.
    """

    name: str
    partition: str | None
    filter_required: bool
    expiration_days: int | None
    columns: Mapping[str, RealColumn]

    def rows(self, declared: pa.Table) -> pa.Table:
        """Return rows of the declared table as this one stores them; doubles are rounded to the scale of a NUMERIC."""
        columns = [_stored(declared.column(column.name), column.arrow) for column in self.columns.values()]
        return pa.table(dict(zip(self.columns, columns, strict=True)))


def _stored(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_decimal(kind) and pa.types.is_floating(values.type):
        # A NUMERIC has no NaN, which readers take for null.
        known = pc.if_else(pc.is_finite(values), values, pa.scalar(None, values.type))
        return pc.round(known, kind.scale).cast(kind)
    return values.cast(kind)


@cache
def _schema() -> Any:
    return json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def real_tables(*, doubtful: bool = True) -> dict[str, RealTable]:
    """Return the tables of the warehouse by name, with or without the doubtful columns."""
    left_out = set() if doubtful else set(_schema()["doubtful"])
    return {
        name: RealTable(
            name,
            table["partition"],
            table["require_partition_filter"],
            table["partition_expiration_days"],
            {
                column: RealColumn(column, *kind.split())
                for column, kind in table["columns"].items()
                if f"{name}.{column}" not in left_out
            },
        )
        for name, table in _schema()["tables"].items()
    }


DECLARED: Mapping[str, AnyTable] = {table.name: table for table in WAREHOUSE_TABLES}


def stored_rows(
    tables: Mapping[AnyTable, pa.Table | Sequence[Any]], *, doubtful: bool = True
) -> Iterator[tuple[RealTable, pa.Table]]:
    """Yield every table of the warehouse with its rows; one that is not given is empty.

    Args:
        tables: Declared tables to their rows; those that the warehouse lacks are left out.
        doubtful: The doubtful columns are there.
    """
    for name, real in real_tables(doubtful=doubtful).items():
        declared = DECLARED.get(name)
        if declared is not None:
            rows = tables.get(declared, ())
            yield real, real.rows(rows if isinstance(rows, pa.Table) else arrow_rows(declared, rows))


def write_real(
    root: Path, tables: Mapping[AnyTable, pa.Table | Sequence[Any]], *, doubtful: bool = True
) -> ParquetWarehouse:
    """Write tables in the real schema below ``root``, one file each, and return the warehouse."""
    for real, rows in stored_rows(tables, doubtful=doubtful):
        path = root.joinpath(*real.name.split(".")).with_suffix(".parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, path)
    return ParquetWarehouse(str(root))


def tables_of(league: League) -> dict[AnyTable, pa.Table]:
    """Return all tables of the small demo league."""
    return {table: league.rows(table) for table in WAREHOUSE_TABLES}


def unmet(tables: Iterable[AnyTable], *, doubtful: bool = True) -> list[str]:
    """Return what of some declarations the warehouse does not meet, each with the name of the declaration.

    A declared table or column must be there unless it is optional. A declared type must hold every value of the stored
    one, and a REQUIRED column must not be null there.
    """
    real = real_tables(doubtful=doubtful)
    return [problem for table in tables for problem in _unmet(table, real.get(table.source))]


def _unmet(table: AnyTable, real: RealTable | None) -> Iterator[str]:
    if real is None:
        if table.absent is None:
            yield f"{table.name} is required, and the warehouse has no such table"
        return
    for column in table.columns.values():
        stored = real.columns.get(column.name)
        name = f"{table.name}.{column}"
        if stored is None:
            if column.absent is None:
                yield f"{name} is required, and the warehouse has no such column"
        elif not _holds(column, stored):
            yield f"{name} is too narrow for {stored.type} {stored.mode}"
    if real.filter_required and not table.filter_required:
        yield f"{table.name} is read without the partition filter that the warehouse requires"
    if real.partition != table.partition:
        yield f"{table.name} is partitioned by {real.partition}, not {table.partition}"
    if real.expiration_days != table.expiration_days:
        yield f"{table.name} drops partitions after {real.expiration_days} days, not {table.expiration_days}"


def _holds(column: Column, stored: RealColumn) -> bool:
    """Whether every value of a stored column fits a declared one."""
    if (column.mode == "REPEATED") != (stored.mode == "REPEATED"):
        return False
    if column.mode == "REQUIRED" and stored.mode != "REQUIRED":
        return False
    numeric = _NUMERIC.fullmatch(stored.type)
    if column.numeric is not None:
        if numeric is None:
            return False
        precision, scale = int(numeric[1]), int(numeric[2])
        whole = column.numeric.precision - column.numeric.scale
        return column.numeric.scale >= scale and whole >= precision - scale
    if column.type == "FLOAT64":
        return numeric is not None or stored.type in ("FLOAT64", "INT64")
    return column.type == stored.type
