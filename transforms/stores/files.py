"""Files below the folder store: opened in folders that come and go, written whole, and errors that name the fix."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

from transforms.stores.protocol import StoreError

_Args = ParamSpec("_Args")
_Result = TypeVar("_Result")

_FIXES = {
    errno.ENOSPC: "free some disk space",
    errno.EDQUOT: "free some disk space or raise the quota",
    errno.EFBIG: "raise the file size limit",
    errno.EACCES: "give this user access to it",
    errno.EPERM: "give this user access to it",
    errno.EROFS: "choose a root on a writable file system",
    errno.ENOTDIR: "a file stands where a folder is needed; remove it or choose another root",
    errno.EEXIST: "a file stands where a folder is needed; remove it or choose another root",
    errno.EISDIR: "a folder stands where the object goes; remove it or choose another path",
    errno.ENAMETOOLONG: "shorten the path",
    errno.EMFILE: "raise the limit of open files",
}


class reporting:  # noqa: N801 (read as a statement: with reporting)
    """Turns an error of the file system into a :class:`StoreError` that names the file and the fix."""

    # A generator with ``contextmanager`` takes three times as long, and every object is written inside of one.
    __slots__ = ("_action", "_name")

    def __init__(self, action: str, name: str) -> None:
        """Take what is done, and to which file."""
        self._action, self._name = action, name

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Raise the error of the store for one of the file system; let others pass."""
        if isinstance(error, OSError):
            fix = _FIXES.get(error.errno or 0, "check the path and the disk")
            raise StoreError(f"cannot {self._action} {self._name}: {error.strerror or error}; {fix}") from error


def in_folder(name: str, act: Callable[_Args, _Result], *args: _Args.args, **kwargs: _Args.kwargs) -> _Result:
    """Run an operation in the folder of ``name``, which is made only when it is missing."""
    # More than one attempt, since a concurrent delete removes folders that it leaves empty, even while they are made.
    for _ in range(100):
        try:
            return act(*args, **kwargs)
        except FileNotFoundError:
            with suppress(FileNotFoundError, FileExistsError):
                os.makedirs(os.path.dirname(name), exist_ok=True)
    return act(*args, **kwargs)


def create_file(name: str) -> int:
    """Open a file that must not exist yet, for writing."""
    return in_folder(name, os.open, name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)


def write_all(descriptor: int, content: bytes) -> None:
    """Write the whole content; one call may write a part."""
    written = os.write(descriptor, content)
    while written < len(content):
        written += os.write(descriptor, memoryview(content)[written:])


def read_all(descriptor: int, size: int) -> bytes:
    """Read up to ``size`` bytes; one call may read a part."""
    chunks = []
    while size > 0 and (chunk := os.read(descriptor, size)):
        chunks.append(chunk)
        size -= len(chunk)
    return b"".join(chunks)


def is_no_file(target: str) -> bool:
    """Whether something has a name that no write replaces; a file may have come since, and is found on the next try."""
    try:
        return not stat.S_ISREG(os.lstat(target).st_mode)
    except FileNotFoundError:
        return False


def missing_folders(folder: str) -> list[str]:
    """Return the folders, innermost first, that making ``folder`` makes."""
    missing = []
    folder = os.path.abspath(folder)
    while not os.path.exists(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    return missing
