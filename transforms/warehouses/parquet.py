"""A folder of Parquet files that is read as a warehouse."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from exporters.config.leagues import DECLARED, LeagueTables
from transforms.elements.tables import WHOLE_TABLE, ScanStream, TablePart, TableScan
from transforms.warehouses.arrow_columns import BATCH_ROWS, coalesced
from transforms.warehouses.parquet_folder.append import append_file
from transforms.warehouses.parquet_folder.columns import ScanColumns, absent_columns
from transforms.warehouses.parquet_folder.files import (
    StoredFile,
    blaming,
    files_of,
    is_of_no_date,
    newest_modification,
    stored_file,
    tolerating_undated,
)
from transforms.warehouses.parquet_folder.footers import Footer, footer_of, opened
from transforms.warehouses.parquet_folder.groups import Piece, matching_groups, packed
from transforms.warehouses.protocol import WarehouseError

_NO_PIECES = "[]"
"""Handle of a stream without rows."""


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
        columns = ScanColumns(scan)
        files = files_of(self.root, scan)
        if files is None:
            return (WHOLE_TABLE,)
        absent: set[str] = set()
        for file in files:
            if is_of_no_date(scan, file):
                continue
            footer = self._footer(scan, file)
            if footer.rows:
                columns.check(file, footer.schema)
                absent.update(absent_columns(scan, file, footer.schema))
        return tuple(sorted(absent))

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams that together hold every row of the scan exactly once.

        Reads footers only, and of those only the statistics of the partition column. When no row can match there is no
        stream, or one without rows that names what is absent.
        """
        files = files_of(self.root, scan)
        if files is None:
            return [ScanStream(scan, _NO_PIECES, (WHOLE_TABLE,))]
        groups: list[tuple[Piece, float]] = []
        absent: dict[str, tuple[str, ...]] = {}
        for file in files:
            absent[file.path] = ()
            with tolerating_undated(scan, file):
                footer = self._footer(scan, file)
                if not is_of_no_date(scan, file):
                    absent[file.path] = absent_columns(scan, file, footer.schema)
                if footer.rows:
                    groups.extend(matching_groups(scan, file, footer))
        streams = [_stream_of(scan, pieces, absent) for pieces in packed(groups)]
        if not streams and any(absent.values()):
            return [ScanStream(scan, _NO_PIECES, tuple(sorted({name for names in absent.values() for name in names})))]
        return streams

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream in ``stream.scan.schema``: 32,768 to 65,536 rows a batch, the last one aside."""
        columns = ScanColumns(stream.scan)
        pieces = (Piece(*piece) for piece in json.loads(stream.handle))
        return coalesced(rows for piece in pieces for rows in self._read_piece(columns, piece))

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
        footer = self._footer(scan, file, status)
        span: tuple[date | None, date | None] = footer.span or (None, None)
        with suppress(ValueError, KeyError):
            day = date.fromisoformat(file.keys[scan.declaration.partition or ""][:10])
            span = (day, day)
        return TablePart(*span, f"{file.path} {status.st_size} {status.st_mtime_ns}", rows=footer.rows)

    def append(
        self, table: str, batch: pa.RecordBatch, *, day: date, name: str, league: LeagueTables = DECLARED
    ) -> None:
        """Add rows of one partition date to a table, as one file that appears at once."""
        append_file(self.root, table, batch, day=day, name=name, league=league)

    def _footer(self, scan: TableScan, file: StoredFile, status: os.stat_result | None = None) -> Footer:
        with blaming(scan, file.path):
            return footer_of(f"{self.root}/{file.path}", scan.table, status)

    def _read_piece(self, columns: ScanColumns, piece: Piece) -> Iterator[pa.RecordBatch]:
        scan = columns.scan
        file = stored_file(scan, piece.path)
        with (
            tolerating_undated(scan, file),
            blaming(scan, file.path),
            opened(f"{self.root}/{file.path}") as parquet,
        ):
            if (parquet.metadata.num_row_groups, parquet.metadata.num_rows) != piece[-2:]:
                raise WarehouseError(f"table {scan.table}: {file.path} was replaced while it was read; run again")
            stored = columns.check(file, parquet.schema_arrow)
            groups = range(piece.start, piece.stop)
            # Memory is reserved for a whole batch, which a small file would not fill.
            size = min(BATCH_ROWS, piece.file_rows)
            for batch in parquet.iter_batches(size, row_groups=groups, columns=stored, use_threads=False):
                rows = columns.conform(file, batch)
                if rows.num_rows:
                    yield rows


def _stream_of(scan: TableScan, pieces: list[Piece], absent: Mapping[str, tuple[str, ...]]) -> ScanStream:
    lacking = sorted({name for piece in pieces for name in absent[piece.path]})
    return ScanStream(scan, json.dumps(pieces, separators=(",", ":")), tuple(lacking))
