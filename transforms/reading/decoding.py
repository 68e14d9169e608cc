"""Arrow record batches to rows, a column at a time.

A column becomes Python values in one call; dates, decimals and texts repeat often, so each distinct
value is converted once, and rows share it. A row carries the scanned columns and no others.

A row with a null or non-finite REQUIRED column, or with a value that did not fit its declared type when it was read, is
left out and becomes a :class:`Defect` that names it.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import TABLES
from transforms.elements.failure import shortened
from transforms.elements.tables import MISFIT, TableBatch, alike
from transforms.warehouses.arrow_columns import declared_type

_TABLES = {table.name: table for table in TABLES}


@dataclass(frozen=True)
class Defect:
    """Unusable rows, which are left out. They share the values of all attributes.

    Attributes:
        table: Name of the table.
        column: The column.
        player: The rows' player; None in a league-wide table, or when the player id itself is missing.
        day: The rows' partition date; None when unknown.
        message: One line with table, column, key, problem and fix.
        rows: Number of rows.
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
    """Return the rows of some batches of one table, and the unusable rows.

    Args:
        table: Name of the table.
        batches: Batches of one schema; at least one.
    """
    declared = _TABLES[table]
    data = pa.Table.from_batches(alike(batches))
    names = tuple(name for name in data.column_names if name != MISFIT)
    columns = [_values(declared.columns[name], data.column(name)) for name in names]
    make = row_class(table, names)._make
    unusable = _unusable(declared, names, columns)
    if len(names) < data.num_columns:
        unusable |= _misfits(declared, data.column(MISFIT))
    rows = list(map(make, zip(*columns, strict=True)))
    if not unusable:
        return rows, []
    defects = _defects(declared, ((rows[i], *unusable[i]) for i in sorted(unusable)))
    return [row for i, row in enumerate(rows) if i not in unusable], defects


def decode_all(batches: Iterable[TableBatch]) -> tuple[dict[str, list[Any]], list[Defect]]:
    """Return the rows of all batches by table, and the unusable rows."""
    by_table: dict[str, list[pa.RecordBatch]] = {}
    for scanned in batches:
        by_table.setdefault(scanned.table, []).append(scanned.batch)
    rows: dict[str, list[Any]] = {}
    defects: list[Defect] = []
    for table in sorted(by_table):
        rows[table], found = decode(table, _wanted(table, by_table))
        defects.extend(found)
    return rows, defects


def _wanted(table: str, by_table: Mapping[str, Sequence[pa.RecordBatch]]) -> Sequence[pa.RecordBatch]:
    """Return the batches of a table; of a stand-in only the rows whose key the other table holds."""
    batches, stand_in = by_table[table], _TABLES[table].stand_in
    if stand_in is None:
        return batches
    held = [batch.column(stand_in.key) for batch in by_table.get(stand_in.table, ())]
    keys = pa.chunked_array(held, pa.string()).unique()
    return [batch.filter(pc.is_in(batch.column(stand_in.key), value_set=keys)) for batch in batches]


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
    """Return values as Python objects; a date out of Python's range becomes None."""
    try:
        return list(distinct.to_pylist())
    except (ValueError, OverflowError):
        return [_python_value(value) for value in distinct]


def _python_value(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except (ValueError, OverflowError):
        return None


def _unusable(table: Table[Any], names: Iterable[str], columns: Sequence[list[Any]]) -> dict[int, tuple[str, str]]:
    """Return position to (problem, kind of column) of the rows in which a REQUIRED column is null."""
    found: dict[int, tuple[str, str]] = {}
    for name, values in zip(names, columns, strict=True):
        if table.columns[name].mode == "REQUIRED" and None in values:
            for i, value in enumerate(values):
                if value is None:
                    found.setdefault(i, (f"{name} is null or not finite", "REQUIRED"))
    return found


def _misfits(table: Table[Any], texts: pa.ChunkedArray) -> dict[int, tuple[str, str]]:
    """Return position to (problem, kind of column) of the rows with a value that did not fit its declared type."""
    wrong = ((i, text) for i, text in enumerate(texts.to_pylist()) if text is not None)
    return {i: (text, declared_type(table.columns[text.partition(" ")[0]])) for i, text in wrong}


def _defects(table: Table[Any], unusable: Iterable[tuple[Any, str, str]]) -> list[Defect]:
    """Return the defects of some rows, by problem and kind of column, each kind once."""
    found: dict[tuple[str, str, str | None, date | None], list[Any]] = {}
    for row, what, why in unusable:
        player = getattr(row, table.player, None) if table.player else None
        day = getattr(row, table.partition, None) if table.partition else None
        found.setdefault((what, why, player, day if isinstance(day, date) else None), []).append(row)
    return [_defect(table, *kind, rows) for kind, rows in sorted(found.items(), key=_order)]


def _order(found: tuple[tuple[str, str, str | None, date | None], list[Any]]) -> tuple[Any, ...]:
    (what, _, player, day), _ = found
    return what, player or "", day or date.min


def _defect(
    table: Table[Any], what: str, why: str, player: str | None, day: date | None, rows: Sequence[Any]
) -> Defect:
    owner = f" of player {shortened(player)!r}" if player else ""
    when = f" on {day}" if day is not None else ""
    key = ", ".join(f"{name} {getattr(rows[0], name)}" for name in table.key if hasattr(rows[0], name))
    return Defect(
        table=table.name,
        column=what.partition(" ")[0],
        player=player,
        day=day,
        message=f"{table.name}.{what} in a row{owner}{when}{key and f' ({key})'}; the column is {why}, "
        "so the row is left out: correct it in the warehouse",
        rows=len(rows),
    )


def rows_by_player(table: Table[Any], rows: Iterable[Any]) -> dict[str, list[Any]]:
    """Group rows by the table's player column; rows without a player are in no group."""
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
