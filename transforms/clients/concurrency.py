"""Slow calls, several at a time: what waits for a service need not wait in a row."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_AHEAD = 2
"""Results that are kept per thread for whoever takes them; more would only fill memory."""


def run_concurrently(act: Callable[[ItemT], ResultT], items: Iterable[ItemT], threads: int) -> list[ResultT]:
    """Return the results of a call for each item, in the order of the items.

    Args:
        act: The call; what it raises is raised here.
        items: Its arguments.
        threads: Calls in flight; a single one is made in this thread.
    """
    if threads == 1:
        return [act(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(act, items))


class Reads(Generic[ItemT, ResultT]):
    """Items that are read side by side; the results of one item keep their order, and come between those of others.

    Args:
        read: Yields the results of an item.
        threads: Items in flight.
    """

    def __init__(self, read: Callable[[ItemT], Iterator[ResultT]], threads: int) -> None:
        self._read = read
        self._pool = ThreadPoolExecutor(threads)
        self._found: queue.Queue[tuple[bool, ResultT | BaseException | None]] = queue.Queue(_AHEAD * threads)
        self._stopped = threading.Event()
        self._active = 0

    def start(self, item: ItemT) -> None:
        """Read an item, or wait with it until a thread is free."""
        self._active += 1
        self._pool.submit(self._run, item)

    def until(self, active: int) -> Iterator[ResultT]:
        """Yield results until no more than so many items are left; what reading raised is raised here."""
        while self._active > active:
            ended, result = self._found.get()
            if not ended:
                yield result  # type: ignore[misc]
                continue
            self._active -= 1
            if isinstance(result, BaseException):
                raise result

    def stop(self) -> None:
        """Forget what is being read, which ends with its next result."""
        self._stopped.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, item: ItemT) -> None:
        try:
            for result in self._read(item):
                if not self._put((False, result)):
                    return
        except BaseException as error:
            self._put((True, error))
        else:
            self._put((True, None))

    def _put(self, found: tuple[bool, ResultT | BaseException | None]) -> bool:
        """Hand a result over; False when nobody wants it any more."""
        while not self._stopped.is_set():
            try:
                self._found.put(found, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False


def read_concurrently(
    read: Callable[[ItemT], Iterator[ResultT]], items: Iterable[ItemT], threads: int
) -> Iterator[ResultT]:
    """Yield the results of some items, several of which are read side by side.

    Args:
        read: Yields the results of an item; what it raises is raised here.
        items: The items.
        threads: Items in flight; a single one is read in this thread, and then results come in the order of the items.
    """
    if threads == 1:
        for item in items:
            yield from read(item)
        return
    reads = Reads(read, threads)
    try:
        for item in items:
            reads.start(item)
            yield from reads.until(threads)
        yield from reads.until(0)
    finally:
        reads.stop()
