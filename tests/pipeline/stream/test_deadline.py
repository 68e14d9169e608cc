from __future__ import annotations

import threading
import time
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from exporters.warehouse.tables import GAMES
from pipeline.stream.deadline import Deadline, DeadlineStore, DeadlineWarehouse
from tests.support.rows import game_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.tables import TableScan
from transforms.stores.protocol import StoreError
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import AppendingWarehouse, WarehouseError

DAY = date(2026, 2, 3)
SCAN = TableScan(GAMES.name, ("game_date", "player_lookup", "points"), DAY, DAY)
GAVE_UP = "the request was given up after 5 s; send it again, or raise --request_timeout"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def deadline(clock: Clock) -> Deadline:
    return Deadline.after(5.0, clock)


class TestWarehouse:
    @pytest.fixture
    def warehouse(self, deadline: Deadline) -> DeadlineWarehouse:
        rows = [game_row(player_lookup=f"p{n}", game_date=DAY) for n in range(4)]
        return DeadlineWarehouse(MemoryWarehouse({GAMES: rows}), deadline)

    def test_in_time_it_is_the_warehouse(self, warehouse: DeadlineWarehouse) -> None:
        warehouse.check(SCAN)
        [stream] = warehouse.split(SCAN)
        assert sum(batch.num_rows for batch in warehouse.read(stream)) == 4
        assert len(warehouse.parts(SCAN)) == 1
        assert warehouse.concurrency == 1

    def test_late_nothing_is_begun(self, warehouse: DeadlineWarehouse, clock: Clock) -> None:
        [stream] = warehouse.split(SCAN)
        clock.now += 5.0
        calls: list[Any] = [
            lambda: warehouse.check(SCAN),
            lambda: warehouse.split(SCAN),
            lambda: list(warehouse.read(stream)),
            lambda: warehouse.parts(SCAN),
            lambda: warehouse.append(GAMES.name, pa.record_batch({}), day=DAY, name="x"),
        ]
        for call in calls:
            with pytest.raises(WarehouseError, match=f"{GAMES.name}: {GAVE_UP}"):
                call()

    def test_a_read_is_given_up_between_two_batches(self, warehouse: DeadlineWarehouse, clock: Clock) -> None:
        batches = warehouse.read(warehouse.split(SCAN)[0])
        assert next(batches).num_rows == 2
        clock.now += 6.0
        with pytest.raises(WarehouseError):
            next(batches)

    def test_a_call_under_way_is_not_waited_for(self) -> None:
        stuck = Stuck()
        [stream] = MemoryWarehouse({GAMES: [game_row(game_date=DAY)]}).split(SCAN)
        calls: list[Any] = [
            lambda warehouse: warehouse.split(SCAN),
            lambda warehouse: warehouse.parts(SCAN),
            lambda warehouse: warehouse.check(SCAN),
            lambda warehouse: warehouse.newest_as_of(),
            lambda warehouse: list(warehouse.read(stream)),
        ]
        try:
            for call in calls:
                started = time.monotonic()
                with pytest.raises(WarehouseError, match=r"was given up after 0\.2 s"):
                    call(DeadlineWarehouse(stuck, Deadline.after(0.2)))
                assert 0.2 <= time.monotonic() - started < 10
        finally:
            stuck.end.set()

    def test_a_consumer_that_leaves_ends_the_read(self, deadline: Deadline) -> None:
        ended = threading.Event()

        class Endless(MemoryWarehouse):
            def read(self, stream: Any) -> Any:
                try:
                    while True:
                        yield pa.record_batch({})
                finally:
                    ended.set()

        warehouse = DeadlineWarehouse(Endless({GAMES: [game_row(game_date=DAY)]}), deadline)
        batches = warehouse.read(warehouse.split(SCAN)[0])
        next(batches)
        batches.close()  # type: ignore[attr-defined]
        assert ended.wait(10)

    def test_errors_are_those_of_the_warehouse(self, deadline: Deadline) -> None:
        broken = MemoryWarehouse({GAMES: [game_row(game_date=DAY)]}, breaks={GAMES: "it is locked"})
        warehouse = DeadlineWarehouse(broken, deadline)
        with pytest.raises(WarehouseError, match="it is locked"):
            [list(warehouse.read(stream)) for stream in warehouse.split(SCAN)]

    def test_it_can_be_added_to_where_the_warehouse_can(self, deadline: Deadline, tmp_path: Any) -> None:
        warehouse = DeadlineWarehouse(ParquetWarehouse(str(tmp_path)), deadline)
        assert isinstance(warehouse, AppendingWarehouse)


class TestShares:
    def test_a_share_ends_before_the_whole(self, clock: Clock) -> None:
        whole = Deadline.after(100.0, clock)
        reads = whole.part(0.75)
        assert (whole.at, reads.at, reads.part(0.25).at) == (200.0, 175.0, 125.0)
        clock.now += 75.0
        assert (reads.is_over, whole.is_over, reads.left, whole.left) == (True, False, 0.0, 25.0)
        assert reads.message.startswith("reading was given up after 75 s, and the rest of the request's 100 s is kept")


class Stuck(MemoryWarehouse):
    """No call returns until the end."""

    def __init__(self) -> None:
        super().__init__({})
        self.end = threading.Event()

    def __getattribute__(self, name: str) -> Any:
        if name in ("check", "split", "read", "parts", "newest_as_of"):
            return lambda *_: self.end.wait(30)
        return super().__getattribute__(name)


class TestStore:
    def test_in_time_it_is_the_store(self, deadline: Deadline) -> None:
        store = DeadlineStore(MemoryStore(concurrency=3), deadline)
        store.check()
        generation = store.write("a/b.json", b"{}", cache_control="no-cache", metadata={"k": "v"})
        found = store.stat("a/b.json")
        assert found is not None
        assert (found.generation, found.metadata, found.cache_control) == (generation, {"k": "v"}, "no-cache")
        assert store.read("a/b.json") == (b"{}", found)
        assert list(store.list("a/")) == [found]
        assert store.concurrency == 3
        assert store.url("a/b.json") == MemoryStore().url("a/b.json")
        store.delete("a/b.json", if_generation=generation)
        assert store.stat("a/b.json") is None

    def test_late_nothing_is_begun(self, deadline: Deadline, clock: Clock) -> None:
        inner = MemoryStore()
        inner.write("a.json", b"{}", cache_control="no-cache")
        store = DeadlineStore(inner, deadline)
        clock.now += 5.0
        calls: list[Any] = [
            store.check,
            lambda: store.write("b.json", b"{}", cache_control="no-cache"),
            lambda: store.stat("a.json"),
            lambda: store.read("a.json"),
            lambda: list(store.list("")),
            lambda: store.delete("a.json"),
        ]
        for call in calls:
            with pytest.raises(StoreError, match=GAVE_UP):
                call()
        assert inner.written == ["a.json"]
