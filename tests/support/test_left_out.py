from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.version import ROOT

CONFTEST = "from tests.support.left_out import pytest_sessionfinish\n"
IN_A_TEST = """
from tests.support.left_out import left_out

def test_passes():
    pass

def test_first():
    left_out("the engine", "it is not installed; install it")
    raise AssertionError("not reached")

def test_second():
    left_out("the engine", "it is not installed; install it")
"""
IN_A_FIXTURE = """
import pytest
from tests.support.left_out import left_out

@pytest.fixture(scope="session")
def emulator():
    left_out("the emulator", "it needs Java;\\n  install it")

@pytest.mark.parametrize("n", range(3))
def test_uses_it(emulator, n):
    raise AssertionError("not reached")
"""
OF_A_MODULE = """
from tests.support.left_out import left_out

left_out("the module", "it needs git")

def test_any():
    raise AssertionError("not reached")
"""
SKIPPED = """
import pytest

@pytest.mark.skip(reason="later")
def test_forgotten():
    pass
"""


def last_lines(folder: Path, *modules: str, options: tuple[str, ...] = ()) -> tuple[int, list[str]]:
    """Run modules as tests; return the exit code and the lines from that with the counts on."""
    (folder / "conftest.py").write_text(CONFTEST)
    for number, module in enumerate(modules):
        (folder / f"test_{number}.py").write_text(module)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", *options, folder]
    # Loading the plugins that these tests do not use takes longer than the tests.
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)
    lines = ended.stdout.splitlines()
    [counts] = [number for number, line in enumerate(lines) if " in " in line and line.endswith("s")]
    return ended.returncode, [lines[counts].rpartition(" in ")[0], *lines[counts + 1 :]]


@pytest.mark.parametrize("options", [(), ("-p", "xdist", "-n", "2")])
def test_what_is_left_out_is_named_once_in_the_last_lines_and_passes_nowhere(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    code, lines = last_lines(tmp_path, IN_A_TEST, IN_A_FIXTURE, OF_A_MODULE, SKIPPED, options=options)
    assert (code, lines[0].split(", ")[0]) == (0, "1 passed")
    assert lines[1:] == [
        "left out: test_3.py::test_forgotten: later",
        "left out: the emulator: it needs Java; install it",
        "left out: the engine: it is not installed; install it",
        "left out: the module: it needs git",
    ]


def test_a_run_that_leaves_nothing_out_prints_so(tmp_path: Path) -> None:
    assert last_lines(tmp_path, "def test_passes():\n    pass\n") == (0, ["1 passed", "left out: nothing"])


def test_a_failure_stays_one(tmp_path: Path) -> None:
    code, lines = last_lines(tmp_path, IN_A_TEST, "def test_fails():\n    assert False\n")
    assert code == 1
    assert lines == ["1 failed, 1 passed, 2 skipped", "left out: the engine: it is not installed; install it"]
