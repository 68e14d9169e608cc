"""What every store must do. A test module subclasses :class:`StoreConformance` with its own ``store`` fixture."""

from __future__ import annotations

import functools
import multiprocessing
import pickle
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoredObject

CACHE = "public, max-age=300"

# Each example writes below a folder of its own, so that examples and the classes of several stores can share a test.
SHARED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)

UNSAFE_PATHS = [
    "",
    "/",
    "/absolute.json",
    "folder/",
    "double//slash.json",
    "../outside.json",
    "folder/../../outside.json",
    "./here.json",
    ".hidden.json",
    "folder/.hidden/object.json",
    "back\\slash.json",
    "nul\0.json",
]

# Folders never have a suffix and objects always do: only a bucket can hold both "a" and "a/b".
FOLDERS = st.lists(st.sampled_from(["a", "a-b", "a b", "b", "é", "雪"]), max_size=3)
OBJECTS = st.sampled_from(["1.json", "a.json", "a-b.json", "b.json", "z é.json", "雪.json"])
PATHS = st.builds(lambda folders, name: "/".join([*folders, name]), FOLDERS, OBJECTS)


def increment(store: Store, path: str, times: int) -> None:
    """Count an object up by compare-and-set; a module-level function so that a process can be given it."""
    for _ in range(times):
        while True:
            found = store.read(path)
            count, generation = (0, ABSENT) if found is None else (int(found[0]), found[1].generation)
            try:
                store.write(path, b"%d" % (count + 1), cache_control=CACHE, if_generation=generation)
                break
            except GenerationMismatch:
                continue


def version(number: int) -> tuple[bytes, dict[str, str]]:
    """Return a content of a telling size, and metadata that only belong to it."""
    return b"%d" % (number % 10) * (1 + 9_001 * (number % 7)), {"version": str(number % 10), "turn": str(number % 7)}


def rewrite(store: Store, path: str, times: int) -> None:
    """Write an object over and over, each time with another size and metadata."""
    for number in range(times):
        content, metadata = version(number)
        store.write(path, content, cache_control=f"max-age={number % 10}", metadata=metadata)


def assert_whole(found: tuple[bytes, StoredObject] | None) -> None:
    """Fail unless content and description are of one version."""
    assert found is not None
    content, described = found
    assert described.size == len(content)
    number = described.metadata["version"]
    assert content == number.encode() * (1 + 9_001 * int(described.metadata["turn"]))
    assert described.cache_control == f"max-age={number}"


@functools.cache
def processes() -> ProcessPoolExecutor:
    """Return three processes that share nothing with this one; kept, since each imports this module when it starts."""
    return ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn"))


