"""One ending for every engine: runs that lack something, that are refused, and that break off half way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.command_line import ROOT, arguments_of, run_python
from tests.support.engine_runs import NIGHT, Case, Engine, assert_same_ending, broken_lines
from tests.support.job_server import JobServer
from tests.support.matchers import manifest_of
from tests.support.stores import published_in
from tests.support.warehouses import League


@pytest.mark.parametrize("name", ["withheld", "broken table"])
def test_what_is_missing_ends_with_1_and_the_same_lines(
    tmp_path: Path, engine: Engine, cases: Callable[[str], Case], name: str
) -> None:
    case = cases(name)
    assert case.expected.code == 1
    assert "missing: 2026-02-03" in case.expected.out
    ended = run_python(case.warehouse, tmp_path / "out", *case.flags, *engine)
    assert_same_ending(ended, case.expected)
    assert broken_lines(ended.err) == broken_lines(case.expected.err)


def test_an_output_that_cannot_be_written_is_refused_before_submission(
    tmp_path: Path, engine: Engine, cases: Callable[[str], Case]
) -> None:
    case = cases("below a file")
    ended = run_python(case.warehouse, case.prepare(tmp_path / "folder" / "out"), *case.flags, *engine)
    assert (ended.code, case.expected.code) == (1, 1)
    assert_same_ending(ended, case.expected)
    assert broken_lines(ended.err) == broken_lines(case.expected.err)
    assert "exporting" not in ended.err


def test_an_output_that_fails_half_way(tmp_path: Path, engine: Engine, cases: Callable[[str], Case]) -> None:
    case = cases("half way")
    ended = run_python(case.warehouse, case.prepare(tmp_path / "folder" / "out"), *case.flags, *engine)
    assert (ended.code, case.expected.code) == (1, 1)
    assert broken_lines(ended.err) == broken_lines(case.expected.err)
    broken, missing = broken_lines(ended.err)
    assert "StoreError: cannot write out-control/manifest/2026-02-03.json: Not a directory" in broken
    assert missing == "missing: 2026-02-03: no manifest was written; run it again"
    assert "error" in ended.summary
    assert ended.summary["status"] == "failed"


def test_relative_places_mean_the_folder_of_the_client(league: League, tmp_path: Path, server: JobServer) -> None:
    """The workers of a job server start in its folder."""
    shutil.copytree(league.root, tmp_path / "data")
    argv = arguments_of("data", "out", *NIGHT, *server.options)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline.main", *argv],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert manifest_of(published_in(tmp_path / "out"), league.today)["status"] == "success"
