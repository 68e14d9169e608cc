from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.transforms.stores.conformance import CACHE, StoreConformance, assert_whole, processes, rewrite
from transforms.stores.folder import LocalStore
from transforms.stores.protocol import ABSENT, GenerationMismatch, StoredObject, StoreError


class SidecarStore(LocalStore):
    """A store on a file system without extended attributes."""

    def _attach(self, descriptor: int, description: bytes) -> bool:
        return False


class StagedStore(LocalStore):
    """A store on a file system without files that have no name."""

    def _open_unnamed(self, folder: str) -> int | None:
        return None


class LinklessStore(SidecarStore):
    """A store on a file system that gives files without a name none."""

    def _link(self, descriptor: int, target: str) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))


class FailingStore(SidecarStore):
    """A store whose files get no name, neither by a rename nor by a link."""

    def _commit(self, staged: str, target: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _link(self, descriptor: int, target: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))


class InterruptedStore(SidecarStore):
    """A store that is interrupted right after the rename or the link."""

    def _commit(self, staged: str, target: str) -> None:
        super()._commit(staged, target)
        raise KeyboardInterrupt

    def _link(self, descriptor: int, target: str) -> None:
        super()._link(descriptor, target)
        raise KeyboardInterrupt


BOTH = pytest.mark.parametrize("kind", [LocalStore, SidecarStore])
EVERY = pytest.mark.parametrize("kind", [LocalStore, SidecarStore, StagedStore, LinklessStore])
OVER = pytest.mark.parametrize("if_generation", [None, ABSENT], ids=["plainly", "over nothing"])


