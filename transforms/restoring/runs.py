"""The runs of a date, and whether what each of them published can be brought back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import orjson

from exporters.declaration import Export
from exporters.registry import exports
from transforms.clients.concurrency import run_concurrently
from transforms.elements.manifest import HELD, ManifestError, checked_manifest, writers_of
from transforms.elements.run_order import RunOrder
from transforms.history.documents import find_documents
from transforms.history.versions import History, Version, history_of, version_of
from transforms.stores.control import RUNS
from transforms.stores.overlay import OverlayStore
from transforms.stores.protocol import Store, StoredObject, StoreError

Objects = Mapping[str, StoredObject]


@dataclass(frozen=True)
class PublishedVersion:
    """A document as a run left it.

    Attributes:
        export: Its export type.
        key: The player id of a player's document; empty otherwise.
        version: Path, digest and writer; the writer is empty where the record does not tell.
    """

    export: Export
    key: str
    version: Version

    @property
    def path(self) -> str:
        """Its path."""
        return self.version.path


class VersionsGone(StoreError):
    """Some of what a run had published is neither in the store nor in its history.

    Attributes:
        paths: The documents.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        """Keep the documents, all of which the error names."""
        super().__init__(f"{len(paths)} documents of the run are not kept any more: {', '.join(paths)}")
        self.paths = tuple(paths)


def find_records(store: Store, day: date) -> list[dict[str, Any]]:
    """Return the records of the runs of a date, the oldest first; those that are damaged are left out.

    Raises:
        StoreError: They cannot be read.
    """
    paths = [shown.path for shown in store.list(f"{RUNS}{day}/")]
    records = run_concurrently(partial(_record, store), paths, store.concurrency)
    return sorted((record for record in records if record is not None), key=_order)


def _record(store: Store, path: str) -> dict[str, Any] | None:
    found = store.read(path)
    try:
        return None if found is None else checked_manifest(orjson.loads(found[0]))
    except (orjson.JSONDecodeError, ManifestError):
        return None


def _order(record: Mapping[str, Any]) -> tuple[str, RunOrder]:
    return str(record["run"]["execution_id"]), RunOrder.of(record["run"])


def published_sections(record: Mapping[str, Any]) -> Iterator[tuple[Export, Mapping[str, Any]]]:
    """Yield the export types that the run of a record published itself, with their sections.

    A record also lists what earlier runs had published. A rollback leaves that to their own records.
    """
    mine = record["run"]["execution_id"]
    for name, section in record["exports"].items():
        if section["execution_id"] == mine and section["state"] not in HELD and name in exports():
            yield exports()[name], section


def versions_of(record: Mapping[str, Any]) -> list[PublishedVersion]:
    """Return the documents that a run left published: those it wrote, and those it found as they should be."""
    found = []
    for export, section in published_sections(record):
        left = section["documents"].keys() - set(section["stale"]) - section["missing"].keys()
        writers = writers_of(section, left)
        for path in sorted(left):
            key = export.player_of(path)
            version = Version(path, section["documents"][path], writers[path])
            found.append(PublishedVersion(export, key, version))
    return found


def players_of(export: Export, section: Mapping[str, Any]) -> set[str]:
    """Return the players whose documents a section lists, those included that its run did not make any more."""
    return {export.player_of(path) for path in section["documents"]}


def objects_at(store: Store, versions: Iterable[PublishedVersion], day: date) -> dict[str, StoredObject]:
    """Return what the paths of some documents show now, by path.

    Raises:
        StoreError: The store does not tell.
    """
    paths: dict[str, list[str]] = {}
    for one in versions:
        paths.setdefault(one.export.name, []).append(one.version.path)
    return find_documents(store, day, [(exports()[name], listed) for name, listed in paths.items()])


def kept_since(store: Store, record: Mapping[str, Any], today: date) -> History:
    """Return the versions of a date that were replaced since a run began.

    Raises:
        StoreError: The history cannot be listed.
    """
    began = (record["run"]["started_at"] or record["run"].get("generated_at") or str(today))[:10]
    # A run that began the day before may have replaced them.
    first = date.fromisoformat(began) - timedelta(days=1)
    return history_of(store, date.fromisoformat(record["date"]), first, today + timedelta(days=1))


def gone(versions: Iterable[PublishedVersion], objects: Objects, history: History) -> list[str]:
    """Return the paths of the documents of which neither the store nor the history has that version."""
    return [
        one.path
        for one in versions
        if not (shows(objects.get(one.path), one.version) or (one.version.writer and history.holds(one.version)))
    ]


def shows(shown: StoredObject | None, version: Version) -> bool:
    """Whether an object shows just a version: the same bytes."""
    return shown is not None and version_of(shown) == version


@dataclass(frozen=True)
class RunView:
    """What a run had published for a date, over what is published now.

    Attributes:
        over: The store; nothing is written to that below it.
        paths: The documents of the run.
        exports: Names of the export types that it published.
    """

    over: OverlayStore
    paths: frozenset[str]
    exports: frozenset[str]

    def without(self, others: Iterable[str]) -> OverlayStore:
        """Return the store without other documents: those that the run had not are not there."""
        for path in sorted(set(others) - self.paths):
            self.over.delete(path)
        return self.over


def view_of(store: Store, record: Mapping[str, Any], today: date) -> RunView:
    """Return what a run had published for a date.

    Args:
        store: Where it published.
        record: The record of the run.
        today: The date by the clock of the store, UTC.

    Raises:
        VersionsGone: Some of it is not kept any more.
        StoreError: The store cannot be read.
    """
    versions, day = versions_of(record), date.fromisoformat(record["date"])
    objects, history = objects_at(store, versions, day), kept_since(store, record, today)
    if lost := gone(versions, objects, history):
        raise VersionsGone(lost)
    over = OverlayStore(store)
    old = [one for one in versions if not shows(objects.get(one.path), one.version)]
    found = run_concurrently(lambda one: history.read(one.version), old, store.concurrency)
    for one, kept in zip(old, found, strict=True):
        if kept is None:
            raise VersionsGone([one.path])
        content, shown = kept
        over.write(
            one.path,
            content,
            cache_control=shown.cache_control,
            content_type=shown.content_type,
            metadata=shown.metadata,
        )
    names = frozenset(one.export.name for one in versions)
    return RunView(over, frozenset(one.path for one in versions), names)
