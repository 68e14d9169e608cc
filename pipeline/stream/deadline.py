"""A warehouse and a store that give up after a while, so that one stuck request cannot block all others.

When the time is over, no new call begins. A call to the warehouse that is under way is not waited for: its thread ends
by the time limits of the client. A write that has begun is finished or fails whole, so no object is torn.

The time limit of a request is cut into shares. Checks may take a quarter, and they and the reads three quarters. The
rest is left for publishing, so a table that is slow or silent costs the types that read it, and never the night.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, TypeVar

import pyarrow as pa

from transforms.elements.tables import ScanStream, TablePart, TableScan
from transforms.stores.protocol import Store, StoredObject, StoreError
from transforms.stores.wrapped import WrappedStore
from transforms.warehouses.protocol import AppendingWarehouse, Warehouse, WarehouseError

CHECKS_SHARE, READS_SHARE = 0.25, 0.75
"""Shares of the time limit after which checks, and reads, are given up."""
_AHEAD = 2
"""Results of a call that are kept for whoever takes them."""
_ENDED = object()

ResultT = TypeVar("ResultT")


@dataclass(frozen=True)
class Deadline:
    """An instant after which no call begins.

    Attributes:
        seconds: The whole time limit.
        at: On the clock.
        clock: Seconds, from any origin.
        share: The share of the time limit that ends here.
    """

    seconds: float
    at: float
    clock: Callable[[], float] = time.monotonic
    share: float = 1.0

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """Return the deadline that is so many seconds away."""
        return cls(seconds, clock() + seconds, clock)

    def part(self, share: float) -> Deadline:
        """Return the deadline of a share of the time limit, counted from its beginning."""
        return replace(self, at=self.at - (self.share - share) * self.seconds, share=share)

    @property
    def left(self) -> float:
        """Seconds until the deadline; 0 when it is over."""
        return max(0.0, self.at - self.clock())

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return self.clock() >= self.at

    @property
    def message(self) -> str:
        """The error of a call that does not begin, or is not waited for."""
        if self.share < 1:
            kept = f"the rest of the request's {self.seconds:g} s is kept for publishing"
            return (
                f"reading was given up after {self.seconds * self.share:g} s, and {kept}; "
                "send it again, or raise --request_timeout"
            )
        return f"the request was given up after {self.seconds:g} s; send it again, or raise --request_timeout"


@dataclass(frozen=True)
class DeadlineWarehouse:
    """A warehouse that raises :class:`WarehouseError` once the time is over, also while a call is under way."""

    warehouse: Warehouse
    deadline: Deadline

    @property
    def concurrency(self) -> int:
        """Useful number of calls in flight."""
        return self.warehouse.concurrency

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        return self._call(scan.table, lambda: self.warehouse.check(scan))

    def split(self, scan: TableScan) -> list[ScanStream]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        return self._call(scan.table, lambda: self.warehouse.split(scan))

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        return self._yielded(stream.scan.table, lambda: iter(self.warehouse.read(stream)))

    def newest_as_of(self) -> datetime:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        return self._call("the warehouse", self.warehouse.newest_as_of)

    def history_problem(self, as_of: datetime) -> str:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        return self._call("the warehouse", lambda: self.warehouse.history_problem(as_of))

    def parts(self, scan: TableScan) -> list[TablePart]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        return self._call(scan.table, lambda: self.warehouse.parts(scan))

    def append(self, table: str, batch: pa.RecordBatch, *, day: date, name: str) -> None:
        """See ``AppendingWarehouse``; the options ensure that this warehouse is one.

        A call under way is waited for: otherwise nobody would know whether the rows were added.
        """
        self._require(table)
        assert isinstance(self.warehouse, AppendingWarehouse)
        self.warehouse.append(table, batch, day=day, name=name)

    def _call(self, table: str, call: Callable[[], ResultT]) -> ResultT:
        return next(self._yielded(table, lambda: iter([call()])))

    def _yielded(self, table: str, begin: Callable[[], Iterator[ResultT]]) -> Iterator[ResultT]:
        """Yield what an iterator yields in a thread of its own, which is left behind when the time is over."""
        self._require(table)
        found: queue.Queue[tuple[Any, BaseException | None]] = queue.Queue(_AHEAD)
        stopped = threading.Event()
        threading.Thread(target=_hand_over, args=(begin, found, stopped), daemon=True).start()
        try:
            while True:
                try:
                    result, error = found.get(timeout=self.deadline.left)
                except queue.Empty:
                    self._require(table)
                    continue
                self._require(table)
                if error is not None:
                    raise error
                if result is _ENDED:
                    return
                yield result
        finally:
            stopped.set()

    def _require(self, table: str) -> None:
        if self.deadline.is_over:
            raise WarehouseError(f"{table}: {self.deadline.message}")


def _hand_over(
    begin: Callable[[], Iterator[Any]],
    found: queue.Queue[tuple[Any, BaseException | None]],
    stopped: threading.Event,
) -> None:
    """Put the results of an iterator into a queue, then its end or its error, until nobody wants them any more."""

    def put(result: Any, error: BaseException | None = None) -> bool:
        while not stopped.is_set():
            try:
                found.put((result, error), timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    results: Iterator[Any] = iter(())
    try:
        results = begin()
        for result in results:
            if not put(result):
                break
        else:
            put(_ENDED)
    except BaseException as error:
        put(None, error)
    finally:
        if close := getattr(results, "close", None):
            close()


@dataclass(frozen=True)
class DeadlineStore(WrappedStore):
    """A store that raises :class:`StoreError` once the time is over."""

    store: Store
    deadline: Deadline

    @property
    def concurrency(self) -> int:
        """Useful number of writes in flight."""
        return self.store.concurrency

    def check(self) -> None:
        """See :class:`transforms.stores.protocol.Store`."""
        self._require("the output")
        self.store.check()

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """See :class:`transforms.stores.protocol.Store`."""
        for shown in self.store.list(prefix, recursive=recursive):
            self._require(prefix)
            yield shown

    def now(self) -> datetime | None:
        """See :class:`transforms.stores.protocol.Store`."""
        self._require("the output")
        return self.store.now()

    def url(self, path: str) -> str:
        """See :class:`transforms.stores.protocol.Store`."""
        return self.store.url(path)

    def _holder(self, path: str) -> Store:
        self._require(path)
        return self.store

    def _require(self, path: str) -> None:
        if self.deadline.is_over:
            raise StoreError(f"{path}: {self.deadline.message}")
