"""Exact arithmetic, rounded once, ties away from zero.

Averages and rates are ratios of integers until the one rounding. Rounded values are ``Decimal``: they compare and print
exactly, and become JSON numbers only in :func:`number`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import overload

from exporters.config import Bands
from exporters.league.arithmetic.facts import kept


def rounded_ratio(numerator: int, denominator: int, digits: int) -> Decimal | None:
    """Return ``numerator / denominator`` with ``digits`` decimals, ties away from zero.

    None when the denominator is zero: an average over nothing.
    """
    if denominator == 0:
        return None
    twice = 2 * 10**digits * numerator
    if numerator < 0:
        return _decimal(-((denominator - twice) // (2 * denominator)), digits)
    scaled = (twice + denominator) // (2 * denominator)
    return _TENTHS[scaled] if digits == 1 and scaled < len(_TENTHS) else _decimal(scaled, digits)


@overload
def rounded_fraction(value: Fraction, digits: int) -> Decimal: ...
@overload
def rounded_fraction(value: Fraction | None, digits: int) -> Decimal | None: ...
def rounded_fraction(value: Fraction | None, digits: int) -> Decimal | None:
    """Return an exact value with ``digits`` decimals, ties away from zero; None for null."""
    return None if value is None else rounded_ratio(value.numerator, value.denominator, digits)


def mean_ratio(values: Iterable[Fraction]) -> Fraction | None:
    """Return the exact mean of exact values; None without any."""
    every = list(values)
    return sum(every, Fraction(0)) / len(every) if every else None


def plain_ratio(value: Fraction) -> list[int]:
    """Return an exact value as cards carry it: numerator and denominator."""
    return [value.numerator, value.denominator]


def exact_ratio(pair: Sequence[int]) -> Fraction:
    """Return the value of a :func:`plain_ratio`."""
    numerator, denominator = pair
    return Fraction(numerator, denominator)


def rounded_mean(values: Iterable[Decimal | int], digits: int) -> Decimal | None:
    """Return the mean with ``digits`` decimals, ties away from zero; None without values."""
    every = list(values)
    numerator, denominator = sum(every, Decimal(0)).as_integer_ratio()
    return rounded_ratio(numerator, denominator * len(every), digits)


@lru_cache(maxsize=16_384)
def _decimal(scaled: int, digits: int) -> Decimal:
    return Decimal(scaled).scaleb(-digits)


_TENTHS = tuple(_decimal(scaled, 1) for scaled in range(10 * 100))
"""Averages below 100, by tenths: all that players have."""


@lru_cache(maxsize=16)
def _unit(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits)


def round_away(value: Decimal, digits: int) -> Decimal:
    """Return ``value`` with ``digits`` decimals, ties away from zero."""
    return value.quantize(_unit(digits), ROUND_HALF_UP)


@overload
def number(value: Decimal | float) -> float | None: ...
@overload
def number(value: None) -> None: ...
@kept
def number(value: Decimal | float | None) -> float | None:
    """Return a JSON number with a fraction (``20`` becomes ``20.0``); None for null, NaN and infinities.

    Zero has one form: a negative zero loses its sign.
    """
    if value is None:
        return None
    converted = float(value) + 0.0
    return converted if math.isfinite(converted) else None


def exact(value: float | None) -> Decimal | None:
    """Return the shortest decimal that reads back as ``value``; None for null, NaN and infinities."""
    return None if value is None or not math.isfinite(value) else Decimal(repr(value))


def label_of(value: Decimal | Fraction, bands: Bands) -> str | None:
    """Return the first label whose lower bound ``value`` reaches; None below the last bound."""
    return next((label for label, bound in bands if value >= bound), None)


@kept
def tenths(value: Decimal) -> int:
    """Return ``value`` in tenths; exact for columns with one decimal, rounded away from zero otherwise."""
    return int(round_away(value, 1).scaleb(1))


def percent_text(numerator: int, denominator: int) -> str:
    """Return a share as whole percent, such as ``57%``, rounded once from the exact ratio."""
    return f"{rounded_ratio(100 * numerator, denominator, 0)}%"


def signed_text(value: Decimal) -> str:
    """Return ``value`` with an explicit sign, such as ``+3.0`` or ``-2.5``; zero is ``+0.0``."""
    return f"{value:+}"
