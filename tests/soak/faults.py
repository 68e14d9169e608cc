"""A store and a warehouse that fail as they are told, one fault at a time, at the call that follows."""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from tests.soak.simulation import Process
from tests.support.warehouses import Fake
from transforms.elements.tables import ScanStream, TableScan
from transforms.stores.protocol import Store, StoredObject, StoreError
from transforms.warehouses.protocol import Warehouse, WarehouseError, WrappedWarehouse

WRITE_FAULTS = {
    "refused write": "the store answers 503 or 429 until retries are used up; nothing was written",
    "unsure write": "the connection breaks after the write took effect",
    "race": "another writer replaces the object by the same content first, so that the precondition fails",
    "disk full": "the disk ends in the middle of the object",
    "killed before a write": "the worker dies before the write took effect",
    "killed after a write": "the worker dies after the write took effect",
}
READ_FAULTS = {
    "refused read": "the store answers 503 until retries are used up",
    "broken list": "a listing breaks in its middle",
}
CALL_FAULTS = {
    "slow call": "a call takes 20 seconds",
    "frozen": "the process stands still for two minutes, and shows no signs of life",
}
SCAN_FAULTS = {
    "broken stream": "a read stream breaks after its first rows",
    "early end": "a read stream ends early and does not tell",
    "stalled stream": "a read stream stands still for 100 seconds",
    "repeated rows": "a read stream yields its rows twice",
    "corrupt rows": "a row of a read stream has lost all of its values",
    "refused table": "a table cannot be opened",
}
FAULTS: Mapping[str, str] = {**WRITE_FAULTS, **READ_FAULTS, **CALL_FAULTS, **SCAN_FAULTS}
BUNDLE_FAULTS = {
    "lost bundle": "the worker of a bundle dies when the bundle is done and before that is known",
    "repeated bundle": "a bundle that was believed to be lost is carried out once more, after it is done",
}
"""What happens to the bundles of a graph, and to no run in one process."""
SLOW, STILL, STALLED = 20.0, 120.0, 100.0


