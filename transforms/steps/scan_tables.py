"""Reading every table of a plan once, in the graph."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import apache_beam as beam
from apache_beam import pvalue
from apache_beam.metrics import Metrics
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.players.aliases import Aliases
from exporters.warehouse.tables import PLAYER_ALIASES
from transforms.clients.concurrency import Reads
from transforms.clients.throttling import report_throttling
from transforms.elements.plan import Plan
from transforms.elements.progress import PROGRESS
from transforms.elements.tables import ScanStream, TableBatch, TableScan
from transforms.reading.roster_counts import RosterCounts
from transforms.reading.scan import read_all, read_counted, split_all
from transforms.reading.scan_counts import Count
from transforms.steps.count_rows import CountRows
from transforms.warehouses.protocol import Warehouse

ALIASES = "aliases"
BATCHES = "batches"
COUNTS = "counts"
STREAMS = "streams"


class Scanned(NamedTuple):
    """The outputs of a scan.

    Attributes:
        batches: The batches of every table except the aliases.
        scan_counts: One ScanCounts of all tables.
        aliases: One Aliases: other spellings of players' ids. It depends on its own table only, so that consumers
            do not wait for other tables.
    """

    batches: beam.PCollection[TableBatch]
    scan_counts: beam.PCollection[ScanCounts]
    aliases: beam.PCollection[Aliases]


@dataclass
class ScanTables(beam.PTransform):
    """Read each table of a plan once, concurrently, and count its rows.

    Input: a PBegin. Output: :class:`Scanned`. An unreadable table does not fail the scan: it is named in the
    scan counts, and fails the exports that read it.
    """

    plan: Plan
    warehouse: Warehouse

    def expand(self, begin: beam.pvalue.PBegin) -> Scanned:
        """Wire the scan."""
        readable = [scan for scan in self.plan.scans if scan.table not in self.plan.broken]
        aliases = (
            begin
            | "ListAliasScans" >> beam.Create([tuple(scan for scan in readable if _is_of_aliases(scan))])
            | "ReadAliases"
            >> beam.ParDo(ReadAliases(self.warehouse))
            .with_output_types(Aliases, counts=Count)
            .with_outputs(COUNTS, main=ALIASES)
        )
        split = (
            begin
            # One element, so that the tables are split concurrently even with one worker.
            | "ListScans" >> beam.Create([tuple(scan for scan in readable if not _is_of_aliases(scan))])
            | "SplitScans"
            >> beam.ParDo(SplitScans(self.warehouse))
            .with_output_types(ScanStream, counts=Count)
            .with_outputs(COUNTS, main=STREAMS)
        )
        read = (
            split[STREAMS]
            | "SpreadStreams" >> beam.Reshuffle()
            | "ReadStreams"
            >> beam.ParDo(ReadStreams(self.warehouse, self.plan.dates))
            .with_output_types(TableBatch, counts=Count)
            .with_outputs(COUNTS, main=BATCHES)
        )
        known_broken = begin | "ListBrokenTables" >> beam.Create([Count(broken=dict(self.plan.broken))])
        scan_counts = (
            (aliases[COUNTS], split[COUNTS], read[COUNTS], known_broken)
            | "FlattenCounts" >> beam.Flatten()
            | "CountRows"
            >> beam.CombineGlobally(CountRows(self.plan.config.champion_system_id)).with_output_types(ScanCounts)
        )
        return Scanned(read[BATCHES], scan_counts, aliases[ALIASES])


def _is_of_aliases(scan: TableScan) -> bool:
    return scan.table == PLAYER_ALIASES.name


@dataclass
class ReadAliases(beam.DoFn):
    """Turn the scan of the aliases, if there is one, into one :class:`Aliases` and one :class:`Count`."""

    warehouse: Warehouse

    def process(self, scans: tuple[TableScan, ...]) -> Iterable[Any]:
        """Yield the aliases; none when their table is unreadable, which the count names."""
        count = Count()
        read_all(self.warehouse, scans, count)
        report_throttling()
        yield count.aliases()
        yield pvalue.TaggedOutput(COUNTS, count)


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
        dates: The dates of which players are counted, ascending.
    """

    warehouse: Warehouse
    dates: tuple[date, ...]

    def setup(self) -> None:
        """Prepare the metrics."""
        self._rows = Metrics.counter("scan", "rows")
        self._bytes = Metrics.counter("scan", "bytes")
        self._milliseconds = Metrics.distribution("scan", "stream_milliseconds")
        self._reads: Reads[ScanStream, TableBatch | _Ended] | None = None

    def start_bundle(self) -> None:
        """Start without streams in progress."""
        self._stop()
        if self.warehouse.concurrency > 1:
            self._reads = Reads(self._read, self.warehouse.concurrency)

    def teardown(self) -> None:
        """Stop the streams in progress of a bundle that broke off."""
        self._stop()

    def process(self, stream: ScanStream) -> Iterable[Any]:
        """Yield the batches of this stream, or of earlier ones in progress."""
        if self._reads is None:
            yield from map(self._counted, self._read(stream))
        else:
            self._reads.start(stream)
            yield from map(self._counted, self._reads.until(self.warehouse.concurrency))

    def finish_bundle(self) -> Iterable[Any]:
        """Yield the batches of all streams in progress."""
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
        count = Count(dates=frozenset(self.dates), players=RosterCounts(self.dates[0], self.dates[-1]))
        yield from read_counted(self.warehouse, stream, count)
        yield _Ended(count, int(1000 * (time.perf_counter() - started)))

    def _counted(self, found: TableBatch | _Ended) -> Any:
        """Return a result as an output. Runs in the thread of the DoFn, because metrics count in no other."""
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
