"""Routes rows: a player's rows to the player's shard, league-wide rows to shards and dates.

Before that every player gets one id: tables spell the same player differently, and shards are by id.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from apache_beam import pvalue

from exporters.declaration import Grain
from exporters.league.players.aliases import Aliases
from exporters.warehouse.tables import TABLES
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch

TO_SHARDS = "to_shards"
TO_SLATES = "to_slates"
TO_SEASONS = "to_seasons"

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


class Routed(NamedTuple):
    """Batches keyed by player shard, and league-wide batches keyed by the date whose slate or season needs them."""

    to_shards: beam.PCollection[tuple[int, TableBatch]]
    to_slates: beam.PCollection[tuple[str, TableBatch]]
    to_seasons: beam.PCollection[tuple[str, TableBatch]]


@dataclass
class RouteBatches(beam.PTransform):
    """Cut batches by the destinations of their rows; the outputs are ready to be grouped by key.

    Input: TableBatch. Output: :class:`Routed`, in which every player has one id.
    """

    plan: Plan
    aliases: beam.PCollection[Aliases]

    def expand(self, batches: beam.PCollection[TableBatch]) -> Routed:
        """Wire the routing."""
        routed = batches | "CutBatches" >> (
            beam.ParDo(CutBatches(self.plan), pvalue.AsSingleton(self.aliases))
            .with_output_types(
                Any,
                to_shards=tuple[int, TableBatch],
                to_slates=tuple[str, TableBatch],
                to_seasons=tuple[str, TableBatch],
            )
            .with_outputs(TO_SHARDS, TO_SLATES, TO_SEASONS)
        )
        return Routed(routed[TO_SHARDS], routed[TO_SLATES], routed[TO_SEASONS])


@dataclass
class CutBatches(beam.DoFn):
    """Yield each part of a batch on the output of its consumers."""

    plan: Plan

    def process(self, scanned: TableBatch, aliases: Aliases) -> Iterable[pvalue.TaggedOutput]:
        """Yield the parts of a batch."""
        if scanned.table not in self.plan.built_from:
            return
        player = _TABLES[scanned.table].player
        if player is not None:
            batch = with_player_ids(scanned, aliases).batch
            for shard, part in split_by_shard(batch, player, self.plan.shards):
                yield pvalue.TaggedOutput(TO_SHARDS, (shard, TableBatch(scanned.table, part)))
            return
        if scanned.table in self.plan.shared_tables:
            for shard in range(self.plan.shards):
                yield pvalue.TaggedOutput(TO_SHARDS, (shard, scanned))
        for grain, output in ((Grain.SLATE, TO_SLATES), (Grain.SEASON, TO_SEASONS)):
            for keyed in split_by_date(scanned, self.plan, grain):
                yield pvalue.TaggedOutput(output, keyed)
