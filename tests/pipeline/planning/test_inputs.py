from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from exporters.warehouse.tables import PREDICTIONS, REGISTRY, SCHEDULE
from pipeline.planning.inputs import with_inputs
from tests.support.plans import EASY, plan_of
from transforms.elements.plan import Plan
from transforms.elements.tables import TablePart, TableScan
from transforms.warehouses.protocol import WarehouseError

FIRST = date(2026, 1, 20)
SECOND, THIRD = FIRST + timedelta(1), FIRST + timedelta(2)


class Parts:
    """Answers with a part per date and table; some tables cannot be read."""

    concurrency = 1

    def __init__(self, *changed: tuple[str, date | None], broken: str = "") -> None:
        self._changed = set(changed)
        self._broken = broken

    def parts(self, scan: TableScan) -> list[TablePart]:
        if scan.table == self._broken:
            raise WarehouseError(f"table {scan.table}: gone")
        days = (None,) if scan.first is None or scan.last is None else tuple(_days(scan.first, scan.last))
        return [TablePart(day, day, f"{day} {(scan.table, day) in self._changed}") for day in days]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def digests(plan: Plan, *changed: tuple[str, date | None], **options: Any) -> dict[str, dict[str, str]]:
    return {name: dict(found) for name, found in with_inputs(plan, Parts(*changed, **options)).inputs.items()}  # type: ignore[arg-type]


def changes(plan: Plan, table: str, day: date | None) -> set[tuple[str, str]]:
    before, after = digests(plan), digests(plan, (table, day))
    return {(name, day) for name in before for day in before[name] if before[name][day] != after[name][day]}


NIGHTS = plan_of("predictions", first=FIRST, last=THIRD)


class TestWithInputs:
    def test_one_digest_per_type_and_date(self) -> None:
        found = digests(NIGHTS)
        assert found.keys() == {"predictions"}
        assert found["predictions"].keys() == {"2026-01-20", "2026-01-21", "2026-01-22"}
        assert len(set(found["predictions"].values())) == 3

    def test_a_change_concerns_the_dates_whose_window_holds_it(self) -> None:
        assert changes(NIGHTS, PREDICTIONS.name, SECOND) == {("predictions", "2026-01-21")}
        assert changes(NIGHTS, "nba_raw.no_such_table", SECOND) == set()

    def test_a_table_without_dates_concerns_all_that_read_it(self) -> None:
        streaks = plan_of("streaks", first=FIRST, last=SECOND)
        assert REGISTRY.name in streaks.scans_by_table
        assert changes(streaks, REGISTRY.name, None) == {("streaks", "2026-01-20"), ("streaks", "2026-01-21")}

    def test_what_a_gate_counts_is_an_input(self) -> None:
        assert changes(NIGHTS, SCHEDULE.name, FIRST)

    def test_a_range_and_a_night_alone_agree(self) -> None:
        alone = plan_of("predictions", first=SECOND)
        assert digests(alone)["predictions"]["2026-01-21"] == digests(NIGHTS)["predictions"]["2026-01-21"]

    def test_other_types_of_the_run_do_not_matter(self) -> None:
        more = plan_of("predictions", "streaks", first=FIRST, last=THIRD)
        assert digests(more)["predictions"] == digests(NIGHTS)["predictions"]

    def test_the_rules_are_inputs(self) -> None:
        other = replace(NIGHTS, config=replace(EASY, champion_system_id="another"))
        assert not set(digests(other)["predictions"].values()) & set(digests(NIGHTS)["predictions"].values())

    def test_the_rules_are_the_same_in_every_process(self) -> None:
        code = "from exporters.config import ExportConfig; from pipeline.planning.inputs import rules_text"
        command = [sys.executable, "-c", f"{code}; print(rules_text(ExportConfig()))"]
        told = {
            subprocess.run(
                command,
                env={**os.environ, "PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
                timeout=60,
            ).stdout
            for seed in ("1", "2", "3", "4")
        }
        assert len(told) == 1, "sets of names are in another order"

    def test_a_path_without_a_date_is_of_the_last_one(self) -> None:
        season = plan_of("season-subsets", first=FIRST, last=THIRD)
        assert digests(season)["season-subsets"].keys() == {"2026-01-22"}

    def test_there_is_none_without_its_tables(self) -> None:
        assert digests(NIGHTS, broken=PREDICTIONS.name) == {}
        known = replace(NIGHTS, broken={PREDICTIONS.name: "gone"})
        assert digests(known) == {}
