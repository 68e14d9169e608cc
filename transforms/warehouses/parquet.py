"""A folder of Parquet files that is read as a warehouse."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import reduce
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exporters.config.leagues import DECLARED, LeagueTables
from exporters.warehouse.schema import Column
from transforms.elements.tables import WHOLE_TABLE, ScanStream, TablePart, TableScan, arrow_field
from transforms.warehouses.arrow_columns import (
    BATCH_ROWS,
    coalesced,
    conformed_batch,
    converted,
    convertible,
    declared_type,
    nearest,
    one_line,
)
from transforms.warehouses.exact_values import Converted
from transforms.warehouses.parquet_append import append_file
from transforms.warehouses.parquet_files import (
    StoredFile,
    blaming,
    files_of,
    folder_value,
    is_of_no_date,
    newest_modification,
    stored_file,
    tolerating_undated,
)
from transforms.warehouses.protocol import WarehouseError

_STREAM_ROWS = 32_768
_STREAM_BYTES = 8 * 2**20
_MAX_STREAMS = 32
_WHOLE_FILE_BYTES = 2**20
_EPOCH = date(1970, 1, 1)
_DAY_MICROSECONDS = 86_400_000_000
_NO_PIECES = "[]"
"""Handle of a stream without rows."""


class _Piece(NamedTuple):
    """Neighbouring row groups of one file, whose size shows whether it was replaced before it is read."""

    path: str
    start: int
    stop: int
    file_groups: int
    file_rows: int


@dataclass(frozen=True)
class ParquetWarehouse:
    """Reads ``root/<dataset>/<table>/**/*.parquet`` or ``root/<dataset>/<table>.parquet``.

    A folder ``column=value`` gives its files that column when they do not hold it. One that is named for the partition
    column holds rows of that date only, so it is skipped unopened when the scan excludes the date. Other
    ``key=value`` folders are just folders, and names that start with ``_`` or ``.`` are ignored.

    A file may differ from the declaration in column order, in additional columns such as an index of pandas, and in
    types of the same family (:func:`~transforms.warehouses.arrow_columns.convertible`). A row with a value that does
    not fit stays in its batch, marked. A null list is read as an empty one, as BigQuery stores it.

    An optional table that is not there is empty, and an optional column that a file lacks is null in all of its rows.

    A stream is a run of row groups: about 32,768 rows or 8 MiB, and more once there would be over 32 streams.

    Attributes:
        root: The folder that holds one folder per dataset.
    """

    root: str

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """Return the optional columns that are absent; see :class:`transforms.warehouses.protocol.Warehouse`.

        Files without rows, and folders of dates that the scan skips or of rows without a date, are not looked at.
        """
        shape = _Shape(scan)
        files = files_of(self.root, scan)
        if files is None:
            return (WHOLE_TABLE,)
        absent: set[str] = set()
        for file in files:
            if is_of_no_date(scan, file):
                continue
            with self._open(scan, file) as parquet:
                if parquet.metadata.num_rows:
                    shape.check(file, parquet.schema_arrow)
                    absent.update(_absent_columns(scan, file, parquet))
        return tuple(sorted(absent))

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams that together hold every row of the scan exactly once.

        Reads footers only, and of those only the statistics of the partition column. When no row can match there is no
        stream, or one without rows that names what is absent.
        """
        files = files_of(self.root, scan)
        if files is None:
            return [ScanStream(scan, _NO_PIECES, (WHOLE_TABLE,))]
        groups: list[tuple[_Piece, float]] = []
        absent: dict[str, tuple[str, ...]] = {}
        for file in files:
            absent[file.path] = ()
            with tolerating_undated(scan, file), self._open(scan, file) as parquet:
                if not is_of_no_date(scan, file):
                    absent[file.path] = _absent_columns(scan, file, parquet)
                if parquet.metadata.num_rows:
                    groups.extend(_matching_groups(scan, file, parquet))
        streams = [_stream_of(scan, pieces, absent) for pieces in _packed(groups)]
        if not streams and any(absent.values()):
            return [ScanStream(scan, _NO_PIECES, tuple(sorted({name for names in absent.values() for name in names})))]
        return streams

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream in ``stream.scan.schema``: 32,768 to 65,536 rows a batch, the last one aside."""
        shape = _Shape(stream.scan)
        pieces = (_Piece(*piece) for piece in json.loads(stream.handle))
        return coalesced(rows for piece in pieces for rows in self._read_piece(shape, piece))

    @property
    def concurrency(self) -> int:
        """One: Arrow reads from memory or a disk, and more threads would only wait."""
        return 1

    def newest_as_of(self) -> datetime:
        """Return when a file or a folder was last modified; see :class:`transforms.warehouses.protocol.Warehouse`."""
        return newest_modification(self.root)

    def history_problem(self, as_of: datetime) -> str:  # noqa: ARG002
        """Return that files have no history."""
        return f"{self.root} is a folder of Parquet files, which keeps no history; leave it out, or read from BigQuery"

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return a part per file: its path, size and modification time, and the dates that it may hold rows of."""
        return [self._part(scan, file) for file in files_of(self.root, scan) or ()]

    def _part(self, scan: TableScan, file: StoredFile) -> TablePart:
        # Read before the footer: a file that is replaced in between then counts as the older one.
        with blaming(scan, file.path):
            status = os.stat(f"{self.root}/{file.path}")
        with self._open(scan, file) as parquet:
            first, last = _days_of(scan, file, parquet)
            rows = parquet.metadata.num_rows
        return TablePart(first, last, f"{file.path} {status.st_size} {status.st_mtime_ns}", rows=rows)

    def append(
        self, table: str, batch: pa.RecordBatch, *, day: date, name: str, league: LeagueTables = DECLARED
    ) -> None:
        """Add rows of one partition date to a table, as one file that appears at once."""
        append_file(self.root, table, batch, day=day, name=name, league=league)

    @contextmanager
    def _open(self, scan: TableScan, file: StoredFile) -> Iterator[pq.ParquetFile]:
        with blaming(scan, file.path):
            path = f"{self.root}/{file.path}"
            # One read is cheaper than one per column chunk. No memory map: it crashes when the file is truncated.
            with open(path, "rb") as raw:
                size = os.fstat(raw.fileno()).st_size
                source = pa.BufferReader(raw.read()) if size <= _WHOLE_FILE_BYTES else pa.OSFile(path)
            with (
                source,
                pq.ParquetFile(
                    source, pre_buffer=False, arrow_extensions_enabled=False, coerce_int96_timestamp_unit="us"
                ) as parquet,
            ):
                yield parquet

    def _read_piece(self, shape: _Shape, piece: _Piece) -> Iterator[pa.RecordBatch]:
        scan = shape.scan
        file = stored_file(scan, piece.path)
        with tolerating_undated(scan, file), self._open(scan, file) as parquet:
            if (parquet.metadata.num_row_groups, parquet.metadata.num_rows) != piece[-2:]:
                raise WarehouseError(f"table {scan.table}: {file.path} was replaced while it was read; run again")
            stored = shape.check(file, parquet.schema_arrow)
            groups = range(piece.start, piece.stop)
            # Memory is reserved for a whole batch, which a small file would not fill.
            size = min(BATCH_ROWS, piece.file_rows)
            for batch in parquet.iter_batches(size, row_groups=groups, columns=stored, use_threads=False):
                rows = shape.conform(file, batch)
                if rows.num_rows:
                    yield rows


