from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exporters.league.forecasts.readiness import reads_of
from exporters.registry import exports
from exporters.warehouse.tables import GAMES, PREDICTIONS, PROPS, SCHEDULE, TABLES
from pipeline.planning.champion import ChampionError
from pipeline.planning.planner import plan_scans
from pipeline.planning.preflight import Preflight, look_ahead
from pipeline.reporting.findings import Finding, Severity
from tests.support.plans import EASY, plan_of
from tests.support.rows import CHAMPION, prediction_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse, arrow_rows
from transforms.elements.plan import Plan
from transforms.elements.tables import WHOLE_TABLE, TableScan
from transforms.stores.control import ControlledStore
from transforms.stores.protocol import StoreError
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import WarehouseError

DAY = date(2026, 1, 20)
OPTIONAL = next(table for table in TABLES if table.absent and not table.live)


def night(*days: date) -> dict[Any, Any]:
    """Return the tables of dates with a game and forecasts."""
    games = [
        {"game_date": day, "away_team_tricode": "BOS", "home_team_tricode": "NYK", "game_status": 1, "game_id": "g"}
        for day in days
    ]
    return {SCHEDULE: games, PREDICTIONS: [prediction_row(game_date=day) for day in days]}


class Picky(MemoryWarehouse):
    """A warehouse whose checks find what a test wants.

    Attributes:
        wrong: Returns the problems of a scan.
        instant: Why there is no instant to read as of.
    """

    wrong: Callable[[TableScan], tuple[str, ...]] = staticmethod(lambda scan: ())
    instant: WarehouseError | None = None

    def check(self, scan: TableScan) -> tuple[str, ...]:
        if problems := self.wrong(scan):
            raise WarehouseError(*problems)
        return super().check(scan)

    def newest_as_of(self) -> Any:
        if self.instant is not None:
            raise self.instant
        return super().newest_as_of()


def picky(wrong: Callable[[TableScan], tuple[str, ...]], *days: date) -> Picky:
    warehouse = Picky(night(*(days or (DAY,))))
    warehouse.wrong = wrong
    return warehouse


class Full(MemoryStore):
    def check(self) -> None:
        raise StoreError("cannot write out: no space left; free some", "cannot list out: 403; grant it")


def tonight(*types: str, last: date = DAY, champion: str = CHAMPION, fallbacks: tuple[str, ...] = ()) -> Plan:
    config = replace(EASY, champion_system_id=champion, fallback_system_ids=fallbacks)
    return plan_of(*(types or ("tonight", "streaks")), first=DAY, last=last, config=config)


def missing(table: Any, *columns: str) -> tuple[str, ...]:
    return tuple(f"table {table.name}: column {column} is missing; add it" for column in columns)


def found(plan: Plan, warehouse: Any, store: Any = None) -> tuple[Finding, ...]:
    return look_ahead(plan, warehouse, store or MemoryStore()).findings


def test_a_night_that_has_everything_has_no_finding() -> None:
    plan = tonight()
    ahead = look_ahead(plan, MemoryWarehouse(night(DAY)), MemoryStore())
    assert (ahead.findings, ahead.stop) == ((), None)
    assert ahead.plan.run.as_of
    assert ahead.plan.broken == {}
    assert [replace(scan, as_of="") for scan in ahead.plan.scans] == list(plan.scans)


def columns_of(scan: TableScan) -> set[tuple[str, str]]:
    return {(scan.table, column) for column in scan.columns}


def funnel_only_columns() -> Iterator[tuple[Plan, Any, str]]:
    """Yield plans with a table that documents need, and a column of it that only the funnel counts."""
    for name in exports():
        plan = tonight(name)
        for need in plan_scans(plan, funnel=False):
            for column in sorted(set(plan.scans_by_table[need.table].columns) - set(need.columns)):
                yield plan, need.declaration, column


