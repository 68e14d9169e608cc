"""Runs of a league in which one value is broken, and the judgement of what they published.

A document's dependence is not taken from the code that builds it: it is known from the table and the player whose row
is broken, and from the documents of a league that lacks the row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exporters.declaration import Export, Grain
from exporters.league.forecasts.readiness import reads_of
from exporters.registry import exports
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import SUBSET_DEFINITIONS, SUBSET_VERSIONS
from pipeline.execution.in_process import run_in_process
from tests.support.broken_values import EASY_GATES, GAMES, PLAYED, PLAYERS, Fault, Promise, tables
from tests.support.live_feed import game_box, player_line
from tests.support.matchers import documents, manifest_of
from tests.support.plans import plan_of
from tests.support.rows import TONIGHT
from tests.support.stores import MemoryStore
from tests.support.warehouses import write_parquet
from transforms.elements.plan import Plan
from transforms.elements.tables import TableScan
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.stores.protocol import Store

DATES = tuple(PLAYED + timedelta(days=n) for n in range((TONIGHT - PLAYED).days + 1))
_PATTERNS = {"date": r"\d{4}-\d\d-\d\d", "player": r"[a-z0-9]{1,80}", "season": r"\d{4}-\d\d"}


_OF_ALL_PLAYERS = frozenset({SUBSET_DEFINITIONS.name, SUBSET_VERSIONS.name})
"""Tables whose one row decides about the picks of all players."""
_ELSEWHERE = tuple(player for player, team in PLAYERS.items() if team not in GAMES[0])
"""The players of the game that no broken row of a league-wide table is about."""


_LONGEST_MANIFEST = 200_000
"""Characters; a value may be fifty times as long."""


@dataclass(frozen=True)
class Night:
    """What a run published.

    Attributes:
        documents: Every document and pointer.
        manifests: The manifest of each date.
    """

    documents: Mapping[str, bytes]
    manifests: tuple[Mapping[str, Any], ...]

    @property
    def skipped(self) -> list[Mapping[str, Any]]:
        """The entries of all skipped rows."""
        return [entry for manifest in self.manifests for entry in manifest["skipped_rows"]]

    @property
    def is_whole(self) -> bool:
        """Whether every date is a success."""
        return all(manifest["status"] == "success" for manifest in self.manifests)

    def failed(self, export: str) -> set[str]:
        """Return the keys of what an export type lacks, and whatever all of them lack."""
        found: set[str] = set()
        for manifest in self.manifests:
            found.update(failure["key"] for failure in manifest["failures"])
            section = manifest["exports"].get(export)
            if section is not None:
                found.update(failure["key"] for failure in section["failures"])
                found.update(section["missing"])
        return found

    def named(self, export: Export) -> set[str]:
        """Return the keys of what an export type lacks, of its own or of the type whose documents it lists."""
        return self.failed(export.name) | (self.failed(export.lists.name) if export.lists is not None else set())

    def is_held(self, export: str) -> bool:
        """Whether an export type is failed or withheld on a date, for a named reason."""
        sections = [found for manifest in self.manifests if (found := manifest["exports"].get(export)) is not None]
        return any(section["state"] != "ready" and section["reason"] for section in sections)


def request_of(*types: str, shards: int = 2) -> Plan:
    """Return the plan of the dates of the league."""
    now = f"{TONIGHT}T23:00:00Z"
    return plan_of(*types, first=PLAYED, last=TONIGHT, config=EASY_GATES, generated_at=now, shards=shards)


def night_of(store: Store) -> Night:
    """Return what a store holds of all dates."""
    return Night(documents(store), tuple(manifest_of(store, day) for day in DATES))


@dataclass(frozen=True)
class BoxScores:
    """A live feed of tonight's games, in which nobody has played yet."""

    def fetch(self) -> Any:
        """Return the games."""
        games = [
            game_box(str(TONIGHT), (home, [player_line(237, "A B", 3)]), (away, [player_line(238, "C D", 5)]))
            for home, away in GAMES
        ]
        return {"data": games}


