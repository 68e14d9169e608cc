"""What goes wrong with many rows at once, from a seed: drawing each cell of hundreds of rows is too slow.

``worlds.py`` does the same for few rows, and finds the smallest example.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from tests.support.rows import Row, table_of


def disordered(rows: Sequence[Row], seed: int) -> list[Row]:
    """Return the rows in any order, some of them twice."""
    rng = random.Random(seed)
    found = [*rows, *rng.choices(rows, k=len(rows) // 4)]
    rng.shuffle(found)
    return found


def nulled(rows: Sequence[Row], seed: int) -> list[Row]:
    """Return the rows with nullable columns null, in single rows and in whole tables, disordered."""
    rng = random.Random(seed)
    share = rng.choice((0.01, 0.1, 0.5))
    nullable = {
        (table.name, column.name)
        for table in {table_of(row) for row in rows}
        for column in table.columns.values()
        if column.mode == "NULLABLE"
    }
    whole = {cell for cell in sorted(nullable) if rng.random() < 0.05}
    found = []
    for row in rows:
        name = table_of(row).name
        blank = [
            column
            for column in row._fields
            if (name, column) in whole or ((name, column) in nullable and rng.random() < share)
        ]
        found.append(row._replace(**dict.fromkeys(blank)))
    return disordered(found, seed)
