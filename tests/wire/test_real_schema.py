"""Every export type on a BigQuery project in the owner's schema, empty and filled, as from the same in Parquet."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pytest

from exporters.registry import exports
from exporters.warehouse.tables import (
    SUBSET_VERSIONS,
    WAREHOUSE_TABLES,
)
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import estimate_bytes
from tests.end_to_end.test_real_schema import NEED_A_SCHEDULE, absent, assert_all_published
from tests.support.matchers import assert_same_manifest, assert_same_objects, documents, manifest_of
from tests.support.plans import plan_of
from tests.support.real_schema import DECLARED, stored_rows, tables_of, write_real
from tests.support.stores import MemoryStore
from tests.support.warehouses import AnyTable, League
from tests.wire.services import BigQuery
from transforms.elements.tables import WHOLE_TABLE, TableScan
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.warehouses.protocol import Warehouse

pytestmark = pytest.mark.parametrize("doubtful", [True, False], ids=["doubtful-column", "no-doubtful-column"])


def load_real(bigquery: BigQuery, tables: dict[AnyTable, pa.Table], *, doubtful: bool) -> str:
    """Make a project with tables in the owner's schema, and return its name."""
    made = bigquery.tables(f"real-{uuid4().hex[:16]}")
    for real, rows in stored_rows(tables, doubtful=doubtful):
        columns = [column.described for column in real.columns.values()]
        made.create(DECLARED[real.name], columns=columns, requirePartitionFilter=real.filter_required)
        if rows.num_rows:
            made.load(DECLARED[real.name], rows, columns=columns)
    return made.project


def export(warehouse: Warehouse, day: date, *types: str) -> MemoryStore:
    store = MemoryStore()
    run_in_process(plan_of(*(types or exports()), first=day), LiveWarehouse(warehouse), store)
    return store


def test_a_filled_project_is_published_as_from_parquet(
    bigquery: BigQuery, league: League, tmp_path: Path, doubtful: bool
) -> None:
    tables = tables_of(league)
    warehouse = bigquery.warehouse(load_real(bigquery, tables, doubtful=doubtful))
    store, expected = export(warehouse, league.today), MemoryStore()
    expected = export(write_real(tmp_path, tables, doubtful=doubtful), league.today)
    assert_all_published(manifest_of(store, league.today), doubtful=doubtful)
    assert_same_objects(documents(store), documents(expected))
    assert_same_manifest(store, expected, league.today)
    warehouse.close()


def test_an_empty_project_is_published(bigquery: BigQuery, tmp_path: Path, doubtful: bool) -> None:
    day = date(2026, 2, 3)
    warehouse = bigquery.warehouse(load_real(bigquery, {}, doubtful=doubtful))
    there = exports().keys() - NEED_A_SCHEDULE
    store = export(warehouse, day, *there)
    assert_all_published(manifest_of(store, day), doubtful=doubtful, without=NEED_A_SCHEDULE)
    assert_same_objects(documents(store), documents(export(write_real(tmp_path, {}, doubtful=doubtful), day, *there)))
    warehouse.close()


def test_a_check_names_what_is_absent(bigquery: BigQuery, doubtful: bool) -> None:
    warehouse = bigquery.warehouse(load_real(bigquery, {}, doubtful=doubtful))
    found: list[tuple[str, str | None]] = []
    for table in WAREHOUSE_TABLES:
        bounds = (date(2020, 1, 1), date(2030, 1, 1)) if table.partition else (None, None)
        scan = TableScan(table.name, tuple(sorted(table.columns)), *bounds)
        found += [(table.name, name or None) for name in warehouse.check(scan)]
    assert found == absent(doubtful=doubtful)
    plan = plan_of(*exports(), first=date(2026, 2, 3))
    assert estimate_bytes(plan, warehouse)[SUBSET_VERSIONS.name] == 0
    warehouse.close()


def test_an_absent_table_has_neither_parts_nor_rows(bigquery: BigQuery, doubtful: bool) -> None:
    warehouse = bigquery.warehouse(load_real(bigquery, {}, doubtful=doubtful))
    scan = TableScan(SUBSET_VERSIONS.name, ("game_date",), date(2026, 2, 3), date(2026, 2, 3))
    assert warehouse.parts(scan) == []
    (stream,) = warehouse.split(scan)
    assert stream.absent == (WHOLE_TABLE,)
    assert list(warehouse.read(stream)) == []
    warehouse.close()
