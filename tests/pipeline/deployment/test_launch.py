from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.deployment.launch import main, parse_launch
from pipeline.deployment.settings import load_deployment
from pipeline.execution.in_process import run_in_process
from pipeline.execution.run import started
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.planning.planner import make_plan
from tests.support.dataflow import FakeDataflow, dataflow_api
from tests.support.matchers import assert_one_line_each
from tests.support.plans import EASY, NOW
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from transforms.stores.protocol import Store, StoreError

ASKED = ("--export_types=predictions", "--target_date=2026-02-03", f"--generated_at={NOW}")


@dataclass
class Launches:
    """The command against a fake API, without waiting between polls."""

    api: FakeDataflow
    capture: pytest.CaptureFixture[str]
    store: Callable[[RunConfig], Store] = lambda config: MemoryStore()
    slept: list[float] = field(default_factory=list)

    def run(self, *flags: str, asked: tuple[str, ...] = ASKED) -> tuple[int, str, str]:
        code = main(
            [*asked, f"--endpoint={self.api.endpoint}", *flags], sleep=self.slept.append, open_output=self.store
        )
        captured = self.capture.readouterr()
        return code, captured.out, captured.err


@pytest.fixture
def launches(capsys: pytest.CaptureFixture[str]) -> Iterator[Launches]:
    with dataflow_api(FakeDataflow()) as api:
        yield Launches(api, capsys)


def message(key: str, second: int, text: str, importance: str = "BASIC") -> dict[str, str]:
    return {
        "id": key,
        "time": f"2026-02-03T17:00:{second:02d}Z",
        "messageText": text,
        "messageImportance": f"JOB_MESSAGE_{importance}",
    }


class TestStart:
    def test_the_template_is_launched_with_the_request(self, launches: Launches) -> None:
        code, out, _ = launches.run("--job_name=by-hand", "--shards=8", "--validate", "--max_workers=9")
        assert code == 0
        assert out == (
            "started by-hand: https://console.cloud.google.com/dataflow/jobs/us-west2/job-1?project=my-project\n"
        )
        assert launches.api.paths == ["/v1b3/projects/my-project/locations/us-west2/flexTemplates:launch"]
        [body] = launches.api.launches
        sent = body["launchParameter"]
        assert sent["jobName"] == "by-hand"
        assert sent["containerSpecGcsPath"] == load_deployment().template
        assert sent["environment"]["maxWorkers"] == 9
        assert {name: sent["parameters"][name] for name in ("output", "shards", "validate", "warehouse")} == {
            "warehouse": "bigquery:my-project",
            "output": "gs://my-project-api/v1",
            "shards": "8",
            "validate": "true",
        }

    def test_what_is_sent_is_what_was_checked(self, launches: Launches) -> None:
        launches.run(asked=("--export_types=tonight-all", "--target_date=yesterday", f"--generated_at={NOW}"))
        sent = launches.api.launches[0]["launchParameter"]["parameters"]
        _, config = parse_run(
            [f"--{name}={value}" for name, value in sent.items()],
            known_types=tuple(exports()),
            groups=groups(),
            now=datetime(2031, 1, 1, tzinfo=timezone.utc),
            player_types=PLAYER_TYPES,
        )
        assert str(config.request.first_date) == "2026-02-02"
        assert config.request.generated_at.isoformat() == "2026-02-03T17:00:00+00:00"

    def test_an_option_of_the_submitting_process_is_not_sent(self, launches: Launches) -> None:
        launches.run("--no_wait")
        assert "no_wait" not in launches.api.launches[0]["launchParameter"]["parameters"]

    def test_no_wait_contradicts_wait(self, launches: Launches) -> None:
        code, out, error = launches.run("--no_wait", "--wait")
        assert (code, out, launches.api.paths) == (2, "", [])
        assert_one_line_each(error, names=["--no_wait: contradicts --wait", "leave one of them out"])

    def test_a_contradiction_is_reported_beside_other_problems(self, launches: Launches) -> None:
        code, _, error = launches.run("--wait=true", "--no_wait=true", "--max_workers=0")
        assert code == 2
        assert "--no_wait: contradicts --wait" in error
        assert "--max_workers" in error

    @pytest.mark.parametrize("flags", [("--wait=false", "--no_wait"), ("--wait", "--no_wait=false")])
    def test_a_flag_that_is_off_contradicts_nothing(self, launches: Launches, flags: tuple[str, ...]) -> None:
        launches.api.states = ("JOB_STATE_CANCELLED",)
        launches.run(*flags)
        assert len(launches.api.launches) == 1

    def test_print_sends_nothing(self, launches: Launches) -> None:
        code, out, _ = launches.run("--print")
        assert code == 0
        assert json.loads(out)["launchParameter"]["parameters"]["request"].startswith('{"export_types":["predictions"]')
        assert launches.api.paths == []

    def test_a_launch_that_is_refused(self, launches: Launches) -> None:
        launches.api.refusal = (409, "The job phase6 is\nalready running")
        code, _, error = launches.run("--wait")
        assert code == 1
        assert_one_line_each(error, names=["cannot launch the template", "already running"])

    def test_an_unreachable_endpoint_is_exit_1(self, launches: Launches) -> None:
        code = main([*ASKED, "--endpoint=http://127.0.0.1:9"])
        assert code == 1
        assert_one_line_each(launches.capture.readouterr().err, names=["cannot launch the template"])

    def test_json_names_the_job(self, launches: Launches) -> None:
        code, out, _ = launches.run("--job_name=by-hand", "--json")
        assert code == 0
        assert json.loads(out.splitlines()[-1]) == {
            "job_name": "by-hand",
            "job_id": "job-1",
            "state": "STARTED",
            "link": "https://console.cloud.google.com/dataflow/jobs/us-west2/job-1?project=my-project",
        }
        assert "json" not in launches.api.launches[0]["launchParameter"]["parameters"]

    def test_other_places(self) -> None:
        flags = ("--output=gs://other/v2", "--warehouse=bigquery:other-project")
        found = parse_launch([*ASKED, *flags], now=datetime(2026, 2, 3, 17, 0, 5, tzinfo=timezone.utc))
        parameters = found.body["launchParameter"]["parameters"]
        assert (parameters["output"], parameters["warehouse"]) == ("gs://other/v2", "bigquery:other-project")
        assert found.body["launchParameter"]["jobName"] == "phase6-20260203-170005"


