"""How many documents of a run are in flight at once, on their way to a bucket that answers after 40 ms.

    python -m benchmarks.stores.in_flight
    python -m benchmarks.stores.in_flight --first=2026-03-25 --shards=64
    python -m benchmarks.stores.in_flight --first=2026-03-30 --last=2026-03-30 --types=tonight-players

The run is one in process. The bucket is in memory; each request waits in the thread that makes it, as one over a
network does. What counts is the time from the first upload of a document to the end of the last one. Documents of a
date are built from those of its players, so that little is in flight while they are.

Last measured, on two busy cores, with 32 requests in flight at the most:

=========================================  =======  =====  =======  ====  ================
run                                        uploads      s  largest  mean     all in flight
=========================================  =======  =====  =======  ====  ================
players of a night (``tonight-players``)       285   0.37       32  31.3  86 % of the time
a night, with the documents of its date        295   0.87       32  14.4  38 % of the time
a week with ``--shards=64``                  1,677   4.52       32  17.9  25 % of the time
the same, each batch after the one before    1,677  23.58       12   2.9   0 % of the time
=========================================  =======  =====  =======  ====  ================
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from benchmarks.plans import parser_of, plan_of
from benchmarks.processes import memory_folder
from benchmarks.stores.uploads import DELAY, THREADS
from pipeline.execution.in_process import build_documents, run_in_process
from pipeline.planning.planner import started
from transforms.elements.plan import FEWEST_SHARDS, Plan
from transforms.reading.scan import scan_all
from transforms.stores.folder import LocalStore
from transforms.stores.overlay import OverlayStore
from transforms.stores.protocol import Store, StoredObject
from transforms.stores.wrapped import WrappedStore
from transforms.warehouses.parquet import ParquetWarehouse


class InFlight(NamedTuple):
    """How many uploads were in flight.

    Attributes:
        uploads: Uploads altogether.
        seconds: From the begin of the first to the end of the last.
        largest: The most at once.
        mean: Over those seconds.
        full: The share of those seconds in which as many were in flight as the store is worth.
    """

    uploads: int
    seconds: float
    largest: int
    mean: float
    full: float

    def __str__(self) -> str:
        """Return one line."""
        return (
            f"{self.uploads:,} uploads in {self.seconds:.2f} s: at most {self.largest} in flight, "
            f"{self.mean:.1f} on average, as many as possible {self.full:.0%} of the time"
        )


class DistantStore(WrappedStore):
    """A store whose every request takes a while, and which counts the uploads of some paths that are in flight.

    Attributes:
        concurrency: Requests that are worth having in flight.
    """

    def __init__(self, store: Store, counted: frozenset[str], concurrency: int, delay: float) -> None:
        """Wait so many seconds with each request to a store."""
        self.concurrency = concurrency
        self._store, self._counted, self._delay = store, counted, delay
        self._moments: list[tuple[float, int]] = []
        self._lock = Lock()

    def found(self) -> InFlight:
        """Return how many uploads were in flight."""
        area = full = 0.0
        count = largest = 0
        began = before = self._moments[0][0]
        for at, change in self._moments:
            area += count * (at - before)
            full += (at - before) if count == self.concurrency else 0.0
            count, before = count + change, at
            largest = max(largest, count)
        seconds = before - began
        return InFlight(len(self._moments) // 2, seconds, largest, area / seconds, full / seconds)

    def check(self) -> None:
        """Check the store."""
        self._store.check()

    def write(self, path: str, content: bytes, **described: Any) -> int:
        """Write an object, and count it while it is in flight."""
        if path in self._counted:
            self._note(1)
        try:
            return super().write(path, content, **described)
        finally:
            if path in self._counted:
                self._note(-1)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield objects."""
        return self._holder(prefix).list(prefix, recursive=recursive)

    def now(self) -> datetime | None:
        """Return the store's time."""
        return self._holder("").now()

    def _holder(self, path: str) -> Store:  # noqa: ARG002 (one store holds every object)
        time.sleep(self._delay)
        return self._store

    def _note(self, change: int) -> None:
        with self._lock:
            self._moments.append((time.perf_counter(), change))


def measure(plan: Plan, warehouse: Path, concurrency: int = THREADS, delay: float = DELAY) -> InFlight:
    """Return how many documents of a run in process are in flight."""
    source = ParquetWarehouse(str(warehouse))
    paths = {
        made.path for built in build_documents(plan, *scan_all(plan, source)) for made in built.documents.documents
    }
    with memory_folder() as folder:
        store = DistantStore(OverlayStore(LocalStore(str(folder))), frozenset(paths), concurrency, delay)
        run_in_process(started(plan), source, store)
    return store.found()


def main() -> None:
    """Run the benchmark, and print the turn that took the least time."""
    parser = parser_of(__doc__, "tonight-all", 3)
    parser.add_argument("--shards", type=int, default=FEWEST_SHARDS, help="player shards (%(default)s)")
    arguments = parser.parse_args()
    plan = replace(plan_of(arguments.types, arguments.first, arguments.last), shards=arguments.shards)
    turns = [measure(plan, arguments.warehouse) for _ in range(arguments.rounds)]
    print(f"{len(plan.dates)} dates, {plan.shards} shards: {min(turns, key=lambda turn: turn.seconds)}")


if __name__ == "__main__":
    main()
