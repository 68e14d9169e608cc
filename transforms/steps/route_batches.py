"""Routing rows to the shards and dates that read them, in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam import pvalue

from exporters.declaration import Grain
from exporters.league.players.aliases import Aliases
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch, table_named
from transforms.reading.route import split_by_date, split_by_shard, with_player_ids

TO_SHARDS = "to_shards"
TO_SLATES = "to_slates"
TO_SEASONS = "to_seasons"


ShardKey = tuple[str, int]
"""A shard of players: the league and the number of the shard."""


class Routed(NamedTuple):
    """Batches keyed by player shard, and league-wide batches keyed by the date whose slate or season needs them."""

    to_shards: beam.PCollection[tuple[ShardKey, TableBatch]]
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
                to_shards=tuple[ShardKey, TableBatch],
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
        league = self.plan.league.name
        player = table_named(scanned.table).player
        if player is not None:
            batch = with_player_ids(scanned, aliases).batch
            for shard, part in split_by_shard(batch, player, self.plan.shards):
                yield pvalue.TaggedOutput(TO_SHARDS, ((league, shard), TableBatch(scanned.table, part)))
            return
        if scanned.table in self.plan.shared_tables:
            for shard in range(self.plan.shards):
                yield pvalue.TaggedOutput(TO_SHARDS, ((league, shard), scanned))
        for grain, output in ((Grain.SLATE, TO_SLATES), (Grain.SEASON, TO_SEASONS)):
            for keyed in split_by_date(scanned, self.plan, grain):
                yield pvalue.TaggedOutput(output, keyed)
