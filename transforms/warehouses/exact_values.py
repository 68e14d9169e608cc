"""Converts values of any Arrow type of a family into the declared type: exactly, or reported as misfits.

Arrow's own casts are used where they are exact. They are not where a decimal becomes a double (31.5 may come out as
31.500000000000004), where a double becomes a decimal (31.25 is rounded to one decimal), and where a timestamp becomes a
date (the time of day is dropped). There each distinct value is converted in Python, and the column is put together from
those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Number = int | Decimal

_EXACT = Context(prec=100, traps=[Inexact, InvalidOperation])
_INT64 = (-(2**63), 2**63 - 1)
_PER_MICROSECOND = {"s": 1_000_000, "ms": 1_000}
"""Microseconds of the units that are coarser."""


class Converted(NamedTuple):
    """A column in its declared type.

    Attributes:
        values: The column.
        misfits: Position to the value as text of every value that does not fit the type. In ``values`` it is null, or a
            date without its time of day.
    """

    values: pa.Array
    misfits: Mapping[int, str]


def is_number(kind: pa.DataType) -> bool:
    """Whether a type holds numbers: integers, floats and decimals of any width."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind))


def numbers_as(values: pa.Array, kind: pa.DataType) -> Converted:
    """Return numbers as int64, double or decimal128.

    A fraction does not fit an integer, nor do more digits than declared fit a decimal. NaN is null where the declared
    type has none, as pandas writes an integer that is missing. A double takes the nearest one of any number, which is
    what the type means: 71.43 is the double that is written 71.43.

    Args:
        values: The numbers, of a type that :func:`is_number`.
        kind: The declared type.
    """
    if _casts_exactly(values.type, kind):
        try:
            return Converted(values.cast(kind), {})
        except pa.ArrowInvalid:
            # Some value does not fit; the other way finds out which.
            pass
    if pa.types.is_integer(kind):
        return _by_distinct_value(values, kind, _integer)
    if pa.types.is_floating(kind):
        return _by_distinct_value(values, kind, float)
    return _by_distinct_value(values, kind, lambda number: _decimal(number, kind))


def _casts_exactly(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether Arrow converts each value without loss, or raises."""
    families = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(is_kind(found) and is_kind(wanted) for is_kind in families)


def _by_distinct_value(values: pa.Array, kind: pa.DataType, convert: Callable[[Number], Any]) -> Converted:
    encoded = _encodable(values).dictionary_encode()
    made: list[Any] = []
    refused: dict[int, str] = {}
    for position, (number, text) in enumerate(_numbers(encoded.dictionary)):
        try:
            made.append(None if number is None and text == "nan" else convert(_finite(number)))
        except (ArithmeticError, ValueError):
            made.append(None)
            refused[position] = text
    column = pa.array(made, kind).take(encoded.indices)
    if not refused:
        return Converted(column, {})
    indices = pc.fill_null(encoded.indices, -1).to_pylist()
    return Converted(column, {at: refused[index] for at, index in enumerate(indices) if index in refused})


def _encodable(values: pa.Array) -> pa.Array:
    """Return numbers in a type that Arrow can dictionary-encode."""
    if pa.types.is_float16(values.type):
        return values.cast(pa.float32())
    if pa.types.is_decimal(values.type) and values.type.bit_width < 128:
        return values.cast(pa.decimal128(38, values.type.scale))
    return values


def _numbers(distinct: pa.Array) -> Iterator[tuple[Number | None, str]]:
    """Yield numbers and their texts: a float is the shortest decimal that it is read from, None when not finite."""
    if pa.types.is_floating(distinct.type):
        # A float32 has fewer digits than the double of the same value.
        for value in distinct.to_numpy(zero_copy_only=False):
            yield (Decimal(str(value)) if np.isfinite(value) else None), str(value)
    else:
        for number in distinct.to_pylist():
            yield number, f"{number:f}" if isinstance(number, Decimal) else str(number)


def _finite(number: Number | None) -> Number:
    if number is None:
        raise ValueError("infinite")
    return number


def _integer(number: Number) -> int:
    if not _INT64[0] <= number <= _INT64[1] or number != int(number):
        raise ValueError(number)
    return int(number)


def _decimal(number: Number, kind: pa.Decimal128Type) -> Decimal:
    value = _EXACT.quantize(Decimal(number), Decimal(1).scaleb(-kind.scale))
    if len(value.as_tuple().digits) > kind.precision:
        raise ValueError(number)
    return value


def dates_as(values: pa.Array, kind: pa.DataType) -> Converted:
    """Return dates of any width, and timestamps at midnight, as date32; another time of day does not fit.

    Midnight is that of the column's own time zone; without one it is taken as UTC.
    """
    local = pc.local_timestamp(values) if pa.types.is_timestamp(values.type) and values.type.tz else values
    days = local.cast(kind, safe=False)
    odd = pc.fill_null(pc.not_equal(days.cast(local.type), local), False)
    if not odd.true_count:
        return Converted(days, {})
    positions = pc.indices_nonzero(odd)
    texts = local.take(positions).cast(pa.timestamp("ms") if pa.types.is_date64(local.type) else local.type)
    return Converted(days, dict(zip(positions.to_pylist(), texts.cast(pa.string()).to_pylist(), strict=True)))


def instants_as(values: pa.Array, kind: pa.DataType) -> Converted:
    """Return timestamps of any unit and time zone, none of which is UTC, in microseconds.

    An instant has the precision of BigQuery's TIMESTAMP: finer digits are cut off. One out of its range does not fit.
    """
    factor = _PER_MICROSECOND.get(values.type.unit)
    if factor is None:
        return Converted(values.cast(kind, safe=False), {})
    numbers = values.cast(pa.int64())
    most = _INT64[1] // factor
    near = pc.and_(pc.greater_equal(numbers, -most), pc.less_equal(numbers, most))
    if not pc.all(near, min_count=0).as_py():
        far = pc.indices_nonzero(pc.invert(near)).to_pylist()
        values = pc.if_else(near, values, pa.scalar(None, values.type))
        unit = "seconds" if values.type.unit == "s" else "milliseconds"
        return Converted(values.cast(kind), {at: f"{numbers[at].as_py()} {unit} after 1970" for at in far})
    return Converted(values.cast(kind), {})
