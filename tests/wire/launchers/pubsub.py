"""Runs the Pub/Sub emulator of the Google Cloud SDK until standard input ends; first prints where it listens.

Set PUBSUB_EMULATOR to the path of ``cloud-pubsub-emulator`` where the SDK's folder cannot be told from ``gcloud``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ports import free_port, wait_for

PLACE = "platform/pubsub-emulator/bin/cloud-pubsub-emulator"


def emulator() -> Path:
    if "PUBSUB_EMULATOR" in os.environ:
        return Path(os.environ["PUBSUB_EMULATOR"])
    gcloud = shutil.which("gcloud")
    found = Path(gcloud).resolve().parents[1] / PLACE if gcloud else Path(PLACE)
    if not found.exists():
        raise SystemExit(
            "the Pub/Sub emulator, which needs Java, is not installed: "
            "apt-get install google-cloud-cli-pubsub-emulator, or gcloud components install pubsub-emulator"
        )
    return found


if __name__ == "__main__":
    port = free_port()
    server = subprocess.Popen([emulator(), "--host=127.0.0.1", f"--port={port}"], stdout=sys.stderr)
    try:
        wait_for(port, server)
        print(f"http://127.0.0.1:{port}", flush=True)  # noqa: T201
        sys.stdin.read()
    finally:
        server.terminate()
        server.wait()
