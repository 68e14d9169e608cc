"""The row restriction of a scan for the Storage Read API: a condition in SQL.

No text of a scan is copied into the condition. A column is one that the table declares, and a value is converted to the
column's type and printed as a literal of that type.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa

from transforms.elements.tables import TableScan, arrow_field

_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def row_restriction(scan: TableScan, partition_type: str = "", absent: Collection[str] = ()) -> str:
    """Return the condition that the rows of a scan meet; empty when all do.

    It restricts the partition column whenever the scan is bounded or the table requires it, so that BigQuery reads and
    bills those partitions only. Rows without a partition date meet no bound: :func:`undated_restriction` is theirs. A
    row without the value of another column that is REQUIRED passes, to be named.

    The condition is on the column itself and never on a pseudo column: rows in a streaming buffer have no
    ``_PARTITIONTIME`` yet, but they have their columns. A session includes them, and those that match are read.

    Args:
        scan: The scan.
        partition_type: Type that the stored partition column has; empty when it is the declared one.
        absent: Columns that the stored table lacks; they are null, so no row equals a value in one.
    """
    table = scan.declaration
    bounds = []
    if table.partition is not None and is_bounded(scan):
        bounds = _bounds(scan, table.partition, partition_type or table.columns[table.partition].type)
    return " AND ".join([*bounds, *_equalities(scan, absent), *_league(scan)])


def undated_restriction(scan: TableScan, absent: Collection[str] = ()) -> str:
    """Return the condition that the rows of a scan without a partition date meet: BigQuery reads ``__NULL__`` alone."""
    return " AND ".join([f"`{scan.declaration.partition}` IS NULL", *_equalities(scan, absent), *_league(scan)])


def is_bounded(scan: TableScan) -> bool:
    """Whether the rows of a scan are those of some partition dates, so that rows without one are not among them."""
    table = scan.declaration
    return table.partition is not None and bool(scan.first or scan.last or table.filter_required)


def _equalities(scan: TableScan, absent: Collection[str]) -> list[str]:
    table, conditions = scan.declaration, []
    for name, values in scan.equals.items():
        if name in absent:
            conditions.append("FALSE")
            continue
        kind = arrow_field(table.columns[name]).type
        literals = ", ".join(literal(value) for value in pa.array(values, pa.string()).cast(kind).to_pylist())
        condition = f"`{name}` IN ({literals})" if literals else "FALSE"
        conditions.append(f"({condition} OR `{name}` IS NULL)" if name in scan.nulls else condition)
    return conditions


def _league(scan: TableScan) -> list[str]:
    """Return the condition that a row is of the league of the scan, where a column tells."""
    tables = scan.league
    # The column is of the configuration, which checks its name.
    return [f"`{tables.column}` = {literal(tables.value)}"] if tables.column else []


def _bounds(scan: TableScan, name: str, kind: str) -> list[str]:
    bounds = []
    if scan.first is not None or scan.last is None:
        bounds.append(f"`{name}` >= {_edge(kind, scan.first or date.min, time.min)}")
    if scan.last is not None:
        # The last microsecond of the day, the precision of a TIMESTAMP; the day after may not exist.
        bounds.append(f"`{name}` <= {_edge(kind, scan.last, time.max)}")
    return bounds


def _edge(kind: str, day: date, when: time) -> str:
    """Return a day as a literal of a partition column's type; a TIMESTAMP is partitioned by UTC days."""
    if kind == "TIMESTAMP":
        return literal(datetime.combine(day, when, timezone.utc))
    if kind == "DATETIME":
        return f"DATETIME '{datetime.combine(day, when).isoformat(sep=' ', timespec='microseconds')}'"
    return literal(day)


def literal(value: Any) -> str:
    """Return a value as a SQL literal of its type.

    Args:
        value: A str, bool, int, float, Decimal, date or aware datetime.
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, str):
        return f"'{''.join(_escaped(character) for character in value)}'"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return f"CAST('{value!r}' AS FLOAT64)"
    if isinstance(value, Decimal):
        return f"NUMERIC '{value:f}'"
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value.astimezone(timezone.utc).isoformat(sep=' ', timespec='microseconds')}'"
    return f"DATE '{value.isoformat()}'"


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return f"\\U{ord(character):08x}"
