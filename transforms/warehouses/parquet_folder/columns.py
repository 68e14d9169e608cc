"""The columns of a scan: which of them a file holds, and its rows in their declared types, filtered."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from exporters.warehouse.schema import Column
from transforms.elements.tables import TableScan, arrow_field
from transforms.warehouses.arrow_columns import (
    conformed_batch,
    converted,
    convertible,
    declared_type,
    nearest,
    one_line,
)
from transforms.warehouses.exact_values import Converted
from transforms.warehouses.parquet_folder.files import StoredFile, folder_value
from transforms.warehouses.protocol import WarehouseError

_EPOCH = date(1970, 1, 1)
_DAY_MICROSECONDS = 86_400_000_000


class ScanColumns:
    """The columns of a scan, and the filter of its rows.

    Attributes:
        scan: The scan.
        kinds: The declared type of each column that the scan reads, the restricting ones included.
    """

    def __init__(self, scan: TableScan) -> None:
        self.scan = scan
        self._columns = scan.declaration.columns
        partition = scan.declaration.partition if scan.first or scan.last else None
        restricting = {*scan.equals} if partition is None else {*scan.equals, partition}
        names = [*scan.columns, *sorted(restricting.difference(scan.columns))]
        self.kinds = {name: arrow_field(self._columns[name]).type for name in names}
        self._bounds = [] if partition is None else _bounds(scan, partition, self.kinds[partition])
        self._values = [(name, pa.array(values).cast(self.kinds[name])) for name, values in scan.equals.items()]
        if scan.league.column:
            kind = self.kinds.setdefault(scan.league.column, arrow_field(_declared(scan, scan.league.column)).type)
            self._values.append((scan.league.column, pa.array([scan.league.value]).cast(kind)))
        self._checked: tuple[pa.Schema, Collection[str], list[str]] | None = None

    def check(self, file: StoredFile, schema: pa.Schema) -> list[str]:
        """Return the columns to read from a file.

        Raises:
            WarehouseError: Required columns are missing in the file, or some are of another type; it names all of them.
        """
        if self._checked is None or self._checked[:2] != (schema, file.keys.keys()):
            problems = (column_problem(self.scan, file, schema, name) for name in self.kinds)
            if wrong := [problem for problem in problems if problem]:
                raise WarehouseError(*wrong)
            stored = [name for name in self.kinds if name in schema.names]
            self._checked = schema, file.keys.keys(), stored
        return self._checked[2]

    def conform(self, file: StoredFile, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows of a file's batch that the scan keeps, in the scan's schema."""
        masks = [
            self._within(self._column(file, batch, name).values, compare, bound)
            for name, compare, bound in self._bounds
        ]
        masks += [self._equals(self._column(file, batch, name).values, name, values) for name, values in self._values]
        if masks:
            mask = reduce(pc.and_, masks)
            if mask.true_count < batch.num_rows:
                batch = batch.filter(mask)
        return conformed_batch(self.scan, [self._column(file, batch, name) for name in self.scan.columns])

    def _within(self, days: pa.Array, compare: Any, bound: pa.Scalar) -> pa.Array:
        mask = compare(days, bound)
        return pc.fill_null(mask, True) if self.scan.keeps_undated and days.null_count else mask

    def _equals(self, found: pa.Array, name: str, values: pa.Array) -> pa.Array:
        mask = pc.is_in(found, value_set=values)
        return pc.or_(mask, pc.is_null(found)) if name in self.scan.nulls and found.null_count else mask

    def _column(self, file: StoredFile, batch: pa.RecordBatch, name: str) -> Converted:
        """Return a column of a batch, or of the folder of its file, in its declared type; all null when absent."""
        kind = self.kinds[name]
        try:
            index = batch.schema.get_field_index(name)
            if index >= 0:
                return converted(batch.column(index), kind)
            if name in file.keys:
                return Converted(pa.repeat(folder_value(file.keys[name], kind), batch.num_rows), {})
            return Converted(pa.nulls(batch.num_rows, kind), {})
        except pa.ArrowException as error:
            raise WarehouseError(
                f"table {self.scan.table}: a value of column {name} of {file.path} is not "
                f"{declared_type(_declared(self.scan, name))}: {one_line(error)}; write the file again with that type"
            ) from error


def _bounds(scan: TableScan, name: str, kind: pa.DataType) -> list[tuple[str, Any, pa.Scalar]]:
    """Return the comparisons that the partition column must pass; a TIMESTAMP is compared with UTC midnights."""
    unit, number = (_DAY_MICROSECONDS, pa.int64()) if pa.types.is_timestamp(kind) else (1, pa.int32())
    return [
        (name, compare, pa.scalar(((day - _EPOCH).days + after) * unit, number).cast(kind))
        for day, after, compare in ((scan.first, 0, pc.greater_equal), (scan.last, 1, pc.less))
        if day is not None
    ]


def column_problem(scan: TableScan, file: StoredFile, schema: pa.Schema, name: str) -> str:
    """Return that a file lacks a column, or has another type for it; empty when it does not."""
    column = _declared(scan, name)
    if name in schema.names:
        found = schema.field(name).type
        if not convertible(found, arrow_field(column).type):
            return (
                f"table {scan.table}: column {name} of {file.path} is {found}, expected {declared_type(column)}; "
                "write the file again with that type"
            )
    elif name not in file.keys and column.absent is None:
        return (
            f"table {scan.table}: column {name} is missing in {file.path}, expected {declared_type(column)}; "
            f"write the file again with it{nearest(name, schema.names)}"
        )
    return ""


def _declared(scan: TableScan, name: str) -> Column:
    """Return what is expected of a column; that of the league, which no table declares, is a text."""
    return scan.declaration.columns.get(name) or Column(name, "STRING", "NULLABLE")


def absent_columns(scan: TableScan, file: StoredFile, schema: pa.Schema) -> tuple[str, ...]:
    """Return the optional columns of a scan that neither a file nor its folders hold."""
    optional = [name for name in scan.columns if scan.declaration.columns[name].absent is not None]
    if not optional:
        return ()
    held = {*schema.names, *file.keys}
    return tuple(name for name in optional if name not in held)
