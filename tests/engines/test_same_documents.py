"""The same bytes, manifests, table, lines and exit code on Prism as on the local runner.

The workers are threads of the client (loopback), and processes of a pool that holds the built wheel and no checkout.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.command_line import run_python
from tests.support.engine_runs import NIGHT, Case, Engine, assert_same_ending, prism
from tests.support.matchers import (
    assert_no_leftovers,
    assert_same_manifest,
    assert_same_objects,
    contents,
    documents,
    json_of,
)
from tests.support.stores import published_in
from tests.support.warehouses import League

DATES = {"a night": 1, "a week": 7, "four weeks": 28, "live grading": 1}
"""The dates of each case: a run that did less would have less to compare."""


@pytest.mark.parametrize("name", DATES)
def test_prism_publishes_and_reports_what_the_local_runner_does(
    tmp_path: Path, on_prism: Engine, cases: Callable[[str], Case], name: str
) -> None:
    case = cases(name)
    ended = run_python(case.warehouse, tmp_path / "out", *case.flags, *on_prism)
    assert_same_ending(ended, case.expected)
    assert (ended.summary["engine"], case.expected.summary["engine"]) == ("Prism", "the local runner")
    assert ended.summary["run_id"] == case.expected.summary["run_id"]
    found, expected = published_in(tmp_path / "out"), published_in(case.output)
    assert_same_objects(documents(found), documents(expected))
    assert_same_objects(contents(found, "schemas/"), contents(expected, "schemas/"))
    days = [path.removeprefix("manifest/").removesuffix(".json") for path in contents(expected, "manifest/")]
    assert len(days) == DATES[name]
    for day in days:
        assert_same_manifest(found, expected, day)
    assert_no_leftovers(tmp_path / "out")
    assert "Traceback" not in ended.err


def test_the_evening_that_is_compared_has_graded_picks(cases: Callable[[str], Case], league: League) -> None:
    shown = json_of(published_in(cases("live grading").output), f"live-grading/{league.today}.json")["summary"]
    assert min(shown["correct"], shown["incorrect"], shown["games_in_progress"]) > 0


def test_a_run_may_take_longer_than_an_answer_of_the_job_server(league: League, tmp_path: Path) -> None:
    """Beam's own waiting ends with --job_server_timeout where a job has states before it runs."""
    assert run_python(league, tmp_path, *NIGHT, *prism(), "--job_server_timeout=4").code == 0
