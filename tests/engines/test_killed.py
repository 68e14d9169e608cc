"""Runs on Prism whose engine or whose workers are killed: how they end, and that nothing is torn."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.command_line import Ended, run_python
from tests.support.engine_runs import (
    LOCAL,
    NIGHT,
    SECONDS_TO_PUBLISH,
    WEEKS,
    Recorded,
    broken_lines,
    has_published,
    prism,
    started,
    wait_until,
)
from tests.support.matchers import assert_same_objects, contents, documents
from tests.support.processes import kill_worker
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.support.worker_pool import WorkerPool
from transforms.stores.control import ControlledStore

DATES = 46
"""Of :data:`WEEKS`, from 2025-12-20 to 2026-02-03."""


@pytest.fixture(scope="module")
def whole(league: League, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, ControlledStore]:
    """The long run on the local runner, which nothing ends."""
    output = tmp_path_factory.mktemp("whole") / "out"
    ended = run_python(league, output, *WEEKS, *LOCAL)
    # Of the first weeks, too little is there.
    assert ended.summary["status"] == "partial"
    return ended, published_in(output)


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path)


def assert_broken_off(ended: Ended, reason: str) -> None:
    """Insist on exit code 1, a reason, and a name for every date that is not complete."""
    assert ended.code == 1, ended.out
    broken, *missing = broken_lines(ended.err)
    assert broken == f"the run broke off: {reason}"
    assert missing[-1] == "missing: 2026-02-03: no manifest was written; run it again"
    assert len(missing) == DATES
    assert (ended.summary["status"], len(ended.summary["missing"])) == ("failed", DATES)
    assert ended.summary["missing"] == [line.removeprefix("missing: ") for line in missing]
    assert "Traceback" not in ended.err
    assert "grpc" not in ended.err


def assert_nothing_torn(output: Path, whole: ControlledStore) -> int:
    """Insist that what was published is whole, that no manifest claims it, and return how many documents that are."""
    store = published_in(output)
    found, expected = documents(store), documents(whole)
    assert {path: held for path, held in found.items() if expected.get(path) != held} == {}
    assert contents(store, "manifest/") == {}
    return len(found)


class TestEngine:
    def test_a_prism_that_is_killed_ends_the_run_with_a_reason(
        self, league: League, tmp_path: Path, recorded: Recorded, whole: tuple[Ended, ControlledStore]
    ) -> None:
        output = tmp_path / "out"
        run = started(league, output, *recorded.engine)
        wait_until(lambda: has_published(output) or run.poll() is not None)
        os.kill(recorded.pid, signal.SIGKILL)
        out, err = run.communicate(timeout=SECONDS_TO_PUBLISH)
        ended = Ended(run.returncode, out, err)
        reason = (
            "Prism stopped: exit 137 (killed, which usually means out of memory); "
            "what it published is safe, run it again with --shards=64 to complete it"
        )
        assert_broken_off(ended, reason)
        assert ended.summary["error"] == f"the run broke off: {reason}"
        assert 0 < assert_nothing_torn(output, whole[1]) < len(documents(whole[1]))
        again = run_python(league, output, *WEEKS, "--shards=64", *recorded.engine)
        assert (again.summary["status"], again.summary["missing"]) == ("partial", whole[0].summary["missing"])
        assert_same_objects(documents(published_in(output)), documents(whole[1]))

    def test_a_run_leaves_no_prism_behind(self, league: League, tmp_path: Path, recorded: Recorded) -> None:
        assert run_python(league, tmp_path / "out", *NIGHT, *recorded.engine).code == 0
        assert not recorded.lives()

    def test_an_interrupted_run_leaves_no_prism_behind(
        self, league: League, tmp_path: Path, recorded: Recorded
    ) -> None:
        output = tmp_path / "out"
        run = started(league, output, *recorded.engine)
        wait_until(lambda: has_published(output) or run.poll() is not None)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=SECONDS_TO_PUBLISH)
        assert run.returncode == 130, err
        assert "the run broke off: it was interrupted; what it published is safe" in err
        assert "Traceback" not in err
        assert not recorded.lives()


class TestWorker:
    """A worker process of a pool."""

    def killed(self, league: League, output: Path, pool: WorkerPool, once: Callable[[], bool]) -> Ended:
        run = started(league, output, *prism(), *pool.options)
        kill_worker(pool.process.pid, once=once, seconds=SECONDS_TO_PUBLISH)
        out, err = run.communicate(timeout=SECONDS_TO_PUBLISH)
        return Ended(run.returncode, out, err)

    def test_one_that_is_killed_while_it_publishes_ends_the_run_and_the_next_run_completes_it(
        self, league: League, tmp_path: Path, pool: WorkerPool, whole: tuple[Ended, ControlledStore]
    ) -> None:
        output = tmp_path / "out"
        ended = self.killed(league, output, pool, lambda: has_published(output))
        assert_broken_off(
            ended,
            "a worker of Prism ended (killed, which usually means out of memory); "
            "what it published is safe, run it again with --shards=64 to complete it",
        )
        assert 0 < assert_nothing_torn(output, whole[1]) < len(documents(whole[1]))
        again = run_python(league, output, *WEEKS, *prism(), *pool.options)
        assert (again.summary["status"], again.summary["missing"]) == ("partial", whole[0].summary["missing"])
        assert_same_objects(documents(published_in(output)), documents(whole[1]))

    def test_one_that_ends_before_it_connects_ends_the_run_after_a_minute(
        self, league: League, tmp_path: Path, pool: WorkerPool, whole: tuple[Ended, ControlledStore]
    ) -> None:
        output = tmp_path / "out"
        ended = self.killed(league, output, pool, lambda: True)
        assert_broken_off(
            ended,
            "no worker of Prism connected within a minute; look at the log of the workers; "
            "what it published is safe, run it again to complete it",
        )
        assert assert_nothing_torn(output, whole[1]) == 0
