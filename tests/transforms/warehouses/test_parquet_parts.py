from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from exporters.warehouse.tables import REGISTRY, SCHEDULE
from tests.support.warehouses import arrow_rows
from transforms.elements.tables import TablePart, TableScan
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import WarehouseError

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 9)
SCAN = TableScan(SCHEDULE.name, ("game_date",), FIRST, LAST)


def put(root: Path, path: str, *days: date, **options: object) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrow_rows(SCHEDULE, [{"game_date": day} for day in days]), file, **options)
    return file


def parts(root: Path, scan: TableScan = SCAN) -> list[TablePart]:
    return ParquetWarehouse(str(root)).parts(scan)


class TestParquetParts:
    def test_a_file_holds_the_dates_of_its_footer(self, tmp_path: Path) -> None:
        put(tmp_path, "nba_raw/nbac_schedule/month=1/a.parquet", LAST, FIRST, row_group_size=1)
        [part] = parts(tmp_path)
        assert (part.first, part.last, part.rows) == (FIRST, LAST, 2)
        assert part.version.startswith("nba_raw/nbac_schedule/month=1/a.parquet ")

    def test_the_range_of_a_date_folder_is_its_date(self, tmp_path: Path) -> None:
        put(tmp_path, "nba_raw/nbac_schedule/game_date=2026-01-05/a.parquet", FIRST)
        put(tmp_path, "nba_raw/nbac_schedule/game_date=2026-02-01/a.parquet", date(2026, 2, 1))
        [part] = parts(tmp_path)
        assert (part.first, part.last) == (FIRST, FIRST)

    @pytest.mark.parametrize("options", [{}, {"write_statistics": False}])
    def test_a_file_without_statistics_may_hold_any_date(self, tmp_path: Path, options: dict[str, bool]) -> None:
        put(tmp_path, "nba_raw/nbac_schedule.parquet", *([FIRST] if options else []), **options)
        [part] = parts(tmp_path)
        assert (part.first, part.last) == (None, None)

    def test_a_file_whose_dates_are_texts_may_hold_any_date(self, tmp_path: Path) -> None:
        """Reading it names the type; planning, which asks for parts first, does not break."""
        file = put(tmp_path, "nba_raw/nbac_schedule.parquet", FIRST)
        rows = pq.read_table(file)
        at = rows.schema.get_field_index("game_date")
        pq.write_table(rows.set_column(at, "game_date", [[str(FIRST)]]), file)
        [part] = parts(tmp_path)
        assert (part.first, part.last) == (None, None)

    def test_a_table_without_partitions_may_hold_any(self, tmp_path: Path) -> None:
        file = tmp_path / "nba_reference" / "nba_players_registry.parquet"
        file.parent.mkdir()
        pq.write_table(arrow_rows(REGISTRY, []), file)
        [part] = parts(tmp_path, TableScan(REGISTRY.name, ("player_lookup",)))
        assert (part.first, part.last) == (None, None)

    def test_writing_it_again_is_another_version(self, tmp_path: Path) -> None:
        file = put(tmp_path, "nba_raw/nbac_schedule.parquet", FIRST)
        before = parts(tmp_path)
        assert parts(tmp_path) == before
        touched = file.stat().st_mtime_ns + 1_000_000
        os.utime(file, ns=(touched, touched))
        assert parts(tmp_path) != before

    def test_a_table_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(WarehouseError, match=r"nba_raw\.nbac_schedule"):
            parts(tmp_path)


class TestMayHold:
    @pytest.mark.parametrize(
        ("part", "window", "expected"),
        [
            ((FIRST, LAST), (LAST, LAST), True),
            ((FIRST, LAST), (FIRST, FIRST), True),
            ((FIRST, FIRST), (LAST, LAST), False),
            ((LAST, LAST), (FIRST, FIRST), False),
            ((None, None), (FIRST, FIRST), True),
            ((FIRST, LAST), (None, None), True),
        ],
    )
    def test_ranges_that_touch(
        self, part: tuple[date | None, date | None], window: tuple[date | None, date | None], expected: bool
    ) -> None:
        assert TablePart(*part, "1").may_hold(*window) is expected
