from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporters.warehouse.tables import SCHEDULE
from tests.support.warehouses import arrow_rows
from transforms.elements.tables import TableScan
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.parquet_folder import footers
from transforms.warehouses.parquet_folder.footers import footer_of

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 9)
SCAN = TableScan(SCHEDULE.name, ("game_date",), LAST, LAST)
HOUR = 3600


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The files whose footers are read, in order."""
    found: list[str] = []
    read = footers._read_footer

    def reading(path: str, table: str) -> footers.Footer:
        found.append(path)
        return read(path, table)

    monkeypatch.setattr(footers, "_read_footer", reading)
    footers._kept_footer.cache_clear()
    yield found
    footers._kept_footer.cache_clear()


def put(root: Path, name: str, *days: date, age: float = HOUR) -> Path:
    file = root / "nba_raw" / "nbac_schedule" / f"{name}.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(arrow_rows(SCHEDULE, [{"game_date": day} for day in days]), file)
    when = time.time() - age
    os.utime(file, (when, when))
    return file


def test_planning_and_splitting_open_each_file_once(tmp_path: Path, opened: list[str]) -> None:
    files = [str(put(tmp_path, f"{day}", day)) for day in (FIRST, LAST)]
    warehouse = ParquetWarehouse(str(tmp_path))
    warehouse.check(SCAN)
    warehouse.parts(SCAN)
    assert len(warehouse.split(SCAN)) == 1
    assert opened == files


def test_a_file_that_is_replaced_is_opened_again(tmp_path: Path, opened: list[str]) -> None:
    path = str(put(tmp_path, "a", FIRST))
    assert footer_of(path, SCHEDULE.name).span == (FIRST, FIRST)
    put(tmp_path, "a", LAST, age=2 * HOUR)
    assert footer_of(path, SCHEDULE.name).span == (LAST, LAST)
    assert opened == [path, path]


def test_the_footer_of_a_file_that_may_still_change_unseen_is_not_kept(tmp_path: Path, opened: list[str]) -> None:
    path = str(put(tmp_path, "a", FIRST, age=0))
    for _ in range(2):
        assert footer_of(path, SCHEDULE.name).rows == 1
    assert opened == [path, path]


def test_a_file_that_is_no_parquet_file_is_not_kept(tmp_path: Path) -> None:
    file = put(tmp_path, "a", FIRST)
    content = file.read_bytes()
    file.write_bytes(b"nothing")
    os.utime(file, (0, 0))
    with pytest.raises(pa.ArrowException):
        footer_of(str(file), SCHEDULE.name)
    file.write_bytes(content)
    assert footer_of(str(file), SCHEDULE.name).rows == 1


def test_equal_schemas_are_one(tmp_path: Path) -> None:
    one, other = (footer_of(str(put(tmp_path, name, FIRST)), SCHEDULE.name) for name in "ab")
    assert one.schema is other.schema