class _Shape:
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
            problems = (_column_problem(self.scan, file, schema, name) for name in self.kinds)
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


def _matching_groups(scan: TableScan, file: StoredFile, parquet: pq.ParquetFile) -> Iterator[tuple[_Piece, float]]:
    """Yield the row groups that may hold rows of the scan's partition range, each with its share of a stream."""
    metadata = parquet.metadata
    partition = scan.declaration.partition
    leaf = None
    if partition is not None and (scan.first or scan.last):
        if problem := _column_problem(scan, file, parquet.schema_arrow, partition):
            raise WarehouseError(problem)
        leaf = next((i for i in range(metadata.num_columns) if metadata.schema.column(i).path == partition), None)
    for i in range(metadata.num_row_groups):
        group = metadata.row_group(i)
        if group.num_rows and (leaf is None or _overlaps(scan, group.column(leaf).statistics)):
            share = max(group.num_rows / _STREAM_ROWS, group.total_byte_size / _STREAM_BYTES)
            yield _Piece(file.path, i, i + 1, metadata.num_row_groups, metadata.num_rows), share


def _overlaps(scan: TableScan, statistics: pq.Statistics | None) -> bool:
    if statistics is None or not statistics.has_min_max:
        return True
    if statistics.null_count and scan.keeps_undated:
        return True
    try:
        low, high = _days(scan, statistics)
    except (ValueError, OverflowError):
        # Python has no such date, or no nanoseconds: the rows are filtered instead.
        return True
    return (scan.first is None or scan.first <= high) and (scan.last is None or low <= scan.last)


