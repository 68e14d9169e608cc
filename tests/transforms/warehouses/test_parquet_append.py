from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporters.warehouse.tables import SUBSET_VERSIONS
from tests.support.rows import subset_version_row
from tests.support.warehouses import arrow_rows, write_parquet
from transforms.elements.tables import TableScan
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.parquet_folder.append import append_file
from transforms.warehouses.protocol import AppendingWarehouse, WarehouseError

TABLE = SUBSET_VERSIONS.name
DAY = date(2025, 1, 15)
COLUMNS = ("game_date", "is_complete", "version_id")


def batch(*versions: str, day: date = DAY) -> pa.RecordBatch:
    rows = [subset_version_row(version_id=version, game_date=day) for version in versions]
    return arrow_rows(SUBSET_VERSIONS, rows).combine_chunks().to_batches()[0]


def versions(root: Path, first: date = DAY, last: date = DAY) -> list[str]:
    warehouse = ParquetWarehouse(str(root))
    scan = TableScan(TABLE, COLUMNS, first, last)
    warehouse.check(scan)
    read = [found for stream in warehouse.split(scan) for found in warehouse.read(stream)]
    return sorted(row["version_id"] for found in read for row in found.to_pylist())


def test_a_folder_of_parquet_files_can_be_added_to(tmp_path: Path) -> None:
    warehouse = ParquetWarehouse(str(tmp_path))
    assert isinstance(warehouse, AppendingWarehouse)
    warehouse.append(TABLE, batch("v_1"), day=DAY, name="run-1")
    warehouse.append(TABLE, batch("v_2"), day=DAY, name="run-2")
    assert versions(tmp_path) == ["v_1", "v_2"]


def test_beside_files_of_any_folders(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*TABLE.split("."), "month=2025-01")
    folder.mkdir(parents=True)
    pq.write_table(pa.Table.from_batches([batch("v_0")]), folder / "part-0.parquet")
    append_file(str(tmp_path), TABLE, batch("v_1"), day=DAY, name="run-1")
    assert versions(tmp_path) == ["v_0", "v_1"]


def test_the_same_name_again_replaces_what_it_added(tmp_path: Path) -> None:
    for _ in range(2):
        append_file(str(tmp_path), TABLE, batch("v_1", "v_2"), day=DAY, name="run-1")
    assert versions(tmp_path) == ["v_1", "v_2"]


def test_a_folder_of_a_date_outside_the_scan_is_not_opened(tmp_path: Path) -> None:
    append_file(str(tmp_path), TABLE, batch("v_1"), day=DAY, name="run-1")
    other = date(2025, 1, 16)
    append_file(str(tmp_path), TABLE, batch("v_2", day=other), day=other, name="run-1")
    folder = tmp_path.joinpath(*TABLE.split("."))
    assert sorted(os.listdir(folder)) == ["game_date=2025-01-15", "game_date=2025-01-16"]
    folder.joinpath("game_date=2025-01-16", "run-1.parquet").write_bytes(b"torn")
    assert versions(tmp_path) == ["v_1"]


def test_what_is_being_written_is_not_seen(tmp_path: Path) -> None:
    append_file(str(tmp_path), TABLE, batch("v_1"), day=DAY, name="run-1")
    folder = tmp_path.joinpath(*TABLE.split("."), "game_date=2025-01-15")
    folder.joinpath(".run-2.parquet.half").write_bytes(b"torn")
    assert versions(tmp_path) == ["v_1"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path.joinpath(*TABLE.split("."), "game_date=2025-01-15")
    (folder / "run-1.parquet").mkdir(parents=True)
    with pytest.raises(WarehouseError, match="cannot write to"):
        append_file(str(tmp_path), TABLE, batch("v_1"), day=DAY, name="run-1")
    assert os.listdir(folder) == ["run-1.parquet"]


def test_a_table_that_is_one_file_is_named(tmp_path: Path) -> None:
    write_parquet(tmp_path, {})
    with pytest.raises(WarehouseError, match="is one file, and rows are added to folders; move it"):
        append_file(str(tmp_path), TABLE, batch("v_1"), day=DAY, name="run-1")
