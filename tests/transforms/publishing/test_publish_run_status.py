"""What a run says of its dates: trouble with it is reported, and makes no run a failure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.league.games.schedule import READS
from exporters.warehouse.tables import CONTEXT, SCHEDULE
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import json_of
from tests.support.plans import plan_of
from tests.support.rows import context_row, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.plan import Plan
from transforms.elements.tables import TableScan
from transforms.publishing.status import games_scanned
from transforms.reading.scan import scan_all

DAY = date(2026, 1, 6)
COLUMNS = tuple(sorted(READS[0].columns))


def held(tip_off: int | None = None) -> dict[Any, list[Any]]:
    return {
        SCHEDULE: [schedule_row(game_date=DAY, game_date_est=tip_off)],
        CONTEXT: [context_row(player_lookup=f"p{n}", game_date=DAY) for n in range(5)],
    }


@pytest.mark.parametrize("tip_off", [-(2**62), 2**62, None])
def test_a_tip_off_that_is_no_instant_counts_as_unknown(tip_off: int | None) -> None:
    store = MemoryStore()
    run_in_process(plan_of("tonight", first=DAY), MemoryWarehouse(held(tip_off)), store)
    assert json_of(store, "status.json")["exports"]["tonight"]["state"] == "ready"


class TestGames:
    """The games around the league day are those that the run has scanned; otherwise they are read for the status."""

    @staticmethod
    def reads(plan: Plan, **tables: Any) -> tuple[int, dict[str, Any]]:
        """Return how often a run reads the schedule, and the status."""
        warehouse, store = MemoryWarehouse(held(), **tables), MemoryStore()
        run_in_process(replace(plan, latest_day=DAY), warehouse, store)
        status = json_of(store, "status.json")
        return sum(scan.table == SCHEDULE.name for scan in warehouse.scans), status

    def test_a_schedule_that_was_scanned_is_not_read_again(self) -> None:
        plan = plan_of("predictions", first=DAY)
        read, status = self.reads(plan)
        again, same = self.reads(replace(plan, is_past=True))
        assert (read, again) == (1, 2)
        of_games = ("active_break", "unplayed_games", "overall_status")
        assert [status[key] for key in of_games] == [same[key] for key in of_games]
        states = [service["status"] for service in status["services"].values()]
        assert states == [service["status"] for service in same["services"].values()]
        assert "unknown" not in states

    def test_one_that_was_scanned_in_part_is(self) -> None:
        plan = plan_of("live-grading", first=DAY)
        assert plan.scans_by_table[SCHEDULE.name].last == DAY
        assert self.reads(plan)[0] == 2

    def test_one_that_could_not_be_read_is_tried_again(self) -> None:
        read, status = self.reads(plan_of("predictions", first=DAY), breaks={SCHEDULE: "no such table"})
        assert read == 2
        assert status["services"]["tonight_data"]["status"] == "unknown"

    @given(st.integers(-5, 5), st.integers(15, 30), st.booleans())
    def test_only_games_of_the_dates_around_are_taken(self, shift: int, days: int, is_whole: bool) -> None:
        first, last = DAY - timedelta(days=7), DAY + timedelta(days=14)
        scan = TableScan(SCHEDULE.name, COLUMNS if is_whole else COLUMNS[1:], first + timedelta(days=shift))
        scan = replace(scan, last=scan.first + timedelta(days=days))
        plan = replace(plan_of("tonight", first=DAY), scans=(scan,), latest_day=DAY)
        rows = [schedule_row(game_date=DAY + timedelta(days=n)) for n in range(-50, 51)]
        warehouse = MemoryWarehouse({SCHEDULE: rows})
        batches, counts = scan_all(plan, warehouse)
        games = games_scanned(plan, batches, counts)
        is_enough = is_whole and scan.first <= first and scan.last >= last
        assert (games is not None) == is_enough
        if games is not None:
            found = {day for scanned in games for day in scanned.batch.column("game_date").to_pylist()}
            assert found == {first + timedelta(days=n) for n in range(22)}


def test_a_status_that_breaks_costs_nothing_but_itself(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryWarehouse):
        """Breaks where nobody expects it when the schedule is read for the status, which names no shard."""

        def split(self, scan: TableScan) -> Any:
            if scan.table == SCHEDULE.name and store.stat(f"manifest/{DAY}.json") is not None:
                raise ZeroDivisionError("nobody expects it")
            return super().split(scan)

    store = MemoryStore()
    manifests = run_in_process(replace(plan_of("tonight", first=DAY), is_past=True), Broken(held()), store)
    assert manifests[str(DAY)]["status"] == "success"
    assert store.stat("status.json") is None
    assert store.stat("status/data.json") is not None, "the page has no part in it"
    assert "ZeroDivisionError: nobody expects it" in caplog.text
