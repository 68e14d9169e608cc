"""How a warehouse table is declared: one typed row class and one :class:`Table`.

The row class is the schema. Its annotations give each column's BigQuery type and mode, and the same annotations let
the type checker insist that every nullable column is handled. A scan reads only the columns that the requested exports
declare; a row then carries just those, and touching any other raises ``AttributeError``.

A declared type says what a column can hold, not how a warehouse stores it: any number may stand where a number is
declared, as long as each value fits. A table or column that a document can do without is declared with what its absence
means; it is then read as empty, or as null in every row. Everything else is required.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Generic, TypeVar

RowT = TypeVar("RowT")

Instant = typing.NewType("Instant", int)
"""A TIMESTAMP: microseconds since 1970-01-01T00:00:00Z."""


@dataclass(frozen=True)
class Numeric:
    """Precision and scale of a NUMERIC(precision, scale) column."""

    precision: int
    scale: int


Numeric31 = Annotated[Decimal, Numeric(3, 1)]
Numeric41 = Annotated[Decimal, Numeric(4, 1)]
Numeric43 = Annotated[Decimal, Numeric(4, 3)]
Numeric51 = Annotated[Decimal, Numeric(5, 1)]
Numeric52 = Annotated[Decimal, Numeric(5, 2)]
Numeric53 = Annotated[Decimal, Numeric(5, 3)]
Numeric62 = Annotated[Decimal, Numeric(6, 2)]


@dataclass(frozen=True)
class Absent:
    """Marks a column that a warehouse may lack: ``Annotated[int | None, Absent("...")]``.

    Attributes:
        meaning: What documents do without it, as a clause.
    """

    meaning: str


BookkeepingTime = Annotated[
    Instant | None, Absent("rows that claim the same key are told apart by their other columns")
]
"""When a row was written: it decides which of several rows of one key counts, and no document shows it."""

_SCALARS: Mapping[Any, str] = {
    str: "STRING",
    int: "INT64",
    float: "FLOAT64",
    bool: "BOOL",
    date: "DATE",
    Decimal: "NUMERIC",
    Instant: "TIMESTAMP",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its name.
        type: BigQuery type name.
        mode: ``REQUIRED``, ``NULLABLE`` or ``REPEATED``.
        numeric: Precision and scale of a NUMERIC that declares them.
        absent: What it means that a table lacks the column, which is then null in every row; None when it is required.
    """

    name: str
    type: str
    mode: str
    numeric: Numeric | None = None
    absent: str | None = None

    def __str__(self) -> str:
        scale = f"({self.numeric.precision},{self.numeric.scale})" if self.numeric else ""
        return f"{self.name} {self.type}{scale} {self.mode}"


def _column(name: str, annotation: Any) -> Column:
    mode, absent = "REQUIRED", None
    if typing.get_origin(annotation) is Annotated and isinstance(typing.get_args(annotation)[1], Absent):
        annotation, marker = typing.get_args(annotation)
        absent = marker.meaning
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        (annotation,) = (arg for arg in typing.get_args(annotation) if arg is not type(None))
        mode = "NULLABLE"
    if typing.get_origin(annotation) is tuple:
        annotation, mode = typing.get_args(annotation)[0], "REPEATED"
    numeric = None
    if typing.get_origin(annotation) is Annotated:
        annotation, numeric = typing.get_args(annotation)
    if absent is not None and mode != "NULLABLE":
        raise TypeError(f"column {name} may be absent but not null: declare it as ``| None``")
    return Column(name, _SCALARS[annotation], mode, numeric, absent)


@dataclass(frozen=True)
class StandIn:
    """What a table is read in place of: an optional column, whose values it holds under a common key.

    Reading it costs a second scan of ``source``, with fewer columns over more dates, so it is read only where a
    warehouse lacks the column. Of its rows only those are kept whose ``key`` occurs in the table that lacks it.

    Attributes:
        source: The stored table that its rows are read from.
        table: The table whose column may be absent.
        column: That column.
        key: The column that both tables have.
    """

    source: str
    table: str
    column: str
    key: str


@dataclass(frozen=True)
class Table(Generic[RowT]):
    """A warehouse table.

    Attributes:
        name: ``dataset.table``.
        row: NamedTuple whose fields are the columns.
        partition: The DATE (or TIMESTAMP) column that the table is partitioned by; None when unpartitioned.
        player: The column that assigns a row to a player's shard; None for league-wide tables, which every shard
            and every date receives.
        filter_required: The table rejects reads without a partition filter.
        expiration_days: Days after which the warehouse drops a partition; None when it keeps them.
        live: Read from a live feed: no warehouse stores it, and it exists for the current league day only.
        key: The columns that name a row in messages, besides its player and its partition date.
        absent: What it means that a warehouse lacks the table, which is then empty; None when it is required.
        stand_in: It is read only in place of an absent column; None for every other table.
    """

    name: str
    row: type[RowT]
    partition: str | None = None
    player: str | None = None
    filter_required: bool = False
    expiration_days: int | None = None
    live: bool = False
    key: tuple[str, ...] = ()
    absent: str | None = None
    stand_in: StandIn | None = None

    @property
    def source(self) -> str:
        """``dataset.table`` that a warehouse stores the rows in: another table's, when this one stands in."""
        return self.name if self.stand_in is None else self.stand_in.source

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column by name, in declaration order."""
        hints = typing.get_type_hints(self.row, include_extras=True)
        return {name: _column(name, hint) for name, hint in hints.items()}

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name
