from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from transforms.clients.concurrency import Reads, read_concurrently, run_concurrently


def test_results_keep_their_order() -> None:
    barrier = threading.Barrier(3)

    def act(number: int) -> int:
        # Passes only when three are in flight.
        barrier.wait(10)
        return number * number

    assert run_concurrently(act, range(9), 3) == [number * number for number in range(9)]


def test_one_thread_is_this_one() -> None:
    assert run_concurrently(lambda _: threading.get_ident(), range(3), 1) == [threading.get_ident()] * 3


def test_what_a_call_raises_is_raised() -> None:
    for threads in (1, 3):
        with pytest.raises(ZeroDivisionError):
            run_concurrently(lambda number: 1 // number, [1, 0, 2], threads)


class TestReads:
    def test_every_result_comes_once_and_in_the_order_of_its_item(self) -> None:
        reads = Reads(lambda item: iter([(item, n) for n in range(50)]), threads=3)
        found: list[tuple[str, int]] = []
        for item in "abcdefgh":
            reads.start(item)
            found += reads.until(3)
        found += reads.until(0)
        reads.stop()
        assert sorted(found) == [(item, n) for item in "abcdefgh" for n in range(50)]
        for item in "abcdefgh":
            assert [n for other, n in found if other == item] == list(range(50))

    def test_items_are_read_at_the_same_time(self) -> None:
        barrier = threading.Barrier(3)

        def read(item: int) -> Iterator[int]:
            barrier.wait(10)
            yield item

        reads = Reads(read, threads=3)
        for item in range(3):
            reads.start(item)
        assert sorted(reads.until(0)) == [0, 1, 2]
        reads.stop()

    def test_nobody_reads_far_ahead(self) -> None:
        made: list[int] = []

        def read(item: int) -> Iterator[int]:
            for n in range(10_000):
                made.append(n)
                yield n

        reads = Reads(read, threads=2)
        reads.start(0)
        reads.start(1)
        results = reads.until(0)
        for _ in range(100):
            next(results)
        assert len(made) < 120
        reads.stop()

    def test_what_reading_raises_is_raised(self) -> None:
        def read(item: int) -> Iterator[int]:
            yield item
            raise ValueError(f"item {item}")

        reads = Reads(read, threads=2)
        reads.start(7)
        results = reads.until(0)
        assert next(results) == 7
        with pytest.raises(ValueError, match="item 7"):
            next(results)
        reads.stop()

    def test_stopping_ends_readers_that_nobody_waits_for(self) -> None:
        ended = threading.Semaphore(0)

        def read(item: int) -> Iterator[int]:
            try:
                yield from range(10_000)
            finally:
                ended.release()

        reads = Reads(read, threads=2)
        for item in range(4):
            reads.start(item)
        next(reads.until(0))
        reads.stop()
        assert ended.acquire(timeout=10)
        assert ended.acquire(timeout=10)


class TestReadConcurrently:
    @pytest.mark.parametrize("threads", [1, 3])
    def test_every_result_comes(self, threads: int) -> None:
        found = list(read_concurrently(lambda number: iter([number, -number]), range(1, 9), threads))
        assert sorted(found) == sorted([*range(-8, 0), *range(1, 9)])

    @pytest.mark.parametrize("threads", [1, 3])
    def test_what_reading_raises_is_raised(self, threads: int) -> None:
        with pytest.raises(ZeroDivisionError):
            list(read_concurrently(lambda number: iter([1 // number]), [1, 0, 2], threads))

    def test_one_thread_reads_no_further_than_wanted(self) -> None:
        begun: list[int] = []

        def read(number: int) -> Iterator[int]:
            begun.append(number)
            yield number

        assert next(read_concurrently(read, range(9), 1)) == 0
        assert begun == [0]
