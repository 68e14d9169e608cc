"""Columns of one warehouse table under construction, and their conversion to Arrow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from demo.randomness import Array
from exporters.warehouse.schema import Column, Table
from transforms.elements.tables import arrow_field, arrow_schema

AnyTable = Table[Any]

_DTYPES: Mapping[str, Any] = {
    "INT64": np.int64,
    "FLOAT64": np.float64,
    "NUMERIC": np.float64,
    "BOOL": np.bool_,
    "DATE": "datetime64[D]",
    "TIMESTAMP": np.int64,
    "STRING": object,
}


def is_none(values: Array) -> Array:
    """Return which entries of an object array are None."""
    return np.array([value is None for value in values.tolist()], dtype=bool)


class Nullable:
    """Values of which some are null."""

    def __init__(self, values: Any, null: Any) -> None:
        self.values = values
        self.null = np.asarray(null, dtype=bool)


class Repeated:
    """Lists of one length bound: row ``i`` holds the first ``lengths[i]`` entries of ``values[i]``."""

    def __init__(self, values: Array, lengths: Array) -> None:
        self.values = values
        self.lengths = lengths


class Frame:
    """The rows of one table as numpy columns.

    Strings are object arrays in which None is null, TIMESTAMPs are microseconds, NUMERICs are floats that are rounded
    to the column's scale when they become Arrow. Other nulls are kept in masks.
    """

    def __init__(self, table: AnyTable, columns: Mapping[str, Any]) -> None:
        declared = table.columns
        if set(columns) != set(declared):
            raise ValueError(f"{table.name}: columns differ: {sorted(set(columns) ^ set(declared))}")
        self.table = table
        self.values: dict[str, Array] = {}
        self.nulls: dict[str, Array] = {}
        self.lengths: dict[str, Array] = {}
        rows = max((len(v) for v in columns.values() if isinstance(v, np.ndarray) and v.ndim), default=-1)
        for name, column in declared.items():
            self._add(column, columns[name], rows)
        self._check_lengths()

    def _add(self, column: Column, given: Any, rows: int) -> None:
        null = None
        if isinstance(given, Repeated):
            self.values[column.name], self.lengths[column.name] = given.values, given.lengths
            return
        if isinstance(given, Nullable):
            given, null = given.values, given.null
        dtype = _DTYPES[column.type]
        if isinstance(given, np.ndarray) and given.ndim:
            values = given.astype(dtype, copy=True)
        elif given is None:
            values = np.full(rows, None, dtype=object) if dtype is object else np.zeros(rows, dtype=dtype)
            null = None if dtype is object else np.ones(rows, dtype=bool)
        else:
            values = np.full(rows, given, dtype=dtype)
        if null is not None and dtype is object:
            values[null] = None
        elif column.mode == "NULLABLE" and dtype is not object:
            self.nulls[column.name] = np.zeros(len(values), dtype=bool) if null is None else null.copy()
        self.values[column.name] = values

    def _check_lengths(self) -> None:
        lengths = {name: len(values) for name, values in self.values.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"{self.table.name}: column lengths differ: {lengths}")

    def __len__(self) -> int:
        return len(next(iter(self.values.values())))

    def __getitem__(self, name: str) -> Array:
        return self.values[name]

    def is_null(self, name: str) -> Array:
        """Return which rows hold null in a column."""
        if name in self.nulls:
            return self.nulls[name]
        values = self.values[name]
        if values.dtype == object:
            return is_none(values)
        return np.zeros(len(values), dtype=bool)

    def put(self, name: str, rows: Array, value: Any) -> None:
        """Set a column to a value, or to one value per row, in some rows; None sets null."""
        if value is None and self.table.columns[name].mode != "NULLABLE":
            raise ValueError(f"{self.table.name}.{name} cannot be null")
        if value is None and name in self.nulls:
            self.nulls[name][rows] = True
            return
        self.values[name][rows] = value
        if name in self.nulls:
            self.nulls[name][rows] = False

    def take(self, rows: Array) -> Frame:
        """Return a copy of some rows, in the given order."""
        copy = Frame.__new__(Frame)
        copy.table = self.table
        copy.values = {name: values[rows] for name, values in self.values.items()}
        copy.nulls = {name: null[rows] for name, null in self.nulls.items()}
        copy.lengths = {name: lengths[rows] for name, lengths in self.lengths.items()}
        return copy

    def extend(self, other: Frame) -> None:
        """Append the rows of another frame of the same table."""
        for mine, theirs in (
            (self.values, other.values),
            (self.nulls, other.nulls),
            (self.lengths, other.lengths),
        ):
            for name in mine:
                mine[name] = np.concatenate([mine[name], theirs[name]])

    def dates(self) -> Array:
        """Return the partition date of every row."""
        if self.table.partition is None:
            raise ValueError(f"{self.table.name} is not partitioned")
        values = self.values[self.table.partition]
        return values if values.dtype.kind == "M" else values.astype("datetime64[us]").astype("datetime64[D]")

    def to_arrow(self) -> pa.Table:
        """Return all rows in the table's Arrow schema."""
        arrays = [self._array(column) for column in self.table.columns.values()]
        return pa.Table.from_arrays(arrays, schema=arrow_schema(self.table))

    def _array(self, column: Column) -> pa.Array:
        values, null = self.values[column.name], self.nulls.get(column.name)
        wanted = arrow_field(column).type
        if column.mode == "REPEATED":
            lengths = self.lengths[column.name]
            offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
            flat = values[np.arange(values.shape[1]) < lengths[:, None]]
            return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat, wanted.value_type, from_pandas=False))
        if column.numeric is not None:
            return _decimals(values, null, wanted, column)
        if column.type == "TIMESTAMP":
            return pa.array(values, pa.int64(), mask=null, from_pandas=False).cast(wanted)
        return pa.array(values, wanted, mask=null, from_pandas=False)


def _decimals(values: Array, null: Array | None, wanted: pa.DataType, column: Column) -> pa.Array:
    """Build decimals from floats without a Python object per value."""
    known = np.where(null, 0.0, values) if null is not None else values
    scaled = np.rint(known * 10**wanted.scale).astype(np.int64)
    if len(scaled) and np.abs(scaled).max() >= 10**wanted.precision:
        raise ValueError(f"{column}: {np.abs(known).max()} does not fit")
    words = np.stack([scaled, scaled >> 63], axis=1)
    validity = None if null is None else pa.py_buffer(np.packbits(~null, bitorder="little"))
    return pa.Array.from_buffers(wanted, len(scaled), [validity, pa.py_buffer(np.ascontiguousarray(words))])
