"""The tables of a league: in datasets of its own, or in rows that a column marks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporters.config.leagues import DECLARED, LeagueTables
from exporters.warehouse.tables import SCHEDULE, SIGNALS
from tests.support.rows import schedule_row
from tests.support.warehouses import MemoryWarehouse, arrow_rows
from transforms.elements.tables import TableScan
from transforms.warehouses.league_tables import EstimatingLeagueWarehouse, LeagueWarehouse, league_warehouse
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import Warehouse, WarehouseError
from transforms.warehouses.row_restriction import row_restriction

DAY = date(2026, 1, 15)
OWN = LeagueTables(datasets=((SCHEDULE.name.partition(".")[0], "own"),))
MARKED = LeagueTables(column="league", value="wnba")
SCAN = TableScan(SCHEDULE.name, ("game_date", "game_id"), DAY, DAY)


def games(*names: str) -> pa.Table:
    return arrow_rows(SCHEDULE, [schedule_row(game_date=DAY, game_id=name) for name in names])


def write(root: Path, table: str, rows: pa.Table) -> None:
    folder = root / table.replace(".", "/")
    folder.mkdir(parents=True)
    pq.write_table(rows, folder / "part-0.parquet")


def found(warehouse: Warehouse) -> list[str]:
    batches = [batch for stream in warehouse.split(SCAN) for batch in warehouse.read(stream)]
    return sorted(name for batch in batches for name in batch.column("game_id").to_pylist())


class TestDatasets:
    def test_rows_are_those_of_the_dataset_of_the_league(self, tmp_path: Path) -> None:
        write(tmp_path, SCHEDULE.name, games("a", "b"))
        write(tmp_path, OWN.source(SCHEDULE.name), games("c"))
        both = ParquetWarehouse(str(tmp_path))
        assert found(league_warehouse(both, OWN)) == ["c"]
        assert found(both) == ["a", "b"]
        assert league_warehouse(both, OWN).check(SCAN) == ()
        assert [part.version for part in league_warehouse(both, OWN).parts(SCAN)] != [
            part.version for part in both.parts(SCAN)
        ]

    def test_a_table_that_is_not_there_is_named_where_it_was_looked_for(self, tmp_path: Path) -> None:
        write(tmp_path, SCHEDULE.name, games("a"))
        with pytest.raises(WarehouseError, match=r"neither folder own/"):
            league_warehouse(ParquetWarehouse(str(tmp_path)), OWN).split(SCAN)

    def test_rows_are_written_back_to_it(self, tmp_path: Path) -> None:
        own = LeagueTables(datasets=((SIGNALS.name.partition(".")[0], "own"),))
        batch = arrow_rows(SIGNALS, [{"game_date": DAY}]).to_batches()[0]
        LeagueWarehouse(ParquetWarehouse(str(tmp_path)), own).append(SIGNALS.name, batch, day=DAY, name="v1")
        place = own.source(SIGNALS.name).replace(".", "/")
        assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet")] == [
            f"{place}/{SIGNALS.partition}={DAY}/v1.parquet"
        ]


class TestColumn:
    def marked(self, *values: str | None) -> pa.Table:
        return games("a", "b", "c").append_column("league", pa.array(values, pa.string()))

    def test_rows_are_those_that_it_marks(self, tmp_path: Path) -> None:
        write(tmp_path, SCHEDULE.name, self.marked("nba", "wnba", None))
        assert found(league_warehouse(ParquetWarehouse(str(tmp_path)), MARKED)) == ["b"]

    def test_so_are_those_of_a_folder_that_it_names(self, tmp_path: Path) -> None:
        for value, name in (("nba", "a"), ("wnba", "b")):
            folder = tmp_path / SCHEDULE.name.replace(".", "/") / f"league={value}"
            folder.mkdir(parents=True)
            pq.write_table(games(name), folder / "part-0.parquet")
        assert found(league_warehouse(ParquetWarehouse(str(tmp_path)), MARKED)) == ["b"]

    def test_a_table_without_it_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, SCHEDULE.name, games("a"))
        with pytest.raises(WarehouseError, match="column league is missing"):
            found(league_warehouse(ParquetWarehouse(str(tmp_path)), MARKED))

    def test_bigquery_reads_only_its_rows(self) -> None:
        assert row_restriction(replace(SCAN, league=MARKED)).endswith(" AND `league` = 'wnba'")
        assert "league" not in row_restriction(SCAN)
        hostile = replace(MARKED, value="x' OR 'a'='a")
        assert row_restriction(replace(SCAN, league=hostile)).endswith(r"`league` = 'x\' OR \'a\'=\'a'")

    def test_no_row_is_written_back(self, tmp_path: Path) -> None:
        batch = arrow_rows(SIGNALS, [{"game_date": DAY}]).to_batches()[0]
        with pytest.raises(WarehouseError, match="are not written back; leave out --write_subset_picks"):
            LeagueWarehouse(ParquetWarehouse(str(tmp_path)), MARKED).append(SIGNALS.name, batch, day=DAY, name="v1")
        assert not list(tmp_path.iterdir())


def test_the_default_league_is_the_warehouse_itself() -> None:
    warehouse = MemoryWarehouse({})
    assert league_warehouse(warehouse, DECLARED) is warehouse


def test_a_warehouse_that_estimates_still_does() -> None:
    class Estimating(MemoryWarehouse):
        def estimate(self, scan: TableScan) -> int:
            assert scan.source.startswith("own.")
            return 7

    own = league_warehouse(Estimating({}), OWN)
    assert isinstance(own, EstimatingLeagueWarehouse)
    assert own.estimate(SCAN) == 7
    assert not hasattr(league_warehouse(MemoryWarehouse({}), OWN), "estimate")
