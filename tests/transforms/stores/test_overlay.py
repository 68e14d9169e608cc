"""A store over another one: it shows what was written here, and the store below is never written."""

from __future__ import annotations

import pickle

import pytest

from tests.support.stores import MemoryStore
from transforms.stores.control import ControlledStore
from transforms.stores.overlay import OverlayStore
from transforms.stores.protocol import ABSENT, GenerationMismatch, StoreError

CACHE = "max-age=60"


@pytest.fixture
def base() -> MemoryStore:
    store = MemoryStore()
    for path in ("a.json", "b/c.json", "open/2026-02-11.json", "alive/run-1.json"):
        store.write(path, b"below", cache_control=CACHE, metadata={"of": "below"})
    return store


def paths(store: OverlayStore, prefix: str = "", *, recursive: bool = True) -> list[str]:
    return [shown.path for shown in store.list(prefix, recursive=recursive)]


def test_what_is_below_is_shown_until_it_is_written(base: MemoryStore) -> None:
    over, before = OverlayStore(base), dict(base._objects)
    found = over.read("a.json")
    assert found is not None
    assert (found[0], found[1].metadata) == (b"below", {"of": "below"})
    generation = over.write("a.json", b"over", cache_control="no-cache", metadata={"of": "over"})
    found = over.read("a.json")
    assert found is not None
    assert (found[0], found[1].metadata, found[1].generation) == (b"over", {"of": "over"}, generation)
    assert over.stat("a.json") == found[1]
    assert base._objects == before
    assert set(over.written) == {"a.json"}


def test_preconditions_are_those_of_what_is_shown(base: MemoryStore) -> None:
    over = OverlayStore(base)
    below = base.stat("a.json")
    assert below is not None
    with pytest.raises(GenerationMismatch):
        over.write("a.json", b"", cache_control=CACHE, if_generation=ABSENT)
    first = over.write("a.json", b"", cache_control=CACHE, if_generation=below.generation)
    with pytest.raises(GenerationMismatch):
        over.write("a.json", b"", cache_control=CACHE, if_generation=below.generation)
    assert over.write("a.json", b"", cache_control=CACHE, if_generation=first) > first
    over.write("new.json", b"", cache_control=CACHE, if_generation=ABSENT)


def test_lists_are_merged_in_path_order(base: MemoryStore) -> None:
    over = OverlayStore(base)
    for path in ("b/a.json", "0.json", "b/c.json"):
        over.write(path, b"", cache_control=CACHE)
    assert paths(over) == ["0.json", "a.json", "b/a.json", "b/c.json"]
    assert paths(over, "b/") == ["b/a.json", "b/c.json"]
    assert paths(over, "", recursive=False) == ["0.json", "a.json"]


def test_what_is_deleted_is_hidden_and_stays_below(base: MemoryStore) -> None:
    over = OverlayStore(base)
    over.delete("a.json")
    over.delete("never.json")
    assert (over.stat("a.json"), over.read("a.json")) == (None, None)
    assert paths(over) == ["b/c.json"]
    assert base.stat("a.json") is not None
    over.write("a.json", b"again", cache_control=CACHE, if_generation=ABSENT)
    assert paths(over) == ["a.json", "b/c.json"]


def test_leases_below_are_not_shown_and_own_ones_are(base: MemoryStore) -> None:
    over = OverlayStore(base)
    assert over.read("open/2026-02-11.json") is None
    assert over.stat("alive/run-1.json") is None
    assert paths(over, "open/") == []
    over.write("open/2026-02-11.json", b"mine", cache_control=CACHE, if_generation=ABSENT)
    assert paths(over, "open/") == ["open/2026-02-11.json"]
    found = base.read("open/2026-02-11.json")
    assert found is not None
    assert found[0] == b"below"


def test_control_objects_are_no_public_ones() -> None:
    public, control = MemoryStore(), MemoryStore()
    over = OverlayStore(ControlledStore(public, control))
    over.write("manifest/2026-02-11.json", b"{}", cache_control=CACHE)
    over.write("tonight/2026-02-11.json", b"{}", cache_control=CACHE)
    assert paths(over) == ["tonight/2026-02-11.json"]
    assert paths(over, "manifest/") == ["manifest/2026-02-11.json"]
    assert public.written == control.written == []


def test_it_is_not_sent_to_another_process(base: MemoryStore) -> None:
    with pytest.raises(StoreError, match="one process"):
        pickle.dumps(OverlayStore(base))
