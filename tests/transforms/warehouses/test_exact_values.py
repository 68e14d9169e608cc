from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from transforms.warehouses.exact_values import dates_as, instants_as, is_number, numbers_as

INT64, DOUBLE, NUMERIC = pa.int64(), pa.float64(), pa.decimal128(5, 1)
WIDE = pa.decimal128(38, 9)

WIDTHS = (
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.float16(), pa.float32(), pa.float64()),
    *(pa.decimal32(9, 2), pa.decimal64(18, 3), pa.decimal128(38, 9), pa.decimal256(76, 38), pa.decimal128(38, 0)),
)
"""Every width of every kind of number."""


class TestNumbers:
    @pytest.mark.parametrize("kind", WIDTHS, ids=str)
    @pytest.mark.parametrize("wanted", [INT64, DOUBLE, NUMERIC], ids=str)
    def test_a_whole_number_of_any_width_is_the_same_number(self, kind: pa.DataType, wanted: pa.DataType) -> None:
        values = pa.array([7, None, 0], kind)
        found = numbers_as(values, wanted)
        assert (found.values.type, found.values.to_pylist(), found.misfits) == (wanted, [7, None, 0], {})
        assert numbers_as(values.slice(1), wanted).values.to_pylist() == [None, 0]
        assert len(numbers_as(values.slice(3), wanted).values) == 0

    @pytest.mark.parametrize("kind", WIDTHS[8:-1], ids=str)
    def test_a_fraction_does_not_fit_an_integer(self, kind: pa.DataType) -> None:
        make = Decimal if pa.types.is_decimal(kind) else float
        found = numbers_as(pa.array([make("7.5"), make(8), None], kind), INT64)
        assert found.values.to_pylist() == [None, 8, None]
        assert {at: Decimal(text) for at, text in found.misfits.items()} == {0: Decimal("7.5")}

    @pytest.mark.parametrize(
        ("values", "wanted", "expected"),
        [
            # Arrow's own casts make 31.500000000000004 of the first one, and 31.399999618530273 of the float32.
            (pa.array([Decimal("31.5")], WIDE), DOUBLE, 31.5),
            (pa.array([Decimal("71.43")], pa.decimal128(5, 2)), DOUBLE, 71.43),
            (pa.array([31.4], pa.float32()), NUMERIC, Decimal("31.4")),
            (pa.array([0.1 + 0.2]), pa.decimal128(38, 17), Decimal("0.30000000000000004")),
            (pa.array([2**53 + 1]), DOUBLE, float(2**53 + 1)),
            (pa.array([Decimal(2**63 - 1)], pa.decimal128(38, 9)), INT64, 2**63 - 1),
            (pa.array([-(2**63)]), pa.decimal128(38, 9), Decimal(-(2**63))),
            (pa.array([float("nan")]), INT64, None),
            (pa.array([float("nan")]), NUMERIC, None),
            (pa.array([float("nan")], pa.float32()), NUMERIC, None),
            (pa.array([-0.0]), INT64, 0),
            (pa.array([1e22]), pa.decimal128(38, 0), Decimal(10**22)),
        ],
        ids=str,
    )
    def test_a_value_stays_the_same(self, values: pa.Array, wanted: pa.DataType, expected: Any) -> None:
        found = numbers_as(values, wanted)
        assert (found.values.to_pylist(), found.misfits) == ([expected], {})

    @pytest.mark.parametrize(
        ("values", "wanted", "text"),
        [
            (pa.array([2**63], pa.uint64()), INT64, "9223372036854775808"),
            (pa.array([1e19]), INT64, "1e+19"),
            (pa.array([1e308]), INT64, "1e+308"),
            (pa.array([5e-324]), NUMERIC, "5e-324"),
            (pa.array([float("inf")]), INT64, "inf"),
            (pa.array([float("-inf")]), NUMERIC, "-inf"),
            (pa.array([31.25]), NUMERIC, "31.25"),
            (pa.array([Decimal("31.25")]), NUMERIC, "31.25"),
            (pa.array([Decimal("31000.5")]), NUMERIC, "31000.5"),
            (pa.array([31000]), NUMERIC, "31000"),
            (pa.array([Decimal("0.05")], pa.decimal32(9, 2)), NUMERIC, "0.05"),
            (pa.array([Decimal(10) ** 60], pa.decimal256(76, 0)), INT64, "1" + 60 * "0"),
            (pa.array([Decimal("1e-38")], pa.decimal256(76, 38)), NUMERIC, "0." + 37 * "0" + "1"),
        ],
        ids=str,
    )
    def test_a_value_that_does_not_fit_is_named(self, values: pa.Array, wanted: pa.DataType, text: str) -> None:
        around = pa.concat_arrays([pa.nulls(2, values.type), values, values])
        found = numbers_as(around, wanted)
        assert (found.values.to_pylist(), found.misfits) == ([None] * 4, {2: text, 3: text})

    def test_an_infinite_double_stays_one(self) -> None:
        values = pa.array([float("inf"), float("nan")], pa.float32())
        found = numbers_as(values, DOUBLE)
        assert found.misfits == {}
        assert found.values.to_pylist()[0] == math.inf
        assert math.isnan(found.values.to_pylist()[1])

    @given(
        values=st.lists(st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=4), max_size=9),
        kind=st.sampled_from([pa.decimal128(38, 9), pa.decimal256(60, 9), pa.float64()]),
        wanted=st.sampled_from([INT64, DOUBLE, NUMERIC, pa.decimal128(38, 4)]),
    )
    @example(values=[Decimal(10) ** 24], kind=pa.decimal128(38, 9), wanted=pa.decimal128(38, 4))
    def test_each_value_is_exact_or_named(
        self, values: list[Decimal | None], kind: pa.DataType, wanted: pa.DataType
    ) -> None:
        assume(all(value is None or abs(value) < 10**28 for value in values))
        if pa.types.is_floating(kind):
            stored = pa.array([None if value is None else float(value) for value in values], kind)
            exact = [None if value is None else Decimal(repr(float(value))) for value in values]
        else:
            stored, exact = pa.array(values, kind), values
        found = numbers_as(stored, wanted)
        for at, (value, made) in enumerate(zip(exact, found.values.to_pylist(), strict=True)):
            if at in found.misfits:
                assert value is not None
                assert made is None
                assert Decimal(found.misfits[at]) == value
                assert not fits(value, wanted)
            elif value is None:
                assert made is None
            else:
                assert fits(value, wanted)
                assert made == (float(value) if wanted == DOUBLE else value)

    @given(values=st.lists(st.none() | st.floats(width=32), max_size=9))
    def test_a_float_has_the_digits_of_its_width(self, values: list[float | None]) -> None:
        found = numbers_as(pa.array(values, pa.float32()), pa.decimal128(38, 6))
        for at, value in enumerate(values):
            made = found.values[at].as_py()
            if value is None or math.isnan(value):
                assert made is None
                assert at not in found.misfits
            elif at not in found.misfits:
                assert made == Decimal(str(np.float32(value)))

    def test_texts_and_truths_are_no_numbers(self) -> None:
        assert all(map(is_number, WIDTHS))
        assert not any(map(is_number, (pa.string(), pa.bool_(), pa.date32(), pa.timestamp("us"), pa.null())))


