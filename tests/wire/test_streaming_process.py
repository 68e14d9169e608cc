"""The streaming job as a process that people start and end, and the completion events of batch runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from google.cloud.pubsub_v1 import PublisherClient

from demo.pubsub.server import EMULATOR_VARIABLE, found_by_clients, serving
from pipeline.execution.in_process import run_in_process
from tests.end_to_end.command_line import ROOT, run_main
from tests.support import engines
from tests.support.engines import runner
from tests.support.matchers import assert_same_objects, documents, manifest_of
from tests.support.plans import NOW, plan_of
from tests.support.prism import prism_binary
from tests.support.stores import MemoryStore, published_in
from tests.support.warehouses import League
from tests.wire.pubsub import PROJECT, Topic

SECONDS_TO_START = 60


class Process:
    """A streaming job in a process of its own."""

    def __init__(self, league: League, output: Path, log: Path) -> None:
        self.requests, self.done, self.dead = Topic("requests"), Topic("done"), Topic("dead")
        self.output, self.store = output, published_in(output)
        self._log = log
        self._argv = [
            sys.executable,
            "-m",
            "pipeline.main",
            f"--warehouse={league.root}",
            f"--output={output}",
            "--min_context_rows=5",
            "--min_active_predictions=5",
            "--streaming",
            "--watch_seconds=0",
            f"--input_subscription={self.requests.subscription}",
            f"--dead_letter_topic={self.dead.path}",
            f"--completion_topic={self.done.path}",
        ]

    @contextmanager
    def running(self) -> Iterator[subprocess.Popen[bytes]]:
        with self._log.open("ab") as log, subprocess.Popen(self._argv, cwd=ROOT, stderr=log, stdout=log) as process:
            try:
                yield process
            finally:
                process.kill()

    @property
    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture
def job(pubsub: str, league: League, tmp_path: Path) -> Process:
    return Process(league, tmp_path / "out", tmp_path / "log")


def test_it_answers_until_it_is_terminated(job: Process, league: League) -> None:
    with job.running() as process:
        for n in range(2):
            job.requests.publish(
                {"export_types": ["predictions"], "target_date": str(league.today), "rewrite": bool(n)}
            )
            [event] = job.done.events(1, seconds=SECONDS_TO_START)
            assert event["status"] == "success", job.log
        process.send_signal(signal.SIGTERM)
        assert process.wait(40) == 0, job.log
    assert "Traceback" not in job.log
    assert f"answering {job.requests.subscription}" in job.log
    assert job.log.count('"status":"success"') == 2
    assert "ending: what is not answered is delivered again" in job.log


def test_one_that_is_killed_leaves_nothing_torn_and_the_next_one_answers_whole(job: Process, league: League) -> None:
    night = {"export_types": ["tonight-all"], "target_date": str(league.today), "generated_at": NOW}
    players = job.output / "tonight" / "player" / str(league.today)
    with job.running() as process:
        job.requests.publish(night)
        deadline = time.monotonic() + SECONDS_TO_START
        while not (players.is_dir() and any(players.iterdir())):
            assert time.monotonic() < deadline, job.log
            time.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    whole = MemoryStore()
    run_in_process(plan_of(*_types(), first=league.today), league.warehouse, whole)
    expected = documents(whole)
    assert {path: held for path, held in documents(job.store).items() if expected[path] != held} == {}
    with job.running():
        job.requests.publish(night)
        [event] = job.done.events(1, seconds=SECONDS_TO_START)
    assert event["status"] == "success"
    assert_same_objects(documents(job.store), expected)


def test_every_message_that_a_killed_job_held_has_its_event_from_the_next_one(job: Process, league: League) -> None:
    days = [str(league.today - timedelta(days=n)) for n in range(5)]
    with job.running() as process:
        sent = [job.requests.publish({"export_types": ["tonight"], "target_date": day}) for day in days]
        events = job.done.events(1, seconds=SECONDS_TO_START)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
    with job.running():
        while {event["message_id"] for event in events} < set(sent) and (more := job.done.events(1)):
            events += more
    ends = {event["message_id"]: event for event in events}
    assert set(ends) == set(sent), job.log
    # The one that was published when the job was killed may be published again, byte for byte.
    assert all(event == ends[event["message_id"]] for event in events)
    assert {event["status"] for event in events} == {"success"}


def _types() -> Any:
    from exporters.registry import groups

    return groups()["tonight-all"]


def test_a_missing_subscription_is_reported_in_one_line(pubsub: str, league: League, tmp_path: Path) -> None:
    missing = f"{PROJECT}/subscriptions/missing"
    argv = [f"--warehouse={league.root}", f"--output={tmp_path / 'out'}", f"--dead_letter_topic={Topic('dead').path}"]
    command = [sys.executable, "-m", "pipeline.main", *argv, f"--input_subscription={missing}"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    [line] = [line for line in ended.stderr.splitlines() if line.startswith("the job broke off: ")]
    assert "NotFound: 404" in line
    assert line.endswith("start it again")


class TestBatchRuns:
    def test_a_run_publishes_its_completion(self, pubsub: str, league: League, tmp_path: Path) -> None:
        done = Topic("done")
        arguments = ("--export_types=tonight,predictions", "--start_date=2026-02-01", "--end_date=2026-02-03")
        ended = run_main(league, tmp_path / "out", *arguments, f"--completion_topic={done.path}", "--json")
        [event] = done.events(1)
        assert ended.code == 0, ended.err
        assert (event["status"], event["run_id"]) == ("success", ended.summary["run_id"])
        assert event["dates"] == ["2026-02-01", "2026-02-03"]
        assert event["exports"]["tonight"]["written"] == ended.summary["exports"]["tonight"]["written"] == 3
        store = published_in(tmp_path / "out")
        for path, generation in event["generations"].items():
            shown = store.stat(path)
            assert shown is not None
            assert shown.generation == generation
        assert manifest_of(store, "2026-02-03")["run"]["started_at"] <= event["timestamp"]

    @pytest.mark.parametrize("engine", ["prism", "embedded"])
    def test_it_does_so_once_on_every_engine(self, pubsub: str, league: League, tmp_path: Path, engine: str) -> None:
        options = ("--runner=PortableRunner", "--job_endpoint=embed")
        if engine == "prism":
            options = ("--runner=PrismRunner", f"--prism_location={prism_binary()}")
        done = Topic("done")
        arguments = ("--export_types=tonight,predictions", "--target_date=today", f"--completion_topic={done.path}")
        ended = run_main(league, tmp_path / "out", *arguments, "--json", *options)
        assert ended.code == 0, ended.err
        [event] = done.events(2, seconds=5.0)
        assert (event["status"], event["run_id"]) == ("success", ended.summary["run_id"])

    @pytest.mark.parametrize(
        ("engine", "statuses"), [(engines.Failed, ["failed"]), (engines.Lost, []), (engines.Interrupted, [])]
    )
    def test_a_job_that_may_go_on_publishes_its_own_completion(
        self, pubsub: str, league: League, tmp_path: Path, engine: type[engines.Scripted], statuses: list[str]
    ) -> None:
        """The client publishes the completion only of a job that is over: otherwise it would be published twice."""
        done = Topic("done")
        arguments = ("--export_types=tonight", "--target_date=today", f"--completion_topic={done.path}")
        assert run_main(league, tmp_path / "out", *arguments, runner(engine)).code != 0
        assert [event["status"] for event in done.events(2, seconds=3.0)] == statuses

    def test_so_does_one_that_broke_off(self, pubsub: str, league: League, tmp_path: Path) -> None:
        done = Topic("done")
        (tmp_path / "out").write_text("a file, not a folder")
        arguments = ("--export_types=tonight", "--target_date=today", f"--completion_topic={done.path}")
        ended = run_main(league, tmp_path / "out", *arguments)
        [event] = done.events(1)
        assert ended.code == 1
        assert (event["status"], event["target_date"]) == ("failed", str(league.today))
        assert event["errors"][0] in ended.err

    def test_a_missing_topic_is_reported(self, pubsub: str, league: League, tmp_path: Path) -> None:
        arguments = ("--export_types=daily-signals", "--target_date=today")
        missing = f"{PROJECT}/topics/missing"
        ended = run_main(league, tmp_path / "out", *arguments, f"--completion_topic={missing}")
        assert ended.code == 1
        assert "the run broke off" in ended.err
        assert "404" in ended.err
        assert documents(published_in(tmp_path / "out"))


@pytest.mark.parametrize("given", [False, True])
def test_the_demo_of_it(league: League, tmp_path: Path, given: bool) -> None:
    arguments = [f"--warehouse={league.root}", f"--output={tmp_path / 'out'}", "--export_types=daily-signals"]
    command = [sys.executable, "-m", "demo.stream", *arguments, f"--target_date={league.today}"]
    with serving() as address, found_by_clients(address):
        environment = {name: value for name, value in os.environ.items() if given or name != EMULATOR_VARIABLE}
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        topics = list(PublisherClient().list_topics(project="projects/the-demo", timeout=10))
    assert ended.returncode == 0, ended.stderr
    assert '"status": "success"' in ended.stdout
    assert list(documents(published_in(tmp_path / "out"))) == [f"signals/{league.today}.json"]
    assert bool(topics) is given, "without a server that is given, the demo has one of its own"
