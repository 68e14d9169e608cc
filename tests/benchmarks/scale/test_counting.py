from __future__ import annotations

from pathlib import Path

from benchmarks.scale.counting import CREATES, DELETES, LISTS, PAGE, READS, CountingStore
from tests.support.stores import MemoryStore
from transforms.stores.folder import LocalStore


def test_every_call_counts_the_requests_that_it_takes_of_a_bucket() -> None:
    store = CountingStore(MemoryStore())
    for _ in range(2):
        store.write("a.json", b"12345", cache_control="")
    assert store.read("a.json") is not None
    assert store.read("b.json") is None
    assert store.stat("a.json") is not None
    store.delete("a.json")
    store.now()
    assert store.counts == {CREATES: 2, READS: 2 + 1 + 1, DELETES: 1, LISTS: 1}
    assert (store.written, store.paths["a.json"]) == (10, 2)


def test_a_list_takes_a_request_for_each_thousand_objects() -> None:
    held = MemoryStore()
    store = CountingStore(held)
    for number, pages in ((0, 1), (PAGE, 1), (1, 2)):
        for n in range(number):
            held.write(f"{len(held.written):05}-{n}.json", b"", cache_control="")
        store.counts.clear()
        assert len(list(store.list(""))) == len(held.written)
        assert store.counts[LISTS] == pages


def test_what_is_counted_is_done(tmp_path: Path) -> None:
    store = CountingStore(LocalStore(str(tmp_path)))
    store.write("a/b.json", b"{}", cache_control="")
    assert (tmp_path / "a" / "b.json").read_bytes() == b"{}"
    assert store.concurrency == LocalStore(str(tmp_path)).concurrency
