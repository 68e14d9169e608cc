from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.warehouse.schema import Column
from exporters.warehouse.tables import (
    FEATURES,
    FORECAST_TIMES,
    GAMES,
    INJURIES,
    PROPS,
    SCHEDULE,
    SUBSET_PICKS,
    TABLES,
)
from tests.support.rows import feature_row, forecast_time_row, game_row, props_row, schedule_row, subset_pick_row
from tests.support.warehouses import arrow_rows
from transforms.elements.tables import TableBatch, arrow_field, with_misfits
from transforms.reading.decoding import LONGEST_TEXT, decode, decode_all, defects_of, row_class, rows_by_player

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
floats = st.floats(width=64) | st.sampled_from([math.nan, math.inf, -math.inf, -0.0, 0.1])


def cells(column: Column) -> st.SearchStrategy[Any]:
    """Any value of a column, null included whatever the mode: no warehouse enforces REQUIRED on read."""
    if column.numeric is not None:
        most = 10**column.numeric.precision - 1
        scaled = st.integers(-most, most).map(lambda n: Decimal(n).scaleb(-column.numeric.scale))
        return st.none() | scaled
    if column.mode == "REPEATED":
        one = floats if column.type == "FLOAT64" else st.text(max_size=3)
        return st.none() | st.lists(one, max_size=3)
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "STRING": st.text(st.characters(exclude_categories=["Cs"]), max_size=4),
        "INT64": st.integers(-(2**63), 2**63 - 1),
        "FLOAT64": floats,
        "BOOL": st.booleans(),
        "DATE": st.dates(),
        "TIMESTAMP": st.integers(-(2**61), 2**61),
    }
    return st.none() | kinds[column.type]


def oracle(column: Column, value: Any) -> Any:
    """The expected value of one cell, for each column type."""
    if column.mode == "REPEATED":
        return tuple(value or ())
    if column.type == "FLOAT64" and value is not None and not math.isfinite(value):
        return None
    return value


def same(left: Any, right: Any) -> bool:
    """Equality in which a NaN inside a list is itself."""
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return left == right or (isinstance(left, float) and isinstance(right, float) and left != left and right != right)


@settings(max_examples=150)
@given(data=st.data())
def test_decoding_agrees_with_a_cell_by_cell_oracle(data: st.DataObject) -> None:
    table = data.draw(st.sampled_from(TABLES))
    columns = sorted(data.draw(st.sets(st.sampled_from(sorted(table.columns)), min_size=1, max_size=6)))
    values = {name: data.draw(st.lists(cells(table.columns[name]), min_size=5, max_size=5)) for name in columns}
    fields = [arrow_field(table.columns[name]) for name in columns]
    full = pa.table([pa.array(values[field.name], field.type) for field in fields], pa.schema(fields))
    cut = data.draw(st.integers(0, 5))
    batches = [*full.slice(0, cut).to_batches(), *full.slice(cut).to_batches()]
    rows, defects = decode(table.name, batches)
    expected = [tuple(oracle(table.columns[name], values[name][i]) for name in columns) for i in range(5)]
    required = [name for name in columns if table.columns[name].mode == "REQUIRED"]
    usable = [row for row in expected if all(row[columns.index(name)] is not None for name in required)]
    assert len(rows) == len(usable)
    assert all(same(tuple(row), wanted) for row, wanted in zip(rows, usable, strict=True))
    assert sum(defect.rows for defect in defects) == len(expected) - len(usable)
    keys = [(defect.column, defect.value, defect.player, defect.day) for defect in defects]
    assert len(set(keys)) == len(keys)


