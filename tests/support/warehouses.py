"""Tiny warehouses: tables in memory, from Python rows or from the small demo league."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from exporters.warehouse.schema import Table
from exporters.warehouse.tables import TABLES, WAREHOUSE_TABLES
from transforms.elements.tables import WHOLE_TABLE, ScanStream, TablePart, TableScan, arrow_schema
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import WarehouseError

AnyTable = Table[Any]

_LIVING: WeakValueDictionary[str, Any] = WeakValueDictionary()
"""Fakes by name, so that a fake that travels through a graph in this process stays the same object."""


def living(name: str) -> Any:
    """Return the fake of a name."""
    return _LIVING[name]


class Fake:
    """Pickles as a reference to itself: what a graph does to it can be seen afterwards."""

    def __init__(self) -> None:
        self._name = uuid.uuid4().hex
        _LIVING[self._name] = self

    def __reduce__(self) -> Any:
        return living, (self._name,)


def arrow_rows(table: AnyTable, rows: Iterable[Mapping[str, Any] | Any]) -> pa.Table:
    """Return rows in a table's Arrow schema.

    Args:
        table: The declared table.
        rows: Mappings or rows of the table's class; columns that are left out are null. TIMESTAMPs are microseconds.
    """
    schema = arrow_schema(table)
    dicts = [row if isinstance(row, Mapping) else row._asdict() for row in rows]
    if strays := {name for row in dicts for name in row} - set(schema.names):
        raise KeyError(f"{table.name} has no {', '.join(sorted(strays))}")
    columns = [
        pa.array([row.get(field.name, [] if pa.types.is_list(field.type) else None) for row in dicts], field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


class MemoryWarehouse(Fake):
    """Tables in memory; a declared table that is not given is empty.

    Attributes:
        scans: The scans that were split, in order.
        concurrency: Calls in flight.
    """

    concurrency = 1

    def __init__(
        self,
        tables: Mapping[AnyTable, Any],
        *,
        chunk_rows: int = 100_000,
        shuffle_seed: int | None = None,
        breaks: Mapping[AnyTable, str] | None = None,
        absent: Mapping[AnyTable, tuple[str, ...]] | None = None,
    ) -> None:
        """Keep the tables.

        Args:
            tables: Table to an Arrow table or to rows as :func:`arrow_rows` takes them.
            chunk_rows: Rows of a stream; every stream is read in two batches.
            shuffle_seed: Shuffle each table's rows with this seed.
            breaks: Tables whose second batch cannot be read, with the message.
            absent: Optional columns that are not there, by table; ``WHOLE_TABLE`` when the table is not.
        """
        super().__init__()
        self.scans: list[TableScan] = []
        self._tables = {table.name: _arrow(table, tables.get(table, ())) for table in TABLES}
        self._chunk_rows = chunk_rows
        self._shuffle_seed = shuffle_seed
        self._breaks = {table.name: message for table, message in (breaks or {}).items()}
        self._absent = {table.name: columns for table, columns in (absent or {}).items()}

    def check(self, scan: TableScan) -> tuple[str, ...]:
        """Find nothing wrong: a broken table breaks when it is read."""
        return self._lacking(scan)

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return one stream per chunk of the matching rows."""
        self.scans.append(scan)
        lacking = self._lacking(scan)
        starts = range(0, self._matching(scan).num_rows, self._chunk_rows)
        return [ScanStream(scan, str(start), lacking) for start in starts] or (
            [ScanStream(scan, "0", lacking)] if lacking else []
        )

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield a chunk in two batches."""
        rows = self._matching(stream.scan).slice(int(stream.handle), self._chunk_rows).combine_chunks()
        half = (rows.num_rows + 1) // 2
        yield from rows.slice(0, half).to_batches()
        if stream.scan.table in self._breaks:
            raise WarehouseError(self._breaks[stream.scan.table])
        yield from rows.slice(half).to_batches()

    def newest_as_of(self) -> datetime:
        """Return one instant for all of them: executions alone order their runs."""
        return datetime(2026, 2, 3, tzinfo=timezone.utc)

    def history_problem(self, as_of: datetime) -> str:
        """Return that there is no history."""
        return "is in memory, which keeps no history; leave it out"

    def parts(self, scan: TableScan) -> list[TablePart]:
        """Return the whole table as one part, which differs from that of every other warehouse."""
        return [TablePart(None, None, self._name)]

    def _lacking(self, scan: TableScan) -> tuple[str, ...]:
        return tuple(name for name in self._absent.get(scan.table, ()) if name in (WHOLE_TABLE, *scan.columns))

    def _matching(self, scan: TableScan) -> pa.Table:
        rows = self._tables[scan.source]
        lacking = self._lacking(scan)
        if WHOLE_TABLE in lacking:
            rows = rows.slice(0, 0)
        for name in lacking:
            if name != WHOLE_TABLE:
                at, kind = rows.schema.get_field_index(name), rows.schema.field(name).type
                rows = rows.set_column(at, name, pa.nulls(rows.num_rows, kind))
        partition = scan.declaration.partition
        if partition is not None and scan.first is not None:
            days = rows.column(partition).cast(pa.date32())
            rows = rows.filter(pc.and_(pc.greater_equal(days, scan.first), pc.less_equal(days, scan.last)))
        for column, values in scan.equals.items():
            rows = rows.filter(pc.is_in(rows.column(column), pa.array(values)))
        if self._shuffle_seed is not None:
            order = list(range(rows.num_rows))
            random.Random(self._shuffle_seed).shuffle(order)
            rows = rows.take(pa.array(order, pa.int64()))
        return rows.select(list(scan.columns))


def _arrow(table: AnyTable, rows: Any) -> pa.Table:
    return rows if isinstance(rows, pa.Table) else arrow_rows(table, rows)


class ForbiddenWarehouse:
    """Raises on every use: construction of a graph must not read."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"the warehouse was asked for {name}")

    def __reduce__(self) -> Any:
        return ForbiddenWarehouse, ()


