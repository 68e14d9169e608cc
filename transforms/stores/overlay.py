"""A store whose writes stay in memory: what a run would publish over what is published, without writing anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from threading import RLock

from transforms.stores.control import LEASES, SIGNS_OF_LIFE, is_control
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoredObject, StoreError, validate_path

_HIDDEN = (LEASES, SIGNS_OF_LIFE)
_FIRST = 1 << 62
"""The generation of the first write: larger than those of any store, which are microseconds."""


@dataclass
class OverlayStore:
    """Shows the objects of a store, with what was written here over them. The store itself is only read.

    Leases of the store are not shown: what is tried out here waits for no run, and no run waits for it. Unlike other
    stores it belongs to one process.

    Attributes:
        base: The store below.
    """

    base: Store
    _written: dict[str, tuple[bytes, StoredObject] | None] = field(default_factory=dict, init=False)
    _generation: int = field(default=_FIRST, init=False)
    _lock: RLock = field(default_factory=RLock, init=False, repr=False)

    @property
    def concurrency(self) -> int:
        """Useful number of requests in flight: that of the store below, which is read."""
        return self.base.concurrency

    @property
    def written(self) -> dict[str, tuple[bytes, StoredObject]]:
        """The objects that were written here, by path."""
        return {path: found for path, found in self._written.items() if found is not None}

    @property
    def changed(self) -> frozenset[str]:
        """The paths of the objects that were written or hidden here."""
        return frozenset(self._written)

    def check(self) -> None:
        """Objects can always be written here."""

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
        """Write an object over the store; see :class:`~transforms.stores.protocol.Store`."""
        validate_path(path)
        with self._lock:
            self._require(path, if_generation)
            self._generation += 1
            described = (len(content), content_type, cache_control, dict(metadata or {}))
            self._written[path] = content, StoredObject(path, self._generation, *described)
            return self._generation

    def stat(self, path: str) -> StoredObject | None:
        """Return the metadata of an object; None when there is none."""
        if path in self._written:
            found = self._written[path]
            return None if found is None else found[1]
        return None if path.startswith(_HIDDEN) else self.base.stat(path)

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object's content and metadata; None when there is none."""
        if path in self._written:
            return self._written[path]
        return None if path.startswith(_HIDDEN) else self.base.read(path)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield the objects whose path starts with ``prefix``, in path order."""
        with self._lock:
            # A store with two places lists those of control only below their prefixes.
            over = [
                self._written[path]
                for path in sorted(self._written)
                if path.startswith(prefix)
                and is_control(path) == is_control(prefix)
                and (recursive or "/" not in path[len(prefix) :])
            ]
            hidden = frozenset(self._written)
        below = (
            shown
            for shown in self.base.list(prefix, recursive=recursive)
            if shown.path not in hidden and not shown.path.startswith(_HIDDEN)
        )
        yield from merge(below, (found[1] for found in over if found is not None), key=_path)

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Hide an object; nothing happens when there is none."""
        with self._lock:
            if self.stat(path) is not None:
                self._require(path, if_generation)
                self._written[path] = None

    def now(self) -> datetime | None:
        """Return the time of the store below."""
        return self.base.now()

    def url(self, path: str) -> str:
        """Return where the object would be."""
        return self.base.url(path)

    def __reduce__(self) -> str:
        """Refuse to be sent to another process, which would write into a copy."""
        raise StoreError("a run that writes nothing takes place in one process; run it without workers")

    def _require(self, path: str, if_generation: int | None) -> None:
        if if_generation is None:
            return
        shown = self.stat(path)
        if (ABSENT if shown is None else shown.generation) != if_generation:
            raise GenerationMismatch(f"object {path} is not at generation {if_generation}: read it and decide again")


def _path(shown: StoredObject) -> str:
    return shown.path
