"""Documents about trends end the day before their date: they wait for the last result of that day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from exporters.registry import exports
from exporters.warehouse.tables import WAREHOUSE_TABLES
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import contents, manifest_of
from tests.support.plans import plan_of
from tests.support.rows import Row, by_table, schedule_row, table_of
from tests.support.small_night import NIGHTS, small_night
from tests.support.stores import MemoryStore
from tests.support.warehouses import write_parquet

DAY = NIGHTS[-1] + timedelta(days=1)
WAITING = {name: export.results_in for name, export in exports().items() if export.results_in is not None}


def export(store: MemoryStore, folder: Path, name: str, keep: Callable[[Row], bool], hour: int) -> None:
    rows = by_table([schedule_row(game_date=DAY), *filter(keep, small_night())])
    warehouse = write_parquet(folder / str(hour), {table: rows.get(table.name, []) for table in WAREHOUSE_TABLES})
    plan = plan_of(name, first=DAY, generated_at=f"{DAY}T{hour}:00:00Z")
    run_in_process(plan, warehouse, store)


@pytest.mark.parametrize("name", WAITING)
def test_a_trend_is_withheld_until_every_team_that_played_has_its_results(tmp_path: Path, name: str) -> None:
    def is_late(row: Row) -> bool:
        return table_of(row) is WAITING[name] and row.game_date == NIGHTS[-1] and row.team_abbr == "BOS"

    store = MemoryStore()
    export(store, tmp_path, name, lambda row: not is_late(row), hour=11)
    section = manifest_of(store, DAY)["exports"][name]
    assert section["state"] == "withheld"
    assert section["reason"] == f"{WAITING[name]} has no result of {NIGHTS[-1]} yet for 1 teams that have played: BOS"
    assert not contents(store, "trends/")
    export(store, tmp_path, name, lambda row: True, hour=12)
    assert manifest_of(store, DAY)["exports"][name]["state"] == "ready"
    shown = contents(store, "trends/")
    assert set(shown) == {exports()[name].path_of(DAY), exports()[name].pointers[0].path}
    # A table that lost rows again takes nothing back.
    export(store, tmp_path, name, lambda row: not is_late(row), hour=13)
    assert contents(store, "trends/") == shown
