"""Rows as they come: any column of any table may hold anything, and costs no more than its row.

Every column of every table is broken in three ways, through the whole of a small night of all export types; some of
them through the Beam graph and through the answering code of the streaming job as well.
"""

from __future__ import annotations

import os
import random
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporters.registry import exports
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.graph import build
from pipeline.requests.request import RequestDefaults, parse_request
from pipeline.stream.answer import Answerer
from pipeline.stream.messages import Asked
from tests.end_to_end.test_thin_data import GATES
from tests.support.broken_values import FAULTS, LONG, NULL, ODD, UNKNOWN, Fault, broken, doubled, retyped, tables_of
from tests.support.eager import pipeline
from tests.support.matchers import assert_same_objects, documents, manifest_of
from tests.support.plans import plan_of
from tests.support.rows import TONIGHT
from tests.support.small_night import small_night
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse, write_parquet
from transforms.live_feed.warehouse import LiveWarehouse

TABLES = tables_of(small_night())
FILLED = [table for table in WAREHOUSE_TABLES if TABLES[table].num_rows]
CASES = [(table, column, fault) for table in FILLED for column in table.columns for fault in FAULTS]
CASES = [(table, column, fault) for table, column, fault in CASES if fault.fits(table.columns[column])]
CHOOSE = ("market_type", "system_id", "bet_type")
"""Columns whose values choose the rows that are read."""
GENERATED_AT = f"{TONIGHT}T23:00:00Z"
EXAMPLES = int(os.environ.get("BROKEN_VALUES", "25"))
"""Faults in several places at once; a longer search is ``BROKEN_VALUES=2000``."""


def plan() -> Any:
    return plan_of(*exports(), first=TONIGHT, config=GATES, generated_at=GENERATED_AT)


def publish(tables: Any) -> MemoryStore:
    store = MemoryStore()
    run_in_process(plan(), MemoryWarehouse(tables), store)
    return store


@pytest.fixture(scope="module")
def clean() -> dict[str, bytes]:
    store = publish(TABLES)
    assert manifest_of(store, TONIGHT)["status"] == "success"
    return documents(store)


def newest_row(table: Table[Any]) -> int:
    """Return the row of tonight, or the last one before: one that documents of the night are made of."""
    rows = TABLES[table]
    if table.partition is None:
        return 0
    days = rows.column(table.partition).to_pylist()
    near = [day for day in days if day is not None and day <= TONIGHT + timedelta(days=1)]
    return days.index(max(near))


def told_of(manifest: Any, table: Table[Any], column: str) -> bool:
    """Whether a manifest names a column of a table among what was skipped or failed."""
    skipped = any((rows["table"], rows["column"]) == (table.name, column) for rows in manifest["skipped_rows"])
    errors = [
        failure["error"]
        for failures in (manifest["failures"], *(section["failures"] for section in manifest["exports"].values()))
        for failure in failures
    ]
    return skipped or any(f"{table.name}.{column}" in error for error in errors)


def check(store: MemoryStore, clean: dict[str, bytes], table: Table[Any], column: str, rows: tuple[int, ...]) -> None:
    """Insist on the night having ended, on nobody else having lost anything, and on no loss in silence."""
    manifest, found = manifest_of(store, TONIGHT), documents(store)
    if table.player is not None and column != table.player:
        players = {TABLES[table].column(table.player)[at].as_py() for at in rows}
        others = {path for path in clean if "/player/" in path and not any(f"/{player}" in path for player in players)}
        changed = {path for path in others if found.get(path) != clean[path]}
        assert not changed, (column, sorted(changed)[:5])
    lost = clean.keys() - found.keys()
    # A row of another date, or of another model, is no row of the night.
    if lost and column not in (table.partition, *CHOOSE):
        assert manifest["status"] != "success", (column, sorted(lost)[:5])


@pytest.mark.parametrize("table", FILLED, ids=lambda table: table.name)
def test_a_null_in_any_column_costs_no_more_than_its_row_and_is_named(
    table: Table[Any], clean: dict[str, bytes]
) -> None:
    at = newest_row(table)
    scanned = {name for scan in plan().scans if scan.table == table.name for name in scan.columns}
    for name, column in table.columns.items():
        if not NULL.fits(column):
            continue
        store = publish(broken(TABLES, table, name, at, NULL))
        check(store, clean, table, name, (at,))
        # Rows are chosen by their date and by a few words, so that one without is never read.
        is_read = name in scanned and name not in (table.partition, *CHOOSE)
        if column.mode == "REQUIRED" and is_read:
            assert told_of(manifest_of(store, TONIGHT), table, name), name


