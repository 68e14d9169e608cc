"""Every export type on a warehouse in the owner's schema, empty and filled, from Parquet.

A declaration that the schema does not meet fails here with its name: a new required column, a narrower type.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporters.registry import exports
from exporters.warehouse.schema import Numeric41
from exporters.warehouse.tables import (
    FORECAST_TIMES,
    GAMES,
    PREDICTIONS,
    SUBSET_PICKS,
    SUBSET_VERSIONS,
    TABLES,
    WAREHOUSE_TABLES,
)
from pipeline.execution.in_process import run_in_process
from tests.end_to_end.command_line import run_main
from tests.support.matchers import assert_same_objects, differing, documents, json_of, manifest_of
from tests.support.plans import plan_of
from tests.support.real_schema import real_tables, tables_of, unmet, write_real
from tests.support.stores import MemoryStore, published_in
from tests.support.warehouses import AnyTable, League, write_parquet
from transforms.elements.tables import TableScan
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import Warehouse

STATES = ("ready", "no_games")
WITHOUT_VERSIONS = {"subset-picks", "season-subsets", "subset-performance"}
"""The types that show which version of a date's picks counts."""
NEED_A_SCHEDULE = frozenset({"best-bets-all", "calendar", "season-game-counts"})
"""The types that count the season's games, which a schedule without any contradicts."""
DOUBTFUL = pytest.mark.parametrize("doubtful", [True, False], ids=["doubtful-column", "no-doubtful-column"])


def absent(*, doubtful: bool) -> list[tuple[str, str | None]]:
    """Return the tables and columns that the warehouse lacks, in the order of the manifest."""
    lacking: list[tuple[str, str | None]] = [
        (SUBSET_PICKS.name, "prediction_created_at"),
        (SUBSET_VERSIONS.name, None),
    ]
    doubts = [(GAMES.name, "is_partial_game_data"), (GAMES.name, "player_full_name")]
    return lacking if doubtful else [*doubts, *lacking]


def replaced(rows: pa.Table, name: str, values: Any) -> pa.Table:
    return rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)


def same_data(league: League) -> dict[AnyTable, pa.Table]:
    """Return the league with what a NUMERIC(5,2) holds of its feature quality scores."""
    tables = tables_of(league)
    scores = tables[PREDICTIONS].column("feature_quality_score")
    tables[PREDICTIONS] = replaced(tables[PREDICTIONS], "feature_quality_score", pc.round(scores, 2))
    return tables


def without_what_is_absent(tables: dict[AnyTable, pa.Table], *, doubtful: bool) -> dict[AnyTable, pa.Table]:
    """Return the tables as their absences mean them: a warehouse in the declared schema with the same content.

    No version is on record, no box score is known to be partial, and a pick was created when its forecast was.
    """
    found = dict(tables)
    found[SUBSET_VERSIONS] = tables[SUBSET_VERSIONS].slice(0, 0)
    made = tables[PREDICTIONS].group_by(["game_date", "prediction_id"]).aggregate([("created_at", "max")])
    times = {(row["game_date"], row["prediction_id"]): row["created_at_max"] for row in made.to_pylist()}
    picks = tables[SUBSET_PICKS]
    keys = zip(picks.column("game_date").to_pylist(), picks.column("prediction_id").to_pylist(), strict=True)
    kind = picks.schema.field("prediction_created_at").type
    found[SUBSET_PICKS] = replaced(picks, "prediction_created_at", pa.array([times.get(key) for key in keys], kind))
    if not doubtful:
        games = tables[GAMES]
        games = replaced(games, "is_partial_game_data", pa.nulls(games.num_rows, pa.bool_()))
        found[GAMES] = replaced(games, "player_full_name", pa.nulls(games.num_rows, pa.string()))
    return found


def export(warehouse: Warehouse, first: date, last: date | None = None, *types: str) -> MemoryStore:
    """Export types, all by default, for some dates, and return where they went."""
    store = MemoryStore()
    run_in_process(plan_of(*(types or exports()), first=first, last=last), LiveWarehouse(warehouse), store)
    return store


def assert_all_published(manifest: dict[str, Any], *, doubtful: bool, without: frozenset[str] = frozenset()) -> None:
    """Insist on every type being there, nothing having failed, and each absence being named once."""
    assert manifest["exports"].keys() == exports().keys() - without
    held = {name: section["reason"] for name, section in manifest["exports"].items() if section["state"] not in STATES}
    assert held == {}
    assert (manifest["status"], manifest["failures"], manifest["broken_tables"]) == ("success", [], {})
    named = [(absence["table"], absence["column"]) for absence in manifest["absent"]]
    assert named == absent(doubtful=doubtful)
    assert all(absence["meaning"] for absence in manifest["absent"])