class StoreConformance:
    """The contract of :class:`transforms.stores.protocol.Store`, as tests."""

    @pytest.fixture
    def store(self) -> Iterator[Store]:
        """Return an empty store that can be written."""
        raise NotImplementedError

    def test_returns_what_was_written(self, store: Store) -> None:
        generation = store.write(
            "tonight/player/lebronjames.json",
            b'{"a":1}',
            cache_control=CACHE,
            content_type="application/geo+json",
            metadata={"run": "r-1", "digest": "é"},
        )
        expected = StoredObject(
            "tonight/player/lebronjames.json",
            generation,
            7,
            "application/geo+json",
            CACHE,
            {"run": "r-1", "digest": "é"},
        )
        assert store.read("tonight/player/lebronjames.json") == (b'{"a":1}', expected)
        assert store.stat("tonight/player/lebronjames.json") == expected
        assert list(store.list("")) == [expected]

    def test_documents_are_json_without_custom_metadata_by_default(self, store: Store) -> None:
        store.write("a.json", b"{}", cache_control=CACHE)
        described = store.stat("a.json")
        assert described is not None
        assert (described.content_type, described.metadata) == ("application/json", {})

    @pytest.mark.parametrize("size", [0, 1, 4096, 3_000_000])
    def test_any_size(self, store: Store, size: int) -> None:
        content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        store.write("a.json", content, cache_control=CACHE)
        found = store.read("a.json")
        assert found is not None
        assert (found[0], found[1].size) == (content, size)

    @pytest.mark.parametrize("path", ["with space/a b.json", "ünï/日本.json", "a+b%20c@1=2,(x)!.json", "x" * 200])
    def test_any_name(self, store: Store, path: str) -> None:
        store.write(path, b"{}", cache_control=CACHE)
        assert store.read(path) is not None
        assert [found.path for found in store.list("")] == [path]
        assert store.url(path)

    @pytest.mark.parametrize("path", UNSAFE_PATHS)
    def test_rejects_unsafe_paths(self, store: Store, path: str) -> None:
        with pytest.raises(ValueError, match="not safe"):
            store.write(path, b"{}", cache_control=CACHE)
        for call in (store.read, store.stat, store.delete, store.url):
            with pytest.raises(ValueError, match="not safe"):
                call(path)
        if path not in ("", "folder/"):
            with pytest.raises(ValueError, match="not safe"):
                list(store.list(path))

    def test_absent_objects(self, store: Store) -> None:
        store.write("a/b.json", b"{}", cache_control=CACHE)
        for path in ("b.json", "a", "a/b.json.bak", "x/y/z.json"):
            assert store.read(path) is None
            assert store.stat(path) is None
            store.delete(path)
        assert [found.path for found in store.list("")] == ["a/b.json"]

    def test_an_empty_store_lists_nothing(self, store: Store) -> None:
        assert list(store.list("")) == []
        assert list(store.list("no/such/")) == []

    def test_a_new_version_replaces_the_old_one_with_its_metadata(self, store: Store) -> None:
        store.write("a.json", b"long content", cache_control="no-store", content_type="text/plain", metadata={"x": "1"})
        generation = store.write("a.json", b"{}", cache_control=CACHE, metadata={"y": "2"})
        expected = StoredObject("a.json", generation, 2, "application/json", CACHE, {"y": "2"})
        assert store.read("a.json") == (b"{}", expected)

    def test_generations_grow(self, store: Store) -> None:
        generations = [store.write("a.json", b"{}", cache_control=CACHE) for _ in range(20)]
        assert generations == sorted(set(generations))
        assert generations[0] > ABSENT
        store.delete("a.json")
        assert store.write("a.json", b"{}", cache_control=CACHE) > generations[-1]

    def test_writes_only_over_the_required_generation(self, store: Store) -> None:
        first = store.write("a.json", b"1", cache_control=CACHE, if_generation=ABSENT)
        second = store.write("a.json", b"2", cache_control="no-store", if_generation=first)
        for stale in (ABSENT, first, second + 1):
            with pytest.raises(GenerationMismatch, match=r"a\.json"):
                store.write("a.json", b"3", cache_control=CACHE, metadata={"x": "y"}, if_generation=stale)
        with pytest.raises(GenerationMismatch):
            store.write("b.json", b"3", cache_control=CACHE, if_generation=second)
        assert store.read("a.json") == (b"2", StoredObject("a.json", second, 1, "application/json", "no-store"))
        assert store.stat("b.json") is None

    def test_deletes(self, store: Store) -> None:
        for path in ("a/b/1.json", "a/b/2.json"):
            store.write(path, b"{}", cache_control=CACHE)
        store.delete("a/b/1.json")
        assert [found.path for found in store.list("")] == ["a/b/2.json"]
        store.delete("a/b/2.json")
        assert list(store.list("")) == []
        store.write("a", b"{}", cache_control=CACHE)
        assert [found.path for found in store.list("")] == ["a"]

    def test_deletes_only_the_required_generation(self, store: Store) -> None:
        generation = store.write("a.json", b"{}", cache_control=CACHE)
        for stale in (ABSENT, generation + 1):
            with pytest.raises(GenerationMismatch):
                store.delete("a.json", if_generation=stale)
        assert store.stat("a.json") is not None
        store.delete("a.json", if_generation=generation)
        assert store.stat("a.json") is None
        store.delete("a.json", if_generation=generation)

    def test_lists_one_level(self, store: Store) -> None:
        for path in ("t/all.json", "t/all/x.json", "t/player/a.json", "u.json"):
            store.write(path, b"{}", cache_control=CACHE)
        listed = {
            prefix: [found.path for found in store.list(prefix, recursive=False)]
            for prefix in ("", "t", "t/", "t/a", "t/all", "t/all/")
        }
        assert listed == {
            "": ["u.json"],
            "t": [],
            "t/": ["t/all.json"],
            "t/a": ["t/all.json"],
            "t/all": ["t/all.json"],
            "t/all/": ["t/all/x.json"],
        }

    @settings(max_examples=25, deadline=None, suppress_health_check=SHARED)
    @given(paths=st.lists(PATHS, max_size=8), removed=st.lists(PATHS, max_size=3), data=st.data())
    def test_lists_what_starts_with_a_prefix_in_path_order(
        self, store: Store, paths: list[str], removed: list[str], data: st.DataObject
    ) -> None:
        run = uuid4().hex
        expected = {f"{run}/{path}": store.write(f"{run}/{path}", b"{}", cache_control=CACHE) for path in paths}
        for path in removed:
            store.delete(f"{run}/{path}")
            expected.pop(f"{run}/{path}", None)
        prefixes = {path[:cut] for path in expected for cut in range(len(run), len(path) + 1)} | {run, f"{run}/b"}
        prefix = data.draw(st.sampled_from(sorted(prefixes)))
        listed = [(found.path, found.generation) for found in store.list(prefix)]
        assert listed == sorted(item for item in expected.items() if item[0].startswith(prefix))
        level = [found.path for found in store.list(prefix, recursive=False)]
        assert level == [path for path, _ in listed if "/" not in path[len(prefix) :]]

    def test_travels_to_another_process(self, store: Store) -> None:
        store.write("a.json", b"{}", cache_control=CACHE)
        other = pickle.loads(pickle.dumps(store))
        assert other == store
        assert other.read("a.json") == store.read("a.json")

    def test_check_leaves_nothing_behind(self, store: Store) -> None:
        store.check()
        assert list(store.list("")) == []

    def test_threads_lose_no_update(self, store: Store) -> None:
        with ThreadPoolExecutor(4) as threads:
            for done in [threads.submit(increment, store, "counter.json", 10) for _ in range(4)]:
                done.result()
        found = store.read("counter.json")
        assert found is not None
        assert found[0] == b"40"

    def test_processes_lose_no_update(self, store: Store) -> None:
        for done in [processes().submit(increment, store, "counter.json", 25) for _ in range(3)]:
            done.result()
        found = store.read("counter.json")
        assert found is not None
        assert found[0] == b"75"

    def test_one_of_many_creates_an_object(self, store: Store) -> None:
        barrier = threading.Barrier(4)

        def create(number: int) -> int:
            barrier.wait()
            try:
                store.write("a.json", b"%d" % number, cache_control=CACHE, if_generation=ABSENT)
            except GenerationMismatch:
                return 0
            return 1

        with ThreadPoolExecutor(4) as threads:
            assert sum(threads.map(create, range(4))) == 1

    def test_readers_see_whole_versions(self, store: Store) -> None:
        rewrite(store, "a.json", 1)
        with ThreadPoolExecutor(2) as threads:
            writers = [threads.submit(rewrite, store, "a.json", 40) for _ in range(2)]
            while not all(writer.done() for writer in writers):
                assert_whole(store.read("a.json"))
                assert [found.path for found in store.list("")] == ["a.json"]
            for writer in writers:
                writer.result()
        assert_whole(store.read("a.json"))
