from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from exporters.warehouse.tables import GAMES, NEWS_INSIGHTS, PREDICTIONS, SCHEDULE
from pipeline.planning.inputs import with_inputs
from pipeline.planning.shards import MOST_SHARDS, OUTPUT_BYTES, ROW_BYTES, SHARD_BYTES, player_rows, shards_for
from tests.support.plans import TONIGHT_TYPES, plan_of
from transforms.elements.plan import FEWEST_SHARDS
from transforms.elements.tables import TablePart, TableScan
from transforms.warehouses.protocol import WarehouseError

SEASON_ROWS, SEASON_DATES = 360_443, 174
"""Those of a season of one league with four types."""
ROWS, DATES = st.integers(0, 10**10), st.integers(1, 5000)


class TestShardsFor:
    @given(ROWS, ROWS, DATES, DATES)
    def test_more_rows_or_dates_never_have_fewer_shards(self, rows: int, more: int, dates: int, later: int) -> None:
        assert FEWEST_SHARDS <= shards_for(rows, dates) <= shards_for(rows + more, dates + later) <= MOST_SHARDS

    @given(ROWS, DATES)
    @example(355_453, 1_281)
    def test_a_shard_stays_below_its_memory_and_is_not_cut_smaller_than_that(self, rows: int, dates: int) -> None:
        shards, needed = shards_for(rows, dates), rows * (ROW_BYTES + dates * OUTPUT_BYTES)
        if shards < MOST_SHARDS:
            assert needed <= shards * SHARD_BYTES
        if shards > FEWEST_SHARDS:
            assert needed > (shards - 1) * SHARD_BYTES

    @pytest.mark.parametrize(
        ("rows", "dates", "shards"),
        [
            (0, 1, FEWEST_SHARDS),
            (SEASON_ROWS, 1, FEWEST_SHARDS),
            (SEASON_ROWS, SEASON_DATES, FEWEST_SHARDS),
            (4 * SEASON_ROWS, 4 * SEASON_DATES, 131),
            (104 * SEASON_ROWS, 1, 291),
            (104 * SEASON_ROWS, SEASON_DATES, 1064),
            (10**9, 1000, MOST_SHARDS),
            (None, 1000, FEWEST_SHARDS),
        ],
        ids=["none", "night", "season", "four seasons", "50k players", "50k and a season", "huge", "unknown"],
    )
    def test_shards(self, rows: int | None, dates: int, shards: int) -> None:
        assert shards_for(rows, dates) == shards


@dataclass(frozen=True)
class Counted:
    """Has so many rows in each of two parts of every table; those of some tables are not known, or not readable.

    A third part has rows of dates before any that is read.
    """

    rows: int
    unknown: str = ""
    unreadable: str = ""
    older: int = 0
    concurrency: int = 1

    def parts(self, scan: TableScan) -> list[TablePart]:
        if scan.table == self.unreadable:
            raise WarehouseError(f"table {scan.table}: gone")
        rows = None if scan.table == self.unknown else self.rows
        old = TablePart(date(1990, 1, 1), date(1990, 12, 31), "3", rows=self.older if scan.first else 0)
        return [TablePart(None, None, "1", rows=self.rows), TablePart(None, None, "2", rows=rows), old]


def shards_of(warehouse: Any, given: int | None = None, days: int = 1) -> int:
    plan = plan_of(*TONIGHT_TYPES, first=date(2026, 1, 1), last=date(2026, 1, days))
    return with_inputs(plan, warehouse, shards=given).shards


class TestShardsOfAPlan:
    def test_rows_of_players_that_documents_are_built_from_count(self) -> None:
        plan = plan_of("predictions", first=date(2026, 1, 1))
        rows = {PREDICTIONS.name: 100, GAMES.name: 10, SCHEDULE.name: 10**9, NEWS_INSIGHTS.name: 10**9}
        built = [name for name in (PREDICTIONS.name, GAMES.name) if name in plan.built_from]
        assert SCHEDULE.name in plan.built_from
        assert PREDICTIONS.name in built
        assert player_rows(plan, rows) == sum(rows[name] for name in built)

    def test_they_follow_the_rows_and_the_dates(self) -> None:
        few, many = shards_of(Counted(1000)), shards_of(Counted(2_000_000))
        assert few == FEWEST_SHARDS < many < shards_of(Counted(2_000_000), days=30) <= MOST_SHARDS

    def test_a_number_that_is_given_is_kept(self) -> None:
        assert shards_of(Counted(2_000_000), given=3) == 3

    def test_one_table_of_players_that_does_not_tell_its_rows_makes_them_unknown(self) -> None:
        assert shards_of(Counted(2_000_000, unknown=PREDICTIONS.name)) == FEWEST_SHARDS
        assert shards_of(Counted(2_000_000, unknown=SCHEDULE.name)) == shards_of(Counted(2_000_000))

    def test_a_table_that_cannot_be_read_has_no_rows(self) -> None:
        found = shards_of(Counted(2_000_000, unreadable=PREDICTIONS.name))
        assert FEWEST_SHARDS < found < shards_of(Counted(2_000_000))

    def test_rows_of_other_dates_than_those_that_are_read_do_not_count(self) -> None:
        longer = Counted(2_000_000, older=10**9)
        assert shards_of(longer) == shards_of(Counted(2_000_000))
