"""Reading every table of a plan once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
from apache_beam import pvalue
from apache_beam.metrics import Metrics

from exporters.league.readiness import Census
from transforms.census import Count, TakeCensus
from transforms.plan import Plan
from transforms.progress import PROGRESS
from transforms.warehouse import ScanStream, TableBatch, TableScan, Warehouse, WarehouseError

BATCHES = "batches"
COUNTS = "counts"
STREAMS = "streams"


class TableBatchCoder(beam.coders.Coder):
    """Encodes a :class:`TableBatch` as the table's name and an Arrow IPC stream."""

    def encode(self, value: TableBatch) -> bytes:
        """Return name, a newline, and the stream."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, value.batch.schema) as writer:
            writer.write_batch(value.batch)
        return value.table.encode() + b"\n" + bytes(sink.getvalue())

    def decode(self, encoded: bytes) -> TableBatch:
        """Return the batch, over the encoded bytes without copying them."""
        end = encoded.index(b"\n")
        stream = pa.py_buffer(memoryview(encoded)[end + 1 :])
        with pa.ipc.open_stream(stream) as reader:
            return TableBatch(encoded[:end].decode(), reader.read_next_batch())

    def is_deterministic(self) -> bool:
        """Never a key."""
        return False


beam.coders.registry.register_coder(TableBatch, TableBatchCoder)


class Scanned(NamedTuple):
    """What a scan yields: the batches of every table, and one census of them (a PCollection of one element)."""

    batches: beam.PCollection[TableBatch]
    census: beam.PCollection[Census]


@dataclass
class ScanTables(beam.PTransform):
    """Read each table of a plan once, side by side, and count the league on the way.

    Input: a PBegin. Output: :class:`Scanned`. A table that cannot be read fails nothing here: it is named in the
    census, and fails the exports that read it.
    """

    plan: Plan
    warehouse: Warehouse

    def expand(self, begin: beam.pvalue.PBegin) -> Scanned:
        """Wire the scan."""
        split = (
            begin
            | "ListScans" >> beam.Create([scan for scan in self.plan.scans if scan.table not in self.plan.broken])
            | "SplitScans"
            >> beam.ParDo(SplitScans(self.warehouse))
            .with_output_types(ScanStream, counts=Count)
            .with_outputs(COUNTS, main=STREAMS)
        )
        read = (
            split[STREAMS]
            | "SpreadStreams" >> beam.Reshuffle()
            | "ReadStreams"
            >> beam.ParDo(ReadStreams(self.warehouse))
            .with_output_types(TableBatch, counts=Count)
            .with_outputs(COUNTS, main=BATCHES)
        )
        known_broken = begin | "ListBrokenTables" >> beam.Create([Count(broken=dict(self.plan.broken))])
        census = (
            (split[COUNTS], read[COUNTS], known_broken)
            | "FlattenCounts" >> beam.Flatten()
            | "TakeCensus" >> beam.CombineGlobally(TakeCensus())
        )
        return Scanned(read[BATCHES], census)


@dataclass
class SplitScans(beam.DoFn):
    """Turn a :class:`TableScan` into its streams; an unreadable table becomes a count that names it."""

    warehouse: Warehouse

    def process(self, scan: TableScan) -> Iterable[Any]:
        """Yield the streams of a scan."""
        try:
            yield from self.warehouse.split(scan)
        except WarehouseError as error:
            yield pvalue.TaggedOutput(COUNTS, Count(broken={scan.table: str(error)}))


@dataclass
class ReadStreams(beam.DoFn):
    """Turn a :class:`ScanStream` into :class:`TableBatch` elements and one :class:`Count`."""

    warehouse: Warehouse

    def setup(self) -> None:
        """Prepare the metrics."""
        self._rows = Metrics.counter("scan", "rows")
        self._bytes = Metrics.counter("scan", "bytes")
        self._milliseconds = Metrics.distribution("scan", "stream_milliseconds")

    def process(self, stream: ScanStream) -> Iterable[Any]:
        """Yield the batches of a stream."""
        started = time.perf_counter()
        count = Count()
        for scanned in read_counted(self.warehouse, stream, count):
            self._rows.inc(scanned.batch.num_rows)
            self._bytes.inc(scanned.batch.nbytes)
            PROGRESS.rows += scanned.batch.num_rows
            yield scanned
        self._milliseconds.update(int(1000 * (time.perf_counter() - started)))
        yield pvalue.TaggedOutput(COUNTS, count)


def read_counted(warehouse: Warehouse, stream: ScanStream, count: Count) -> Iterator[TableBatch]:
    """Yield the batches of a stream and add them to ``count``; a read that breaks is recorded there."""
    try:
        for batch in warehouse.read(stream):
            scanned = TableBatch(stream.scan.table, batch)
            count.add(scanned)
            yield scanned
    except WarehouseError as error:
        count.broken[stream.scan.table] = str(error)


def scan_all(plan: Plan, warehouse: Warehouse) -> tuple[list[TableBatch], Census]:
    """Read every table of a plan in this process; what :class:`ScanTables` does, without Beam."""
    count = Count(broken=dict(plan.broken))
    batches: list[TableBatch] = []
    for scan in plan.scans:
        if scan.table in plan.broken:
            continue
        try:
            streams = warehouse.split(scan)
        except WarehouseError as error:
            count.broken[scan.table] = str(error)
            continue
        for stream in streams:
            batches.extend(read_counted(warehouse, stream, count))
    return batches, count.census()
