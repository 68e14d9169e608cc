"""Reading every table of a plan once."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import apache_beam as beam
import pyarrow as pa
from apache_beam import pvalue
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from exporters.league.forecasts.readiness import ScanCounts
from transforms.clients.concurrency import Reads, run_concurrently
from transforms.clients.throttling import report_throttling
from transforms.elements.plan import Plan
from transforms.elements.progress import PROGRESS
from transforms.elements.tables import ScanStream, TableBatch, TableScan
from transforms.reading.roster_counts import RosterCounts
from transforms.reading.scan_counts import Count, CountRows
from transforms.warehouses.protocol import Warehouse, WarehouseError

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
    """What a scan yields: the batches of every table, and one scan_counts of them (a PCollection of one element)."""

    batches: beam.PCollection[TableBatch]
    scan_counts: beam.PCollection[ScanCounts]


@dataclass
class ScanTables(beam.PTransform):
    """Read each table of a plan once, side by side, and count the league on the way.

    Input: a PBegin. Output: :class:`Scanned`. A table that cannot be read fails nothing here: it is named in the
    scan_counts, and fails the exports that read it.
    """

    plan: Plan
    warehouse: Warehouse

    def expand(self, begin: beam.pvalue.PBegin) -> Scanned:
        """Wire the scan."""
        split = (
            begin
            # One element, so that the tables are split side by side even where there is one worker.
            | "ListScans"
            >> beam.Create([tuple(scan for scan in self.plan.scans if scan.table not in self.plan.broken)])
            | "SplitScans"
            >> beam.ParDo(SplitScans(self.warehouse))
            .with_output_types(ScanStream, counts=Count)
            .with_outputs(COUNTS, main=STREAMS)
        )
        read = (
            split[STREAMS]
            | "SpreadStreams" >> beam.Reshuffle()
            | "ReadStreams"
            >> beam.ParDo(ReadStreams(self.warehouse, self.plan.dates[0], self.plan.dates[-1]))
            .with_output_types(TableBatch, counts=Count)
            .with_outputs(COUNTS, main=BATCHES)
        )
        known_broken = begin | "ListBrokenTables" >> beam.Create([Count(broken=dict(self.plan.broken))])
        scan_counts = (
            (split[COUNTS], read[COUNTS], known_broken)
            | "FlattenCounts" >> beam.Flatten()
            | "CountRows" >> beam.CombineGlobally(CountRows(self.plan.config.champion_system_id))
        )
        return Scanned(read[BATCHES], scan_counts)


@dataclass
class SplitScans(beam.DoFn):
    """Turn scans into their streams; an unreadable table becomes a count that names it."""

    warehouse: Warehouse

    def process(self, scans: tuple[TableScan, ...]) -> Iterable[Any]:
        """Yield the streams of some scans."""
        for found in split_all(self.warehouse, scans):
            if isinstance(found, Count):
                yield pvalue.TaggedOutput(COUNTS, found)
            else:
                yield from found
        report_throttling()


@dataclass
class ReadStreams(beam.DoFn):
    """Turn a :class:`ScanStream` into :class:`TableBatch` elements and one :class:`Count`, several at a time.

    Attributes:
        warehouse: Where tables are read.
        first: The first date whose players are counted; None for any.
        last: The last one; None for any.
    """

    warehouse: Warehouse
    first: date | None = None
    last: date | None = None

    def setup(self) -> None:
        """Prepare the metrics."""
        self._rows = Metrics.counter("scan", "rows")
        self._bytes = Metrics.counter("scan", "bytes")
        self._milliseconds = Metrics.distribution("scan", "stream_milliseconds")
        self._reads: Reads[ScanStream, TableBatch | _Ended] | None = None

    def start_bundle(self) -> None:
        """Start with nothing being read."""
        self._stop()
        if self.warehouse.concurrency > 1:
            self._reads = Reads(self._read, self.warehouse.concurrency)

    def teardown(self) -> None:
        """End what is still being read, of a bundle that broke off."""
        self._stop()

    def process(self, stream: ScanStream) -> Iterable[Any]:
        """Yield the batches of a stream, or of others that were begun before."""
        if self._reads is None:
            yield from map(self._counted, self._read(stream))
        else:
            self._reads.start(stream)
            yield from map(self._counted, self._reads.until(self.warehouse.concurrency))

    def finish_bundle(self) -> Iterable[Any]:
        """Yield the batches of all that is still being read."""
        if self._reads is not None:
            for output in map(self._counted, self._reads.until(0)):
                if isinstance(output, pvalue.TaggedOutput):
                    yield pvalue.TaggedOutput(output.tag, _in_global_window(output.value))
                else:
                    yield _in_global_window(output)

    def _stop(self) -> None:
        if self._reads is not None:
            self._reads.stop()

    def _read(self, stream: ScanStream) -> Iterator[TableBatch | _Ended]:
        started = time.perf_counter()
        count = Count(players=RosterCounts(self.first, self.last))
        yield from read_counted(self.warehouse, stream, count)
        yield _Ended(count, int(1000 * (time.perf_counter() - started)))

    def _counted(self, found: TableBatch | _Ended) -> Any:
        """Return what was found as an output; in the thread of the DoFn, since metrics count in no other."""
        if isinstance(found, _Ended):
            self._milliseconds.update(found.milliseconds)
            report_throttling()
            return pvalue.TaggedOutput(COUNTS, found.count)
        self._rows.inc(found.batch.num_rows)
        self._bytes.inc(found.batch.nbytes)
        PROGRESS.rows += found.batch.num_rows
        return found


@dataclass(frozen=True)
class _Ended:
    """A stream was read to its end, or broke."""

    count: Count
    milliseconds: int


def _in_global_window(value: Any) -> WindowedValue:
    return WindowedValue(value, GlobalWindow().max_timestamp(), (GlobalWindow(),))


def split_all(warehouse: Warehouse, scans: Sequence[TableScan]) -> list[list[ScanStream] | Count]:
    """Return the streams of each scan, or a count that names its table when that is unreadable."""

    def split(scan: TableScan) -> list[ScanStream] | Count:
        try:
            return warehouse.split(scan)
        except WarehouseError as error:
            return Count(broken={scan.table: str(error)})

    return run_concurrently(split, scans, warehouse.concurrency)


def read_counted(warehouse: Warehouse, stream: ScanStream, count: Count) -> Iterator[TableBatch]:
    """Yield the batches of a stream and add them to ``count``; a read that breaks is recorded there."""
    try:
        for batch in warehouse.read(stream):
            scanned = TableBatch(stream.scan.table, batch)
            count.add(scanned)
            yield scanned
    except WarehouseError as error:
        count.broken[stream.scan.table] = str(error)


def scan_all(plan: Plan, warehouse: Warehouse) -> tuple[list[TableBatch], ScanCounts]:
    """Read every table of a plan in this process; what :class:`ScanTables` does, without Beam."""
    total = Count(broken=dict(plan.broken))
    streams: list[ScanStream] = []
    for found in split_all(warehouse, [scan for scan in plan.scans if scan.table not in plan.broken]):
        if isinstance(found, Count):
            total.merge(found)
        else:
            streams.extend(found)

    def read(stream: ScanStream) -> tuple[list[TableBatch], Count]:
        count = Count(players=RosterCounts(plan.dates[0], plan.dates[-1]))
        return list(read_counted(warehouse, stream, count)), count

    batches: list[TableBatch] = []
    for scanned, count in run_concurrently(read, streams, warehouse.concurrency):
        batches.extend(scanned)
        total.merge(count)
    return batches, total.scan_counts(plan.config.champion_system_id)