def files(root: Path) -> set[str]:
    """Every file below a root, hidden ones included, locks aside."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file() and path.parent.name != "locks"}


def content(store: LocalStore, path: str) -> bytes | None:
    found = store.read(path)
    return None if found is None else found[0]


class TestLocalStore(StoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return LocalStore(str(tmp_path / "a bucket"))


class TestSidecarStore(StoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return SidecarStore(str(tmp_path / "ein Eimer für 雪"))


class TestStagedStore(StoreConformance):
    @pytest.fixture
    def store(self, tmp_path: Path) -> LocalStore:
        return StagedStore(str(tmp_path))


@BOTH
def test_objects_are_plain_files(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))
    store.write("tonight/all players.json", b"{}", cache_control=CACHE)
    assert (tmp_path / "tonight/all players.json").read_bytes() == b"{}"
    assert store.url("tonight/all players.json") == str(tmp_path / "tonight/all players.json")
    visible = [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")]
    assert visible == ["tonight"]


@BOTH
def test_keeps_one_file_per_object_and_description(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))
    for number in range(5):
        store.write("a.json", b"%d" % number, cache_control=CACHE)
    assert len(files(tmp_path)) <= 2
    store.delete("a.json")
    assert files(tmp_path) == set()


def test_objects_that_replace_nothing_need_neither_lock_nor_staging_file(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    for path in ("a/1.json", "a/2.json", "b.json"):
        store.write(path, b"{}", cache_control=CACHE, if_generation=ABSENT)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b.json"]


@EVERY
def test_an_object_that_is_there_is_not_created_again(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))
    generation = store.write("a.json", b"1", cache_control=CACHE, metadata={"x": "1"}, if_generation=ABSENT)
    before = files(tmp_path)
    with pytest.raises(GenerationMismatch, match=f"a.json is at generation {generation}, not absent"):
        store.write("a.json", b"2", cache_control=CACHE, if_generation=ABSENT)
    assert (files(tmp_path), content(store, "a.json")) == (before, b"1")
    assert len(before) <= 2


@EVERY
def test_an_object_that_is_created_and_removed_excludes_other_writers(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))
    inside: list[int] = []
    most: list[int] = []

    def enter(worker: int) -> None:
        for _ in range(20):
            while True:
                try:
                    generation = store.write("held.json", b"", cache_control=CACHE, if_generation=ABSENT)
                    break
                except GenerationMismatch:
                    time.sleep(0)
            inside.append(worker)
            generation = store.write("held.json", b"{}", cache_control=CACHE, if_generation=generation)
            most.append(len(inside))
            inside.remove(worker)
            store.delete("held.json", if_generation=generation)

    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(enter, range(4)):
            pass
    assert most == [1] * 80


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("nothing")], ids=["pipe", "link"])
def test_what_is_no_file_is_not_replaced_by_a_new_object(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "a.json")
    with pytest.raises(
        StoreError, match=r"a\.json: a link to nothing, a pipe or a device stands where the object goes"
    ):
        LocalStore(str(tmp_path)).write("a.json", b"{}", cache_control=CACHE, if_generation=ABSENT)
    assert files(tmp_path) == set()


@OVER
def test_objects_are_readable_like_other_files(tmp_path: Path, if_generation: int | None) -> None:
    (tmp_path / "other").touch()
    LocalStore(str(tmp_path)).write("a.json", b"{}", cache_control=CACHE, if_generation=if_generation)
    assert (tmp_path / "a.json").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_description_that_no_attribute_can_hold(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    metadata = {"long": "x" * 100_000}
    store.write("a.json", b"{}", cache_control=CACHE, metadata=metadata)
    described = store.stat("a.json")
    assert described is not None
    assert described.metadata == metadata
    store.write("a.json", b"{}", cache_control=CACHE)
    described = store.stat("a.json")
    assert described is not None
    assert described.metadata == {}
    assert not any("@" in name for name in files(tmp_path))


def test_files_from_elsewhere_show_defaults(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    (tmp_path / "a.json").write_bytes(b"{}")
    os.utime(tmp_path / "a.json", ns=(0, 0))
    described = store.stat("a.json")
    assert described is not None
    assert described.generation != ABSENT
    assert described == StoredObject("a.json", described.generation, 2, "application/octet-stream", "")
    with pytest.raises(GenerationMismatch):
        store.write("a.json", b"new", cache_control=CACHE, if_generation=ABSENT)
    store.write("a.json", b"new", cache_control=CACHE, if_generation=described.generation)


@pytest.mark.parametrize("damage", [b"", b"\0\0\0\0", b"[1"])
def test_a_damaged_sidecar_shows_defaults(tmp_path: Path, damage: bytes) -> None:
    store = SidecarStore(str(tmp_path))
    generation = store.write("a.json", b"{}", cache_control=CACHE, metadata={"x": "y"})
    (tmp_path / f".store/metadata/a.json@{generation}").write_bytes(damage)
    assert store.stat("a.json") == StoredObject("a.json", generation, 2, "application/octet-stream", "")


def test_a_file_edited_in_place_has_no_sidecar(tmp_path: Path) -> None:
    store = SidecarStore(str(tmp_path))
    generation = store.write("a.json", b"{}", cache_control=CACHE, metadata={"x": "y"})
    (tmp_path / "a.json").write_bytes(b"[]")
    os.utime(tmp_path / "a.json", ns=(0, (generation + 1) * 1000))
    assert store.stat("a.json") == StoredObject("a.json", generation + 1, 2, "application/octet-stream", "")


@BOTH
def test_generations_grow_when_the_clock_does_not(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))
    store.write("a.json", b"{}", cache_control=CACHE)
    future = 4_000_000_000_000_000
    os.utime(tmp_path / "a.json", ns=(0, future * 1000))
    assert store.write("a.json", b"{}", cache_control=CACHE) == future + 1
    described = store.stat("a.json")
    assert described is not None
    assert (described.generation, described.cache_control) == (future + 1, CACHE)


@BOTH
def test_survives_the_removal_of_its_folders(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path / "bucket"))
    for _ in range(2):
        store.write("a/b/c.json", b"{}", cache_control=CACHE, if_generation=ABSENT)
        described = store.stat("a/b/c.json")
        assert described is not None
        assert described.cache_control == CACHE
        shutil.rmtree(tmp_path / "bucket")


@BOTH
def test_folders_come_and_go_under_concurrent_writers(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))

    def churn(worker: int) -> None:
        for _ in range(25):
            store.write(f"a/b/c/{worker}.json", b"{}", cache_control=CACHE)
            store.delete(f"a/b/c/{worker}.json")

    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(churn, range(4)):
            pass
    assert list(store.list("")) == []
    assert files(tmp_path) == set()


def test_hidden_files_are_not_objects(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    store.write("a/b.json", b"{}", cache_control=CACHE)
    (tmp_path / ".DS_Store").touch()
    (tmp_path / "a/.b.json.swp").touch()
    (tmp_path / "a/back\\slash").touch()
    assert [found.path for found in store.list("")] == ["a/b.json"]


def test_a_failed_write_leaves_the_old_object_and_nothing_else(tmp_path: Path) -> None:
    store = SidecarStore(str(tmp_path))
    store.write("a.json", b"old", cache_control=CACHE, metadata={"x": "1"})
    before, known = files(tmp_path), store.stat("a.json")
    with pytest.raises(StoreError, match=r"cannot write .*a\.json: Input/output error; ") as raised:
        FailingStore(str(tmp_path)).write("a.json", b"new", cache_control="no-store", metadata={"x": "2"})
    assert isinstance(raised.value.__cause__, OSError)
    assert "\n" not in str(raised.value)
    assert (files(tmp_path), store.stat("a.json"), content(store, "a.json")) == (before, known, b"old")


def test_an_object_that_cannot_be_created_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot write .*a\.json: Input/output error; "):
        FailingStore(str(tmp_path)).write("a.json", b"new", cache_control=CACHE, if_generation=ABSENT)
    assert files(tmp_path) == set()


@OVER
def test_an_interrupt_after_the_last_step_keeps_the_description(tmp_path: Path, if_generation: int | None) -> None:
    with pytest.raises(KeyboardInterrupt):
        InterruptedStore(str(tmp_path)).write("a.json", b"{}", cache_control=CACHE, if_generation=if_generation)
    described = SidecarStore(str(tmp_path)).stat("a.json")
    assert described is not None
    assert described.cache_control == CACHE


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Make the system refuse larger files, as a full disk does: in the middle of a write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@EVERY
def test_a_write_that_does_not_fit_leaves_nothing(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))
    store.write("a.json", b"old", cache_control=CACHE)
    before = files(tmp_path)
    with file_size_limit(10_000), pytest.raises(StoreError, match="File too large; raise the file size limit"):
        store.write("a.json", b"x" * 50_000, cache_control=CACHE)
    with file_size_limit(10_000), pytest.raises(StoreError, match="File too large; raise the file size limit"):
        store.write("b.json", b"x" * 50_000, cache_control=CACHE, if_generation=ABSENT)
    with file_size_limit(10), pytest.raises(StoreError):
        SidecarStore(str(tmp_path)).write("b.json", b"{}", cache_control=CACHE)
    with file_size_limit(10), pytest.raises(StoreError):
        SidecarStore(str(tmp_path)).write("b.json", b"{}", cache_control=CACHE, if_generation=ABSENT)
    assert files(tmp_path) == before
    assert content(store, "a.json") == b"old"


DYING_WRITER = """
import os, signal, sys
from transforms.stores.folder import LocalStore

