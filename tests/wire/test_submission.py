"""A job as Dataflow gets it: submitted by the real runner, then carried out from what it staged."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from google.cloud.dataflow_v1beta3 import JobType

from pipeline.version import current_build
from tests.end_to_end.command_line import ROOT, arguments_of, run_main
from tests.support.dataflow import FakeDataflow, dataflow_api, service_account
from tests.support.matchers import assert_same_manifest, assert_same_objects, documents, json_of
from tests.support.warehouses import League
from tests.wire.services import BUCKET, HASTY, BigQuery
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore

IMAGE = "us-west2-docker.pkg.dev/my-project/phase6/phase6-export:0123456789ab"
ACCOUNT = "phase6-worker@my-project.iam.gserviceaccount.com"
NIGHT = ("--export_types=tonight-all", "--target_date=today", "--correlation_id=nightly")


@dataclass(frozen=True)
class Submitted:
    """A job that was submitted.

    Attributes:
        job: What Dataflow was sent.
        out: What the command line printed.
        output: Where the job is to publish.
        staged: Where its files are.
    """

    job: dict[str, Any]
    out: str
    output: GcsStore
    staged: GcsStore

    @property
    def environment(self) -> dict[str, Any]:
        found: dict[str, Any] = self.job["environment"]
        return found

    @property
    def pool(self) -> dict[str, Any]:
        [found] = self.environment["workerPools"]
        return dict(found)

    @property
    def options(self) -> dict[str, Any]:
        found: dict[str, Any] = self.environment["sdkPipelineOptions"]["options"]
        return found

    def pipeline(self) -> beam_runner_api_pb2.Pipeline:
        """Return the graph that was staged, as a worker would read it."""
        bucket, _, path = self.options["pipelineUrl"].removeprefix("gs://").partition("/")
        assert bucket == BUCKET
        held = self.staged.read(path.removeprefix(f"{self.staged.prefix}/"))
        assert held is not None
        return beam_runner_api_pb2.Pipeline.FromString(held[0])


Submit = Callable[..., tuple[list[dict[str, Any]], str]]


@pytest.fixture(scope="module")
def work(gcs_url: str) -> Iterator[GcsStore]:
    """Where jobs stage their files."""
    store = GcsStore(BUCKET, "submission/work", endpoint=gcs_url, backoff=HASTY)
    yield store
    store.close()


@pytest.fixture(scope="module")
def submit(
    bigquery: BigQuery, league_project: str, gcs_url: str, work: GcsStore, tmp_path_factory: pytest.TempPathFactory
) -> Submit:
    """Submit the night on the command line, and return the jobs that Dataflow was sent and what was printed."""
    key = tmp_path_factory.mktemp("submission") / "key.json"

    def act(job_name: str, *more: str, what: tuple[str, ...] = NIGHT) -> tuple[list[dict[str, Any]], str]:
        with dataflow_api(FakeDataflow()) as api:
            # Without credentials, Beam looks for them for 22 s before it connects without.
            service_account(api, key)
            arguments = arguments_of(
                f"bigquery:{league_project}",
                f"gs://{BUCKET}/submission/v1",
                f"--bigquery_rest_endpoint={bigquery.rest}",
                f"--bigquery_storage_endpoint={bigquery.storage}",
                f"--gcs_endpoint={gcs_url}",
                *what,
                "--runner=DataflowRunner",
                # Beam speaks plain HTTP with this name only.
                f"--dataflow_endpoint={api.endpoint.replace('127.0.0.1', 'localhost')}",
                "--project=my-project",
                "--region=us-west2",
                f"--job_name={job_name}",
                f"--temp_location=gs://{BUCKET}/{work.prefix}/temp",
                f"--staging_location=gs://{BUCKET}/{work.prefix}/staging",
                f"--service_account_email={ACCOUNT}",
                "--max_num_workers=3",
                "--machine_type=e2-standard-2",
                f"--sdk_container_image={IMAGE}",
                "--sdk_location=container",
                *more,
            )
            done = subprocess.run(
                [sys.executable, "-m", "pipeline.main", *arguments],
                cwd=ROOT,
                env={
                    **os.environ,
                    "GOOGLE_APPLICATION_CREDENTIALS": str(key),
                    "STORAGE_EMULATOR_HOST": gcs_url,
                    "NO_PROXY": "localhost,127.0.0.1",
                },
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        assert done.returncode == 0, done.stderr
        return api.jobs, done.stdout

    return act


@pytest.fixture(scope="module")
def submitted(submit: Submit, work: GcsStore, gcs_url: str) -> Iterator[Submitted]:
    """The night, submitted."""
    output = GcsStore(BUCKET, "submission/v1", endpoint=gcs_url, backoff=HASTY)
    [job], out = submit("phase6-night", "--labels=team=data")
    yield Submitted(job, out, output, work)
    output.close()


def test_a_night_is_submitted_and_publishes_what_a_local_run_does(
    submitted: Submitted, league: League, tmp_path: Path
) -> None:
    # One test, since there is one job, which takes long to submit.
    check_that_it_is_left(submitted)
    check_what_it_says_it_is(submitted)
    check_workers(submitted)
    check_that_nothing_is_downloaded_but_the_graph(submitted)
    check_options(submitted)
    check_what_the_graph_publishes(submitted, league, tmp_path)


def check_that_it_is_left(submitted: Submitted) -> None:
    assert submitted.out.startswith("submitted run 2026")
    assert "job-1" in submitted.out
    assert documents(submitted.output) == {}


def check_what_it_says_it_is(submitted: Submitted) -> None:
    build = current_build()
    assert (submitted.job["name"], submitted.job["type"]) == ("phase6-night", JobType.JOB_TYPE_BATCH)
    assert submitted.job["labels"] == {
        "team": "data",
        "app": "phase6-export",
        "commit": build.commit,
        "lock": build.lock,
    }
    assert submitted.environment["serviceAccountEmail"] == ACCOUNT


def check_workers(submitted: Submitted) -> None:
    assert submitted.pool["machineType"] == "e2-standard-2"
    assert submitted.pool["autoscalingSettings"]["maxNumWorkers"] == 3
    assert submitted.pool["workerHarnessContainerImage"] == IMAGE
    assert {image["containerImage"] for image in submitted.pool["sdkHarnessContainerImages"]} == {IMAGE}


def check_that_nothing_is_downloaded_but_the_graph(submitted: Submitted) -> None:
    """What runs is the image: no package, no main session, no lock file is staged."""
    staged = [found.path.rpartition("/")[2] for found in submitted.staged.list("staging/phase6-night")]
    # The list is what a worker compares its own packages with, to warn of a difference.
    listed = "submission_environment_dependencies.txt"
    assert staged == ["pipeline.pb", listed]
    assert [package["name"] for package in submitted.pool["packages"]] == [listed]
    # The limits are 10 MB of graph and 20 MB of request.
    assert submitted.pipeline().ByteSize() < 1_000_000


def check_options(submitted: Submitted) -> None:
    assert submitted.options["output"] == f"gs://{BUCKET}/submission/v1"
    assert submitted.options["correlation_id"] == "nightly"
    assert submitted.options["save_main_session"] is False


def check_what_the_graph_publishes(submitted: Submitted, league: League, folder: Path) -> None:
    assert run_main(league, folder, *NIGHT).code == 0
    graph = submitted.pipeline()
    for environment in graph.components.environments.values():
        assert IMAGE.encode() in environment.payload
        # The container is this process, which holds the same code.
        environment.urn, environment.payload = python_urns.EMBEDDED_PYTHON, b""
    FnApiRunner().run_via_runner_api(graph, PipelineOptions([])).wait_until_finish()
    local = LocalStore(str(folder))
    assert_same_objects(documents(submitted.output), documents(local))
    assert_same_manifest(submitted.output, local, league.today)


def test_a_launcher_gets_the_job_and_sends_it_itself(submit: Submit, work: GcsStore) -> None:
    """The launcher of a Flex Template names a file for the job; a program that then fails is a launch that failed."""
    jobs, out = submit(
        "phase6-launched", f"--template_location=gs://{BUCKET}/{work.prefix}/job_object", '--labels={"team": "data"}'
    )
    assert jobs == []
    assert out.startswith("submitted run 2026")
    job = json_of(work, "job_object")
    build = current_build()
    assert (job["name"], job["type"]) == ("phase6-launched", "JOB_TYPE_BATCH")
    assert job["labels"] == {"team": "data", "app": "phase6-export", "commit": build.commit, "lock": build.lock}
    assert job["environment"]["workerPools"][0]["workerHarnessContainerImage"] == IMAGE


STREAM = (
    "--input_subscription=projects/my-project/subscriptions/requests",
    "--upstream_subscription=projects/my-project/subscriptions/upstream",
    "--dead_letter_topic=projects/my-project/topics/dead-letters",
    "--completion_topic=projects/my-project/topics/done",
    "--batch_template=gs://my-work/templates/phase6-export.json",
)


def test_the_streaming_job_is_submitted(submit: Submit, work: GcsStore, gcs_url: str) -> None:
    [job], out = submit("phase6-stream", "--enable_streaming_engine", "--num_workers=1", what=STREAM)
    found = Submitted(job, out, work, work)
    assert out.startswith("submitted the streaming job: ")
    assert (job["name"], job["type"]) == ("phase6-stream", JobType.JOB_TYPE_STREAMING)
    assert job["labels"]["app"] == "phase6-export"
    assert found.options["streaming"]
    assert found.options["enable_streaming_engine"]
    assert found.pool["numWorkers"] == 1
    graph = found.pipeline()
    labels = {transform.unique_name for transform in graph.components.transforms.values()}
    assert {"ReadMessages", "ReadUpstream", "Tick", "AnswerMessages/AnswerRequests", "WriteEvents"} <= labels
    sources = [t.spec.urn for t in graph.components.transforms.values() if "pubsub_read" in t.spec.urn]
    assert len(sources) == 2


def test_a_run_that_tells_what_became_of_it_is_submitted(submit: Submit, work: GcsStore) -> None:
    [job], out = submit("phase6-told", "--completion_topic=projects/my-project/topics/done")
    assert job["type"] == JobType.JOB_TYPE_BATCH
    graph = Submitted(job, out, work, work).pipeline()
    labels = {transform.unique_name for transform in graph.components.transforms.values()}
    assert {"PublishCompletion/MakeEvent", "PublishCompletion/WriteEvent"} <= labels
