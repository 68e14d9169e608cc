"""Routes rows: a player's rows to the player's shard, league-wide rows to shards and dates.

Before that every player gets one id: tables spell the same player differently, and shards are by id.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from exporters.declaration import Grain
from exporters.league.players.aliases import Aliases
from exporters.warehouse.tables import TABLES
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch

_TABLES = {table.name: table for table in TABLES}


def shard_of(player: str, shards: int) -> int:
    """Return a player's shard; the same in every process and on every machine."""
    return zlib.crc32(player.encode()) % shards


def with_player_ids(scanned: TableBatch, aliases: Aliases) -> TableBatch:
    """Return a batch in which every player has the canonical id; a batch without aliases is returned unchanged."""
    player = _TABLES[scanned.table].player
    if player is None or not aliases.ids:
        return scanned
    spelled = scanned.batch.column(player)
    found = pc.index_in(spelled, value_set=pa.array(list(aliases.ids), pa.string()))
    if found.null_count == len(found):
        return scanned
    ids = pc.coalesce(pc.take(pa.array(list(aliases.ids.values()), pa.string()), found), spelled)
    place = scanned.batch.schema.get_field_index(player)
    return TableBatch(scanned.table, scanned.batch.set_column(place, scanned.batch.schema.field(place), ids))


def split_by_shard(batch: pa.RecordBatch, player: str, shards: int) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield a batch cut by the shard of its ``player`` column; rows without a player go to shard 0."""
    if batch.num_rows == 0:
        return
    encoded = batch.column(player).dictionary_encode()
    by_value = np.array([shard_of(value, shards) for value in encoded.dictionary.to_pylist()] or [0], dtype=np.int32)
    positions = pc.fill_null(encoded.indices, 0).to_numpy(zero_copy_only=False)
    owners = np.where(encoded.indices.is_valid().to_numpy(zero_copy_only=False), by_value[positions], 0)
    order = np.argsort(owners, kind="stable")
    ordered = batch.take(pa.array(order))
    present, starts = np.unique(owners[order], return_index=True)
    ends = [*starts[1:].tolist(), len(order)]
    for shard, start, end in zip(present.tolist(), starts.tolist(), ends, strict=True):
        yield shard, ordered.slice(start, end - start)


def split_by_date(scanned: TableBatch, plan: Plan, grain: Grain) -> Iterator[tuple[str, TableBatch]]:
    """Yield, for each date that a stage builds, the rows of a league-wide batch in that date's window."""
    wanted = plan.row_dates(scanned.table, grain)
    partition = _TABLES[scanned.table].partition
    if partition is None:
        for day in wanted:
            yield day.isoformat(), scanned
        return
    if not wanted:
        return
    days = scanned.batch.column(partition).cast(pa.date32())
    span = pc.min_max(days).as_py()
    for day, (first, last) in wanted.items():
        if span["min"] is None or span["max"] < first or span["min"] > last:
            continue
        inside = pc.and_(
            pc.greater_equal(days, pa.scalar(first, pa.date32())), pc.less_equal(days, pa.scalar(last, pa.date32()))
        )
        rows = scanned.batch.filter(inside)
        if rows.num_rows:
            yield day.isoformat(), TableBatch(scanned.table, rows)
