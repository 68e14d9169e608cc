"""Free ports, and waiting until something listens there."""

from __future__ import annotations

import socket
import subprocess
import time


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(1000):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if server.poll() is not None:
                raise SystemExit(f"the emulator ended with {server.returncode}") from None
            time.sleep(0.05)
        else:
            return
    raise SystemExit("the emulator does not listen")
