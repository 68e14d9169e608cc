"""What a folder of Parquet files may lack: optional tables, and optional columns in some files or in all."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporters.warehouse.tables import DEFENSE, FORECAST_TIMES, PREDICTIONS, SUBSET_VERSIONS, WAREHOUSE_TABLES
from tests.support.warehouses import AnyTable, arrow_rows
from transforms.elements.tables import WHOLE_TABLE, TableScan
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import WarehouseError

DAY = date(2026, 2, 10)
OPTIONAL = tuple(sorted(name for name, column in DEFENSE.columns.items() if column.absent is not None))


def whole(table: AnyTable, first: date = DAY, last: date = DAY) -> TableScan:
    bounds = (first, last) if table.partition else (None, None)
    return TableScan(table.name, tuple(sorted(table.columns)), *bounds)


def put(root: Path, path: str, team: str, *, without: tuple[str, ...] = (), day: date = DAY, rows: int = 1) -> None:
    table = arrow_rows(DEFENSE, [{"team_abbr": team, "analysis_date": day, "early_season_flag": True}] * rows)
    file = root.joinpath(*DEFENSE.name.split("."), path)
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table.drop_columns(list(without)), file)


def read(root: Path, scan: TableScan) -> tuple[list[dict[str, Any]], set[str]]:
    """Return the rows of a scan, and what its streams say is absent."""
    warehouse = ParquetWarehouse(str(root))
    streams = warehouse.split(scan)
    batches = [batch for stream in streams for batch in warehouse.read(stream)]
    assert all(batch.schema == scan.schema for batch in batches)
    return pa.Table.from_batches(batches, scan.schema).to_pylist(), {name for one in streams for name in one.absent}


class TestColumns:
    def test_an_absent_column_is_null(self, tmp_path: Path) -> None:
        put(tmp_path, "a.parquet", "LAL", without=OPTIONAL)
        scan = whole(DEFENSE)
        assert ParquetWarehouse(str(tmp_path)).check(scan) == OPTIONAL
        rows, absent = read(tmp_path, scan)
        assert absent == set(OPTIONAL)
        assert rows == [{name: {"team_abbr": "LAL", "analysis_date": DAY}.get(name) for name in scan.columns}]

    def test_a_column_that_only_some_files_lack_is_null_there(self, tmp_path: Path) -> None:
        put(tmp_path, "a.parquet", "LAL", without=("early_season_flag",))
        put(tmp_path, "b.parquet", "BOS")
        rows, absent = read(tmp_path, whole(DEFENSE))
        assert [(row["team_abbr"], row["early_season_flag"]) for row in rows] == [("LAL", None), ("BOS", True)]
        assert absent == {"early_season_flag"}

    def test_a_file_that_the_scan_does_not_read_does_not_count(self, tmp_path: Path) -> None:
        put(tmp_path, "old.parquet", "LAL", without=OPTIONAL, day=date(2025, 1, 1))
        put(tmp_path, "new.parquet", "LAL")
        assert read(tmp_path, whole(DEFENSE))[1] == set()

    def test_a_folder_may_hold_the_column(self, tmp_path: Path) -> None:
        put(tmp_path, "early_season_flag=true/a.parquet", "LAL", without=("early_season_flag",))
        rows, absent = read(tmp_path, whole(DEFENSE))
        assert (rows[0]["early_season_flag"], absent) == (True, set())

    def test_columns_of_a_table_without_rows(self, tmp_path: Path) -> None:
        put(tmp_path, "a.parquet", "LAL", without=OPTIONAL, rows=0)
        assert read(tmp_path, whole(DEFENSE)) == ([], set(OPTIONAL))
        put(tmp_path, "b.parquet", "LAL")
        assert read(tmp_path, whole(DEFENSE))[1] == set()

    def test_nothing_equals_an_absent_column(self, tmp_path: Path) -> None:
        put(tmp_path, "a.parquet", "LAL", without=OPTIONAL)
        scan = TableScan(DEFENSE.name, ("team_abbr",), DAY, DAY, {"early_season_flag": ("true",)})
        assert read(tmp_path, scan)[0] == []

    @pytest.mark.parametrize("name", sorted(DEFENSE.columns.keys() - set(OPTIONAL)))
    def test_every_other_column_is_required(self, tmp_path: Path, name: str) -> None:
        put(tmp_path, "a.parquet", "LAL", without=(name,))
        with pytest.raises(WarehouseError, match=f"column {name} is missing"):
            ParquetWarehouse(str(tmp_path)).check(whole(DEFENSE))


class TestTables:
    @pytest.mark.parametrize("table", WAREHOUSE_TABLES, ids=str)
    def test_only_an_optional_table_may_be_absent(self, tmp_path: Path, table: AnyTable) -> None:
        warehouse, scan = ParquetWarehouse(str(tmp_path)), whole(table)
        if table.absent is None:
            for call in (warehouse.check, warehouse.split, warehouse.parts):
                with pytest.raises(WarehouseError, match="neither folder"):
                    call(scan)
            return
        assert warehouse.check(scan) == (WHOLE_TABLE,)
        (stream,) = warehouse.split(scan)
        assert stream.absent == (WHOLE_TABLE,)
        assert list(warehouse.read(stream)) == []
        assert warehouse.parts(scan) == []

    def test_a_table_that_cannot_be_read_is_not_absent(self, tmp_path: Path) -> None:
        file = tmp_path.joinpath(*SUBSET_VERSIONS.name.split(".")).with_suffix(".parquet")
        file.parent.mkdir(parents=True)
        file.write_bytes(b"garbage")
        with pytest.raises(WarehouseError, match="cannot read"):
            ParquetWarehouse(str(tmp_path)).split(whole(SUBSET_VERSIONS))

    def test_a_stand_in_is_read_from_its_source(self, tmp_path: Path) -> None:
        rows = arrow_rows(
            PREDICTIONS, [{"prediction_id": "p", "player_lookup": "a", "game_date": DAY, "created_at": 7}]
        )
        file = tmp_path.joinpath(*PREDICTIONS.name.split(".")).with_suffix(".parquet")
        file.parent.mkdir(parents=True)
        pq.write_table(rows, file)
        found, _ = read(tmp_path, whole(FORECAST_TIMES))
        assert [(row["prediction_id"], row["player_lookup"]) for row in found] == [("p", "a")]
