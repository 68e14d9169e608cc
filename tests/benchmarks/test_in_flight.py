from __future__ import annotations

import pytest

from benchmarks.stores import in_flight
from benchmarks.stores.in_flight import DistantStore, InFlight
from tests.support.stores import MemoryStore
from transforms.clients.concurrency import run_concurrently


def write(store: DistantStore, path: str) -> None:
    store.write(path, b"{}", cache_control="no-store")


def test_uploads_are_counted_while_they_are_in_flight(monkeypatch: pytest.MonkeyPatch) -> None:
    # Two one after the other, each of a second with a second between them.
    monkeypatch.setattr(in_flight.time, "perf_counter", iter([5.0, 6.0, 7.0, 8.0]).__next__)
    store = DistantStore(MemoryStore(), frozenset("ab"), 1, 0)
    for path in "axb":
        write(store, path)
    assert store.found() == InFlight(uploads=2, seconds=3, largest=1, mean=2 / 3, full=2 / 3)


def test_uploads_side_by_side_are_in_flight_together() -> None:
    store = DistantStore(MemoryStore(), frozenset("abcd"), 4, 0.05)
    run_concurrently(lambda path: write(store, path), "abcd", 4)
    found = store.found()
    assert (found.uploads, found.largest) == (4, 4)
    assert "4 uploads in " in str(found)
