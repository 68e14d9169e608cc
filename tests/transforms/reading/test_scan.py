from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from apache_beam.coders import registry
from hypothesis import given
from hypothesis import strategies as st

from exporters.league.players.aliases import Aliases
from exporters.warehouse.tables import (
    CONTEXT,
    FORECAST_TIMES,
    GAMES,
    PLAYER_ALIASES,
    PREDICTIONS,
    SCHEDULE,
    SIGNALS,
    SUBSET_PICKS,
    SUBSET_VERSIONS,
)
from tests.support import made_up
from tests.support.eager import run_eagerly
from tests.support.plans import made_up_plan, plan_of
from tests.support.rows import (
    context_row,
    game_row,
    player_alias_row,
    prediction_row,
    schedule_row,
    subset_pick_row,
)
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.tables import WHOLE_TABLE, ScanStream, TableBatch, TableScan
from transforms.reading.scan import scan_all
from transforms.steps.coders import TableBatchCoder
from transforms.steps.scan_tables import ScanTables
from transforms.warehouses.protocol import WarehouseError

DAY = date(2026, 1, 5)
TYPES: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
    pa.date32(): st.dates(),
    pa.timestamp("us", tz="UTC"): st.integers(-(2**60), 2**60),
    pa.decimal128(5, 2): st.integers(-99999, 99999).map(lambda n: Decimal(n).scaleb(-2)),
    pa.list_(pa.float64()): st.lists(st.floats(allow_nan=False), max_size=3),
    pa.list_(pa.string()): st.lists(st.none() | st.text(max_size=3), max_size=3),
}


@st.composite
def batches(draw: st.DrawFn) -> pa.RecordBatch:
    """Record batches of any schema, some without rows, some a slice of a longer one."""
    rows = draw(st.integers(0, 9))
    kinds = draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=5))
    columns = [pa.array(draw(st.lists(st.none() | TYPES[kind], min_size=rows, max_size=rows)), kind) for kind in kinds]
    batch = pa.RecordBatch.from_arrays(columns, [f"c{i}" for i in range(len(kinds))])
    start = draw(st.integers(0, rows))
    return batch.slice(start, draw(st.integers(0, rows - start)))


class TestCoder:
    @given(batches(), st.text(st.characters(categories=["L", "N"], include_characters="._"), max_size=9))
    def test_round_trip(self, batch: pa.RecordBatch, table: str) -> None:
        coder = TableBatchCoder()
        decoded = coder.decode(coder.encode(TableBatch(table, batch)))
        assert decoded.table == table
        assert decoded.batch.schema == batch.schema
        assert decoded.batch.equals(batch)
        decoded.batch.validate(full=True)

    def test_a_slice_carries_its_own_rows_only(self) -> None:
        whole = pa.record_batch({"text": ["x" * 1000] * 1000})
        assert len(TableBatchCoder().encode(TableBatch("t", whole.slice(500, 1)))) < 4000

    def test_it_is_the_coder_of_table_batches_and_never_of_keys(self) -> None:
        assert isinstance(registry.get_coder(TableBatch), TableBatchCoder)
        assert not TableBatchCoder().is_deterministic()


def some_rows() -> dict[Any, Any]:
    return {
        CONTEXT: [context_row(player_lookup=f"p{i}", game_date=DAY) for i in range(7)],
        GAMES: [game_row(player_lookup=f"p{i}", game_date=date(2026, 1, 3)) for i in range(5)],
        SCHEDULE: [schedule_row(game_date=DAY), schedule_row(game_date=DAY, home_team_tricode="NYK")],
    }


PLAN = made_up_plan(made_up.ALL, DAY)


def scanned(plan: Any, warehouse: Any) -> tuple[list[Any], Any]:
    found = run_eagerly(lambda root: ScanTables(plan, warehouse).expand(root))
    (scan_counts,) = found["scan_counts"]
    return sorted((b.table, sorted(map(str, b.batch.to_pylist()))) for b in found["batches"]), scan_counts


def read_plainly(plan: Any, warehouse: Any) -> tuple[list[Any], Any]:
    found, scan_counts = scan_all(plan, warehouse)
    return sorted((b.table, sorted(map(str, b.batch.to_pylist()))) for b in found), scan_counts