class TestRejected:
    @pytest.mark.parametrize(
        ("flags", "names"),
        [
            (("--export_typs=tonight",), ["did you mean --export_types?"]),
            (("--output=out",), ["the workers of Dataflow do not share"]),
            (("--wiat",), ["--wiat: is an unknown flag; did you mean --wait?"]),
            (("--max_workers=many",), ['--max_workers: "many" is not a whole number; write it like --max_workers=8']),
            (("--max_workers=0",), ['--max_workers: "0" is not between 1 and 1000']),
            (("--wait=perhaps",), ['--wait: "perhaps" is neither true nor false; write it like --wait']),
            (("--job_name=By Hand",), ["job name 'By Hand' is not understood"]),
            (("--settings=/no/such/settings.env",), ["settings.env"]),
        ],
    )
    def test_before_anything_is_sent(self, launches: Launches, flags: tuple[str, ...], names: list[str]) -> None:
        code, _, error = launches.run(*flags)
        assert code == 2
        assert_one_line_each(error, names=names)
        assert launches.api.paths == []

    def test_all_problems_are_named_at_once(self, launches: Launches) -> None:
        code, _, error = launches.run("--max_workers=0", "--shards=0", "--export_typs=x")
        assert code == 2
        assert_one_line_each(error, names=["--max_workers", "--shards", "did you mean --export_types?"])
        assert len(error.splitlines()) == 3

    def test_settings_that_are_wrong(self, launches: Launches, tmp_path: Path) -> None:
        path = tmp_path / "settings.env"
        path.write_text("PROJECT=my-project\n")
        code, _, error = launches.run(f"--settings={path}")
        assert code == 2
        assert "REGION: is missing" in error


