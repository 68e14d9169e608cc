"""``phase6 doctor`` over the wire: what a project, a bucket and their permissions lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import grpc
import pyarrow as pa
import pytest

from exporters.league.forecasts.readiness import reads_of
from exporters.registry import exports
from exporters.warehouse.tables import CONTEXT, PREDICTIONS, REGISTRY, TABLES
from pipeline.planning.preflight import look_ahead
from pipeline.reporting.findings import Severity
from tests.end_to_end.test_doctor import Ended, examine
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from tests.wire.gate import Gate, Request, refuse
from tests.wire.read_server import Break, ReadServer
from tests.wire.services import BUCKET, HASTY, BigQuery
from tests.wire.test_bigquery_rest import listed, table
from transforms.warehouses.bigquery import BigQueryWarehouse

READ_DENIED = "Access Denied: Permission bigquery.tables.get denied"
WRITE_DENIED = "nightly@p.iam.gserviceaccount.com does not have storage.objects.create access"


@pytest.fixture
def rest(bigquery: BigQuery) -> Iterator[Gate]:
    """A proxy of the BigQuery emulator's REST API."""
    with Gate(bigquery.rest).opened() as gate:
        yield gate


Doctor = Callable[..., Ended]


@pytest.fixture
def doctor(bigquery: BigQuery, league_project: str, league: League, rest: Gate, gate: Gate, prefix: str) -> Doctor:
    def run(*more: str, bucket: str = BUCKET) -> Ended:
        return examine(
            f"--warehouse=bigquery:{league_project}",
            f"--output=gs://{bucket}/{prefix}",
            f"--bigquery_rest_endpoint={rest.url}",
            f"--bigquery_storage_endpoint={bigquery.storage}",
            f"--gcs_endpoint={gate.url}",
            f"--target_date={league.today}",
            *more,
        )

    return run


def problems(ended: Ended) -> list[tuple[str, str]]:
    return [(one["severity"], one["subject"]) for one in ended.summary["findings"] if one["severity"] != "warning"]


def test_a_project_and_a_bucket_that_have_everything_are_ready(doctor: Doctor, gate: Gate) -> None:
    ended = doctor("--json")
    assert (ended.code, ended.summary["verdict"], problems(ended)) == (0, "ready", [])
    assert ended.summary["unmatched"]
    uploads = [request.target for request in gate.requests if request.is_upload]
    assert len(uploads) == 2
    assert all("ifGenerationMatch=1" in target for target in uploads)


def test_a_table_that_may_not_be_seen_costs_its_types(doctor: Doctor, rest: Gate) -> None:
    def is_context(request: Request) -> bool:
        return request.path.endswith(CONTEXT.name.partition(".")[2])

    rest.inject(*[refuse(403, READ_DENIED, "accessDenied")] * 9, where=is_context)
    ended = doctor("--json")
    assert (ended.code, ended.summary["verdict"], problems(ended)) == (1, "incomplete", [("fail", CONTEXT.name)])
    (finding,) = (one for one in ended.summary["findings"] if one["severity"] == "fail")
    assert READ_DENIED in finding["what"]
    assert finding["fix"].startswith("grant roles/bigquery.dataViewer on dataset the-league.nba_analytics")
    readers = {name for name, export in exports().items() if CONTEXT in {read.table for read in reads_of(export)}}
    assert set(finding["types"]) == set(ended.summary["missing"]) == readers != set(exports())


def test_a_place_that_may_not_be_written_stops_it_and_the_rest_is_looked_at(
    doctor: Doctor, rest: Gate, gate: Gate
) -> None:
    def is_registry(request: Request) -> bool:
        return request.path.endswith(REGISTRY.name.partition(".")[2])

    def is_upload_to_control(request: Request) -> bool:
        return request.is_upload and f"/b/{BUCKET}-control/" in request.target

    rest.inject(*[refuse(403, READ_DENIED, "accessDenied")] * 9, where=is_registry)
    gate.inject(refuse(403, WRITE_DENIED, "forbidden"), where=is_upload_to_control)
    ended = doctor("--json")
    assert (ended.code, ended.summary["verdict"]) == (1, "stopped")
    assert problems(ended) == [("stop", "--control_output"), ("fail", REGISTRY.name)]
    assert f"grant roles/storage.objectUser on gs://{BUCKET}-control" in ended.summary["findings"][0]["fix"]


def test_a_bucket_that_is_missing_is_named_with_the_command_that_makes_the_private_one(doctor: Doctor) -> None:
    ended = doctor(bucket="nowhere")
    assert ended.code == 1
    output, control, *_ = ended.out.splitlines()
    assert "there is no bucket nowhere; " in output
    assert "there is no bucket nowhere-control; " in control
    assert control.endswith("--public-access-prevention")
    assert ended.out.splitlines()[-1].startswith("stopped: ")


class TestSessions:
    """Tables whose descriptions may be seen, and whose rows may not."""

    DAY = date(2026, 1, 20)

    @pytest.fixture
    def server(self) -> Iterator[ReadServer]:
        empty = {
            one.name: pa.table({name: pa.array([], pa.string()) for name in one.columns})
            for one in TABLES
            if one.stand_in is None and not one.live
        }
        with ReadServer(empty).opened() as server:
            yield server

    @pytest.fixture
    def warehouse(self, server: ReadServer) -> Iterator[BigQueryWarehouse]:
        with Gate("http://127.0.0.1:9").opened() as rest:
            for declared in (one for one in TABLES if one.stand_in is None and not one.live):
                target = f"/tables/{declared.name.partition('.')[2]}"
                rest.inject(*[table(declared)] * 9, where=lambda asked, target=target: asked.path.endswith(target))
            rest.inject(
                listed([{"f": [{"v": "1769000000000000"}]}], "now"), where=lambda asked: asked.path.endswith("/queries")
            )
            warehouse = BigQueryWarehouse("p", rest_endpoint=rest.url, storage_endpoint=server.address, retry=HASTY)
            yield warehouse
            warehouse.close()

    @pytest.mark.parametrize("every", [True, False])
    def test_a_refused_session_is_named_before_anything_is_read(
        self, server: ReadServer, warehouse: BigQueryWarehouse, every: bool
    ) -> None:
        denied = Break(grpc.StatusCode.PERMISSION_DENIED, "Permission bigquery.tables.getData denied")
        server.break_sessions(*[denied] * 100)
        plan = plan_of("predictions", first=self.DAY)
        found = look_ahead(plan, warehouse, MemoryStore(), every_session=every)
        about: dict[str, Any] = {finding.subject: finding for finding in found.findings}
        sources = {scan.source for scan in plan.scans}
        if every:
            assert about.keys() == sources
        else:
            assert {name.partition(".")[0] for name in about} == {name.partition(".")[0] for name in sources}
            assert PREDICTIONS.name in about
        assert {finding.severity for finding in found.findings} <= {Severity.FAIL, Severity.WARNING}
        assert "bigquery.tables.getData denied" in about[PREDICTIONS.name].what
        assert about[PREDICTIONS.name].fix.startswith("grant roles/bigquery.dataViewer on dataset p.")
        # The scan names what it cannot read, as ever.
        assert (found.stop, found.plan.broken) == (None, {})
