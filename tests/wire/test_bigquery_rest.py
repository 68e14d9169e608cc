"""What tables tell about themselves, and errors, that the BigQuery emulator has none of."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Iterator
from datetime import date
from typing import Any, ClassVar

import grpc
import pyarrow as pa
import pytest

from exporters.warehouse.tables import DEFENSE, REGISTRY, SCHEDULE, SUBSET_VERSIONS
from tests.support.warehouses import AnyTable
from tests.wire.bigquery_tables import described
from tests.wire.gate import Fault, Gate, Response, refuse, reset
from tests.wire.read_server import Break, ReadServer
from tests.wire.services import HASTY
from transforms.clients.retries import RetryPolicy
from transforms.elements.tables import TablePart, TableScan
from transforms.warehouses.bigquery import BigQueryWarehouse
from transforms.warehouses.protocol import WarehouseError

NOWHERE = "127.0.0.1:9"
BOUNDED = TableScan(DEFENSE.name, ("team_abbr",), date(2026, 1, 1), date(2026, 1, 31))


@pytest.fixture
def rest() -> Iterator[Gate]:
    """A REST API that answers what a test tells it to."""
    with Gate(f"http://{NOWHERE}").opened() as gate:
        yield gate


@pytest.fixture
def warehouse(rest: Gate) -> Iterator[BigQueryWarehouse]:
    warehouse = BigQueryWarehouse("p", rest_endpoint=rest.url, storage_endpoint=NOWHERE, retry=HASTY)
    yield warehouse
    warehouse.close()


def answer(value: Any) -> Fault:
    return lambda forward: Response(200, json.dumps(value).encode())


def table(declared: AnyTable, **more: Any) -> Fault:
    """Answer with the description of a table as it is declared, but for ``more``."""
    columns = [described(column) for column in declared.columns.values()]
    partitioning = {"timePartitioning": {"type": "DAY", "field": declared.partition}} if declared.partition else {}
    dataset, _, name = declared.name.partition(".")
    reference = {"projectId": "p", "datasetId": dataset, "tableId": name}
    return answer(
        {
            "type": "TABLE",
            "tableReference": reference,
            "schema": {"fields": columns},
            "lastModifiedTime": "7",
            **partitioning,
            **more,
        }
    )


PARTITIONS = ("table_name", "partition_id", "last_modified_time", "total_rows")


def listed(rows: list[dict[str, Any]], *names: str, **more: Any) -> Fault:
    """Answer with the result of a query, by default with that for partitions."""
    fields = [{"name": name, "type": "STRING"} for name in names or PARTITIONS]
    job = {"projectId": "p", "jobId": "j", "location": "EU"}
    complete = {"jobComplete": True, "jobReference": job, "totalRows": str(len(rows)), "schema": {"fields": fields}}
    return answer({**complete, "rows": rows, **more})


def message_of(warehouse: BigQueryWarehouse, scan: TableScan = BOUNDED) -> str:
    with pytest.raises(WarehouseError) as raised:
        warehouse.check(scan)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_asks_for_the_table(rest: Gate, warehouse: BigQueryWarehouse) -> None:
    rest.inject(table(DEFENSE))
    dataclasses.replace(warehouse, project="example.com:p").check(BOUNDED)
    assert [request.target for request in rest.requests] == [
        "/bigquery/v2/projects/example.com:p/datasets/nba_precompute/tables/team_defense_zone_analysis?prettyPrint=false"
    ]


def test_a_view_is_no_table(rest: Gate, warehouse: BigQueryWarehouse) -> None:
    rest.inject(table(DEFENSE, type="VIEW"))
    assert "is a view, which the Storage Read API cannot read; write its rows to a table" in message_of(warehouse)


@pytest.mark.parametrize("kind", ["INTEGER", "FLOAT", "NUMERIC", "BIGNUMERIC"])
def test_any_number_may_stand_for_a_number(rest: Gate, warehouse: BigQueryWarehouse, kind: str) -> None:
    rest.inject(table(REGISTRY, schema={"fields": [{"name": "games_played", "type": kind}]}))
    assert warehouse.check(TableScan(REGISTRY.name, ("games_played",))) == ()


@pytest.mark.parametrize(
    "more",
    [
        {"requirePartitionFilter": True, "timePartitioning": {"type": "DAY"}},
        {"timePartitioning": {"type": "DAY", "field": "_PARTITIONTIME", "requirePartitionFilter": True}},
        {"requirePartitionFilter": True, "timePartitioning": None, "rangePartitioning": {"field": "_PARTITIONTIME"}},
    ],
)
def test_a_filter_that_no_scan_has(rest: Gate, warehouse: BigQueryWarehouse, more: dict[str, Any]) -> None:
    rest.inject(table(DEFENSE, **more))
    assert message_of(warehouse).endswith(
        "it must be read with a filter on _PARTITIONTIME, expected one on analysis_date; "
        "partition it by that or do not require the filter"
    )


@pytest.mark.parametrize("scan", [BOUNDED, dataclasses.replace(BOUNDED, last=None)])
def test_a_filter_that_a_scan_has(rest: Gate, warehouse: BigQueryWarehouse, scan: TableScan) -> None:
    rest.inject(table(DEFENSE, requirePartitionFilter=True))
    warehouse.check(scan)
    rest.inject(table(DEFENSE, requirePartitionFilter=True))
    unbounded = dataclasses.replace(scan, first=None, last=None)
    assert "must be read with a filter on analysis_date" in message_of(warehouse, unbounded)


@pytest.mark.parametrize(
    ("details", "fix"),
    [
        (
            "Access Denied: Table p:x: Permission bigquery.tables.get denied on table p:x (or it may not exist).",
            "grant roles/bigquery.dataViewer on dataset p.nba_precompute to whoever runs this",
        ),
    ],
)
def test_a_permission_that_is_missing(rest: Gate, warehouse: BigQueryWarehouse, details: str, fix: str) -> None:
    rest.inject(refuse(403, details, "accessDenied"))
    assert message_of(warehouse) == f"table {DEFENSE.name}: 403 {details}; {fix}"
    assert len(rest.requests) == 1


def test_tries_again_and_gives_up(rest: Gate, warehouse: BigQueryWarehouse) -> None:
    rest.inject(refuse(503), reset, refuse(403, "slow down", "rateLimitExceeded"), table(DEFENSE))
    warehouse.check(BOUNDED)
    assert len(rest.requests) == 4
    rest.inject(*[refuse(503, "Backend error")] * 1000)
    impatient = dataclasses.replace(warehouse, retry=RetryPolicy(0.005, 0.01, 0.2))
    assert "503 Backend error (tried" in message_of(impatient)
    impatient.close()


def rows(*partitions: tuple[str, str | None, str]) -> list[dict[str, Any]]:
    return [{"f": [{"v": name}, {"v": id_}, {"v": version}, {"v": "1"}]} for name, id_, version in partitions]


class TestParts:
    def test_pages_and_waits(self, rest: Gate, warehouse: BigQueryWarehouse) -> None:
        name = DEFENSE.name.partition(".")[2]
        job = {"jobReference": {"projectId": "payer", "jobId": "j", "location": "EU"}}
        query = {"configuration": {"query": {"query": ""}}}
        rest.inject(table(DEFENSE), where=lambda request: "/tables/" in request.target)
        rest.inject(answer({"jobComplete": False, **job}), where=lambda request: request.method == "POST")
        rest.inject(
            *[answer({**job, **query, "status": {"state": state}}) for state in ("RUNNING", "DONE", "DONE")],
            where=lambda request: "/jobs/j" in request.target,
        )
        rest.inject(
            answer({"jobComplete": False, **job}),
            listed(rows((name, "20260105", "1")), pageToken="t"),
            listed(rows((name, "20260106", "2"), ("other", "20260107", "3"))),
            where=lambda request: "/queries/j" in request.target,
        )
        parts = dataclasses.replace(warehouse, quota_project="payer").parts(BOUNDED)
        assert parts == [
            TablePart(date(2026, 1, 5), date(2026, 1, 5), "20260105 1 1", rows=1),
            TablePart(date(2026, 1, 6), date(2026, 1, 6), "20260106 2 1", rows=1),
        ]
        asked = json.loads(rest.requests[1].body)
        assert "FROM `p`.`nba_precompute`.INFORMATION_SCHEMA.PARTITIONS WHERE table_name IN ('" in asked["query"]
        assert not asked["useLegacySql"]
        assert asked["labels"] == {"app": "phase6-export"}
        assert all("/projects/payer/" in request.target for request in rest.requests[1:])
        assert "pageToken=t" in rest.requests[-1].target

    def test_one_query_tells_a_dataset_once(self, rest: Gate, warehouse: BigQueryWarehouse) -> None:
        other = dataclasses.replace(BOUNDED, table="nba_precompute.player_daily_cache", columns=("player_lookup",))
        none = listed([])
        cache = table(DEFENSE, timePartitioning={"type": "DAY", "field": "cache_date"})
        rest.inject(table(DEFENSE), none, cache, table(DEFENSE), none)
        for scan in (BOUNDED, other, BOUNDED):
            assert warehouse.parts(scan) == []
        assert ["/queries" in request.target for request in rest.requests] == [False, True, False, False, True]

    @pytest.mark.parametrize(
        ("id_", "first", "last"),
        [
            ("2026", date(2026, 1, 1), date(2026, 12, 31)),
            ("202602", date(2026, 2, 1), date(2026, 2, 28)),
            ("20260103", date(2026, 1, 3), date(2026, 1, 3)),
            ("2026010323", date(2026, 1, 3), date(2026, 1, 3)),
            ("__NULL__", None, None),
            ("20261399", None, None),
            (None, None, None),
        ],
    )
    def test_any_kind_of_partition(
        self, rest: Gate, warehouse: BigQueryWarehouse, id_: str | None, first: date | None, last: date | None
    ) -> None:
        name = DEFENSE.name.partition(".")[2]
        rest.inject(table(DEFENSE), listed(rows((name, id_, "7"))))
        (part,) = warehouse.parts(dataclasses.replace(BOUNDED, first=date(2026, 1, 3), last=date(2026, 2, 1)))
        assert (part.first, part.last) == (first, last)

    def test_a_partition_outside_of_the_scan_is_left_out(self, rest: Gate, warehouse: BigQueryWarehouse) -> None:
        name = DEFENSE.name.partition(".")[2]
        rest.inject(table(DEFENSE), listed(rows((name, "20260201", "7"))))
        assert warehouse.parts(BOUNDED) == []

    @pytest.mark.parametrize("more", [{"type": "VIEW"}, {"type": "EXTERNAL"}, {"streamingBuffer": {}}])
    def test_nobody_knows_when_these_change(
        self, rest: Gate, warehouse: BigQueryWarehouse, more: dict[str, Any]
    ) -> None:
        rest.inject(table(DEFENSE, **more), table(DEFENSE, **more))
        (first,), (second,) = warehouse.parts(BOUNDED), warehouse.parts(BOUNDED)
        assert first.version != second.version
        assert (first.first, first.last, first.rows) == (None, None, None)

    def test_streamed_rows_may_be_of_any_date(self, rest: Gate, warehouse: BigQueryWarehouse) -> None:
        name = SCHEDULE.name.partition(".")[2]
        scan = TableScan(SCHEDULE.name, ("game_id",), date(2026, 1, 1), date(2026, 1, 31))
        streamed = listed(rows((name, "__UNPARTITIONED__", "7")))
        rest.inject(table(SCHEDULE), streamed, table(SCHEDULE), streamed)
        (first,), (second,) = warehouse.parts(scan), warehouse.parts(scan)
        assert first.version != second.version
        assert (first.first, first.last) == (None, None)

    def test_a_table_that_is_partitioned_otherwise_is_one_part(self, rest: Gate, warehouse: BigQueryWarehouse) -> None:
        rest.inject(table(DEFENSE, timePartitioning={"type": "DAY"}, numRows="3"), table(REGISTRY, numRows="4"))
        assert warehouse.parts(BOUNDED) == [TablePart(None, None, "7 3", rows=3)]
        assert warehouse.parts(TableScan(REGISTRY.name, ("season",))) == [TablePart(None, None, "7 4", rows=4)]

    def test_a_query_that_is_not_allowed(self, rest: Gate, warehouse: BigQueryWarehouse) -> None:
        denied = "Access Denied: Project payer: User does not have bigquery.jobs.create permission in project payer."
        rest.inject(table(DEFENSE), refuse(403, denied, "accessDenied"))
        with pytest.raises(WarehouseError, match=r"grant roles/bigquery\.jobUser on project payer to whoever runs"):
            dataclasses.replace(warehouse, quota_project="payer").parts(BOUNDED)


class TestQueriesWithoutEnd:
    """A service that says of a query, for as long as it is asked, that it is not done."""

    @pytest.fixture
    def endless(self, rest: Gate, warehouse: BigQueryWarehouse) -> Iterator[BigQueryWarehouse]:
        job = {"jobReference": {"projectId": "p", "jobId": "j", "location": "EU"}}
        running = {**job, "configuration": {"query": {"query": ""}}, "status": {"state": "RUNNING"}}
        rest.inject(table(DEFENSE), where=lambda request: "/tables/" in request.target)
        rest.inject(answer({"job": running}), where=lambda request: request.path.endswith("/cancel"))
        rest.inject(*[answer(running)] * 10_000, where=lambda request: "/jobs/j" in request.target)
        rest.inject(*[answer({"jobComplete": False, **job})] * 10_000, where=lambda request: True)
        made = dataclasses.replace(warehouse, query_seconds=1.0)
        yield made
        made.close()

    @pytest.mark.parametrize("what", ["partitions", "time"])
    def test_it_is_cancelled_at_its_limit(self, rest: Gate, endless: BigQueryWarehouse, what: str) -> None:
        started = time.monotonic()
        with pytest.raises(WarehouseError, match="a query takes longer than 1 s, and is cancelled; run again"):
            endless.parts(BOUNDED) if what == "partitions" else endless.newest_as_of()
        assert 0.9 < time.monotonic() - started < 10
        last = rest.requests[-1]
        assert (last.method, last.path) == ("POST", "/bigquery/v2/projects/p/jobs/j/cancel")
        assert sum(request.path.endswith("/cancel") for request in rest.requests) == 1

    def test_the_service_knows_its_limit_too(self, rest: Gate, warehouse: BigQueryWarehouse) -> None:
        """A process that is killed cancels nothing."""
        rest.inject(table(DEFENSE), listed([]))
        warehouse.parts(BOUNDED)
        assert json.loads(rest.requests[1].body)["jobTimeoutMs"] == "60000"

    def test_what_cannot_be_cancelled_is_given_up_all_the_same(self, rest: Gate, endless: BigQueryWarehouse) -> None:
        rest.mend()
        job = {"jobReference": {"projectId": "p", "jobId": "j", "location": "EU"}}
        running = {**job, "configuration": {"query": {"query": ""}}, "status": {"state": "RUNNING"}}
        rest.inject(refuse(403, "not yours", "accessDenied"), where=lambda request: request.path.endswith("/cancel"))
        rest.inject(*[answer(running)] * 10_000, where=lambda request: "/jobs/j" in request.target)
        rest.inject(*[answer({"jobComplete": False, **job})] * 10_000)
        with pytest.raises(WarehouseError, match="a query takes longer than 1 s"):
            endless.newest_as_of()


class TestRefusedSessions:
    """A session is asked for as declared; what the table's description says decides only once it is refused."""

    @pytest.fixture
    def server(self) -> Iterator[ReadServer]:
        rows = pa.table({"analysis_date": pa.array([0], pa.timestamp("us", "UTC")), "team_abbr": ["LAL"]})
        with ReadServer({DEFENSE.name: rows}).opened() as server:
            yield server

    @pytest.fixture
    def reading(self, rest: Gate, server: ReadServer) -> Iterator[BigQueryWarehouse]:
        warehouse = BigQueryWarehouse("p", rest_endpoint=rest.url, storage_endpoint=server.address, retry=HASTY)
        yield warehouse
        warehouse.close()

    scan = TableScan(
        DEFENSE.name, ("analysis_date", "early_season_flag", "team_abbr"), date(1970, 1, 1), date(1970, 1, 1)
    )
    stored: ClassVar[list[dict[str, Any]]] = [
        {"name": "analysis_date", "type": "TIMESTAMP"},
        {"name": "team_abbr", "type": "STRING"},
    ]

    def test_the_second_one_asks_for_what_is_there(
        self, rest: Gate, server: ReadServer, reading: BigQueryWarehouse
    ) -> None:
        server.break_sessions(Break(grpc.StatusCode.INVALID_ARGUMENT, "request failed: no such field"))
        rest.inject(table(DEFENSE, schema={"fields": self.stored}))
        (stream,) = reading.split(self.scan)
        assert stream.absent == ("early_season_flag",)
        (batch,) = reading.read(stream)
        assert batch.to_pylist() == [{"analysis_date": date(1970, 1, 1), "early_season_flag": None, "team_abbr": "LAL"}]
        first, second = (asked.read_session.read_options for asked in server.sessions)
        assert list(first.selected_fields) == list(self.scan.columns)
        assert list(second.selected_fields) == ["analysis_date", "team_abbr"]
        assert second.row_restriction == (
            "`analysis_date` >= TIMESTAMP '1970-01-01 00:00:00.000000+00:00'"
            " AND `analysis_date` <= TIMESTAMP '1970-01-01 23:59:59.999999+00:00'"
        )
        assert len(rest.requests) == 1

    def test_nothing_is_asked_for_when_none_is_refused(
        self, rest: Gate, server: ReadServer, reading: BigQueryWarehouse
    ) -> None:
        reading.split(dataclasses.replace(self.scan, columns=("team_abbr",)))
        assert (len(server.sessions), rest.requests) == (1, [])

    def test_what_is_required_stays_missing(self, rest: Gate, server: ReadServer, reading: BigQueryWarehouse) -> None:
        server.break_sessions(Break(grpc.StatusCode.INVALID_ARGUMENT, "request failed: no such field"))
        rest.inject(*[table(DEFENSE, schema={"fields": self.stored[:1]})] * 2)
        with pytest.raises(WarehouseError, match="column team_abbr is missing, expected STRING; add it"):
            reading.split(self.scan)
        assert len(server.sessions) == 1

    def test_a_required_table_stays_missing(self, rest: Gate, server: ReadServer, reading: BigQueryWarehouse) -> None:
        server.break_sessions(Break(grpc.StatusCode.NOT_FOUND, "Not found: Table"))
        rest.inject(*[refuse(404, "Not found: Table")] * 2)
        with pytest.raises(WarehouseError, match="it is not in project p"):
            reading.split(self.scan)

    def test_a_permission_that_is_missing_is_no_absence(
        self, rest: Gate, server: ReadServer, reading: BigQueryWarehouse
    ) -> None:
        server.break_sessions(Break(grpc.StatusCode.PERMISSION_DENIED, "Permission bigquery.tables.getData denied"))
        optional = TableScan(SUBSET_VERSIONS.name, ("game_date",), date(2026, 1, 1), date(2026, 1, 1))
        with pytest.raises(WarehouseError, match=r"grant roles/bigquery\.dataViewer"):
            reading.split(optional)
        rest.inject(refuse(403, "Access Denied: Permission bigquery.tables.get denied", "accessDenied"))
        with pytest.raises(WarehouseError, match="Access Denied"):
            reading.check(optional)
        assert server.sessions
        assert rest.requests

    def test_a_refusal_that_the_description_does_not_explain_is_reported(
        self, rest: Gate, server: ReadServer, reading: BigQueryWarehouse
    ) -> None:
        server.break_sessions(Break(grpc.StatusCode.INVALID_ARGUMENT, "out of luck"))
        rest.inject(*[table(DEFENSE)] * 2)
        with pytest.raises(WarehouseError, match=r"BigQuery says INVALID_ARGUMENT: .*out of luck"):
            reading.split(self.scan)