class TestValues:
    def test_a_row_holds_the_scanned_columns_and_no_others(self) -> None:
        (row,), _ = decode(GAMES.name, arrow_rows(GAMES, [game_row()]).select(["game_id", "points"]).to_batches())
        assert row == ("20250113_CHI_LAL", 20)
        assert type(row).__name__ == "GameRow"
        with pytest.raises(AttributeError):
            _ = row.minutes_played

    def test_types_are_exact(self) -> None:
        rows, _ = decode(GAMES.name, arrow_rows(GAMES, [game_row(minutes_played="34.1")]).to_batches())
        assert rows[0].minutes_played == Decimal("34.1")
        assert type(rows[0].minutes_played) is Decimal
        assert rows[0].game_date == date(2025, 1, 13)
        assert EPOCH + timedelta(microseconds=rows[0].processed_at) == datetime(2025, 1, 13, 12, tzinfo=timezone.utc)

    def test_a_null_list_is_empty(self) -> None:
        schema = arrow_rows(FEATURES, []).select(["features"]).schema
        rows, defects = decode(FEATURES.name, [pa.RecordBatch.from_pylist([{"features": None}], schema)])
        assert (rows[0].features, defects) == ((), [])

    def test_row_classes_are_shared(self) -> None:
        assert row_class(GAMES.name, ("points",)) is row_class(GAMES.name, ("points",))


