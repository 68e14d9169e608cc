"""One document, built again and again with other rows.

What a change of rows leaves alone is not built again: the cards of other players, the slates of other dates. A document
that was built from changed rows equals the one that an export would build from a warehouse with these rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from exporters.declaration import Export, Grain, Json
from exporters.league.forecasts.readiness import ScanCounts
from exporters.warehouse.tables import ACCURACY, PLAYER_ALIASES, PREDICTIONS
from pipeline.execution.in_process import batches_by_date
from transforms.elements.document import Document
from transforms.elements.failure import Failure
from transforms.elements.guarding import Shown
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch, alike, table_named
from transforms.publishing.pauses import Documents, pause_documents
from transforms.reading.roster_counts import RosterCounts
from transforms.reading.route import with_player_ids
from transforms.reading.scan import count_of, read_all
from transforms.reading.scan_counts import Count
from transforms.stages.date_stages import build_season, build_slate, rows_by_as_of_date
from transforms.stages.leagues import ProcessLeague
from transforms.stages.player_stage import CardBatch, DocumentBatch, sweep_histories
from transforms.warehouses.protocol import Warehouse

Changes = Mapping[str, Mapping[int, Mapping[str, Any] | None]]
"""By table and position of a row: its new values by column, or None for a row that is gone."""
Cards = dict[Grain, dict[date, dict[str, dict[str, Any]]]]
"""By stage, date, export type and player."""
NO_CHANGE: Changes = {}
_COUNTED = frozenset({PREDICTIONS.name, ACCURACY.name})
"""Tables whose counts documents show: which model version publishes, and whether only grades are left."""


@dataclass
class _Made:
    """What is known of one version of the rows."""

    cards: Cards
    season_rows: dict[date, dict[str, Any]] = field(default_factory=dict)
    document: Document | None = None
    failures: list[Failure] = field(default_factory=list)


class Bench:
    """Builds the document of one path from the rows of its plan.

    Attributes:
        plan: The plan of the document's export type and date.
        export: The export type.
        path: The path of the document.
        player: The player of the document; empty for a document of a date or season.
        rows: The rows by table, of the tables that documents are built from. Every player has one id.
        scan_counts: The counts of all rows.
    """

    def __init__(
        self,
        plan: Plan,
        warehouse: Warehouse,
        export: Export,
        path: str,
        player: str = "",
        shown: Documents | None = None,
    ) -> None:
        """Read the tables of the plan.

        Args:
            plan: The plan of the document's export type and date.
            warehouse: Where the tables are.
            export: The export type.
            path: The path of the document.
            player: The player of the document; empty for a document of a date or season.
            shown: Where the document is published: it decides what a pause leaves of its picks. None knows no pause.
        """
        self.plan, self.export, self.path, self.player = plan, export, path, player
        self._shown = shown
        total = count_of(plan)
        scanned = read_all(warehouse, [scan for scan in plan.scans if scan.table not in plan.broken], total)
        self.scan_counts = total.scan_counts(plan.config.champion_system_id)
        by_table: dict[str, list[pa.RecordBatch]] = {}
        for found in scanned:
            by_table.setdefault(found.table, []).append(found.batch)
        joined = {table: pa.concat_batches(alike(batches)) for table, batches in by_table.items()}
        joined.pop(PLAYER_ALIASES.name, None)
        self._tallies: dict[str, Count] = {}
        self._stored = joined
        self.rows = {
            table: with_player_ids(TableBatch(table, batch), self.scan_counts.aliases).batch
            for table, batch in joined.items()
            if table in plan.built_from
        }
        self._leagues = ProcessLeague()

    @property
    def failures(self) -> list[Failure]:
        """What could not be built from the rows as they are."""
        return self._base.failures

    @property
    def document(self) -> Document | None:
        """The document of the rows as they are; None when there is none."""
        return self._base.document

    @cached_property
    def players(self) -> tuple[str, ...]:
        """The players whose rows the document may be made of."""
        if self.export.grain is Grain.PLAYER:
            return (self.player,)
        return tuple(sorted({player for owners in self._owners.values() for player in owners}))

    def positions(self, table: str, players: Iterable[str] | None = None) -> np.ndarray[Any, Any]:
        """Return the positions of a table's rows, of some players or of all of the document."""
        if table_named(table).player is None:
            return np.arange(self.rows[table].num_rows)
        owners = self._owners[table]
        wanted = self.players if players is None else players
        return np.concatenate([np.array([], np.int64), *(owners[player] for player in wanted if player in owners)])

    def value(self, changes: Changes = NO_CHANGE, without: frozenset[str] = frozenset()) -> Json | None:
        """Return the document that other rows give; None when they give none.

        Args:
            changes: The rows that are gone or have other values.
            without: Players of whom every row is gone.
        """
        document = self._make(changes, without).document
        return None if document is None else orjson.loads(document.content)

    @cached_property
    def _base(self) -> _Made:
        if self.export.grain is Grain.PLAYER:
            return self._swept(NO_CHANGE, (self.player,), self.scan_counts)
        made = self._swept(NO_CHANGE, self.players, self.scan_counts)
        return self._built(made, NO_CHANGE, self.scan_counts, None)

    @cached_property
    def _owners(self) -> dict[str, dict[str, np.ndarray[Any, Any]]]:
        """The positions of each player's rows, by table."""
        found = {}
        for table, batch in self.rows.items():
            column = table_named(table).player
            if column is None:
                continue
            encoded = batch.column(column).dictionary_encode()
            codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            order = np.argsort(codes, kind="stable")
            starts = np.searchsorted(codes[order], np.arange(len(encoded.dictionary) + 1))
            names = encoded.dictionary.to_pylist()
            found[table] = {name: order[starts[i] : starts[i + 1]] for i, name in enumerate(names)}
        return found

    def _make(self, changes: Changes, without: frozenset[str]) -> _Made:
        counts = self._recounted(changes)
        owners = {player for table in changes for player in self._touched(table, changes[table])}
        if self.export.grain is Grain.PLAYER:
            return _Made({}) if self.player in without else self._swept(changes, (self.player,), counts)
        is_whole = counts != self.scan_counts or any(table_named(table).player is None for table in changes)
        again = tuple(self.players) if is_whole else tuple(sorted(owners))
        swept = self._swept(changes, again, counts)
        cards = _merged(self._base.cards, swept.cards, gone={*again, *without})
        return self._built(_Made(cards, failures=swept.failures), changes, counts, None if is_whole else self._base)

    def _touched(self, table: str, rows: Iterable[int]) -> set[str]:
        column = table_named(table).player
        if column is None:
            return set()
        return set(self.rows[table].column(column).take(pa.array(list(rows), pa.int64())).to_pylist()) - {None}

    def _swept(self, changes: Changes, players: Iterable[str], counts: ScanCounts) -> _Made:
        """Return the cards of some players, or the document of the only one."""
        batches = [
            TableBatch(table, self._altered(table, changes, self.positions(table, players)))
            for table in self.rows
            if table_named(table).player is not None or table in self.plan.shared_tables
        ]
        made = _Made({Grain.SLATE: {}, Grain.SEASON: {}})
        for night in sweep_histories(self.plan, counts, batches, self._leagues):
            made.failures.extend(night.failures)
            for grain, found in ((Grain.SLATE, night.slate_cards), (Grain.SEASON, night.season_cards)):
                for export, cards in found.cards.items():
                    made.cards[grain].setdefault(night.day, {}).setdefault(export, {}).update(cards)
            for document in night.documents.documents:
                if document.path == self.path and made.document is None:
                    made.document = document
        return made

    def _built(self, made: _Made, changes: Changes, counts: ScanCounts, base: _Made | None) -> _Made:
        """Add the document of some cards; what equals that of the rows as they are is taken from there."""
        if base is not None and made.cards == base.cards:
            return base
        league = [
            TableBatch(table, self._altered(table, changes, self.positions(table)))
            for table in self.rows
            if table_named(table).player is None
        ]
        plan = self.plan
        slates = batches_by_date(plan, league, Grain.SLATE)
        rows: dict[date, dict[date, dict[str, Any]]] = {}
        for day in sorted({day for export in plan.exports for day in plan.slate_dates(export)}):
            cards = made.cards[Grain.SLATE].get(day, {})
            if base is not None and day in base.season_rows and cards == base.cards[Grain.SLATE].get(day, {}):
                made.season_rows[day] = base.season_rows[day]
            else:
                slate = build_slate(plan, counts, day, _batches(cards), slates[day])
                self._keep(made, self._paused(day, counts, slate.documents), slate.failures)
                made.season_rows[day] = {"made": dict(rows_by_as_of_date(plan, slate))}
            for as_of, row in made.season_rows[day]["made"].items():
                rows.setdefault(as_of, {})[day] = row
        seasons = batches_by_date(plan, league, Grain.SEASON)
        for day in sorted({day for export in plan.exports for day in plan.season_dates(export)}):
            season = build_season(
                plan, counts, day, _batches(made.cards[Grain.SEASON].get(day, {})), seasons[day], rows.get(day, {})
            )
            self._keep(made, season.documents.documents, season.failures)
        return made

    def _paused(self, day: date, counts: ScanCounts, batch: DocumentBatch) -> list[Document]:
        if self._shown is None:
            return batch.documents
        reported = self.plan.reporting_date(day)
        return pause_documents(self.plan, self._shown, counts, reported, Shown(), batch).documents

    def _keep(self, made: _Made, documents: Iterable[Document], failures: Iterable[Failure]) -> None:
        made.failures.extend(failures)
        made.document = next((found for found in documents if found.path == self.path), made.document)

    def _altered(self, table: str, changes: Changes, positions: np.ndarray[Any, Any]) -> pa.RecordBatch:
        return _with_changes(self.rows[table], changes.get(table, {}), positions)

    def _recounted(self, changes: Changes) -> ScanCounts:
        """Return the counts of changed rows: those of the rows as they are, but for what documents show of them.

        The gates stay as they are: the document went out, and whether it would with other rows is not what is asked.
        """
        if not changes.keys() & _COUNTED:
            return self.scan_counts
        total = Count()
        for table, rows in self._stored.items():
            if table in _COUNTED:
                total.merge(self._tallied(table, changes.get(table, {}), rows))
        found, base = total.scan_counts(), self.scan_counts
        systems = {
            key: replace(count, model_version=found.systems[key].model_version) if key in found.systems else count
            for key, count in base.systems.items()
        }
        days = base.days
        if self.export.outlives_forecasts:
            days = {
                day: count
                if found.on(day).forecasts_gone == count.forecasts_gone
                else replace(count, grades=found.on(day).grades, active_predictions=found.on(day).active_predictions)
                for day, count in base.days.items()
            }
        return base if (systems, days) == (base.systems, base.days) else replace(base, systems=systems, days=days)

    def _tallied(self, table: str, changes: Mapping[int, Mapping[str, Any] | None], rows: pa.RecordBatch) -> Count:
        """Return the counts of a table, without its rosters."""
        if not changes and table in self._tallies:
            return self._tallies[table]
        count = Count()
        count.add(TableBatch(table, _with_changes(rows, changes, np.arange(rows.num_rows))))
        count.players = RosterCounts()
        if not changes:
            self._tallies[table] = count
        return count


