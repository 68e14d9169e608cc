"""The same inputs give the same bytes, however a run is cut: by dates, by shards, by batches, by processes."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from exporters.registry import exports
from exporters.warehouse.tables import ACCURACY, CONTEXT, DEFENSE, GAMES, INJURIES, SCHEDULE, SIGNALS
from pipeline.execution.in_process import run_in_process
from pipeline.planning.graph import build
from tests.end_to_end.command_line import run_main
from tests.support.eager import pipeline
from tests.support.matchers import assert_same_objects, contents, documents, without_timings
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.rows import (
    accuracy_row,
    context_row,
    defense_row,
    game_row,
    injury_row,
    schedule_row,
    signal_row,
)
from tests.support.stores import MemoryStore, published_in
from tests.support.warehouses import League, MemoryWarehouse
from transforms.elements.plan import Plan
from transforms.stores.control import CONTROL

JANUARY = [date(2026, 1, 1) + timedelta(days=n) for n in range(31)]


def plainly(plan: Plan, warehouse: Any) -> MemoryStore:
    store = MemoryStore()
    run_in_process(plan, warehouse, store)
    return store


def in_graph(plan: Plan, warehouse: Any) -> MemoryStore:
    store = MemoryStore()
    root = pipeline()
    build(root, plan, warehouse, store)
    root.run().wait_until_finish()
    return store


def night_by_night(days: list[date], warehouse: Any, *types: str) -> dict[str, bytes]:
    """The documents of a range whose dates were run one at a time."""
    store = MemoryStore()
    for day in days:
        run_in_process(plan_of(*types, first=day, update_latest="never"), warehouse, store)
    return documents(store)


def without_pointers(objects: dict[str, bytes]) -> dict[str, bytes]:
    """The documents themselves: a range moves no pointer for its earlier dates, which their nights alone would."""
    patterns = [pointer.path.format(player="[^/]+") for export in exports().values() for pointer in export.pointers]
    return {path: held for path, held in objects.items() if not re.fullmatch("|".join(patterns), path)}


class TestDates:
    def test_a_month_in_one_run_equals_its_nights_alone(self, league: League) -> None:
        month = plan_of(*TONIGHT_TYPES, first=JANUARY[0], last=JANUARY[-1], update_latest="never")
        found = documents(plainly(month, league.warehouse))
        assert_same_objects(found, night_by_night(JANUARY, league.warehouse, *TONIGHT_TYPES))
        assert len(found) > 500

    def test_a_week_of_every_type_in_one_run_equals_its_nights_alone(self, league: League) -> None:
        """Paths without a date included: they end up with the document of the newest date that has one."""
        days = [league.today - timedelta(days=n) for n in range(6, -1, -1)]
        week = plainly(plan_of(*exports(), first=days[0], last=days[-1]), league.warehouse)
        nights = MemoryStore()
        for day in days:
            run_in_process(plan_of(*exports(), first=day), league.warehouse, nights)
        assert_same_objects(without_pointers(documents(week)), without_pointers(documents(nights)))

    def test_rows_that_only_an_earlier_date_may_see_do_not_reach_a_later_one(self) -> None:
        """A range reads further back for its first date than its last date alone would."""
        last = date(2025, 10, 22)
        days = [last - timedelta(days=n) for n in range(30, -1, -1)]
        warehouse = MemoryWarehouse(
            {
                SCHEDULE: [schedule_row(game_date=last), schedule_row(game_date=days[0])],
                CONTEXT: [context_row(game_date=day) for day in (days[0], last) for _ in range(5)],
                GAMES: [game_row(game_date=day, points=9) for day in (date(2024, 3, 1), date(2023, 12, 1))],
                ACCURACY: [accuracy_row(game_date=date(2025, 3, 1))],
                INJURIES: [injury_row(report_date=days[0], game_date=last, injury_status="out")],
                DEFENSE: [defense_row(analysis_date=days[0] - timedelta(days=9), team_abbr=f"T{n}") for n in range(30)],
            }
        )
        found = documents(plainly(plan_of(*TONIGHT_TYPES, first=days[0], last=last), warehouse))
        alone = documents(plainly(plan_of(*TONIGHT_TYPES, first=last), warehouse))
        of_last = {path: held for path, held in found.items() if last.isoformat() in path}
        assert_same_objects(of_last, {path: held for path, held in alone.items() if last.isoformat() in path})

    def test_the_same_game_on_another_date_hides_nothing(self) -> None:
        """A postponed game keeps its official id; its later row must not change what an earlier date shows."""
        first, last = date(2026, 1, 6), date(2026, 1, 8)
        rows = [
            game_row(game_date=date(2026, 1, 5), game_id="0022500001", processed_at=1),
            game_row(game_date=date(2026, 1, 7), game_id="0022500001", processed_at=2),
        ]
        grades = [
            accuracy_row(game_date=row.game_date, game_id=row.game_id, graded_at=row.processed_at) for row in rows
        ]
        warehouse = MemoryWarehouse(
            {
                SCHEDULE: [schedule_row(game_date=day) for day in (first, last)],
                CONTEXT: [context_row(game_date=day) for day in (first, last) for _ in range(5)],
                GAMES: rows,
                ACCURACY: grades,
            }
        )
        found = documents(plainly(plan_of(*TONIGHT_TYPES, first=first, last=last, update_latest="never"), warehouse))
        days = [first, first + timedelta(days=1), last]
        assert_same_objects(found, night_by_night(days, warehouse, *TONIGHT_TYPES))

    def test_players_that_only_another_type_expects_withhold_nothing(self) -> None:
        """The schedule lacks a date: that withholds the types that expect its players, and no other."""
        day = date(2026, 1, 6)
        rows = {CONTEXT: [context_row(game_date=day)] * 9, SIGNALS: [signal_row(game_date=day)]}
        together = documents(plainly(plan_of("daily-signals", "tonight", first=day), MemoryWarehouse(rows)))
        assert_same_objects(together, documents(plainly(plan_of("daily-signals", first=day), MemoryWarehouse(rows))))

    def test_what_else_is_requested_changes_no_document(self, league: League) -> None:
        day = league.today - timedelta(days=2)
        together = documents(plainly(plan_of(*exports(), first=day, update_latest="never"), league.warehouse))
        alone: dict[str, bytes] = {}
        for name in exports():
            alone |= documents(plainly(plan_of(name, first=day, update_latest="never"), league.warehouse))
        assert_same_objects(alone, together)


@pytest.fixture(scope="module")
def last_days(league: League) -> Plan:
    return plan_of(*TONIGHT_TYPES, first=league.today - timedelta(days=2), last=league.today)


@pytest.fixture(scope="module")
def plain(league: League, last_days: Plan) -> dict[str, bytes]:
    """What the plain loop publishes of the last days."""
    return without_timings(contents(plainly(last_days, league.warehouse)))


class TestGraph:
    def test_the_graph_publishes_what_the_plain_loop_does(
        self, league: League, last_days: Plan, plain: dict[str, bytes]
    ) -> None:
        assert_same_objects(without_timings(contents(in_graph(last_days, league.warehouse))), plain)
        assert {"tonight/all-players.json", f"manifest/{league.today}.json"} <= plain.keys()

    def test_the_graph_publishes_every_type_as_the_plain_loop_does(self, league: League) -> None:
        plan = plan_of(*exports(), first=league.today)
        expected = contents(plainly(plan, league.warehouse))
        assert_same_objects(without_timings(contents(in_graph(plan, league.warehouse))), without_timings(expected))

    @pytest.mark.parametrize(
        ("shards", "seed", "chunk_rows"), [(1, None, 100_000), (7, 1, 500), (64, 2, 3000)], ids=["1", "7", "64"]
    )
    def test_shards_and_the_order_and_size_of_batches_do_not_matter(
        self, league: League, last_days: Plan, plain: dict[str, bytes], shards: int, seed: int | None, chunk_rows: int
    ) -> None:
        plan = plan_of(*TONIGHT_TYPES, first=last_days.dates[0], last=last_days.dates[-1], shards=shards)
        warehouse = league.changed(shuffle_seed=seed, chunk_rows=chunk_rows)
        assert_same_objects(without_timings(contents(in_graph(plan, warehouse))), plain)
        assert_same_objects(without_timings(contents(plainly(plan, warehouse))), plain)

    def test_processes_do_not_matter(self, league: League, tmp_path: Path, plain: dict[str, bytes]) -> None:
        ended = run_main(
            league,
            tmp_path,
            f"--export_types={','.join(TONIGHT_TYPES)}",
            f"--start_date={league.today - timedelta(days=2)}",
            "--end_date=today",
            "--shards=4",
            "--direct_running_mode=multi_processing",
            "--direct_num_workers=2",
        )
        assert ended.code == 0, ended.err
        published = {
            path: held
            for path, held in plain.items()
            if not path.startswith((*CONTROL, "schemas/", "status.json", "status/"))
        }
        assert_same_objects(documents(published_in(tmp_path)), published)


class TestEngines:
    def test_a_night_of_every_type_without_beam_equals_that_of_the_local_runner(
        self, league: League, tmp_path: Path
    ) -> None:
        trees, summaries = [], []
        for name, flags in (("alone", ()), ("graph", ("--runner=DirectRunner",))):
            flags = (*flags, f"--export_types={','.join(exports())}", f"--target_date={league.today}", "--json")
            ended = run_main(league, tmp_path / name, *flags)
            assert ended.code == 0, ended.out + ended.err
            trees.append(documents(published_in(tmp_path / name)))
            summary = {**ended.summary, "output": ""}
            summaries.append(
                {**summary, "exports": {key: {**of, "seconds": 0} for key, of in summary["exports"].items()}}
            )
        assert_same_objects(*trees)
        assert [summary.pop("engine") for summary in summaries] == ["this process", "the local runner"]
        assert summaries[0] == summaries[1]
