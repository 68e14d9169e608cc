"""Whole runs over the wire: BigQuery to GCS, as the command line does it."""

from __future__ import annotations

import dataclasses
import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from exporters.registry import exports
from pipeline.execution.graph_run import run
from pipeline.reporting.report import Summary
from tests.end_to_end.command_line import Ended, run_main
from tests.support.matchers import assert_one_line_each, assert_same_manifest, assert_same_objects
from tests.support.plans import plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League
from tests.wire.gate import Fault, Forward, Gate, Request, Response, lose, refuse, reset, truncate
from tests.wire.services import BUCKET, HASTY, BigQuery, with_control
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.publishing.pointers import without_order
from transforms.stores.control import ControlledStore, is_control
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import Store

NIGHT = ("--export_types=all", "--target_date=today")


@pytest.fixture(scope="module")
def folder(league: League, tmp_path_factory: pytest.TempPathFactory) -> ControlledStore:
    """The night, exported from Parquet to a folder."""
    output = tmp_path_factory.mktemp("night") / "out"
    assert run_main(league, output, *NIGHT).code == 0
    return published_in(output)


@pytest.fixture
def bucket(gcs_url: str, prefix: str) -> Iterator[GcsStore]:
    """Where the night goes, without a gate."""
    store = GcsStore(BUCKET, prefix, endpoint=gcs_url, retry=HASTY)
    yield store
    store.close()


def export(bigquery: BigQuery, project: str, gcs_url: str, prefix: str, *arguments: str) -> Ended:
    return run_main(
        f"bigquery:{project}",
        f"gs://{BUCKET}/{prefix}",
        f"--bigquery_rest_endpoint={bigquery.rest}",
        f"--bigquery_storage_endpoint={bigquery.storage}",
        f"--gcs_endpoint={gcs_url}",
        *arguments,
    )


def objects(store: Store) -> dict[str, object]:
    """Return everything about every object but its generation and its run, by path; what is about runs aside."""
    found: dict[str, object] = {}
    for shown in store.list(""):
        if not is_control(shown.path) and not shown.path.startswith("status"):
            held = store.read(shown.path)
            assert held is not None
            found[shown.path] = (held[0], shown.content_type, shown.cache_control, without_order(shown.metadata))
    return found


def test_a_night_is_the_same_over_the_wire(
    bigquery: BigQuery, league_project: str, league: League, folder: ControlledStore, gate: Gate, bucket: GcsStore
) -> None:
    ended = export(bigquery, league_project, gate.url, bucket.prefix, *NIGHT)
    assert ended.code == 0, ended.err
    assert_same_objects(objects(bucket), objects(folder))
    assert_same_manifest(with_control(bucket), folder, league.today)
    # One request for each object, and for the checks, the manifest, the record of the run, the lease,
    # the status, and the page of it with its data and that of the date.
    assert len(objects(bucket)) <= gate.uploads() <= len(objects(bucket)) + 10


def test_a_week_is_the_same_over_the_wire(
    bigquery: BigQuery, league_project: str, league: League, gcs_url: str, bucket: GcsStore, tmp_path: Path
) -> None:
    days = [league.today - timedelta(days=n) for n in range(7)]
    week = ("--export_types=backfill", f"--start_date={days[-1]}", f"--end_date={days[0]}", "--runner=DirectRunner")
    ended = export(bigquery, league_project, gcs_url, bucket.prefix, *week)
    expected = run_main(league, tmp_path, *week)
    assert (ended.code, expected.code) == (0, 0), ended.err + expected.err
    folder = published_in(tmp_path)
    assert_same_objects(objects(bucket), objects(folder))
    for day in days:
        assert_same_manifest(with_control(bucket), folder, day)


def at_random(seed: int, *faults: Fault) -> Fault:
    """One request in ten is broken, in one of several ways."""
    chance = random.Random(seed)

    def act(forward: Forward) -> Response:
        return chance.choice(faults)(forward) if chance.random() < 0.1 else forward()

    return act


