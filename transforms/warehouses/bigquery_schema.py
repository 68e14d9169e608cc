"""A table's description in BigQuery, held against its declaration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from exporters.warehouse.schema import Column
from transforms.elements.tables import WHOLE_TABLE, ScanStream, TableScan
from transforms.warehouses.arrow_columns import conformed_batch, converted, convertible, declared_type, nearest
from transforms.warehouses.exact_values import Converted
from transforms.warehouses.protocol import WarehouseError

_NUMBERS = frozenset({"INTEGER", "INT64", "FLOAT", "FLOAT64", "NUMERIC", "BIGNUMERIC"})
_ACCEPTED: Mapping[str, frozenset[str]] = {
    "STRING": frozenset({"STRING", "JSON"}),
    "INT64": _NUMBERS,
    "FLOAT64": _NUMBERS,
    "NUMERIC": _NUMBERS,
    "BOOL": frozenset({"BOOLEAN", "BOOL"}),
    "DATE": frozenset({"DATE", "TIMESTAMP", "DATETIME"}),
    "TIMESTAMP": frozenset({"TIMESTAMP", "DATETIME"}),
}
"""Types that may stand for a declared one, by their names in a table's description; a DATETIME is taken as UTC."""
_COMPARABLE: Mapping[str, frozenset[str]] = {
    **_ACCEPTED,
    "STRING": frozenset({"STRING"}),
    "DATE": frozenset({"DATE"}),
    "TIMESTAMP": frozenset({"TIMESTAMP"}),
}
"""Types whose values compare equal to a literal of the declared type."""


@dataclass(frozen=True)
class Layout:
    """How the stored table of a scan differs from the declared one, as far as a read session has to know.

    Attributes:
        absent: Optional columns of the scan that the table lacks; :data:`WHOLE_TABLE` alone when there is no table.
        partition_type: Type of the partition column; empty when it is the declared one.
        may_lack_date: The table has a partition for rows without a date, although its dates are declared REQUIRED.
            Sessions are the same with and without it.
    """

    absent: tuple[str, ...] = field(default=())
    partition_type: str = ""
    may_lack_date: bool = field(default=False, compare=False)


AS_DECLARED = Layout()
NO_TABLE = Layout(absent=(WHOLE_TABLE,))


def layout_of(scan: TableScan, table: Mapping[str, Any]) -> Layout:
    """Return how a table differs from what a scan expects.

    Args:
        scan: The scan.
        table: The description of its table, as the REST API gives it.

    Raises:
        WarehouseError: The scan cannot be made: something required is missing, of another type, or read otherwise.
    """
    found = {column["name"]: column for column in table.get("schema", {}).get("fields", ())}
    partition = scan.declaration.partition
    compared = {*scan.equals, *([partition] if partition else ())}
    absent, problems = [], []
    for name in sorted(compared.union(scan.columns)):
        column = scan.declaration.columns[name]
        if name not in found and column.absent is not None:
            absent.append(name)
        else:
            problems.append(_column_problem(scan, column, found, equated=name in scan.equals))
    if scan.league.column:
        problems.append(_column_problem(scan, Column(scan.league.column, "STRING", "NULLABLE"), found, equated=True))
    problems.append(_partition_problem(scan, table))
    if wrong := [problem for problem in problems if problem]:
        raise WarehouseError(*wrong)
    stored = "" if partition is None else str(found[partition]["type"])
    declared = "" if partition is None else scan.declaration.columns[partition].type
    has_partition = partition is not None and table.get("timePartitioning", {}).get("field") == partition
    may_lack_date = has_partition and scan.keeps_undated and found[partition].get("mode") != "REQUIRED"
    return Layout(tuple(absent), "" if stored == declared else stored, may_lack_date)


def _column_problem(scan: TableScan, column: Column, found: Mapping[str, Mapping[str, Any]], *, equated: bool) -> str:
    """Return that a table's description lacks a column, or has another type for it; empty when it does not.

    Args:
        scan: The scan.
        column: What is declared.
        found: The columns of the table, as its description has them, by name.
        equated: The scan keeps rows by values of the column, which the service compares with literals.
    """
    described = found.get(column.name)
    if described is None:
        return (
            f"table {scan.table}: column {column.name} is missing, expected {declared_type(column)}; "
            f"add it{nearest(column.name, found)}"
        )
    kind, repeated = described["type"], described.get("mode") == "REPEATED"
    accepted = _COMPARABLE if equated else _ACCEPTED
    if kind not in accepted[column.type] or repeated != (column.mode == "REPEATED"):
        shown = f"REPEATED {kind}" if repeated else kind
        return f"table {scan.table}: column {column.name} is {shown}, expected {declared_type(column)}; change its type"
    return ""


def _partition_problem(scan: TableScan, table: Mapping[str, Any]) -> str:
    """Return that the table requires a filter on a column that the scan does not restrict; empty when it does not."""
    partitioning = table.get("timePartitioning") or table.get("rangePartitioning") or {}
    required = table.get("requirePartitionFilter") or partitioning.get("requirePartitionFilter")
    column = partitioning.get("field", "_PARTITIONTIME")
    bounded = {scan.declaration.partition} if scan.first or scan.last or scan.declaration.filter_required else set()
    if required and column not in bounded | scan.equals.keys():
        return (
            f"table {scan.table}: it must be read with a filter on {column}, expected one on "
            f"{scan.declaration.partition or 'nothing'}; partition it by that or do not require the filter"
        )
    return ""


def check_schema(stream: ScanStream, schema: pa.Schema) -> None:
    """Raise :class:`WarehouseError` when a stream arrives with other columns or types than it was asked for."""
    scan = stream.scan
    for wanted in scan.schema:
        if wanted.name in stream.absent:
            continue
        column = scan.declaration.columns[wanted.name]
        index = schema.get_field_index(wanted.name)
        if index < 0 or not convertible(schema.field(index).type, wanted.type):
            shown = "missing" if index < 0 else str(schema.field(index).type)
            raise WarehouseError(
                f"table {scan.table}: column {wanted.name} is {shown}, expected {declared_type(column)}; "
                "change its type"
            )


def conformed(stream: ScanStream, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return a batch of a stream in the types of its scan, absent columns as nulls."""
    columns = []
    for wanted in stream.scan.schema:
        if wanted.name in stream.absent:
            columns.append(Converted(pa.nulls(batch.num_rows, wanted.type), {}))
        else:
            columns.append(converted(batch.column(wanted.name), wanted.type))
    return conformed_batch(stream.scan, columns)
