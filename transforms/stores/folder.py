"""A folder that behaves like a bucket: the store of local runs and of tests."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from transforms.stores.files import create_file, in_folder, is_no_file, missing_folders, read_all, reporting, write_all
from transforms.stores.protocol import ABSENT, GenerationMismatch, StoredObject, StoreError, validate_path

_HIDDEN = ".store"
_ATTRIBUTE = "user.phase6"
_LOCKS = 64
_HAS_UNNAMED = hasattr(os, "O_TMPFILE") and os.path.isdir("/proc/self/fd")
"""Whether the platform has files without a name, which get one by a link."""
_UNSUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOSYS, errno.EPERM, errno.EXDEV})
"""How a file system answers that has no such files, or no links to them."""
_DEFAULTS: dict[str, Any] = {"content_type": "application/octet-stream", "cache_control": ""}


@dataclass(frozen=True)
class LocalStore:
    """Objects as plain files below ``root``, which is made by the first write.

    Each object is written to a file that no reader sees, described there, and put in place in one step. A reader
    therefore sees the old object or the new one, whenever a writer dies. What replaces an object is a staging file,
    which is renamed. What is written where there is none (``if_generation=ABSENT``) is a file without a name, which
    gets one by a link. That step fails where something has the name, so it needs neither a look before it nor a lock,
    and a writer that is killed leaves nothing. Where the platform has no such files, a new object is written like one
    that replaces another.

    What is durable: once a write returns, the object outlives the process, killed or not. It outlives a failure of the
    power or of the system once the system has written it to disk, some 30 seconds later. Nothing is synced, neither
    file nor folder, since a sync costs more than the whole write. Such a failure may lose an object, its description or
    its content. The next run writes objects that are gone or have no description again; a run with ``--rewrite`` also
    those that lost their content.

    The generation is the file's modification time in microseconds, moved forward where the clock does not advance.
    Content type, cache control and custom metadata are an extended attribute of the file itself, so that they cannot
    part from it. Where the file system or platform has none, they are a sidecar file that is named for the generation
    that it describes, and is written before and removed after that generation is in place. A file of another origin
    shows defaults.

    Compare-and-set is exclusive among all threads and processes that use it: what replaces or removes an object holds a
    file lock. Plain writes take no lock and the last one wins: an object that is moved by compare-and-set is to be
    written in no other way.

    Attributes:
        root: The folder. A name that starts with a dot is not an object; ``.store`` in it holds staging files, sidecars
            and locks, and may be removed while nothing is running (objects with sidecars then show defaults).
    """

    root: str

    def check(self) -> None:
        """Raise :class:`StoreError` when objects cannot be written here; leaves nothing behind."""
        made = missing_folders(self.root)
        probe = os.path.join(self.root, f".check-{os.urandom(16).hex()}")
        with reporting("write below", self.root):
            try:
                os.makedirs(self.root, exist_ok=True)
                descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
                try:
                    write_all(descriptor, b"{}")
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
                    os.utime(descriptor, ns=(0, 0))
                finally:
                    os.close(descriptor)
            finally:
                with suppress(OSError):
                    os.unlink(probe)
                for folder in made:
                    with suppress(OSError):
                        os.rmdir(folder)

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
        """Write an object and return its generation; see :class:`~transforms.stores.protocol.Store`."""
        target = self._file(path)
        description = orjson.dumps(
            {"content_type": content_type, "cache_control": cache_control, "metadata": dict(metadata or {})}
        )
        with reporting("write", target):
            if if_generation is None:
                return self._replace(path, target, content, description, _generation(target))
            if if_generation == ABSENT and (generation := self._create(path, target, content, description)):
                return generation
            with self._lock(path):
                _require(path, target, if_generation)
                return self._replace(path, target, content, description, if_generation)

    def stat(self, path: str) -> StoredObject | None:
        """Return the metadata of an object; None when there is none."""
        found = self._read(path, with_content=False)
        return None if found is None else found[1]

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object's content and metadata, both of one generation; None when there is none."""
        return self._read(path, with_content=True)

    @property
    def concurrency(self) -> int:
        """One: a write is a few system calls, and more threads would only wait."""
        return 1

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield the objects whose path starts with ``prefix``, in path order."""
        if prefix:
            validate_path(prefix.removesuffix("/"))
        return self._walk("", prefix, recursive)

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object; nothing happens when there is none."""
        target = self._file(path)
        with reporting("delete", target):
            if if_generation is None:
                self._delete(path, target)
            else:
                with self._lock(path):
                    if _generation(target) != ABSENT:
                        _require(path, target, if_generation)
                        self._delete(path, target)

    def now(self) -> datetime | None:
        """Return nothing: files are dated by this machine."""
        return None

    def url(self, path: str) -> str:
        """Return the object's absolute file path."""
        return os.path.abspath(self._file(path))

    # The steps of a write that tests make fail or turn off.

    def _open_unnamed(self, folder: str) -> int | None:
        """Open a new file without a name in a folder, which is made when it is missing; None where there are none."""
        if not _HAS_UNNAMED:
            return None
        try:
            return in_folder(f"{folder}/", os.open, folder, os.O_WRONLY | os.O_TMPFILE, 0o666)
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                return None
            raise

    def _attach(self, descriptor: int, description: bytes) -> bool:
        """Attach a description to an open file; False when this file system or platform cannot."""
        try:
            os.setxattr(descriptor, _ATTRIBUTE, description)
        except (AttributeError, OSError):
            return False
        return True

    def _link(self, descriptor: int, target: str) -> None:
        """Give a complete file without a name that of an object, which must not exist."""
        # A folder of descriptors makes it the call that follows the link, and not the one that links to the link.
        os.link(f"/proc/self/fd/{descriptor}", target, src_dir_fd=descriptor, follow_symlinks=True)

    def _commit(self, staged: str, target: str) -> None:
        """Put a complete staging file in the object's place."""
        os.replace(staged, target)

    def _file(self, path: str) -> str:
        return f"{self.root}/{validate_path(path)}"

    def _sidecar(self, path: str, generation: int) -> str:
        return f"{self.root}/{_HIDDEN}/metadata/{path}@{generation}"

    def _create(self, path: str, target: str, content: bytes, description: bytes) -> int:
        """Write an object that is not there and return its generation; ``ABSENT`` where that takes a lock."""
        descriptor = self._open_unnamed(os.path.dirname(target))
        if descriptor is None:
            return ABSENT
        sidecar = None
        try:
            write_all(descriptor, content)
            generation, sidecar = self._describe(path, descriptor, time.time_ns() // 1000, description)
            while True:
                try:
                    in_folder(target, self._link, descriptor, target)
                    return generation
                except FileExistsError:
                    _require(path, target, ABSENT)
                    if os.path.isdir(target):
                        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR)) from None
                    if is_no_file(target):
                        raise StoreError(
                            f"cannot write {target}: a link to nothing, a pipe or a device stands where the object "
                            "goes; remove it or choose another path"
                        ) from None
                except OSError as error:
                    if error.errno not in _UNSUPPORTED:
                        raise
                    return ABSENT
        finally:
            # Once the file has its name, the sidecar describes the object in place.
            if sidecar is not None and not os.fstat(descriptor).st_nlink:
                with suppress(OSError):
                    os.unlink(sidecar)
            os.close(descriptor)

    def _replace(self, path: str, target: str, content: bytes, description: bytes, previous: int) -> int:
        """Write an object in the place of its generation ``previous``, and return the new one."""
        staged = f"{self.root}/{_HIDDEN}/staging/{os.urandom(16).hex()}"
        sidecar = None
        descriptor = create_file(staged)
        try:
            try:
                write_all(descriptor, content)
                generation = max(time.time_ns() // 1000, previous + 1)
                generation, sidecar = self._describe(path, descriptor, generation, description)
            finally:
                os.close(descriptor)
            in_folder(target, self._commit, staged, target)
        except BaseException:
            with suppress(OSError):
                os.unlink(staged)
                # Only when the staging file was still there: else the sidecar describes the object in place.
                if sidecar is not None:
                    os.unlink(sidecar)
            raise
        if previous != ABSENT:
            with suppress(OSError):
                os.unlink(self._sidecar(path, previous))
        return generation

    def _describe(self, path: str, descriptor: int, generation: int, description: bytes) -> tuple[int, str | None]:
        """Describe and date an open file, and return its generation and the sidecar, where that has the description."""
        sidecar = None
        if not self._attach(descriptor, description):
            generation, sidecar = self._write_sidecar(path, generation, description)
        os.utime(descriptor, ns=(generation * 1000, generation * 1000))
        return generation, sidecar

    def _write_sidecar(self, path: str, generation: int, description: bytes) -> tuple[int, str]:
        # A sidecar is not read before an object of its generation is in place, so it needs no rename; that
        # it must not exist yet keeps two concurrent writers from sharing a generation.
        while True:
            sidecar = self._sidecar(path, generation)
            try:
                descriptor = create_file(sidecar)
            except FileExistsError:
                generation += 1
                continue
            try:
                write_all(descriptor, description)
            except BaseException:
                os.unlink(sidecar)
                raise
            finally:
                os.close(descriptor)
            return generation, sidecar

    def _read(self, path: str, *, with_content: bool) -> tuple[bytes, StoredObject] | None:
        target = self._file(path)
        with reporting("read", target):
            while True:
                try:
                    descriptor = os.open(target, os.O_RDONLY)
                except (FileNotFoundError, NotADirectoryError):
                    return None
                try:
                    status = os.fstat(descriptor)
                    if not stat.S_ISREG(status.st_mode):
                        return None
                    content = read_all(descriptor, status.st_size) if with_content else b""
                    generation = _generation_of(status)
                    description = self._description(path, descriptor, generation)
                finally:
                    os.close(descriptor)
                # A sidecar is removed when its object is replaced; without one, check whether that happened.
                if description is not None or _generation(target) == generation:
                    return content, StoredObject(path, generation, status.st_size, **description or _DEFAULTS)

    def _description(self, path: str, descriptor: int, generation: int) -> dict[str, Any] | None:
        try:
            raw = os.getxattr(descriptor, _ATTRIBUTE)
        except (AttributeError, OSError):
            try:
                with open(self._sidecar(path, generation), "rb") as sidecar:
                    raw = sidecar.read()
            except OSError:
                return None
        try:
            return dict(orjson.loads(raw))
        except ValueError:
            # A power failure may leave a sidecar empty.
            return None

    def _walk(self, folder: str, prefix: str, recursive: bool) -> Iterator[StoredObject]:
        with reporting("list", f"{self.root}/{folder}"):
            try:
                with os.scandir(f"{self.root}/{folder}") as entries:
                    # A folder sorts as its objects do: with the slash that follows its name.
                    names = sorted(
                        folder + entry.name + ("/" if entry.is_dir() else "")
                        for entry in entries
                        if not entry.name.startswith(".") and "\\" not in entry.name
                    )
            except FileNotFoundError:
                return
        for name in names:
            if name.endswith("/"):
                if prefix.startswith(name) or (recursive and name.startswith(prefix)):
                    yield from self._walk(name, prefix, recursive)
            elif name.startswith(prefix):
                found = self.stat(name)
                if found is not None:
                    yield found

    def _delete(self, path: str, target: str) -> None:
        generation = _generation(target)
        if generation == ABSENT:
            return
        with suppress(FileNotFoundError):
            os.unlink(target)
        with suppress(OSError):
            os.unlink(self._sidecar(path, generation))
        # A bucket has no folders: "a" can be written once "a/b" is gone.
        folder = os.path.dirname(path)
        with suppress(OSError):
            while folder:
                os.rmdir(f"{self.root}/{folder}")
                folder = os.path.dirname(folder)

    @contextmanager
    def _lock(self, path: str) -> Iterator[None]:
        # Opened anew each time: a lock belongs to the open file, which a forked process or another thread would share.
        name = f"{self.root}/{_HIDDEN}/locks/{zlib.crc32(path.encode()) % _LOCKS}"
        descriptor = in_folder(name, os.open, name, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _require(path: str, target: str, if_generation: int) -> None:
    found = _generation(target)
    if found != if_generation:
        raise GenerationMismatch(
            f"object {path} is {_named(found)}, not {_named(if_generation)}: read it and decide again"
        )


def _named(generation: int) -> str:
    return "absent" if generation == ABSENT else f"at generation {generation}"


def _generation(target: str) -> int:
    try:
        status = os.stat(target)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    return _generation_of(status) if stat.S_ISREG(status.st_mode) else ABSENT


def _generation_of(status: os.stat_result) -> int:
    # A file from elsewhere may be dated 1970 or before, and generation 0 means that there is none.
    return max(status.st_mtime_ns // 1000, 1)
