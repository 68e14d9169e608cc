from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow.parquet as pq
import pytest

from demo.tables.writer import GROUP_ROWS, LARGEST_GROUP, group_sizes
from exporters.warehouse.tables import WAREHOUSE_TABLES
from tests.demo.conftest import DemoWarehouse

BIG = ("player_prop_predictions", "upcoming_player_game_context", "player_game_summary", "prediction_accuracy")


@pytest.mark.parametrize("table", [t for t in WAREHOUSE_TABLES if t.partition], ids=str)
def test_a_partitioned_table_has_a_file_per_month_in_date_order(warehouse: DemoWarehouse, table) -> None:
    for path in warehouse.files(table):
        month = path.parent.name.removeprefix("month=")
        values = pq.ParquetFile(path).read(columns=[table.partition])[table.partition].drop_null()
        days = values.to_numpy().astype("datetime64[D]")
        assert (days.astype("datetime64[M]") == np.datetime64(month)).all()
        assert (np.diff(days.astype(int)) >= 0).all()


@pytest.mark.parametrize("table", [t for t in WAREHOUSE_TABLES if t.partition], ids=str)
def test_row_group_statistics_separate_dates(warehouse: DemoWarehouse, table) -> None:
    wide = GROUP_ROWS // 20
    for path in warehouse.files(table):
        meta = pq.ParquetFile(path).metadata
        column = meta.schema.to_arrow_schema().names.index(table.partition)
        previous = None
        for number in range(meta.num_row_groups):
            group = meta.row_group(number)
            bounds = group.column(column).statistics
            assert group.num_rows <= LARGEST_GROUP
            assert bounds.has_min_max
            low, high = (str(value)[:10] for value in (bounds.min, bounds.max))
            # A row group never shares a date with the one before it.
            assert previous is None or low > previous
            previous = high
            dates = (date.fromisoformat(high) - date.fromisoformat(low)).days + 1
            if table.name.endswith(BIG):
                assert dates <= wide


def test_unpartitioned_tables_are_one_file(warehouse: DemoWarehouse) -> None:
    for table in WAREHOUSE_TABLES:
        if table.partition is None:
            (path,) = warehouse.files(table)
            assert path.name == "part-0.parquet"
            assert path.parent.name == table.name.split(".")[1]


def test_row_groups_end_with_a_date_unless_one_date_is_too_large() -> None:
    def days(*counts: int):
        return np.repeat(np.arange(len(counts)), counts).astype("datetime64[D]")

    assert group_sizes(days(300, 300, 300)) == [600, 300]
    assert group_sizes(days(500, 500)) == [500, 500]
    assert group_sizes(days(4_500, 10)) == [2_000, 2_000, 500, 10]
    assert group_sizes(days()) == []
