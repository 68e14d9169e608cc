"""What a warehouse lacks of what is optional, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from exporters.warehouse.tables import TABLES


class Absence(NamedTuple):
    """An optional table or column that is not there.

    Attributes:
        table: Name of the table.
        column: Name of the column; None when it is the table itself.
        meaning: What documents do without it, as it is declared.
    """

    table: str
    column: str | None
    meaning: str

    def __str__(self) -> str:
        name = self.table if self.column is None else f"{self.table}.{self.column}"
        return f"{name}: {self.meaning}"


def absences(found: Mapping[str, Iterable[str]]) -> list[Absence]:
    """Return what is absent, by table and column.

    Args:
        found: The columns that a warehouse lacks, by table; an empty name stands for the table itself.
    """
    return [_absence(table, column) for table in sorted(found) for column in sorted(found[table])]


def _absence(table: str, column: str) -> Absence:
    (declared,) = (one for one in TABLES if one.name == table)
    meaning = declared.columns[column].absent if column else declared.absent
    return Absence(table, column or None, meaning or "")
