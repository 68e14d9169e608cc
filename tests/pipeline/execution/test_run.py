from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from exporters.warehouse.tables import CONTEXT, GAMES, SCHEDULE
from pipeline.engines.errors import RunError
from pipeline.execution.graph_run import run
from pipeline.reporting.report import Summary
from tests.support.made_up import CARD, CURSED_POINTS, ROSTER
from tests.support.matchers import documents, manifest_of
from tests.support.plans import made_up_plan
from tests.support.rows import context_row, game_row, schedule_row
from tests.support.stores import MemoryStore, Refuse
from tests.support.warehouses import MemoryWarehouse
from transforms.publishing.lease import lease_path

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
        assert documents(store) == {}
        assert store.stat(lease_path(DAY)) is None, "nothing was written that could be torn"

    def test_the_direct_runner_is_the_one_in_this_process(self) -> None:
        summary = execute(MemoryStore(), None, "--runner=DirectRunner")
        assert summary is not None
        assert summary.status == "success"
