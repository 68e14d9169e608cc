from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from apache_beam.internal import cloudpickle_pickler

from exporters.registry import exports, groups
from pipeline.engines.dataflow_jobs import DataflowError
from pipeline.engines.following import Ended
from pipeline.options.command_line import ExportOptions, OptionsError
from pipeline.options.configuration import RunConfig, StreamConfig, parse_job
from pipeline.requests.request import ExportRequest, RequestDefaults, parse_request
from pipeline.stream.batch import BatchTemplate
from tests.support.dataflow import FakeDataflow, dataflow_api
from tests.support.league_files import leagues_file

NOW = datetime(2026, 2, 3, 18, 0, tzinfo=timezone.utc)
RUN_ID = "20260203T180000.000000Z-1a2b3c4d"
PLACE = (
    "--warehouse=bigquery:my-project",
    "--output=gs://my-bucket/v1",
    "--input_subscription=projects/my-project/subscriptions/requests",
    "--dead_letter_topic=projects/my-project/topics/dead",
    "--batch_template=gs://my-work/templates/phase6-export.json",
    "--project=my-project",
    "--region=us-west2",
    "--temp_location=gs://my-work/temp",
    "--service_account_email=worker@my-project.iam.gserviceaccount.com",
)


@pytest.fixture
def dataflow() -> Iterator[FakeDataflow]:
    with dataflow_api(FakeDataflow()) as fake:
        yield fake


def parsed(*argv: str) -> tuple[StreamConfig, ExportOptions]:
    options, config = parse_job(argv, known_types=tuple(exports()), groups=groups(), now=NOW)
    assert isinstance(config, StreamConfig)
    return config, options


def template(dataflow: FakeDataflow, *more: str) -> BatchTemplate:
    found = BatchTemplate.of(*parsed(*PLACE, f"--dataflow_endpoint={dataflow.endpoint}", *more))
    assert found is not None
    return found


def request() -> ExportRequest:
    payload = {"export_types": ["backfill"], "start_date": "2026-01-01", "end_date": "2026-01-31"}
    defaults = RequestDefaults("catboost_v9")
    return parse_request(payload, known_types=tuple(exports()), groups=groups(), defaults=defaults, now=NOW)


def launched(dataflow: FakeDataflow) -> dict[str, Any]:
    [body] = dataflow.launches
    found: dict[str, Any] = body["launchParameter"]
    return found


def test_the_job_runs_the_request_where_the_streaming_job_runs(dataflow: FakeDataflow) -> None:
    name = template(dataflow).launch(request(), RUN_ID)
    body = launched(dataflow)
    assert body["jobName"] == name == "phase6-20260203t180000-000000z-1a2b3c4d"
    assert body["containerSpecGcsPath"] == "gs://my-work/templates/phase6-export.json"
    parameters = body["parameters"]
    assert (parameters["warehouse"], parameters["output"]) == ("bigquery:my-project", "gs://my-bucket/v1")
    assert ExportRequest.from_json(json.loads(parameters["request"])) == request()
    environment = body["environment"]
    assert environment["tempLocation"] == environment["stagingLocation"] == "gs://my-work/temp"
    assert environment["serviceAccountEmail"] == "worker@my-project.iam.gserviceaccount.com"
    assert dataflow.paths == ["/v1b3/projects/my-project/locations/us-west2/flexTemplates:launch"]


def test_it_shares_the_rules_that_differ_from_the_defaults(dataflow: FakeDataflow) -> None:
    done = "projects/my-project/topics/done"
    template(dataflow, "--min_context_rows=7", "--validate", f"--completion_topic={done}").launch(request(), RUN_ID)
    parameters = launched(dataflow)["parameters"]
    assert parameters.keys() == {"warehouse", "output", "request", "min_context_rows", "validate", "completion_topic"}
    assert (parameters["min_context_rows"], parameters["validate"]) == ("7", "true")
    assert parameters["completion_topic"] == done


def test_the_batch_template_takes_what_it_is_given(dataflow: FakeDataflow) -> None:
    template(dataflow, "--min_context_rows=7", "--validate", "--upload_threads=8").launch(request(), RUN_ID)
    argv = [f"--{name}={value}" for name, value in launched(dataflow)["parameters"].items()]
    config = parse_job(argv, known_types=tuple(exports()), groups=groups(), now=NOW)[1]
    assert isinstance(config, RunConfig)
    assert (config.request, config.upload_threads, config.validate) == (request(), 8, True)


