"""A pool of workers that holds the wheel: Beam's own program, started from the environment of the wheel."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port, wait_for_port

_POOL = "apache_beam.runners.worker.worker_pool_main"


@dataclass(frozen=True)
class WorkerPool:
    """A running pool, which starts a process for each worker that a job asks for.

    Attributes:
        process: Its process.
        endpoint: Where it answers.
        python: The interpreter of the environment that it runs from.
    """

    process: subprocess.Popen[bytes]
    endpoint: str
    python: Path

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a job whose workers come from the pool."""
        return ("--environment_type=EXTERNAL", f"--environment_config={self.endpoint}")


def environment_of(python: Path) -> dict[str, str]:
    """Return the variables of a process that finds an environment and nothing of the checkout."""
    # The pool starts "python" from PATH.
    return {"PATH": f"{python.parent}:{os.defpath}", "HOME": os.environ.get("HOME", "/")}


@contextmanager
def worker_pool(python: Path, folder: Path) -> Iterator[WorkerPool]:
    """Run a pool in a folder while the block runs; its log is a file of the folder.

    Args:
        python: The interpreter of an environment that holds the wheel.
        folder: An empty folder, where workers start.
    """
    port = free_port()
    log = folder / "log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [python, "-m", _POOL, f"--service_port={port}"],
            cwd=folder,
            env=environment_of(python),
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
        try:
            wait_for_port(port, process, log)
            yield WorkerPool(process, f"localhost:{port}", python)
        finally:
            # Its workers are of its session, which no other process is of.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
