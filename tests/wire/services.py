"""The emulators as processes, and how tests reach them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.left_out import left_out
from tests.wire.bigquery_tables import Tables
from transforms.clients.retries import RetryPolicy
from transforms.stores.control import ControlledStore
from transforms.stores.gcs import GcsStore
from transforms.warehouses.bigquery import BigQueryWarehouse

HERE = Path(__file__).parent
PYTHON = HERE.parents[1] / ".venv-emulators/bin/python"
SECONDS_TO_START = 60

BUCKET = "documents"
HASTY = RetryPolicy(first=0.002, longest=0.02, total=3.0)
"""Short waits for tests."""


@dataclass(frozen=True)
class BigQuery:
    """A BigQuery emulator.

    Attributes:
        rest: URL of its REST API.
        storage: Address of its Storage API.
    """

    rest: str
    storage: str

    def tables(self, project: str) -> Tables:
        """Return the tables of a project."""
        return Tables(self.rest, project)

    def warehouse(self, project: str) -> BigQueryWarehouse:
        """Return a project as a warehouse."""
        return BigQueryWarehouse(
            project, rest_endpoint=self.rest, storage_endpoint=self.storage, retry=HASTY, max_streams=4
        )


def need_python_311() -> None:
    """Leave out what needs the BigQuery emulator where it cannot be installed."""
    if PYTHON.exists():
        asked = [PYTHON, "-c", "import sys; print(*sys.version_info[:2])"]
        version = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout.split()
        if tuple(map(int, version)) < (3, 11):
            left_out(
                "BigQuery on the wire",
                f"its emulator needs Python 3.11 or newer, and Python {'.'.join(version)} is all there is; "
                "put a newer one on PATH, remove .venv-emulators, and run 'make test' again",
            )


@contextmanager
def running(script: str, log: Path, *arguments: str | Path, python: str | Path = PYTHON) -> Iterator[str]:
    """Run an emulator and yield the line that it prints about where it listens.

    Args:
        script: Of the folder of launchers.
        log: Takes its standard error.
        arguments: Of the script.
        python: The interpreter; by default that of the emulators' own environment.

    Raises:
        RuntimeError: It is not installed, or does not start.
    """
    if not Path(python).exists():
        raise RuntimeError(f"{script} cannot start: {python} is missing; run 'make emulators'")
    command = [python, HERE / "launchers" / script, *arguments]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        # Ends a launcher that hangs; the line below then is missing.
        watchdog = threading.Timer(SECONDS_TO_START, process.kill)
        watchdog.start()
        try:
            where = next((line for line in process.stdout if line.startswith("http://")), None)
            watchdog.cancel()
            if where is None:
                raise RuntimeError(f"{script} did not start: {log.read_text()[-2000:]}")
            # A pipe that nobody reads would fill up and stop it.
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield where.strip()
        finally:
            watchdog.cancel()
            # It ends with its standard input; so it does when this process is killed.
            process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def with_control(store: GcsStore) -> ControlledStore:
    """Return the store of what a command published into a bucket, with what it says of its runs beside it."""
    return ControlledStore(store, replace(store, bucket=f"{store.bucket}-control"))