class SplitBreaks(MemoryWarehouse):
    def split(self, scan: TableScan) -> list[ScanStream]:
        if scan.table == GAMES.name:
            raise WarehouseError("table games: no permission; grant it")
        return super().split(scan)


class SideBySide(MemoryWarehouse):
    concurrency = 3


class Defective(SideBySide):
    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        yield from super().read(stream)
        if stream.scan.table == GAMES.name:
            raise ZeroDivisionError("a defect")


class TestRunConcurrently:
    def test_streams_that_are_read_at_a_time_give_the_same(self) -> None:
        warehouse = SideBySide(some_rows(), chunk_rows=1)
        assert scanned(PLAN, warehouse) == scanned(PLAN, MemoryWarehouse(some_rows(), chunk_rows=1))
        assert read_plainly(PLAN, warehouse) == scanned(PLAN, warehouse)

    def test_a_table_that_breaks_costs_the_others_nothing(self) -> None:
        warehouse = SideBySide(some_rows(), chunk_rows=2, breaks={GAMES: "table games: cut off; run again"})
        found, scan_counts = scanned(PLAN, warehouse)
        assert scan_counts.broken == {GAMES.name: "table games: cut off; run again"}
        assert sum(len(rows) for table, rows in found if table == CONTEXT.name) == 7

    def test_a_defect_in_a_thread_fails_the_step(self) -> None:
        # An engine of another process sends the error as text.
        with pytest.raises((ZeroDivisionError, RuntimeError), match=r"ZeroDivisionError: a defect|^a defect"):
            scanned(PLAN, Defective(some_rows()))


class TestAbsence:
    PLAN = plan_of("season-subsets", first=DAY)

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    @pytest.mark.parametrize("kind", [MemoryWarehouse, SideBySide])
    def test_what_is_absent_is_counted_once(self, read: Any, kind: Any) -> None:
        rows = {SUBSET_PICKS: [subset_pick_row(player_lookup=f"p{n}", game_date=DAY) for n in range(5)]}
        absent = {SUBSET_PICKS: ("prediction_created_at", "edge"), SUBSET_VERSIONS: (WHOLE_TABLE,)}
        batches, scan_counts = read(self.PLAN, kind(rows, chunk_rows=2, absent=absent))
        assert scan_counts.absent == {
            SUBSET_PICKS.name: ("edge", "prediction_created_at"),
            SUBSET_VERSIONS.name: (WHOLE_TABLE,),
        }
        assert scan_counts.broken == {}
        assert [table for table, _ in batches].count(SUBSET_VERSIONS.name) == 0

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    def test_a_stand_in_is_read_where_its_column_is_absent_and_nowhere_else(self, read: Any) -> None:
        rows = {
            SUBSET_PICKS: [subset_pick_row(game_date=DAY)],
            PREDICTIONS: [prediction_row(game_date=DAY, prediction_id="p")],
        }
        batches, scan_counts = read(self.PLAN, MemoryWarehouse(rows))
        assert FORECAST_TIMES.name not in scan_counts.rows
        lacking = MemoryWarehouse(rows, absent={SUBSET_PICKS: ("prediction_created_at",)})
        batches, scan_counts = read(self.PLAN, lacking)
        assert scan_counts.rows[FORECAST_TIMES.name] == 1
        assert any(table == FORECAST_TIMES.name and "'prediction_id': 'p'" in held[0] for table, held in batches)
        # The absence of another column does not matter.
        read(self.PLAN, other := MemoryWarehouse(rows, absent={SUBSET_PICKS: ("edge",)}))
        assert FORECAST_TIMES.name not in {scan.table for scan in other.scans}

    def test_a_stand_in_that_cannot_be_read_is_broken(self) -> None:
        rows = {SUBSET_PICKS: [subset_pick_row(game_date=DAY)], PREDICTIONS: [prediction_row(game_date=DAY)]}
        warehouse = MemoryWarehouse(
            rows, absent={SUBSET_PICKS: ("prediction_created_at",)}, breaks={FORECAST_TIMES: "table times: cut off"}
        )
        _, scan_counts = scanned(self.PLAN, warehouse)
        assert scan_counts.broken == {FORECAST_TIMES.name: "table times: cut off"}


