"""Stores for tests: a bucket in memory that can be told to fail, and one that must not be touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from pipeline.execution.places import open_output
from pipeline.options.locations import LocalFolder
from tests.support.warehouses import Fake
from transforms.stores.control import ControlledStore
from transforms.stores.protocol import ABSENT, GenerationMismatch, StoredObject, StoreError, validate_path


class MemoryStore(Fake):
    """A bucket in memory.

    Attributes:
        written: Paths in the order in which they were written.
        before_write: Called with each path before it is written; raises to make the write fail.
        before_read: The same for reads and stats.
        clock: The time that it tells; None where it has no clock.
    """

    def __init__(self, *, concurrency: int = 1) -> None:
        """Make an empty bucket."""
        super().__init__()
        self.written: list[str] = []
        self.before_write: Callable[[str], None] = _nothing
        self.before_read: Callable[[str], None] = _nothing
        self.clock: datetime | None = None
        self._concurrency = concurrency
        self._objects: dict[str, tuple[bytes, StoredObject]] = {}
        self._generation = 0
        self._lock = RLock()

    @property
    def concurrency(self) -> int:
        """Writes in flight."""
        return self._concurrency

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
        """Write an object; see :class:`transforms.stores.protocol.Store`."""
        self.before_write(validate_path(path))
        with self._lock:
            if if_generation is not None and self._generation_of(path) != if_generation:
                raise GenerationMismatch(f"object {path} is at generation {self._generation_of(path)}")
            self._generation += 1
            self._objects[path] = (
                content,
                StoredObject(path, self._generation, len(content), content_type, cache_control, dict(metadata or {})),
            )
            self.written.append(path)
            return self._generation

    def stat(self, path: str) -> StoredObject | None:
        """Return what is known about an object."""
        self.before_read(path)
        found = self._objects.get(path)
        return None if found is None else found[1]

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object."""
        self.before_read(path)
        return self._objects.get(path)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield objects in path order."""
        for path in sorted(self._objects):
            if path.startswith(prefix) and (recursive or "/" not in path[len(prefix) :]):
                yield self._objects[path][1]

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object."""
        with self._lock:
            if if_generation is not None and self._generation_of(path) not in (ABSENT, if_generation):
                raise GenerationMismatch(f"object {path} is at generation {self._generation_of(path)}")
            self._objects.pop(path, None)

    def now(self) -> datetime | None:
        """Return what a test says that it is."""
        return self.clock

    def url(self, path: str) -> str:
        """Return a made-up address."""
        return f"memory://{path}"

    def _generation_of(self, path: str) -> int:
        return self._objects[path][1].generation if path in self._objects else ABSENT


def _nothing(path: str) -> None:
    pass


@dataclass
class Refuse:
    """Makes writes fail: those whose path starts with ``prefix``, after the first ``passing`` of them.

    Attributes:
        refused: The paths that were refused.
    """

    prefix: str
    passing: int = 0
    refused: list[str] = field(default_factory=list)

    def __call__(self, path: str) -> None:
        """Raise for a path that is to fail."""
        if path.startswith(self.prefix):
            if self.passing:
                self.passing -= 1
            else:
                self.refused.append(path)
                raise StoreError(f"cannot write {path}: no space left; free some")


class ForbiddenStore:
    """Raises on every use: construction of a graph must not write."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the store was asked for {name}")

    def __reduce__(self) -> Any:
        return ForbiddenStore, ()


def published_in(folder: str | Path) -> ControlledStore:
    """Return the store of what a command published into a folder, with what it says of its runs beside it."""
    return open_output(LocalFolder(str(folder)))
