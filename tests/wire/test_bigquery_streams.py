"""Sessions and streams that break, against a server that breaks them."""

from __future__ import annotations

import dataclasses
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal
from typing import Any

import grpc
import pyarrow as pa
import pytest
from google.cloud.bigquery_storage_v1 import types

from exporters.warehouse.tables import ACCURACY, FEATURES, REGISTRY
from tests.support.warehouses import AnyTable, arrow_rows
from tests.wire.read_server import Break, ReadServer
from tests.wire.services import HASTY
from transforms.clients.retries import RetryPolicy
from transforms.clients.throttling import BIGQUERY, THROTTLING
from transforms.elements.tables import MISFIT, ScanStream, TableScan
from transforms.warehouses.bigquery import BigQueryWarehouse
from transforms.warehouses.protocol import WarehouseError

Code = grpc.StatusCode
Serve = Callable[..., tuple[ReadServer, BigQueryWarehouse]]
NOWHERE = "http://127.0.0.1:9"
ROWS = 100_000
SCAN = TableScan(ACCURACY.name, ("actual_points", "game_id", "player_lookup"), date(2026, 1, 1), date(2026, 1, 31))
WHOLE = TableScan(REGISTRY.name, ("games_played", "player_lookup"))


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve tables, and return the server and a warehouse that reads them."""
    with ExitStack() as stack:

        def start(tables: dict[AnyTable, pa.Table], **options: Any) -> tuple[ReadServer, BigQueryWarehouse]:
            server = stack.enter_context(
                ReadServer({table.name: rows for table, rows in tables.items()}, **options).opened()
            )
            warehouse = BigQueryWarehouse("p", rest_endpoint=NOWHERE, storage_endpoint=server.address, retry=HASTY)
            stack.callback(warehouse.close)
            return server, warehouse

        yield start


@pytest.fixture(scope="module")
def rows() -> pa.Table:
    """Rows that differ, so that one that is lost or doubled shows."""
    numbers = pa.array(range(ROWS), pa.int64())
    texts = pa.array([f"g{n}" for n in range(ROWS)])
    return pa.table({"player_lookup": texts, "game_id": texts, "actual_points": numbers})


def read(warehouse: BigQueryWarehouse, scan: TableScan = SCAN) -> pa.Table:
    batches = [batch for stream in warehouse.split(scan) for batch in warehouse.read(stream)]
    return pa.Table.from_batches(batches, scan.schema)


def numbers_of(warehouse: BigQueryWarehouse, streams: list[ScanStream]) -> list[int]:
    batches = [batch for stream in streams for batch in warehouse.read(stream)]
    return [number for batch in batches for number in batch.column("actual_points").to_pylist()]


def test_a_session_reads_no_more_than_the_scan(serve: Serve, rows: pa.Table) -> None:
    server, warehouse = serve({ACCURACY: rows})
    asking = dataclasses.replace(warehouse, quota_project="payer", max_streams=7, trace_id="phase6-export:r-1")
    scan = dataclasses.replace(SCAN, equals={"system_id": ("it's", "b\\")})
    list(asking.split(scan))
    (asked,) = server.sessions
    session = asked.read_session
    assert (asked.parent, asked.max_stream_count, session.trace_id) == ("projects/payer", 7, "phase6-export:r-1")
    assert session.table == "projects/p/datasets/nba_predictions/tables/prediction_accuracy"
    assert session.data_format == types.DataFormat.ARROW
    assert list(session.read_options.selected_fields) == list(SCAN.columns)
    assert session.read_options.row_restriction == (
        "`game_date` >= DATE '2026-01-01' AND `game_date` <= DATE '2026-01-31' AND `system_id` IN ('it\\'s', 'b\\\\')"
    )
    codec = session.read_options.arrow_serialization_options.buffer_compression
    assert codec == types.ArrowSerializationOptions.CompressionCodec.LZ4_FRAME


def test_streams_hold_each_row_once_in_large_batches(serve: Serve, rows: pa.Table) -> None:
    _, warehouse = serve({ACCURACY: rows}, streams=2)
    streams = warehouse.split(SCAN)
    assert len(streams) == 2
    batches = [list(warehouse.read(stream)) for stream in pickle.loads(pickle.dumps(streams))]
    assert [batch.num_rows for batch in batches[0]] == [33_000, 17_000]
    assert all(batch.schema == SCAN.schema for stream in batches for batch in stream)
    numbers = [n for stream in batches for batch in stream for n in batch.column("actual_points").to_pylist()]
    assert numbers == list(range(ROWS))


@pytest.mark.parametrize(
    "code",
    [Code.UNAVAILABLE, Code.INTERNAL, Code.UNKNOWN, Code.DEADLINE_EXCEEDED, Code.ABORTED, Code.RESOURCE_EXHAUSTED],
)
def test_a_stream_that_breaks_goes_on_where_it_was(serve: Serve, rows: pa.Table, code: Code) -> None:
    server, warehouse = serve({ACCURACY: rows})
    server.break_sessions(Break(code))
    # At its start, in the middle, between, and at its very end.
    server.break_reads(Break(code), Break(code, after=37), Break(code, after=1), Break(code), Break(code, after=62))
    assert read(warehouse).column("actual_points").to_pylist() == list(range(ROWS))
    assert [offset for _, offset in server.reads] == [0, 0, 37_000, 38_000, 38_000, 100_000]


def test_a_stream_may_break_often_as_long_as_it_goes_on(serve: Serve, rows: pa.Table) -> None:
    server, warehouse = serve({ACCURACY: rows})
    server.break_reads(*[Break(Code.UNAVAILABLE, after=1)] * 80)
    # Half as many waits without progress would be the end.
    waiting = dataclasses.replace(warehouse, retry=RetryPolicy(first=0.02, longest=0.02, total=1.0))
    assert read(waiting).num_rows == ROWS
    assert len(server.reads) == 81
    waiting.close()


def test_a_stream_that_stays_broken_is_given_up(serve: Serve, rows: pa.Table) -> None:
    server, warehouse = serve({ACCURACY: rows})
    server.break_reads(Break(Code.UNAVAILABLE, after=40), *[Break(Code.UNAVAILABLE, "try\nlater")] * 1000)
    impatient = dataclasses.replace(warehouse, retry=RetryPolicy(0.005, 0.01, 0.5))
    assert message_of(lambda: read(impatient)) == (
        "table nba_predictions.prediction_accuracy: BigQuery says UNAVAILABLE: try later; run again"
    )
    assert 2 < len(server.reads) < 500
    impatient.close()


class TestStreamThatEndsEarly:
    """It is closed as if there were no more rows."""

    def test_it_goes_on_where_it_was(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows}, progress=1.0)
        server.break_reads(Break(Code.OK, after=40), Break(Code.OK, after=59))
        assert read(warehouse).column("actual_points").to_pylist() == list(range(ROWS))
        assert [offset for _, offset in server.reads] == [0, 40_000, 99_000]

    def test_one_that_is_whole_is_read_once(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows}, progress=1.0, streams=3)
        assert read(warehouse).num_rows == ROWS
        assert [offset for _, offset in server.reads] == [0, 0, 0]

    def test_one_without_a_filter_that_keeps_ending_is_an_error_that_names_the_table(
        self, serve: Serve, rows: pa.Table
    ) -> None:
        registered = rows.select(["actual_points", "player_lookup"]).rename_columns(list(WHOLE.columns))
        server, warehouse = serve({REGISTRY: registered}, progress=1.0)
        server.break_reads(Break(Code.OK, after=40), *[Break(Code.OK)] * 3)
        assert message_of(lambda: read(warehouse, WHOLE)) == (
            f"table {REGISTRY.name}: BigQuery says DATA_LOSS: a stream ended after 40000 rows, 40% of those it has; "
            "run again"
        )
        assert [offset for _, offset in server.reads] == [0, *[40_000] * 3]

    def test_the_last_rows_of_a_filtered_one_may_be_left_out(self, serve: Serve, rows: pa.Table) -> None:
        """Progress counts rows that the filter drops: one more call finds that there is nothing more."""
        server, warehouse = serve({ACCURACY: rows}, progress=0.8)
        assert read(warehouse).column("actual_points").to_pylist() == list(range(ROWS))
        assert [offset for _, offset in server.reads] == [0, ROWS]

    def test_a_service_that_tells_no_progress_is_believed(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(Break(Code.OK, after=40))
        assert read(warehouse).num_rows == 40_000
        assert len(server.reads) == 1


SILENT = Break(Code.OK, silent=True)


class TestSilentStream:
    """Nothing comes any more, and nothing ends it."""

    def test_it_goes_on_where_it_was_on_a_new_connection(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(dataclasses.replace(SILENT, after=37))
        assert read(dataclasses.replace(warehouse, silent_seconds=0.3)).column("actual_points").to_pylist() == list(
            range(ROWS)
        )
        assert [offset for _, offset in server.reads] == [0, 37_000]
        assert len(set(server.peers)) == 2, "the silent connection is not used again"

    @pytest.mark.parametrize("after", [0, 5])
    def test_one_that_stays_silent_is_given_up_and_named(self, serve: Serve, rows: pa.Table, after: int) -> None:
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(dataclasses.replace(SILENT, after=after), *[SILENT] * 5)
        started = time.monotonic()
        assert message_of(lambda: read(dataclasses.replace(warehouse, silent_seconds=0.3))) == (
            f"table {ACCURACY.name}: cannot read it: a stream sent nothing for 0.3 s after {1000 * after} rows, "
            "on 2 connections; run again"
        )
        assert 0.6 <= time.monotonic() - started < 10
        assert [offset for _, offset in server.reads] == [0, 1000 * after]

    def test_silences_with_rows_in_between_do_not_add_up(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(*[dataclasses.replace(SILENT, after=20)] * 4)
        assert read(dataclasses.replace(warehouse, silent_seconds=0.3)).num_rows == ROWS
        assert [offset for _, offset in server.reads] == [0, 20_000, 40_000, 60_000, 80_000]
        assert len(set(server.peers)) == 5

    def test_a_slow_one_is_not_silent(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows.slice(0, 5000)})
        server.pause = 0.3
        assert read(dataclasses.replace(warehouse, silent_seconds=1.0)).num_rows == 5000
        assert len(server.reads) == 1

    def test_a_slow_consumer_is_not_the_stream_s_silence(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows})
        patient = dataclasses.replace(warehouse, silent_seconds=0.2)
        found = 0
        for batch in patient.read(patient.split(SCAN)[0]):
            time.sleep(0.5)
            found += batch.num_rows
        assert (found, len(server.reads)) == (ROWS, 1)

    def test_others_are_read_meanwhile_and_after(self, serve: Serve, rows: pa.Table) -> None:
        """A silent stream does not count as an outage of the service."""
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(*[SILENT] * 2)
        short = dataclasses.replace(warehouse, silent_seconds=0.3, retry=RetryPolicy(0.005, 0.01, 0.2))
        message_of(lambda: read(short))
        assert read(short).num_rows == ROWS
        short.close()


def test_slowing_down_is_reported(serve: Serve, rows: pa.Table) -> None:
    server, warehouse = serve({ACCURACY: rows})
    before = THROTTLING.waited(BIGQUERY)
    server.break_reads(Break(Code.UNAVAILABLE))
    read(warehouse)
    assert THROTTLING.waited(BIGQUERY) == before
    server.break_reads(Break(Code.RESOURCE_EXHAUSTED))
    read(warehouse)
    assert THROTTLING.waited(BIGQUERY) > before


def message_of(act: Callable[[], object]) -> str:
    with pytest.raises(WarehouseError) as raised:
        act()
    assert "\n" not in str(raised.value)
    return str(raised.value)


EXPIRED = [
    Break(Code.FAILED_PRECONDITION, "there was an error operating on '.../streams/0': session expired at 2026-01-01"),
    Break(Code.NOT_FOUND, "Requested entity projects/p/locations/us/sessions/0/streams/0 was not found"),
]


@pytest.mark.parametrize("ending", EXPIRED)
@pytest.mark.parametrize("after", [0, 3])
class TestExpiredSession:
    message = f"table {ACCURACY.name}: its read session has expired, six hours after it was split; run again"

    def test_the_scan_is_made_anew_before_a_row_was_seen(
        self, serve: Serve, rows: pa.Table, ending: Break, after: int
    ) -> None:
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(dataclasses.replace(ending, after=after))
        [stream] = warehouse.split(SCAN)
        # Whatever it is cut into now.
        server.streams = 3
        assert numbers_of(warehouse, [stream]) == list(range(ROWS))
        first, again = server.sessions
        assert first == again
        assert [offset for _, offset in server.reads] == [0, 0, 0, 0]

    def test_it_is_made_anew_once(self, serve: Serve, rows: pa.Table, ending: Break, after: int) -> None:
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(*[dataclasses.replace(ending, after=after)] * 2)
        assert message_of(lambda: read(warehouse)) == self.message
        assert len(server.sessions) == 2

    def test_rows_that_were_seen_are_not_read_twice(
        self, serve: Serve, rows: pa.Table, ending: Break, after: int
    ) -> None:
        server, warehouse = serve({ACCURACY: rows})
        server.break_reads(dataclasses.replace(ending, after=after + 40))
        seen: list[pa.RecordBatch] = []
        [stream] = warehouse.split(SCAN)
        assert message_of(lambda: seen.extend(warehouse.read(stream))) == self.message
        assert (len(server.sessions), len(server.reads)) == (1, 1)

    def test_other_streams_may_have_been_read(self, serve: Serve, rows: pa.Table, ending: Break, after: int) -> None:
        server, warehouse = serve({ACCURACY: rows}, streams=2)
        server.break_reads(dataclasses.replace(ending, after=after))
        assert message_of(lambda: read(warehouse)) == self.message
        assert (len(server.sessions), len(server.reads)) == (1, 1)


SESSION_DENIED = "request failed: the user does not have 'bigquery.readsessions.create' permission for 'projects/payer'"
DATA_DENIED = "Access Denied: Table p:x: User does not have permission bigquery.tables.getData on table p:x."


@pytest.mark.parametrize(
    ("details", "fix"),
    [
        (SESSION_DENIED, "grant roles/bigquery.readSessionUser on project payer to whoever runs this"),
        (DATA_DENIED, "grant roles/bigquery.dataViewer on dataset p.nba_predictions to whoever runs this"),
    ],
)
def test_a_permission_that_is_missing_is_named_at_once(serve: Serve, rows: pa.Table, details: str, fix: str) -> None:
    server, warehouse = serve({ACCURACY: rows})
    paying = dataclasses.replace(warehouse, quota_project="payer")
    server.break_sessions(Break(Code.PERMISSION_DENIED, details))
    assert message_of(lambda: paying.split(SCAN)) == f"table {ACCURACY.name}: {details}; {fix}"
    server.break_reads(Break(Code.PERMISSION_DENIED, details))
    assert message_of(lambda: read(paying)) == f"table {ACCURACY.name}: {details}; {fix}"
    assert (len(server.sessions), len(server.reads)) == (2, 1)


def test_a_request_that_is_refused_is_not_repeated(serve: Serve, rows: pa.Table) -> None:
    server, warehouse = serve({ACCURACY: rows})
    server.break_sessions(Break(Code.INVALID_ARGUMENT, "Row filter is invalid"))
    # The table could be asked what is wrong, if that were answered.
    impatient = dataclasses.replace(warehouse, retry=RetryPolicy(0.005, 0.01, 0.05))
    message = message_of(lambda: impatient.split(SCAN))
    assert "BigQuery says INVALID_ARGUMENT: Row filter is invalid; compare its schema" in message
    assert len(server.sessions) == 1
    impatient.close()


def test_a_service_that_is_not_there_is_named() -> None:
    warehouse = BigQueryWarehouse(
        "p", rest_endpoint=NOWHERE, storage_endpoint="127.0.0.1:9", retry=RetryPolicy(0.001, 0.01, 0.05)
    )
    assert "BigQuery says UNAVAILABLE" in message_of(lambda: warehouse.split(SCAN))
    assert f"{NOWHERE} does not answer" in message_of(lambda: warehouse.check(SCAN))
    warehouse.close()


def test_a_reader_that_stops_early_stops_the_stream(serve: Serve, rows: pa.Table) -> None:
    server, warehouse = serve({ACCURACY: pa.concat_tables([rows] * 20)})
    batches = warehouse.read(warehouse.split(SCAN)[0])
    next(batches)
    assert not server.ended.acquire(blocking=False)
    batches.close()  # type: ignore[attr-defined]
    assert server.ended.acquire(timeout=10)


def test_estimates_without_reading(serve: Serve, rows: pa.Table) -> None:
    server, warehouse = serve({ACCURACY: rows})
    assert warehouse.estimate(SCAN) == rows.nbytes
    assert server.reads == []


class TestTypes:
    """What the service may send for a declared column, and what becomes of it."""

    @pytest.mark.parametrize("kind", [pa.decimal128(38, 9), pa.decimal256(76, 38), pa.decimal128(5, 2)])
    def test_numeric(self, serve: Serve, kind: pa.DataType) -> None:
        values = [Decimal("99.99"), Decimal("0.01"), None, Decimal("-12.50")]
        _, warehouse = serve({FEATURES: pa.table({"feature_quality_score": pa.array(values, kind)})})
        found = read(warehouse, TableScan(FEATURES.name, ("feature_quality_score",)))
        assert found.column(0).to_pylist() == values
        assert found.schema.field(0).type == pa.decimal128(5, 2)

    @pytest.mark.parametrize(
        ("name", "kind", "expected"),
        [
            ("default_feature_count", pa.decimal128(38, 9), [7, None]),
            ("default_feature_count", pa.float64(), [7, None]),
            ("feature_quality_score", pa.float64(), [Decimal("7.00"), None]),
            ("feature_quality_score", pa.int64(), [Decimal("7.00"), None]),
            ("matchup_quality_pct", pa.decimal128(5, 2), [7.0, None]),
            ("matchup_quality_pct", pa.int64(), [7.0, None]),
        ],
    )
    def test_a_number_of_another_type(self, serve: Serve, name: str, kind: pa.DataType, expected: list[Any]) -> None:
        _, warehouse = serve({FEATURES: pa.table({name: pa.array([7, None]).cast(pa.decimal128(38, 9)).cast(kind)})})
        assert read(warehouse, TableScan(FEATURES.name, (name,))).column(0).to_pylist() == expected

    @pytest.mark.parametrize("value", ["0.001", "1000"])
    def test_a_value_that_does_not_fit_marks_its_row(self, serve: Serve, value: str) -> None:
        numbers = pa.array([Decimal("1"), Decimal(value)], pa.decimal128(38, 9))
        _, warehouse = serve({FEATURES: pa.table({"feature_quality_score": numbers})}, message_rows=1)
        (stream,) = warehouse.split(TableScan(FEATURES.name, ("feature_quality_score",)))
        (batch,) = warehouse.read(stream)
        assert batch.column("feature_quality_score").to_pylist() == [Decimal("1.00"), None]
        (fits, misfit) = batch.column(MISFIT).to_pylist()
        assert fits is None
        assert Decimal(misfit.removeprefix("feature_quality_score is ")) == Decimal(value)

    def test_midnight_is_a_date(self, serve: Serve) -> None:
        days = pa.array([0, 86_400_000_000, None], pa.timestamp("us", "UTC"))
        _, warehouse = serve({REGISTRY: pa.table({"last_roster_activity_date": days})})
        found = read(warehouse, TableScan(REGISTRY.name, ("last_roster_activity_date",)))
        assert found.column(0).to_pylist() == [date(1970, 1, 1), date(1970, 1, 2), None]

    def test_a_datetime_is_utc(self, serve: Serve) -> None:
        times = pa.array([1_767_225_600_000_001, None], pa.timestamp("us"))
        _, warehouse = serve({FEATURES: pa.table({"created_at": times})})
        found = read(warehouse, TableScan(FEATURES.name, ("created_at",)))
        assert found.column(0).cast(pa.int64()).to_pylist() == [1_767_225_600_000_001, None]

    def test_a_null_list_is_empty(self, serve: Serve) -> None:
        lists = pa.array([[1.5], None, []], pa.list_(pa.float64()))
        _, warehouse = serve({FEATURES: pa.table({"features": lists})})
        assert read(warehouse, TableScan(FEATURES.name, ("features",))).column(0).to_pylist() == [[1.5], [], []]

    def test_a_column_of_another_type(self, serve: Serve) -> None:
        _, warehouse = serve({REGISTRY: pa.table({"games_played": ["12"]})})
        message = message_of(lambda: read(warehouse, TableScan(REGISTRY.name, ("games_played",))))
        assert message == f"table {REGISTRY.name}: column games_played is string, expected INT64; change its type"

    def test_a_column_that_does_not_arrive(self, serve: Serve) -> None:
        _, warehouse = serve({REGISTRY: pa.table({"season": ["2025-26"]})})
        message = message_of(lambda: read(warehouse, TableScan(REGISTRY.name, ("games_played", "season"))))
        assert "column games_played is missing, expected INT64" in message

    def test_no_rows(self, serve: Serve) -> None:
        _, warehouse = serve({REGISTRY: arrow_rows(REGISTRY, [])})
        assert read(warehouse, TableScan(REGISTRY.name, ("season",))).num_rows == 0


class TestUndatedRows:
    UNDATED = dataclasses.replace(SCAN, undated=True)

    def test_they_are_asked_for_where_there_may_be_some_alone(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows})
        warehouse.split(SCAN)
        (asked,) = server.sessions
        assert "IS NULL" not in asked.read_session.read_options.row_restriction
        assert len(warehouse.split(self.UNDATED)) == 2
        *_, asked = server.sessions
        assert len(server.sessions) == 3
        assert asked.read_session.read_options.row_restriction == "`game_date` IS NULL"

    def test_a_session_or_a_stream_of_them_that_fails_costs_nothing(self, serve: Serve, rows: pa.Table) -> None:
        server, warehouse = serve({ACCURACY: rows})
        dated, undated = warehouse.split(self.UNDATED)
        server.break_reads(Break(Code.PERMISSION_DENIED, after=1))
        assert sum(batch.num_rows for batch in warehouse.read(undated)) < ROWS
        assert sum(batch.num_rows for batch in warehouse.read(dated)) == ROWS
        server.break_reads(Break(Code.PERMISSION_DENIED))
        with pytest.raises(WarehouseError):
            list(warehouse.read(dated))
