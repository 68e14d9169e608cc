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

from exporters.declaration import Grain
from exporters.league.forecasts.readiness import ScanCounts
from exporters.warehouse.tables import TABLES
from transforms.clients.concurrency import run_concurrently
from transforms.elements.failure import Failure
from transforms.elements.guarding import DateVerdict, Tally
from transforms.elements.plan import FEWEST_SHARDS, Plan
from transforms.elements.progress import PROGRESS
from transforms.elements.publication import Publication
from transforms.elements.tables import TableBatch, table_named
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
from transforms.reading.route import split_by_date, split_by_shard, with_player_ids
from transforms.reading.scan import scan_all
from transforms.stages.date_stages import FrozenRows, build_season, build_slate, rows_by_as_of_date
from transforms.stages.garbage import collect_rarely
from transforms.stages.leagues import PROCESS_LEAGUE
from transforms.stages.player_stage import CardBatch, DocumentBatch, NightBatch, sweep_histories
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

LOG = logging.getLogger(__name__)

_PLAYER_TABLES = frozenset(table.name for table in TABLES if table.player is not None)


def run_in_process(plan: Plan, warehouse: Warehouse, store: Store) -> dict[str, dict[str, Any]]:
    """Run a plan and return the manifest of each target date, by ISO date."""
    collect_rarely()
    batches, scan_counts = scan_all(plan, warehouse)
    PROGRESS.rows += sum(scanned.batch.num_rows for scanned in batches)
    return publish_scanned(plan, batches, scan_counts, warehouse, store)


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
    with Heartbeat(store, plan.run, plan.lease):
        log = _Log(plan, store, scan_counts)
        try:
            # Nothing is in flight any more when the leases are given back.
            with closing(log):
                return _publish(plan, batches, scan_counts, warehouse, store, log)
        except BaseException:
            for day in plan.dates:
                abandon(store, plan.run, day.isoformat())
            raise


def _publish(
    plan: Plan, batches: list[TableBatch], scan_counts: ScanCounts, warehouse: Warehouse, store: Store, log: _Log
) -> dict[str, dict[str, Any]]:
    schemas = run_concurrently(partial(publish_schema, store, plan), schemas_of(plan), store.concurrency)
    log.failures[plan.dates[-1]].extend(failure for failure in schemas if failure is not None)
    frozen: list[tuple[date, FrozenRows]] = []
    for made in build_documents(log.skip_up_to_date(), batches, scan_counts):
        log.add(made.day, made.documents, made.failures)
        frozen.extend((made.day, rows_to_write) for rows_to_write in made.frozen)
    verdicts = log.settle()
    for day, rows_to_write in frozen:
        reported = plan.reporting_date(day)
        if verdicts[reported].withheld is None:
            failure = append_subset_picks(plan, appending(warehouse), day, rows_to_write)
            log.failures[reported].extend([] if failure is None else [failure])
    records: dict[str, dict[str, Any]] = {}
    for day in plan.dates:
        moved = move_pointers(plan, store, scan_counts, log.publication(day, verdicts[day]))
        records[day.isoformat()] = finish_date(plan, store, scan_counts, moved)
        PROGRESS.dates += 1
    told, games = [date_status(record) for record in records.values()], games_scanned(plan, batches, scan_counts)
    for wrong in publish_run_status(store, plan, told, warehouse, games):
        LOG.warning("%s", wrong)
    forget_signs(store, plan.run)
    return records


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
    batches = list(batches)
    cards: dict[Grain, dict[date, list[CardBatch]]] = {Grain.SLATE: defaultdict(list), Grain.SEASON: defaultdict(list)}
    for night in _swept(plan, scan_counts, swept_batches(plan, batches, scan_counts)):
        yield Built(night.day, night.documents, night.failures)
        cards[Grain.SLATE][night.day].append(night.slate_cards)
        cards[Grain.SEASON][night.day].append(night.season_cards)
    rows: dict[date, dict[date, dict[str, Any]]] = defaultdict(dict)
    slate_tables = batches_by_date(plan, batches, Grain.SLATE)
    for day in sorted({day for export in plan.exports for day in plan.slate_dates(export)}):
        slate = build_slate(plan, scan_counts, day, cards[Grain.SLATE][day], slate_tables[day])
        yield Built(day, slate.documents, slate.failures, slate.frozen)
        for as_of, made in rows_by_as_of_date(plan, slate):
            rows[as_of][day] = made
    season_tables = batches_by_date(plan, batches, Grain.SEASON)
    for day in sorted({day for export in plan.exports for day in plan.season_dates(export)}):
        season = build_season(plan, scan_counts, day, cards[Grain.SEASON][day], season_tables[day], rows[day])
        yield Built(day, season.documents, season.failures)


