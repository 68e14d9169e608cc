"""Reading every table of a plan once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow.compute as pc

from exporters.league.forecasts.readiness import ScanCounts
from exporters.warehouse.tables import PLAYER_ALIASES
from transforms.clients.concurrency import read_concurrently, run_concurrently
from transforms.elements.plan import Plan
from transforms.elements.tables import ScanStream, TableBatch, TableScan, table_named
from transforms.reading.decoding import defects_of
from transforms.reading.roster_counts import RosterCounts
from transforms.reading.route import with_player_ids
from transforms.reading.scan_counts import Count
from transforms.warehouses.protocol import Warehouse, WarehouseError


def split_all(warehouse: Warehouse, scans: Sequence[TableScan]) -> list[list[ScanStream] | Count]:
    """Return the streams of each scan, or a count that names its table when that is unreadable.

    A stand-in is split when the column that it replaces is absent, and left out otherwise.
    """

    def split(scan: TableScan) -> list[ScanStream] | Count:
        try:
            return warehouse.split(scan)
        except WarehouseError as error:
            return Count(broken={scan.table: str(error)})

    found = run_concurrently(split, [scan for scan in scans if scan.stand_in is None], warehouse.concurrency)
    streams = (stream for streams in found if not isinstance(streams, Count) for stream in streams)
    absent = {(stream.scan.table, column) for stream in streams for column in stream.absent}
    due = [scan for scan in scans if scan.stand_in and (scan.stand_in.table, scan.stand_in.column) in absent]
    return [*found, *run_concurrently(split, due, warehouse.concurrency)]


def read_counted(warehouse: Warehouse, stream: ScanStream, count: Count) -> Iterator[TableBatch]:
    """Yield the batches of a stream and add them to ``count``, with absent columns and errors."""
    count.absent.setdefault(stream.scan.table, set()).update(stream.absent)
    try:
        for batch in warehouse.read(stream):
            scanned = _dated(TableBatch(stream.scan.table, batch), count)
            count.add(scanned)
            yield scanned
    except WarehouseError as error:
        count.broken[stream.scan.table] = str(error)


def _dated(scanned: TableBatch, count: Count) -> TableBatch:
    """Return the rows of a batch that have a partition date; the others are of no date that is read, and are named."""
    table, batch = table_named(scanned.table), scanned.batch
    name = table.partition
    if name is None or name not in batch.schema.names or table.columns[name].mode != "REQUIRED":
        return scanned
    days = batch.column(name)
    if not days.null_count:
        return scanned
    count.players.add_unusable(defects_of(TableBatch(scanned.table, batch.filter(pc.is_null(days)))))
    return TableBatch(scanned.table, batch.filter(pc.is_valid(days)))


def read_each(warehouse: Warehouse, scans: Sequence[TableScan], count: Count) -> Iterator[TableBatch]:
    """Yield the batches of some scans, and add them to ``count``, with unreadable tables.

    The count is complete once all batches are taken. No more batches are in memory than are being read.
    """
    streams: list[ScanStream] = []
    for found in split_all(warehouse, scans):
        if isinstance(found, Count):
            count.merge(found)
        else:
            streams.extend(found)

    def read(stream: ScanStream) -> Iterator[TableBatch | Count]:
        own = Count(dates=count.dates, players=RosterCounts(count.players.first, count.players.last))
        yield from read_counted(warehouse, stream, own)
        yield own

    for result in read_concurrently(read, streams, warehouse.concurrency):
        if isinstance(result, Count):
            count.merge(result)
        else:
            yield result


def read_all(warehouse: Warehouse, scans: Sequence[TableScan], count: Count) -> list[TableBatch]:
    """Return the batches of some scans and add them to ``count``, with unreadable tables."""
    return list(read_each(warehouse, scans, count))


def scan_each(plan: Plan, warehouse: Warehouse, count: Count) -> Iterator[TableBatch]:
    """Yield the rows of every table of a plan as they are read, every player under one id, and count them.

    The aliases, which give the ids, are read first. Tables that only the count needs are not among the batches.
    """
    readable = [scan for scan in plan.scans if scan.table not in plan.broken]
    read_all(warehouse, [scan for scan in readable if scan.table == PLAYER_ALIASES.name], count)
    aliases = count.aliases()
    for scanned in read_each(warehouse, [scan for scan in readable if scan.table != PLAYER_ALIASES.name], count):
        if scanned.table in plan.built_from | plan.shared_tables:
            yield with_player_ids(scanned, aliases)


def count_of(plan: Plan) -> Count:
    """Return the count of a plan's rows before any is read."""
    players = RosterCounts(plan.dates[0], plan.dates[-1])
    return Count(broken=dict(plan.broken), dates=frozenset(plan.dates), players=players)


def scan_all(plan: Plan, warehouse: Warehouse) -> tuple[list[TableBatch], ScanCounts]:
    """Read every table of a plan in this process; what :class:`ScanTables` does, without Beam."""
    total = count_of(plan)
    batches = read_all(warehouse, [scan for scan in plan.scans if scan.table not in plan.broken], total)
    counted = total.scan_counts(plan.config.champion_system_id)
    return [scanned for scanned in batches if scanned.table != PLAYER_ALIASES.name], counted
