from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exporters.warehouse.tables import PREDICTIONS, SUBSET_PICKS, SUBSET_VERSIONS, TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.graph import build
from tests.support.eager import run_eagerly
from tests.support.plans import EASY, plan_of
from tests.support.rows import Row, by_table, subset_pick_row, subset_version_row
from tests.support.stores import MemoryStore
from tests.support.subset_rows import PLAYED, TODAY, forecasts, members, night, season
from tests.support.warehouses import MemoryWarehouse, arrow_rows
from transforms.elements.failure import Failure
from transforms.elements.guarding import DateVerdict
from transforms.elements.plan import Plan
from transforms.publishing.write_back import append_subset_picks, appending, record_batch
from transforms.stages.date_stages import FrozenRows
from transforms.steps.append_subset_picks import AppendSubsetPicks
from transforms.warehouses.parquet import ParquetWarehouse

WRITING = replace(EASY, write_subset_picks=True)
BEFORE = "2026-02-10T16:00:00.000001Z"
FROZEN = FrozenRows(
    "subset-picks",
    ((SUBSET_PICKS.name, (subset_pick_row(),)), (SUBSET_VERSIONS.name, (subset_version_row(),))),
)
DAY = date(2025, 1, 15)


def _table(name: str) -> Any:
    return next(table for table in TABLES if table.name == name)


class Recorder(MemoryWarehouse):
    """Records what is added, and raises for one table."""

    def __init__(self, rows: Iterable[Row] = (), *, refused: str = "") -> None:
        super().__init__({_table(name): found for name, found in by_table(rows).items()})
        self.added: list[tuple[str, int, date, str]] = []
        self.refused = refused

    def append(self, table: str, batch: pa.RecordBatch, *, day: date, name: str) -> None:
        if table == self.refused:
            raise OSError("no space left")
        self.added.append((table, batch.num_rows, day, name))


def plan(**values: Any) -> Plan:
    options = {"first": TODAY, "config": WRITING, "generated_at": BEFORE, **values}
    return plan_of("subset-picks", "season-subsets", **options)


def folder_of(root: Path, rows: Iterable[Row]) -> ParquetWarehouse:
    """Return rows as a warehouse in which every table is a folder."""
    grouped = by_table(rows)
    for table in TABLES:
        folder = root.joinpath(*table.name.split("."))
        folder.mkdir(parents=True)
        pq.write_table(arrow_rows(table, grouped.get(table.name, ())), folder / "part-0.parquet")
    return ParquetWarehouse(str(root))


def stored(root: Path, table: str) -> list[dict[str, Any]]:
    """Return what was added to a table."""
    files = sorted(root.joinpath(*table.split(".")).glob("game_date=*/*.parquet"))
    return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]


def document(store: MemoryStore, path: str) -> Any:
    found = store.read(path)
    assert found is not None, path
    return json.loads(found[0])


def content(store: MemoryStore) -> dict[str, Any]:
    """Return the documents without the times of their runs."""
    documents = {path: document(store, path) for path in ("picks/2026-02-10.json", "subsets/season.json")}
    for value in documents.values():
        del value["generated_at"]
    return documents


class TestAppendFrozen:
    def test_the_version_comes_after_its_picks(self) -> None:
        """M-6."""
        warehouse = Recorder()
        made = plan()
        assert append_subset_picks(made, warehouse, DAY, FROZEN) is None
        assert warehouse.added == [
            (SUBSET_PICKS.name, 1, DAY, made.run.run_id),
            (SUBSET_VERSIONS.name, 1, DAY, made.run.run_id),
        ]

    def test_without_its_picks_there_is_no_version(self) -> None:
        """M-6."""
        warehouse = Recorder(refused=SUBSET_PICKS.name)
        failure = append_subset_picks(plan(), warehouse, DAY, FROZEN)
        assert failure is not None
        assert (failure.step, failure.export) == ("AppendVersions", "subset-picks")
        assert failure.key == f"{SUBSET_PICKS.name} 2025-01-15"
        assert failure.error == "OSError: no space left"
        assert warehouse.added == []

    def test_a_version_without_picks_is_recorded(self) -> None:
        """M-2."""
        warehouse = Recorder()
        empty = FrozenRows("subset-picks", ((SUBSET_PICKS.name, ()), (SUBSET_VERSIONS.name, (subset_version_row(),))))
        assert append_subset_picks(plan(), warehouse, DAY, empty) is None
        assert [table for table, *_ in warehouse.added] == [SUBSET_VERSIONS.name]

    @pytest.mark.parametrize(("table", "row"), [(SUBSET_PICKS, subset_pick_row), (SUBSET_VERSIONS, subset_version_row)])
    def test_rows_become_a_batch_of_the_table(self, table: Any, row: Any) -> None:
        rows = [row(), row(version_id="v_2")]
        assert pa.Table.from_batches([record_batch(table.name, rows)]) == arrow_rows(table, rows)

    def test_a_warehouse_that_is_only_read_is_refused(self) -> None:
        with pytest.raises(ValueError, match="MemoryWarehouse is only read; leave out --write_subset_picks"):
            appending(MemoryWarehouse({}))