def _swept(plan: Plan, scan_counts: ScanCounts, batches: Sequence[TableBatch]) -> Iterator[NightBatch]:
    """Yield what the player stage makes: of all players at once, or shard by shard where they would take much memory.

    A plan has more than the fewest shards only where its rows need them. Rows become objects in a sweep alone.
    """
    if plan.shards <= FEWEST_SHARDS:
        yield from sweep_histories(plan, scan_counts, batches)
        return
    owned: dict[int, list[TableBatch]] = defaultdict(list)
    league_wide = [scanned for scanned in batches if scanned.table not in _PLAYER_TABLES]
    for scanned in batches:
        player = table_named(scanned.table).player
        if player is not None:
            for shard, part in split_by_shard(scanned.batch, player, plan.shards):
                owned[shard].append(TableBatch(scanned.table, part))
    try:
        for shard in sorted(owned) or [0]:
            yield from sweep_histories(plan, scan_counts, [*owned.pop(shard, ()), *league_wide], PROCESS_LEAGUE)
    finally:
        PROCESS_LEAGUE.release()


def swept_batches(plan: Plan, batches: Iterable[TableBatch], scan_counts: ScanCounts) -> list[TableBatch]:
    """Return the batches that the player stage of a plan reads, every player under one id."""
    return [
        with_player_ids(scanned, scan_counts.aliases)
        for scanned in batches
        if scanned.table in (_PLAYER_TABLES & plan.built_from) | plan.shared_tables
    ]


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
        self.outcomes: dict[date, list[OutcomeBatch]] = defaultdict(list)
        self.failures: dict[date, list[Failure]] = defaultdict(list)
        self._store = store
        self._publisher = ConcurrentPublisher(DocumentPublisher(store, plan))
        self._plan = plan
        self._scan_counts = scan_counts
        opened = run_concurrently(partial(open_date, plan, store, may_skip=True), plan.dates, store.concurrency)
        self._opened = dict(zip(plan.dates, opened, strict=True))
        self._held: list[tuple[date, DocumentBatch]] = []
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
            self.outcomes[day].append(OutcomeBatch(list(up_to_date.outcomes), {}, {}))
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
            self._held.append((reported, held))
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
        for day, held in self._held:
            reason = verdicts[day].withheld
            if reason is None:
                self._publish(day, held)
            else:
                outcomes = [withheld_outcome(made, reason) for made in held.documents]
                self.outcomes[day].append(OutcomeBatch(outcomes, {}, {}))
        self._keep(self._publisher.finish())
        return verdicts

    def publication(self, day: date, guard: DateVerdict) -> Publication:
        """Return the publication of a date."""
        return gather(day.isoformat(), self.outcomes[day], self.failures[day], guard)

    def close(self) -> None:
        """Leave what is not being written yet unwritten, and wait for what is."""
        self._publisher.close()

    def _publish(self, day: date, documents: DocumentBatch) -> None:
        self._keep(self._publisher.start(day.isoformat(), documents, self._opened[day].published))

    def _keep(self, finished: Iterable[tuple[str, OutcomeBatch, Sequence[Timed]]]) -> None:
        for day, outcomes, _ in finished:
            self.outcomes[date.fromisoformat(day)].append(outcomes)