@pytest.mark.parametrize("table", FILLED, ids=lambda table: table.name)
def test_any_value_of_any_column_costs_no_more_than_its_row(table: Table[Any], clean: dict[str, bytes]) -> None:
    at = newest_row(table)
    other = (at + 1) % TABLES[table].num_rows
    for name, column in table.columns.items():
        tables: Any = TABLES
        for fault, row in ((ODD, at), (UNKNOWN, other)):
            if fault.fits(column):
                tables = broken(tables, table, name, row, fault)
        if tables is not TABLES:
            check(publish(tables), clean, table, name, (at, other))


@pytest.mark.parametrize("table", FILLED, ids=lambda table: table.name)
def test_a_table_whose_rows_are_all_there_twice_changes_no_document(table: Table[Any], clean: dict[str, bytes]) -> None:
    store = publish(doubled(TABLES, table))
    assert_same_objects(documents(store), clean)
    assert manifest_of(store, TONIGHT)["status"] == "success"


def test_types_as_pandas_writes_them_change_no_document(clean: dict[str, bytes], tmp_path: Any) -> None:
    warehouse = write_parquet(tmp_path, {table: retyped(rows, table) for table, rows in TABLES.items()})
    store = MemoryStore()
    run_in_process(plan(), LiveWarehouse(warehouse), store)
    assert_same_objects(documents(store), clean)


def test_a_text_of_ten_megabytes_costs_its_row_or_is_shown(clean: dict[str, bytes]) -> None:
    for table, column in (("prediction", "recommendation"), ("context", "team_abbr"), ("props", "bookmaker")):
        of = next(found for found in FILLED if table in found.name and column in found.columns)
        store = publish(broken(TABLES, of, column, newest_row(of), LONG))
        manifest = manifest_of(store, TONIGHT)
        assert len(str(manifest)) < 2_000_000, "no manifest repeats it"
        assert manifest["exports"]["tonight-players"]["documents"]


FAULT = st.tuples(st.sampled_from(CASES), st.integers(0, 10_000))


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(FAULT, min_size=2, max_size=6))
def test_several_faults_at_once_end_the_night_too(faults: list[tuple[Any, int]]) -> None:
    tables: Any = TABLES
    for (table, column, fault), at in faults:
        tables = broken(tables, table, column, at % TABLES[table].num_rows, fault)
    manifest = manifest_of(publish(tables), TONIGHT)
    assert manifest["status"] in ("success", "degraded", "partial", "failed")
    assert set(manifest["exports"]) == set(exports())


SAMPLE = random.Random(7).sample([case for case in CASES if case[2] is NULL], 8)


@pytest.mark.parametrize(("table", "column", "fault"), SAMPLE, ids=str)
def test_the_graph_and_the_stream_publish_what_the_plain_loop_does(
    table: Table[Any], column: str, fault: Fault
) -> None:
    tables = broken(TABLES, table, column, newest_row(table), fault)
    expected = publish(tables)
    store, streamed = MemoryStore(), MemoryStore()
    root = pipeline()
    build(root, plan(), MemoryWarehouse(tables), store)
    root.run().wait_until_finish()
    assert_same_objects(documents(store), documents(expected))
    answered = Answerer(MemoryWarehouse(tables), streamed, "gs://bucket/v1", GATES).answer(_asked())
    assert answered.status == manifest_of(expected, TONIGHT)["status"]
    assert_same_objects(documents(streamed), documents(expected))


def _asked() -> Asked:
    request = {"export_types": list(exports()), "target_date": str(TONIGHT), "generated_at": GENERATED_AT}
    parsed = parse_request(
        request,
        known_types=tuple(exports()),
        groups={},
        defaults=RequestDefaults(GATES.champion_system_id),
        now=datetime.now(timezone.utc),
    )
    return Asked(parsed.to_json(), "key", "m-1", GENERATED_AT)