class TestTables:
    def test_every_problem_of_a_table_is_named_and_costs_the_types_that_read_it(self) -> None:
        problems = missing(PROPS, "bookmaker", "points_line")
        ahead = look_ahead(tonight(), picky(lambda scan: problems if scan.table == PROPS.name else ()), MemoryStore())
        readers = tuple(e.name for e in tonight().exports if PROPS in {read.table for read in reads_of(e)})
        assert readers == ("tonight",)
        assert [(f.severity, f.subject, f.what, f.fix, f.types) for f in ahead.findings] == [
            (Severity.FAIL, PROPS.name, "column bookmaker is missing", "add it", readers),
            (Severity.FAIL, PROPS.name, "column points_line is missing", "add it", readers),
        ]
        assert ahead.stop is None
        assert ahead.plan.broken == {PROPS.name: problems[0]}

    def test_every_table_that_is_wrong_is_named(self) -> None:
        plan = tonight()
        ahead = look_ahead(plan, picky(lambda scan: missing(scan.declaration, "x")), MemoryStore())
        assert {finding.subject for finding in ahead.findings} == set(plan.scans_by_table)
        assert ahead.plan.broken.keys() == plan.scans_by_table.keys()

    def test_a_column_that_only_the_funnel_counts_costs_nothing(self) -> None:
        plan, table, column = next(funnel_only_columns())
        assert table in {scan.declaration for scan in plan_scans(plan, funnel=False)}
        wrong = picky(lambda scan: missing(table, column) if (scan.table, column) in columns_of(scan) else ())
        ahead = look_ahead(plan, wrong, MemoryStore())
        assert [(finding.severity, finding.types) for finding in ahead.findings] == [(Severity.WARNING, ())]
        assert ahead.plan.broken == {}
        assert column in plan.scans_by_table[table.name].columns
        assert column not in ahead.plan.scans_by_table[table.name].columns

    def test_a_column_that_documents_need_is_told_from_one_that_the_funnel_counts(self) -> None:
        plan, table, column = next(funnel_only_columns())
        need = next(scan for scan in plan_scans(plan, funnel=False) if scan.table == table.name).columns[0]
        wrong = picky(lambda scan: missing(table, *(n for n in (column, need) if (table.name, n) in columns_of(scan))))
        ahead = look_ahead(plan, wrong, MemoryStore())
        assert [(finding.severity, finding.what.split()[1]) for finding in ahead.findings] == [
            (Severity.FAIL, need),
            (Severity.WARNING, column),
        ]
        assert ahead.plan.broken.keys() == {table.name}

    def test_a_table_that_only_the_funnel_counts_costs_nothing(self) -> None:
        plan = tonight("predictions")
        needs = {scan.table for scan in plan_scans(plan, funnel=False)}
        table = next(scan.declaration for scan in plan.scans if scan.table not in needs)
        wrong = picky(lambda scan: missing(table, "x") if scan.table == table.name else ())
        ahead = look_ahead(plan, wrong, MemoryStore())
        assert [finding.severity for finding in ahead.findings] == [Severity.WARNING]
        assert ahead.plan.broken.keys() == {table.name}

    def test_an_absent_optional_table_is_noted_with_what_that_means(self) -> None:
        reader = next(e for e in plan_of("all", first=DAY).exports if OPTIONAL in {r.table for r in reads_of(e)})
        warehouse = MemoryWarehouse(night(DAY), absent={OPTIONAL: (WHOLE_TABLE,)})
        ahead = look_ahead(tonight(reader.name), warehouse, MemoryStore())
        (note,) = (finding for finding in ahead.findings if finding.subject == OPTIONAL.name)
        assert (note.severity, note.what, note.why) == (
            Severity.NOTE,
            "the optional table is absent",
            OPTIONAL.absent,
        )
        assert note not in ahead.problems

    def test_every_wrong_column_of_a_parquet_file_is_named(self, tmp_path: Path) -> None:
        for table in TABLES:
            if table.live:
                continue
            rows = arrow_rows(table, night(DAY).get(table, [{}]))
            if table is GAMES:
                rows = rows.drop_columns(["points", "processed_at"])
                at = rows.schema.get_field_index("minutes_played")
                rows = rows.set_column(at, "minutes_played", pa.array(["12"], pa.string()))
            path = tmp_path / f"{table.source.replace('.', '/')}.parquet"
            path.parent.mkdir(exist_ok=True)
            pq.write_table(rows, path)
        about = [f for f in found(tonight(), ParquetWarehouse(str(tmp_path))) if f.subject == GAMES.name]
        wanted = set(tonight().scans_by_table[GAMES.name].columns) & {"points", "processed_at", "minutes_played"}
        named = {f.what.split()[1] for f in about if f.severity is Severity.FAIL}
        assert {"points", "minutes_played"} <= named <= wanted


