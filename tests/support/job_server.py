"""A job server of Beam in a process of its own, which outlives its clients and runs workers as processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_SERVER = "apache_beam.runners.portability.local_job_service_main"
_WORKER = f"{sys.executable} -m apache_beam.runners.worker.sdk_worker_main"
_SECONDS_TO_START = 120


@dataclass(frozen=True)
class JobServer:
    """A running job server.

    Attributes:
        process: Its process.
        endpoint: Where it answers.
    """

    process: subprocess.Popen[bytes]
    endpoint: str

    @property
    def options(self) -> tuple[str, ...]:
        """The options of a job on it, whose workers are processes of the server."""
        return (
            "--runner=PortableRunner",
            f"--job_endpoint={self.endpoint}",
            "--environment_type=beam:env:harness_subprocess_python:v1",
            f"--environment_config={_WORKER}",
        )


@contextmanager
def job_server(folder: Path) -> Iterator[JobServer]:
    """Run a job server while the block runs; its log and its port are files of the folder."""
    port = folder / "port"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", _SERVER, f"--port_file={port}"], cwd=_ROOT, stdout=log, stderr=log
        )
        try:
            until = time.monotonic() + _SECONDS_TO_START
            while not port.exists():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, (folder / "log").read_text()
                time.sleep(0.05)
            yield JobServer(process, f"localhost:{port.read_text()}")
        finally:
            process.kill()
            process.wait()
