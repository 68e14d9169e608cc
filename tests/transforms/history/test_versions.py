"""Versions of documents that were replaced: what is kept, found again, and removed."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.stores import MemoryStore, Refuse
from transforms.history.versions import Version, history_of, keep_version, sweep, version_of, writer_of
from transforms.stores.control import HISTORY
from transforms.stores.protocol import StoreError

PATH = "tonight/2026-02-11.json"
DAY = date(2026, 2, 11)
METADATA = {"digest": "d1", "game_date": "2026-02-11", "execution_id": "run-1", "as_of": "2026-02-11T18:00:00.000000Z"}


def put(store: MemoryStore, content: bytes = b"{}", path: str = PATH, **metadata: str) -> None:
    store.write(path, content, cache_control="max-age=60", metadata={**METADATA, **metadata})


def kept(store: MemoryStore) -> list[str]:
    return [shown.path for shown in store.list(HISTORY)]


def test_a_version_is_found_with_its_content_and_its_description() -> None:
    store = MemoryStore()
    put(store, b'{"a": 1}')
    keep_version(store, PATH, "2026-02-12")
    found = history_of(store, DAY, date(2026, 2, 12), date(2026, 2, 12)).read(Version(PATH, "d1", "run-1"))
    assert found is not None
    assert found[0] == b'{"a": 1}'
    assert (found[1].cache_control, found[1].metadata) == ("max-age=60", METADATA)


def test_the_same_content_by_another_run_is_another_version() -> None:
    """Its time of the request differs, and with it its bytes."""
    store = MemoryStore()
    for run in ("run-1", "run-2", "run-1"):
        put(store, run.encode(), execution_id=run)
        keep_version(store, PATH, "2026-02-12")
    assert len(kept(store)) == 2
    history = history_of(store, DAY, date(2026, 2, 12), date(2026, 2, 12))
    for run in ("run-1", "run-2"):
        found = history.read(Version(PATH, "d1", run))
        assert found is not None
        assert found[0] == run.encode()


def test_two_paths_of_the_same_content_are_two_versions() -> None:
    store = MemoryStore()
    for path in (PATH, "tonight/2026-02-11.copy.json"):
        put(store, path=path)
        keep_version(store, path, "2026-02-12")
    assert len(kept(store)) == 2


def test_what_a_rollback_brought_back_is_the_version_of_the_run_that_wrote_it() -> None:
    store = MemoryStore()
    put(store, execution_id="rollback-9", restored_from="run-1")
    shown = store.stat(PATH)
    assert shown is not None
    assert version_of(shown) == Version(PATH, "d1", "run-1")
    assert writer_of(shown.metadata) == "run-1"


@pytest.mark.parametrize("metadata", [{"digest": ""}, {"execution_id": ""}])
def test_an_object_of_another_origin_is_no_version(metadata: dict[str, str]) -> None:
    store = MemoryStore()
    put(store, **metadata)
    keep_version(store, PATH, "2026-02-12")
    assert kept(store) == []


def test_what_cannot_be_kept_is_not_silently_lost() -> None:
    store = MemoryStore()
    put(store)
    store.before_write = Refuse(HISTORY)
    with pytest.raises(StoreError):
        keep_version(store, PATH, "2026-02-12")


def test_another_date_and_days_outside_of_the_range_are_not_listed() -> None:
    store = MemoryStore()
    put(store)
    keep_version(store, PATH, "2026-02-12")
    version = Version(PATH, "d1", "run-1")
    assert history_of(store, DAY, date(2026, 2, 10), date(2026, 2, 14)).holds(version)
    assert not history_of(store, DAY, date(2026, 2, 13), date(2026, 2, 14)).holds(version)
    assert not history_of(store, date(2026, 2, 12), date(2026, 2, 10), date(2026, 2, 14)).holds(version)


def test_versions_are_removed_once_they_are_too_old() -> None:
    store = MemoryStore()
    for day in ("2026-02-12", "2026-02-13", "2026-02-14"):
        put(store)
        keep_version(store, PATH, day)
    assert sweep(store, date(2026, 2, 15), 3) == 0
    assert sweep(store, date(2026, 2, 15), 2) == 1
    assert [path.split("/")[1] for path in kept(store)] == ["2026-02-13", "2026-02-14"]
    assert sweep(store, date(2026, 2, 15), 0) == 2
    assert store.stat(PATH) is not None


def test_more_versions_than_are_removed_at_once() -> None:
    store = MemoryStore()
    for number in range(2_345):
        store.write(f"{HISTORY}2026-01-01/2026-01-01/{number:05}.json", b"{}", cache_control="no-cache")
    assert sweep(store, date(2026, 2, 15), 30) == 2_345
    assert kept(store) == []
