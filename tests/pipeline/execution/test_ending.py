"""One ending for every engine: what is printed, the JSON line and the exit code, whatever becomes of the job."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from typing import Any

import orjson
import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from pipeline.engines.errors import RunError, SubmissionError
from pipeline.execution.graph_run import run
from pipeline.execution.run import carry_out, started
from pipeline.options.command_line import OptionsError
from pipeline.options.configuration import RunConfig, parse_run
from tests.pipeline.execution.test_run import DAY, PLAN, small
from tests.support import engines
from tests.support.engines import runner
from tests.support.made_up import CURSED_POINTS
from tests.support.matchers import documents, manifest_of
from tests.support.stores import ForbiddenStore, MemoryStore, Refuse
from tests.support.warehouses import ForbiddenWarehouse
from transforms.stores.protocol import Store

ENDED = "what it published is safe, run it again to complete it"


@dataclass
class Ending:
    """What a run printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = orjson.loads(self.out.splitlines()[-1])
        return found

    @property
    def last(self) -> str:
        return self.err.splitlines()[-1]


class Command:
    """Runs the small plan on an engine."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture

    def __call__(
        self, engine: type[engines.Scripted] | None, *flags: str, store: Store | None = None, points: int = 20
    ) -> Ending:
        argv = [*flags, *([runner(engine)] if engine else [])]
        options, config = _parsed(argv)
        code = carry_out(config, PLAN, small(points), MemoryStore() if store is None else store, options)
        captured = self._capture.readouterr()
        return Ending(code, captured.out, captured.err)


def _parsed(argv: list[str]) -> tuple[PipelineOptions, RunConfig]:
    places = ("--warehouse=w", "--output=out", "--export_types=card", f"--target_date={DAY}")
    return parse_run([*places, *argv], known_types=("card",), groups={}, now=datetime.now(timezone.utc))


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    return Command(capsys)


class TestDone:
    def test_an_engine_gives_the_table_the_json_and_the_exit_code_of_the_local_runner(self, command: Command) -> None:
        local_store, store = MemoryStore(), MemoryStore()
        local, other = command(None, "--json", store=local_store), command(engines.Done, "--json", store=store)
        assert (local.code, other.code) == (0, 0)
        assert documents(store) == documents(local_store)
        assert _without_seconds(other.json) == _without_seconds(local.json)
        assert other.json["status"] == "success"
        headings = [ending.out.splitlines()[0].split() for ending in (local, other)]
        assert headings[0] == headings[1]
        assert [line.split()[:-1] for line in other.out.splitlines()[1:-3]] == [
            line.split()[:-1] for line in local.out.splitlines()[1:-3]
        ]
        ending = [ending.out.splitlines()[-3:-1] for ending in (local, other)]
        assert ending[0][0].endswith(", by the local runner")
        assert ending[1] == [ending[0][0].replace("the local runner", "Done"), ending[0][1]]
        assert (local.json["engine"], other.json["engine"]) == ("the local runner", "Done")

    def test_what_is_missing_counts_on_every_engine(self, command: Command) -> None:
        local, other = command(None, points=CURSED_POINTS), command(engines.Done, points=CURSED_POINTS)
        assert (local.code, other.code) == (1, 1)
        missing = "missing: 2026-02-03 card p1: ArithmeticError: p1 scored 666"
        assert missing in local.out.splitlines()
        assert missing in other.out.splitlines()

    def test_a_job_that_is_done_but_left_no_manifest_is_no_success(self, command: Command) -> None:
        ended = command(engines.DoneAndWroteNothing, "--json")
        assert ended.code == 1
        assert ended.json["status"] == "failed"
        assert ended.json["missing"] == ["2026-02-03: no manifest was written; run it again"]
        assert "missing: 2026-02-03: no manifest was written; run it again" in ended.out.splitlines()

    def test_the_manifest_of_an_older_run_of_the_same_request_is_no_outcome(self, command: Command) -> None:
        store = MemoryStore()
        assert command(engines.Done, store=store).code == 0
        before = manifest_of(store, DAY)["run"]
        ended = command(engines.DoneAndWroteNothing, store=store)
        assert ended.code == 1
        assert f"the manifest is that of another run (run-1, started at {before['started_at']})" in ended.out

    def test_the_manifest_of_another_request_is_no_outcome(self, command: Command) -> None:
        store = MemoryStore()
        other = replace(PLAN, run=replace(PLAN.run, run_id="run-0"))
        run(other, small(), store, PipelineOptions([]), output="out")
        ended = command(engines.DoneAndWroteNothing, store=store)
        assert ended.code == 1
        assert "the manifest is that of another run (run-0, " in ended.out

    def test_an_outcome_that_cannot_be_read_is_unknown(self, command: Command) -> None:
        store = MemoryStore()
        store.before_read = Refuse("manifest/")
        ended = command(engines.DoneAndWroteNothing, "--json", store=store)
        assert ended.code == 1
        assert ended.last.startswith("the run is over, but what it published cannot be read: cannot write manifest/")
        assert ended.json["status"] == "unknown"


class TestNotDone:
    def test_a_failed_job_prints_its_reason_in_one_line(self, command: Command) -> None:
        ended = command(engines.Failed, "--json")
        assert ended.code == 1
        *_, broken, missing = ended.err.splitlines()
        assert broken == (
            "the run broke off: the job failed on Failed: StoreError: cannot write out/a.json: no space left; "
            f"free some [while running 'Publish/WriteDocuments']; {ENDED}"
        )
        assert missing == "missing: 2026-02-03: no manifest was written; run it again"
        assert ended.json["status"] == "failed"
        assert ended.json["error"] == broken
        assert ended.json["missing"] == [missing.removeprefix("missing: ")]
        assert len(ended.out.splitlines()) == 1, "no table of a run that broke off"

    def test_a_worker_that_is_lost_is_the_reason(self, command: Command) -> None:
        ended = command(engines.LostWorker, "--json")
        reason = (
            "the run broke off: a worker of LostWorker ended (killed, which usually means out of memory); "
            f"what it published is safe, run it again with --shards={4 * PLAN.shards} to complete it"
        )
        assert (ended.code, ended.json["error"]) == (1, reason)
        assert ended.last == f"missing: {DAY}: no manifest was written; run it again"

    def test_a_worker_that_never_connected_is_the_reason(self, command: Command) -> None:
        ended = command(engines.NoWorker, "--json")
        reason = "no worker of NoWorker connected within a minute; look at the log of the workers"
        assert (ended.code, ended.json["error"]) == (1, f"the run broke off: {reason}; {ENDED}")

    def test_a_job_that_failed_after_its_manifest_is_still_no_success(self, command: Command) -> None:
        ended = command(engines.FailedAfterPublishing, "--json")
        assert ended.code == 1
        assert (ended.json["status"], ended.json["missing"]) == ("partial", [])
        assert ended.last.startswith("the run broke off: the job failed")

    def test_a_job_that_was_cancelled(self, command: Command) -> None:
        ended = command(engines.Cancelled)
        assert ended.code == 1
        assert f"the run broke off: the job was cancelled on Cancelled; {ENDED}" in ended.err.splitlines()

    @pytest.mark.parametrize(
        ("engine", "reason"),
        [
            (engines.Lost, "UNAVAILABLE: Socket closed"),
            (engines.LostWithoutWords, "there was no answer in time"),
            (engines.Unfinished, "Unfinished left its job in state RUNNING"),
            (engines.CannotWait, "CannotWait cannot wait for its jobs"),
        ],
    )
    def test_a_job_that_cannot_be_followed_may_go_on(
        self, command: Command, engine: type[engines.Scripted], reason: str
    ) -> None:
        ended = command(engine, "--json")
        assert ended.code == 1
        assert ended.last == (
            f"the job on {engine.__name__} cannot be followed: {reason}; the job may go on: "
            "the manifest of 2026-02-03 names run run-1 once it is published; run it again if it does not"
        )
        assert ended.json["status"] == "unknown"
        assert ended.json["error"] == ended.last

    def test_an_interrupted_wait_prints_that_the_job_goes_on(self, command: Command) -> None:
        ended = command(engines.Interrupted, "--json")
        assert ended.code == 130
        assert ended.last.startswith("stopped waiting for a job of Interrupted; the job may go on: ")
        assert ended.json["status"] == "unknown"

    def test_an_interrupted_submission(self, command: Command) -> None:
        ended = command(engines.InterruptedEarly)
        assert ended.code == 130
        assert "the run broke off: it was interrupted while it was submitted; " in ended.err

    def test_an_interrupted_run_of_the_local_runner(self, command: Command) -> None:
        store = MemoryStore()

        def interrupt(path: str) -> None:
            raise KeyboardInterrupt

        store.before_write = interrupt
        ended = command(None, store=store)
        assert ended.code == 130
        assert f"the run broke off: it was interrupted; {ENDED}" in ended.err.splitlines()

    def test_an_engine_that_takes_no_job(self, command: Command) -> None:
        ended = command(engines.TakesNothing, "--json")
        assert ended.code == 1
        assert ended.last == "nothing was submitted: RuntimeError: There is already active job named nightly"
        assert ended.json["status"] == "failed"

    def test_what_an_engine_misses_among_its_options(self) -> None:
        options = PipelineOptions(["--runner=DataflowRunner"])
        with pytest.raises(SubmissionError, match="Missing required option: project"):
            run(PLAN, ForbiddenWarehouse(), ForbiddenStore(), options, output="out")

    def test_a_failure_of_the_local_runner_prints_its_reason_in_one_line(self) -> None:
        store = MemoryStore()
        store.before_write = Refuse("manifest/")
        with pytest.raises(RunError) as broken:
            run(PLAN, small(), store, PipelineOptions([]), output="out")
        assert "\n" not in str(broken.value)


class TestNoWait:
    def test_the_command_leaves_once_the_job_is_submitted(self, command: Command) -> None:
        ended = command(engines.Failed, "--no_wait", "--json", store=ForbiddenStore())
        assert ended.code == 0
        assert ended.out.splitlines()[0] == "submitted run run-1: a job of Failed"
        assert ended.json == {
            "run_id": "run-1",
            "status": "submitted",
            "output": "out",
            "dates": ["2026-02-03", "2026-02-03"],
            "exports": {},
            "missing": [],
            "absent": [],
            "preflight": [],
            "engine": "",
        }
        assert "exporting" not in ended.err

    @pytest.mark.parametrize(
        ("flags", "reason"),
        [
            ([], "the local runner works in this process"),
            (["--runner=direct"], "the local runner works in this process"),
            (["--runner=PrismRunner"], "this process starts Prism"),
            (["--runner=PortableRunner", "--job_endpoint=embed"], "the embedded job server works in this process"),
        ],
    )
    def test_it_is_refused_where_the_job_would_end_with_the_client(self, flags: list[str], reason: str) -> None:
        with pytest.raises(OptionsError) as refused:
            run(PLAN, ForbiddenWarehouse(), ForbiddenStore(), PipelineOptions(flags), output="out", no_wait=True)
        assert str(refused.value).startswith(f"--no_wait: would publish nothing: {reason}")
        assert str(refused.value).endswith("; leave it out, and the command waits")

    def test_the_launcher_of_a_template_waits_for_nothing(self, command: Command) -> None:
        ended = command(engines.Launcher, "--json", store=ForbiddenStore())
        assert ended.code == 0
        assert ended.out.splitlines()[0] == "submitted run run-1: its launcher sends the job"
        assert ended.json["status"] == "submitted"


class TestOptions:
    def test_a_job_leaves_no_trace_in_the_options_of_the_next(self) -> None:
        options = PipelineOptions([runner(engines.DoneAndWroteNothing), "--labels=team=data"])
        for _ in range(2):
            run(PLAN, ForbiddenWarehouse(), MemoryStore(), options, output="out")
        assert options.view_as(GoogleCloudOptions).job_name is None
        assert options.view_as(GoogleCloudOptions).labels == ["team=data"]

    def test_each_execution_has_a_start_of_its_own(self) -> None:
        first, second = started(PLAN), started(PLAN)
        assert first.run.run_id == second.run.run_id
        assert first.run.started_at < second.run.started_at
        assert date.fromisoformat(first.run.started_at[:10])


def _without_seconds(summary: dict[str, Any]) -> dict[str, Any]:
    exports = {
        name: {key: value for key, value in made.items() if key != "seconds"}
        for name, made in summary["exports"].items()
    }
    return {**summary, "exports": exports, "engine": ""}
