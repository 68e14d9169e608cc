"""The options that say how BigQuery and GCS are reached, and what is made of them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from pipeline.execution.places import open_store, open_warehouse
from pipeline.options.command_line import OptionsError
from pipeline.options.configuration import RunConfig, parse_run
from transforms.live_feed.feed_key import EnvironmentKey, SecretKey
from transforms.live_feed.http import HttpLiveFeed
from transforms.live_feed.warehouse import FileLiveFeed, LiveWarehouse
from transforms.stores.control import ControlledStore
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore
from transforms.warehouses.bigquery import BigQueryWarehouse
from transforms.warehouses.parquet import ParquetWarehouse

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
    assert warehouse.warehouse == BigQueryWarehouse("example.com:league", trace_id="phase6-export:a-night-s-run")
    assert store.public == GcsStore("bucket", "v1/en", concurrency=7)
    assert store.control == GcsStore("bucket-control", "v1/en", concurrency=7)


def test_emulators_by_option() -> None:
    config = config_of(*REMOTE, *EMULATORS, "--bigquery_quota_project=payer", "--correlation_id=c")
    assert open_warehouse(config).warehouse == BigQueryWarehouse(
        "example.com:league",
        quota_project="payer",
        trace_id="phase6-export:c",
        rest_endpoint="http://localhost:9050",
        storage_endpoint="localhost:9060",
    )
    assert open_store(config) == ControlledStore(
        GcsStore("bucket", "v1/en", endpoint="https://gcs.test"),
        GcsStore("bucket-control", "v1/en", endpoint="https://gcs.test"),
        "make it with: gcloud storage buckets create gs://bucket-control --uniform-bucket-level-access "
        "--public-access-prevention",
    )


def test_folders() -> None:
    config = config_of("--warehouse=in", "--output=out")
    assert open_store(config) == ControlledStore(LocalStore("out"), LocalStore("out-control"))
    assert open_warehouse(config) == LiveWarehouse(ParquetWarehouse("in"), None)


@pytest.mark.parametrize(
    ("arguments", "feed"),
    [
        (["--live_feed=evening.json"], FileLiveFeed("evening.json")),
        (["--live_feed=https://feed.test"], HttpLiveFeed("https://feed.test")),
        (
            ["--live_feed=http://localhost:8080", "--live_feed_key=env:KEY", "--live_feed_scheme=Bearer"],
            HttpLiveFeed("http://localhost:8080", EnvironmentKey("KEY"), "Bearer"),
        ),
        (
            ["--live_feed=https://feed.test", "--live_feed_key=secret:projects/p/secrets/s/versions/7"],
            HttpLiveFeed("https://feed.test", SecretKey("projects/p/secrets/s/versions/7")),
        ),
    ],
)
def test_a_live_feed(arguments: list[str], feed: object) -> None:
    assert open_warehouse(config_of("--warehouse=in", "--output=out", *arguments)).feed == feed


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--live_feed=http://feed.test"], '--live_feed: "http://feed.test" is not understood; write it like'),
        (["--live_feed=https://u:p@feed.test"], "is not understood"),
        (["--live_feed=https://feed.test", "--live_feed_key=secret"], '--live_feed_key: "secret" is not understood'),
        (["--live_feed_key=env:KEY"], '--live_feed_key: "env:KEY" means nothing without --live_feed; add'),
        (["--live_feed=a.json", "--live_feed_key=env:KEY"], '--live_feed_key: "env:KEY" means nothing for a file'),
        (["--live_feed=https://feed.test", "--live_feed_scheme=Bearer"], "means nothing without --live_feed_key"),
        (
            ["--live_feed=https://feed.test", "--live_feed_key=env:KEY", "--runner=DataflowRunner"],
            '--live_feed_key: "env:KEY" is nothing that the workers of Dataflow share',
        ),
        (["--live_feed=a.json", "--runner=DataflowRunner"], "is nothing that the workers of Dataflow share"),
    ],
)
def test_a_live_feed_that_is_rejected(arguments: list[str], line: str) -> None:
    [found] = problems(*arguments)
    assert line in found


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
