"""A verification of a bucket launches what the streaming job has not answered, and records it beside the manifests."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from pipeline.deployment.settings import SETTINGS, Deployment
from pipeline.engines.dataflow_jobs import DataflowJobs
from pipeline.operations.verify import DIFFERENT, main
from tests.support.dataflow import FakeDataflow, dataflow_api
from tests.wire.services import BUCKET
from transforms.stores.gcs import GcsStore

SCHEDULES = """\
time_zone: America/New_York
jobs:
  phase6-night:
    why: The night.
    door: stream
    cron: "0 11 * * *"
    request: {export_types: [predictions], target_date: today}
"""


def test_one_launch_for_one_time_of_an_entry(
    gcs_url: str, prefix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, schedules = tmp_path / "settings.env", tmp_path / "schedules.yaml"
    text = SETTINGS.read_text(encoding="utf-8")
    settings.write_text(text.replace("OUTPUT=gs://${OUTPUT_BUCKET}/v1", f"OUTPUT=gs://{BUCKET}/{prefix}"))
    schedules.write_text(SCHEDULES, encoding="utf-8")
    argv = [
        f"--output=gs://{BUCKET}/{prefix}",
        f"--gcs_endpoint={gcs_url}",
        "--target_date=today",
        f"--schedules={schedules}",
        f"--launch_late={settings}",
    ]
    with dataflow_api(FakeDataflow()) as api:

        def open_jobs(deployment: Deployment) -> DataflowJobs:
            return DataflowJobs(deployment.project, deployment.region, endpoint=api.endpoint)

        for hour in (17, 18):
            assert main(argv, now=datetime(2026, 2, 11, hour, tzinfo=timezone.utc), open_jobs=open_jobs) == DIFFERENT
        [body] = api.launches
    assert json.loads(body["launchParameter"]["parameters"]["request"])["target_date"] == "2026-02-11"
    first, second = (line for line in capsys.readouterr().out.splitlines() if "was due" in line)
    assert "batch job phase6-night was launched, and start the streaming job" in first
    assert "batch job phase6-night was launched for it before, and start the streaming job" in second
    places = (BUCKET, f"{BUCKET}-control")
    public, control = (GcsStore(place, prefix, concurrency=4, endpoint=gcs_url) for place in places)
    assert [shown.path for shown in control.list("fallbacks/")] == ["fallbacks/phase6-night.json"]
    assert list(public.list("fallbacks/")) == []
    for store in (public, control):
        store.close()
