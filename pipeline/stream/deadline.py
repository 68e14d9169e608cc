"""A warehouse and a store that give up after a while, so that one stuck request cannot block all others.

When the time is over, calls under way end by the time limits of the clients, and no new call begins. A write that has
begun is finished or fails whole, so no object is torn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from transforms.elements.tables import ScanStream, TablePart, TableScan
from transforms.stores.protocol import Store, StoredObject, StoreError
from transforms.warehouses.protocol import AppendingWarehouse, Warehouse, WarehouseError


@dataclass(frozen=True)
class Deadline:
    """An instant after which no call begins.

    Attributes:
        seconds: The whole time limit.
        at: On the clock.
        clock: Seconds, from any origin.
    """

    seconds: float
    at: float
    clock: Callable[[], float] = time.monotonic

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        """Return the deadline that is so many seconds away."""
        return cls(seconds, clock() + seconds, clock)

    @property
    def is_over(self) -> bool:
        """Whether the time is over."""
        return self.clock() >= self.at

    @property
    def message(self) -> str:
        """The error of a call that does not begin."""
        return f"the request was given up after {self.seconds:g} s; send it again, or raise --request_timeout"


@dataclass(frozen=True)
class DeadlineWarehouse:
    """A warehouse that raises :class:`WarehouseError` once the time is over."""

    warehouse: Warehouse
    deadline: Deadline

    @property
    def concurrency(self) -> int:
        """Useful number of calls in flight."""
        return self.warehouse.concurrency

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        self._require(scan.table)
        return self.warehouse.check(scan)

    def split(self, scan: TableScan) -> list[ScanStream]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        self._require(scan.table)
        return self.warehouse.split(scan)

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        for batch in self.warehouse.read(stream):
            self._require(stream.scan.table)
            yield batch

    def newest_as_of(self) -> datetime:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        self._require("the warehouse")
        return self.warehouse.newest_as_of()

    def history_problem(self, as_of: datetime) -> str:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        return self.warehouse.history_problem(as_of)

    def parts(self, scan: TableScan) -> list[TablePart]:
        """See :class:`transforms.warehouses.protocol.Warehouse`."""
        self._require(scan.table)
        return self.warehouse.parts(scan)

    def append(self, table: str, batch: pa.RecordBatch, *, day: date, name: str) -> None:
        """See ``AppendingWarehouse``; the options ensure that this warehouse is one."""
        self._require(table)
        assert isinstance(self.warehouse, AppendingWarehouse)
        self.warehouse.append(table, batch, day=day, name=name)

    def _require(self, table: str) -> None:
        if self.deadline.is_over:
            raise WarehouseError(f"{table}: {self.deadline.message}")


@dataclass(frozen=True)
class DeadlineStore:
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

    def write(
        self,
        path: str,
        content: bytes,
        *,
        cache_control: str,
        content_type: str = "application/json",
        metadata: Mapping[str, str] | None = None,
        if_generation: int | None = None,
    ) -> int:
        """See :class:`transforms.stores.protocol.Store`."""
        self._require(path)
        return self.store.write(
            path,
            content,
            cache_control=cache_control,
            content_type=content_type,
            metadata=metadata,
            if_generation=if_generation,
        )

    def stat(self, path: str) -> StoredObject | None:
        """See :class:`transforms.stores.protocol.Store`."""
        self._require(path)
        return self.store.stat(path)

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """See :class:`transforms.stores.protocol.Store`."""
        self._require(path)
        return self.store.read(path)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """See :class:`transforms.stores.protocol.Store`."""
        for shown in self.store.list(prefix, recursive=recursive):
            self._require(prefix)
            yield shown

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """See :class:`transforms.stores.protocol.Store`."""
        self._require(path)
        self.store.delete(path, if_generation=if_generation)

    def now(self) -> datetime | None:
        """See :class:`transforms.stores.protocol.Store`."""
        self._require("the output")
        return self.store.now()

    def url(self, path: str) -> str:
        """See :class:`transforms.stores.protocol.Store`."""
        return self.store.url(path)

    def _require(self, path: str) -> None:
        if self.deadline.is_over:
            raise StoreError(f"{path}: {self.deadline.message}")
