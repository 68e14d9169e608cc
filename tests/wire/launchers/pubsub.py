"""Runs Google's Pub/Sub emulator, whose path is its argument, until standard input ends; first prints its URL."""

from __future__ import annotations

import subprocess
import sys

from ports import free_port, wait_for

if __name__ == "__main__":
    port = free_port()
    server = subprocess.Popen([sys.argv[1], "--host=127.0.0.1", f"--port={port}"], stdout=sys.stderr)
    try:
        wait_for(port, server)
        print(f"http://127.0.0.1:{port}", flush=True)  # noqa: T201
        sys.stdin.read()
    finally:
        server.terminate()
        server.wait()