class TestDeclarations:
    @DOUBTFUL
    def test_the_warehouse_meets_every_declaration(self, doubtful: bool) -> None:
        assert unmet([table for table in TABLES if not table.live], doubtful=doubtful) == []

    @DOUBTFUL
    def test_every_declared_column_can_be_read(self, tmp_path: Path, league: League, doubtful: bool) -> None:
        warehouse = write_real(tmp_path, tables_of(league), doubtful=doubtful)
        found: list[tuple[str, str | None]] = []
        for table in WAREHOUSE_TABLES:
            bounds = (date(2020, 1, 1), date(2030, 1, 1)) if table.partition else (None, None)
            lacking = warehouse.check(TableScan(table.name, tuple(sorted(table.columns)), *bounds))
            found += [(table.name, name or None) for name in lacking]
        assert found == absent(doubtful=doubtful)

    @pytest.mark.parametrize(
        ("column", "kind", "says"),
        [
            ("usage_rate", int, "usage_rate INT64 REQUIRED is required, and the warehouse has no such column"),
            ("usage_rate", int | None, "usage_rate INT64 NULLABLE is required, and the warehouse has no such column"),
            ("minutes_played", int | None, "minutes_played INT64 NULLABLE is too narrow for NUMERIC(5,1) NULLABLE"),
            ("minutes_played", Numeric41 | None, "NUMERIC(4,1) NULLABLE is too narrow for NUMERIC(5,1) NULLABLE"),
            ("points", int, "points INT64 REQUIRED is too narrow for INT64 NULLABLE"),
            ("processed_at", date | None, "processed_at DATE NULLABLE is too narrow for TIMESTAMP NULLABLE"),
            ("points", tuple[int, ...], "points INT64 REPEATED is too narrow for INT64 NULLABLE"),
        ],
    )
    def test_a_declaration_that_is_not_met_is_named(self, column: str, kind: Any, says: str) -> None:
        class OtherRow(NamedTuple):
            player_lookup: str
            game_date: date

        OtherRow.__annotations__ = {**OtherRow.__annotations__, column: kind}
        (problem,) = unmet([replace(GAMES, row=OtherRow)])
        assert problem.startswith(f"{GAMES.name}.{column} ")
        assert says in problem

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"name": "nba_analytics.usage"}, "nba_analytics.usage is required, and the warehouse has no such table"),
            ({"partition": "processed_at"}, "is partitioned by game_date, not processed_at"),
            ({"expiration_days": 365}, "drops partitions after None days, not 365"),
            ({"name": PREDICTIONS.name, "expiration_days": 365}, "without the partition filter"),
        ],
    )
    def test_a_table_that_is_declared_otherwise_is_named(self, changes: dict[str, Any], says: str) -> None:
        class NoRow(NamedTuple):
            pass

        problems = unmet([replace(GAMES, row=NoRow, **changes)])
        assert len(problems) == 1
        assert says in problems[0]

    def test_a_stand_in_is_read_from_a_table_that_is_there(self) -> None:
        assert FORECAST_TIMES.source in real_tables()


@dataclass(frozen=True)
class Real:
    """The league in the owner's schema.

    Attributes:
        warehouse: The league in that schema.
        same: The same in the declared schema, its absences spelled out.
        doubtful: The doubtful column is there.
    """

    warehouse: ParquetWarehouse
    same: ParquetWarehouse
    doubtful: bool


@pytest.fixture(scope="module", params=[True, False], ids=["doubtful-column", "no-doubtful-column"])
def real(request: pytest.FixtureRequest, league: League, tmp_path_factory: pytest.TempPathFactory) -> Real:
    tables, root = same_data(league), tmp_path_factory.mktemp("real")
    return Real(
        write_real(root / "real", tables, doubtful=request.param),
        write_parquet(root / "same", without_what_is_absent(tables, doubtful=request.param)),
        request.param,
    )


