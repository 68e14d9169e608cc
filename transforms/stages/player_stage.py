"""The player stage: each player's history is sorted once, and the documents of every date are built from it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import orjson

from exporters.config import LeagueCalendar
from exporters.declaration import Export, Grain, Json
from exporters.league.forecasts.readiness import ScanCounts, reads_of
from exporters.league.nights.history import PlayerHistory
from exporters.league.nights.night import PlayerNight
from exporters.league.players.identity import is_player_lookup
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import TABLES
from transforms.elements.document import STRICT_JSON, Document, make_document
from transforms.elements.failure import Failure, SkippedRows, failure_from, shortened
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.reading.decoding import Defect, decode_all, rows_by_player
from transforms.stages.leagues import ProcessLeague, decode_league

_TABLES = {table.name: table for table in TABLES}


@dataclass
class CardBatch:
    """The cards that one shard made for one date.

    Attributes:
        cards: Export name to (player, card) pairs.
    """

    cards: dict[str, list[tuple[str, Any]]] = field(default_factory=dict)

    def encoded(self) -> bytes:
        """Return the cards, which are JSON values, as JSON."""
        return orjson.dumps(self.cards, option=STRICT_JSON)

    @classmethod
    def decoded(cls, content: bytes) -> CardBatch:
        """Return the batch that :meth:`encoded` made bytes of."""
        return cls({export: list(map(tuple, cards)) for export, cards in orjson.loads(content).items()})


@dataclass
class DocumentBatch:
    """Documents of one date that were built together.

    Attributes:
        documents: The documents.
        milliseconds: Time that building took, by export name.
    """

    documents: list[Document] = field(default_factory=list)
    milliseconds: dict[str, float] = field(default_factory=dict)


@dataclass
class NightBatch:
    """The outputs of one shard for one date."""

    day: date
    documents: DocumentBatch = field(default_factory=DocumentBatch)
    slate_cards: CardBatch = field(default_factory=CardBatch)
    season_cards: CardBatch = field(default_factory=CardBatch)
    failures: list[Failure] = field(default_factory=list)


def sweep_histories(
    plan: Plan, scan_counts: ScanCounts, batches: Iterable[TableBatch], shared: ProcessLeague | None = None
) -> Iterator[NightBatch]:
    """Build the documents and cards of some players, date by date.

    Args:
        plan: The plan.
        scan_counts: The scan_counts of the whole scan.
        batches: All rows of these players, and the league-wide tables that player functions read.
        shared: Caches the league for the other shards of the run; None decodes it for this sweep alone.

    Yields:
        One batch per date, newest first, so that the document of a path without a date is that of the newest date which
        has one; empty dates are left out.
    """
    owned: list[TableBatch] = []
    league_wide: list[TableBatch] = []
    for scanned in batches:
        (league_wide if _TABLES[scanned.table].player is None else owned).append(scanned)
    rows, defects = decode_all(owned)
    decoded = (decode_league if shared is None else shared.get)(plan, scan_counts, league_wide)
    league, defects = decoded.league, [*defects, *decoded.defects]
    histories, failures = _histories(plan, rows, defects)
    defective = _defects_by_player(defects)
    appearances = _Appearances(histories, defective)
    yield from _reports(plan, failures, defects)
    settled: set[str] = set()
    for day, exports in reversed(list(plan.exports_by_date.items())):
        made = NightBatch(day)
        nights: dict[int, PlayerNight] = {}
        for export in exports:
            if decoded.verdicts.on(export, day).builds:
                started = time.perf_counter()
                maker = _NightMaker(made, plan, export, settled)
                positions = () if maker.function is None else appearances.on(export, day)
                for i in positions:
                    if i not in nights:
                        nights[i] = PlayerNight(histories[i], league, day, plan.run.generated_at)
                maker.make_all((nights[i], defective.get(nights[i].player, ())) for i in positions)
                made.documents.milliseconds[export.name] = 1000 * (time.perf_counter() - started)
        if made.documents.documents or made.slate_cards.cards or made.season_cards.cards or made.failures:
            yield made


class _Appearances:
    """Which of some players an export may show on a date."""

    def __init__(self, histories: Sequence[PlayerHistory], defective: Container[str]) -> None:
        """Keep the players, by position; those with unusable rows may be shown, or fail, on any date."""
        self._histories = histories
        self._defective = {i for i, history in enumerate(histories) if history.player in defective}
        self._by_table: dict[str, dict[date | None, list[int]]] = {}

    def on(self, export: Export, day: date) -> Sequence[int]:
        """Return the positions of the players whom an export may show on a date, ascending."""
        if not export.appears_in:
            return range(len(self._histories))
        found = [self._of(table).get(day, ()) for table in export.appears_in]
        if len(found) == 1 and not self._defective:
            return found[0]
        return sorted(self._defective.union(*found))

    def _of(self, table: Table[Any]) -> dict[date | None, list[int]]:
        """Return the positions of the players of whom a table holds a row, by date."""
        if table.name not in self._by_table:
            by_day: dict[date | None, list[int]] = defaultdict(list)
            for i, history in enumerate(self._histories):
                for day in history.days(table):
                    by_day[day].append(i)
            self._by_table[table.name] = by_day
        return self._by_table[table.name]


def _histories(
    plan: Plan, rows: dict[str, list[Any]], defects: Sequence[Defect]
) -> tuple[list[PlayerHistory], list[Failure]]:
    """Return the players in order, and a failure for each id that may not be part of a path."""
    by_player: dict[str, dict[str, list[Any]]] = {}
    for table, found in rows.items():
        for player, owned in rows_by_player(_TABLES[table], found).items():
            by_player.setdefault(player, {})[table] = owned
    failures = []
    for defect in defects:
        if defect.player is not None:
            by_player.setdefault(defect.player, {}).setdefault(defect.table, [])
    for player in sorted(by_player):
        if not is_player_lookup(player):
            tables, shown = ", ".join(sorted(by_player.pop(player))), shortened(player)
            failures.append(
                Failure(
                    "SweepHistories",
                    "",
                    shown,
                    f"ValueError: player_lookup {shown!r} in {tables} is not lower-case letters and digits; "
                    "correct it in the warehouse",
                )
            )
    return [PlayerHistory(player, by_player[player], plan.config) for player in sorted(by_player)], failures


def _reports(plan: Plan, failures: Sequence[Failure], defects: Iterable[Defect]) -> Iterator[NightBatch]:
    """Yield the unusable rows, under the date whose manifest lists them."""
    by_day: dict[date, list[Failure]] = {plan.dates[-1]: list(failures)}
    for defect in defects:
        by_day.setdefault(plan.reporting_date(defect.day or plan.dates[-1]), []).append(skipped_rows(defect))
    for day, found in by_day.items():
        if found:
            yield NightBatch(day, failures=found)


def skipped_rows(defect: Defect) -> SkippedRows:
    """Return the report of unusable rows; the same in every shard and stage."""
    return SkippedRows(
        "DecodeRows",
        "",
        defect.table,
        f"ValueError: {defect.message}",
        column=defect.column,
        player=shortened(defect.player or ""),
        day="" if defect.day is None else defect.day.isoformat(),
        row=defect.key,
        value=defect.value,
        rows=defect.rows,
    )


def _defects_by_player(defects: Sequence[Defect]) -> dict[str, list[Defect]]:
    found: dict[str, list[Defect]] = {}
    for defect in defects:
        if defect.player is not None:
            found.setdefault(defect.player, []).append(defect)
    return found


class _NightMaker:
    """Builds the documents or cards of one export for players' nights of one date."""

    def __init__(self, made: NightBatch, plan: Plan, export: Export, settled: set[str]) -> None:
        """Bind an export to a date.

        Args:
            made: Receives the outputs.
            plan: The plan.
            export: The export.
            settled: Paths without a date that a newer date has filled, or failed to fill; grows.
        """
        is_of_player = export.grain is Grain.PLAYER
        found = export.build if is_of_player else export.make_card
        self.function = found if export.lists is None else None
        self._made, self._plan, self._export, self._settled = made, plan, export, settled
        self._is_fixed = is_of_player and "{date}" not in export.path
        self._lists = plan.lists_of(export) if is_of_player else ()
        to_slate = export.grain is Grain.SLATE or export.make_row is not None
        self._cards = made.slate_cards if to_slate else made.season_cards
        self._is_of_player = is_of_player

    def make_all(self, nights: Iterable[tuple[PlayerNight, Sequence[Defect]]]) -> None:
        """Build the documents or cards of players' nights; an error costs its player only.

        Args:
            nights: Each night with the player's unusable rows.
        """
        function, add = self.function, self._add_document if self._is_of_player else self._add_card
        if function is None:
            return
        for night, defects in nights:
            if self._is_fixed:
                path = self._export.path_of(night.date, night.player, calendar=night.config.calendar)
                if path in self._settled:
                    continue
            try:
                value = function(night)
                if defects:
                    self._require_whole(value, night.date, defects)
                if value is None:
                    continue
                add(night, value)
            except Exception as error:
                self._made.failures.append(
                    failure_from("SweepHistories", self._export.name, night.player, error, f"date {night.date}")
                )
            if self._is_fixed:
                self._settled.add(path)

    def _require_whole(self, value: Any, day: date, defects: Sequence[Defect]) -> None:
        concerning = [defect for defect in defects if _concerns(defect, self._export, day, self._plan.config.calendar)]
        # A player who is not shown may be missing because of a row of the date itself. A document that is about no date
        # may be missing because of any row.
        if concerning and (value is not None or self._is_fixed or any(defect.day == day for defect in concerning)):
            raise ValueError(min(defect.message for defect in concerning))

    def _add_card(self, night: PlayerNight, value: Any) -> None:
        self._cards.cards.setdefault(self._export.name, []).append((night.player, value))

    def _add_document(self, night: PlayerNight, value: Json) -> None:
        listed = [(other.name, other.make_card(night)) for other in self._lists if other.make_card]
        self._made.documents.documents.append(
            make_document(
                self._export,
                value,
                night.date,
                self._plan.run.generated_at,
                settled=night.league.scan_counts.on(night.date).settled,
                key=night.player,
                validate=self._plan.validate,
                calendar=night.config.calendar,
            )
        )
        for name, card in listed:
            self._made.season_cards.cards.setdefault(name, []).append((night.player, card))


def _concerns(defect: Defect, export: Export, day: date, calendar: LeagueCalendar) -> bool:
    """Whether an export of ``day`` reads the row of a defect."""
    return any(
        read.table.name == defect.table
        and (defect.day is None or read.window.first(day, calendar) <= defect.day <= read.window.last(day))
        for read in reads_of(export)
    )
