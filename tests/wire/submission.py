"""Submissions to a fake of Dataflow by the real runner, and what they stage in the GCS emulator."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
from apache_beam.portability.api import beam_runner_api_pb2

from tests.end_to_end.command_line import ROOT, Ended, arguments_of
from tests.support.dataflow import FakeDataflow, dataflow_api, service_account
from tests.wire.services import BUCKET, HASTY, BigQuery
from transforms.stores.gcs import GcsStore

IMAGE = "us-west2-docker.pkg.dev/my-project/phase6/phase6-export:0123456789ab"
ACCOUNT = "phase6-worker@my-project.iam.gserviceaccount.com"
NIGHT = ("--export_types=tonight-all", "--target_date=today", "--correlation_id=nightly")


@dataclass(frozen=True)
class Submitted:
    """A job that was submitted.

    Attributes:
        job: What Dataflow was sent.
        staged: Where its files are.
    """

    job: dict[str, Any]
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


class Client(Protocol):
    """Runs a command line against a fake of Dataflow."""

    def __call__(self, job_name: str, *more: str, what: tuple[str, ...] = NIGHT) -> Ended:
        """Run a command line with some more options."""


@pytest.fixture(scope="module")
def work(gcs_url: str) -> Iterator[GcsStore]:
    """Where jobs stage their files."""
    store = GcsStore(BUCKET, "submission/work", endpoint=gcs_url, retry=HASTY)
    yield store
    store.close()


@pytest.fixture
def api() -> Iterator[FakeDataflow]:
    with dataflow_api(FakeDataflow()) as api:
        yield api


@pytest.fixture
def client(
    api: FakeDataflow, bigquery: BigQuery, league_project: str, gcs_url: str, work: GcsStore, tmp_path: Path
) -> Client:
    """Run a command line in a process of its own, as people do."""
    key = tmp_path / "key.json"
    # Without credentials, Beam looks for them for 22 s before it connects without.
    service_account(api, key)

    def act(job_name: str, *more: str, what: tuple[str, ...] = NIGHT) -> Ended:
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
            timeout=240,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    return act


@pytest.fixture
def output(gcs_url: str) -> Iterator[GcsStore]:
    """Where jobs publish."""
    store = GcsStore(BUCKET, "submission/v1", endpoint=gcs_url, retry=HASTY)
    yield store
    store.close()