class TestDefects:
    def test_a_null_in_a_required_column_names_table_column_player_and_date(self) -> None:
        rows, defects = decode(
            GAMES.name, arrow_rows(GAMES, [game_row(), game_row()._asdict() | {"team_abbr": None}]).to_batches()
        )
        assert len(rows) == 1
        (defect,) = defects
        assert (defect.table, defect.player, defect.day) == (GAMES.name, "lebronjames", date(2025, 1, 13))
        assert defect.message == (
            "nba_analytics.player_game_summary.team_abbr is null or not finite in a row of player 'lebronjames' "
            "on 2025-01-13 (game_id 20250113_CHI_LAL); the column is REQUIRED, so the row is left out: "
            "correct it in the warehouse"
        )

    def test_a_value_that_did_not_fit_names_table_column_value_and_key(self) -> None:
        (batch,) = arrow_rows(SCHEDULE, [schedule_row(), schedule_row(home_team_score=None)]).to_batches()
        rows, (defect,) = decode(SCHEDULE.name, [with_misfits(batch, {1: "home_team_score is 99.5"})])
        assert [row.home_team_score for row in rows] == [schedule_row().home_team_score]
        assert "_misfit" not in rows[0]._fields
        assert defect.message == (
            "nba_raw.nbac_schedule.home_team_score is 99.5 in a row on 2025-01-15 "
            f"(game_id {schedule_row().game_id}); the column is INT64, so the row is left out: "
            "correct it in the warehouse"
        )

    def test_batches_with_and_without_such_a_row_are_decoded_together(self) -> None:
        batches = [
            batch for points in (1, 2, 3) for batch in arrow_rows(GAMES, [game_row(points=points)] * 2).to_batches()
        ]
        batches[1] = with_misfits(batches[1], {0: "points is 2.5"})
        rows, defects = decode(GAMES.name, batches)
        assert [row.points for row in rows] == [1, 1, 2, 3, 3]
        assert len(defects) == 1

    def test_rows_with_one_fault_are_counted_and_named_by_the_lowest_of_them(self) -> None:
        rows = [game_row(game_id=name)._asdict() | {"team_abbr": None} for name in ("b", "a", "c")]
        _, (defect,) = decode(GAMES.name, arrow_rows(GAMES, rows).to_batches())
        assert (defect.column, defect.value, defect.key, defect.rows) == ("team_abbr", "null", "game_id a", 3)

    @pytest.mark.parametrize("text", ["x" * (LONGEST_TEXT + 1), "é" * (LONGEST_TEXT // 2 + 1)])
    def test_a_text_that_is_too_long_costs_its_row(self, text: str) -> None:
        longest = game_row(dnp_reason="x" * LONGEST_TEXT)
        rows, (defect,) = decode(GAMES.name, arrow_rows(GAMES, [longest, game_row(dnp_reason=text)]).to_batches())
        assert [row.dnp_reason for row in rows] == [longest.dnp_reason]
        assert (defect.column, defect.player) == ("dnp_reason", "lebronjames")
        assert defect.value.startswith(text[:10])
        assert len(defect.value) < 100
        assert "dnp_reason is longer than 100,000 bytes in a row of player 'lebronjames'" in defect.message

    def test_a_text_that_is_too_long_in_a_list_costs_its_row(self) -> None:
        rows = [feature_row(), feature_row(feature_names=("a", "x" * (LONGEST_TEXT + 1)))]
        found, (defect,) = decode(FEATURES.name, arrow_rows(FEATURES, rows).to_batches())
        assert len(found) == 1
        assert defect.column == "feature_names"

    def test_an_id_that_is_too_long_names_nobody(self) -> None:
        _, (defect,) = decode(GAMES.name, arrow_rows(GAMES, [game_row(player_lookup="x" * 10**7)]).to_batches())
        assert defect.player is None
        assert len(defect.message) < 500

    def test_the_unusable_rows_of_a_batch_are_found_without_decoding_the_others(self) -> None:
        rows = [
            props_row(),
            props_row(points_line=math.inf),
            props_row()._asdict() | {"bet_side": None},
            props_row(bookmaker="x" * (LONGEST_TEXT + 1)),
            props_row(odds_american=-105),
        ]
        (batch,) = arrow_rows(PROPS, rows).to_batches()
        for wrong in (batch, with_misfits(batch, {4: "odds_american is 7.5"})):
            assert defects_of(TableBatch(PROPS.name, wrong)) == decode(PROPS.name, [wrong])[1]
            few = wrong.slice(0, 3)
            assert defects_of(TableBatch(PROPS.name, few)) == decode(PROPS.name, [few])[1]
        assert defects_of(TableBatch(PROPS.name, batch.slice(0, 1))) == []

    @pytest.mark.parametrize("line", [math.nan, math.inf, -math.inf])
    def test_no_number_is_no_value(self, line: float) -> None:
        rows, defects = decode(PROPS.name, arrow_rows(PROPS, [props_row(points_line=line), props_row()]).to_batches())
        assert [row.points_line for row in rows] == [22.5]
        assert [defect.value for defect in defects] == [str(line)]

    def test_a_row_without_a_player_is_in_no_history(self) -> None:
        rows, defects = decode(GAMES.name, arrow_rows(GAMES, [{"player_lookup": None}]).to_batches())
        assert rows == []
        assert defects[0].player is None
        assert "of player" not in defects[0].message


def test_rows_are_grouped_by_player() -> None:
    rows, _ = decode(
        INJURIES.name,
        arrow_rows(INJURIES, [{"player_lookup": name, "reason": str(n)} for n, name in enumerate("abNa")])
        .select(["reason", "player_lookup"])
        .to_batches(),
    )
    rows = [row._replace(player_lookup=None) if row.player_lookup == "N" else row for row in rows]
    grouped = rows_by_player(INJURIES, rows)
    assert {player: [row.reason for row in found] for player, found in grouped.items()} == {"a": ["0", "3"], "b": ["1"]}


class TestStandIns:
    """A stand-in holds far more rows than the table needs."""

    def decoded(self, picks: list[Any], times: list[Any]) -> list[Any]:
        held = [(SUBSET_PICKS, arrow_rows(SUBSET_PICKS, picks)), (FORECAST_TIMES, arrow_rows(FORECAST_TIMES, times))]
        batches = [TableBatch(table.name, batch) for table, rows in held for batch in rows.to_batches()]
        rows, defects = decode_all(batches)
        assert defects == []
        return [row.prediction_id for row in rows.get(FORECAST_TIMES.name, [])]

    def test_only_rows_whose_key_is_needed_are_decoded(self) -> None:
        times = [forecast_time_row(prediction_id=f"p{n}") for n in range(5)]
        picks = [subset_pick_row(prediction_id=name) for name in ("p3", None, "p1", "p3", "gone")]
        assert sorted(self.decoded(picks, times)) == ["p1", "p3"]

    def test_no_stand_in_without_a_key_that_needs_one(self) -> None:
        assert self.decoded([], [forecast_time_row()]) == []
        assert self.decoded([subset_pick_row(prediction_id=None)], [forecast_time_row()]) == []
