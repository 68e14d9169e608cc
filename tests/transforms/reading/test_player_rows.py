from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.warehouse.tables import CONTEXT, GAMES
from transforms.elements.tables import TableBatch, with_misfits
from transforms.reading import player_rows
from transforms.reading.player_rows import PlayerRows
from transforms.reading.route import shard_of

SHARDS = 8
names = st.lists(st.none() | st.sampled_from([f"p{number}" for number in range(12)]), max_size=8)
batches = st.lists(st.tuples(st.sampled_from([GAMES.name, CONTEXT.name]), names, st.booleans()), max_size=6)
Rows = Counter[tuple[str, str | None, bool]]


def batch(table: str, players: list[str | None], *, has_misfits: bool = False) -> TableBatch:
    rows = pa.record_batch({"player_lookup": pa.array(players, pa.string())})
    return TableBatch(table, with_misfits(rows, {0: "points is 7.5"}) if has_misfits and players else rows)


def rows_of(found: list[TableBatch]) -> Rows:
    return Counter(
        (scanned.table, row["player_lookup"], bool(row.get("_misfit")))
        for scanned in found
        for row in scanned.batch.to_pylist()
    )


@pytest.mark.parametrize("held_bytes", [0, 100, 2**20])
def test_few_and_many_rows_in_memory_and_in_the_file(held_bytes: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(player_rows, "HELD_BYTES", held_bytes)

        @given(batches, st.integers(1, 40))
        def check(added: list[tuple[str, list[str | None], bool]], most: int) -> None:
            rows, every = PlayerRows(SHARDS, most), [batch(*one[:2], has_misfits=one[2]) for one in added]
            for scanned in every:
                rows.add(scanned)
            sweeps = [rows_of(found) for found in rows.sweeps()]
            assert sum(sweeps, Counter()) == rows_of(every)
            seen: set[int] = set()
            for sweep in sweeps:
                shards = {shard_of(player, SHARDS) if player is not None else 0 for _, player, _ in sweep}
                assert not shards & seen or sum(sweep.values()) == 0
                assert sweep.total() <= most or len(shards) == 1
                seen |= shards

        check()


def test_without_rows_there_is_one_sweep() -> None:
    assert list(PlayerRows(SHARDS, 1).sweeps()) == [[]]
