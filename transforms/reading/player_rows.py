"""The rows of players that a run in one process sweeps: all at once where they are few, else some shards at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from transforms.elements.tables import TableBatch, table_named
from transforms.reading.route import split_by_shard
from transforms.reading.spill_buffer import Encoded, SpillBuffer

HELD_BYTES = 16 * 2**20
"""Most bytes of Arrow columns that wait in memory for their sweep."""


class PlayerRows:
    """Rows of players, which come table by table and leave player by player.

    Args:
        shards: How many shards there are.
        most: The rows that are swept at once, if no shard has more.
    """

    def __init__(self, shards: int, most: int) -> None:
        self._shards, self._most = shards, most
        self._whole: list[TableBatch] = []
        self._rows = 0
        self._rows_of: defaultdict[int, int] = defaultdict(int)
        self._sharded: SpillBuffer[int, TableBatch] = SpillBuffer(HELD_BYTES, _encoded, _decoded)

    def add(self, scanned: TableBatch) -> None:
        """Take the rows of a batch, in which each player has one id."""
        self._rows += scanned.batch.num_rows
        self._whole.append(scanned)
        if self._rows > self._most:
            while self._whole:
                self._split(self._whole.pop(0))

    def sweeps(self) -> Iterator[list[TableBatch]]:
        """Yield all rows of some players at a time, each once; without any rows there is one sweep."""
        if not self._rows_of:
            yield self._whole
            return
        batches: list[TableBatch] = []
        rows = 0
        for shard in sorted(self._rows_of):
            if batches and rows + self._rows_of[shard] > self._most:
                yield batches
                batches, rows = [], 0
            batches += self._sharded.take(shard)
            rows += self._rows_of[shard]
        yield batches

    def _split(self, scanned: TableBatch) -> None:
        player = table_named(scanned.table).player
        assert player is not None, scanned.table
        for shard, rows in split_by_shard(scanned.batch, player, self._shards):
            self._rows_of[shard] += rows.num_rows
            self._sharded.add(shard, TableBatch(scanned.table, rows), rows.nbytes)


def _encoded(scanned: TableBatch) -> Encoded:
    return (scanned.table, scanned.batch.schema), scanned.batch.serialize()


def _decoded(head: Any, content: bytes) -> TableBatch:
    table, schema = head
    return TableBatch(table, pa.ipc.read_record_batch(pa.py_buffer(content), schema))