class Leagues:
    """Leagues on disk that differ from the clean one in a table.

    Attributes:
        root: The folder of their warehouse; its files are the clean ones, but for the table of the moment.
    """

    def __init__(self, root: Path) -> None:
        """Write the clean league."""
        self.root = root
        self.warehouse = LiveWarehouse(write_parquet(root, tables()), BoxScores())
        self._clean: Night | None = None
        self._without: dict[tuple[str, tuple[str, ...], int], Night] = {}

    def run(self, changes: Mapping[Table[Any], pa.Table], *types: str) -> Night:
        """Export some types from the league in which tables are replaced."""
        store = MemoryStore()
        self.replace(changes)
        try:
            run_in_process(request_of(*types), self.warehouse, store)
        finally:
            self.replace({table: tables()[table] for table in changes})
        return night_of(store)

    def replace(self, changes: Mapping[Table[Any], pa.Table]) -> None:
        """Write tables."""
        for table, rows in changes.items():
            pq.write_table(rows, self.path(table))

    def path(self, table: Table[Any]) -> Path:
        """Return the file of a table."""
        return self.root.joinpath(*table.name.split(".")).with_suffix(".parquet")

    def clean(self) -> Night:
        """Return the nights without a fault; every type."""
        if self._clean is None:
            self._clean = self.run({}, *exports())
            assert self._clean.skipped == []
        return self._clean

    def without(self, table: Table[Any], at: int, *types: str) -> Night:
        """Return the nights of the league that lacks a row."""
        key = (table.name, types, at)
        if key not in self._without:
            rows = tables()[table]
            rest = pa.concat_tables([rows.slice(0, at), rows.slice(at + 1)])
            self._without[key] = self.run({table: rest}, *types)
        return self._without[key]


@cache
def export_of(path: str) -> Export:
    """Return the export type whose document a path is."""
    for export in exports().values():
        for pattern in (export.path, *(pointer.path for pointer in export.pointers)):
            if re.fullmatch(re.sub(r"\{(\w+)\}", lambda field: _PATTERNS[field[1]], pattern), path):
                return export
    raise AssertionError(f"{path} is of no export type")


def readers_of(table: Table[Any]) -> tuple[str, ...]:
    """Return the export types that read a table, or are gated by it."""
    return tuple(
        name for name, export in exports().items() if any(read.table.name == table.name for read in reads_of(export))
    )


@cache
def scans_of(table: Table[Any]) -> tuple[TableScan, ...]:
    """Return how a run of every type reads a table."""
    return tuple(scan for scan in request_of(*exports()).scans if scan.table == table.name)


def columns_read(table: Table[Any]) -> set[str]:
    """Return the columns of a table that a run of every type reads."""
    return {name for scan in scans_of(table) for name in scan.columns}


def is_unread(table: Table[Any], column: str, fault: Fault) -> bool:
    """Whether storage leaves the broken row out, as one of no date that is read, or of a kind that is not.

    A null lies in no range, and equals nothing. Where a filter picks rows by a REQUIRED column, it is read and named.
    """
    if any(column in scan.equals for scan in scans_of(table)):
        return fault.name == "huge" or (fault.name == "null" and table.columns[column].mode != "REQUIRED")
    in_dates = column == table.partition and any(scan.first is not None for scan in scans_of(table))
    return in_dates and fault.name in ("null", "before all", "far seconds")


def is_undated(table: Table[Any], column: str, fault: Fault) -> bool:
    """Whether the broken row is of no date: it is named, and nothing depends on it."""
    return column == table.partition and fault.name == "null" and table.columns[column].mode == "REQUIRED"


