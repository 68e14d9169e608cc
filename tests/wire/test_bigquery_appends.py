"""Rows that are written back to BigQuery, on the emulator: at once or not at all, and each version once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from google.api_core import exceptions

from exporters.warehouse.schema import Instant
from exporters.warehouse.tables import SUBSET_PICKS, SUBSET_VERSIONS
from tests.support.rows import subset_pick_row, subset_version_row
from tests.wire.bigquery_tables import described
from tests.wire.services import BigQuery
from transforms.elements.tables import TableScan
from transforms.publishing.write_back import record_batch
from transforms.warehouses.bigquery import BigQueryWarehouse
from transforms.warehouses.bigquery_appends import AppendClient
from transforms.warehouses.protocol import AppendingWarehouse, WarehouseError

DAY = date(2025, 1, 15)
PICKS, VERSIONS = SUBSET_PICKS.name, SUBSET_VERSIONS.name


def picks(count: int, version: str = "v_20250115_170000_000000") -> pa.RecordBatch:
    rows = [
        subset_pick_row(game_date=DAY, version_id=version, player_lookup=f"player{i:05}", rank_in_subset=i + 1)
        for i in range(count)
    ]
    return record_batch(PICKS, rows)


@pytest.fixture
def warehouse(bigquery: BigQuery, project: str) -> Iterator[BigQueryWarehouse]:
    tables = bigquery.tables(project)
    tables.create(SUBSET_PICKS)
    tables.create(SUBSET_VERSIONS)
    found = bigquery.warehouse(project)
    yield found
    found.close()


def stored(
    warehouse: BigQueryWarehouse, table: str = PICKS, columns: tuple[str, ...] = ("player_lookup",)
) -> list[Any]:
    scan = TableScan(table, columns, DAY, DAY)
    return [row for stream in warehouse.split(scan) for batch in warehouse.read(stream) for row in batch.to_pylist()]


class Interrupted(AppendClient):
    """Fails once before or after the commit, as a connection does."""

    def __init__(self, settings: Any) -> None:
        super().__init__(settings)
        self.fail_before, self.fail_after, self.commits = 0, 0, 0

    def _commit(self, table: str, stream: str) -> None:
        if self.fail_before:
            self.fail_before -= 1
            raise exceptions.PermissionDenied("killed before the commit")
        super()._commit(table, stream)
        self.commits += 1
        if self.fail_after:
            self.fail_after -= 1
            raise exceptions.PermissionDenied("the answer is lost")


@dataclass(frozen=True)
class InterruptedWarehouse(BigQueryWarehouse):
    """Writes through a client that can be interrupted."""

    client: Interrupted | None = None

    def _append_client(self) -> AppendClient:
        assert self.client is not None
        return self.client


@pytest.fixture
def client(warehouse: BigQueryWarehouse) -> Iterator[Interrupted]:
    made = Interrupted(warehouse._read_settings)
    yield made
    made.close()


@pytest.fixture
def interrupted(warehouse: BigQueryWarehouse, client: Interrupted) -> InterruptedWarehouse:
    return InterruptedWarehouse(**vars(warehouse), client=client)


def test_is_a_warehouse_that_rows_can_be_added_to(warehouse: BigQueryWarehouse) -> None:
    assert isinstance(warehouse, AppendingWarehouse)


@pytest.mark.parametrize("count", [1, 1_000, 2_345])
def test_rows_arrive_whole_and_once(warehouse: BigQueryWarehouse, count: int) -> None:
    batch = picks(count)
    warehouse.append(PICKS, batch, day=DAY, name="run-1")
    columns = tuple(sorted(batch.schema.names))
    found = pa.Table.from_pylist(stored(warehouse, columns=columns), schema=TableScan(PICKS, columns).schema)
    expected = pa.Table.from_batches([batch]).select(columns)
    assert found.sort_by("player_lookup") == expected.sort_by("player_lookup")


def test_version_is_added_once_however_often_it_is_written(warehouse: BigQueryWarehouse) -> None:
    for _ in range(3):
        warehouse.append(PICKS, picks(5), day=DAY, name="run-1")
    assert len(stored(warehouse)) == 5


def test_versions_stand_beside_each_other(warehouse: BigQueryWarehouse) -> None:
    warehouse.append(PICKS, picks(5), day=DAY, name="run-1")
    warehouse.append(PICKS, picks(4, "v_20250115_180000_000000"), day=DAY, name="run-2")
    assert len(stored(warehouse)) == 9


def test_version_row_is_added(warehouse: BigQueryWarehouse) -> None:
    row = subset_version_row(game_date=DAY, computed_at=Instant(1_736_960_400_000_000))
    warehouse.append(VERSIONS, record_batch(VERSIONS, [row]), day=DAY, name="run-1")
    assert stored(warehouse, VERSIONS, ("version_id", "total_picks")) == [
        {"version_id": row.version_id, "total_picks": row.total_picks}
    ]


def test_crash_before_the_commit_leaves_nothing_and_a_rerun_adds_all(
    interrupted: InterruptedWarehouse, client: Interrupted
) -> None:
    client.fail_before = 1
    with pytest.raises(WarehouseError, match=f"table {PICKS}: killed before the commit"):
        interrupted.append(PICKS, picks(5), day=DAY, name="run-1")
    assert stored(interrupted) == []
    interrupted.append(PICKS, picks(5), day=DAY, name="run-1")
    assert len(stored(interrupted)) == 5


def test_commit_whose_answer_is_lost_counts_as_done(interrupted: InterruptedWarehouse, client: Interrupted) -> None:
    client.fail_after = 1
    interrupted.append(PICKS, picks(5), day=DAY, name="run-1")
    assert (len(stored(interrupted)), client.commits) == (5, 1)
    interrupted.append(PICKS, picks(5), day=DAY, name="run-1")
    assert (len(stored(interrupted)), client.commits) == (5, 1)


def test_version_of_another_run_is_left_alone(warehouse: BigQueryWarehouse) -> None:
    warehouse.append(PICKS, picks(5), day=DAY, name="run-1")
    with pytest.raises(WarehouseError, match=r"holds 5 rows of version v_20250115_170000_000000 .* selected 4"):
        warehouse.append(PICKS, picks(4), day=DAY, name="run-2")
    assert len(stored(warehouse)) == 5


def test_runs_with_versions_of_their_own_do_not_disturb_each_other(warehouse: BigQueryWarehouse) -> None:
    def add(number: int) -> None:
        warehouse.append(PICKS, picks(50, f"v_20250115_17000{number}_000000"), day=DAY, name=f"run-{number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add, range(4)))
    found = [row["version_id"] for row in stored(warehouse, columns=("version_id",))]
    assert {version: found.count(version) for version in found} == {
        f"v_20250115_17000{number}_000000": 50 for number in range(4)
    }


def test_nullable_column_that_the_table_lacks_is_left_out(bigquery: BigQuery, project: str) -> None:
    columns = [described(column) for name, column in SUBSET_PICKS.columns.items() if name != "prediction_created_at"]
    bigquery.tables(project).create(SUBSET_PICKS, columns=columns)
    warehouse = bigquery.warehouse(project)
    warehouse.append(PICKS, picks(3), day=DAY, name="run-1")
    assert len(stored(warehouse)) == 3


def test_required_column_that_the_table_lacks_is_named(bigquery: BigQuery, project: str) -> None:
    columns = [described(column) for name, column in SUBSET_PICKS.columns.items() if name != "subset_id"]
    bigquery.tables(project).create(SUBSET_PICKS, columns=columns)
    with pytest.raises(WarehouseError, match=f"table {PICKS}: column subset_id is missing"):
        bigquery.warehouse(project).append(PICKS, picks(3), day=DAY, name="run-1")


def test_missing_table_is_named(bigquery: BigQuery, project: str) -> None:
    bigquery.tables(project).create(SUBSET_VERSIONS)
    with pytest.raises(WarehouseError, match=f"table {PICKS}: it is not in project"):
        bigquery.warehouse(project).append(PICKS, picks(3), day=DAY, name="run-1")


def test_optional_table_that_does_not_exist_is_left_out(bigquery: BigQuery, project: str) -> None:
    bigquery.tables(project).create(SUBSET_PICKS)
    warehouse = bigquery.warehouse(project)
    warehouse.append(VERSIONS, record_batch(VERSIONS, [subset_version_row(game_date=DAY)]), day=DAY, name="run-1")
    assert stored(warehouse, VERSIONS, ("version_id",)) == []
