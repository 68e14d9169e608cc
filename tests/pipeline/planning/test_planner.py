from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import orjson
import pytest

from exporters.config import ExportConfig, LeagueCalendar
from exporters.declaration import Cache, Export, Grain, Read, Window
from exporters.league.forecasts.readiness import reads_of
from exporters.registry import exports
from exporters.warehouse.tables import (
    ACCURACY,
    CONTEXT,
    GAMES,
    LIVE_BOX_SCORES,
    PLAYER_ALIASES,
    PREDICTIONS,
    PROPS,
    REGISTRY,
    SCHEDULE,
    SYSTEM_DAYS,
)
from pipeline.planning.planner import describe, estimate_bytes
from tests.support.made_up import CARD, DIARY, LEADERS, ROSTER
from tests.support.plans import made_up_plan, plan_of
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.tables import TableScan

FIRST, LAST = date(2026, 1, 5), date(2026, 1, 12)
CHAMPION = ExportConfig().champion_system_id


def scans_of(*types: Any, first: date = FIRST, last: date = LAST) -> dict[str, TableScan]:
    plan = plan_of(*types, first=first, last=last) if isinstance(types[0], str) else made_up_plan(types, first, last)
    return dict(plan.scans_by_table)


def reading(*reads: Read, name: str = "made-up", grain: Grain = Grain.SLATE, path: str = "m/{date}.json") -> Export:
    return Export(name, grain, reads, path, Cache.HOUR)


class TestScans:
    def test_a_table_is_scanned_once_with_the_columns_that_are_declared_and_no_others(self) -> None:
        scans = scans_of(replace(CARD, gates=frozenset()), LEADERS)
        assert list(scans) == [GAMES.name, CONTEXT.name, SCHEDULE.name, PLAYER_ALIASES.name]
        assert scans[GAMES.name].columns == ("game_date", "game_id", "player_lookup", "points", "processed_at")
        assert scans[CONTEXT.name].columns == ("days_rest", "game_date", "game_id", "player_lookup")

    def test_what_decides_whether_a_type_goes_out_is_read_as_well(self) -> None:
        scans = scans_of(reading(Read(REGISTRY, ("player_lookup",))))
        assert scans[SCHEDULE.name].columns == (
            "away_team_tricode",
            "game_date",
            "game_status",
            "home_team_tricode",
        )
        assert "is_active" in scans_of("predictions")[PREDICTIONS.name].columns

    def test_the_partition_range_is_the_union_of_all_windows(self) -> None:
        scans = scans_of(CARD, ROSTER)
        assert (scans[CONTEXT.name].first, scans[CONTEXT.name].last) == (FIRST, LAST)
        assert (scans[GAMES.name].first, scans[GAMES.name].last) == (date(2025, 10, 1), LAST)
        ahead = reading(Read(SCHEDULE, ("game_date",), Window(days=3, ahead=14)))
        assert (scans_of(ahead)[SCHEDULE.name].first, scans_of(ahead)[SCHEDULE.name].last) == (
            date(2026, 1, 2),
            date(2026, 1, 26),
        )

    def test_a_season_made_of_slates_reads_from_its_first_slate_on(self) -> None:
        assert scans_of(DIARY)[CONTEXT.name].first == date(2025, 10, 1)
        two_seasons = scans_of(DIARY, first=date(2025, 9, 1), last=FIRST)
        assert two_seasons[CONTEXT.name].first == date(2025, 10, 1), "its path holds no date: only the last one counts"

    def test_windows_of_seasons_are_those_of_the_league(self) -> None:
        config = ExportConfig(calendar=LeagueCalendar(season_months=(1, 10)))
        scans = {scan.table: scan for scan in plan_of("tonight", "performance", first=FIRST, config=config).scans}
        assert scans[GAMES.name].first == date(2025, 1, 1), "this season and the one before"
        assert scans[SYSTEM_DAYS.name].first == date(2026, 1, 1)
        usual = {scan.table: scan for scan in plan_of("tonight", "performance", first=FIRST).scans}
        assert usual[GAMES.name].first == date(2024, 10, 1)
        assert usual[SYSTEM_DAYS.name].first == date(2025, 10, 1)

    def test_an_unpartitioned_table_is_read_whole(self) -> None:
        scan = scans_of("tonight")[REGISTRY.name]
        assert (scan.first, scan.last) == (None, None)

    def test_the_partition_column_is_always_there(self) -> None:
        assert scans_of(reading(Read(PROPS, ("odds_american",))))[PROPS.name].columns == ("game_date", "odds_american")

    def test_filters_are_pushed_down_only_when_every_reader_has_them(self) -> None:
        points = Read(PROPS, ("points_line",), equals={"market_type": ("points",)})
        rest = Read(PROPS, ("odds_american",))
        assert scans_of(reading(points))[PROPS.name].equals == {"market_type": ("points",)}
        assert scans_of(reading(points), reading(points, name="other"))[PROPS.name].equals
        assert scans_of(reading(points), reading(rest, name="other"))[PROPS.name].equals == {}
        assert scans_of(reading(points, rest))[PROPS.name].equals == {}

    def test_the_champion_is_pushed_down_where_no_other_model_is_read(self) -> None:
        graded = Read(ACCURACY, ("player_lookup",), champion=True)
        assert scans_of(reading(graded))[ACCURACY.name].equals == {"system_id": (CHAMPION,)}
        everybody = Read(ACCURACY, ("player_lookup",))
        assert scans_of(reading(graded), reading(everybody, name="other"))[ACCURACY.name].equals == {}

    @pytest.mark.parametrize("name", sorted(exports()))
    def test_every_declared_type_can_be_planned(self, name: str) -> None:
        scans = {scan.table: scan for scan in plan_of(name, first=date(2026, 2, 3)).scans}
        for read in reads_of(exports()[name]):
            assert set(read.columns) <= set(scans[read.table.name].columns)
            assert set(read.columns) <= set(read.table.columns), "declared"
        for scan in scans.values():
            if scan.declaration.filter_required:
                assert scan.first is not None, "the warehouse rejects a scan without partition filter"
                assert scan.last is not None