@dataclass
class FaultyStore(Fake):
    """The store as one run sees it: stops before each call, and fails as it was armed.

    Attributes:
        inner: Where objects really are.
        process: The run.
        met: Counts the faults that happened.
    """

    inner: Store
    process: Process
    met: Counter[str]

    concurrency = 1

    def __post_init__(self) -> None:
        """Stay the same object in a graph."""
        super().__init__()

    def check(self) -> None:
        """Let the store be checked."""
        self._before("", READ_FAULTS)
        self.inner.check()

    def write(self, path: str, content: bytes, **more: Any) -> int:
        """Write an object, or fail."""
        fault = self._before(path, WRITE_FAULTS)
        if fault == "refused write":
            raise StoreError(f"cannot write {path}: 503")
        if fault == "killed before a write":
            self.process.die()
        if fault == "race":
            self._touch(path)
        if fault == "disk full":
            with _small_disk(len(content) // 2):
                return self.inner.write(path, content, **more)
        generation = self.inner.write(path, content, **more)
        if fault == "unsure write":
            raise StoreError(f"cannot tell whether {path} was written: connection reset")
        if fault == "killed after a write":
            self.process.die()
        return generation

    def stat(self, path: str) -> StoredObject | None:
        """Return what is known about an object, or fail."""
        self._refuse(path)
        return self.inner.stat(path)

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object, or fail."""
        self._refuse(path)
        return self.inner.read(path)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield objects, and fail after some of them."""
        fault = self._before(prefix, READ_FAULTS)
        found = list(self.inner.list(prefix, recursive=recursive))
        yield from found[: len(found) // 2]
        if fault:
            raise StoreError(f"cannot list {prefix}: connection reset")
        yield from found[len(found) // 2 :]

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object, or fail."""
        fault = self._before(path, {"refused write", "unsure write", "killed before a write", "killed after a write"})
        if fault == "refused write":
            raise StoreError(f"cannot delete {path}: 503")
        if fault == "killed before a write":
            self.process.die()
        self.inner.delete(path, if_generation=if_generation)
        if fault == "unsure write":
            raise StoreError(f"cannot tell whether {path} was deleted: connection reset")
        if fault == "killed after a write":
            self.process.die()

    def url(self, path: str) -> str:
        """Return where the object is."""
        return self.inner.url(path)

    def _before(self, path: str, fitting: Any) -> str:
        """Wait for a turn and return the fault of this call, if it has one."""
        self.process.point()
        return next_fault(self.process, path, fitting, self.met)

    def _refuse(self, path: str) -> None:
        if self._before(path, {"refused read"}):
            raise StoreError(f"cannot read {path}: 503")

    def _touch(self, path: str) -> None:
        found = self.inner.read(path)
        if found is not None:
            content, shown = found
            self.inner.write(
                path,
                content,
                cache_control=shown.cache_control,
                content_type=shown.content_type,
                metadata=shown.metadata,
                if_generation=shown.generation,
            )


def next_fault(process: Process, path: str, fitting: Any, met: Counter[str]) -> str:
    """Take the faults that a process is armed with and that fit its call; time passes in those that take time."""
    for kind, where in list(process.armed):
        if not path.startswith(where):
            continue
        if kind in CALL_FAULTS:
            process.armed.remove((kind, where))
            met[kind] += 1
            process.frozen = kind == "frozen"
            # Whatever others do meanwhile, they do before this call.
            process.sleep(SLOW if kind == "slow call" else STILL)
            process.frozen = False
        elif kind in fitting:
            process.armed.remove((kind, where))
            met[kind] += 1
            return kind
    return ""


@contextmanager
def _small_disk(most: int) -> Iterator[None]:
    """Let the kernel refuse what would make a file longer: part of it is written, as when a disk is full."""
    before, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (max(most, 1), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, hard))


@dataclass
class FaultyWarehouse(Fake, WrappedWarehouse):
    """The warehouse as one run sees it.

    Attributes:
        warehouse: Where the rows really are.
        process: The run.
        met: Counts the faults that happened.
        spoilt: Faults that changed what the run has read.
    """

    warehouse: Warehouse
    process: Process
    met: Counter[str]
    spoilt: set[str] = field(default_factory=set)

    concurrency = 1

    def __post_init__(self) -> None:
        """Stay the same object in a graph."""
        super().__init__()

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams of a scan, or fail."""
        self.process.point()
        streams = self.warehouse.split(scan)
        if streams and next_fault(self.process, scan.table, {"refused table"}, self.met):
            self.spoilt.add("refused table")
            raise WarehouseError(f"{scan.table} cannot be read: 503")
        return streams

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream, or fail on the way."""
        self.process.point()
        batches = [batch for batch in self.warehouse.read(stream) if batch.num_rows]
        fault = (
            next_fault(self.process, stream.scan.table, SCAN_FAULTS.keys() - {"refused table"}, self.met)
            if batches
            else ""
        )
        if fault not in ("", "stalled stream", "repeated rows"):
            self.spoilt.add(fault)
        if fault == "stalled stream":
            self.process.sleep(STALLED)
        for number, batch in enumerate(batches):
            yield _without_values(batch, batch.num_rows // 2) if fault == "corrupt rows" and number == 0 else batch
            if fault == "repeated rows":
                yield batch
            if fault == "broken stream":
                raise WarehouseError(f"{stream.scan.table} cannot be read: the stream broke")
            if fault == "early end":
                return


def _without_values(batch: pa.RecordBatch, at: int) -> pa.RecordBatch:
    columns = [
        pa.concat_arrays([column.slice(0, at), pa.nulls(1, column.type), column.slice(at + 1)])
        if not pa.types.is_list(column.type)
        else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)
