from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from exporters.warehouse.tables import SCHEDULE
from pipeline.engines.errors import RunError, RunInterrupted
from pipeline.execution.in_process import run_in_process
from pipeline.execution.places import open_warehouse
from pipeline.execution.run import started
from pipeline.operations.backfill import backfill, main, options_of_pass, parse_backfill
from pipeline.reporting.report import Summary, summarize
from tests.support.matchers import assert_one_line_each, assert_same_objects, contents, documents, manifest_of
from tests.support.plans import NOW, plan_of
from tests.support.real_schema import tables_of, write_real
from tests.support.rows import schedule_row
from tests.support.stores import MemoryStore, Refuse, published_in
from tests.support.warehouses import League, MemoryWarehouse
from transforms.elements.plan import Plan
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import Warehouse

_NOW = datetime(2026, 2, 3, 17, tzinfo=timezone.utc)


def _plainly(warehouse: Warehouse, store: Store, plan: Plan) -> Summary:
    plan = started(plan)
    try:
        run_in_process(plan, warehouse, store)
    except StoreError as error:
        raise RunError(str(error)) from error
    return summarize(plan, "out", {str(day): load_manifest(store, day).manifest for day in plan.dates})


@dataclass
class Backfills:
    """Runs backfills of the four last nights of the small league, without Beam, and keeps what they print."""

    league: League
    output: Path
    capture: pytest.CaptureFixture[str]
    warehouse: str = ""
    with_beam: bool = False
    in_memory: MemoryStore | None = None

    def run(self, *flags: str, days: int = 4, types: str = "predictions,daily-signals") -> tuple[int, str]:
        first = self.league.today - timedelta(days - 1)
        argv = [
            f"--warehouse={self.warehouse or self.league.root}",
            f"--output={self.output}",
            f"--start_date={first}",
            f"--end_date={self.league.today}",
            f"--export_types={types}",
            f"--generated_at={NOW}",
            "--min_context_rows=5",
            *([] if any("min_active" in flag for flag in flags) else ["--min_active_predictions=5"]),
            *flags,
        ]
        if self.with_beam:
            code = main(argv)
        else:
            _, config, again = parse_backfill(argv, now=_NOW)
            warehouse, store = open_warehouse(config), self.store
            code = backfill(config, warehouse, store, partial(_plainly, warehouse, store), again=again)
        return code, self.capture.readouterr().out

    @property
    def control(self) -> Path:
        return self.output.with_name(f"{self.output.name}-control")

    @property
    def store(self) -> Store:
        return self.in_memory or published_in(self.output)

    def report(self, *flags: str) -> dict[str, Any]:
        _, out = self.run("--json", *flags)
        found: dict[str, Any] = json.loads(out.splitlines()[-1])
        return found