class TestTransform:
    def test_adds_what_it_gets(self) -> None:
        warehouse = Recorder()
        assert self.run(warehouse) == []
        assert [table for table, *_ in warehouse.added] == [SUBSET_PICKS.name, SUBSET_VERSIONS.name]

    def test_adds_nothing_of_a_date_that_is_withheld(self) -> None:
        warehouse = Recorder()
        assert self.run(warehouse, "would be emptied") == []
        assert warehouse.added == []

    def test_reports_what_it_could_not_add(self) -> None:
        ((day, failure),) = self.run(Recorder(refused=SUBSET_VERSIONS.name))
        assert day == "2026-02-10"
        assert isinstance(failure, Failure)

    @staticmethod
    def run(warehouse: Recorder, withheld: str | None = None) -> Sequence[tuple[str, Failure]]:
        def wire(root: beam.Pipeline) -> Any:
            verdicts = root | "Verdicts" >> beam.Create([("2026-02-10", DateVerdict(withheld))])
            return root | beam.Create([("2026-02-10", FROZEN)]) | AppendSubsetPicks(plan(), warehouse, verdicts)

        found: Sequence[tuple[str, Failure]] = run_eagerly(wire)
        return found


class TestRun:
    def test_what_is_frozen_is_what_was_published(self, tmp_path: Path) -> None:
        """P-7: the next run, which freezes nothing, publishes the same from the frozen rows."""
        warehouse = folder_of(tmp_path, night())
        first, second = MemoryStore(), MemoryStore()
        run_in_process(plan(), warehouse, first)
        assert len(stored(tmp_path, SUBSET_PICKS.name)) == 26
        (version,) = stored(tmp_path, SUBSET_VERSIONS.name)
        assert (version["version_id"], version["total_picks"]) == ("v_20260210_160000_000001", 26)
        run_in_process(plan(config=EASY), warehouse, second)
        assert content(first) == content(second)
        assert members(document(first, "picks/2026-02-10.json"))["8"] == "abcde"

    def test_a_retry_adds_nothing(self, tmp_path: Path) -> None:
        """M-6: idempotent per run."""
        warehouse = folder_of(tmp_path, night())
        for _ in range(2):
            run_in_process(plan(), warehouse, MemoryStore())
        assert len(stored(tmp_path, SUBSET_PICKS.name)) == 26
        assert len(stored(tmp_path, SUBSET_VERSIONS.name)) == 1

    def after_they_are_inactive(self, tmp_path: Path, reason: str | None) -> MemoryStore:
        """Publish a night, deactivate its forecasts, and publish it again."""
        warehouse, store = folder_of(tmp_path, night()), MemoryStore()
        run_in_process(plan(), warehouse, store)
        withdrawn = [row for row in forecasts(TODAY) if type(row).__name__ == "PredictionRow"]
        pq.write_table(
            arrow_rows(PREDICTIONS, [row._replace(is_active=False, invalidation_reason=reason) for row in withdrawn]),
            tmp_path / "nba_predictions/player_prop_predictions/part-0.parquet",
        )
        run_in_process(plan(generated_at="2026-02-10T17:00:00Z"), warehouse, store)
        return store

    def test_a_later_run_adds_a_version(self, tmp_path: Path) -> None:
        store = self.after_they_are_inactive(tmp_path, "game_postponed")
        assert [row["total_picks"] for row in stored(tmp_path, SUBSET_VERSIONS.name)] == [26, 0]
        assert set(members(document(store, "picks/2026-02-10.json")).values()) == {""}

    def test_a_date_that_is_withheld_is_not_frozen(self, tmp_path: Path) -> None:
        store = self.after_they_are_inactive(tmp_path, None)
        assert [row["total_picks"] for row in stored(tmp_path, SUBSET_VERSIONS.name)] == [26]
        assert members(document(store, "picks/2026-02-10.json"))["8"] == "abcde"

    def test_a_begun_date_is_not_frozen(self, tmp_path: Path) -> None:
        """G-4."""
        warehouse, store = folder_of(tmp_path, season()), MemoryStore()
        run_in_process(plan(first=PLAYED, last=TODAY, generated_at="2026-02-11T01:00:00Z"), warehouse, store)
        assert stored(tmp_path, SUBSET_VERSIONS.name) == []

    def test_nothing_is_written_by_default(self, tmp_path: Path) -> None:
        run_in_process(plan(config=EASY), folder_of(tmp_path, night()), MemoryStore())
        assert stored(tmp_path, SUBSET_VERSIONS.name) == []

    def test_the_graph_does_the_same(self, tmp_path: Path) -> None:
        plain, graph = MemoryStore(), MemoryStore()
        run_in_process(plan(), folder_of(tmp_path / "plain", night()), plain)
        warehouse = folder_of(tmp_path / "graph", night())
        run_eagerly(lambda root: build(root, plan(shards=1), warehouse, graph))
        assert content(plain) == content(graph)
        for table in (SUBSET_PICKS.name, SUBSET_VERSIONS.name):
            assert stored(tmp_path / "graph", table) == stored(tmp_path / "plain", table) != []

    def test_a_failure_to_write_makes_the_run_partial(self) -> None:
        manifests = run_in_process(plan(), Recorder(night(), refused=SUBSET_VERSIONS.name), MemoryStore())
        assert manifests["2026-02-10"]["exports"]["subset-picks"]["failed"] == 1
