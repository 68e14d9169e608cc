"""What a night scans, against what it would take to look players up one by one.

    python -m benchmarks.scanned_bytes
    python -m benchmarks.scanned_bytes --warehouse=data --date=2026-02-11

Both sides are reckoned alike, from a folder of Parquet files, as BigQuery reckons what a read processes: all rows of
the partitions that are read, and of those the columns that are selected or compared; 8 bytes for an INT64, FLOAT64,
DATE or TIMESTAMP, 16 for a NUMERIC, 1 for a BOOL, 2 and its UTF-8 bytes for a STRING, the sum of its elements for an
ARRAY, nothing for a NULL. Nothing is taken off for clustering or compression.

Ours is every scan of the plan of all export types: each table once, since a night makes one scan of a table
(``tests/wire/test_scans.py``). The other side is one export type only, the documents of the players of tonight, as the
system that this one replaces makes them: one query lists the players, and seven more for each look up what is in
``LOOKUPS``. They are taken at their best: each filter on a date counts as if it pruned partitions, although the table
of predictions had none in practice. A query is billed for 10 MiB at least, a read of the Storage API for what it is.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from demo.tonight import tonight
from exporters.config import ExportConfig
from exporters.registry import exports, groups
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import CONTEXT, DEFENSE, FACTORS, GAMES, INJURIES, PREDICTIONS, REGISTRY
from pipeline.planning.planner import make_plan
from pipeline.requests.request import RequestDefaults, parse_request
from transforms.elements.tables import TableScan
from transforms.warehouses.parquet import ParquetWarehouse

QUERIES_PER_PLAYER = 7
SMALLEST_BILL = 10 * 2**20
MIB = 2**20


@dataclass(frozen=True)
class Lookup:
    """One thing that is looked up for one player.

    Attributes:
        what: What it is.
        table: Where it is.
        columns: Selected and compared.
        tonight: Only tonight's partition is read; otherwise every one up to tonight's.
    """

    what: str
    table: Table[Any]
    columns: tuple[str, ...]
    tonight: bool = False

    def scan(self, night: date) -> TableScan:
        """Return what is read of the table."""
        if self.table.partition is None:
            return TableScan(self.table.name, tuple(sorted(self.columns)))
        columns = tuple(sorted({*self.columns, self.table.partition}))
        return TableScan(self.table.name, columns, night if self.tonight else date(2000, 1, 1), night)


LISTING = Lookup("the players of tonight", CONTEXT, ("player_lookup",), tonight=True)
LOOKUPS = (
    Lookup(
        "tonight's game",
        CONTEXT,
        ("player_lookup", "game_id", "team_abbr", "opponent_team_abbr", "home_game", "days_rest", "back_to_back"),
        tonight=True,
    ),
    Lookup("name", REGISTRY, ("player_lookup", "player_name", "season")),
    Lookup("injury report, any date", INJURIES, ("player_lookup", "injury_status", "reason", "report_hour")),
    Lookup("fatigue", FACTORS, ("player_lookup", "fatigue_score", "fatigue_context_json"), tonight=True),
    Lookup(
        "prediction",
        PREDICTIONS,
        (
            *("player_lookup", "system_id", "predicted_points", "confidence_score", "recommendation"),
            *("current_points_line", "line_margin", "pace_adjustment", "similar_games_count"),
        ),
        tonight=True,
    ),
    Lookup(
        "last ten games",
        GAMES,
        (
            *("player_lookup", "game_id", "opponent_team_abbr", "team_abbr", "points", "minutes_played", "fg_makes"),
            *("fg_attempts", "three_pt_makes", "three_pt_attempts", "ft_makes", "ft_attempts", "over_under_result"),
            *("points_line", "is_dnp"),
        ),
    ),
    Lookup("season averages", GAMES, ("player_lookup", "season_year", "points", "minutes_played")),
    Lookup("recent averages", GAMES, ("player_lookup", "points", "minutes_played")),
    Lookup(
        "splits",
        GAMES,
        (
            *("player_lookup", "season_year", "points", "over_under_result", "game_id", "team_abbr"),
            "opponent_team_abbr",
        ),
    ),
    Lookup("defence of the opponent", DEFENSE, ("team_abbr", "opponent_points_per_game", "defensive_rating_last_15")),
)


@dataclass(frozen=True)
class Scanned:
    """What one read takes.

    Attributes:
        what: The table, or what is looked up in it.
        rows: Rows of the partitions.
        size: Bytes.
    """

    what: str
    rows: int
    size: int


def scanned(warehouse: ParquetWarehouse, scan: TableScan, what: str = "") -> Scanned:
    """Return what a scan takes; equality filters choose rows, but the partitions are read whole."""
    whole = replace(scan, equals={}, columns=tuple(sorted({*scan.columns, *scan.equals})))
    batches = [batch for stream in warehouse.split(whole) for batch in warehouse.read(stream)]
    rows, size = sum(batch.num_rows for batch in batches), sum(map(logical_bytes, batches))
    return Scanned(what or scan.table, rows, size)


def logical_bytes(batch: pa.RecordBatch) -> int:
    """Return the bytes that BigQuery counts for some rows."""
    return sum(_logical(column) for column in batch.columns)


def _logical(column: pa.Array) -> int:
    kind = column.type
    if pa.types.is_list(kind):
        return _logical(column.flatten())
    values = len(column) - column.null_count
    if pa.types.is_string(kind):
        return 2 * values + (pc.sum(pc.binary_length(column)).as_py() or 0)
    if pa.types.is_boolean(kind):
        return values
    return values * (16 if pa.types.is_decimal(kind) else 8)


def of_a_night(warehouse: ParquetWarehouse, night: date) -> list[Scanned]:
    """Return what the scans of every export type take, the largest first; the live feed is not stored anywhere."""
    request = parse_request(
        {"export_types": ["all"], "target_date": night.isoformat()},
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(ExportConfig().champion_system_id),
        # Noon in New York, so that the night is the league day.
        now=datetime.combine(night, time(17), timezone.utc),
    )
    plan = make_plan(request, ExportConfig())
    stored = (scan for scan in plan.scans if not scan.declaration.live)
    return sorted((scanned(warehouse, scan) for scan in stored), key=lambda found: -found.size)


def of_lookups(warehouse: ParquetWarehouse, night: date) -> tuple[int, Scanned, list[Scanned]]:
    """Return the number of players, what listing them takes, and what the lookups of one of them take."""
    players = {
        player
        for stream in warehouse.split(LISTING.scan(night))
        for batch in warehouse.read(stream)
        for player in batch.column("player_lookup").to_pylist()
    }
    lookups = [scanned(warehouse, lookup.scan(night), lookup.what) for lookup in LOOKUPS]
    return len(players), scanned(warehouse, LISTING.scan(night), LISTING.what), lookups


def report(night: date, ours: list[Scanned], players: int, listing: Scanned, lookups: list[Scanned]) -> Iterator[str]:
    """Yield the lines of the comparison."""
    yield f"The night of {night}, every export type: {len(ours)} tables, each scanned once"
    yield from map(_line, ours)
    total = sum(found.size for found in ours)
    yield _line(Scanned("together", sum(found.rows for found in ours), total))
    yield ""
    queries = 1 + QUERIES_PER_PLAYER * players
    yield f"tonight-players alone, looked up for each of {players} players: {queries:,} queries"
    yield from (_line(found) for found in lookups)
    each = sum(found.size for found in lookups)
    yield _line(Scanned("one player", sum(found.rows for found in lookups), each))
    by_player = listing.size + players * each
    yield f"  {'all players, and the list of them':<48} {by_player / MIB:>22,.1f} MiB"
    billed = max(by_player, queries * SMALLEST_BILL)
    yield f"  {'billed, at 10 MiB a query or more':<48} {billed / MIB:>22,.1f} MiB or more"
    yield ""
    yield f"one scan of each table / lookups of one type: 1 / {by_player / total:,.0f}"


def _line(found: Scanned) -> str:
    return f"  {found.what:<48} {found.rows:>11,} {found.size / MIB:>10,.2f} MiB"


def main() -> None:
    """Compare, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a folder of Parquet files")
    parser.add_argument("--date", type=date.fromisoformat, help="the night; the demo's last one by default")
    arguments = parser.parse_args()
    night = arguments.date or date.fromisoformat(tonight(arguments.warehouse)[:10])
    warehouse = ParquetWarehouse(str(arguments.warehouse))
    for line in report(night, of_a_night(warehouse, night), *of_lookups(warehouse, night)):
        print(line)


if __name__ == "__main__":
    main()
