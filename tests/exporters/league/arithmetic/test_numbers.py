from __future__ import annotations

import json
import math
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.league.arithmetic.numbers import (
    exact,
    label_of,
    number,
    percent_text,
    round_away,
    rounded_ratio,
    signed_text,
    tenths,
)
from tests.support.worlds import PROPERTY

WHOLE = st.integers(-(10**6), 10**6)


@pytest.mark.parametrize(
    ("numerator", "denominator", "digits", "expected"),
    [
        (81, 4, 1, "20.3"),
        (413, 20, 1, "20.7"),
        (201, 10, 1, "20.1"),
        (-81, 4, 1, "-20.3"),
        (-1, 20, 1, "-0.1"),
        (-1, 100, 1, "0.0"),
        (0, 3, 1, "0.0"),
        (20, 1, 1, "20.0"),
        (1, 3, 3, "0.333"),
        (2, 3, 3, "0.667"),
        (1, 8, 2, "0.13"),
        (5, 2, 0, "3"),
    ],
)
def test_a_ratio_is_rounded_once_ties_away_from_zero(
    numerator: int, denominator: int, digits: int, expected: str
) -> None:
    assert str(rounded_ratio(numerator, denominator, digits)) == expected


def test_an_average_over_nothing_is_null() -> None:
    assert rounded_ratio(0, 0, 1) is None


@PROPERTY
@given(numerator=WHOLE, denominator=st.integers(1, 10**4), digits=st.integers(0, 4))
def test_a_rounded_ratio_is_the_nearest_decimal(numerator: int, denominator: int, digits: int) -> None:
    rounded = rounded_ratio(numerator, denominator, digits)
    assert rounded is not None
    assert rounded.as_tuple().exponent == -digits
    distance = abs(Fraction(rounded) - Fraction(numerator, denominator))
    assert distance <= Fraction(1, 2 * 10**digits)
    if distance == Fraction(1, 2 * 10**digits):
        assert abs(Fraction(rounded)) > abs(Fraction(numerator, denominator))


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        ("20.25", 1, "20.3"),
        ("20.65", 1, "20.7"),
        ("-0.25", 1, "-0.3"),
        ("0.5", 0, "1"),
        ("-0.5", 0, "-1"),
        ("7", 2, "7.00"),
    ],
)
def test_rounding_goes_away_from_zero(value: str, digits: int, expected: str) -> None:
    assert str(round_away(Decimal(value), digits)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.125", "0.13"),
        ("0.375", "0.38"),
        ("0.525", "0.53"),
        ("0.575", "0.58"),
        ("0.695", "0.70"),
        ("0.805", "0.81"),
        ("2.675", "2.68"),
        ("5.555", "5.56"),
    ],
)
def test_the_samples_of_dec2_are_decided_by_what_is_written(value: str, expected: str) -> None:
    """P&R §0.2, T&S N2: the reference rounds some of them down, because of how a double holds them."""
    assert str(round_away(Decimal(value), 2)) == expected
    numerator, denominator = Decimal(value).as_integer_ratio()
    assert str(rounded_ratio(numerator, denominator, 2)) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("20"), "20.0"),
        (Decimal("22.5"), "22.5"),
        (Decimal("2.50"), "2.5"),
        (Decimal("2.675"), "2.675"),
        (Decimal("0E+1"), "0.0"),
        (Decimal("-0.0"), "0.0"),
        (-0.0, "0.0"),
        (0.1, "0.1"),
        (None, "null"),
        (math.nan, "null"),
        (math.inf, "null"),
        (-math.inf, "null"),
        (Decimal("NaN"), "null"),
        (Decimal("Infinity"), "null"),
    ],
)
def test_a_json_number_is_finite_and_has_a_fraction(value: Decimal | float | None, text: str) -> None:
    assert json.dumps(number(value), allow_nan=False) == text


@PROPERTY
@given(scaled=st.integers(-(10**9), 10**9), digits=st.integers(0, 4), zeros=st.permutations([0, 1, 2]))
def test_a_number_does_not_depend_on_how_an_equal_value_was_written_before(
    scaled: int, digits: int, zeros: list[int]
) -> None:
    """Results are kept by value, so the form of the first one must not show: ``-0`` or ``20``."""
    expected = repr(float(Fraction(scaled, 10**digits)) + 0.0)
    for more in zeros:
        assert repr(number(Decimal(scaled * 10**more).scaleb(-digits - more))) == expected
    assert repr(number(float(Decimal(scaled).scaleb(-digits)))) == expected
    assert repr(number(-Decimal(0))) == repr(number(0)) == repr(number(-0.0)) == "0.0"


@PROPERTY
@given(value=st.decimals(-(10**6), 10**6, places=3))
def test_tenths_round_as_a_decimal_does(value: Decimal) -> None:
    assert tenths(value) == int(value.quantize(Decimal("0.1"), ROUND_HALF_UP) * 10) == tenths(value)


@pytest.mark.parametrize(
    ("value", "expected"), [("22.5", 225), ("22", 220), ("-0.1", -1), ("22.45", 225), ("22.44", 224), ("0", 0)]
)
def test_tenths_are_exact(value: str, expected: int) -> None:
    assert tenths(Decimal(value)) == expected


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (23, 40, "58%"),  # 0.575
        (5, 8, "63%"),  # 0.625
        (6, 11, "55%"),  # 0.545 as published
        (109, 200, "55%"),  # 0.545
        (9, 20, "45%"),
        (1, 8, "13%"),
        (1, 200, "1%"),
        (199, 200, "100%"),
        (0, 7, "0%"),
        (7, 7, "100%"),
    ],
)
def test_percent_is_rounded_once_from_the_exact_ratio(numerator: int, denominator: int, expected: str) -> None:
    assert percent_text(numerator, denominator) == expected


@pytest.mark.parametrize(("value", "expected"), [("3.0", "+3.0"), ("-2.5", "-2.5"), ("0.0", "+0.0"), ("12.3", "+12.3")])
def test_a_difference_shows_its_sign(value: str, expected: str) -> None:
    assert signed_text(Decimal(value)) == expected


@pytest.mark.parametrize("value", [0.1, 87.305, 24.996, 0.0, -1.5, 1e-9])
def test_a_double_is_the_shortest_decimal_that_reads_back(value: float) -> None:
    assert exact(value) == Decimal(repr(value))


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_unknown(value: float | None) -> None:
    assert exact(value) is None


@pytest.mark.parametrize(
    ("value", "label"),
    [
        (Decimal("90.1"), "high"),
        (Decimal(90), "high"),
        (Decimal("89.99"), "good"),
        (Fraction(80), "good"),
        (Fraction(7999, 100), None),
        (Decimal(-1), None),
    ],
)
def test_a_value_takes_the_first_label_that_it_reaches(value: Decimal | Fraction, label: str | None) -> None:
    assert label_of(value, (("high", Decimal(90)), ("good", Decimal(80)))) == label