class League:
    """The small demo league: four teams over six weeks, every blemish included.

    Attributes:
        root: Its folder of Parquet files; shared, so never to be written to.
        today: Its last game night, which is not played yet.
    """

    def __init__(self, root: Path, today: date) -> None:
        """Bind a generated league."""
        self.root = root
        self.today = today
        self._tables: dict[AnyTable, pa.Table] = {}

    @property
    def warehouse(self) -> LiveWarehouse:
        """The league as it is, without a live feed."""
        return LiveWarehouse(ParquetWarehouse(str(self.root)))

    def rows(self, table: AnyTable) -> pa.Table:
        """Return all rows of a table."""
        if table not in self._tables:
            folder = self.root.joinpath(*table.name.split("."))
            files = [str(path) for path in sorted(folder.rglob("*.parquet"))]
            self._tables[table] = ds.dataset(files, format="parquet").to_table().select(list(table.columns))
        return self._tables[table]

    def changed(self, changes: Mapping[AnyTable, pa.Table] | None = None, **options: Any) -> MemoryWarehouse:
        """Return the league in memory, some of its tables replaced; for ``options`` see :class:`MemoryWarehouse`."""
        return MemoryWarehouse({table: self.rows(table) for table in WAREHOUSE_TABLES} | dict(changes or {}), **options)

    def up_to(self, day: date) -> MemoryWarehouse:
        """Return the league as the warehouse held it on a date: no partition is later."""
        return self.changed(
            {t: keep(self.rows(t), t, lambda d: pc.less_equal(d, day)) for t in WAREHOUSE_TABLES if t.partition}
        )


def keep(rows: pa.Table, table: AnyTable, condition: Callable[[Any], Any]) -> pa.Table:
    """Return the rows whose partition date meets a condition."""
    return rows.filter(condition(rows.column(table.partition).cast(pa.date32())))


def with_value(rows: pa.Table, at: int, **values: Any) -> pa.Table:
    """Return a table in which one row has other values."""
    for name, value in values.items():
        column = rows.column(name)
        cells = column.to_pylist()
        cells[at] = value
        rows = rows.set_column(rows.schema.get_field_index(name), name, pa.array(cells, column.type))
    return rows


def find_row(rows: pa.Table, **values: Any) -> int:
    """Return the position of the first row with these values."""
    matching = [pc.equal(rows.column(name), pa.scalar(value)) for name, value in values.items()]
    mask = matching[0]
    for other in matching[1:]:
        mask = pc.and_(mask, other)
    at = pc.index(mask, True).as_py()
    assert at >= 0, f"no row has {values}"
    return at


def write_parquet(root: Path, tables: Mapping[AnyTable, pa.Table | Sequence[Any]]) -> ParquetWarehouse:
    """Write every declared table below ``root``, one file each, and return the warehouse; absent tables are empty."""
    for table in WAREHOUSE_TABLES:
        path = root.joinpath(*table.name.split(".")).with_suffix(".parquet")
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(_arrow(table, tables.get(table, ())), path)
    return ParquetWarehouse(str(root))
