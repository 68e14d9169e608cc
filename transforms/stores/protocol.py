"""The protocol of stores: the calls, metadata and preconditions that every :class:`Store` shares.

The vocabulary is that of Google Cloud Storage: an object has a generation, which changes with every write, and a write
may require the generation that it replaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from transforms.elements.problems import ProblemsError

ABSENT = 0
"""The generation of an object that does not exist."""
_SAFE = re.compile(r"[^./\\\0][^/\\\0]*(/[^./\\\0][^/\\\0]*)*")
"""Segments that are not empty and begin with no dot, without backslash and NUL."""


@dataclass(frozen=True)
class StoredObject:
    """The metadata of an object.

    Attributes:
        path: Path below the store's root, ``/``-separated.
        generation: Changes with every write; never ``ABSENT``.
        size: Bytes.
        content_type: For example ``application/json``.
        cache_control: For example ``public, max-age=300``.
        metadata: The custom metadata that it was written with.
    """

    path: str
    generation: int
    size: int
    content_type: str
    cache_control: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class ReadableStore(Protocol):
    """Objects that can be read: those of a store, or what one would hold."""

    @property
    def concurrency(self) -> int:
        """Useful number of calls in flight from one process; 1 where threads gain nothing."""

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object's content and metadata, both of one generation; None when there is none."""

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield the objects whose path starts with ``prefix``, in path order.

        Args:
            prefix: For example ``tonight/player/``; empty for every object.
            recursive: False leaves out objects with a further ``/`` after the prefix.
        """


class Store(ReadableStore, Protocol):
    """Writes whole objects atomically. Implementations are picklable values; clients are made on first use."""

    def check(self) -> None:
        """Raise :class:`StoreError` when objects cannot be written here."""

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
        """Write an object and return its generation. Readers see the old object or the new one, never a part.

        Args:
            path: Path below the root; no ``..``, no empty segment.
            content: The whole object.
            cache_control: Sent with the object.
            content_type: Sent with the object.
            metadata: Custom metadata, sent with the object.
            if_generation: Write only over this generation; ``ABSENT`` writes only when there is no object.

        Raises:
            GenerationMismatch: The object is not at ``if_generation``; nothing was written.
            StoreError: The object could not be written; the old object is intact.
        """

    def stat(self, path: str) -> StoredObject | None:
        """Return the metadata of an object; None when there is none."""

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object; nothing happens when there is none."""

    def now(self) -> datetime | None:
        """Return the current time by the store's own clock, in UTC; None where it has none but that of this machine.

        Raises:
            StoreError: It does not tell.
        """

    def url(self, path: str) -> str:
        """Return where a person finds the object."""


class StoreError(ProblemsError):
    """An object could not be read or written. The message is one line and names the object and the fix.

    A check may find more than one thing wrong: the message is the first one.
    """


class GenerationMismatch(StoreError):
    """A precondition failed: another writer wrote the object first."""


def validate_path(path: str) -> str:
    """Return ``path``, or raise ``ValueError`` when it could leave the store's root or hide in it."""
    if _SAFE.fullmatch(path) is None:
        raise ValueError(f"object path {path!r} is not safe: use relative segments without '.', '..' or a leading dot")
    return path
