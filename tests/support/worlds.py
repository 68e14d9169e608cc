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
from functools import lru_cache
from random import Random
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from exporters.declaration import Export
from exporters.warehouse.schema import Column, Table
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
    max_examples=40,
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
    "line_source": ("ACTUAL_PROP", "ODDS_API", "ESTIMATED_AVG"),
    "injury_status": ("out", "Questionable", "available", ""),
}
INTEGERS = (-200, -1, 0, 1, 2, 3, 4, 10, 20, 22, 75, 95, 100, 100_000)
FLOATS = (22.5, 20.0, 0.0, -1.5, 0.25, 1e9)
INSTANTS = tuple(map(instant, ("2025-01-14T12:00:00Z", "2025-01-15T12:00:00Z", "2025-01-16T00:30:00Z")))
SEEDS = st.integers(0, 2**32)
"""Whatever needs many small decisions takes them from one seed, which is faster by far."""
_ANCHORS = (schedule_row(), context_row(player_lookup="ann", processed_at=None), prediction_row(player_lookup="ann"))
_TENS = (0, 1, 5, 200, 225, 224, -10)


def _values(table: Table[Any], column: Column) -> tuple[Any, ...]:
    """Return what a column may hold in these worlds."""
    values: tuple[Any, ...]
    if column.type == "STRING":
        values = TEXTS.get(column.name, ("", "b", "a"))
    elif column.type == "DATE":
        values = DATES
    elif column.type == "BOOL":
        values = (False, True)
    elif column.type == "INT64":
        values = INTEGERS
    elif column.type == "FLOAT64":
        values = FLOATS
    elif column.type == "TIMESTAMP":
        values = INSTANTS
    else:
        assert column.numeric is not None, f"{table}.{column}"
        unit = Decimal(1).scaleb(-column.numeric.scale)
        most = 10**column.numeric.precision - 1
        values = tuple(unit * min(n * 10 ** (column.numeric.scale - 1), most) for n in _TENS)
    if column.mode == "REPEATED":
        return ((), values[:1], values[:3])
    # The version with the most forecasts publishes (contract P9), so a second copy of a row may rightly decide which.
    return (None, *values) if column.mode == "NULLABLE" and column.name != "model_version" else values


def any_row(table: Table[Any], columns: Sequence[str]) -> st.SearchStrategy[Row]:
    """Return rows of some columns of a table."""
    names = [name for name in table.columns if name in set(columns)]
    make = type(cut(table.row(*[None] * len(table.columns)), names))
    return st.tuples(*(st.sampled_from(_values(table, table.columns[name])) for name in names)).map(make._make)


@lru_cache(maxsize=64)
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
    return SEEDS.map(lambda seed: _disordered(rows, Random(seed)))


def blemished(rows: Sequence[Row], *, intact: Sequence[str] = ("model_version",)) -> st.SearchStrategy[list[Row]]:
    """Return the rows with any nullable columns null, in one row or in all, in any order and some of them twice.

    Columns that stay ``intact`` are never null: of the model versions of a date the one with the most forecasts
    publishes (contract P9), so a null there, or a second copy, may rightly decide what all players show.
    """
    cells = [
        (i, (table_of(row), column.name))
        for i, row in enumerate(rows)
        for column in table_of(row).columns.values()
        if column.mode == "NULLABLE" and column.name in row._fields and column.name not in intact
    ]
    columns = list(dict.fromkeys(column for _, column in cells))

    def blemish(seed: int) -> list[Row]:
        chance = Random(seed)
        everywhere = set(
            chance.sample(columns, k=chance.choice((0, 1, min(3, len(columns)), chance.randint(0, len(columns)))))
        )
        somewhere = set(chance.choices(range(len(cells)), k=chance.choice((0, 1, 15))))
        nulls: dict[int, dict[str, None]] = {}
        for n, (i, column) in enumerate(cells):
            if column in everywhere or n in somewhere:
                nulls.setdefault(i, {})[column[1]] = None
        return _disordered([row._replace(**nulls.get(i, {})) for i, row in enumerate(rows)], chance)

    return SEEDS.map(blemish)


def contradicted(rows: Sequence[Row], most: int = 8) -> st.SearchStrategy[list[Row]]:
    """Return the rows and copies of some of them that say something else in a column or two."""

    def contradict(seed: int) -> list[Row]:
        chance = Random(seed)
        copies = []
        for row in chance.choices(rows, k=chance.randint(1, most)):
            table = table_of(row)
            names = chance.sample(row._fields, k=chance.randint(1, 3))
            copies.append(row._replace(**{name: chance.choice(_values(table, table.columns[name])) for name in names}))
        return [*rows, *copies]

    return SEEDS.map(contradict)


def _disordered(rows: Sequence[Row], chance: Random) -> list[Row]:
    found = [*rows, *(chance.choices(rows, k=chance.randrange(6)) if rows else ())]
    chance.shuffle(found)
    return found
