"""One short night on every engine that this machine has; ``make test-engines`` runs much more, in tests/engines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.command_line import Ended, run_main, run_python
from tests.support.engine_runs import (
    EMBEDDED,
    LOCAL,
    NIGHT,
    Engine,
    assert_same_ending,
    broken_lines,
    prism,
    wait_until,
    with_manifests_in_the_way,
)
from tests.support.job_server import JobServer, job_server
from tests.support.matchers import assert_no_leftovers, assert_same_manifest, assert_same_objects, documents
from tests.support.stores import published_in
from tests.support.warehouses import League
from transforms.stores.control import ControlledStore


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobServer]:
    with job_server(tmp_path_factory.mktemp("job_server")) as found:
        yield found


@pytest.fixture(params=["prism", "embedded", "job server"])
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "prism":
        return prism()
    if request.param == "embedded":
        return EMBEDDED
    found: JobServer = request.getfixturevalue("server")
    return found.options


@pytest.fixture(scope="module")
def local(league: League, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, ControlledStore]:
    """The night on the local runner."""
    output = tmp_path_factory.mktemp("local") / "out"
    return run_python(league, output, *NIGHT, *LOCAL), published_in(output)


def test_an_engine_publishes_and_reports_what_the_local_runner_does(
    league: League, tmp_path: Path, engine: Engine, local: tuple[Ended, ControlledStore]
) -> None:
    expected, expected_store = local
    assert expected.code == 0, expected.err
    ended = run_python(league, tmp_path / "out", *NIGHT, *engine)
    assert_same_ending(ended, expected)
    assert ended.summary["run_id"] == expected.summary["run_id"]
    store = published_in(tmp_path / "out")
    assert_same_objects(documents(store), documents(expected_store))
    assert_same_manifest(store, expected_store, league.today)
    assert_no_leftovers(tmp_path / "out")
    assert "Traceback" not in ended.err
    first, *_, progress = ended.err.splitlines()
    assert first.startswith("exporting ")
    assert re.match(r"[0-9.]+ s, DONE", progress)
    # Counted where the workers are threads of the client.
    workers_are_here = "--environment_type" not in " ".join(engine)
    assert progress.endswith("1 of 1 dates done") is workers_are_here


def test_a_run_that_fails_half_way_ends_with_1_and_names_what_is_missing(league: League, tmp_path: Path) -> None:
    """On the engine that starts the fastest of those that are another one than the local runner."""
    ended = run_python(league, with_manifests_in_the_way(tmp_path / "folder" / "out"), *NIGHT, *EMBEDDED)
    assert ended.code == 1
    broken, missing = broken_lines(ended.err)
    assert "StoreError: cannot write out-control/manifest/2026-02-03.json: Not a directory" in broken
    assert missing == "missing: 2026-02-03: no manifest was written; run it again"
    assert (ended.summary["status"], ended.summary["error"]) == ("failed", ended.err.splitlines()[-2])


def test_a_binary_that_is_not_there_is_named(league: League, tmp_path: Path) -> None:
    location = tmp_path / "nowhere" / "prism"
    ended = run_main(league, tmp_path / "out", *NIGHT, *prism(location))
    assert ended.code == 1
    assert ended.err.splitlines()[-1].startswith("nothing was submitted: ")
    assert str(location) in ended.err.splitlines()[-1]
    assert ended.err.splitlines()[-1].endswith("give a Prism binary with --prism_location=PATH")


class TestNoWait:
    def test_a_job_that_is_left_publishes_what_a_local_run_does(
        self, league: League, tmp_path: Path, server: JobServer, local: tuple[Ended, ControlledStore]
    ) -> None:
        store = published_in(tmp_path / "out")
        ended = run_python(league, tmp_path / "out", *NIGHT, *server.options, "--no_wait")
        assert ended.code == 0, ended.err
        first, _ = ended.out.splitlines()
        assert first.startswith(f"submitted run {local[0].summary['run_id']}: job job-")
        assert ended.summary["status"] == "submitted"
        assert store.read(f"manifest/{league.today}.json") is None, "it was waited for"
        wait_until(lambda: store.read(f"manifest/{league.today}.json") is not None)
        assert_same_objects(documents(store), documents(local[1]))

    @pytest.mark.parametrize("flags", [(), ("--runner=PrismRunner",), EMBEDDED])
    def test_it_is_refused_where_the_job_would_end_with_the_client(
        self, league: League, tmp_path: Path, flags: tuple[str, ...]
    ) -> None:
        ended = run_main(league, tmp_path / "out", *NIGHT, *flags, "--no_wait")
        assert ended.code == 2
        assert ended.err.startswith("--no_wait: would publish nothing: ")
        assert len(ended.err.splitlines()) == 1
        assert list(tmp_path.iterdir()) == []
