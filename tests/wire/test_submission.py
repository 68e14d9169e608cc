"""A job as Dataflow gets it: submitted by the real runner, carried out from what it staged, and waited for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import python_urns
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from google.cloud.dataflow_v1beta3 import JobType

from pipeline.reference.released_stream import graph_of, pipeline_of_today
from pipeline.version import current_build
from tests.end_to_end.command_line import run_main
from tests.support.dataflow import FakeDataflow
from tests.support.matchers import assert_same_manifest, assert_same_objects, documents, json_of
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.wire.services import BUCKET, with_control
from tests.wire.submission import ACCOUNT, IMAGE, NIGHT, Client, Submitted, api, client, output, work
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import StoreError

__all__ = ["api", "client", "output", "work"]


def carried_out(work: GcsStore) -> Callable[[dict[str, Any]], None]:
    """Return what carries a job out, in this process, from what it staged."""

    def act(job: dict[str, Any]) -> None:
        graph = Submitted(job, work).pipeline()
        for environment in graph.components.environments.values():
            assert IMAGE.encode() in environment.payload
            # The container is this process, which holds the same code.
            environment.urn, environment.payload = python_urns.EMBEDDED_PYTHON, b""
        FnApiRunner().run_via_runner_api(graph, PipelineOptions([])).wait_until_finish()

    return act


def test_a_night_is_waited_for_and_ends_like_a_local_run(
    client: Client, api: FakeDataflow, work: GcsStore, output: GcsStore, league: League, tmp_path: Path
) -> None:
    # One test, since there is one job, which takes long to submit.
    api.carry_out = carried_out(work)
    ended = client("phase6-night", "--labels=team=data", "--json")
    assert ended.code == 0, ended.err
    local = run_main(league, tmp_path / "local", *NIGHT, "--json")
    assert local.code == 0
    store = published_in(tmp_path / "local")
    assert_same_objects(documents(output), documents(store))
    assert_same_manifest(with_control(output), store, league.today)
    assert _without_run(ended.summary) == _without_run(local.summary)
    assert [line.split()[:-1] for line in ended.out.splitlines()[:-3]] == [
        line.split()[:-1] for line in local.out.splitlines()[:-3]
    ]
    assert "submitted job job-1: https://console.cloud.google.com/dataflow/jobs/us-west2/job-1" in ended.err
    assert "Traceback" not in ended.err
    [job] = api.jobs
    submitted = Submitted(job, work)
    check_what_it_says_it_is(submitted)
    check_workers(submitted)
    check_that_nothing_is_downloaded_but_the_graph(submitted)
    check_options(submitted)


def _without_run(summary: dict[str, Any]) -> dict[str, Any]:
    """What does not say where, when, by what or how fast a run was."""
    exports = {name: {**made, "seconds": 0, "pointers_moved": 0} for name, made in summary["exports"].items()}
    return {**summary, "exports": exports, "run_id": "", "output": "", "engine": ""}


def test_a_job_that_fails_ends_with_1_and_its_reason(client: Client, api: FakeDataflow, output: GcsStore) -> None:
    def fail(_job: dict[str, Any]) -> None:
        raise StoreError("cannot write gs://documents/a.json: 403; grant storage.objects.create")

    api.carry_out = fail
    before = documents(output)
    ended = client("phase6-failing")
    assert ended.code == 1
    assert ended.out == ""
    *_, broken, missing = ended.err.splitlines()
    assert broken == (
        "the run broke off: the job failed on Dataflow: StoreError: cannot write gs://documents/a.json: 403; "
        "grant storage.objects.create; what it published is safe, run it again to complete it"
    )
    assert missing.startswith("missing: 2026-02-03: ")
    assert documents(output) == before


def test_a_job_that_is_done_and_published_nothing_ends_with_1(client: Client, api: FakeDataflow) -> None:
    """Another execution of the same request may have left its manifest: it is none of this one."""
    ended = client("phase6-idle", "--export_types=results", what=("--target_date=2026-01-05",))
    assert ended.code == 1
    assert "missing: 2026-01-05: no manifest was written; run it again" in ended.out


def test_a_cancelled_job_ends_with_1(client: Client, api: FakeDataflow) -> None:
    api.states = ("JOB_STATE_RUNNING", "JOB_STATE_CANCELLED")
    ended = client("phase6-cancelled")
    assert ended.code == 1
    assert "the run broke off: the job was cancelled on Dataflow; " in ended.err


def test_a_client_that_does_not_wait_leaves_at_once(client: Client, api: FakeDataflow) -> None:
    api.states = ("JOB_STATE_RUNNING",)
    ended = client("phase6-left", "--no_wait", "--json")
    assert ended.code == 0, ended.err
    first, last = ended.out.splitlines()
    assert first.startswith("submitted run 2026")
    assert first.endswith(
        ": job job-1: https://console.cloud.google.com/dataflow/jobs/us-west2/job-1?project=my-project"
    )
    assert orjson.loads(last)["status"] == "submitted"
    assert not any(path.endswith("/jobs/job-1") for path in api.paths)


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


def test_a_launcher_gets_the_job_and_sends_it_itself(client: Client, api: FakeDataflow, work: GcsStore) -> None:
    """The launcher of a Flex Template names a file for the job; a program that then fails is a launch that failed."""
    location = f"--template_location=gs://{BUCKET}/{work.prefix}/job_object"
    ended = client("phase6-launched", location, '--labels={"team": "data"}')
    assert ended.code == 0, ended.err
    assert api.jobs == []
    assert ended.out.startswith("submitted run 2026")
    assert ended.out.endswith(": its launcher sends the job\n")
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


def test_the_streaming_job_is_submitted_and_not_waited_for(client: Client, api: FakeDataflow, work: GcsStore) -> None:
    api.states = ("JOB_STATE_RUNNING",)
    ended = client("phase6-stream", "--enable_streaming_engine", "--num_workers=1", what=STREAM)
    assert ended.code == 0, ended.err
    first, second = ended.out.splitlines()
    assert first.startswith("submitted the streaming job: job job-1: https://console.cloud.google.com/")
    assert second == "it answers messages until it is drained or cancelled, and is not waited for"
    [job] = api.jobs
    found = Submitted(job, work)
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
    assert graph_of(graph) == graph_of(pipeline_of_today()), "what releases are compared by is what is submitted"


def test_a_run_with_a_completion_topic_is_submitted(client: Client, api: FakeDataflow, work: GcsStore) -> None:
    ended = client("phase6-told", "--completion_topic=projects/my-project/topics/done", "--no_wait")
    assert ended.code == 0, ended.err
    [job] = api.jobs
    assert job["type"] == JobType.JOB_TYPE_BATCH
    graph = Submitted(job, work).pipeline()
    labels = {transform.unique_name for transform in graph.components.transforms.values()}
    assert {"PublishCompletion/MakeEvent", "PublishCompletion/WriteEvent"} <= labels
