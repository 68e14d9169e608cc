"""A run in one process and without Beam: the same functions, called in a loop.

Streamed requests run this way, and benchmarks compare the batch graph with it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import pyarrow as pa

from exporters.declaration import Grain
from exporters.league.forecasts.readiness import ScanCounts
from exporters.warehouse.tables import TABLES
from pipeline.planning.shards import rows_of_shard
from transforms.clients.concurrency import run_concurrently
from transforms.elements.failure import Failure
from transforms.elements.guarding import DateVerdict, Tally
from transforms.elements.plan import Plan
from transforms.elements.progress import PROGRESS
from transforms.elements.publication import Publication
from transforms.elements.tables import TableBatch
from transforms.history.up_to_date import is_still_up_to_date, tally_of
from transforms.publishing.documents import DocumentPublisher
from transforms.publishing.guard import judge_date, open_date, triage, withheld_outcome
from transforms.publishing.lease import Heartbeat, abandon, forget_signs
from transforms.publishing.pauses import pause_documents
from transforms.publishing.publish import ConcurrentPublisher, OutcomeBatch, Timed, finish_date, gather, move_pointers
from transforms.publishing.publish_run_status import publish_run_status
from transforms.publishing.publish_schemas import publish_schema, schemas_of
from transforms.publishing.status import date_status, games_scanned
from transforms.publishing.write_back import append_subset_picks, appending
from transforms.reading.player_rows import PlayerRows
from transforms.reading.route import split_by_date, with_player_ids
from transforms.reading.scan import count_of, scan_each
from transforms.reading.spill_buffer import SpillBuffer
from transforms.stages.date_stages import FrozenRows, build_season, build_slate, rows_by_as_of_date
from transforms.stages.garbage import collect_rarely
from transforms.stages.leagues import PROCESS_LEAGUE
from transforms.stages.player_stage import CardBatch, DocumentBatch, NightBatch, sweep_histories
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

LOG = logging.getLogger(__name__)

_HELD_CARDS = 4_096
"""Cards that wait in memory for the documents of their dates: those of a week of a league."""
_HELD_OUTCOMES = 16_384
"""Outcomes that wait in memory for the manifests of their dates, with about half a KiB each."""
_HELD_BYTES = 32 * 2**20
"""Bytes of documents that wait in memory for the guard."""
_PLAYER_TABLES = frozenset(table.name for table in TABLES if table.player is not None)


class ScannedRows:
    """The rows that the documents of a plan are built from.

    Attributes:
        players: Rows of players, which are gone once they are swept.
        league: League-wide rows.
    """

    def __init__(self, plan: Plan, batches: Iterable[TableBatch]) -> None:
        """Take batches in which each player has one id, one after the other."""
        self.players, self.league = PlayerRows(plan.shards, rows_of_shard(len(plan.dates))), []
        for scanned in batches:
            if scanned.table not in _PLAYER_TABLES:
                self.league.append(scanned)
            elif scanned.table in plan.built_from:
                self.players.add(scanned)
        # Else Arrow keeps what it decoded, where Python's objects find no room.
        pa.default_memory_pool().release_unused()


def run_in_process(plan: Plan, warehouse: Warehouse, store: Store) -> dict[str, dict[str, Any]]:
    """Run a plan and return the manifest of each target date, by ISO date."""
    return {record["date"]: record for record in run_date_by_date(plan, warehouse, store)}


def run_date_by_date(plan: Plan, warehouse: Warehouse, store: Store) -> Iterator[dict[str, Any]]:
    """Run a plan and yield the manifest of each target date."""
    collect_rarely()
    count = count_of(plan)
    rows = ScannedRows(plan, scan_each(plan, warehouse, count))
    PROGRESS.rows += sum(count.rows.values())
    scan_counts = count.scan_counts(plan.config.champion_system_id)
    del count
    yield from _published(plan, rows, scan_counts, warehouse, store)


def publish_scanned(
    plan: Plan, batches: list[TableBatch], scan_counts: ScanCounts, warehouse: Warehouse, store: Store
) -> dict[str, dict[str, Any]]:
    """Build and publish the documents of a plan, and return the manifest of each target date, by ISO date.

    Args:
        plan: The plan.
        batches: All rows of its scans.
        scan_counts: Their counts.
        warehouse: Receives the rows that the plan writes back, and tells the status which games are played where the
            scans do not.
        store: Receives the documents.
    """
    rows = ScannedRows(plan, _with_player_ids(plan, batches, scan_counts))
    return {record["date"]: record for record in _published(plan, rows, scan_counts, warehouse, store)}


def _with_player_ids(plan: Plan, batches: Iterable[TableBatch], scan_counts: ScanCounts) -> Iterator[TableBatch]:
    return (
        with_player_ids(scanned, scan_counts.aliases)
        for scanned in batches
        if scanned.table in plan.built_from | plan.shared_tables
    )


def _published(
    plan: Plan, rows: ScannedRows, scan_counts: ScanCounts, warehouse: Warehouse, store: Store
) -> Iterator[dict[str, Any]]:
    with Heartbeat(store, plan.run, plan.lease):
        log = _Log(plan, store, scan_counts)
        try:
            # Nothing is in flight any more when the leases are given back.
            with closing(log):
                yield from _publish(plan, rows, scan_counts, warehouse, store, log)
        except BaseException:
            for day in plan.dates:
                abandon(store, plan.run, day.isoformat())
            raise


def _publish(
    plan: Plan, rows: ScannedRows, scan_counts: ScanCounts, warehouse: Warehouse, store: Store, log: _Log
) -> Iterator[dict[str, Any]]:
    schemas = run_concurrently(partial(publish_schema, store, plan), schemas_of(plan), store.concurrency)
    log.failures[plan.dates[-1]].extend(failure for failure in schemas if failure is not None)
    frozen: list[tuple[date, FrozenRows]] = []
    for made in _built(log.skip_up_to_date(), rows, scan_counts):
        log.add(made.day, made.documents, made.failures)
        frozen.extend((made.day, rows_to_write) for rows_to_write in made.frozen)
    verdicts = log.settle()
    for day, rows_to_write in frozen:
        reported = plan.reporting_date(day)
        if verdicts[reported].withheld is None:
            failure = append_subset_picks(plan, appending(warehouse), day, rows_to_write)
            log.failures[reported].extend([] if failure is None else [failure])
    statuses = []
    for day in plan.dates:
        moved = move_pointers(plan, store, scan_counts, log.publication(day, verdicts[day]))
        record = finish_date(plan, store, scan_counts, moved)
        PROGRESS.dates += 1
        statuses.append(date_status(record))
        yield record
    for wrong in publish_run_status(store, plan, statuses, warehouse, games_scanned(plan, rows.league, scan_counts)):
        LOG.warning("%s", wrong)
    forget_signs(store, plan.run)


@dataclass(frozen=True)
class Built:
    """Documents of one date that one step built.

    Attributes:
        day: The date.
        documents: The documents.
        failures: Documents that could not be built.
        frozen: Rows to write back to the warehouse.
    """

    day: date
    documents: DocumentBatch
    failures: Sequence[Failure]
    frozen: Sequence[FrozenRows] = ()


def build_documents(plan: Plan, batches: Iterable[TableBatch], scan_counts: ScanCounts) -> Iterator[Built]:
    """Yield the documents of a plan as they are built: players first, then dates, then seasons.

    Args:
        plan: The plan.
        batches: All rows of its scans.
        scan_counts: Their counts.
    """
    yield from _built(plan, ScannedRows(plan, _with_player_ids(plan, batches, scan_counts)), scan_counts)


def _built(plan: Plan, rows: ScannedRows, scan_counts: ScanCounts) -> Iterator[Built]:
    cards: SpillBuffer[tuple[Grain, date], CardBatch] = SpillBuffer(
        _HELD_CARDS, lambda made: (None, made.encoded()), lambda _, content: CardBatch.decoded(content)
    )
    for night in _swept(plan, scan_counts, rows):
        yield Built(night.day, night.documents, night.failures)
        for grain, made in ((Grain.SLATE, night.slate_cards), (Grain.SEASON, night.season_cards)):
            if made.cards:
                cards.add((grain, night.day), made, sum(map(len, made.cards.values())))
    season_rows: dict[date, dict[date, dict[str, Any]]] = defaultdict(dict)
    slate_tables = batches_by_date(plan, rows.league, Grain.SLATE)
    for day in sorted({day for export in plan.exports for day in plan.slate_dates(export)}):
        slate = build_slate(plan, scan_counts, day, cards.take((Grain.SLATE, day)), slate_tables.pop(day, ()))
        yield Built(day, slate.documents, slate.failures, slate.frozen)
        for as_of, row in rows_by_as_of_date(plan, slate):
            season_rows[as_of][day] = row
    season_tables = batches_by_date(plan, rows.league, Grain.SEASON)
    for day in sorted({day for export in plan.exports for day in plan.season_dates(export)}):
        of_day = season_rows.pop(day, {})
        season = build_season(
            plan, scan_counts, day, cards.take((Grain.SEASON, day)), season_tables.pop(day, ()), of_day
        )
        yield Built(day, season.documents, season.failures)


def _swept(plan: Plan, scan_counts: ScanCounts, rows: ScannedRows) -> Iterator[NightBatch]:
    """Yield what the player stage makes, some players at a time. Rows become objects in a sweep alone."""
    shared = [scanned for scanned in rows.league if scanned.table in plan.shared_tables]
    try:
        for owned in rows.players.sweeps():
            yield from sweep_histories(plan, scan_counts, [*owned, *shared], PROCESS_LEAGUE)
    finally:
        PROCESS_LEAGUE.release()


def batches_by_date(plan: Plan, batches: Iterable[TableBatch], grain: Grain) -> dict[date, list[TableBatch]]:
    """Return the league-wide rows that a stage needs, by the date that it builds."""
    found: dict[date, list[TableBatch]] = defaultdict(list)
    for scanned in batches:
        if scanned.table not in _PLAYER_TABLES:
            for day, part in split_by_date(scanned, plan, grain):
                found[date.fromisoformat(day)].append(part)
    return found


class _Log:
    """Publishes documents as they are built, unless the guard holds them, and keeps their outcomes."""

    def __init__(self, plan: Plan, store: Store, scan_counts: ScanCounts) -> None:
        self.outcomes: SpillBuffer[date, OutcomeBatch] = SpillBuffer(_HELD_OUTCOMES)
        self.failures: dict[date, list[Failure]] = defaultdict(list)
        self._store = store
        self._publisher = ConcurrentPublisher(DocumentPublisher(store, plan))
        self._plan = plan
        self._scan_counts = scan_counts
        opened = run_concurrently(partial(open_date, plan, store, may_skip=True), plan.dates, store.concurrency)
        self._opened = dict(zip(plan.dates, opened, strict=True))
        self._held: SpillBuffer[date, DocumentBatch] = SpillBuffer(_HELD_BYTES)
        self._tallies: dict[date, list[Tally]] = defaultdict(list)

    def skip_up_to_date(self) -> Plan:
        """Return the plan without the dates that need not be built, whose documents are unchanged."""
        built = []
        for day in self._plan.dates:
            up_to_date = self._opened[day].up_to_date
            if up_to_date is None or not is_still_up_to_date(self._plan, self._scan_counts, day, up_to_date):
                built.append(day)
                continue
            self._tallies[day].append(tally_of(up_to_date))
            self._keep(day, OutcomeBatch(list(up_to_date.outcomes), {}, {}))
            PROGRESS.documents += len(up_to_date.outcomes)
        return replace(self._plan, dates=tuple(built))

    def add(self, day: date, documents: DocumentBatch, failures: Iterable[Failure]) -> None:
        """Publish the documents of a batch that the guard does not hold."""
        reported = self._plan.reporting_date(day)
        shown = self._opened[reported].shown
        documents = pause_documents(self._plan, self._store, self._scan_counts, reported, shown, documents)
        released, held, tally = triage(self._plan, self._scan_counts, reported, shown, documents)
        if tally is not None:
            self._tallies[reported].append(tally)
        if held.documents:
            self._held.add(reported, held, sum(len(made.content) for made in held.documents))
        self._publish(reported, released)
        self.failures[reported].extend(failures)

    def settle(self) -> dict[date, DateVerdict]:
        """Publish or withhold the held documents, and return the verdict on every target date."""
        verdicts = {
            day: judge_date(
                self._plan, self._store, self._scan_counts, day, self._opened[day].shown, self._tallies[day]
            )
            for day in self._plan.dates
        }
        for day in sorted(self._held.keys, reverse=True):
            reason = verdicts[day].withheld
            for held in self._held.take(day):
                if reason is None:
                    self._publish(day, held)
                else:
                    outcomes = [withheld_outcome(made, reason) for made in held.documents]
                    self._keep(day, OutcomeBatch(outcomes, {}, {}))
        self._keep_finished(self._publisher.finish())
        return verdicts

    def publication(self, day: date, guard: DateVerdict) -> Publication:
        """Return the publication of a date, once."""
        return gather(day.isoformat(), self.outcomes.take(day), self.failures[day], guard)

    def close(self) -> None:
        """Leave what is not being written yet unwritten, and wait for what is."""
        self._publisher.close()

    def _publish(self, day: date, documents: DocumentBatch) -> None:
        self._keep_finished(self._publisher.start(day.isoformat(), documents, self._opened[day].published))

    def _keep_finished(self, finished: Iterable[tuple[str, OutcomeBatch, Sequence[Timed]]]) -> None:
        for day, outcomes, _ in finished:
            self._keep(date.fromisoformat(day), outcomes)

    def _keep(self, day: date, batch: OutcomeBatch) -> None:
        self.outcomes.add(day, batch, len(batch.outcomes))
