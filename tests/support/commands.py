"""Stand-ins for command-line tools: first on PATH, they record how they are called."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.left_out import left_out

_STAND_IN = """\
#!{python} -IS
import sys
with open({log!r}, "a") as log:
    log.write(repr([{name!r}, *sys.argv[1:]]) + "\\n")
words = " ".join(sys.argv[1:])
for start, code, output in {answers!r}:
    if words.startswith(start):
        sys.stdout.write(output)
        sys.exit(code)
"""


def need_command(name: str) -> None:
    """Leave a test out where a command is missing that users of the deployment have, and others need not."""
    if shutil.which(name) is None:
        left_out(f"scripts of {name}", f"{name} is not on PATH; install it")


class FakeCommands:
    """A folder of stand-ins; what is not answered succeeds and prints nothing."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder that is put on PATH."""
        self._folder = folder
        self._log = folder / "calls"
        folder.mkdir(parents=True, exist_ok=True)

    def add(self, name: str, answers: Sequence[tuple[str, int, str]] = ()) -> None:
        """Stand in for a command.

        Args:
            name: Of the command.
            answers: Start of the arguments, exit code and standard output; the first that fits counts.
        """
        path = self._folder / name
        text = _STAND_IN.format(python=sys.executable, log=str(self._log), name=name, answers=list(answers))
        path.write_text(text)
        path.chmod(0o755)

    def run(self, *command: str, script: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the stand-ins first on PATH; ``script`` is its standard input.

        Without the command, the test is left out.
        """
        need_command(command[0])
        return subprocess.run(
            command,
            input=script,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "PATH": f"{self._folder}{os.pathsep}{os.environ['PATH']}", **environment},
        )

    @property
    def calls(self) -> list[list[str]]:
        """Every call so far, the name of the command first."""
        return [ast.literal_eval(line) for line in self._log.read_text().splitlines()] if self._log.exists() else []