class TestPlaces:
    def test_without_a_place_to_write_there_is_no_run(self) -> None:
        ahead = look_ahead(tonight(), MemoryWarehouse(night(DAY)), Full())
        assert isinstance(ahead.stop, StoreError)
        assert str(ahead.stop) == "cannot write out: no space left; free some"
        assert [(f.severity, f.subject, f.what, f.fix) for f in ahead.findings] == [
            (Severity.STOP, "--output", "cannot write out: no space left", "free some"),
            (Severity.STOP, "--output", "cannot list out: 403", "grant it"),
        ]

    def test_the_private_place_is_checked_as_well(self) -> None:
        store = ControlledStore(MemoryStore(), Full(), "make it with: mkdir")
        ahead = look_ahead(tonight(), MemoryWarehouse(night(DAY)), store)
        assert [(f.subject, f.fix) for f in ahead.findings] == [
            ("--control_output", "free some; make it with: mkdir"),
            ("--control_output", "grant it; make it with: mkdir"),
        ]
        assert "which are not public; make it with: mkdir" in str(ahead.stop)

    def test_tables_are_looked_at_although_nothing_can_be_written(self) -> None:
        wrong = picky(lambda scan: missing(PROPS, "x") if scan.table == PROPS.name else ())
        subjects = [finding.subject for finding in found(tonight(), wrong, ControlledStore(Full(), Full()))]
        assert subjects == ["--output"] * 2 + ["--control_output"] * 2 + [PROPS.name]


class TestInstant:
    def test_a_warehouse_that_is_not_there_is_blamed_once(self) -> None:
        warehouse = picky(lambda scan: missing(scan.declaration, "x"))
        warehouse.instant = WarehouseError("cannot read x; choose another")
        warehouse.instant.__cause__ = OSError()
        ahead = look_ahead(tonight(), warehouse, MemoryStore())
        assert [(f.severity, f.subject, f.what) for f in ahead.findings] == [
            (Severity.STOP, "--warehouse", "cannot read x")
        ]
        assert ahead.stop is warehouse.instant

    def test_tables_are_looked_at_although_the_instant_is_refused(self) -> None:
        warehouse = picky(lambda scan: missing(PROPS, "x") if scan.table == PROPS.name else ())
        warehouse.instant = WarehouseError("does not tell its time; grant it")
        assert [finding.subject for finding in found(tonight(), warehouse)] == ["--warehouse", PROPS.name]


class TestClock:
    NOW = datetime(2026, 1, 20, 18, tzinfo=timezone.utc)

    def look(self, minutes: int) -> Preflight:
        store = MemoryStore()
        store.clock = self.NOW - timedelta(minutes=minutes)
        return look_ahead(tonight(), MemoryWarehouse(night(DAY)), store, now=self.NOW)

    def test_one_that_agrees_is_no_finding(self) -> None:
        ahead = self.look(1)
        assert (ahead.findings, ahead.plan.latest_day, ahead.plan.pointers_refused) == ((), DAY, "")

    def test_a_difference_is_named_and_goes_into_the_plan(self) -> None:
        ahead = self.look(5)
        what = "the clock of this machine is 5 minutes ahead of that of the output"
        assert [(f.severity, f.subject, f.what, f.fix) for f in ahead.findings] == [
            (Severity.WARNING, "clock", what, "set it right")
        ]
        assert ahead.plan.warnings == (f"{what}; set it right",)

    def test_with_a_large_one_no_pointer_is_moved(self) -> None:
        ahead = self.look(-30)
        (finding,) = ahead.findings
        assert (finding.severity, finding.why, finding.fix) == (
            Severity.FAIL,
            "no pointer is moved",
            "set it right, and run again",
        )
        assert finding.what.startswith("the clock of this machine is 30 minutes behind that of the output")
        assert (ahead.stop, bool(ahead.plan.pointers_refused)) == (None, True)

    def test_a_store_that_does_not_tell_stops_the_run(self) -> None:
        class Silent(MemoryStore):
            def now(self) -> datetime | None:
                raise StoreError("cannot list out: 500; run again")

        ahead = look_ahead(tonight(), MemoryWarehouse(night(DAY)), Silent(), now=self.NOW)
        assert [(f.severity, f.subject, f.what) for f in ahead.findings] == [
            (Severity.STOP, "--output", "cannot list out: 500")
        ]
        assert isinstance(ahead.stop, StoreError)


