"""The graph that the runner of Dataflow stages, carried out by Prism with workers that hold the wheel.

The real runner submits to a fake of Dataflow, which reads ``pipeline.pb`` as Dataflow does. A Prism of its own then
runs it: each environment is the image, in whose place stands a pool of workers that were started from the built wheel.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2, endpoints_pb2
from apache_beam.runners.portability.prism_runner import PrismRunner

from tests.end_to_end.command_line import run_main
from tests.support.dataflow import FakeDataflow
from tests.support.matchers import assert_same_manifest, assert_same_objects, documents
from tests.support.ports import free_port, wait_for_port
from tests.support.prism import prism_binary
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.support.worker_pool import WorkerPool
from tests.wire.services import with_control
from tests.wire.submission import IMAGE, NIGHT, Client, Submitted, api, client, output, work
from transforms.stores.gcs import GcsStore

__all__ = ["api", "client", "output", "work"]


@pytest.fixture
def prism_endpoint(tmp_path: Path) -> Iterator[str]:
    """Where a Prism answers that no run has started."""
    port, log = free_port(), tmp_path / "prism.log"
    with log.open("wb") as written:
        command = [prism_binary(), f"--job_port={port}", "--serve_http=false"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=written, stderr=written)
        try:
            wait_for_port(port, process, log)
            yield f"localhost:{port}"
        finally:
            process.kill()
            process.wait()


def carried_out(work: GcsStore, endpoint: str, pool: WorkerPool) -> Callable[[dict[str, Any]], None]:
    """Return what carries a job out on a Prism, from what the job staged."""

    def act(job: dict[str, Any]) -> None:
        graph = Submitted(job, work).pipeline()
        assert graph.components.environments
        workers = endpoints_pb2.ApiServiceDescriptor(url=pool.endpoint)
        for environment in graph.components.environments.values():
            assert environment.urn == common_urns.environments.DOCKER.urn
            assert IMAGE.encode() in environment.payload
            environment.urn = common_urns.environments.EXTERNAL.urn
            environment.payload = beam_runner_api_pb2.ExternalPayload(endpoint=workers).SerializeToString()
            # The image is complete; Dataflow brings the list of packages itself.
            del environment.dependencies[:]
        options = PipelineOptions([f"--job_endpoint={endpoint}"])
        PrismRunner().run_portable_pipeline(graph, options).wait_until_finish()

    return act


def test_it_publishes_what_a_local_run_does(
    client: Client,
    api: FakeDataflow,
    work: GcsStore,
    output: GcsStore,
    league: League,
    tmp_path: Path,
    prism_endpoint: str,
    pool: WorkerPool,
) -> None:
    api.carry_out = carried_out(work, prism_endpoint, pool)
    ended = client("phase6-staged", "--json")
    assert ended.code == 0, ended.err
    local = run_main(league, tmp_path / "local", *NIGHT, "--json", "--runner=DirectRunner")
    assert local.code == 0
    store = published_in(tmp_path / "local")
    assert_same_objects(documents(output), documents(store))
    assert_same_manifest(with_control(output), store, league.today)
    assert [line.split()[:-1] for line in ended.out.splitlines()[:-3]] == [
        line.split()[:-1] for line in local.out.splitlines()[:-3]
    ]
    assert len(api.jobs) == 1
    # What carried it out are workers of the pool that this Prism started, and not this process.
    assert (tmp_path / "pool" / "log").read_text().count("Starting worker") == 1