def fits(value: Decimal, kind: pa.DataType) -> bool:
    if pa.types.is_floating(kind):
        return True
    if pa.types.is_integer(kind):
        return value == value.to_integral_value() and -(2**63) <= value < 2**63
    unit = Decimal(1).scaleb(-kind.scale)
    # The default precision is less than that of the types.
    with localcontext() as context:
        context.prec = 100
        return value % unit == 0 and abs(value) < Decimal(10) ** (kind.precision - kind.scale)


DAY = date(2026, 2, 11)
MIDNIGHT = datetime(2026, 2, 11, tzinfo=timezone.utc)


class TestDates:
    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @pytest.mark.parametrize("zone", [None, "UTC", "America/New_York", "Asia/Tokyo", "+05:30"])
    @pytest.mark.parametrize("day", [DAY, date(1969, 12, 31), date(1970, 1, 1), date(2026, 7, 1)])
    def test_midnight_of_the_columns_zone_is_its_date(self, unit: str, zone: str | None, day: date) -> None:
        stored = pa.array([day, None], pa.date32()).cast(pa.timestamp("us"))
        if zone is not None:
            stored = pc.assume_timezone(stored, zone)
        found = dates_as(stored.cast(pa.timestamp(unit, zone)), pa.date32())
        assert (found.values.type, found.values.to_pylist(), found.misfits) == (pa.date32(), [day, None], {})

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_another_time_of_day_is_named_and_keeps_its_date(self, unit: str) -> None:
        before = datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)
        stored = pa.array([MIDNIGHT + timedelta(hours=19), MIDNIGHT, None, before], pa.timestamp("us", "UTC"))
        found = dates_as(stored.cast(pa.timestamp(unit, "UTC")), pa.date32())
        assert found.values.to_pylist() == [DAY, DAY, None, date(1969, 12, 31)]
        assert found.misfits.keys() == {0, 3}
        assert found.misfits[0].startswith("2026-02-11 19:00:00")

    def test_a_wide_date(self) -> None:
        wide = pa.array([DAY, None], pa.date64())
        assert dates_as(wide, pa.date32()).values.to_pylist() == [DAY, None]
        odd = pa.array([1], pa.int64()).view(pa.date64())
        assert dates_as(odd, pa.date32()).misfits == {0: "1970-01-01 00:00:00.001"}


class TestInstants:
    wanted = pa.timestamp("us", tz="UTC")

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
    def test_any_unit_and_zone(self, unit: str, zone: str | None) -> None:
        stored = pa.array([MIDNIGHT, None], pa.timestamp("us", "UTC")).cast(pa.timestamp(unit, "UTC"))
        stored = stored.cast(pa.timestamp(unit, zone)) if zone else stored.cast(pa.timestamp(unit))
        found = instants_as(stored, self.wanted)
        assert (found.values.type, found.values.to_pylist(), found.misfits) == (self.wanted, [MIDNIGHT, None], {})

    def test_what_is_finer_than_a_microsecond_is_cut_off(self) -> None:
        found = instants_as(pa.array([1_999, 1_000, None], pa.timestamp("ns")), self.wanted)
        assert (found.values.cast(pa.int64()).to_pylist(), found.misfits) == ([1, 1, None], {})

    @pytest.mark.parametrize(("unit", "word"), [("s", "seconds"), ("ms", "milliseconds")])
    def test_what_is_too_far_away_is_named(self, unit: str, word: str) -> None:
        found = instants_as(pa.array([2**62, 1, None, -(2**63)], pa.timestamp(unit)), self.wanted)
        assert found.values.is_null().to_pylist() == [True, False, True, True]
        assert found.misfits == {0: f"{2**62} {word} after 1970", 3: f"{-(2**63)} {word} after 1970"}
