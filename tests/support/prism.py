"""The Prism binary of this machine, if there is one, and a Prism that serves the graphs of tests."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from apache_beam import version
from apache_beam.options.pipeline_options import PipelineOptions

from tests.support.left_out import left_out
from tests.support.ports import free_port, wait_for_port

OF_THE_CHECKOUT = Path(__file__).parents[2] / ".prism" / "prism"
"""Where ``make test-engines`` builds it."""
_INSTALL = f"go install github.com/apache/beam/sdks/v2/go/cmd/prism@v{version.__version__}"


def prism_binary() -> str:
    """Return its path: PRISM_LOCATION, or of the checkout, of PATH or of Go; without one, what needs it is left out."""
    places = (
        os.environ.get("PRISM_LOCATION"),
        str(OF_THE_CHECKOUT),
        shutil.which("prism"),
        str(Path.home() / "go" / "bin" / "prism"),
    )
    found = next((place for place in places if place and os.access(place, os.X_OK)), None)
    if found is None:
        left_out("runs on Prism", f"no prism on PATH; make prism builds one where Go is, or {_INSTALL}")
    return found


@cache
def served_options() -> PipelineOptions:
    """Return the options of a job on a Prism that serves all jobs of this process and ends with it.

    The workers are threads of this process, so a test sees what a step does to its fakes.
    """
    port = free_port()
    log = Path(tempfile.mkdtemp(prefix="prism-")) / "log"
    with log.open("wb") as written:
        command = [prism_binary(), f"--job_port={port}", "--serve_http=false"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
    atexit.register(_end, process, log.parent)
    wait_for_port(port, process, log)
    return PipelineOptions([f"--job_endpoint=localhost:{port}", "--environment_type=LOOPBACK"])


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.kill()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)
