"""The options that say how BigQuery and GCS are reached, and what is made of them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from pipeline.execution import open_store, open_warehouse
from pipeline.options import OptionsError, RunConfig, parse_run
from transforms.bigquery_warehouse import BigQueryWarehouse
from transforms.gcs_store import GcsStore
from transforms.local_store import LocalStore
from transforms.parquet_warehouse import ParquetWarehouse

REMOTE = ("--warehouse=bigquery:example.com:league", "--output=gs://bucket/v1/en")
EMULATORS = (
    "--bigquery_rest_endpoint=http://localhost:9050",
    "--bigquery_storage_endpoint=localhost:9060",
    "--gcs_endpoint=https://gcs.test",
)


def config_of(*arguments: str) -> RunConfig:
    argv = (*arguments, "--export_types=tonight", "--target_date=2026-02-03")
    return parse_run(argv, known_types=("tonight",), groups={}, now=datetime(2026, 2, 3, tzinfo=timezone.utc))[1]


def problems(*arguments: str) -> list[str]:
    with pytest.raises(OptionsError) as raised:
        config_of(*REMOTE, *arguments)
    return str(raised.value).splitlines()


def test_the_services_themselves_by_default() -> None:
    config = config_of(*REMOTE, "--correlation_id=a night's run", "--upload_threads=7")
    warehouse, store = open_warehouse(config), open_store(config)
    assert warehouse == BigQueryWarehouse("example.com:league", trace_id="phase6-export:a-night-s-run")
    assert store == GcsStore("bucket", "v1/en", concurrency=7)


def test_emulators_by_option() -> None:
    config = config_of(*REMOTE, *EMULATORS, "--bigquery_quota_project=payer", "--correlation_id=c")
    assert open_warehouse(config) == BigQueryWarehouse(
        "example.com:league",
        quota_project="payer",
        trace_id="phase6-export:c",
        rest_endpoint="http://localhost:9050",
        storage_endpoint="localhost:9060",
    )
    assert open_store(config) == GcsStore("bucket", "v1/en", endpoint="https://gcs.test")


def test_folders() -> None:
    config = config_of("--warehouse=in", "--output=out")
    assert (open_warehouse(config), open_store(config)) == (ParquetWarehouse("in"), LocalStore("out"))


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            EMULATORS[:1],
            "--bigquery_storage_endpoint: is missing beside --bigquery_rest_endpoint; add",
        ),
        (EMULATORS[1:], "--bigquery_rest_endpoint: is missing beside --bigquery_storage_endpoint; add"),
        (["--gcs_endpoint=localhost:1"], '--gcs_endpoint: "localhost:1" is not understood; write it like'),
        (["--gcs_endpoint=http://h/path"], '--gcs_endpoint: "http://h/path" is not understood; write it like'),
        (["--bigquery_quota_project=P"], '--bigquery_quota_project: "P" is not understood; write it like'),
        (["--bigquery_quota_project="], '--bigquery_quota_project: "" is empty; write it like'),
    ],
)
def test_one_line_per_problem(arguments: Any, line: str) -> None:
    found = problems(*arguments)
    assert len(found) == 1
    assert found[0].startswith(line)


def test_both_endpoints_are_checked() -> None:
    found = problems("--bigquery_rest_endpoint=x", "--bigquery_storage_endpoint=http://h:1")
    assert [line.partition(":")[0] for line in found] == ["--bigquery_rest_endpoint", "--bigquery_storage_endpoint"]
