"""The rows that a value depends on, found by experiment: a row matters when the value is another one without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from exporters.declaration import Grain
from exporters.warehouse.schema import Column
from pipeline.provenance.bench import Bench, Changes
from pipeline.provenance.field import Field
from transforms.elements.tables import MISFIT, table_named

_FIRST_SHARE, _COLUMN_SHARE = 0.6, 0.8
"""Shares of the time after which the search by groups, and that of columns, end."""
Row = tuple[str, int]
"""A table and the position of a row."""


@dataclass(frozen=True)
class MatteringRow:
    """A row without which a value is another one.

    Attributes:
        table: The table.
        position: Its position among the rows that were read.
        key: The columns that name it.
        times: When it was written, by column, as far as it says so.
        columns: The columns that the value depends on, with their values; empty when the row only has to be there.
        without: The value without the row.
        group: Rows of one number matter together only: without any one of them the value is the same. 0 for a row that
            matters alone.
        is_probed: Whether its columns were tried.
    """

    table: str
    position: int
    key: Mapping[str, Any]
    times: Mapping[str, Any]
    without: Any
    columns: Mapping[str, Any] = field(default_factory=dict)
    group: int = 0
    is_probed: bool = False


@dataclass
class Attribution:
    """What a value depends on.

    Attributes:
        rows: The rows that matter, those of one table together.
        candidates: Rows that the document is built from.
        alone: How many of them were taken away one at a time.
        in_groups: How many were only taken away with others, which changed nothing.
        untried: How many were not tried, because the time was over.
        trials: Documents that were built.
    """

    rows: list[MatteringRow] = field(default_factory=list)
    candidates: int = 0
    alone: int = 0
    in_groups: int = 0
    untried: int = 0
    trials: int = 0


def attribute(bench: Bench, field_of: Field, seconds: float, clock: Callable[[], float], most: int = 20) -> Attribution:
    """Return the rows that a field of the bench's document depends on.

    Groups of rows are taken away first, halved as long as the value changes, so that few documents are built. Rows of
    groups that change nothing might still cancel each other out: they are taken away one at a time while time is left,
    those of the players that matter before all others.

    Args:
        bench: The document and its rows.
        field_of: The field.
        seconds: How long to try.
        clock: Returns seconds that never go back.
        most: Rows whose columns are tried.
    """
    return _Search(bench, field_of, seconds, clock).run(most)


def tables_of(bench: Bench) -> dict[str, tuple[int, bool]]:
    """Return the tables of a document with the number of their rows, and whether it is another one without them."""
    whole = bench.value()
    return {
        table: (len(rows), bench.value({table: dict.fromkeys(map(int, rows))}) != whole)
        for table in sorted(bench.rows)
        for rows in [bench.positions(table)]
    }


class _Search:
    def __init__(self, bench: Bench, field_of: Field, seconds: float, clock: Callable[[], float]) -> None:
        self._bench, self._field = bench, field_of
        self._clock, self._begin, self._seconds = clock, clock(), seconds
        self._value = field_of.of(bench.value())
        self._found = Attribution()
        self._alone: set[Row] = set()
        self._grouped: set[Row] = set()
        self._groups = 0

    def run(self, most: int) -> Attribution:
        near = self._near_players()
        tables = self._tables()
        for table in tables:
            self._bisect([(table, int(at)) for at in self._bench.positions(table, near)], _FIRST_SHARE)
        self._probe(most)
        every = list(self._in_order(tables, near))
        for row in every:
            if row not in self._alone and self._has_time(1.0):
                self._take_alone(row)
        self._probe(most, 1.0)
        found = self._found
        found.candidates = len(every)
        found.alone = len(self._alone)
        found.in_groups = len(self._grouped - self._alone)
        found.untried = found.candidates - found.alone - found.in_groups
        order = {table: place for place, table in enumerate(tables)}
        found.rows.sort(key=lambda row: (order[row.table], row.group, row.position))
        return found

    def _has_time(self, share: float) -> bool:
        return self._clock() - self._begin < share * self._seconds

    def _tables(self) -> list[str]:
        """Return the tables, those of players first."""
        return sorted(self._bench.rows, key=lambda table: (table_named(table).player is None, table))

    def _in_order(self, tables: Iterable[str], near: Sequence[str]) -> Iterator[Row]:
        """Yield every row, those of near players first."""
        others = [player for player in self._bench.players if player not in set(near)]
        for players in (near, others):
            for table in tables:
                if table_named(table).player is not None:
                    yield from ((table, int(at)) for at in self._bench.positions(table, players))
            if players is near:
                for table in tables:
                    if table_named(table).player is None:
                        yield from ((table, int(at)) for at in self._bench.positions(table))

    def _near_players(self) -> list[str]:
        """Return the players without whom the value is another one."""
        bench = self._bench
        if bench.export.grain is Grain.PLAYER:
            return [bench.player]
        found: list[str] = []
        waiting = [list(bench.players)]
        while waiting and self._has_time(_FIRST_SHARE / 2):
            group = waiting.pop()
            if not group or self._after({}, frozenset(group)) == self._value:
                self._dismiss(group)
                continue
            if len(group) == 1:
                found += group
            else:
                half = len(group) // 2
                waiting += [group[half:], group[:half]]
        return sorted(found)

    def _dismiss(self, players: Sequence[str]) -> None:
        """Note that the rows of some players were taken away together, which changed nothing."""
        for table in self._bench.rows:
            if table_named(table).player is not None:
                self._grouped.update((table, int(at)) for at in self._bench.positions(table, players))

    def _after(self, changes: Changes, without: frozenset[str] = frozenset()) -> Any:
        self._found.trials += 1
        return self._field.of(self._bench.value(changes, without))

    def _without(self, rows: Sequence[Row]) -> Any:
        changes: dict[str, dict[int, None]] = {}
        for table, at in rows:
            changes.setdefault(table, {})[at] = None
        return self._after(changes)

    def _bisect(self, rows: list[Row], share: float) -> bool:
        """Find the rows that matter in a group; return whether the group does."""
        if not rows or not self._has_time(share):
            return False
        if len(rows) == 1:
            return self._take_alone(rows[0])
        if self._without(rows) == self._value:
            self._grouped.update(rows)
            return False
        half = len(rows) // 2
        parts = [self._bisect(rows[:half], share), self._bisect(rows[half:], share)]
        if not any(parts) and self._has_time(share):
            self._take_together(rows, share)
        return True

    def _take_alone(self, row: Row) -> bool:
        """Find out whether a row matters."""
        if row in self._alone:
            return any((known.table, known.position) == row for known in self._found.rows)
        self._alone.add(row)
        value = self._without([row])
        if value == self._value:
            return False
        self._found.rows.append(self._described(row, value))
        return True

    def _take_together(self, rows: list[Row], share: float) -> None:
        """Find the least rows of a group that matter together, though no half of it does."""
        size = max(1, len(rows) // 2)
        while size and self._has_time(share):
            at = 0
            while at < len(rows) and self._has_time(share):
                fewer = rows[:at] + rows[at + size :]
                if fewer and self._without(fewer) != self._value:
                    rows = fewer
                else:
                    at += size
            size //= 2
        self._groups += 1
        value = self._without(rows)
        self._found.rows += [replace(self._described(row, value), group=self._groups) for row in rows]

    def _described(self, row: Row, value: Any) -> MatteringRow:
        table = table_named(row[0])
        cells = self._cells(row)
        named = [name for name in (table.partition, table.player, *table.key) if name in cells]
        times = {
            name: cells[name]
            for name, column in table.columns.items()
            if column.type == "TIMESTAMP" and name in cells and name not in named
        }
        return MatteringRow(row[0], row[1], {name: cells[name] for name in named}, times, value)

    def _cells(self, row: Row) -> dict[str, Any]:
        (cells,) = self._bench.rows[row[0]].slice(row[1], 1).to_pylist()
        return {name: value for name, value in cells.items() if name != MISFIT}

    def _probe(self, most: int, share: float = _COLUMN_SHARE) -> None:
        """Find the columns of the first rows that the value depends on."""
        for place, row in enumerate(self._found.rows[:most]):
            if row.is_probed or row.group or not self._has_time(share):
                continue
            table, cells = table_named(row.table), self._cells((row.table, row.position))
            columns = {
                name: value
                for name, value in cells.items()
                if name != table.player and self._depends_on(row, table.columns[name], value)
            }
            self._found.rows[place] = replace(row, columns=columns, is_probed=True)

    def _depends_on(self, row: MatteringRow, column: Column, value: Any) -> bool:
        return any(
            self._after({row.table: {row.position: {column.name: other}}}) != self._value
            for other in _others(column, value)
        )


def _others(column: Column, value: Any) -> Iterator[Any]:
    """Yield other values of a column: near ones, and null where it may be."""
    if column.mode == "REPEATED":
        if value:
            yield []
        return
    if column.type == "BOOL":
        yield not value
    elif column.type == "STRING":
        yield f"{value or ''}x"
    elif isinstance(value, datetime):
        yield value - timedelta(days=1)
        yield value + timedelta(days=1)
    elif isinstance(value, date):
        yield value - timedelta(days=1)
    elif isinstance(value, (int, float, Decimal)):
        # Away from zero there may be no more digits.
        yield value + 1 if value < 1 else value - 1
        if value:
            yield type(value)(0)
    if column.mode == "NULLABLE" and value is not None:
        yield None
