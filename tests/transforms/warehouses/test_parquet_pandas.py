"""Parquet as pandas writes it: an index, nanoseconds, integers as doubles with NaN, categories, dates as instants."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporters.warehouse.tables import FEATURES, GAMES
from transforms.elements.tables import MISFIT, TableScan
from transforms.reading.decoding import decode
from transforms.warehouses.parquet import ParquetWarehouse

DAY = date(2026, 2, 11)
SCAN = TableScan(
    GAMES.name,
    ("dnp_reason", "game_date", "game_id", "is_dnp", "minutes_played", "player_lookup", "points", "processed_at"),
    DAY,
    DAY,
)


def frame(**columns: Any) -> pa.Table:
    """Return a table as ``DataFrame.to_parquet`` makes it, with its index and its description."""
    rows = len(next(iter(columns.values())))
    table = pa.table({**columns, "__index_level_0__": pa.array(np.arange(rows)[::-1])})
    described = [{"name": name, "field_name": name, "pandas_type": "object"} for name in table.column_names]
    pandas = {"index_columns": ["__index_level_0__"], "columns": described, "pandas_version": "2.2.3"}
    return table.replace_schema_metadata({"pandas": json.dumps(pandas)})


def games(**changes: Any) -> pa.Table:
    columns = {
        "player_lookup": pa.array(["lebronjames", "jaysontatum"]).dictionary_encode(),
        "game_id": pa.array(["20260211_BOS_LAL"] * 2, pa.large_string()),
        # datetime64[ns], for want of a type of dates.
        "game_date": pa.array(np.array(["2026-02-11", "2026-02-11"], "datetime64[ns]")),
        # Integers with one missing become doubles.
        "points": pa.array(np.array([31.0, np.nan])),
        "minutes_played": pa.array(np.array([34.2, np.nan])),
        "is_dnp": pa.array([False, None]),
        "processed_at": pa.array(np.array(["2026-02-12T06:00:00.123456789", "NaT"], "datetime64[ns]")),
        # A column of None only.
        "dnp_reason": pa.nulls(2),
        **changes,
    }
    return frame(**columns)


def read(root: Path, table: pa.Table) -> pa.RecordBatch:
    file = root.joinpath(*GAMES.name.split(".")).with_suffix(".parquet")
    file.parent.mkdir(parents=True)
    pq.write_table(table, file)
    warehouse = ParquetWarehouse(str(root))
    assert warehouse.check(SCAN) == ()
    (batch,) = (batch for stream in warehouse.split(SCAN) for batch in warehouse.read(stream))
    return batch


@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
def test_a_frame_reads_as_the_table(tmp_path: Path, zone: str | None) -> None:
    instants = games().column("processed_at").combine_chunks()
    changes = {"processed_at": instants.cast(pa.timestamp("ns", "UTC")).cast(pa.timestamp("ns", zone))} if zone else {}
    batch = read(tmp_path, games(**changes))
    assert batch.schema == SCAN.schema
    assert batch.to_pylist() == [
        {
            "dnp_reason": None,
            "game_date": DAY,
            "game_id": "20260211_BOS_LAL",
            "is_dnp": False,
            "minutes_played": Decimal("34.2"),
            "player_lookup": "lebronjames",
            "points": 31,
            "processed_at": datetime(2026, 2, 12, 6, 0, 0, 123456, tzinfo=timezone.utc),
        },
        {
            "dnp_reason": None,
            "game_date": DAY,
            "game_id": "20260211_BOS_LAL",
            "is_dnp": None,
            "minutes_played": None,
            "player_lookup": "jaysontatum",
            "points": None,
            "processed_at": None,
        },
    ]


def test_a_value_that_does_not_fit_costs_its_row_and_is_named(tmp_path: Path) -> None:
    batch = read(tmp_path, games(points=pa.array(np.array([31.0, 17.5]))))
    assert batch.column(MISFIT).to_pylist() == [None, "points is 17.5"]
    rows, (defect,) = decode(GAMES.name, [batch])
    assert [(row.player_lookup, row.points) for row in rows] == [("lebronjames", 31)]
    assert (defect.player, defect.day) == ("jaysontatum", DAY)
    assert defect.message == (
        "nba_analytics.player_game_summary.points is 17.5 in a row of player 'jaysontatum' on 2026-02-11 "
        "(game_id 20260211_BOS_LAL); the column is INT64, so the row is left out: correct it in the warehouse"
    )


def test_lists_of_a_frame(tmp_path: Path) -> None:
    scan = TableScan(FEATURES.name, ("feature_names", "features", "game_date", "player_lookup"), DAY, DAY)
    file = tmp_path.joinpath(*FEATURES.name.split(".")).with_suffix(".parquet")
    file.parent.mkdir(parents=True)
    table = frame(
        player_lookup=pa.array(["a", "b"]),
        game_date=pa.array(np.array(["2026-02-11"] * 2, "datetime64[ns]")),
        features=pa.array([[1, 2], None]),
        feature_names=pa.array([["x", "y"], None]),
    )
    pq.write_table(table, file)
    warehouse = ParquetWarehouse(str(tmp_path))
    (batch,) = (batch for stream in warehouse.split(scan) for batch in warehouse.read(stream))
    assert batch.column("features").to_pylist() == [[1.0, 2.0], []]
    assert batch.column("feature_names").to_pylist() == [["x", "y"], []]
