"""A machine with Python, make and a package index, and nothing else: PATH holds Python, make and a shell alone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.version import ROOT
from tests.support.commands import need_command

ONCE_NEEDED_A_TOOL = (
    "tests/deploy/test_scripts.py",
    "tests/pipeline/deployment/test_schedules.py",
    "tests/pipeline/deployment/test_settings.py",
    "tests/pipeline/engines/test_worker_processes.py::test_one_that_dies_before_it_connects_ends_the_run",
    "tests/pipeline/test_version.py",
    "tests/transforms/stores/test_folder.py",
    "tests/wire/test_pubsub_servers.py::TestTopics",
    "tests/wire/test_streaming.py::TestRequests::test_rejected_messages_are_kept_whole",
)


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """The environment of a process on such a machine."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("python3", f"python3.{sys.version_info.minor}"):
        (folder / name).symlink_to(sys.executable)
    for name in ("make", "sh"):
        need_command(name)
        (folder / name).symlink_to(str(shutil.which(name)))
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": str(folder), "HOME": str(home)}


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=250)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not found" not in done.stderr
    return done.stdout


def test_every_test_module_is_collected(bare: dict[str, str]) -> None:
    # Quiet twice over, with that of pyproject.toml, it prints a count for each module.
    shown = run(bare, sys.executable, "-m", "pytest", "--collect-only", "-q")
    collected = {line.partition(": ")[0] for line in shown.splitlines() if line.startswith("tests/")}
    assert collected == {str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py")}


def test_what_once_needed_a_tool_passes_or_is_left_out_by_name(bare: dict[str, str]) -> None:
    lines = run(bare, sys.executable, "-m", "pytest", *ONCE_NEEDED_A_TOOL).splitlines()
    [counts] = [number for number, line in enumerate(lines) if " passed, " in line]
    assert int(lines[counts].split()[0]) > 50
    assert "skipped" in lines[counts]
    assert [line.partition(": ")[2].partition(": ")[0] for line in lines[counts + 1 :]] == [
        "Google's Pub/Sub emulator, beside which the embedded server is held",
        "commits as the version of the code",
        "scripts of bash",
    ]


@pytest.mark.parametrize("command", ["help", "--dry-run run stream unit test matrix"])
def test_make_starts_nothing_else(bare: dict[str, str], command: str) -> None:
    shown = run(bare, "make", "--always-make", *command.split())
    # What a dry run starts nevertheless is the matrix, whose own targets it does not.
    assert ("matrix: passed on Python: 3." in shown) is ("matrix" in command)
