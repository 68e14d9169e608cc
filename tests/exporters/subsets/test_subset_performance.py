from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import RULES
from exporters.declaration import Json
from exporters.subsets.subset_performance import SUBSET_PERFORMANCE, window_dates
from tests.support.disorder import disordered, nulled
from tests.support.nights import document, key_paths, scanned
from tests.support.rows import Row, game_row, schedule_row, subset_pick_row
from tests.support.subset_rows import (
    OPENING,
    PLAYED,
    TODAY,
    days_before,
    definition,
    definitions,
    frozen,
    results,
    schedule,
    season,
)
from tests.support.worlds import PROPERTY

ROWS = season()

WINDOWS = RULES.documents.subset_windows


def performance(*rows: Row, day: date = TODAY, **options: Any) -> Json:
    return document(SUBSET_PERFORMANCE, *rows, day=day, **options)


def stats(value: Json, window: str, model: int = 0) -> dict[str, tuple[Any, ...]]:
    groups = value["model_groups"][model]["windows"][window]["groups"]
    return {group["id"]: tuple(group["stats"].values()) for group in groups}


def picks_on(days: Sequence[date], *, won: bool = True) -> list[Row]:
    """Return a graded pick of ``all_picks`` on each date."""
    return [
        row
        for day in days
        for row in (
            subset_pick_row(game_date=day, player_lookup="a", subset_id="all_picks", computed_at=f"{day}T12:00Z"),
            game_row(player_lookup="a", game_date=day, points=40 if won else 10),
        )
    ]


class TestDocument:
    def test_names_order_and_nesting(self) -> None:
        value = performance(*ROWS)
        paths = key_paths(value)
        assert [path for path in paths if ".windows." not in path] == [
            "generated_at",
            "version",
            "model_groups",
            *(f"model_groups[].{key}" for key in ("model_id", "model_name", "windows")),
            "as_of_date",
        ]
        assert [path.removeprefix("model_groups[].windows.") for path in paths if ".windows.season" in path] == [
            "season",
            *(f"season.{key}" for key in ("start_date", "end_date", "groups")),
            *(f"season.groups[].{key}" for key in ("id", "name", "stats")),
            *(f"season.groups[].stats.{key}" for key in ("hit_rate", "roi", "picks")),
        ]
        assert list(value["model_groups"][0]["windows"]) == [
            "last_1_day",
            "last_3_days",
            "last_7_days",
            "last_14_days",
            "last_30_days",
            "season",
        ]
        assert (value["version"], value["as_of_date"]) == (2, "2026-02-10")

    def test_is_declared_at_a_fixed_path(self) -> None:
        assert SUBSET_PERFORMANCE.path == "subsets/performance.json"
        assert SUBSET_PERFORMANCE.cache.header == "public, max-age=3600"


class TestStats:
    def test_of_the_day_before(self) -> None:
        """V8 [C], F-2, F-3: what was published on the 9th; 1-1 is -4.55 percent, away from zero."""
        value = performance(*ROWS)
        assert stats(value, "last_1_day") == {
            "1": (100.0, 90.9, 1),
            "2": (50.0, -4.6, 2),
            "3": (66.7, 27.3, 3),
            "4": (50.0, -4.6, 2),
            "5": (66.7, 27.3, 3),
            "6": (50.0, -4.6, 2),
            "7": (66.7, 27.3, 3),
            "8": (75.0, 43.2, 4),
        }
        assert stats(value, "last_1_day", 1) == {"9": (100.0, 90.9, 1), "10": (100.0, 90.9, 1), "11": (66.7, 27.3, 3)}
        assert all(stats(value, window) == stats(value, "last_1_day") for window in WINDOWS)

    def test_of_a_subset_without_picks_are_zeros(self) -> None:
        """F-4."""
        assert stats(performance(*ROWS), "season", 2) == {"12": (0.0, 0.0, 0), "13": (0.0, 0.0, 0)}

    def test_before_the_games_are_zeros(self) -> None:
        assert set(stats(performance(*definitions(), *schedule(), *frozen()), "season").values()) == {(0.0, 0.0, 0)}

    def test_the_as_of_date_does_not_count(self) -> None:
        """F-1."""
        value = performance(*definitions(), *schedule(), *frozen(), *results(), day=PLAYED)
        assert stats(value, "season")["8"] == (0.0, 0.0, 0)

    def test_subsets_with_one_id_count_once(self) -> None:
        """F-5."""
        renamed = [row._replace(subset_name="Renamed") for row in definitions()]
        assert performance(*ROWS, *renamed) == performance(*ROWS)

    def test_only_public_subsets_of_active_definitions_are_listed(self) -> None:
        """F-4, G-8."""
        retired = definition("ultra_high_edge", 7, is_active=False)
        rows = [row for row in ROWS if getattr(row, "subset_id", "") != "ultra_high_edge"]
        assert list(stats(performance(*rows, retired, definition("secret", 3)), "season")) == list("1234578")


