"""The history of documents: a version that is replaced goes to the control output first, under an address of its own.

The address of a version follows from its path, the digest of its content and the run that wrote it. The record of every
run gives these three of each document that it left published, so that any run can be brought back as long as the
versions are there. What is written first, and what is unchanged, replaces nothing and adds nothing.

``history/{day of replacement}/{game date}/{address}.json`` sorts by the day of replacement, so that old versions are at
the front of one listing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import islice, takewhile
from typing import NamedTuple

from transforms.clients.concurrency import run_concurrently
from transforms.elements.plan import Plan
from transforms.elements.run_order import EXECUTION_ID, RESTORED_FROM
from transforms.stores.control import HISTORY
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoredObject, StoreError

_BATCH = 1000


class Version(NamedTuple):
    """One version of a document.

    Attributes:
        path: Its path.
        digest: The digest of its content without the time of the request.
        writer: The execution that wrote it, and with it that time.
    """

    path: str
    digest: str
    writer: str

    @property
    def address(self) -> str:
        """Its name in the history."""
        return hashlib.blake2b("\0".join(self).encode(), digest_size=16).hexdigest()


def version_of(shown: StoredObject) -> Version | None:
    """Return the version that an object shows; None for an object that does not tell, of another origin."""
    digest, writer = shown.metadata.get("digest", ""), writer_of(shown.metadata)
    return Version(shown.path, digest, writer) if digest and writer else None


def writer_of(metadata: Mapping[str, str]) -> str:
    """Return the execution that wrote the content of an object first, whichever brought it back since."""
    return metadata.get(RESTORED_FROM) or metadata.get(EXECUTION_ID, "")


def keep_version(store: Store, path: str, replaced_on: str) -> None:
    """Copy what a path shows to the history, unless it is there or is no version of a document.

    Args:
        store: The place of both.
        path: The path, which is about to be written.
        replaced_on: The ISO date of the run that replaces it.

    Raises:
        StoreError: It cannot be read or copied: what cannot be brought back is not to be replaced.
    """
    found = store.read(path)
    version = None if found is None else version_of(found[1])
    if found is None or version is None:
        return
    content, shown = found
    day = shown.metadata.get("game_date") or "undated"
    try:
        store.write(
            f"{HISTORY}{replaced_on}/{day}/{version.address}.json",
            content,
            cache_control=shown.cache_control,
            content_type=shown.content_type,
            metadata=shown.metadata,
            if_generation=ABSENT,
        )
    except GenerationMismatch:
        # The same version, replaced twice on one day.
        return


@dataclass(frozen=True)
class History:
    """The kept versions of one game date.

    Attributes:
        store: Where they are.
        paths: Their paths in the history by address.
    """

    store: Store
    paths: Mapping[str, str]

    def holds(self, version: Version) -> bool:
        """Whether a version is there."""
        return version.address in self.paths

    def read(self, version: Version) -> tuple[bytes, StoredObject] | None:
        """Return the content of a version with its description; None when it is not there any more."""
        path = self.paths.get(version.address)
        return None if path is None else self.store.read(path)


def history_of(store: Store, day: date, first: date, last: date) -> History:
    """Return the versions of a game date that were replaced on the days from ``first`` to ``last``.

    Raises:
        StoreError: The history cannot be listed.
    """
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    found = run_concurrently(partial(_listed, store, day), days, store.concurrency)
    return History(store, {_address(path): path for paths in found for path in paths})


def _listed(store: Store, day: date, replaced_on: date) -> list[str]:
    return [shown.path for shown in store.list(f"{HISTORY}{replaced_on}/{day}/")]


def _address(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".json")


def sweep(store: Store, today: date, days: int) -> int:
    """Remove the versions that were replaced more than so many days ago, and return how many there were.

    Raises:
        StoreError: The history cannot be listed, or a version not removed.
    """
    cutoff = (today - timedelta(days=days)).isoformat()
    # The oldest ones come first, so that a history without old versions takes the first page of a listing.
    old = takewhile(_replaced_before(cutoff), (shown.path for shown in store.list(HISTORY)))
    removed = 0
    for batch in _batches(old):
        run_concurrently(store.delete, batch, store.concurrency)
        removed += len(batch)
    return removed


def sweep_history(store: Store, plan: Plan) -> str:
    """Remove the versions that a run does not keep any more, and return what went wrong; empty when nothing did.

    A clock that is wrong removes nothing.
    """
    if plan.pointers_refused:
        return ""
    day = date.fromisoformat(plan.run.day)
    try:
        sweep(store, min(day, plan.latest_day or day), plan.history_days)
    except StoreError as error:
        return f"old versions of documents were not removed: {error}"
    return ""


def _replaced_before(cutoff: str) -> Callable[[str], bool]:
    return lambda path: path.removeprefix(HISTORY).partition("/")[0] < cutoff


def _batches(paths: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(paths)
    while batch := list(islice(remaining, _BATCH)):
        yield batch
