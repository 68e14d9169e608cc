from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.growth.__main__ import MOST_DAYS, Bench, added_up, measure_all, ranges
from benchmarks.growth.cells import DATES, PLAYERS, SEASONS, Cell, Grown, base_of, cells, expected_seconds
from benchmarks.growth.warehouses import (
    Wanted,
    enlarge,
    older,
    older_text,
    prefix_of,
    renamed,
    season_of,
    wanted,
    with_seasons,
)
from benchmarks.processes import Cost

GAMES, REGISTRY = "nba_analytics.player_game_summary", "nba_reference.nba_players_registry"
UTC = timezone.utc
ROWS = pa.table(
    {
        "player_lookup": ["alderlindbridge", "dashielleverfellii", None],
        "player_name": ["Alder Lindbridge", "Dashiell Everfell II", None],
        "game_date": pa.array([date(2024, 10, 22), date(2026, 2, 28), date(2026, 4, 12)]),
        "game_id": ["20241022_HOU_IND", "0022501138", "elsewhere"],
        "season_year": pa.array([2024, 2025, 2025]),
        "prediction_id": ["2024-10-22-0-alderlindbridge", "2026-02-28-1-dashielleverfellii", None],
        "processed_at": pa.array([datetime(2024, 10, 23, 5, tzinfo=UTC), None, datetime(2026, 4, 13, tzinfo=UTC)]),
    }
)


@pytest.mark.parametrize("seasons", [1, 2, 6])
def test_an_older_season_has_the_same_weekdays_and_its_own_season(seasons: int) -> None:
    rows = older(ROWS, seasons)
    assert rows.schema == ROWS.schema
    for new, old in zip(rows.to_pylist(), ROWS.to_pylist(), strict=True):
        assert new["game_date"].weekday() == old["game_date"].weekday()
        assert season_of(new["game_date"]) == season_of(old["game_date"]) - seasons == new["season_year"]
        if old["processed_at"]:
            assert new["processed_at"] - old["processed_at"] == timedelta(days=-364 * seasons)
    assert rows["game_id"][0].as_py() == f"{rows['game_date'][0].as_py():%Y%m%d}_HOU_IND"
    assert rows["prediction_id"][0].as_py() == f"{rows['game_date'][0].as_py()}-0-alderlindbridge"


def test_text_of_a_season_is_that_of_the_older_one() -> None:
    assert older_text("0022501138", 2) == "0022301138"
    assert older_text("2025-26", 2) == "2023-24"
    assert older_text("2000-01", 1) == "1999-00"
    assert older_text("elsewhere", 2) == "elsewhere"


def test_a_copy_of_players_has_valid_lookups_of_its_own_that_its_names_still_become() -> None:
    found = [row for copy in range(105) for row in renamed(ROWS, copy).to_pylist() if row["player_lookup"]]
    lookups = [row["player_lookup"] for row in found]
    assert len(set(lookups)) == len(lookups) == 105 * 2
    assert len({row["prediction_id"] for row in found}) == 105 * 2
    for row in found:
        assert re.fullmatch("[a-z]+", row["player_lookup"])
        assert row["player_name"].replace(" ", "").lower() == row["player_lookup"]
    assert {row["game_id"] for row in found} == {"20241022_HOU_IND", "0022501138"}
    assert renamed(ROWS, 3)["player_lookup"][2].as_py() is None
    assert renamed(ROWS, 0) is ROWS
    assert (prefix_of(1), prefix_of(26)) == ("zab", "zba")


def test_one_season_is_the_newest_and_more_are_copies_of_both() -> None:
    assert with_seasons(ROWS, "game_date", 1, 2025)["season_year"].to_pylist() == [2025, 2025]
    assert with_seasons(ROWS, "game_date", 2, 2025).equals(ROWS)
    eight = with_seasons(ROWS, "game_date", 8, 2025)
    assert sorted(set(eight["season_year"].to_pylist())) == list(range(2018, 2026))
    assert eight.num_rows == 4 * ROWS.num_rows
    with pytest.raises(ValueError, match="3 seasons are not one"):
        with_seasons(ROWS, "game_date", 3, 2025)


def test_a_table_without_dates_or_seasons_stays_as_it_is() -> None:
    aliases = pa.table({"alias_lookup": ["al"], "nba_canonical_lookup": ["alder"]})
    assert with_seasons(aliases, None, 8, 2025) is aliases
    registry = pa.table({"player_lookup": ["alder", "alder"], "season": ["2024-25", "2025-26"]})
    assert with_seasons(registry, None, 1, 2025)["season"].to_pylist() == ["2025-26"]
    assert with_seasons(registry, None, 4, 2025)["season"].to_pylist() == ["2024-25", "2025-26", "2022-23", "2023-24"]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for month, first, count in (("2024-10", 0, 1), ("2026-02", 1, 1), ("2026-04", 2, 1)):
        path = tmp_path / "demo" / "nba_analytics" / "player_game_summary" / f"month={month}" / "part-0.parquet"
        path.parent.mkdir(parents=True)
        pq.write_table(ROWS.slice(first, count), path)
    return tmp_path / "demo"