class TestLiveTables:
    def scans(self, first: date, last: date) -> list[TableScan]:
        plan = plan_of("live-grading", first=first, last=last)
        return [scan for scan in plan.scans if scan.table == LIVE_BOX_SCORES.name]

    def test_l9_the_feed_is_read_for_the_league_day_whatever_the_range(self) -> None:
        today = date(2026, 2, 3)
        [scan] = self.scans(date(2026, 1, 1), date(2026, 2, 5))
        assert (scan.first, scan.last) == (today, today)
        assert self.scans(today, today) == [scan]

    def test_l9_the_feed_is_not_read_for_other_days(self) -> None:
        assert self.scans(date(2026, 1, 1), date(2026, 2, 2)) == []
        assert self.scans(date(2026, 2, 4), date(2026, 2, 5)) == []

    def test_a_feed_costs_no_bytes_of_the_warehouse(self) -> None:
        class Estimates(MemoryWarehouse):
            def estimate(self, scan: TableScan) -> int:
                return 7

        plan = plan_of("live-grading", first=date(2026, 2, 3))
        assert estimate_bytes(plan, Estimates({})).keys() == {scan.table for scan in plan.scans} - {
            LIVE_BOX_SCORES.name
        }


class TestRun:
    def test_a_retry_of_the_same_request_is_the_same_run(self) -> None:
        one, two = (plan_of("tonight", first=FIRST) for _ in range(2))
        assert one.run.run_id == two.run.run_id
        assert one.run.run_id.startswith("20260203T170000.000000Z-")

    def test_another_request_or_instant_is_another_run(self) -> None:
        ids = {
            plan_of("tonight", first=FIRST).run.run_id,
            plan_of("streaks", first=FIRST).run.run_id,
            plan_of("tonight", first=LAST).run.run_id,
            plan_of("tonight", first=FIRST, generated_at="2026-02-03T17:00:01Z").run.run_id,
            plan_of("tonight", first=FIRST, rewrite=True).run.run_id,
        }
        assert len(ids) == 5

    def test_the_request_is_carried_over(self) -> None:
        plan = plan_of(
            "tonight", "streaks", first=FIRST, last=LAST, correlation_id="c", trigger_source="t", update_latest="never"
        )
        assert plan.export_types == ("streaks", "tonight")
        assert (plan.dates[0], plan.dates[-1], len(plan.dates)) == (FIRST, LAST, 8)
        assert (plan.run.correlation_id, plan.run.trigger_source) == ("c", "t")
        assert (plan.update_latest, plan.rewrite, plan.league_day) == ("never", False, date(2026, 2, 3))
        assert plan.run.generated_at == "2026-02-03T17:00:00+00:00"
        assert plan.run.code_version


def test_a_plan_can_be_printed() -> None:
    described = orjson.loads(orjson.dumps(describe(plan_of("tonight", "streaks", first=FIRST, last=LAST))))
    assert described["dates"] == ["2026-01-05", "2026-01-12"]
    assert described["champion_system_id"] == CHAMPION
    assert described["documents"] == {"streaks": "streaks/{date}.json", "tonight": "tonight/{date}.json"}
    registry = next(scan for scan in described["scans"] if scan["table"] == REGISTRY.name)
    assert (registry["first"], registry["last"]) == (None, None)