def test_a_bad_night_is_complete_or_reports_what_is_missing(
    bigquery: BigQuery, league_project: str, league: League, folder: ControlledStore, gate: Gate, bucket: GcsStore
) -> None:
    expected = objects(folder)
    lost = next(path for path in expected if path.startswith("tonight/player/20"))
    pointer = next(path for path, held in expected.items() if held == expected[lost] and path != lost)
    store = with_control(dataclasses.replace(bucket, endpoint=gate.url))

    def run_again() -> Summary:
        # As the command line does it, but for waits that are meant for services which others use, too.
        plan = plan_of(*exports(), first=league.today)
        warehouse = LiveWarehouse(bigquery.warehouse(league_project))
        summary = run(plan, warehouse, store, PipelineOptions([]), output=str(store))
        assert summary is not None
        return summary

    def is_lost(request: Request) -> bool:
        return request.is_upload and f'"{bucket.prefix}/{lost}"'.encode() in request.body

    gate.inject(refuse(403, "nightly does not have storage.objects.create access", "forbidden"), where=is_lost)
    fault = at_random(1, refuse(503), refuse(429), refuse(500), reset, lose(0), lose(502), truncate)
    gate.inject(*[fault] * 100_000)
    first = run_again()
    assert_same_objects(objects(bucket), {path: expected[path] for path in expected if path not in (lost, pointer)})
    assert (first.exit_code, len(first.missing)) == (1, 1)
    assert lost in first.missing[0]
    assert "does not have storage.objects.create access; grant roles/storage.objectUser" in first.missing[0]

    generations = {shown.path: shown.generation for shown in bucket.list("")}
    second = run_again()
    assert (second.exit_code, list(second.missing)) == (0, [])
    assert_same_objects(objects(bucket), expected)
    changed = {shown.path for shown in bucket.list("") if generations.get(shown.path) != shown.generation}
    assert {path for path in changed if not path.startswith("status")} == {lost, pointer}
    for place in (store.public, store.control):
        assert isinstance(place, GcsStore)
        place.close()


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--output=gs://nowhere/v1",), ["nothing was published", "there is no bucket nowhere; create it"]),
        (
            ("--control_output=gs://nowhere/v1",),
            [
                "there is no bucket nowhere",
                "manifests, leases and failures, which are not public",
                "make it with: gcloud storage buckets create gs://nowhere --uniform-bucket-level-access",
            ],
        ),
        (("--as_of=2026-01-01T00:00:00Z",), ["--as_of", "BigQuery keeps 7 days"]),
        (("--gcs_endpoint=http://",), ["--gcs_endpoint", '"http://"', "write it like --gcs_endpoint=http://localhost"]),
        (("--bigquery_storage_endpoint=",), ["--bigquery_storage_endpoint", "is empty"]),
    ],
)
def test_problems_are_reported_before_anything_is_read(
    bigquery: BigQuery, league_project: str, gate: Gate, arguments: tuple[str, ...], names: list[str]
) -> None:
    given = {argument.partition("=")[0] for argument in arguments}
    options = {
        "--output": f"gs://{BUCKET}/v1",
        "--bigquery_rest_endpoint": bigquery.rest,
        "--bigquery_storage_endpoint": bigquery.storage,
        "--gcs_endpoint": gate.url,
    }
    kept = [f"{flag}={value}" for flag, value in options.items() if flag not in given]
    ended = run_main(f"bigquery:{league_project}", "unused", *kept, *arguments, *NIGHT)
    assert ended.code != 0
    assert ended.out == ""
    assert_one_line_each(ended.err, names=names)


def test_a_dry_run_estimates_what_it_would_read(bigquery: BigQuery, league_project: str, gate: Gate) -> None:
    ended = export(bigquery, league_project, gate.url, "v1", *NIGHT, "--dry_run")
    assert ended.code == 0, ended.err
    estimated = json.loads(ended.out)["estimated_bytes"]
    assert len(estimated) > 20
    assert all(isinstance(size, int) for size in estimated.values()), estimated
    # What is written is written to no generation that there is, so that nothing ever appears.
    uploads = [request.target for request in gate.requests if request.is_upload]
    assert uploads
    assert all("ifGenerationMatch=1" in target for target in uploads)
