"""A store that counts the requests that a bucket would get."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from threading import Lock
from typing import Any

from transforms.stores.protocol import Store, StoredObject
from transforms.stores.wrapped import WrappedStore

CREATES, READS, LISTS, DELETES = "creates", "reads", "lists", "deletes"
PAGE = 1000
"""Objects that one request lists."""


class CountingStore(WrappedStore):
    """Passes calls on to a store, and counts the requests that :class:`transforms.stores.gcs.GcsStore` makes for them.

    Reading an object takes two: one for its metadata, one for its content.

    Attributes:
        counts: Requests by kind.
        written: Bytes that were written.
        paths: How often each path was written.
    """

    def __init__(self, store: Store) -> None:
        """Count from nothing."""
        self.counts: Counter[str] = Counter()
        self.written = 0
        self.paths: Counter[str] = Counter()
        self._store = store
        self._lock = Lock()

    @property
    def concurrency(self) -> int:
        """That of the store."""
        return self._store.concurrency

    def check(self) -> None:
        """Check the store; it is not part of what a run costs."""
        self._store.check()

    def write(self, path: str, content: bytes, **described: Any) -> int:
        """Write an object, and count it."""
        with self._lock:
            self.counts[CREATES] += 1
            self.written += len(content)
            self.paths[path] += 1
        return super().write(path, content, **described)

    def stat(self, path: str) -> StoredObject | None:
        """Return what is known of an object, and count it."""
        self._count(READS)
        return super().stat(path)

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object, and count what asks for it."""
        found = super().read(path)
        self._count(READS, 1 if found is None else 2)
        return found

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield objects, and count the pages."""
        self._count(LISTS)
        for number, found in enumerate(self._store.list(prefix, recursive=recursive)):
            if number and number % PAGE == 0:
                self._count(LISTS)
            yield found

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object, and count it."""
        self._count(DELETES)
        super().delete(path, if_generation=if_generation)

    def now(self) -> datetime | None:
        """Return the store's time, which a bucket tells with a list."""
        self._count(LISTS)
        return self._store.now()

    def _holder(self, path: str) -> Store:  # noqa: ARG002 (one store holds every object)
        return self._store

    def _count(self, kind: str, requests: int = 1) -> None:
        with self._lock:
            self.counts[kind] += requests
