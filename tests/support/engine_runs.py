"""Runs of whole command lines on engines, and what must be the same on each."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.end_to_end.command_line import ROOT, Ended, arguments_of
from tests.support.prism import prism_binary
from tests.support.warehouses import League

Engine = tuple[str, ...]
"""The options of an engine."""

LOCAL: Engine = ("--runner=DirectRunner",)
EMBEDDED: Engine = ("--runner=PortableRunner", "--job_endpoint=embed")
NIGHT = ("--export_types=tonight-all", "--target_date=today", "--json")
WEEKS = ("--export_types=tonight-all", "--start_date=2025-12-20", "--end_date=today", "--json")
"""Long enough to be cut off in between, after the first document and before the first manifest."""
SECONDS_TO_PUBLISH = 600


def prism(binary: Path | str | None = None) -> Engine:
    """Return the options of a Prism that the run starts; without one on this machine, what needs it is left out."""
    return ("--runner=PrismRunner", f"--prism_location={binary or prism_binary()}")


@dataclass(frozen=True)
class Case:
    """A run that must end likewise on every engine.

    Attributes:
        warehouse: What it reads.
        flags: Its options.
        prepare: Makes its output ready.
        output: Of the run on the local runner.
        expected: How that one ends.
    """

    warehouse: League | Path
    flags: tuple[str, ...]
    prepare: Callable[[Path], Path]
    output: Path
    expected: Ended


def as_it_is(output: Path) -> Path:
    """Prepare nothing."""
    return output


def with_manifests_in_the_way(output: Path) -> Path:
    """Put a file where the folder of manifests goes: the run fails half way."""
    control = output.with_name(f"{output.name}-control")
    control.mkdir(parents=True)
    (control / "manifest").write_text("in the way")
    return output


def below_a_file(output: Path) -> Path:
    """Return an output that cannot be made."""
    output.parent.mkdir(parents=True)
    (output.parent / "file").write_text("in the way")
    return output.parent / "file" / "out"


def assert_same_ending(found: Ended, expected: Ended) -> None:
    """Insist on the same exit code, table, lines and JSON but for times, places and the engine's name."""
    assert found.code == expected.code, found.err
    assert expected.out, "nothing to compare"
    assert _lines(found.out) == _lines(expected.out)


def broken_lines(err: str) -> list[str]:
    """Return the message of a run that broke off, without the engine's name and the folder."""
    said = [line for line in err.splitlines() if line.startswith(("the run broke off", "missing", "nothing was"))]
    return [_without_folder(re.sub(r"the job failed on .*?: ", "", line)) for line in said]


def _lines(out: str) -> list[str]:
    table = (re.sub(r"\s+[0-9.]+$", "", line) for line in out.splitlines())
    without_engines = (re.sub(r', by [^"]+$|"engine":"[^"]*"', "", line) for line in table)
    without_times = (re.sub(r'"seconds":[0-9.]+', "", line) for line in without_engines)
    return [_without_folder(line) for line in without_times]


def _without_folder(line: str) -> str:
    return re.sub(r"(?<=[\s\"'])/[^\s\"']*/out\b", "out", line)


def started(league: League, output: Path, *flags: str) -> subprocess.Popen[str]:
    """Start a long run as people do."""
    argv = arguments_of(league, output, *WEEKS, *flags)
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline.main", *argv], cwd=ROOT, stdout=pipe, stderr=pipe, text=True
    )


def has_published(output: Path) -> bool:
    """Whether a run has written a document."""
    return (output / "tonight").is_dir()


def wait_until(condition: Callable[[], bool], seconds: float = SECONDS_TO_PUBLISH) -> None:
    """Wait until a condition holds, or fail."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


class Recorded:
    """Prism behind a script that leaves the id of its process.

    Attributes:
        engine: The options of a run on it.
    """

    def __init__(self, folder: Path) -> None:
        self._pid = folder / "pid"
        script = folder / "recorded"
        script.write_text(f'#!/bin/sh\necho $$ > "{self._pid}"\nexec "{prism_binary()}" "$@"\n')
        script.chmod(0o755)
        self.engine = prism(script)

    @property
    def pid(self) -> int:
        """The id."""
        return int(self._pid.read_text())

    def lives(self) -> bool:
        """Whether the process runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True