class TestWindows:
    def test_starts(self) -> None:
        """V9, with the season's first game in place of 1 November (G-6)."""
        windows = performance(*ROWS)["model_groups"][0]["windows"]
        starts = [window["start_date"] for window in windows.values()]
        assert starts == [*days_before(TODAY, 1, 3, 7, 14, 30), "2025-10-21"]
        assert starts[:5] == ["2026-02-09", "2026-02-07", "2026-02-03", "2026-01-27", "2026-01-11"]
        assert {window["end_date"] for window in windows.values()} == {"2026-02-09"}

    @pytest.mark.parametrize(("name", "days"), [(name, days) for name, days in WINDOWS.items() if days is not None])
    def test_span_whole_days_up_to_the_day_before(self, name: str, days: int) -> None:
        """F-1: both ends inclusive."""
        every = [TODAY - timedelta(days=n) for n in range(40)]
        value = performance(definition("all_picks", 3), *schedule(), *picks_on(every))
        assert stats(value, name)["8"] == (100.0, 90.9, days)

    def test_do_not_reach_into_the_season_before(self) -> None:
        """F-6, G-6."""
        days = [OPENING - timedelta(days=1), OPENING, OPENING + timedelta(days=1)]
        value = performance(definition("all_picks", 3), *schedule(), *picks_on(days), day=OPENING + timedelta(days=2))
        assert {name: stats(value, name)["8"][2] for name in WINDOWS} == {
            "last_1_day": 1,
            **dict.fromkeys(("last_3_days", "last_7_days", "last_14_days", "last_30_days", "season"), 2),
        }
        starts = [window["start_date"] for window in value["model_groups"][0]["windows"].values()]
        assert starts == ["2025-10-22", *["2025-10-21"] * 5]

    def test_on_the_first_day_of_a_season_are_the_day_before(self) -> None:
        for days in WINDOWS.values():
            assert window_dates(date(2025, 10, 21), date(2025, 10, 21), days) == (date(2025, 10, 20),) * 2

    def test_begin_on_1_october_while_the_schedule_has_no_game(self) -> None:
        """G-6; preseason games do not count."""
        preseason = schedule_row(game_date="2025-10-05", game_id="0012500001")
        value = performance(definition("all_picks", 3), preseason, day=date(2025, 10, 12))
        assert value["model_groups"][0]["windows"]["season"]["start_date"] == "2025-10-01"


class TestNoData:
    def test_definitions_alone(self) -> None:
        """§5.4."""
        value = performance(*definitions())
        assert [group["model_id"] for group in value["model_groups"]] == ["phoenix", "aurora", "summit"]

    def test_nothing(self) -> None:
        value = performance()
        assert value["model_groups"] == []
        assert SUBSET_PERFORMANCE.is_empty(value)


FEW = settings(PROPERTY, max_examples=15)
SHOWN = performance(*ROWS)


class TestAnyRows:
    @FEW
    @given(seed=st.integers(0, 1000))
    def test_order_and_duplicates_change_nothing(self, seed: int) -> None:
        """F-7, F-8: one pass, and nothing but the rows and the as-of date."""
        assert performance(*disordered(ROWS, seed)) == SHOWN
        assert performance(*scanned(SUBSET_PERFORMANCE, ROWS, day=TODAY)) == SHOWN

    @FEW
    @given(seed=st.integers(0, 1000), day=st.sampled_from([PLAYED, TODAY, date(2026, 3, 20)]))
    def test_nulls_never_break_it(self, seed: int, day: date) -> None:
        value = performance(*nulled(ROWS, seed), day=day)
        for group in value["model_groups"]:
            for window in group["windows"].values():
                assert window["start_date"] <= window["end_date"] < day.isoformat()
                for one in window["groups"]:
                    assert 0 <= one["stats"]["hit_rate"] <= 100
