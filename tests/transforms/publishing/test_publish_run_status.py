"""What a run says of its dates: trouble with it is reported, and makes no run a failure."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from exporters.warehouse.tables import CONTEXT, SCHEDULE
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import json_of
from tests.support.plans import plan_of
from tests.support.rows import context_row, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.tables import TableScan

DAY = date(2026, 1, 6)


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


def test_a_status_that_breaks_costs_nothing_but_itself(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(MemoryWarehouse):
        """Breaks where nobody expects it when the schedule is read for the status, which names no shard."""

        def split(self, scan: TableScan) -> Any:
            if scan.table == SCHEDULE.name and store.stat(f"manifest/{DAY}.json") is not None:
                raise ZeroDivisionError("nobody expects it")
            return super().split(scan)

    store = MemoryStore()
    manifests = run_in_process(plan_of("tonight", first=DAY), Broken(held()), store)
    assert manifests[str(DAY)]["status"] == "success"
    assert store.stat("status.json") is None
    assert store.stat("status/data.json") is not None, "the page has no part in it"
    assert "ZeroDivisionError: nobody expects it" in caplog.text