def test_a_refusal_is_an_error(dataflow: FakeDataflow) -> None:
    dataflow.refusal = (403, "the caller does not have permission")
    with pytest.raises(DataflowError, match="the caller does not have permission"):
        template(dataflow).launch(request(), RUN_ID)


def test_a_job_that_is_there_already_answers_it(dataflow: FakeDataflow) -> None:
    dataflow.refusal = (409, "there is already an active job named phase6-20260203t180000-000000z-1a2b3c4d")
    assert template(dataflow).launch(request(), RUN_ID) == "phase6-20260203t180000-000000z-1a2b3c4d"


def test_it_travels_to_workers(dataflow: FakeDataflow) -> None:
    travelled = cloudpickle_pickler.loads(cloudpickle_pickler.dumps(template(dataflow)))
    assert travelled == template(dataflow)


def test_without_a_template_there_is_no_launcher() -> None:
    assert BatchTemplate.of(*parsed(*PLACE[:4])) is None


@pytest.mark.parametrize("flag", ["--project", "--region", "--temp_location"])
def test_a_template_needs_a_place_to_run(flag: str) -> None:
    argv = [argument for argument in PLACE if not argument.startswith(f"{flag}=")]
    with pytest.raises(OptionsError, match=f"--batch_template: needs {flag}; add {flag}="):
        parsed(*argv)


@pytest.mark.parametrize("state", ["RUNNING", "DONE", "CANCELLED"])
def test_it_tells_how_its_job_goes_on(dataflow: FakeDataflow, state: str) -> None:
    made = template(dataflow)
    assert made.ended(made.launch(request(), RUN_ID)) == Ended("DONE")
    dataflow.states = (f"JOB_STATE_{state}",)
    assert made.ended("phase6-x") == Ended(state)


def test_it_tells_why_its_job_failed(dataflow: FakeDataflow) -> None:
    made = template(dataflow)
    assert made.ended("phase6-x") is None
    made.launch(request(), RUN_ID)
    dataflow.states = ("JOB_STATE_FAILED",)
    said = [("JOB_MESSAGE_BASIC", "all is well"), ("JOB_MESSAGE_ERROR", "the worker ran out of memory")]
    dataflow.messages = [
        {"id": str(n), "time": "2026-02-03T18:00:00Z", "messageText": text, "messageImportance": importance}
        for n, (importance, text) in enumerate(said)
    ]
    assert made.ended("phase6-x") == Ended("FAILED", "the worker ran out of memory")


class TestLeagues:
    def test_a_job_of_another_league_gets_the_leagues_and_none_of_the_default_league_s_rules(
        self, dataflow: FakeDataflow, tmp_path: Path
    ) -> None:
        file = leagues_file(tmp_path)
        config, options = parsed(
            *PLACE, f"--dataflow_endpoint={dataflow.endpoint}", f"--leagues={file}", "--min_streak_length=9"
        )
        made = BatchTemplate.of(config, options)
        assert made is not None
        payload = {"export_types": ["backfill"], "start_date": "2026-01-01", "end_date": "2026-01-31"}
        for league in ("nba", "wnba"):
            asked = parse_request(
                {**payload, "league": league},
                known_types=tuple(exports()),
                groups=groups(),
                defaults=RequestDefaults("catboost_v9", leagues=config.all_leagues),
                now=NOW,
            )
            made.launch(asked, f"{RUN_ID}-{league}")
        mine, other = (body["launchParameter"]["parameters"] for body in dataflow.launches)
        assert mine["leagues"] == other["leagues"] == str(file)
        assert (mine["min_streak_length"], other.get("min_streak_length")) == ("9", None)
        assert mine["output"] == other["output"] == "gs://my-bucket/v1", "a run finds the place of its league itself"
        assert "league" not in json.loads(mine["request"])
        read = ExportRequest.from_json(json.loads(other["request"]), config.all_leagues)
        assert (read.league.name, read.champion_system_id) == ("wnba", "model_1")