root, when, sidecar = sys.argv[1:]

class DyingStore(LocalStore):
    def _attach(self, descriptor, description):
        return sidecar == "no" and super()._attach(descriptor, description)

    def _commit(self, staged, target):
        if when == "after":
            super()._commit(staged, target)
        os.kill(os.getpid(), signal.SIGKILL)

    def _link(self, descriptor, target):
        if when == "after":
            super()._link(descriptor, target)
        os.kill(os.getpid(), signal.SIGKILL)

store = DyingStore(root)
over = None if store.stat("a.json") else 0
store.write("a.json", b"newer", cache_control="no-store", metadata={"version": "2"}, if_generation=over)
"""


@pytest.mark.parametrize("sidecar", ["yes", "no"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_writer_leaves_one_whole_version(tmp_path: Path, when: str, sidecar: str) -> None:
    store = SidecarStore(str(tmp_path)) if sidecar == "yes" else LocalStore(str(tmp_path))
    store.write("a.json", b"old", cache_control=CACHE, metadata={"version": "1"})
    killed = subprocess.run([sys.executable, "-c", DYING_WRITER, str(tmp_path), when, sidecar], check=False)
    assert killed.returncode == -9
    found = store.read("a.json")
    assert found is not None
    shown = (found[0], found[1].cache_control, found[1].metadata)
    assert (
        shown
        == {
            "before": (b"old", CACHE, {"version": "1"}),
            "after": (b"newer", "no-store", {"version": "2"}),
        }[when]
    )
    assert [found.path for found in store.list("")] == ["a.json"]
    store.write("a.json", b"newest", cache_control=CACHE, if_generation=found[1].generation)
    assert content(store, "a.json") == b"newest"


@pytest.mark.parametrize("sidecar", ["yes", "no"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_writer_that_is_killed_while_it_creates_leaves_all_or_nothing(
    tmp_path: Path, when: str, sidecar: str
) -> None:
    store = SidecarStore(str(tmp_path)) if sidecar == "yes" else LocalStore(str(tmp_path))
    killed = subprocess.run([sys.executable, "-c", DYING_WRITER, str(tmp_path), when, sidecar], check=False)
    assert killed.returncode == -9
    found = store.read("a.json")
    if when == "before":
        assert found is None
        assert sidecar == "yes" or files(tmp_path) == set()
    else:
        assert found is not None
        shown = (found[0], found[1].cache_control, found[1].metadata)
        assert shown == (b"newer", "no-store", {"version": "2"})
    generation = ABSENT if found is None else found[1].generation
    store.write("a.json", b"newest", cache_control=CACHE, if_generation=generation)
    assert content(store, "a.json") == b"newest"


@BOTH
def test_readers_see_whole_versions_of_another_process(tmp_path: Path, kind: type[LocalStore]) -> None:
    store = kind(str(tmp_path))
    rewrite(store, "a.json", 1)
    writers = [processes().submit(rewrite, store, "a.json", 60) for _ in range(2)]
    while not all(writer.done() for writer in writers):
        assert_whole(store.read("a.json"))
    for writer in writers:
        writer.result()
    assert_whole(store.read("a.json"))


def test_check_proves_a_root_that_is_not_there_yet(tmp_path: Path) -> None:
    LocalStore(str(tmp_path / "x/y/z")).check()
    assert list(tmp_path.iterdir()) == []


def test_check_leaves_an_existing_root_as_it_is(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    store.write("a.json", b"{}", cache_control=CACHE)
    before = files(tmp_path)
    store.check()
    assert files(tmp_path) == before


# A folder below a regular file can be made by nobody, root included.
@pytest.mark.parametrize("root", ["file", "file/below"])
def test_a_root_that_cannot_be_is_explained(tmp_path: Path, root: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = LocalStore(str(tmp_path / root))
    for act in (store.check, lambda: store.write("a.json", b"{}", cache_control=CACHE)):
        with pytest.raises(
            StoreError, match=r"cannot write .*/file.*; a file stands where a folder is needed"
        ) as raised:
            act()
        assert "\n" not in str(raised.value)
    assert store.read("a.json") is None
    with pytest.raises(StoreError, match="cannot list"):
        list(store.list(""))
    assert files(tmp_path) == {"file"}


def test_objects_and_folders_exclude_each_other(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    store.write("a/b.json", b"{}", cache_control=CACHE)
    with pytest.raises(StoreError, match="a folder stands where the object goes"):
        store.write("a", b"{}", cache_control=CACHE)
    with pytest.raises(StoreError, match="a file stands where a folder is needed"):
        store.write("a/b.json/c.json", b"{}", cache_control=CACHE)
    assert store.stat("a") is None
    assert files(tmp_path) == {"a/b.json"}


def test_a_name_too_long_is_explained(tmp_path: Path) -> None:
    store = LocalStore(str(tmp_path))
    with pytest.raises(StoreError, match="shorten the path"):
        store.write("x" * 300, b"{}", cache_control=CACHE)
    assert files(tmp_path) == set()
