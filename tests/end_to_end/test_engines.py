"""One ending for every engine: real runs on Prism, on Beam's embedded job server, and on one in another process."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.end_to_end.command_line import ROOT, Ended, arguments_of, run_python
from tests.support.job_server import JobServer, job_server
from tests.support.matchers import (
    assert_no_leftovers,
    assert_same_manifest,
    assert_same_objects,
    documents,
    manifest_of,
)
from tests.support.prism import prism_binary
from tests.support.stores import published_in
from tests.support.warehouses import League
from transforms.stores.control import ControlledStore

LOCAL = "--runner=DirectRunner"
NIGHT = ("--export_types=tonight-all", "--target_date=today", "--json")
WEEKS = ("--export_types=tonight-all", "--start_date=2025-12-20", "--end_date=today", "--json")
"""Long enough to be cut off in between, after the first document and before the first manifest."""
SECONDS_TO_PUBLISH = 120
_CARD = Path("nba_predictions", "player_prop_predictions")

Engine = tuple[str, ...]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobServer]:
    with job_server(tmp_path_factory.mktemp("job_server")) as found:
        yield found


@pytest.fixture(params=["prism", "embedded", "job server"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The options of an engine."""
    if request.param == "prism":
        return ("--runner=PrismRunner", f"--prism_location={prism_binary()}")
    if request.param == "embedded":
        return ("--runner=PortableRunner", "--job_endpoint=embed")
    found: JobServer = request.getfixturevalue("server")
    return found.options


@dataclass(frozen=True)
class Case:
    """A run that must end likewise on every engine.

    Attributes:
        warehouse: What it reads.
        flags: Its options.
        prepare: Makes its output ready.
        expected: How it ends on the local runner.
    """

    warehouse: League | Path
    flags: tuple[str, ...]
    prepare: Callable[[Path], Path]
    expected: Ended


def _nothing(output: Path) -> Path:
    return output


def _manifests_in_the_way(output: Path) -> Path:
    control = output.with_name(f"{output.name}-control")
    control.mkdir(parents=True)
    (control / "manifest").write_text("in the way")
    return output


def _below_a_file(output: Path) -> Path:
    output.parent.mkdir(parents=True)
    (output.parent / "file").write_text("in the way")
    return output.parent / "file" / "out"


@pytest.fixture(scope="module")
def cases(league: League, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Case]:
    """Return what makes a case by its name, once."""
    folder = tmp_path_factory.mktemp("cases")
    broken = folder / "warehouse"
    shutil.copytree(league.root, broken)
    [*_, file] = sorted((broken / _CARD).rglob("*.parquet"))
    file.write_bytes(b"PAR1 no table PAR1")

    @cache
    def make(name: str) -> Case:
        warehouse, flags, prepare = {
            "withheld": (league, ("--min_context_rows=1000",), _nothing),
            # Unchecked, as a file that breaks between the check and the read.
            "broken table": (broken, ("--skip_preflight",), _nothing),
            "below a file": (league, (), _below_a_file),
            "half way": (league, (), _manifests_in_the_way),
        }[name]
        output = prepare(folder / name.replace(" ", "-") / "out")
        return Case(warehouse, (*NIGHT, *flags), prepare, run_python(warehouse, output, *NIGHT, *flags, LOCAL))

    return make


@pytest.fixture(scope="module")
def local(league: League, tmp_path_factory: pytest.TempPathFactory) -> tuple[Ended, ControlledStore]:
    """The night on the local runner."""
    output = tmp_path_factory.mktemp("local") / "out"
    return run_python(league, output, *NIGHT, LOCAL), published_in(output)


def assert_same_ending(found: Ended, expected: Ended) -> None:
    """Insist on the same exit code, table, lines and JSON but for times and places."""
    assert found.code == expected.code, found.err
    assert _lines(found.out) == _lines(expected.out)


