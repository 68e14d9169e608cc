"""The player stage: each player's history is sorted once, and the documents of every date are built from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from exporters.declaration import Export, Grain
from exporters.league.forecasts.readiness import ScanCounts, reads_of, verdict
from exporters.league.nights.history import PlayerHistory
from exporters.league.nights.night import PlayerNight
from exporters.league.players.identity import is_player_lookup
from exporters.warehouse.tables import TABLES
from transforms.elements.document import Document, make_document
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
    yield from _reports(plan, failures, defects)
    settled: set[str] = set()
    for day, exports in reversed(list(plan.exports_by_date.items())):
        made = NightBatch(day)
        ready = [(export, verdict(export, day, scan_counts, plan.config)) for export in exports]
        nights = [PlayerNight(history, league, day, plan.run.generated_at) for history in histories]
        for export, found in ready:
            if found.builds:
                started = time.perf_counter()
                for night in nights:
                    _make(made, plan, export, night, defective.get(night.player, ()), settled)
                made.documents.milliseconds[export.name] = 1000 * (time.perf_counter() - started)
        if made.documents.documents or made.slate_cards.cards or made.season_cards.cards or made.failures:
            yield made


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
    system = plan.config.champion_system_id
    return [PlayerHistory(player, by_player[player], system) for player in sorted(by_player)], failures


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


def _make(
    made: NightBatch, plan: Plan, export: Export, night: PlayerNight, defects: Sequence[Defect], settled: set[str]
) -> None:
    """Build the document or card of one export for one player's night; an error costs that player only.

    Args:
        made: Receives the outputs.
        plan: The plan.
        export: The export.
        night: The player's night.
        defects: The player's unusable rows.
        settled: Paths without a date that a newer date has filled, or failed to fill; grows.
    """
    function = export.build if export.grain is Grain.PLAYER else export.make_card
    if function is None or export.lists is not None:
        return
    is_fixed = export.grain is Grain.PLAYER and "{date}" not in export.path
    path = export.path_of(night.date, night.player) if is_fixed else ""
    if path in settled:
        return
    try:
        value = function(night)
        concerning = [defect for defect in defects if _concerns(defect, export, night.date)]
        # A player who is not shown may be missing because of a row of the date itself. A document that is about no date
        # may be missing because of any row.
        if concerning and (value is not None or is_fixed or any(defect.day == night.date for defect in concerning)):
            raise ValueError(min(defect.message for defect in concerning))
        if value is None:
            return
        if export.grain is Grain.PLAYER:
            listed = [(other.name, other.make_card(night)) for other in plan.lists_of(export) if other.make_card]
            made.documents.documents.append(
                make_document(
                    export,
                    value,
                    night.date,
                    plan.run.generated_at,
                    settled=night.league.scan_counts.on(night.date).settled,
                    key=night.player,
                    validate=plan.validate,
                )
            )
            for name, card in listed:
                made.season_cards.cards.setdefault(name, []).append((night.player, card))
        else:
            to_slate = export.grain is Grain.SLATE or export.make_row is not None
            batch = made.slate_cards if to_slate else made.season_cards
            batch.cards.setdefault(export.name, []).append((night.player, value))
    except Exception as error:
        made.failures.append(failure_from("SweepHistories", export.name, night.player, error, f"date {night.date}"))
    if path:
        settled.add(path)


def _concerns(defect: Defect, export: Export, day: date) -> bool:
    """Whether an export of ``day`` reads the row of a defect."""
    return any(
        read.table.name == defect.table
        and (defect.day is None or read.window.first(day) <= defect.day <= read.window.last(day))
        for read in reads_of(export)
    )