def test_each_row_of_a_larger_warehouse_is_in_the_file_of_its_month(source: Path, tmp_path: Path) -> None:
    enlarge(source, tmp_path / "larger", 4, 10, 2025, [Wanted(GAMES)])
    files = sorted((tmp_path / "larger").rglob("*.parquet"))
    assert len(files) == 6
    total = 0
    for path in files:
        rows = pq.read_table(path, partitioning=None)
        assert {f"month={day:%Y-%m}" for day in rows["game_date"].to_pylist()} == {path.parent.name}
        total += rows.num_rows
    assert total == 3 * 2 * 10


def test_a_larger_warehouse_holds_the_months_that_are_wanted(source: Path, tmp_path: Path) -> None:
    enlarge(source, tmp_path / "larger", 2, 1, 2025, [wanted(f"{GAMES}:2026-02-28:2026-04-01")])
    assert sorted(path.parent.name for path in (tmp_path / "larger").rglob("*.parquet")) == [
        "month=2026-02",
        "month=2026-04",
    ]
    assert wanted(REGISTRY) == Wanted(REGISTRY)


def test_rows_without_a_date_are_kept_beside_the_months_that_are_wanted(source: Path, tmp_path: Path) -> None:
    path = source / "nba_analytics" / "player_game_summary" / "month=2026-04" / "part-0.parquet"
    undated = pa.array([None], pa.date32())
    pq.write_table(pa.concat_tables([ROWS, ROWS.slice(0, 1).set_column(2, "game_date", undated)]), path)
    enlarge(source, tmp_path / "larger", 4, 3, 2025, [wanted(f"{GAMES}:2026-02-28:2026-04-01")])
    files = (tmp_path / "larger").rglob("*.parquet")
    dates = [day for file in files for day in pq.read_table(file, partitioning=None)["game_date"].to_pylist()]
    assert dates.count(None) == 2 * 3
    assert {f"{day:%Y-%m}" for day in dates if day} == {"2026-02", "2026-04"}


def test_the_smallest_cases_come_first_and_the_graph_stops_earlier() -> None:
    chosen = cells([DATES, PLAYERS], ["loop", "graph"], {DATES: 165, PLAYERS: 10})
    assert [cell.size for cell in chosen[:4]] == [1, 1, 1, 1]
    assert {Cell(DATES, 660, "loop"), Cell(PLAYERS, 104, "loop")} <= set(chosen)
    assert {(cell.axis, cell.size) for cell in chosen if cell.engine == "graph"} == {
        *((DATES, size) for size in (1, 7, 30, 165)),
        *((PLAYERS, size) for size in (1, 10)),
    }


def test_a_case_may_take_as_long_as_a_smaller_one_grown() -> None:
    took = [(Cell(DATES, 7, "loop"), 2.0), (Cell(DATES, 30, "loop"), 6.0), (Cell(DATES, 30, "graph"), 50.0)]
    assert expected_seconds(Cell(DATES, 165, "loop"), took) == 33.0
    assert expected_seconds(Cell(SEASONS, 8, "loop"), [(Cell(SEASONS, 1, "loop"), 4.0)]) == 4.0
    assert expected_seconds(Cell(PLAYERS, 10, "loop"), took) == 0.0


def test_the_smallest_case_is_the_first_with_enough_documents() -> None:
    few, enough, most = ({"value": size, "documents": 230 * size} for size in (1, 7, 30))
    assert base_of([most, few, enough]) == enough
    assert base_of([few]) == few


class Clock(Bench):
    """Takes a second for each unit of size, of a number of seconds."""

    def __init__(self, seconds: float) -> None:
        self.left = seconds

    def measure(self, cell: Cell, start: float, rounds: int) -> Grown:
        self.left -= cell.size
        return Grown(cell.axis, cell.size, 1, start, start, float(cell.size), 1.0, cell.engine)


def test_cases_that_may_not_end_in_time_are_left_out_and_smaller_ones_are_not() -> None:
    clock = Clock(40.0)
    sizes = [Cell(DATES, size, "loop") for size in (1, 7, 30, 165)] + [Cell(SEASONS, 2, "loop")]

    def outcome() -> Iterator[tuple[int, bool]]:
        for cell, grown in measure_all(clock, sizes, {"loop": 2.0}, 1, lambda: clock.left):
            yield cell.size, grown is not None

    assert list(outcome()) == [(1, True), (7, True), (30, True), (165, False), (2, True)]


@pytest.mark.parametrize(("days", "runs"), [(1, 1), (165, 1), (400, 1), (401, 2), (660, 2)])
def test_more_dates_than_a_request_may_have_are_several_runs_over_each_date_once(days: int, runs: int) -> None:
    last = date(2026, 4, 12)
    found = ranges(last, days)
    every = [first + timedelta(days=n) for first, end in found for n in range((end - first).days + 1)]
    assert len(found) == runs
    assert all((end - first).days < MOST_DAYS for first, end in found)
    assert every == [last - timedelta(days=n) for n in reversed(range(days))]


def test_the_memory_of_several_runs_is_that_of_the_largest() -> None:
    assert added_up([Cost(1.0, 2.0, 300.0, 10), Cost(2.0, 3.0, 200.0, 20)]) == Cost(3.0, 5.0, 300.0, 30)
