from __future__ import annotations

import re
from datetime import date
from typing import Any

import orjson
import pytest
from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions
from apache_beam.runners.runner import PipelineResult, PipelineRunner, PipelineState

from exporters.warehouse.tables import CONTEXT, GAMES, SCHEDULE
from pipeline.execution.run import RunError, SubmissionError, report, run
from pipeline.reporting.report import ExportSummary, Summary
from tests.support.made_up import CARD, CURSED_POINTS, ROSTER
from tests.support.matchers import documents, manifest_of
from tests.support.plans import made_up_plan
from tests.support.rows import context_row, game_row, schedule_row
from tests.support.stores import ForbiddenStore, MemoryStore, Refuse
from tests.support.warehouses import ForbiddenWarehouse, MemoryWarehouse

DAY = date(2026, 2, 3)
PLAN = made_up_plan((CARD, ROSTER), DAY)


def small(points: int = 20) -> MemoryWarehouse:
    return MemoryWarehouse(
        {
            SCHEDULE: [schedule_row(game_date=DAY)],
            CONTEXT: [context_row(player_lookup=f"p{i}", game_date=DAY) for i in range(6)],
            GAMES: [game_row(player_lookup="p1", game_date=date(2026, 1, 30), points=points)],
        }
    )


def execute(store: Any, warehouse: Any = None, *options: str) -> Summary | None:
    return run(PLAN, warehouse or small(), store, PipelineOptions(list(options)), output="out")


class TestRun:
    def test_it_publishes_and_sums_up(self, capsys: pytest.CaptureFixture[str]) -> None:
        store = MemoryStore()
        summary = execute(store)
        assert summary is not None
        assert (summary.status, summary.exit_code, summary.missing) == ("success", 0, [])
        assert summary.exports["card"].written == 6
        assert summary.exports["roster"].pointers_moved == 2
        assert manifest_of(store, DAY)["run"]["run_id"] == summary.run_id
        out, err = capsys.readouterr()
        assert out == ""
        first, last = err.splitlines()[0], err.splitlines()[-1]
        assert first == "exporting card, roster for 2026-02-03 to 2026-02-03"
        assert re.fullmatch(r"[0-9.]+ s: 8 rows read, 7 documents published, 1 of 1 dates done", last)

    def test_what_is_missing_makes_it_partial(self) -> None:
        summary = execute(MemoryStore(), small(CURSED_POINTS))
        assert summary is not None
        assert (summary.status, summary.exit_code) == ("partial", 1)
        assert summary.missing == ["2026-02-03 card p1: ArithmeticError: p1 scored 666"]
        assert summary.exports["card"].written == 5

    def test_a_manifest_that_cannot_be_written_breaks_it_off_in_one_line(self) -> None:
        store = MemoryStore()
        store.before_write = Refuse("manifest/")
        with pytest.raises(RunError) as broken:
            execute(store)
        message = str(broken.value)
        assert "cannot write manifest/2026-02-03.json: no space left; free some" in message
        assert "\n" not in message
        assert len(documents(store)) == 15, "documents and pointers are out"

    def test_a_manifest_that_cannot_be_read_stops_it_before_it_writes(self) -> None:
        store = MemoryStore()
        store.before_read = Refuse("manifest/")
        with pytest.raises(RunError, match="cannot write manifest"):
            execute(store)
        assert store.written == []

    def test_the_direct_runner_is_the_one_in_this_process(self) -> None:
        summary = execute(MemoryStore(), None, "--runner=DirectRunner")
        assert summary is not None
        assert summary.status == "success"

    def test_a_service_goes_on_by_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        ended = execute(ForbiddenStore(), ForbiddenWarehouse(), f"--runner={__name__}.{Handing.__name__}")
        assert ended is None
        out, err = capsys.readouterr()
        assert out.startswith(f"submitted run {PLAN.run.run_id}: ")
        assert "exporting" not in err

    def test_a_job_leaves_no_trace_in_the_options_of_the_next(self) -> None:
        options = PipelineOptions([f"--runner={__name__}.{Handing.__name__}", "--labels=team=data"])
        for _ in range(2):
            run(PLAN, ForbiddenWarehouse(), ForbiddenStore(), options, output="out")
        assert options.view_as(GoogleCloudOptions).job_name is None
        assert options.view_as(GoogleCloudOptions).labels == ["team=data"]

    def test_what_a_service_wants_to_be_told(self) -> None:
        with pytest.raises(SubmissionError, match="Missing required option: project"):
            execute(ForbiddenStore(), ForbiddenWarehouse(), "--runner=DataflowRunner")

    def test_a_service_that_does_not_take_it(self) -> None:
        with pytest.raises(SubmissionError, match="RuntimeError: There is already active job named nightly"):
            execute(ForbiddenStore(), ForbiddenWarehouse(), f"--runner={__name__}.{Refusing.__name__}")


class Refusing(PipelineRunner):
    """A runner that takes no pipeline."""

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        raise RuntimeError("There is already active job named nightly")


class Handing(PipelineRunner):
    """A runner that takes a pipeline and returns at once; it names the job in its options, as Dataflow's does."""

    def run_pipeline(self, pipeline: Any, options: Any) -> PipelineResult:
        assert options.view_as(GoogleCloudOptions).job_name is None
        options.view_as(GoogleCloudOptions).job_name = "beamapp-1"
        return PipelineResult(PipelineState.RUNNING)


class TestReport:
    summary = Summary(
        "run-1",
        "partial",
        "out",
        ["2026-02-02", "2026-02-03"],
        {"card": ExportSummary(written=5, pointers_moved=4), "roster": ExportSummary(pointers_moved=2)},
        ["2026-02-03 card p1: ArithmeticError: p1 scored 666"],
        ["predictions.versions: a version is that of its picks"],
    )

    def test_the_table_then_what_is_not_there_then_where_to_look(self, capsys: pytest.CaptureFixture[str]) -> None:
        report(self.summary, as_json=False)
        lines = capsys.readouterr().out.splitlines()
        assert lines[0].startswith("export type")
        assert lines[3:] == [
            "absent: predictions.versions: a version is that of its picks",
            "missing: 2026-02-03 card p1: ArithmeticError: p1 scored 666",
            "partial: 2026-02-02 to 2026-02-03 is in out (6 pointers moved)",
            "look at out/manifest/2026-02-03.json",
        ]

    def test_json_is_the_last_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        report(self.summary, as_json=True)
        out = capsys.readouterr().out
        assert orjson.loads(out.splitlines()[-1]) == orjson.loads(orjson.dumps(self.summary.to_json()))
