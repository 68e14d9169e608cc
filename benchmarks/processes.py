"""Whole processes, seen from outside: what one costs, and the conditions under which it was measured."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOM = 4 << 30
"""Bytes that a memory file system must have free."""
SHARED = "/dev/shm"


@dataclass(frozen=True)
class Cost:
    """What one process cost.

    Attributes:
        cpu: CPU seconds, of user and system, with those of the processes that it started and waited for.
        wall: Seconds.
        memory: Peak resident memory in MiB, of the largest process; 0 where it says nothing.
        documents: Dated documents that it wrote.
    """

    cpu: float
    wall: float
    memory: float
    documents: int


def run(
    command: Sequence[str], count: Callable[[], int], codes: Sequence[int] = (0,), folder: Path = ROOT
) -> tuple[Cost, str]:
    """Run a command and return what it cost, imports included, and what it printed.

    Args:
        command: The command.
        count: Counts the documents that are there afterwards.
        codes: Exit codes that are no failure.
        folder: Where it runs: a checkout, whose modules are those that it imports.

    Raises:
        RuntimeError: It ended with another exit code, or there is no document.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as wrong:
        process = subprocess.Popen(command, cwd=folder, stdout=said, stderr=wrong)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        wrong.seek(0)
        printed = said.read().decode()
        documents = count()
        if process.returncode not in codes or not documents:
            raise RuntimeError(
                f"{' '.join(command)} ended with {process.returncode} and {documents} documents, so what it cost says "
                f"nothing; correct it first:\n{printed}{wrong.read().decode()}"
            )
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, documents), printed


@contextmanager
def memory_folder() -> Iterator[Path]:
    """Give a new folder of a memory file system, or of the usual one where there is none with room; remove it after."""
    folder = Path(tempfile.mkdtemp(prefix="phase6-bench-", dir=SHARED if _has_room() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _has_room() -> bool:
    return os.path.isdir(SHARED) and shutil.disk_usage(SHARED).free >= ROOM


def conditions() -> dict[str, str]:
    """Return what a reader must know of a measurement: commit, machine, load, and where files went."""
    from pipeline.version import code_version

    return {
        "commit": code_version(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "files": "a memory file system" if _has_room() else "the temporary folder",
    }


def conditions_line(found: Mapping[str, str]) -> str:
    """Return the conditions as a sentence."""
    return (
        f"Commit `{found['commit']}`, {found['machine']}; load {found['load']} before the first run; files in "
        f"{found['files']}."
    )
