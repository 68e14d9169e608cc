"""The worker processes of a run: found by whose children they are, and killed by their id."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import psutil

_WORKER = "sdk_worker"
"""In the command of a worker that a runner starts, and of one that a pool does."""


def workers_of(parent: int) -> list[int]:
    """Return the ids of the SDK worker processes that a process has started, ascending."""
    found = []
    for child in psutil.Process(parent).children():
        try:
            if any(_WORKER in argument for argument in child.cmdline()):
                found.append(child.pid)
        except psutil.Error:
            # It has ended meanwhile.
            continue
    return sorted(found)


def kill_worker(parent: int, *, once: Callable[[], bool] = lambda: True, seconds: float = 100) -> int:
    """Kill a worker of a process once a condition holds, and return its id.

    Raises:
        TimeoutError: There is no worker, or the condition does not hold.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if once() and (found := workers_of(parent)):
            os.kill(found[0], signal.SIGKILL)
            return found[0]
        time.sleep(0.02)
    raise TimeoutError(f"no worker of {parent} could be killed in {seconds} s")