def problems(
    table: Table[Any], column: str, fault: Fault, found: Night, clean: Night, without: Night, types: tuple[str, ...]
) -> list[str]:
    """Return what a run owes and did not do, one line each.

    Args:
        table: The table.
        column: The column.
        fault: What is wrong with its value in one row, the first of the table.
        found: What was published from it, of some types.
        clean: What is published without a fault.
        without: What is published without the row.
        types: The requested types.
    """
    wanted = {path: held for path, held in clean.documents.items() if export_of(path).name in types}
    rows = tables()[table]
    victim = rows.column(table.player)[0].as_py() if table.player else None
    lines: list[str] = []
    for path, held in wanted.items():
        if found.documents.get(path) == held:
            continue
        export = export_of(path)
        reads = table.name in {read.table.name for read in reads_of(export)}
        if not reads:
            lines.append(f"{path} differs, and does not read the table")
        elif fault.promise is Promise.SAME:
            lines.append(f"{path} differs")
        elif is_unread(table, column, fault):
            if found.documents.get(path) != without.documents.get(path):
                lines.append(f"{path} is not as without the row, which is not read")
        elif found.is_whole and fault.promise in (Promise.SKIPPED, Promise.TABLE):
            lines.append(f"{path} differs, and the run is a success")
        elif path not in found.documents:
            lines.extend(_missing(path, fault, found, without, export, victim))
        elif fault.promise is Promise.TABLE:
            lines.append(f"{path} is published from a broken table")
        elif victim is not None:
            lines.extend(_changed(path, held, fault, found, without, export, victim))
        elif fault.promise is Promise.SKIPPED and found.documents[path] != without.documents.get(path):
            lines.append(f"{path} is neither as without the fault, nor as without the row")
        elif table.name not in _OF_ALL_PLAYERS:
            lines.extend(_lost(path, held, found, _ELSEWHERE))
    if fault.promise is Promise.SAME and not found.is_whole:
        lines.append(f"no success: {[manifest['status'] for manifest in found.manifests]}")
    if any(len(str(manifest)) > _LONGEST_MANIFEST for manifest in found.manifests):
        lines.append("a manifest repeats the value")
    if fault.promise is Promise.SKIPPED:
        lines.extend(_naming(table, column, fault, found, without))
    elif fault.promise is Promise.TABLE:
        named = [manifest["broken_tables"].get(table.name, "") for manifest in found.manifests]
        if not all(f"column {column} of" in line for line in named):
            lines.append(f"the broken table is not named: {named}")
    return lines


def _missing(path: str, fault: Fault, found: Night, without: Night, export: Export, victim: str | None) -> list[str]:
    """Return whether a document is missing without a word, or for no reason."""
    named = found.named(export)
    if found.is_held(export.name):
        # One row decides neither gate nor table.
        return [] if fault.promise is Promise.TABLE else [f"{path} is held back with its whole type"]
    if export.grain is Grain.PLAYER and victim is not None and f"/{victim}" not in path:
        return [f"{path} is missing, and is another player's"]
    if path in named or (victim in named and export.grain is Grain.PLAYER):
        return []
    if path not in without.documents:
        return []
    return [f"{path} is missing without a word: {sorted(named)}"]


def _changed(
    path: str, held: bytes, fault: Fault, found: Night, without: Night, export: Export, victim: str
) -> list[str]:
    """Return whether a document differs for no reason, or lacks others than the player whose row is broken."""
    now = found.documents[path]
    if export.grain is Grain.PLAYER:
        if f"/{victim}" not in path:
            return [f"{path} differs, and is another player's"]
        if fault.promise is Promise.SKIPPED and now != without.documents.get(path):
            return [f"{path} is neither as without the fault, nor as without the row"]
        return []
    if lost := _lost(path, held, found, [player for player in PLAYERS if player != victim]):
        return lost
    if fault.promise is Promise.SKIPPED and now != without.documents.get(path) and victim not in found.named(export):
        return [f"{path} is neither as without the fault, nor as without the row, and nobody is named"]
    return []


def _lost(path: str, held: bytes, found: Night, players: Iterable[str]) -> list[str]:
    """Return whether a document tells less of some players."""
    now = found.documents[path]
    lost = [player for player in players if held.count(player.encode()) > now.count(player.encode())]
    return [f"{path} lost {', '.join(lost)}"] if lost else []


def _naming(table: Table[Any], column: str, fault: Fault, found: Night, without: Night) -> list[str]:
    if is_unread(table, column, fault) and not is_undated(table, column, fault):
        return []
    named = [entry for entry in found.skipped if (entry["table"], entry["column"]) == (table.name, column)]
    if not named:
        return [f"the row is not named: {found.skipped}"]
    lines = [f"{len(named)} entries: {named}"] if len(named) > len(found.manifests) else []
    for entry in named:
        if entry["rows"] != 1 or not entry["value"] or len(entry["value"]) > 100:
            lines.append(f"the entry is wrong: {entry}")
    return lines
