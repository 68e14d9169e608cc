"""The protocol of warehouses.

A :class:`Warehouse` answers two calls: ``split`` turns a scan into streams that can be read apart, and ``read`` turns
one stream into Arrow record batches. Projection and restriction are data, so that each warehouse renders them its own
way: Parquet as an Arrow expression, BigQuery as a row restriction of the Storage Read API.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Protocol, runtime_checkable

import pyarrow as pa

from exporters.config.leagues import DECLARED, LeagueTables
from transforms.elements.problems import ProblemsError
from transforms.elements.tables import ScanStream, TablePart, TableScan


class Warehouse(Protocol):
    """Reads declared tables. Implementations are picklable values; clients are made on first use."""

    @property
    def concurrency(self) -> int:
        """Useful number of calls in flight from one process; 1 where threads gain nothing."""

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """Return the optional columns of the scan that are absent; ``WHOLE_TABLE`` alone when the table is.

        Raises:
            WarehouseError: Something that the scan requires is missing, or of another type. Its ``problems`` name
                every such column of the table.
        """

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams that together hold every row of the scan exactly once.

        Each stream names the optional columns that its rows lack. When no row can match there is no stream, or a single
        one without rows that names what is absent.

        Raises:
            WarehouseError: The table cannot be read.
        """

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream in ``stream.scan.schema``, in batches of some ten thousand rows.

        A row with a value that does not fit its declared type is among them; the column ``MISFIT`` of its batch holds
        the problem.

        Raises:
            WarehouseError: The table cannot be read; what was yielded before must be discarded.
        """

    def newest_as_of(self) -> datetime:
        """Return the newest instant whose picture of the tables can be read, aware, by the clock of the warehouse.

        Parquet: the newest modification of any file or folder. BigQuery: its current time.

        Raises:
            WarehouseError: The warehouse does not tell.
        """

    def history_problem(self, as_of: datetime) -> str:
        """Return why tables cannot be read as they were at an instant, with the fix; empty when they can."""

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return the parts that may hold rows of the scan, without reading rows.

        A backfill skips what was made from parts of the same versions, so a version may change without need, but must
        never stay when rows differ. Parquet: a part per file, its version from name, size and modification time.
        BigQuery: a part per partition with its ``last_modified_time`` (``INFORMATION_SCHEMA.PARTITIONS``, one query per
        dataset); one part without dates, with the table's last modification, for a table without partitions, and for
        every table that has rows in its streaming buffer. An optional table that is absent has no parts.

        Raises:
            WarehouseError: The table cannot be read.
        """


@runtime_checkable
class AppendingWarehouse(Warehouse, Protocol):
    """A warehouse that rows can be added to as well."""

    def append(
        self, table: str, batch: pa.RecordBatch, *, day: date, name: str, league: LeagueTables = DECLARED
    ) -> None:
        """Add one version of a date's rows to a table, all at once; adding it again changes nothing.

        Args:
            table: ``dataset.table`` of a declared table that is partitioned by date and has a ``version_id``.
            batch: The rows, in the table's schema, all of one ``version_id``.
            day: Their partition date.
            name: Names the version within the date: letters, digits, dots and hyphens.
            league: Where the league's rows are stored.

        Raises:
            WarehouseError: The rows cannot be added, and none was; or the table holds other rows of the version.
        """


class WarehouseError(ProblemsError):
    """A table cannot be read. The message is one line with the table, the problem and the fix.

    A check may find more than one thing wrong: the message is the first one.
    """


class WrappedWarehouse:
    """Passes calls on to a warehouse; see :class:`Warehouse`.

    Attributes:
        warehouse: The warehouse.
    """

    warehouse: Warehouse

    @property
    def concurrency(self) -> int:
        """That of the warehouse."""
        return self.warehouse.concurrency

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """Return what the warehouse lacks."""
        return self.warehouse.check(scan)

    def newest_as_of(self) -> datetime:
        """Return that of the warehouse."""
        return self.warehouse.newest_as_of()

    def history_problem(self, as_of: datetime) -> str:
        """Return that of the warehouse."""
        return self.warehouse.history_problem(as_of)

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return those of the warehouse."""
        return self.warehouse.parts(scan)
