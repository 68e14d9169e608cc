"""How many shards the players of a run are divided into: as many as its rows and dates need."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from exporters.warehouse.tables import TABLES
from transforms.elements.plan import FEWEST_SHARDS, Plan

MOST_SHARDS = 4096
"""Every shard gets a copy of the league-wide rows that player functions read: more would cost more than they save."""
SHARD_BYTES = 64 * 2**20
"""What a shard may take of the memory of a worker, of which a process sweeps up to twelve at a time on Dataflow."""
ROW_BYTES = 512
"""What a row of a player takes as a Python object: a season of four types has 360,443 rows, which take 160 MiB."""
OUTPUT_BYTES = 8
"""What each target date adds for each row of history: documents and cards that the engine holds until it sends them.

A season of four types and 174 dates has 190 MiB of them, 3.2 bytes for each row and date. All nine dated types have
twice the documents.
"""

_PLAYER_TABLES = frozenset(table.name for table in TABLES if table.player is not None)


def shards_for(rows: int | None, dates: int) -> int:
    """Return the number of shards for some rows of players and some target dates.

    One worker holds a whole shard: its rows, decoded, and what they become on every date until the engine has sent it.
    That is ``rows * (ROW_BYTES + dates * OUTPUT_BYTES)`` bytes for all shards, and there are as many shards as keep
    each below :data:`SHARD_BYTES`. There are at least :data:`FEWEST_SHARDS`, so that workers share a small run, and at
    most :data:`MOST_SHARDS`.

    Args:
        rows: Rows of players that are read; None when the warehouse does not say how many there are. Then there are
            :data:`FEWEST_SHARDS`, which suffice for a season of a league, and ``--shards`` gives more.
        dates: Target dates.
    """
    if rows is None:
        return FEWEST_SHARDS
    needed = ceil(rows * _row_bytes(dates) / SHARD_BYTES)
    return min(max(needed, FEWEST_SHARDS), MOST_SHARDS)


def rows_of_shard(dates: int) -> int:
    """Return how many rows of players a shard may have, for some target dates."""
    return SHARD_BYTES // _row_bytes(dates)


def _row_bytes(dates: int) -> int:
    """Return what a row of a player takes with what becomes of it on every date."""
    return ROW_BYTES + dates * OUTPUT_BYTES


def player_rows(plan: Plan, rows: Mapping[str, int | None]) -> int | None:
    """Return how many rows the shards of a plan get; None when that of one table is not known.

    Args:
        plan: The plan.
        rows: Rows by table; an unreadable table is not in it, and no rows of it are read.
    """
    total = 0
    for table in _PLAYER_TABLES & plan.built_from & rows.keys():
        found = rows[table]
        if found is None:
            return None
        total += found
    return total
