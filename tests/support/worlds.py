"""Hypothesis strategies of warehouse rows: anything that a table's schema allows, and honest rows gone wrong.

``any_rows(export)`` draws rows of every table that an export reads: values of the right type from small pools, so that
rows of one player, date and game meet. ``blemished(rows)`` takes rows that a test wrote and lets nulls, duplicates and
disorder into them; ``contradicted(rows)`` adds rows of the same keys that say something else; ``disordered(rows)`` only
repeats and shuffles. ``PROPERTY`` are the settings of such tests: the same examples in every run, no deadline.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from exporters.declaration import Export
from exporters.schema import Column, Table
from tests.support.rows import (
    CHAMPION,
    TONIGHT,
    Row,
    context_row,
    cut,
    game_id_of,
    instant,
    prediction_row,
    schedule_row,
    table_of,
)

PROPERTY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)

DATES = (
    TONIGHT,
    TONIGHT - timedelta(days=1),
    TONIGHT - timedelta(days=2),
    TONIGHT - timedelta(days=4),
    TONIGHT - timedelta(days=9),
    TONIGHT - timedelta(days=31),
    date(2024, 10, 1),
    date(2024, 4, 10),
    date(2023, 9, 30),
    TONIGHT + timedelta(days=1),
)
TEXTS: dict[str, tuple[str, ...]] = {
    "player_lookup": ("ann", "bob"),
    "game_id": (
        *(game_id_of(day, "BOS", "LAL") for day in DATES[:3]),
        game_id_of(TONIGHT, "LAL", "BOS"),
        "0022400551",
        "0022400552",
        "unreadable",
    ),
    "team_abbr": ("LAL", "BOS", "CHI", ""),
    "opponent_team_abbr": ("LAL", "BOS", "CHI"),
    "home_team_tricode": ("LAL", "BOS"),
    "away_team_tricode": ("BOS", "CHI"),
    "recommendation": ("OVER", "UNDER", "PASS", "NO_LINE", ""),
    "system_id": (CHAMPION, CHAMPION, "another"),
    "season": ("2023-24", "2024-25", "2025-26"),
    "model_version": ("v1",),
    "market_type": ("points", "assists"),
    "bet_side": ("over", "under", "Over", ""),
    "line_source": ("ACTUAL_PROP", "ESTIMATED_AVG"),
    "injury_status": ("out", "Questionable", "available", ""),
}
INTEGERS = (-200, -1, 0, 1, 2, 3, 4, 10, 20, 22, 75, 95, 100, 100_000)
FLOATS = (22.5, 20.0, 0.0, -1.5, 0.25, 1e9)
INSTANTS = tuple(map(instant, ("2025-01-14T12:00:00Z", "2025-01-15T12:00:00Z", "2025-01-16T00:30:00Z")))
_ANCHORS = (schedule_row(), context_row(player_lookup="ann", processed_at=None), prediction_row(player_lookup="ann"))
_TENS = (0, 1, 5, 200, 225, 224, -10)


def _values(table: Table[Any], column: Column) -> st.SearchStrategy[Any]:
    if column.type == "STRING":
        values: st.SearchStrategy[Any] = st.sampled_from(TEXTS.get(column.name, ("", "b", "a")))
    elif column.type == "DATE":
        values = st.sampled_from(DATES)
    elif column.type == "BOOL":
        values = st.booleans()
    elif column.type == "INT64":
        values = st.sampled_from(INTEGERS)
    elif column.type == "FLOAT64":
        values = st.sampled_from(FLOATS)
    elif column.type == "TIMESTAMP":
        values = st.sampled_from(INSTANTS)
    else:
        assert column.numeric is not None, f"{table}.{column}"
        unit = Decimal(1).scaleb(-column.numeric.scale)
        most = 10**column.numeric.precision - 1
        values = st.sampled_from([unit * min(n * 10 ** (column.numeric.scale - 1), most) for n in _TENS])
    if column.mode == "REPEATED":
        return st.lists(values, max_size=3).map(tuple)
    return st.none() | values if column.mode == "NULLABLE" else values


def any_row(table: Table[Any], columns: Sequence[str]) -> st.SearchStrategy[Row]:
    """Return rows of some columns of a table."""
    names = [name for name in table.columns if name in set(columns)]
    make = type(cut(table.row(*[None] * len(table.columns)), names))
    return st.tuples(*(_values(table, table.columns[name]) for name in names)).map(make._make)


def any_rows(export: Export, most: int = 25) -> st.SearchStrategy[list[Row]]:
    """Return rows of the tables that an export reads, of the columns that it declares.

    Where the export reads them, tonight's game is scheduled and the player ``ann`` is expected in it, so that the rest
    has something to be about.
    """
    columns: dict[Table[Any], list[str]] = {}
    for read in export.reads:
        columns.setdefault(read.table, []).extend(read.columns)
    anchors = [cut(row, columns[table_of(row)]) for row in _ANCHORS if table_of(row) in columns]
    drawn = st.lists(st.one_of(*(any_row(table, names) for table, names in columns.items())), max_size=most)
    return drawn.map(lambda rows: [*anchors, *rows])


def disordered(rows: Sequence[Row]) -> st.SearchStrategy[list[Row]]:
    """Return the rows in any order, some of them twice."""

    def disorder(seed: int) -> list[Row]:
        chance = Random(seed)
        found = [*rows, *(chance.choices(rows, k=chance.randrange(6)) if rows else ())]
        chance.shuffle(found)
        return found

    return st.integers(0, 2**16).map(disorder)


def blemished(rows: Sequence[Row]) -> st.SearchStrategy[list[Row]]:
    """Return the rows with any nullable columns null, in one row or in all, in any order and some of them twice."""
    cells = [
        (i, column.name)
        for i, row in enumerate(rows)
        for column in table_of(row).columns.values()
        if column.mode == "NULLABLE" and column.name in row._fields
    ]
    columns = sorted({(table_of(rows[i]).name, name) for i, name in cells})

    def blank(nulls: tuple[list[tuple[int, str]], set[tuple[str, str]]]) -> list[Row]:
        single, whole = nulls
        each: dict[int, set[str]] = {}
        for i, name in cells:
            if (i, name) in single or (table_of(rows[i]).name, name) in whole:
                each.setdefault(i, set()).add(name)
        return [row._replace(**dict.fromkeys(each.get(i, ()))) for i, row in enumerate(rows)]

    nulls = st.tuples(
        st.lists(st.sampled_from(cells), max_size=15), st.sets(st.sampled_from(columns), max_size=len(columns))
    )
    return nulls.map(blank).flatmap(disordered)


def contradicted(rows: Sequence[Row], most: int = 8) -> st.SearchStrategy[list[Row]]:
    """Return the rows and copies of some of them that say something else in a column or two."""

    def contradict(row: Row) -> st.SearchStrategy[Row]:
        table = table_of(row)
        names = st.lists(st.sampled_from(row._fields), min_size=1, max_size=3, unique=True)
        return names.flatmap(
            lambda chosen: st.fixed_dictionaries({name: _values(table, table.columns[name]) for name in chosen})
        ).map(lambda values: row._replace(**values))

    copies = st.lists(st.sampled_from(rows).flatmap(contradict), max_size=most)
    return copies.map(lambda made: [*rows, *made])