class TestForecasts:
    def test_an_unknown_champion_stops_the_run(self) -> None:
        ahead = look_ahead(tonight("predictions", champion="typo"), MemoryWarehouse(night(DAY)), MemoryStore())
        assert isinstance(ahead.stop, ChampionError)
        (finding,) = ahead.findings
        assert (finding.severity, finding.subject, finding.types) == (
            Severity.STOP,
            "champion typo",
            ("predictions",),
        )
        assert finding.what == f"has no forecasts for {DAY}, while {CHAMPION} (1) has"
        assert finding.why == "documents would show no forecast"
        assert finding.fix.startswith("give one of these as --champion_system_id, ")

    def test_a_fallback_leads_and_is_named(self) -> None:
        plan = tonight("predictions", champion="typo", fallbacks=(CHAMPION,))
        ahead = look_ahead(plan, MemoryWarehouse(night(DAY)), MemoryStore())
        assert ahead.stop is None
        assert (ahead.plan.config.champion_system_id, ahead.plan.fallback_for) == (CHAMPION, "typo")
        assert [(f.severity, f.subject) for f in ahead.findings] == [(Severity.WARNING, "champion typo")]
        assert f"fallback {CHAMPION} leads" in ahead.findings[0].why

    def test_a_game_date_without_forecasts_withholds_the_types_that_show_them(self) -> None:
        tables = {**night(DAY, DAY + timedelta(days=1)), PREDICTIONS: night(DAY)[PREDICTIONS]}
        plan = tonight("predictions", "streaks", last=DAY + timedelta(days=2))
        (finding,) = found(plan, MemoryWarehouse(tables))
        assert (finding.severity, finding.types) == (Severity.FAIL, ("predictions",))
        assert finding.what == f"no active forecasts for {DAY + timedelta(days=1)} with games"

    def test_the_systems_that_have_forecasts_of_such_a_date_are_named(self) -> None:
        # The champion is known, so that the types without forecasts are exported.
        rows = [prediction_row(game_date=DAY, is_active=False), prediction_row(game_date=DAY, system_id="alpha")]
        (finding,) = found(tonight("predictions", "streaks"), MemoryWarehouse({**night(DAY), PREDICTIONS: rows}))
        assert finding.what == f"no active forecasts for {DAY} with games, while alpha (1) has"

    def test_forecasts_that_cannot_be_read_are_named_and_left_to_the_scan(self) -> None:
        warehouse = MemoryWarehouse(night(DAY), breaks={PREDICTIONS: f"table {PREDICTIONS.name}: 403; grant it"})
        ahead = look_ahead(tonight("predictions"), warehouse, MemoryStore())
        assert [(f.severity, f.subject, f.what, f.fix) for f in ahead.findings] == [
            (Severity.FAIL, PREDICTIONS.name, "403", "grant it")
        ]
        assert (ahead.stop, ahead.plan.broken) == (None, {})

    def test_a_date_without_games_is_named_and_needs_no_forecasts(self) -> None:
        (finding,) = found(tonight("predictions", "streaks"), MemoryWarehouse({}))
        assert (finding.severity, finding.subject, finding.what) == (
            Severity.WARNING,
            str(DAY),
            "the schedule has no game",
        )

    def test_a_range_with_a_game_is_no_finding(self) -> None:
        assert found(tonight("predictions", last=DAY + timedelta(days=5)), MemoryWarehouse(night(DAY))) == ()


def test_what_costs_most_comes_first() -> None:
    warehouse = picky(lambda scan: missing(PROPS, "x") if scan.table == PROPS.name else ())
    warehouse._absent = {OPTIONAL.name: (WHOLE_TABLE,)}
    order = [finding.severity for finding in found(plan_of("all", first=DAY), warehouse, Full())]
    assert order == sorted(order, key=list(Severity).index)
    assert {Severity.STOP, Severity.FAIL, Severity.NOTE} <= set(order)
