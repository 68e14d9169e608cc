"""Arrow record batches to rows, a column at a time.

A column becomes Python values in one call; dates, decimals and texts, of which there are few different ones, are
converted once per distinct value, and rows share it. A row carries the scanned columns and no others.
"""

from __future__ import annotations

import math
from collections import Counter, namedtuple
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import TABLES
from transforms.elements.failure import shortened
from transforms.elements.tables import TableBatch

_TABLES = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class Defect:
    """Rows that cannot be used: a REQUIRED column is null, or not a finite number. They have all of this in common.

    Attributes:
        table: Name of the table.
        column: The column.
        player: The rows' player; None in a league-wide table, or when the player id itself is missing.
        day: The rows' partition date; None when unknown.
        message: One line that names table, column and key.
        rows: How many there are.
    """

    table: str
    column: str
    player: str | None
    day: date | None
    message: str
    rows: int = 1


@lru_cache(maxsize=256)
def row_class(table: str, columns: tuple[str, ...]) -> Any:
    """Return the row type of a scan: the declared row class, cut to the scanned columns."""
    return namedtuple(_TABLES[table].row.__name__, columns)


def decode(table: str, batches: Sequence[pa.RecordBatch]) -> tuple[list[Any], list[Defect]]:
    """Return the rows of some batches of one table, and the rows that cannot be used.

    Args:
        table: Name of the table.
        batches: Batches of one schema; at least one.
    """
    declared = _TABLES[table]
    data = pa.Table.from_batches(batches)
    columns = [_values(declared.columns[name], data.column(name)) for name in data.column_names]
    make = row_class(table, tuple(data.column_names))._make
    unusable = _unusable(declared, data.column_names, columns)
    rows = list(map(make, zip(*columns, strict=True)))
    if not unusable:
        return rows, []
    counted = Counter(_key(declared, rows[i], column) for i, column in unusable.items())
    defects = [_defect(declared, *key, n) for key, n in sorted(counted.items(), key=_order)]
    return [row for i, row in enumerate(rows) if i not in unusable], defects


def decode_all(batches: Iterable[TableBatch]) -> tuple[dict[str, list[Any]], list[Defect]]:
    """Return the rows of all batches by table, and the rows that cannot be used."""
    by_table: dict[str, list[pa.RecordBatch]] = {}
    for scanned in batches:
        by_table.setdefault(scanned.table, []).append(scanned.batch)
    rows: dict[str, list[Any]] = {}
    defects: list[Defect] = []
    for table in sorted(by_table):
        rows[table], found = decode(table, by_table[table])
        defects.extend(found)
    return rows, defects


def _values(column: Column, data: pa.ChunkedArray) -> list[Any]:
    if column.mode == "REPEATED":
        return [tuple(values) if values is not None else () for values in data.to_pylist()]
    if column.type == "TIMESTAMP":
        return list(data.cast(pa.int64()).to_pylist())
    if column.type in ("DATE", "NUMERIC", "STRING"):
        return _by_distinct_value(data)
    values: list[Any] = data.to_pylist()
    if column.type == "FLOAT64":
        return [None if value is None or not math.isfinite(value) else value for value in values]
    return values


def _by_distinct_value(data: pa.ChunkedArray) -> list[Any]:
    encoded = data.combine_chunks().dictionary_encode()
    values = [*_python_values(encoded.dictionary), None]
    return [values[i] for i in pc.fill_null(encoded.indices, len(values) - 1).to_pylist()]


def _python_values(distinct: pa.Array) -> list[Any]:
    """Return values as Python has them; a date that Python does not know is as good as none."""
    try:
        return list(distinct.to_pylist())
    except (ValueError, OverflowError):
        return [_python_value(value) for value in distinct]


def _python_value(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return None


def _unusable(table: Table[Any], names: Iterable[str], columns: Sequence[list[Any]]) -> dict[int, str]:
    """Return position to column of the rows in which a REQUIRED column is null."""
    found: dict[int, str] = {}
    for name, values in zip(names, columns, strict=True):
        if table.columns[name].mode == "REQUIRED" and None in values:
            for i, value in enumerate(values):
                if value is None:
                    found.setdefault(i, name)
    return found


def _key(table: Table[Any], row: Any, column: str) -> tuple[str, str | None, date | None]:
    """Return what the rows of one defect have in common: the column, the player and the date."""
    player = getattr(row, table.player, None) if table.player else None
    day = getattr(row, table.partition, None) if table.partition else None
    return column, player, day if isinstance(day, date) else None


def _order(counted: tuple[tuple[str, str | None, date | None], int]) -> tuple[Any, ...]:
    (column, player, day), _ = counted
    return column, player or "", day or date.min


def _defect(table: Table[Any], column: str, player: str | None, day: date | None, rows: int) -> Defect:
    owner = f" of player {shortened(player)!r}" if player else ""
    when = f" on {day}" if day is not None else ""
    return Defect(
        table=table.name,
        column=column,
        player=player,
        day=day,
        message=f"{table.name}.{column} is null or not finite in a row{owner}{when}; the column is REQUIRED",
        rows=rows,
    )


def rows_by_player(table: Table[Any], rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Group rows by the table's player column; rows without a player belong to nobody."""
    assert table.player is not None, table.name
    position = None
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        if position is None:
            position = row._fields.index(table.player)
        player = row[position]
        if player is not None:
            grouped.setdefault(player, []).append(row)
    return grouped
