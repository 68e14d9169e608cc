from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from exporters.warehouse.tables import SCHEDULE
from pipeline.planning.backfill_plan import (
    BackfillPlan,
    describe_backfill,
    game_dates,
    plan_backfill,
    spans,
    why_export,
)
from pipeline.planning.planner import plan_scans
from tests.support.plans import plan_of
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.plan import Plan

DAY = date(2026, 1, 20)
TYPES = ("predictions", "season-subsets")
"""One whose path has a date, and one whose path has none."""


def plan(*days: date, types: tuple[str, ...] = TYPES) -> Plan:
    chosen = days or (DAY,)
    made = plan_of(*types, first=chosen[0], last=chosen[-1], update_latest="never")
    inputs = {name: {str(day): f"{name} {day}" for day in chosen} for name in types}
    whole = replace(made, dates=chosen, inputs=inputs)
    return replace(whole, scans=plan_scans(whole), run=replace(whole.run, code_version="1.0"))


def section(name: str, day: date = DAY, **changes: Any) -> dict[str, Any]:
    made = {
        "state": "ready",
        "failed": 0,
        "pointers": {"failed": {}},
        "code_version": "1.0",
        "inputs": f"{name} {day}",
    }
    return {**made, **changes}


def manifest(day: date = DAY, *, types: tuple[str, ...] = TYPES, **changes: Any) -> dict[str, Any]:
    return {"exports": {name: section(name, day, **(changes if name == types[0] else {})) for name in types}}


class TestGameDates:
    def test_every_date_once_and_in_order(self) -> None:
        rows = [{"game_date": DAY + timedelta(n)} for n in (3, 0, 3, 9, -1)]
        warehouse = MemoryWarehouse({SCHEDULE: rows}, chunk_rows=1)
        assert game_dates(warehouse, DAY, DAY + timedelta(8)) == (DAY, DAY + timedelta(3))

    def test_only_dates_are_read(self) -> None:
        warehouse = MemoryWarehouse({})
        assert game_dates(warehouse, DAY, DAY) == ()
        assert [(scan.table, scan.columns) for scan in warehouse.scans] == [(SCHEDULE.name, ("game_date",))]


class TestWhyExport:
    def test_a_complete_date(self) -> None:
        assert why_export(plan(), DAY, manifest()) is None
        assert why_export(plan(), DAY, manifest(state="no_games")) is None

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"state": "withheld"}, "predictions is withheld"),
            ({"state": "failed"}, "predictions is failed"),
            ({"failed": 1}, "predictions has failures"),
            ({"pointers": {"failed": {"latest.json": "full"}}}, "predictions has failures"),
            ({"code_version": "0.9"}, "predictions was made by 0.9"),
            ({"code_version": ""}, "predictions was made by an unknown version"),
            ({"inputs": "others"}, "predictions was made from other inputs"),
            ({"inputs": None}, "predictions was made from other inputs"),
        ],
    )
    def test_the_first_thing_that_is_missing(self, changes: Mapping[str, Any], reason: str) -> None:
        assert why_export(plan(), DAY, manifest(**changes)) == reason

    def test_without_a_manifest_or_a_section(self) -> None:
        assert why_export(plan(), DAY, None) == "no manifest, or a run that was cut off"
        assert why_export(plan(), DAY, {"exports": {}}) == "predictions was never exported"

    def test_a_manifest_of_an_older_version_names_no_inputs(self) -> None:
        old = manifest()
        del old["exports"]["predictions"]["inputs"], old["exports"]["predictions"]["code_version"]
        assert why_export(plan(), DAY, old) == "predictions was made by an unknown version"

    def test_unknown_inputs_are_never_the_same(self) -> None:
        unreadable = replace(plan(), inputs={})
        assert why_export(unreadable, DAY, manifest(inputs=None)) == "predictions was made from other inputs"

    def test_a_path_without_a_date_is_due_on_the_last_date_only(self) -> None:
        later = DAY + timedelta(1)
        alone = manifest(types=("predictions",))
        assert why_export(plan(DAY, later), DAY, alone) is None
        assert why_export(plan(DAY, later), later, manifest(later, types=("predictions",))) == (
            "season-subsets was never exported"
        )


class TestPlanBackfill:
    def test_complete_dates_are_left_out(self) -> None:
        days = [DAY + timedelta(n) for n in range(3)]
        manifests = {days[0]: manifest(days[0]), days[1]: None, days[2]: manifest(days[2])}
        found = plan_backfill(plan(*days), manifests.__getitem__, again=False)
        assert found.complete == (days[0], days[2])
        assert [one.dates for one in found.passes] == [(days[1],)]
        assert found.passes[0].export_types == ("predictions",)

    def test_again_exports_all_of_them(self) -> None:
        found = plan_backfill(plan(), lambda day: manifest(day), again=True)
        assert found.complete == ()
        assert found.reasons == {DAY: "asked for again"}

    def test_nothing_left(self) -> None:
        assert plan_backfill(plan(), lambda day: manifest(day), again=False).passes == ()

    def test_one_pass_reads_each_table_once_over_a_gap(self) -> None:
        days = (DAY, DAY + timedelta(40))
        [one] = plan_backfill(plan(*days), lambda day: None, again=False).passes
        assert one.dates == days
        [forecasts] = [scan for scan in one.scans if scan.table == "nba_predictions.player_prop_predictions"]
        assert (forecasts.first, forecasts.last) == days

    def test_a_pass_per_season(self) -> None:
        days = (date(2025, 3, 1), date(2025, 6, 1), date(2025, 10, 20), DAY)
        first, second = plan_backfill(plan(*days), lambda day: None, again=False).passes
        assert (first.dates, second.dates) == (days[:2], days[2:])
        # The schedule, which tells whether picks are paused, is read some days ahead.
        ends = {scan.last for scan in first.scans if scan.last and scan.table != SCHEDULE.name}
        assert max(ends) == days[1]

    def test_only_the_newest_date_gives_a_path_without_a_date(self) -> None:
        days = (date(2025, 3, 1), DAY)
        first, second = plan_backfill(plan(*days), lambda day: None, again=False).passes
        assert (first.export_types, second.export_types) == (("predictions",), TYPES)

    def test_pointers_stay_put_in_every_pass(self) -> None:
        passes = plan_backfill(plan(date(2025, 3, 1), DAY), lambda day: None, again=False).passes
        assert {one.update_latest for one in passes} == {"never"}


class TestDescription:
    def test_spans(self) -> None:
        days = [DAY + timedelta(n) for n in (0, 1, 2, 9)]
        assert spans(days) == "2026-01-20 to 2026-01-22, 2026-01-29"
        assert spans([]) == ""

    def test_dates_types_and_tables(self) -> None:
        whole = plan(DAY, DAY + timedelta(1))
        found = plan_backfill(whole, lambda day: manifest(day) if day == DAY else None, again=False)
        text = describe_backfill(whole, found)
        assert "2 game dates from 2026-01-20 to 2026-01-21: 1 to export, 1 complete" in text
        assert "no manifest, or a run that was cut off: 2026-01-21" in text
        assert "pass 1 of 1: 1 dates, 2026-01-21 to 2026-01-21" in text
        assert "types: predictions, season-subsets" in text
        assert "nba_predictions.player_prop_predictions, 2026-01-21 to 2026-01-21" in text

    def test_nothing_to_do(self) -> None:
        assert describe_backfill(plan(), BackfillPlan((DAY,), {}, ())).endswith("0 to export, 1 complete")