def _days_of(scan: TableScan, file: StoredFile, parquet: pq.ParquetFile) -> tuple[date | None, date | None]:
    """Return the first and last partition date of a file by folder or footer; None and None without them."""
    metadata = parquet.metadata
    partition = scan.declaration.partition
    with suppress(ValueError, KeyError):
        day = date.fromisoformat(file.keys[partition or ""][:10])
        return day, day
    leaf = next((i for i in range(metadata.num_columns) if metadata.schema.column(i).path == partition), None)
    if leaf is None:
        return None, None
    groups = [metadata.row_group(i).column(leaf).statistics for i in range(metadata.num_row_groups)]
    if not groups or not all(group is not None and group.has_min_max for group in groups):
        return None, None
    try:
        days = [_days(scan, group) for group in groups]
        return min(low for low, _ in days), max(high for _, high in days)
    except (ValueError, OverflowError):
        return None, None


def _days(scan: TableScan, statistics: pq.Statistics) -> tuple[date, date]:
    """Return the first and last date that a row group may hold rows of."""
    low, high = _day(statistics.min), _day(statistics.max)
    column = scan.declaration.columns[scan.declaration.partition or ""]
    if column.type == "DATE" and isinstance(statistics.min, datetime) and statistics.min.tzinfo is not None:
        # The statistics are in UTC, and the date is that of the column's own time zone.
        return low - timedelta(days=1), high + timedelta(days=1)
    return low, high


def _day(value: Any) -> date:
    if not isinstance(value, date):
        raise ValueError(f"{value!r} is no date: the column is of another type, which reading it reports")
    if not isinstance(value, datetime):
        return value
    return (value if value.tzinfo is None else value.astimezone(timezone.utc)).date()


def _packed(groups: list[tuple[_Piece, float]]) -> Iterator[list[_Piece]]:
    """Yield runs of row groups of about equal size, one stream each."""
    total = sum(share for _, share in groups)
    streams = max(1, min(_MAX_STREAMS, round(total)))
    packed: list[list[_Piece]] = [[] for _ in range(streams)]
    before = 0.0
    for piece, share in groups:
        pieces = packed[min(int((before + share / 2) * streams / total), streams - 1)]
        before += share
        last = pieces[-1] if pieces else None
        if last is not None and (last.path, last.stop) == (piece.path, piece.start):
            pieces[-1] = last._replace(stop=piece.stop)
        else:
            pieces.append(piece)
    return filter(None, packed)


def _column_problem(scan: TableScan, file: StoredFile, schema: pa.Schema, name: str) -> str:
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


def _absent_columns(scan: TableScan, file: StoredFile, parquet: pq.ParquetFile) -> tuple[str, ...]:
    """Return the optional columns of a scan that neither a file nor its folders hold."""
    optional = [name for name in scan.columns if scan.declaration.columns[name].absent is not None]
    if not optional:
        return ()
    held = {*parquet.schema_arrow.names, *file.keys}
    return tuple(name for name in optional if name not in held)


def _stream_of(scan: TableScan, pieces: list[_Piece], absent: Mapping[str, tuple[str, ...]]) -> ScanStream:
    lacking = sorted({name for piece in pieces for name in absent[piece.path]})
    return ScanStream(scan, json.dumps(pieces, separators=(",", ":")), tuple(lacking))