class TestAliases:
    """They are read once for all consumers, and their rows go to no shard."""

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    def test_they_are_read_once_and_counted(self, read: Any) -> None:
        warehouse = MemoryWarehouse({**some_rows(), PLAYER_ALIASES: [player_alias_row(alias_lookup="a")]})
        found, scan_counts = read(PLAN, warehouse)
        assert [scan.table for scan in warehouse.scans].count(PLAYER_ALIASES.name) == 1
        assert PLAYER_ALIASES.name not in {table for table, _ in found}
        assert scan_counts.aliases == Aliases({"a": "lebronjames"})
        assert scan_counts.rows[PLAYER_ALIASES.name] == 1

    def test_there_is_one_value_of_them_whether_or_not_there_are_any(self) -> None:
        aliased = MemoryWarehouse({PLAYER_ALIASES: [player_alias_row(alias_lookup="a")]})
        for warehouse, expected in ((aliased, {"a": "lebronjames"}), (MemoryWarehouse({}), {})):
            found = run_eagerly(lambda root, w=warehouse: ScanTables(PLAN, w).expand(root))["aliases"]
            assert [one.ids for one in found] == [expected]

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    def test_a_plan_that_names_no_player_does_not_read_them(self, read: Any) -> None:
        warehouse = MemoryWarehouse(some_rows())
        read(plan_of("performance", first=DAY), warehouse)
        assert PLAYER_ALIASES.name not in {scan.table for scan in warehouse.scans}

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    def test_they_are_named_when_they_cannot_be_read(self, read: Any) -> None:
        breaks = {PLAYER_ALIASES: "table aliases: cut off; run again"}
        rows = {**some_rows(), PLAYER_ALIASES: [player_alias_row()]}
        _, scan_counts = read(PLAN, MemoryWarehouse(rows, breaks=breaks))
        assert scan_counts.broken == {PLAYER_ALIASES.name: "table aliases: cut off; run again"}


class TestScanning:
    def test_every_table_is_split_once_and_every_row_read_once(self) -> None:
        warehouse = MemoryWarehouse(some_rows(), chunk_rows=3)
        found, scan_counts = scanned(PLAN, warehouse)
        assert sorted(scan.table for scan in warehouse.scans) == sorted(scan.table for scan in PLAN.scans)
        assert sum(len(rows) for table, rows in found if table == CONTEXT.name) == 7
        assert dict(scan_counts.rows) == {CONTEXT.name: 7, GAMES.name: 5, SCHEDULE.name: 2}
        assert (scan_counts.on(DAY).games, scan_counts.on(DAY).context_rows) == (2, 7)

    def test_the_plain_scan_reads_the_same(self) -> None:
        warehouse = MemoryWarehouse(some_rows(), chunk_rows=3)
        assert scanned(PLAN, warehouse) == read_plainly(PLAN, warehouse)

    def test_an_empty_warehouse_has_a_census_too(self) -> None:
        for read in (scanned, read_plainly):
            assert read(PLAN, MemoryWarehouse({}))[1].days == {}

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    def test_a_table_that_breaks_half_way_is_named_and_the_others_are_read(self, read: Any) -> None:
        found, scan_counts = read(PLAN, MemoryWarehouse(some_rows(), breaks={GAMES: "table games: cut off; run again"}))
        assert scan_counts.broken == {GAMES.name: "table games: cut off; run again"}
        assert {table for table, _ in found} == {CONTEXT.name, GAMES.name, SCHEDULE.name}, "what was read is out"

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    def test_a_table_that_cannot_be_split_is_named(self, read: Any) -> None:
        found, scan_counts = read(PLAN, SplitBreaks(some_rows()))
        assert scan_counts.broken == {GAMES.name: "table games: no permission; grant it"}
        assert {table for table, _ in found} == {CONTEXT.name, SCHEDULE.name}

    @pytest.mark.parametrize("read", [scanned, read_plainly])
    def test_a_table_that_preflight_found_broken_is_not_touched(self, read: Any) -> None:
        warehouse = MemoryWarehouse(some_rows())
        plan = made_up_plan(made_up.ALL, DAY, broken={SIGNALS.name: "is missing"})
        assert read(plan, warehouse)[1].broken == {SIGNALS.name: "is missing"}
        assert SIGNALS.name not in {scan.table for scan in warehouse.scans}
