"""Running the command line of the pipeline in this process or in one of its own."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from pipeline.execution.run import main
from tests.support.plans import NOW
from tests.support.warehouses import League

ROOT = Path(__file__).parents[2]


@dataclass
class Ended:
    """How a command line ended.

    Attributes:
        code: Exit code.
        out: Standard output.
        err: Standard error.
    """

    code: int
    out: str
    err: str

    @property
    def summary(self) -> Any:
        """The JSON of the last line."""
        return orjson.loads(self.out.splitlines()[-1])


def run_main(warehouse: League | Path | str, output: Path | str, *arguments: str) -> Ended:
    """Run a command line in this process, with gates that the small league passes."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(arguments_of(warehouse, output, *arguments))
    return Ended(code, out.getvalue(), err.getvalue())


def run_python(warehouse: League | Path | str, output: Path | str, *arguments: str) -> Ended:
    """Run a command line as people do."""
    command = [sys.executable, "-m", "pipeline.main", *arguments_of(warehouse, output, *arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def arguments_of(warehouse: League | Path | str, output: Path | str, *arguments: str) -> list[str]:
    """Return the arguments of a command line, with gates that the small league passes."""
    given = {argument.partition("=")[0] for argument in arguments}
    defaults = {
        "--warehouse": str(warehouse.root if isinstance(warehouse, League) else warehouse),
        "--output": str(output),
        "--min_context_rows": "5",
        "--min_active_predictions": "5",
        "--generated_at": NOW,
    }
    if given & {"--request", "--input_subscription"}:
        del defaults["--generated_at"]
    return [*(f"{flag}={value}" for flag, value in defaults.items() if flag not in given), *arguments]