def _with_changes(
    rows: pa.RecordBatch, changes: Mapping[int, Mapping[str, Any] | None], positions: np.ndarray[Any, Any]
) -> pa.RecordBatch:
    """Return the rows of some positions after changes; rows with other values come last."""
    if changes:
        positions = positions[~np.isin(positions, list(changes))]
    kept = rows.take(pa.array(positions))
    altered = [_altered_row(rows.slice(at, 1), values) for at, values in changes.items() if values is not None]
    return pa.concat_batches([kept, *altered]) if altered else kept


def _altered_row(row: pa.RecordBatch, values: Mapping[str, Any]) -> pa.RecordBatch:
    for name, value in values.items():
        place = row.schema.get_field_index(name)
        row = row.set_column(place, row.schema.field(name), pa.array([value], row.schema.field(name).type))
    return row


def _merged(base: Cards, mine: Cards, gone: set[str]) -> Cards:
    """Return the cards of the base without some players, and the new cards of these."""
    merged: Cards = {}
    for grain in (Grain.SLATE, Grain.SEASON):
        merged[grain] = {}
        for day in base[grain].keys() | mine[grain].keys():
            old, new = base[grain].get(day, {}), mine[grain].get(day, {})
            found = {
                export: {
                    **{player: card for player, card in old.get(export, {}).items() if player not in gone},
                    **new.get(export, {}),
                }
                for export in old.keys() | new.keys()
            }
            merged[grain][day] = {export: cards for export, cards in found.items() if cards}
        merged[grain] = {day: cards for day, cards in merged[grain].items() if cards}
    return merged


def _batches(cards: Mapping[str, Mapping[str, Any]]) -> list[CardBatch]:
    return [CardBatch(cards={export: list(found.items()) for export, found in cards.items()})]
