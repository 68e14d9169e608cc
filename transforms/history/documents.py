"""Documents of a date that are published: what a store has at their paths."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from itertools import chain

from exporters.declaration import Export
from transforms.clients.concurrency import run_concurrently
from transforms.stores.protocol import Store, StoredObject


def find_documents(
    store: Store, day: date, wanted: Iterable[tuple[Export, Collection[str]]]
) -> dict[str, StoredObject]:
    """Return the objects at some paths, as far as they are there, by path.

    Where the documents of a date lie in one folder, its objects are listed, others than those at the paths included;
    elsewhere each path is looked at.

    Args:
        store: The store.
        day: The date.
        wanted: Export types, each with paths of its documents of the date.

    Raises:
        StoreError: The store does not tell.
    """
    folders: list[str] = []
    paths: list[str] = []
    for export, listed in wanted:
        folder = export.folder_of(day)
        if folder:
            folders.append(folder)
        else:
            paths.extend(listed)
    found = run_concurrently(lambda folder: list(store.list(folder, recursive=False)), folders, store.concurrency)
    looked_at = run_concurrently(store.stat, paths, store.concurrency)
    there = (*chain.from_iterable(found), *(shown for shown in looked_at if shown is not None))
    return {shown.path: shown for shown in there}