@pytest.fixture
def backfills(league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Backfills:
    return Backfills(league, tmp_path / "out", capsys)


class TestBackfill:
    def test_the_graph_and_the_plain_loop_agree(self, backfills: Backfills) -> None:
        backfills.run()
        plain = documents(backfills.store)
        backfills.output, backfills.with_beam = backfills.output.with_name("beam"), True
        code, out = backfills.run()
        assert code == 0, out
        assert out.splitlines()[-1].startswith("success:")
        assert_same_objects(documents(backfills.store), plain)

    def test_exports_once_and_then_nothing(self, backfills: Backfills) -> None:
        code, out = backfills.run()
        assert code == 0, out
        assert "to export, 0 complete" in out
        assert "pass 1 of 1" in out
        before = contents(backfills.store)
        code, out = backfills.run()
        assert code == 0, out
        assert " 0 to export" in out
        assert contents(backfills.store) == before

    def test_continues_where_it_stopped_and_leaves_no_difference(self, backfills: Backfills, tmp_path: Path) -> None:
        backfills.run()
        whole = documents(backfills.store)
        days = sorted(path.stem for path in (backfills.control / "manifest").iterdir())
        for day in (days[0], days[-1]):
            (backfills.control / "manifest" / f"{day}.json").unlink()
            (backfills.output / "predictions" / f"{day}.json").unlink()
        report = backfills.report()
        assert report["status"] == "success"
        assert report["exported"] == [days[0], days[-1]]
        assert report["complete"] == days[1:-1]
        assert_same_objects(documents(backfills.store), whole)

    def test_again_compares_everything_and_writes_only_what_is_missing(self, backfills: Backfills) -> None:
        backfills.run()
        report = backfills.report("--again")
        assert report["complete"] == []
        assert report["exports"]["predictions"]["written"] == 0
        assert report["exports"]["predictions"]["unchanged"] == len(report["exported"])

    def test_other_inputs_are_exported_again(self, backfills: Backfills, tmp_path: Path) -> None:
        backfills.warehouse = str(tmp_path / "warehouse")
        shutil.copytree(backfills.league.root, backfills.warehouse)
        backfills.run()
        for path in Path(backfills.warehouse, "nba_predictions", "player_prop_predictions").rglob("*.parquet"):
            os.utime(path, ns=(1, 1))
        _, out = backfills.run()
        assert "predictions was made from other inputs" in out
        assert "daily-signals was" not in out

    def test_other_rules_are_exported_again(self, backfills: Backfills) -> None:
        backfills.run()
        _, out = backfills.run("--champion_system_id=ensemble_v1")
        assert "was made from other inputs" in out

    def test_another_type_is_exported_for_complete_dates(self, backfills: Backfills) -> None:
        backfills.run()
        _, out = backfills.run(types="predictions,streaks")
        assert "streaks was never exported" in out
        sections = manifest_of(backfills.store, backfills.league.today)["exports"]
        assert sections.keys() == {"predictions", "daily-signals", "streaks"}

    def test_pointers_stay(self, backfills: Backfills) -> None:
        backfills.run()
        assert not (backfills.output / "predictions" / "today.json").exists()
        pointers = manifest_of(backfills.store, backfills.league.today)["exports"]["predictions"]["pointers"]
        assert pointers["moved"] == 0

    def test_a_dry_run_publishes_nothing(self, backfills: Backfills) -> None:
        code, out = backfills.run("--dry_run")
        assert code == 0
        assert "tables:" in out
        assert not backfills.output.exists()

    def test_a_range_without_games(self, backfills: Backfills) -> None:
        flags = ("--start_date=2020-08-01", "--end_date=2020-08-03", "--export_types=predictions")
        code = main([f"--warehouse={backfills.league.root}", f"--output={backfills.output}", *flags])
        assert code == 0
        assert "no game from 2020-08-01 to 2020-08-03" in backfills.capture.readouterr().out


class TestMissing:
    def test_what_is_withheld_is_named_and_tried_again(self, backfills: Backfills) -> None:
        code, out = backfills.run("--min_active_predictions=100000", days=1)
        assert code == 1
        assert f"missing: {backfills.league.today} predictions is withheld" in out
        assert "partial: 1 dates exported" in out
        _, out = backfills.run("--min_active_predictions=100000", days=1)
        assert "predictions is withheld" in out

    def test_what_the_warehouse_lacks_is_named_once(self, backfills: Backfills, tmp_path: Path) -> None:
        write_real(tmp_path / "real", tables_of(backfills.league), doubtful=False)
        backfills.warehouse = str(tmp_path / "real")
        code, out = backfills.run(types="subset-picks,player-game-report", days=3)
        assert code == 0, out
        lines = [line.partition(": ")[2] for line in out.splitlines() if line.startswith("absent: ")]
        assert [line.partition(": ")[0] for line in lines] == [
            "nba_analytics.player_game_summary.is_partial_game_data",
            "nba_analytics.player_game_summary.player_full_name",
            "nba_predictions.current_subset_picks.prediction_created_at",
            "nba_predictions.current_subset_versions",
        ]
        _, out = backfills.run("--json", "--again", types="subset-picks,player-game-report", days=3)
        assert json.loads(out.splitlines()[-1])["absent"] == lines

    def test_a_document_that_cannot_be_written_is_named(self, backfills: Backfills) -> None:
        backfills.in_memory = MemoryStore()
        backfills.in_memory.before_write = Refuse("predictions/")
        code, out = backfills.run(days=1)
        assert code == 1
        assert f"missing: {backfills.league.today} predictions predictions/{backfills.league.today}.json" in out

    def test_a_pass_that_breaks_off_costs_its_dates(self, backfills: Backfills) -> None:
        backfills.in_memory = MemoryStore()
        backfills.in_memory.before_write = Refuse("manifest/")
        code, out = backfills.run(days=1)
        assert code == 1
        assert "the run broke off" in out
        assert out.splitlines()[-1].startswith("failed:")

    def test_an_interrupted_pass_is_the_last_one(self, backfills: Backfills) -> None:
        first = date(2025, 6, 1)
        argv = ("--warehouse=w", "--output=o", f"--start_date={first}", f"--end_date={backfills.league.today}")
        _, config, _ = parse_backfill((*argv, f"--generated_at={NOW}"), now=_NOW)
        begun: list[Plan] = []

        def interrupt(plan: Plan) -> Summary:
            begun.append(plan)
            raise RunInterrupted("it was interrupted")

        warehouse = MemoryWarehouse(
            {SCHEDULE: [schedule_row(game_date=day) for day in (first, backfills.league.today)]}
        )
        assert backfill(config, warehouse, MemoryStore(), interrupt) == 130
        out = backfills.capture.readouterr().out
        assert len(begun) == 1
        assert "missing: 2025-06-01 to 2025-06-01: it was interrupted; run the backfill again to continue" in out
        assert "missing: 2026-02-03 to 2026-02-03: not begun; likewise" in out

    def test_a_pass_that_goes_on_elsewhere_has_no_outcome_yet(self, backfills: Backfills) -> None:
        day = backfills.league.today
        argv = ("--warehouse=w", "--output=o", f"--start_date={day}", f"--end_date={day}", f"--generated_at={NOW}")
        _, config, _ = parse_backfill(argv, now=_NOW)
        assert backfill(config, backfills.league.warehouse, MemoryStore(), lambda plan: None) == 0
        assert "1 jobs were submitted" in backfills.capture.readouterr().out

    @pytest.mark.parametrize(("flags", "name"), [((), None), (("--job_name=refill",), "refill-2026-02-03")])
    def test_passes_that_run_at_once_have_names_of_their_own(self, flags: tuple[str, ...], name: str | None) -> None:
        options = PipelineOptions(list(flags))
        found = options_of_pass(options, plan_of("tonight", first=date(2026, 2, 3)))
        assert found.view_as(GoogleCloudOptions).job_name == name
        assert options.view_as(GoogleCloudOptions).job_name == (name and "refill")

    def test_a_warehouse_without_a_schedule(self, backfills: Backfills, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        backfills.warehouse, backfills.with_beam = str(tmp_path / "empty"), True
        code, _ = backfills.run()
        assert code == 1


class TestOptions:
    def reject(self, capsys: pytest.CaptureFixture[str], *flags: str) -> str:
        code = main(["--warehouse=w", "--output=o", *flags])
        error = capsys.readouterr().err
        assert code == 2
        assert_one_line_each(error, names=())
        return error

    def test_defaults(self) -> None:
        argv = ["--warehouse=w", "--output=o", "--start_date=2021-10-19", "--end_date=2026-02-01"]
        options, config, again = parse_backfill(argv, now=_NOW)
        assert isinstance(options, PipelineOptions)
        assert config.request.update_latest.value == "never"
        assert config.request.trigger_source == "backfill"
        assert "tonight-players" in config.request.export_types
        assert "season-subsets" not in config.request.export_types
        assert again is False

    @pytest.mark.parametrize(("flags", "expected"), [(["--again"], True), (["--again=true"], True), ([], False)])
    def test_again(self, flags: list[str], expected: bool) -> None:
        argv = ["--warehouse=w", "--output=o", "--start_date=2026-01-01", "--end_date=2026-02-01", *flags]
        assert parse_backfill(argv, now=_NOW)[2] is expected

    def test_what_follows_a_bare_dash_is_left_to_the_runner(self) -> None:
        argv = ["--warehouse=w", "--output=o", "--start_date=2026-01-01", "--end_date=2026-02-01", "--", "--odd=1"]
        assert parse_backfill(argv, now=_NOW)[1].request.trigger_source == "backfill"

    def test_pointers_are_not_to_move(self, capsys: pytest.CaptureFixture[str]) -> None:
        days = ("--start_date=2026-01-01", "--end_date=2026-01-02")
        assert "--update_latest" in self.reject(capsys, *days, "--update_latest=force")

    def test_dates_that_are_yet_to_come(self, capsys: pytest.CaptureFixture[str]) -> None:
        days = ("--start_date=2026-01-01", "--end_date=2026-02-02", "--generated_at=2026-02-01T18:00:00Z")
        assert "is yet to come" in self.reject(capsys, *days)

    def test_a_backfill_is_of_a_range(self, capsys: pytest.CaptureFixture[str]) -> None:
        error = self.reject(capsys, "--target_date=today", "--players", "--request={}")
        assert len(error.splitlines()) == 3
        assert "--start_date" in self.reject(capsys, "--start_date=2026-01-01")

    def test_problems_of_the_options_themselves(self, capsys: pytest.CaptureFixture[str]) -> None:
        days = ("--start_date=2026-01-01", "--end_date=2026-01-02")
        assert "did you mean" in self.reject(capsys, *days, "--export_typs=predictions")