class TestFilled:
    def test_every_type_is_published_as_from_the_declared_schema(self, real: Real, league: League) -> None:
        store = export(real.warehouse, league.today)
        assert_all_published(manifest_of(store, league.today), doubtful=real.doubtful)
        assert len(documents(store)) > 150
        assert_same_objects(documents(store), documents(export(real.same, league.today)))

    def test_a_week_is_the_same_as_its_nights(self, real: Real, league: League) -> None:
        days = [league.today - timedelta(days=n) for n in (3, 2, 1)]
        types = ("season-subsets", "subset-picks", "player-game-report", "results", "live-grading")
        found: dict[str, bytes] = {}
        for day in days:
            found |= documents(export(real.warehouse, day, None, *types))
        assert_same_objects(documents(export(real.warehouse, days[0], days[-1], *types)), found)

    def test_only_stated_absences_change_documents(self, real: Real, league: League, tmp_path: Path) -> None:
        tables = same_data(league)
        if not real.doubtful:
            # Without their names, players whom the registry does not know are shown by their ids.
            tables[GAMES] = replaced(tables[GAMES], "player_full_name", pa.nulls(tables[GAMES].num_rows, pa.string()))
        whole = documents(export(write_parquet(tmp_path, tables), league.today))
        store = export(real.warehouse, league.today)
        changed = {path for path, content in documents(store).items() if whole[path] != content}
        sections = manifest_of(store, league.today)["exports"]
        by_type = {name for name, section in sections.items() if changed & section["documents"].keys()}
        assert changed
        assert by_type <= WITHOUT_VERSIONS

    def test_a_pick_was_created_when_its_forecast_was(self, real: Real, league: League, tmp_path: Path) -> None:
        season = json_of(export(real.warehouse, league.today, None, "season-subsets"), "subsets/season.json")
        stored = json_of(
            export(write_parquet(tmp_path, same_data(league)), league.today, None, "season-subsets"),
            "subsets/season.json",
        )
        dated = [
            pick["created_at"]
            for group in season["model_groups"]
            for day in group["dates"]
            if day["date"] < league.today.isoformat()
            for pick in day["picks"]
        ]
        assert len(dated) > 20
        assert dated.count(None) < len(dated) / 10
        # Only a forecast that is no longer there, or another version of a date, dates a pick otherwise.
        others = [path for path in differing(season, stored) if path.endswith("created_at")]
        assert len(others) < len(dated) / 10

    def test_the_command_line_names_each_absence_once(self, real: Real, league: League, tmp_path: Path) -> None:
        ended = run_main(real.warehouse.root, tmp_path, "--export_types=all", "--target_date=today", "--json")
        assert ended.code == 0, ended.err
        manifest = manifest_of(published_in(tmp_path), league.today)
        assert_all_published(manifest, doubtful=real.doubtful)
        lines = [line for line in ended.out.splitlines() if line.startswith("absent: ")]
        expected = [
            f"absent: {table}{f'.{column}' if column else ''}: " for table, column in absent(doubtful=real.doubtful)
        ]
        assert [line for line, start in zip(lines, expected, strict=True) if line.startswith(start)] == lines
        assert [f"absent: {line}" for line in ended.summary["absent"]] == lines
        assert_same_objects(documents(published_in(tmp_path)), documents(export(real.warehouse, league.today)))


class TestEmpty:
    @DOUBTFUL
    def test_every_type_is_published(self, tmp_path: Path, doubtful: bool) -> None:
        day = date(2026, 2, 3)
        store = export(write_real(tmp_path, {}, doubtful=doubtful), day, None, *exports().keys() - NEED_A_SCHEDULE)
        assert_all_published(manifest_of(store, day), doubtful=doubtful, without=NEED_A_SCHEDULE)
        assert documents(store)

    @pytest.mark.parametrize("name", sorted(NEED_A_SCHEDULE))
    def test_what_counts_games_fails_by_name_without_a_schedule(self, tmp_path: Path, name: str) -> None:
        day = date(2026, 2, 3)
        store = export(write_real(tmp_path, {}, doubtful=True), day, None, name)
        manifest = manifest_of(store, day)
        assert manifest["status"] == "failed"
        assert manifest["exports"][name]["documents"] == {}
        assert "the schedule has no game of the season of 2026-02-03" in json.dumps(manifest["exports"][name])


def test_forecast_times_are_not_read_where_picks_hold_them(league: League) -> None:
    warehouse = league.changed()
    export(warehouse, league.today, None, "season-subsets")
    scanned = {scan.table for scan in warehouse.scans}
    assert SUBSET_PICKS.name in scanned
    assert FORECAST_TIMES.name not in scanned
