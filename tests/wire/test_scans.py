"""What a night requests from the Storage Read API: one session for each table, each of its streams once."""

from __future__ import annotations

from collections import Counter

import grpc
from apache_beam.options.pipeline_options import PipelineOptions

from exporters.registry import exports
from exporters.warehouse.tables import SCHEDULE, WAREHOUSE_TABLES
from pipeline.execution.graph_run import run
from pipeline.planning.planner import at_instant
from tests.support.matchers import assert_same_objects, contents, documents, manifest_of, without_timings
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from tests.wire.read_server import Break, ReadServer
from tests.wire.services import HASTY
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.warehouses.bigquery import BigQueryWarehouse

NOWHERE = "http://127.0.0.1:9"


def test_a_night_of_every_type_scans_each_table_once(league: League) -> None:
    plan = plan_of(*exports(), first=league.today)
    tables = {table.name: league.rows(table) for table in WAREHOUSE_TABLES}
    with ReadServer(tables, streams=3).opened() as server:
        warehouse = BigQueryWarehouse("p", rest_endpoint=NOWHERE, storage_endpoint=server.address, retry=HASTY)
        store = MemoryStore()
        summary = run(plan, LiveWarehouse(warehouse), store, PipelineOptions([]), output="out")
        warehouse.close()
    assert summary is not None
    assert summary.missing == []
    scanned = Counter(".".join(asked.read_session.table.split("/")[3::2]) for asked in server.sessions)
    scans = [scan for scan in plan.scans if not scan.declaration.live and scan.stand_in is None]
    # The games around the league day, once more for the status, after everything is published.
    assert scanned == {scan.table: 1 + (scan.table == SCHEDULE.name) for scan in scans}
    assert len(scans) > 20
    streams = Counter(server.reads)
    assert set(streams.values()) == {1}
    assert {offset for _, offset in streams} == {0}
    assert len(streams) == 3 * (len(scans) + 1)

    bounded = {asked.read_session.table.rpartition("/")[2] for asked in server.sessions if _bounded(asked)}
    partitioned = {scan.table.partition(".")[2] for scan in scans if scan.declaration.partition}
    assert bounded == partitioned, "a scan of a partitioned table has a first and a last date"

    folder = MemoryStore()
    run(plan, league.warehouse, folder, PipelineOptions([]), output="out")
    # The server above does not restrict rows; the exporters do.
    assert_same_objects(documents(store), documents(folder))
    read = manifest_of(store, league.today)["tables"]
    assert {scan.table: read[scan.table]["rows"] for scan in scans} == {
        scan.table: tables[scan.table].num_rows for scan in scans
    }


def test_every_session_reads_the_picture_of_one_instant(league: League) -> None:
    plan = at_instant(plan_of(*TONIGHT_TYPES, first=league.today), "2026-02-03T16:59:59.123456Z")
    tables = {table.name: league.rows(table) for table in WAREHOUSE_TABLES}
    with ReadServer(tables, streams=2).opened() as server:
        warehouse = BigQueryWarehouse("p", rest_endpoint=NOWHERE, storage_endpoint=server.address, retry=HASTY)
        run(plan, LiveWarehouse(warehouse), MemoryStore(), PipelineOptions([]), output="out")
        warehouse.close()
    read = [str(asked.read_session.table_modifiers.snapshot_time) for asked in server.sessions]
    # The status tells of the games as they are now.
    assert read[-1] == "None"
    assert set(read[:-1]) == {"2026-02-03 16:59:59.123456+00:00"}


def test_streams_that_break_in_the_middle_change_nothing(league: League) -> None:
    plan = plan_of(*TONIGHT_TYPES, first=league.today)
    tables = {table.name: league.rows(table) for table in WAREHOUSE_TABLES}
    published: list[dict[str, bytes]] = []
    for breaks in (0, 25):
        with ReadServer(tables, streams=2, message_rows=100).opened() as server:
            server.break_reads(*[Break(grpc.StatusCode.UNAVAILABLE, "moved", after=1)] * breaks)
            warehouse = BigQueryWarehouse("p", rest_endpoint=NOWHERE, storage_endpoint=server.address, retry=HASTY)
            store = MemoryStore()
            summary = run(plan, warehouse, store, PipelineOptions([]), output="out")
            warehouse.close()
        assert summary is not None
        assert summary.exit_code == 0
        assert any(offset > 0 for _, offset in server.reads) == bool(breaks)
        there = {path: held for path, held in contents(store).items() if not path.startswith("runs/")}
        published.append(without_timings(there))
    assert_same_objects(published[1], published[0])


def _bounded(asked: object) -> bool:
    restriction = asked.read_session.read_options.row_restriction  # type: ignore[attr-defined]
    return ">=" in restriction and "<=" in restriction
