from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from exporters.warehouse.tables import GAMES
from transforms.elements.tables import MISFIT, TableScan, arrow_schema
from transforms.warehouses.arrow_columns import coalesced, conformed_batch, converted, convertible

SCAN = TableScan(GAMES.name, ("game_date", "minutes_played", "player_lookup", "points"))
NUMBER, TEXT, DAY, INSTANT, TRUTH = (
    pa.int64(),
    pa.string(),
    pa.date32(),
    pa.timestamp("us", tz="UTC"),
    pa.bool_(),
)
FLOATS, TEXTS = pa.list_(pa.float64()), pa.list_(pa.string())


class TestConvertible:
    @pytest.mark.parametrize(
        ("found", "wanted"),
        [
            (pa.uint8(), NUMBER),
            (pa.float16(), NUMBER),
            (pa.decimal256(60, 3), NUMBER),
            (pa.int8(), pa.decimal128(5, 1)),
            (pa.decimal32(5, 2), pa.float64()),
            (pa.dictionary(pa.int32(), pa.float64()), NUMBER),
            (pa.large_string(), TEXT),
            (pa.string_view(), TEXT),
            (pa.dictionary(pa.int8(), pa.large_string()), TEXT),
            (pa.date64(), DAY),
            (pa.timestamp("ns"), DAY),
            (pa.timestamp("ms", "Asia/Tokyo"), DAY),
            (pa.timestamp("s"), INSTANT),
            (pa.timestamp("ns", "America/New_York"), INSTANT),
            (pa.list_view(pa.int64()), FLOATS),
            (pa.large_list(pa.large_string()), TEXTS),
            *((pa.null(), wanted) for wanted in (NUMBER, TEXT, DAY, INSTANT, TRUTH, FLOATS)),
        ],
        ids=str,
    )
    def test_one_family(self, found: pa.DataType, wanted: pa.DataType) -> None:
        assert convertible(found, wanted)

    @pytest.mark.parametrize(
        ("found", "wanted"),
        [
            (TEXT, NUMBER),
            (TRUTH, NUMBER),
            (DAY, NUMBER),
            (NUMBER, TRUTH),
            (NUMBER, TEXT),
            (pa.binary(), TEXT),
            (TEXT, DAY),
            (pa.time64("us"), DAY),
            (DAY, INSTANT),
            (NUMBER, INSTANT),
            (FLOATS, NUMBER),
            (NUMBER, FLOATS),
            (TEXTS, FLOATS),
            (pa.dictionary(pa.int8(), TEXT), NUMBER),
        ],
        ids=str,
    )
    def test_other_families(self, found: pa.DataType, wanted: pa.DataType) -> None:
        assert not convertible(found, wanted)


class TestConverted:
    @pytest.mark.parametrize(
        "kind",
        [
            pa.list_(pa.int64()),
            pa.large_list(pa.float32()),
            pa.list_view(pa.decimal128(5, 1)),
            pa.large_list_view(pa.int8()),
            pa.list_(pa.float64(), 2),
        ],
        ids=str,
    )
    def test_any_list_of_any_numbers(self, kind: pa.DataType) -> None:
        lists = pa.array([[9, 9], [1, 2], None, [3, None]], kind).slice(1)
        found = converted(lists, FLOATS)
        found.values.validate(full=True)
        assert (found.values.to_pylist(), found.misfits) == ([[1.0, 2.0], [], [3.0, None]], {})

    def test_a_list_with_an_element_that_does_not_fit(self) -> None:
        lists = pa.array([[1.5, 2.0], None, [3.0], [0.5, 0.25]])
        found = converted(lists, pa.list_(pa.int64()))
        assert found.misfits == {0: "1.5", 3: "0.5"}
        assert found.values.to_pylist() == [[None, 2], [], [3], [None, None]]

    @pytest.mark.parametrize(
        ("values", "kind", "expected"),
        [
            (pa.array(["a", None]).dictionary_encode(), TEXT, ["a", None]),
            (pa.array(["a", None], pa.large_string()).dictionary_encode(), TEXT, ["a", None]),
            (pa.array(["a", None], pa.string_view()), TEXT, ["a", None]),
            (pa.array([7.0, None]).dictionary_encode(), NUMBER, [7, None]),
            (pa.array([[1], None]), FLOATS, [[1.0], []]),
            *((pa.nulls(2), kind, [None, None]) for kind in (NUMBER, TEXT, DAY, INSTANT, TRUTH)),
            (pa.nulls(2), FLOATS, [[], []]),
        ],
        ids=str,
    )
    def test_a_column_in_its_declared_type(self, values: pa.Array, kind: pa.DataType, expected: list[Any]) -> None:
        found = converted(values, kind)
        assert (found.values.type, found.values.to_pylist(), found.misfits) == (kind, expected, {})

    def test_the_declared_type_costs_nothing(self) -> None:
        values = pa.array([1, 2])
        assert converted(values, NUMBER).values is values


def batch_of(points: list[Any], minutes: list[Any], kind: pa.DataType = NUMBER) -> pa.RecordBatch:
    schema, rows = arrow_schema(GAMES), len(points)
    columns = {
        "game_date": pa.array([date(2026, 2, 11)] * rows),
        "minutes_played": pa.array(minutes),
        "player_lookup": pa.array(["a"] * rows),
        "points": pa.array(points, kind),
    }
    return conformed_batch(SCAN, [converted(values, schema.field(name).type) for name, values in columns.items()])


class TestConformedBatch:
    def test_rows_that_fit_have_the_schema_of_the_scan(self) -> None:
        assert batch_of([1.0, None], [31.5, None], pa.float64()).schema == SCAN.schema

    def test_a_row_that_does_not_fit_stays_and_is_marked(self) -> None:
        batch = batch_of([1.0, 7.5, 2.5], [31.5, 30.25, None], pa.float64())
        assert batch.schema.names == [*SCAN.columns, MISFIT]
        assert batch.column(MISFIT).to_pylist() == [None, "minutes_played is 30.25", "points is 2.5"]
        assert batch.column("points").to_pylist() == [1, None, None]
        assert batch.column("minutes_played").to_pylist() == [Decimal("31.5"), None, None]

    def test_batches_with_and_without_marks_are_one(self) -> None:
        batches = [batch_of([1.0], [1.0], pa.float64()), batch_of([7.5], [1.0], pa.float64()), batch_of([2], [2])]
        (whole,) = coalesced(batches)
        assert whole.column("points").to_pylist() == [1, None, 2]
        assert whole.column(MISFIT).to_pylist() == [None, "points is 7.5", None]
