"""Arrow record batches to rows, a column at a time.

A column becomes Python values in one call; dates, decimals and texts repeat often, so each distinct
value is converted once, and rows share it. A row carries the scanned columns and no others.

A row with a null or non-finite REQUIRED column, with a value that did not fit its declared type when it was read, or
with a text longer than :data:`LONGEST_TEXT`, is left out and becomes a :class:`Defect` that names it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial, reduce
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporters.warehouse.schema import Column, Table
from exporters.warehouse.tables import TABLES
from transforms.elements.failure import shortened
from transforms.elements.tables import MISFIT, TableBatch, alike
from transforms.warehouses.arrow_columns import declared_type

LONGEST_TEXT = 100_000
"""Most bytes of a text: the longest honest ones, summaries of articles, have some thousand."""
_MOST_SHOWN = 80
"""Longest shown value."""

_TABLES = {table.name: table for table in TABLES}


class _Fault(NamedTuple):
    """What is wrong with a row.

    Attributes:
        column: The column.
        problem: What is wrong with its value, such as ``is 7.5``.
        kind: The declared type or mode that the value breaks.
        value: The value.
    """

    column: str
    problem: str
    kind: str
    value: str


@dataclass(frozen=True)
class Defect:
    """Unusable rows, which are left out. They share the values of all attributes.

    Attributes:
        table: Name of the table.
        column: The column.
        player: The rows' player; None in a league-wide table, or when the player id itself cannot be used.
        day: The rows' partition date; None when unknown.
        key: What names the rows in their table, besides player and date; that of the lowest one when there are several.
        value: The value, shortened.
        message: One line with table, column, key, problem and fix.
        rows: Number of rows.
    """

    table: str
    column: str
    player: str | None
    day: date | None
    key: str
    value: str
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
    unusable = _unusable(declared, data, names, columns)
    if len(names) < data.num_columns:
        unusable |= _misfits(declared, data.column(MISFIT))
    # What the class's own ``_make`` does, without a call of a Python function for each row.
    make = partial(tuple.__new__, row_class(table, names))
    rows = list(map(make, zip(*columns, strict=True)))
    if not unusable:
        return rows, []
    defects = _defects(declared, ((rows[i], unusable[i]) for i in sorted(unusable)))
    return [row for i, row in enumerate(rows) if i not in unusable], defects


def defects_of(scanned: TableBatch) -> list[Defect]:
    """Return the unusable rows of a batch; no other row is decoded."""
    table, batch = _TABLES[scanned.table], scanned.batch
    masks = []
    for name in batch.schema.names:
        column = batch.column(name)
        if name == MISFIT:
            masks.append(pc.is_valid(column))
        elif table.columns[name].mode == "REQUIRED":
            if column.null_count:
                masks.append(pc.is_null(column))
            if table.columns[name].type == "FLOAT64":
                masks.append(pc.invert(pc.fill_null(pc.is_finite(column), False)))
        if name != MISFIT and table.columns[name].type == "STRING" and _holds_long_text(column):
            return decode(scanned.table, [batch])[1]
    wrong = reduce(pc.or_, masks) if masks else None
    return decode(scanned.table, [batch.filter(wrong)])[1] if wrong is not None and wrong.true_count else []


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
    return _finite(data) if column.type == "FLOAT64" else list(data.to_pylist())


def _finite(data: pa.ChunkedArray) -> list[float | None]:
    """Return numbers; null where one is null or not finite."""
    # Nulls come out of Arrow as NaN.
    numbers = data.to_numpy()
    unusable = ~np.isfinite(numbers)
    if unusable.any():
        numbers = numbers.astype(object)
        numbers[unusable] = None
    return list(numbers.tolist())


def _by_distinct_value(data: pa.ChunkedArray) -> list[Any]:
    encoded = data.combine_chunks().dictionary_encode()
    values = np.array([*_python_values(encoded.dictionary), None], dtype=object)
    return list(values[encoded.indices.fill_null(len(values) - 1).to_numpy()].tolist())


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


def _unusable(
    table: Table[Any], data: pa.Table, names: Iterable[str], columns: Sequence[list[Any]]
) -> dict[int, _Fault]:
    """Return position to fault of the rows in which a REQUIRED column is null, or a text is too long."""
    found: dict[int, _Fault] = {}
    for name, values in zip(names, columns, strict=True):
        declared = table.columns[name]
        if declared.mode == "REQUIRED" and None in values:
            for i, value in enumerate(values):
                if value is None:
                    problem = "is null or not finite"
                    found.setdefault(i, _Fault(name, problem, "REQUIRED", _stored(data.column(name)[i])))
        if declared.type == "STRING" and _holds_long_text(data.column(name)):
            for i, value in enumerate(values):
                if any(map(_is_too_long, value if declared.mode == "REPEATED" else (value,))):
                    problem = f"is longer than {LONGEST_TEXT:,} bytes"
                    found.setdefault(i, _Fault(name, problem, "STRING", shortened(str(value), _MOST_SHOWN)))
    return found


def _stored(value: pa.Scalar) -> str:
    """Return a value that was read as null, as it is stored."""
    if not value.is_valid:
        return "null"
    try:
        return str(value.as_py())
    except (ValueError, OverflowError):
        return "out of range"


def _holds_long_text(texts: pa.Array | pa.ChunkedArray) -> bool:
    """Whether a column of texts, or of lists of texts, holds one that is too long."""
    flat = pc.list_flatten(texts) if pa.types.is_list(texts.type) else texts
    longest = pc.max(pc.binary_length(flat)).as_py()
    return longest is not None and longest > LONGEST_TEXT


def _is_too_long(text: str | None) -> bool:
    return text is not None and len(text.encode()) > LONGEST_TEXT


def _misfits(table: Table[Any], texts: pa.ChunkedArray) -> dict[int, _Fault]:
    """Return position to fault of the rows with a value that did not fit its declared type."""
    found: dict[int, _Fault] = {}
    for i, text in enumerate(texts.to_pylist()):
        if text is not None:
            column, _, problem = text.partition(" ")
            shown = shortened(problem.removeprefix("is "), _MOST_SHOWN)
            found[i] = _Fault(column, problem, declared_type(table.columns[column]), shown)
    return found


def _defects(table: Table[Any], unusable: Iterable[tuple[Any, _Fault]]) -> list[Defect]:
    """Return the defects of some rows, by fault, player and date, each kind once."""
    found: dict[tuple[_Fault, str | None, date | None], list[Any]] = {}
    for row, fault in unusable:
        # An id that cannot be used names nobody.
        player = getattr(row, table.player, None) if table.player and table.player != fault.column else None
        day = getattr(row, table.partition, None) if table.partition else None
        found.setdefault((fault, player, day if isinstance(day, date) else None), []).append(row)
    return [_defect(table, *kind, rows) for kind, rows in sorted(found.items(), key=_order)]


def _order(found: tuple[tuple[_Fault, str | None, date | None], list[Any]]) -> tuple[Any, ...]:
    (fault, player, day), _ = found
    return fault, player or "", day or date.min


def _defect(table: Table[Any], fault: _Fault, player: str | None, day: date | None, rows: Sequence[Any]) -> Defect:
    owner = f" of player {shortened(player)!r}" if player else ""
    when = f" on {day}" if day is not None else ""
    key = min(_key(table, row) for row in rows)
    return Defect(
        table=table.name,
        column=fault.column,
        player=player,
        day=day,
        key=key,
        value=fault.value,
        message=f"{table.name}.{fault.column} {fault.problem} in a row{owner}{when}{key and f' ({key})'}; the column "
        f"is {fault.kind}, so the row is left out: correct it in the warehouse",
        rows=len(rows),
    )


def _key(table: Table[Any], row: Any) -> str:
    """Return the scanned columns that name a row, as text."""
    named = (name for name in table.key if hasattr(row, name))
    return ", ".join(f"{name} {shortened(str(getattr(row, name)), _MOST_SHOWN)}" for name in named)


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