class TestWait:
    def test_shows_states_and_messages_once(self, launches: Launches) -> None:
        launches.api.states = ("JOB_STATE_QUEUED", "JOB_STATE_RUNNING", "JOB_STATE_RUNNING", "JOB_STATE_FAILED")
        launches.api.messages = (
            message("c", 3, "Traceback (most recent call last):\n  File x\nStoreError: no space left", "ERROR"),
            message("b", 2, "Workers have\nstarted"),
            message("a", 1, "Worker pool starting"),
        )
        code, _, error = launches.run("--wait")
        assert code == 1
        assert error.splitlines()[:4] == [
            "17:00:01 Worker pool starting",
            "17:00:02 Workers have started",
            "17:00:03 StoreError: no space left",
            "the job is QUEUED",
        ]
        assert error.count("the job is RUNNING") == 1
        assert error.splitlines()[-1].startswith("the job is FAILED: StoreError: no space left: https://")
        assert len(launches.slept) == 3

    @pytest.mark.parametrize("state", ["CANCELLED", "UPDATED", "DRAINED", "FAILED"])
    def test_a_job_that_ends_otherwise(self, launches: Launches, state: str) -> None:
        launches.api.states = (f"JOB_STATE_{state}",)
        code, _, error = launches.run("--wait")
        assert code == 1
        assert f"the job is {state}" in error

    def test_json_has_the_last_state(self, launches: Launches) -> None:
        launches.api.states = ("JOB_STATE_FAILED",)
        code, out, _ = launches.run("--wait", "--json")
        assert code == 1
        assert json.loads(out.splitlines()[-1])["state"] == "FAILED"

    def test_a_failed_poll_is_repeated(self, launches: Launches) -> None:
        # A job that was just created is not found for a while.
        launches.api.states = (404, 503, 429, "JOB_STATE_CANCELLED")
        launches.run("--wait")
        assert launches.slept == [10.0] * 3

    def test_patience_ends(self, launches: Launches) -> None:
        launches.api.states = (503,)
        code, _, error = launches.run("--wait")
        assert code == 1
        assert "cannot ask for job job-1" in error
        assert error.splitlines()[-1].endswith(
            "the job may go on: https://console.cloud.google.com/dataflow/jobs/us-west2/job-1?project=my-project"
        )
        assert 270 <= sum(launches.slept) <= 310

    def test_what_is_forbidden_stays_so(self, launches: Launches) -> None:
        launches.api.states = (403,)
        code, _, error = launches.run("--wait")
        assert code == 1
        assert "not now" in error
        assert launches.slept == []

    def test_an_interrupt_ends_the_wait_and_not_the_job(self, launches: Launches) -> None:
        launches.api.states = ("JOB_STATE_RUNNING",)

        def interrupt(_: float) -> None:
            raise KeyboardInterrupt

        code = main([*ASKED, f"--endpoint={launches.api.endpoint}", "--wait"], sleep=interrupt)
        assert code == 130
        assert "the job goes on" in launches.capture.readouterr().err


class TestOutcome:
    def published(self, league: League, at: datetime | None = None) -> Callable[[RunConfig], Store]:
        """Act as the job: publish what the launch requested, now or at another time."""

        def play(config: RunConfig) -> Store:
            store = MemoryStore()
            plan = started(make_plan(config.request, EASY))
            if at is not None:
                plan = replace(plan, run=replace(plan.run, started_at=at.isoformat()))
            run_in_process(plan, league.warehouse, store)
            return store

        return play

    def test_everything_is_published(self, launches: Launches, league: League) -> None:
        launches.store = self.published(league)
        code, out, _ = launches.run("--wait")
        assert code == 0, out
        assert "success: 2026-02-03 is in gs://my-project-api/v1" in out

    def test_json_has_the_outcome(self, launches: Launches, league: League) -> None:
        launches.store = self.published(league)
        code, out, _ = launches.run("--wait", "--json")
        assert code == 0, out
        assert json.loads(out.splitlines()[-1])["status"] == "success"

    def test_what_the_same_request_published_before_the_launch_does_not_count(
        self, launches: Launches, league: League
    ) -> None:
        launches.store = self.published(league, at=datetime.now(timezone.utc) - timedelta(hours=1))
        code, out, _ = launches.run("--wait")
        assert code == 1
        assert "missing: 2026-02-03: the manifest is that of another run (20260203T17" in out

    def test_a_job_that_is_done_and_published_nothing(self, launches: Launches) -> None:
        code, out, _ = launches.run("--wait")
        assert code == 1
        assert "missing: 2026-02-03: no manifest was written" in out

    def test_an_output_that_cannot_be_read(self, launches: Launches) -> None:
        store = MemoryStore()

        def refuse(path: str) -> None:
            raise StoreError(f"cannot read {path}: forbidden; grant storage.objects.get")

        store.before_read = refuse
        launches.store = lambda config: store
        code, _, error = launches.run("--wait")
        assert code == 1
        assert "what it published cannot be read" in error
