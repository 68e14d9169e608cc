"""Ports of this machine, for servers that take the number of theirs as an option."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

_SECONDS_TO_START = 120


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a process listens on a port; what it logs says why it does not."""
    until = time.monotonic() + _SECONDS_TO_START
    while not _answers(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("localhost", port)) == 0
