"""How a warehouse table is declared: one typed row class and one :class:`Table`.

The row class is the schema. Its annotations give each column's BigQuery type and mode, and the same annotations let
the type checker insist that every nullable column is handled. A scan reads only the columns that the requested exports
declare; a row then carries just those, and touching any other raises ``AttributeError``.
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
    """One column: BigQuery type name, mode, and precision and scale when it is a NUMERIC."""

    name: str
    type: str
    mode: str
    numeric: Numeric | None = None

    def __str__(self) -> str:
        scale = f"({self.numeric.precision},{self.numeric.scale})" if self.numeric else ""
        return f"{self.name} {self.type}{scale} {self.mode}"


def _column(name: str, annotation: Any) -> Column:
    mode = "REQUIRED"
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        (annotation,) = (arg for arg in typing.get_args(annotation) if arg is not type(None))
        mode = "NULLABLE"
    if typing.get_origin(annotation) is tuple:
        annotation, mode = typing.get_args(annotation)[0], "REPEATED"
    numeric = None
    if typing.get_origin(annotation) is Annotated:
        annotation, numeric = typing.get_args(annotation)
    return Column(name, _SCALARS[annotation], mode, numeric)


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
    """

    name: str
    row: type[RowT]
    partition: str | None = None
    player: str | None = None
    filter_required: bool = False
    expiration_days: int | None = None
    live: bool = False

    @cached_property
    def columns(self) -> Mapping[str, Column]:
        """Every column by name, in declaration order."""
        hints = typing.get_type_hints(self.row, include_extras=True)
        return {name: _column(name, hint) for name, hint in hints.items()}

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name
