"""A warehouse as it would be if rows of one table were gone, or had other values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.provenance.conditions import AnyTable, Condition
from transforms.elements.tables import (
    MISFIT,
    WHOLE_TABLE,
    ScanStream,
    TableScan,
    arrow_field,
)
from transforms.warehouses.protocol import Warehouse, WrappedWarehouse


@dataclass(frozen=True)
class Edit:
    """What happens to the rows of a table that meet a condition.

    Attributes:
        table: The table.
        where: The condition.
        values: Their new values, by column; empty when the rows are gone.
    """

    table: AnyTable
    where: Condition = field(default_factory=Condition)
    values: Mapping[str, Any] = field(default_factory=dict)

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch after the change; it has all columns that the edit looks at."""
        mask = self.where.mask(batch)
        if not self.values:
            return batch.filter(pc.invert(mask))
        for name, value in self.values.items():
            kind = batch.schema.field(name).type
            changed = pc.if_else(mask, pa.scalar(value, kind), batch.column(name))
            batch = batch.set_column(batch.schema.get_field_index(name), batch.schema.field(name), changed)
        return batch


@dataclass
class AlteredWarehouse(WrappedWarehouse):
    """A warehouse in which an edit was made.

    Scans of the edited table read what the edit looks at as well, without filters where it sets a filtered column, and
    the filters are applied to the edited rows. So a row that an edit moves into a filter is read, as it would be.

    Attributes:
        warehouse: The warehouse as it is.
        edit: What is different.
        matched: Rows of the table that were read and met the condition, by the table of their scan; grows.
    """

    warehouse: Warehouse
    edit: Edit
    matched: dict[str, int] = field(default_factory=dict)

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams of a scan."""
        if scan.source != self.edit.table.name:
            return self.warehouse.split(scan)
        found = self.warehouse.split(self._widened(scan))
        wanted = {*scan.columns, WHOLE_TABLE}
        return [ScanStream(scan, made.handle, tuple(name for name in made.absent if name in wanted)) for made in found]

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream, edited."""
        scan = stream.scan
        if scan.source != self.edit.table.name:
            yield from self.warehouse.read(stream)
            return
        for batch in self.warehouse.read(replace(stream, scan=self._widened(scan))):
            self.matched[scan.table] = self.matched.get(scan.table, 0) + self.edit.where.mask(batch).true_count
            rows = _kept(scan, self.edit.apply(batch))
            if rows.num_rows:
                yield rows

    def _widened(self, scan: TableScan) -> TableScan:
        """Return the scan of the stored table with all that the edit looks at."""
        columns = tuple(sorted({*scan.columns, *self.edit.where.columns, *self.edit.values, *scan.equals}))
        loose = {name: values for name, values in scan.equals.items() if name not in self.edit.values}
        return replace(scan, table=self.edit.table.name, columns=columns, equals=loose)


def _kept(scan: TableScan, batch: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows and columns of a scan, with the misfits of its own columns only."""
    masks = []
    for name, values in scan.equals.items():
        column = batch.column(name)
        wanted = pa.array(values, pa.string()).cast(arrow_field(scan.declaration.columns[name]).type)
        passes = pc.is_in(column, value_set=wanted)
        masks.append(pc.or_(passes, pc.is_null(column)) if name in scan.nulls else passes)
    if masks:
        batch = batch.filter(reduce(pc.and_, masks))
    if MISFIT not in batch.schema.names:
        return batch.select(list(scan.columns))
    told = [text if text and text.partition(" ")[0] in scan.columns else None for text in batch[MISFIT].to_pylist()]
    rows = batch.select(list(scan.columns))
    return rows.append_column(MISFIT, pa.array(told, pa.string())) if any(told) else rows


@dataclass
class ReadOnce(WrappedWarehouse):
    """A warehouse whose streams are read once, and kept: a second pass over its tables reads memory.

    Attributes:
        warehouse: The warehouse.
    """

    warehouse: Warehouse
    _streams: dict[str, list[ScanStream]] = field(default_factory=dict)
    _batches: dict[tuple[str, str], list[pa.RecordBatch]] = field(default_factory=dict)

    def split(self, scan: TableScan) -> list[ScanStream]:
        """Return the streams of a scan, the same ones each time."""
        key = repr(scan)
        if key not in self._streams:
            self._streams[key] = self.warehouse.split(scan)
        return self._streams[key]

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a stream."""
        key = (repr(stream.scan), stream.handle)
        if key not in self._batches:
            self._batches[key] = list(self.warehouse.read(stream))
        yield from self._batches[key]