def _lines(out: str) -> list[str]:
    table = (re.sub(r"\s+[0-9.]+$", "", line) for line in out.splitlines())
    without_engines = (re.sub(r', by [^"]+$|"engine":"[^"]*"', "", line) for line in table)
    without_times = (re.sub(r'"seconds":[0-9.]+', "", line) for line in without_engines)
    return [_without_folder(line) for line in without_times]


def _without_folder(line: str) -> str:
    return re.sub(r"(?<=[\s\"'])/[^\s\"']*/out\b", "out", line)


def broken_lines(err: str) -> list[str]:
    """The message of a run that broke off, without the engine's name and the folder."""
    said = [line for line in err.splitlines() if line.startswith(("the run broke off", "missing", "nothing was"))]
    return [_without_folder(re.sub(r"the job failed on .*?: ", "", line)) for line in said]


class TestDone:
    def test_an_engine_publishes_and_reports_what_the_local_runner_does(
        self, league: League, tmp_path: Path, engine: Engine, local: tuple[Ended, ControlledStore]
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

    def test_a_range_of_every_type_has_the_same_bytes_on_prism(self, league: League, tmp_path: Path) -> None:
        prism = ("--runner=PrismRunner", f"--prism_location={prism_binary()}")
        days = ("--export_types=all", "--start_date=2026-01-28", "--end_date=today")
        assert run_python(league, tmp_path / "local" / "out", *days).code == 0
        assert run_python(league, tmp_path / "prism" / "out", *days, *prism).code == 0
        found, expected = (published_in(tmp_path / name / "out") for name in ("prism", "local"))
        assert_same_objects(documents(found), documents(expected))

    def test_a_run_may_take_longer_than_an_answer_of_the_job_server(self, league: League, tmp_path: Path) -> None:
        """Beam's own waiting ends with --job_server_timeout where a job has states before it runs."""
        prism = ("--runner=PrismRunner", f"--prism_location={prism_binary()}", "--job_server_timeout=4")
        assert run_python(league, tmp_path, *NIGHT, *prism).code == 0

    def test_relative_places_mean_the_folder_of_the_client(
        self, league: League, tmp_path: Path, server: JobServer
    ) -> None:
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


class TestMissing:
    @pytest.mark.parametrize("name", ["withheld", "broken table"])
    def test_what_is_missing_ends_with_1_and_the_same_lines(
        self, tmp_path: Path, engine: Engine, cases: Callable[[str], Case], name: str
    ) -> None:
        case = cases(name)
        assert case.expected.code == 1
        assert "missing: 2026-02-03" in case.expected.out
        ended = run_python(case.warehouse, tmp_path / "out", *case.flags, *engine)
        assert_same_ending(ended, case.expected)
        assert broken_lines(ended.err) == broken_lines(case.expected.err)


class TestBrokenOff:
    def test_an_output_that_cannot_be_written_is_refused_before_submission(
        self, tmp_path: Path, engine: Engine, cases: Callable[[str], Case]
    ) -> None:
        case = cases("below a file")
        ended = run_python(case.warehouse, case.prepare(tmp_path / "folder" / "out"), *case.flags, *engine)
        assert (ended.code, case.expected.code) == (1, 1)
        assert_same_ending(ended, case.expected)
        assert broken_lines(ended.err) == broken_lines(case.expected.err)
        assert "exporting" not in ended.err

    def test_an_output_that_fails_half_way(self, tmp_path: Path, engine: Engine, cases: Callable[[str], Case]) -> None:
        case = cases("half way")
        ended = run_python(case.warehouse, case.prepare(tmp_path / "folder" / "out"), *case.flags, *engine)
        assert (ended.code, case.expected.code) == (1, 1)
        assert broken_lines(ended.err) == broken_lines(case.expected.err)
        broken, missing = broken_lines(ended.err)
        assert "StoreError: cannot write out-control/manifest/2026-02-03.json: Not a directory" in broken
        assert missing == "missing: 2026-02-03: no manifest was written; run it again"
        assert "error" in ended.summary
        assert ended.summary["status"] == "failed"


class Recorded:
    """Prism behind a script that leaves the id of its process."""

    def __init__(self, folder: Path, binary: str) -> None:
        self._pid = folder / "pid"
        script = folder / "recorded"
        script.write_text(f'#!/bin/sh\necho $$ > "{self._pid}"\nexec "{binary}" "$@"\n')
        script.chmod(0o755)
        self.options = ("--runner=PrismRunner", f"--prism_location={script}")

    @property
    def pid(self) -> int:
        return int(self._pid.read_text())

    def lives(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path, prism_binary())


def started(league: League, output: Path, *flags: str) -> subprocess.Popen[str]:
    """Start a long run as people do, and return it once it publishes."""
    argv = arguments_of(league, output, *WEEKS, *flags)
    pipe = subprocess.PIPE
    run = subprocess.Popen(
        [sys.executable, "-m", "pipeline.main", *argv], cwd=ROOT, stdout=pipe, stderr=pipe, text=True
    )
    wait_until(lambda: (output / "tonight").is_dir() or run.poll() is not None)
    return run


def wait_until(condition: Callable[[], bool], seconds: float = SECONDS_TO_PUBLISH) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


class TestGone:
    def test_a_prism_that_is_killed_ends_the_run_with_a_reason(
        self, league: League, tmp_path: Path, recorded: Recorded
    ) -> None:
        output = tmp_path / "out"
        run = started(league, output, *recorded.options)
        os.kill(recorded.pid, signal.SIGKILL)
        out, err = run.communicate(timeout=SECONDS_TO_PUBLISH)
        ended = Ended(run.returncode, out, err)
        assert ended.code == 1, ended.out
        broken, *missing = broken_lines(ended.err)
        assert broken == (
            "the run broke off: Prism stopped: exit 137 (killed, which usually means out of memory); "
            "what it published is safe, run it again with --shards=64 to complete it"
        )
        assert missing[-1] == "missing: 2026-02-03: no manifest was written; run it again"
        assert ended.summary["error"] == broken
        assert ended.summary["missing"] == [line.removeprefix("missing: ") for line in missing]
        assert "Traceback" not in ended.err
        assert "grpc" not in ended.err
        again = run_python(league, output, *WEEKS, "--shards=64", *recorded.options)
        whole = run_python(league, tmp_path / "whole" / "out", *WEEKS)
        # Of the first weeks, too little is there.
        assert (again.summary["status"], again.summary["missing"]) == ("partial", whole.summary["missing"])
        assert_same_objects(documents(published_in(output)), documents(published_in(tmp_path / "whole" / "out")))

    def test_a_run_leaves_no_prism_behind(self, league: League, tmp_path: Path, recorded: Recorded) -> None:
        assert run_python(league, tmp_path / "out", *NIGHT, *recorded.options).code == 0
        assert not recorded.lives()

    def test_an_interrupted_run_leaves_no_prism_behind(
        self, league: League, tmp_path: Path, recorded: Recorded
    ) -> None:
        run = started(league, tmp_path / "out", *recorded.options)
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=SECONDS_TO_PUBLISH)
        assert run.returncode == 130, err
        assert "the run broke off: it was interrupted; what it published is safe" in err
        assert "Traceback" not in err
        assert not recorded.lives()

    def test_a_binary_that_is_not_there_is_named(self, league: League, tmp_path: Path) -> None:
        location = tmp_path / "nowhere" / "prism"
        ended = run_python(league, tmp_path / "out", *NIGHT, "--runner=prism", f"--prism_location={location}")
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

    @pytest.mark.parametrize(
        "flags", [(), ("--runner=PrismRunner",), ("--runner=PortableRunner", "--job_endpoint=embed")]
    )
    def test_it_is_refused_where_the_job_would_end_with_the_client(
        self, league: League, tmp_path: Path, flags: tuple[str, ...]
    ) -> None:
        ended = run_python(league, tmp_path / "out", *NIGHT, *flags, "--no_wait")
        assert ended.code == 2
        assert ended.err.startswith("--no_wait: would publish nothing: ")
        assert len(ended.err.splitlines()) == 1
        assert list(tmp_path.iterdir()) == []
