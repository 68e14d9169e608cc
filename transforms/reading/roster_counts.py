"""Counting players while tables are read: the rosters of each date, a column at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from exporters.league.forecasts.forecasts import ModelVersions
from exporters.league.forecasts.rosters import (
    CACHE,
    EXPECTED,
    FATIGUE,
    FEATURE,
    GRADED,
    LINED,
    OUT,
    PLAYED,
    PREDICTED,
    READS,
    READY,
    ZONES,
    Rosters,
    Unusable,
    UnusableKind,
)
from exporters.league.players.identity import is_player_lookup
from transforms.elements.tables import TableBatch
from transforms.reading.decoding import Defect, defects_of

_WITHDRAWN = "withdrawn"
_DAY, _PLAYER = "day", "player"
_BY_TABLE: Mapping[str, tuple[str, ...]] = {
    read.table.name: tuple(name for name, other in READS.items() if other.table is read.table)
    for read in READS.values()
}
_MOST_TEXT = 100
"""Longest kept reason for the withdrawal of a forecast."""
_SYSTEM, _VERSION, _LINED, _REASON = "system", "version", "lined", "reason"
_REPORTED = (("report_date", pa.int32()), ("report_hour", pa.int64()), ("processed_at", pa.int64()))
"""The columns that order the reports of a game, and their numeric form; unknown values count as the oldest."""
_OUT = "out"
"""A status of the injury report, in lower case, and the column that marks reports with it."""


@dataclass
class RosterCounts:
    """Players that were read so far. Partial counts add up in any order.

    Attributes:
        first: The first date that matters; None for any.
        last: The last one; None for any.
        seen: Roster name to its rows: a date, a player, and the columns that decide whether the player is on it.
        unusable: Unusable rows.
    """

    first: date | None = None
    last: date | None = None
    seen: dict[str, list[pa.RecordBatch]] = field(default_factory=dict)
    unusable: dict[UnusableKind, Unusable] = field(default_factory=dict)

    def add(self, scanned: TableBatch) -> None:
        """Count the rows of a batch from which a roster is made, if it has the columns."""
        names = _BY_TABLE.get(scanned.table, ())
        if names:
            self.add_unusable(defects_of(scanned))
        for name in names:
            read, present = READS[name], set(scanned.batch.schema.names)
            # A scan for another purpose may lack these columns.
            if not set(read.columns) <= present:
                continue
            rows = self._inside(scanned.batch, read.table.partition or "")
            for roster, found in _ROWS[name](rows).items():
                self.seen.setdefault(roster, []).append(found)

    def _inside(self, batch: pa.RecordBatch, partition: str) -> pa.RecordBatch:
        """Return the rows of the dates that matter; the date of a report is not that of its game."""
        day = batch.column("game_date" if "game_date" in batch.schema.names else partition).cast(pa.date32())
        inside = pc.is_valid(day)
        if self.first is not None and self.last is not None:
            after = pc.greater_equal(day, pa.scalar(self.first, pa.date32()))
            inside = pc.and_(inside, pc.and_(after, pc.less_equal(day, pa.scalar(self.last, pa.date32()))))
        rows = pa.RecordBatch.from_arrays([day, *batch.columns], [_DAY, *batch.schema.names])
        return rows if inside.true_count == rows.num_rows else rows.filter(inside)

    def add_unusable(self, defects: Iterable[Defect]) -> None:
        """Count rows that are named, because they cannot be used."""
        for defect in defects:
            place = (defect.player or "", "" if defect.day is None else defect.day.isoformat(), defect.key)
            self._add_unusable((defect.table, defect.column, defect.value), Unusable(defect.rows, *place))

    def _add_unusable(self, kind: UnusableKind, rows: Unusable) -> None:
        held = self.unusable.get(kind)
        self.unusable[kind] = rows if held is None else held.and_also(rows)

    def merge(self, other: RosterCounts) -> None:
        """Add another count to this one."""
        self.first, self.last = self.first or other.first, self.last or other.last
        for name, found in other.seen.items():
            self.seen.setdefault(name, []).extend(found)
        for kind, rows in other.unusable.items():
            self._add_unusable(kind, rows)

    def players_by_version(self) -> dict[tuple[date, str, str | None], int]:
        """Return how many players have a standing forecast, by date, system and model version."""
        rows = _table(self.seen.get(PREDICTED, ()))
        if rows is None:
            return {}
        counted = rows.group_by([_DAY, _SYSTEM, _VERSION]).aggregate([(_PLAYER, "count_distinct")])
        return {
            (row[_DAY], row[_SYSTEM], row[_VERSION]): row[f"{_PLAYER}_count_distinct"] for row in counted.to_pylist()
        }

    def rosters(self, champion: str, versions: ModelVersions, aliases: Mapping[str, str] | None = None) -> Rosters:
        """Return the rosters of every date.

        Args:
            champion: The system whose forecasts and grades count.
            versions: The model version that publishes, by date and system.
            aliases: Other spellings of players' ids, and the canonical ids.
        """
        counted = {name: rows for name, found in self.seen.items() if (rows := _table(found)) is not None}
        tables = {name: _with_player_ids(rows, aliases or {}) for name, rows in counted.items()}
        days: list[date] = sorted(_distinct(rows.column(_DAY) for rows in tables.values()))
        found: set[str] = _distinct(rows.column(_PLAYER) for rows in tables.values())
        players = sorted(player for player in found if is_player_lookup(player))
        unusable = dict(sorted(self.unusable.items()))
        if not days:
            return Rosters(unusable=unusable)
        grid = _Grid(days, players)
        named: dict[str, list[int]] = {}
        withdrawn: dict[date, dict[str, str]] = {}
        for name, rows in sorted(tables.items()):
            if name == PREDICTED:
                standing = rows.filter(_is_published(rows, champion, versions, grid.days))
                named[PREDICTED] = grid.bits(standing)
                named[LINED] = grid.bits(standing.filter(standing.column(_LINED)))
            elif name == _WITHDRAWN:
                own = rows.filter(pc.equal(rows.column(_SYSTEM), champion))
                for day, player, reason in zip(
                    *(own.column(column).to_pylist() for column in (_DAY, _PLAYER, _REASON)), strict=True
                ):
                    of_day = withdrawn.setdefault(day, {})
                    if player is not None:
                        of_day[player] = min(reason, of_day.get(player, reason))
            elif name == GRADED:
                named[name] = grid.bits(rows.filter(pc.equal(rows.column(_SYSTEM), champion)))
            else:
                named[name] = grid.bits(_newest_out(rows) if name == OUT else rows)
        return Rosters(
            tuple(players),
            {day: {name: bits[i] for name, bits in named.items()} for i, day in enumerate(grid.days)},
            {day: dict(sorted(withdrawn[day].items())) for day in sorted(withdrawn)},
            unusable,
        )


def _seen(roster: str) -> Callable[[pa.RecordBatch], dict[str, pa.RecordBatch]]:
    def rows(batch: pa.RecordBatch) -> dict[str, pa.RecordBatch]:
        return {roster: _columns(batch)}

    return rows


def _columns(batch: pa.RecordBatch, **more: pa.Array) -> pa.RecordBatch:
    """Return a batch of dates and players, and further columns."""
    return pa.RecordBatch.from_arrays(
        [batch.column(_DAY), batch.column("player_lookup"), *more.values()], [_DAY, _PLAYER, *more]
    )


def _ready(batch: pa.RecordBatch) -> dict[str, pa.RecordBatch]:
    return {READY: _columns(batch).filter(pc.fill_null(batch.column("is_quality_ready"), False))}


def _graded(batch: pa.RecordBatch) -> dict[str, pa.RecordBatch]:
    return {GRADED: _columns(batch, system=batch.column("system_id"))}


def _predicted(batch: pa.RecordBatch) -> dict[str, pa.RecordBatch]:
    """Return the standing forecasts (contract P1, P2, P8), and those that were withdrawn for a reason."""
    known = batch.filter(pc.is_valid(batch.column("system_id")))
    has_reason = pc.is_valid(known.column("invalidation_reason"))
    in_time = pc.fill_null(known.column("prediction_made_before_game"), True)
    stands = pc.and_(pc.fill_null(known.column("is_active"), False), pc.and_(in_time, pc.invert(has_reason)))
    standing, withdrawn = known.filter(stands), known.filter(has_reason)
    return {
        PREDICTED: _columns(
            standing,
            system=standing.column("system_id"),
            version=standing.column("model_version"),
            lined=pc.is_valid(standing.column("current_points_line")),
        ),
        _WITHDRAWN: _columns(
            withdrawn,
            system=withdrawn.column("system_id"),
            reason=pc.utf8_slice_codeunits(withdrawn.column("invalidation_reason"), 0, _MOST_TEXT),
        ),
    }


def _reported(batch: pa.RecordBatch) -> dict[str, pa.RecordBatch]:
    return {
        OUT: _columns(
            batch,
            out=pc.fill_null(pc.equal(pc.utf8_lower(batch.column("injury_status")), _OUT), False),
            **{name: pc.fill_null(batch.column(name).cast(kind).cast(pa.int64()), -1) for name, kind in _REPORTED},
        )
    }


_ROWS: Mapping[str, Callable[[pa.RecordBatch], dict[str, pa.RecordBatch]]] = {
    **{name: _seen(name) for name in (EXPECTED, ZONES, CACHE, FATIGUE, FEATURE, PLAYED)},
    READY: _ready,
    GRADED: _graded,
    PREDICTED: _predicted,
    OUT: _reported,
}


def _newest_out(rows: pa.Table) -> pa.Table:
    """Return the players who are out by the newest report of a date."""
    ordered = rows.sort_by([(name, "ascending") for name in (_DAY, _PLAYER, *dict(_REPORTED))])
    newest = ordered.group_by([_DAY, _PLAYER], use_threads=False).aggregate([(_OUT, "last")])
    return newest.filter(newest.column(f"{_OUT}_last"))


def _with_player_ids(rows: pa.Table, aliases: Mapping[str, str]) -> pa.Table:
    """Return rows in which each alias is replaced by its canonical id."""
    if not aliases:
        return rows
    spelled = rows.column(_PLAYER)
    places = pc.index_in(spelled, value_set=pa.array(list(aliases), spelled.type))
    ids = pa.array(list(aliases.values()), spelled.type).take(places.combine_chunks())
    at = rows.schema.get_field_index(_PLAYER)
    return rows.set_column(at, _PLAYER, pc.coalesce(ids, spelled.combine_chunks()))


def _table(batches: Iterable[pa.RecordBatch]) -> pa.Table | None:
    found = list(batches)
    return pa.Table.from_batches(found) if found else None


def _distinct(columns: Iterable[pa.ChunkedArray]) -> set[Any]:
    return {value for column in columns for value in pc.unique(column).to_pylist() if value is not None}


def _is_published(rows: pa.Table, champion: str, versions: ModelVersions, days: list[date]) -> pa.ChunkedArray:
    """Return the standing forecasts of the champion and of the model version that publishes on their date."""
    elected = pa.array([versions.get((day, champion)) for day in days], pa.string())
    wanted = elected.take(pc.index_in(rows.column(_DAY), value_set=pa.array(days, pa.date32())))
    found = rows.column(_VERSION)
    same = pc.or_(pc.fill_null(pc.equal(found, wanted), False), pc.and_(pc.is_null(found), pc.is_null(wanted)))
    return pc.and_(pc.equal(rows.column(_SYSTEM), champion), same)


class _Grid:
    """A matrix of dates by players; each roster is a bit pattern."""

    def __init__(self, days: list[date], players: list[str]) -> None:
        self.days = days
        self._days = pa.array(days, pa.date32())
        self._players = pa.array(players, pa.string())

    def bits(self, rows: pa.Table) -> list[int]:
        """Return the players of some rows, by date."""
        there: npt.NDArray[np.bool_] = np.zeros((len(self._days), len(self._players)), dtype=np.bool_)
        at = pc.index_in(rows.column(_PLAYER), value_set=self._players)
        known = pc.is_valid(at)
        day = pc.index_in(rows.column(_DAY), value_set=self._days).filter(known)
        there[day.to_numpy(), at.filter(known).to_numpy()] = True
        packed = np.packbits(there, axis=1, bitorder="little")
        return [int.from_bytes(row.tobytes(), "little") for row in packed]
