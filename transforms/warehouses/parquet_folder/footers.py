"""Opens Parquet files, and keeps what their footers say: it is needed several times a run, and never read twice."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from transforms.elements.tables import table_named

_KEPT = 32_768
"""Footers that a process keeps, of about 2 KB each: those of 15 tables that have a file for each date of ten years."""
_WHOLE_FILE_BYTES = 2**20
_SETTLED_NANOSECONDS = 2_000_000_000
"""A younger file may be written again without another time of modification, which file systems count in ticks."""

Span = tuple[date, date]
"""A first and a last date."""


class RowGroup(NamedTuple):
    """What a footer says of a row group.

    Attributes:
        rows: Its rows.
        size: Its bytes, uncompressed.
        span: The first and last partition date that it may hold rows of; None where the footer does not say.
        has_undated: It holds rows without a partition date.
    """

    rows: int
    size: int
    span: Span | None
    has_undated: bool


class Footer(NamedTuple):
    """What the footer of a file says.

    Attributes:
        schema: The columns.
        rows: The rows of the file.
        groups: The row groups, in order.
        span: The first and last partition date that the file may hold rows of; None where the footer does not say.
    """

    schema: pa.Schema
    rows: int
    groups: tuple[RowGroup, ...]
    span: Span | None


def footer_of(path: str, table: str, status: os.stat_result | None = None) -> Footer:
    """Return what the footer of a file says; the file is opened once, and again when it was replaced.

    Args:
        path: The file.
        table: ``dataset.table`` of the declared table whose partition dates are meant.
        status: What is known of the file, where it was looked at before.

    Raises:
        OSError: The file cannot be read.
        pa.ArrowException: It is no Parquet file.
    """
    status = status or os.stat(path)
    if time.time_ns() - status.st_mtime_ns < _SETTLED_NANOSECONDS:
        return _read_footer(path, table)
    return _kept_footer(path, table, status.st_ino, status.st_size, status.st_mtime_ns)


@contextmanager
def opened(path: str) -> Iterator[pq.ParquetFile]:
    """Open a file to read its rows."""
    # One read is cheaper than one per column chunk. No memory map: it crashes when the file is truncated.
    with open(path, "rb") as raw:
        size = os.fstat(raw.fileno()).st_size
        source = pa.BufferReader(raw.read()) if size <= _WHOLE_FILE_BYTES else pa.OSFile(path)
    with source, _parquet(source) as parquet:
        yield parquet


def _parquet(source: pa.NativeFile) -> pq.ParquetFile:
    return pq.ParquetFile(source, pre_buffer=False, arrow_extensions_enabled=False, coerce_int96_timestamp_unit="us")


@lru_cache(maxsize=_KEPT)
def _kept_footer(path: str, table: str, *_version: int) -> Footer:
    return _read_footer(path, table)


def _read_footer(path: str, table: str) -> Footer:
    with pa.OSFile(path) as source, _parquet(source) as parquet:
        metadata, schema = parquet.metadata, _shared(parquet.schema_arrow)
    declared = table_named(table)
    partition = declared.partition
    leaf = None if partition is None else _leaf(metadata.schema, schema.get_field_index(partition), partition)
    widened = partition is not None and declared.columns[partition].type == "DATE"
    groups = []
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        statistics = None if leaf is None else group.column(leaf).statistics
        span = None if statistics is None else _span(statistics, widened=widened)
        has_undated = statistics is not None and bool(statistics.null_count)
        groups.append(RowGroup(group.num_rows, group.total_byte_size, span, has_undated))
    return Footer(schema, metadata.num_rows, tuple(groups), _union([group.span for group in groups]))


def _leaf(columns: pq.ParquetSchema, field: int, name: str) -> int | None:
    """Return the position of a column among those of a file, where each part of a structure has its own."""
    # Without structures before it, the position is that of the field. To look at every column costs half of a footer.
    likely = [field] if 0 <= field < len(columns) else []
    return next((i for i in (*likely, *range(len(columns))) if columns.column(i).path == name), None)


def _union(spans: Sequence[Span | None]) -> Span | None:
    known = [span for span in spans if span is not None]
    if not known or len(known) < len(spans):
        return None
    return min(low for low, _ in known), max(high for _, high in known)


@lru_cache(maxsize=256)
def _shared(schema: pa.Schema) -> pa.Schema:
    """Return one schema for all files that have an equal one."""
    return schema


def _span(statistics: pq.Statistics, *, widened: bool) -> Span | None:
    """Return the first and last date of a row group.

    None where Python has no such date, or no nanoseconds, or where the column is of another type, which reading it
    reports.

    Args:
        statistics: Those of the partition column.
        widened: Of an instant with a time zone the date in that zone counts, while the statistics are in UTC.
    """
    if not statistics.has_min_max:
        return None
    try:
        smallest, largest = statistics.min, statistics.max
        if not isinstance(smallest, date) or not isinstance(largest, date):
            return None
        low, high = _day(smallest), _day(largest)
        if widened and isinstance(smallest, datetime) and smallest.tzinfo is not None:
            return low - timedelta(days=1), high + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return low, high


def _day(value: date) -> date:
    if not isinstance(value, datetime):
        return value
    return (value if value.tzinfo is None else value.astimezone(timezone.utc)).date()
