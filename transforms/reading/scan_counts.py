"""Rows per table, date and system, counted while scanning: the input of gates and of the choice of model versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from exporters.league.forecasts.readiness import RESULT_TABLES, DayCount, ScanCounts, SystemCount
from exporters.league.forecasts.rosters import EXPECTED
from exporters.league.games.schedule import FINAL, STATUS_NAMES
from exporters.league.players.aliases import Aliases, resolve_aliases
from exporters.league.players.unmatched import NAMING_TABLES, NameReport, unmatched_names
from exporters.warehouse.league_rows import PlayerAliasRow
from exporters.warehouse.selection import known
from exporters.warehouse.tables import ACCURACY, CONTEXT, PLAYER_ALIASES, PREDICTIONS, REGISTRY, SCHEDULE
from transforms.elements.tables import TableBatch
from transforms.reading.decoding import decode
from transforms.reading.roster_counts import RosterCounts

Matchup = tuple[date, str, str]
VersionKey = tuple[date, str, str | None]
ValueT = TypeVar("ValueT")

_NAMING = frozenset(table.name for table in NAMING_TABLES)
_MOST_NAME = 200
"""Longest kept spelling of a player, in characters: an id has at most 80, and a manifest lists what is none."""
_VERSION_COLUMNS = ("game_date", "system_id", "model_version", "is_active", "recommendation", "current_points_line")


@dataclass
class Count:
    """Partial counts; they add up in any order.

    Attributes:
        games: Highest status by date and pair of teams.
        context_rows: By date.
        predictions: By date.
        active_predictions: By date.
        grades: By date.
        votes: By date, system and model version: forecasts with a real pick, active forecasts, newest creation.
        rows: By table.
        bytes: By table.
        broken: Tables that could not be read, with the reason.
        absent: Optional columns that the warehouse lacks, by table.
        dates: The dates of which players' names are counted; the same in every count of a run.
        named: By table and date: the spelling of each player there, with the number of rows.
        registered: Every id of the registry, in its spelling.
        alias_rows: The rows of the aliases.
        alias_defects: The defects of unusable ones.
        players: The rosters.
        results: By table: dates and teams that have a row.
    """

    games: dict[Matchup, int] = field(default_factory=dict)
    context_rows: dict[date, int] = field(default_factory=dict)
    predictions: dict[date, int] = field(default_factory=dict)
    active_predictions: dict[date, int] = field(default_factory=dict)
    grades: dict[date, int] = field(default_factory=dict)
    votes: dict[VersionKey, tuple[int, int, int]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    absent: dict[str, set[str]] = field(default_factory=dict)
    dates: frozenset[date] = frozenset()
    named: dict[tuple[str, date], dict[str, int]] = field(default_factory=dict)
    registered: set[str] = field(default_factory=set)
    alias_rows: set[PlayerAliasRow] = field(default_factory=set)
    alias_defects: set[str] = field(default_factory=set)
    players: RosterCounts = field(default_factory=RosterCounts, compare=False)
    results: dict[str, set[tuple[date, str]]] = field(default_factory=dict)

    def add(self, scanned: TableBatch) -> None:
        """Count one batch."""
        table, batch = scanned.table, scanned.batch
        self.rows[table] = self.rows.get(table, 0) + batch.num_rows
        self.bytes[table] = self.bytes.get(table, 0) + batch.nbytes
        self.players.add(scanned)
        if table == SCHEDULE.name:
            self._add_games(batch)
        elif table == CONTEXT.name:
            _add_per_day(self.context_rows, batch.column("game_date"))
        elif table == ACCURACY.name:
            _add_per_day(self.grades, batch.column("game_date"))
        elif table == PREDICTIONS.name and "is_active" in batch.schema.names:
            _add_per_day(self.predictions, batch.column("game_date"))
            _add_per_day(self.active_predictions, batch.column("game_date").filter(batch.column("is_active")))
            if set(_VERSION_COLUMNS) <= set(batch.schema.names):
                self._add_votes(batch)
        elif table == REGISTRY.name:
            self.registered.update(batch.column("player_lookup").drop_null().unique().to_pylist())
        elif table == PLAYER_ALIASES.name:
            self._add_aliases(batch)
        if table in RESULT_TABLES and {"game_date", "team_abbr"} <= set(batch.schema.names):
            self.results.setdefault(table, set()).update(_teams_by_date(batch))
        if table in _NAMING and self.dates and "player_lookup" in batch.schema.names:
            self._add_names(table, batch)

    def _add_aliases(self, batch: pa.RecordBatch) -> None:
        rows, defects = decode(PLAYER_ALIASES.name, [batch])
        self.alias_rows.update(PlayerAliasRow(**row._asdict()) for row in rows)
        self.alias_defects.update(defect.message for defect in defects)
        self.players.add_unusable(defects)

    def _add_names(self, table: str, batch: pa.RecordBatch) -> None:
        days = batch.column("game_date")
        wanted = pc.and_(
            pc.is_in(days, value_set=pa.array(self.dates, pa.date32())), pc.is_valid(batch.column("player_lookup"))
        )
        if not wanted.true_count:
            return
        names = pc.utf8_slice_codeunits(batch.column("player_lookup"), 0, _MOST_NAME)
        rows = pa.table([days, names], ["day", "player"]).filter(wanted)
        counted = rows.group_by(["day", "player"]).aggregate([([], "count_all")])
        columns = (counted.column(name).to_numpy().tolist() for name in ("day", "player", "count_all"))
        for day, player, number in zip(*columns, strict=True):
            spelled = self.named.setdefault((table, day), {})
            spelled[player] = spelled.get(player, 0) + number

    def _add_games(self, batch: pa.RecordBatch) -> None:
        columns = (batch.column(name).to_pylist() for name in ("game_date", "away_team_tricode", "home_team_tricode"))
        for day, away, home, status in zip(*columns, batch.column("game_status").to_pylist(), strict=True):
            if day is not None:
                # Two teams meet once a day; rows may disagree about the home team.
                one, other = sorted((away or "", home or ""))
                key = (day, one, other)
                self.games[key] = max(status if status in STATUS_NAMES else 0, self.games.get(key, 0))

    def _add_votes(self, batch: pa.RecordBatch) -> None:
        # A forecast without a player or a date has no vote; decoding the row reports it.
        counted = pc.and_(pc.is_valid(batch.column("game_date")), pc.is_valid(batch.column("system_id")))
        active = pa.Table.from_batches([batch]).filter(pc.and_(counted, batch.column("is_active")))
        picked = pc.and_(
            pc.is_in(active.column("recommendation"), pa.array(["OVER", "UNDER"])),
            pc.is_valid(active.column("current_points_line")),
        )
        created = active.column("created_at").cast(pa.int64()) if "created_at" in active.column_names else None
        votes = (
            active.select(["game_date", "system_id", "model_version"])
            .append_column("picks", pc.cast(picked, pa.int64()))
            .append_column("created", created if created is not None else pa.nulls(active.num_rows, pa.int64()))
            .group_by(["game_date", "system_id", "model_version"])
            .aggregate([("picks", "sum"), ("picks", "count"), ("created", "max")])
        )
        for vote in votes.to_pylist():
            self._vote(
                (vote["game_date"], vote["system_id"], vote["model_version"]),
                (vote["picks_sum"], vote["picks_count"], vote["created_max"] or 0),
            )

    def _vote(self, key: VersionKey, vote: tuple[int, int, int]) -> None:
        picks, rows, created = self.votes.get(key, (0, 0, 0))
        self.votes[key] = (picks + vote[0], rows + vote[1], max(created, vote[2]))

    def merge(self, other: Count) -> Count:
        """Add another count to this one and return it."""
        for key, status in other.games.items():
            self.games[key] = max(status, self.games.get(key, 0))
        for mine, theirs in (
            (self.context_rows, other.context_rows),
            (self.predictions, other.predictions),
            (self.active_predictions, other.active_predictions),
            (self.grades, other.grades),
        ):
            for day, n in theirs.items():
                mine[day] = mine.get(day, 0) + n
        for mine_by_table, theirs_by_table in ((self.rows, other.rows), (self.bytes, other.bytes)):
            for table, n in theirs_by_table.items():
                mine_by_table[table] = mine_by_table.get(table, 0) + n
        for version, vote in other.votes.items():
            self._vote(version, vote)
        self.players.merge(other.players)
        for table, reason in sorted(other.broken.items()):
            self.broken[table] = min(reason, self.broken.get(table, reason))
        for table, columns in other.absent.items():
            self.absent.setdefault(table, set()).update(columns)
        for table, found in other.results.items():
            self.results.setdefault(table, set()).update(found)
        self.dates |= other.dates
        for place, players in other.named.items():
            names = self.named.setdefault(place, {})
            for player, number in players.items():
                names[player] = names.get(player, 0) + number
        self.registered |= other.registered
        self.alias_rows |= other.alias_rows
        self.alias_defects |= other.alias_defects
        return self

    def aliases(self) -> Aliases:
        """Return the aliases that were read."""
        found = resolve_aliases(self.alias_rows)
        return Aliases(found.ids, (*sorted(self.alias_defects), *found.problems))

    def scan_counts(self, champion: str = "") -> ScanCounts:
        """Return the counts of the whole scan.

        Args:
            champion: The system whose forecasts and grades rosters are made of.
        """
        aliases = self.aliases()
        games: dict[date, list[int]] = {}
        meetings: dict[date, list[tuple[str, str]]] = {}
        for (day, one, other), status in self.games.items():
            games.setdefault(day, []).append(status)
            meetings.setdefault(day, []).append((one, other))
        systems = self._systems()
        versions = {key: count.model_version for key, count in systems.items()}
        rosters = self.players.rosters(champion, versions, aliases.ids)
        days = games.keys() | self.context_rows.keys() | self.predictions.keys() | self.grades.keys()
        return ScanCounts(
            days={
                day: DayCount(
                    games=len(games.get(day, ())),
                    final_games=games.get(day, []).count(FINAL),
                    context_rows=self.context_rows.get(day, 0),
                    context_players=rosters.count(day, EXPECTED),
                    predictions=self.predictions.get(day, 0),
                    active_predictions=self.active_predictions.get(day, 0),
                    grades=self.grades.get(day, 0),
                )
                for day in sorted(days)
            },
            systems=systems,
            broken=dict(sorted(self.broken.items())),
            rows=dict(sorted(self.rows.items())),
            bytes=dict(sorted(self.bytes.items())),
            absent={table: tuple(sorted(columns)) for table, columns in sorted(self.absent.items()) if columns},
            aliases=aliases,
            names=self._names(aliases),
            games={day: frozenset(meetings[day]) for day in sorted(meetings)},
            rosters=rosters,
            finals=_by_date(
                ((day, (one, other)) for (day, one, other), status in self.games.items() if status == FINAL)
            ),
            results={table: _by_date(found) for table, found in sorted(self.results.items())},
        )

    def _names(self, aliases: Aliases) -> dict[date, NameReport]:
        registered = self.registered if REGISTRY.name in self.rows else None
        by_day: dict[date, dict[str, dict[str, int]]] = {}
        for (table, day), players in self.named.items():
            by_day.setdefault(day, {})[table] = players
        found = {day: unmatched_names(by_day[day], aliases, registered) for day in sorted(by_day)}
        return {day: report for day, report in found.items() if report.listed}

    def _systems(self) -> dict[tuple[date, str], SystemCount]:
        """Select the published model version of each date and system, and count its forecasts (contract M-3, P9).

        The one with the most picks; without any picks, the one with the most active forecasts. Ties go to the newest,
        then to the greatest name.
        """
        best: dict[tuple[date, str], tuple[tuple[Any, ...], str | None]] = {}
        for (day, system, version), vote in self.votes.items():
            rank = (*vote, known(version))
            if (day, system) not in best or rank > best[day, system][0]:
                best[day, system] = (rank, version)
        players = self.players.players_by_version()
        return {
            (day, system): SystemCount(
                version, forecasts=rank[1], picks=rank[0], players=players.get((day, system, version), 0)
            )
            for (day, system), (rank, version) in sorted(best.items())
        }


def _teams_by_date(batch: pa.RecordBatch) -> Iterator[tuple[date, str]]:
    """Yield the dates of a batch with the teams that have a row, each pair once."""
    pairs = pa.Table.from_batches([batch.select(["game_date", "team_abbr"])]).group_by(["game_date", "team_abbr"])
    for pair in pairs.aggregate([]).to_pylist():
        if pair["game_date"] is not None and pair["team_abbr"] is not None:
            yield pair["game_date"], pair["team_abbr"]


def _by_date(pairs: Iterable[tuple[date, ValueT]]) -> dict[date, frozenset[ValueT]]:
    """Return the values of each date, in the order of dates."""
    found: dict[date, set[ValueT]] = {}
    for day, value in pairs:
        found.setdefault(day, set()).add(value)
    return {day: frozenset(found[day]) for day in sorted(found)}


def _add_per_day(counts: dict[date, int], days: pa.Array) -> None:
    for value in pc.value_counts(days).to_pylist():
        if value["values"] is not None:
            counts[value["values"]] = counts.get(value["values"], 0) + value["counts"]
