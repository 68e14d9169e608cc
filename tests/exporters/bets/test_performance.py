"""``performance`` (contract: picks-and-results §4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.bets.performance import PERFORMANCE
from exporters.config import ExportConfig
from exporters.declaration import Json
from tests.support.nights import GENERATED_AT, document, scanned
from tests.support.rows import CHAMPION, TONIGHT, Row, system_day_row
from tests.support.worlds import PROPERTY, any_rows, blemished, disordered

ECHO, ATLAS, AURORA = "another", "a_third", "a_fourth"
CONFIG = replace(ExportConfig(), codenames={ECHO: "echo", ATLAS: "atlas", AURORA: "aurora"})
WINDOWS = ["last_7_days", "last_30_days", "season"]
WINDOW = ["predictions", "recommendations", "correct", "win_rate", "mae", "bias"]
BREAKDOWN = ["over_win_rate", "under_win_rate", "within_3_pct", "within_5_pct", "high_confidence_win_rate"]
SYSTEM = ["system_id", "display_name", "description", "is_primary", "windows", "breakdown"]
COMPARISON = ["best_mae", "best_win_rate", "lowest_bias"]


def day(ago: int = 1, system: str = CHAMPION, **values: Any) -> Row:
    """Return one model's totals of some days ago."""
    return system_day_row(**{"game_date": TONIGHT - timedelta(days=ago), "system_id": system, **values})


def made(*rows: Row, config: ExportConfig = CONFIG, **options: Any) -> Json:
    return document(PERFORMANCE, *rows, config=config, **options)


def system(*rows: Row, **options: Any) -> Json:
    """Return the only model of a document."""
    (found,) = made(*rows, **options)["systems"]
    return dict(found)


def season(*rows: Row, **options: Any) -> Json:
    return dict(system(*rows, **options)["windows"]["season"])


def test_the_whole_document() -> None:
    rows = [day(), day(system=ECHO, mae=5.1, avg_bias=0.1, correct_count=30, incorrect_count=30)]
    found = made(*rows)
    assert list(found) == ["as_of_date", "generated_at", "systems", "comparison"]
    assert (found["as_of_date"], found["generated_at"]) == ("2025-01-15", GENERATED_AT)
    assert [list(one) for one in found["systems"]] == [SYSTEM, SYSTEM]
    window = {"predictions": 100, "recommendations": 60, "correct": 33, "win_rate": 0.55, "mae": 4.8, "bias": -0.4}
    assert found["systems"][0] == {
        "system_id": "phoenix",
        "display_name": "Phoenix",
        "description": "Our primary prediction engine",
        "is_primary": True,
        "windows": {"last_7_days": window, "last_30_days": window, "season": window},
        "breakdown": {
            "over_win_rate": 0.6,
            "under_win_rate": 0.5,
            "within_3_pct": 0.4,
            "within_5_pct": 0.6,
            "high_confidence_win_rate": 0.6,
        },
    }
    assert list(found["systems"][0]["windows"]) == WINDOWS
    assert [list(one) for one in found["systems"][0]["windows"].values()] == [WINDOW] * 3
    assert list(found["systems"][0]["breakdown"]) == BREAKDOWN
    assert list(found["comparison"]) == COMPARISON
    assert found["comparison"] == {
        "best_mae": {"system_id": "phoenix", "value": 4.8},
        "best_win_rate": {"system_id": "phoenix", "value": 0.55},
        "lowest_bias": {"system_id": "echo", "value": 0.1},
    }


def test_without_rows_it_is_empty() -> None:
    found = made()
    assert found == {"as_of_date": "2025-01-15", "generated_at": GENERATED_AT, "systems": [], "comparison": {}}
    assert PERFORMANCE.is_empty(found)


def test_it_has_one_fixed_path_and_no_pointer() -> None:
    """Contract S10, Y12: ``tests/transforms/test_fixed_paths.py`` shows what that means."""
    assert (PERFORMANCE.path, PERFORMANCE.pointers) == ("systems/performance.json", ())
    assert not PERFORMANCE.is_empty(made(day()))


class TestWindows:
    @pytest.mark.parametrize(
        ("ago", "counted"),
        [(0, [1, 1, 1]), (6, [1, 1, 1]), (7, [0, 1, 1]), (29, [0, 1, 1]), (30, [0, 0, 1]), (100, [0, 0, 1])],
    )
    def test_end_with_the_date_itself(self, ago: int, counted: list[int]) -> None:
        windows = system(day(ago, predictions_count=1))["windows"]
        assert [windows[name]["predictions"] for name in WINDOWS] == counted

    def test_a_later_day_counts_nowhere(self) -> None:
        assert season(day(), day(-1))["predictions"] == 100
        assert made(day(-1))["systems"] == []

    @pytest.mark.parametrize(
        ("as_of", "first"),
        [
            (date(2025, 1, 15), date(2024, 10, 1)),
            (date(2024, 10, 1), date(2024, 10, 1)),
            (date(2025, 9, 30), date(2024, 10, 1)),
            (date(2025, 12, 31), date(2025, 10, 1)),
        ],
    )
    def test_the_season_starts_on_1_october(self, as_of: date, first: date) -> None:
        """Contract Y1."""
        inside, outside = (system_day_row(game_date=when) for when in (first, first - timedelta(days=1)))
        assert season(inside, outside, day=as_of)["predictions"] == 100
        assert made(outside, day=as_of)["systems"] == []

    def test_no_window_reaches_into_the_season_before(self) -> None:
        as_of = date(2024, 10, 3)
        rows = [system_day_row(game_date=when) for when in (date(2024, 9, 30), date(2024, 10, 2))]
        windows = system(*rows, day=as_of)["windows"]
        assert [windows[name]["predictions"] for name in WINDOWS] == [100, 100, 100]

    def test_an_empty_window_has_zero_counts_and_no_rates(self) -> None:
        """Contract Y10."""
        found = system(day(50))["windows"]["last_7_days"]
        assert found == {
            "predictions": 0,
            "recommendations": 0,
            "correct": 0,
            "win_rate": None,
            "mae": None,
            "bias": None,
        }


class TestMetrics:
    def test_counts_are_sums(self) -> None:
        found = season(day(1), day(2, predictions_count=7, recommendations_count=3, correct_count=2))
        assert [found[name] for name in WINDOW[:3]] == [107, 63, 35]

    def test_the_win_rate_is_over_decided_recommendations(self) -> None:
        """Contract Y4: of 60 recommendations 5 pushed."""
        assert season(day(correct_count=33, incorrect_count=22))["win_rate"] == 0.6

    def test_without_a_decided_recommendation_there_is_no_win_rate(self) -> None:
        assert season(day(correct_count=0, incorrect_count=0))["win_rate"] is None

    def test_rates_are_rounded_once_to_three_digits(self) -> None:
        """Contract Y5: 0.5246 is 0.525."""
        assert season(day(correct_count=2623, incorrect_count=2377))["win_rate"] == 0.525

    def test_a_tie_is_rounded_away_from_zero(self) -> None:
        assert season(day(correct_count=1, incorrect_count=1999))["win_rate"] == 0.001  # 0.0005
        rows = [day(1, avg_bias=-0.01, predictions_count=1), day(2, avg_bias=0, predictions_count=1)]
        assert season(*rows)["bias"] == -0.01  # -0.005

    def test_averages_weigh_a_day_by_its_forecasts(self) -> None:
        """Contract Y3."""
        rows = [
            day(1, predictions_count=5, mae=10, avg_bias=3),
            day(2, predictions_count=150, mae=4, avg_bias=-0.1),
        ]
        found = season(*rows)
        assert (found["mae"], found["bias"]) == (4.19, 0.0)  # 650/155, 0/155

    def test_shares_weigh_a_day_by_its_counts(self) -> None:
        """Contract Y3."""
        rows = [
            day(
                1,
                over_correct=1,
                over_count=1,
                under_correct=0,
                under_count=1,
                within_3_count=5,
                within_5_count=5,
                predictions_count=5,
                high_confidence_correct=1,
                high_confidence_count=1,
            ),
            day(
                2,
                over_correct=20,
                over_count=49,
                under_correct=30,
                under_count=59,
                within_3_count=35,
                within_5_count=55,
                predictions_count=95,
                high_confidence_correct=5,
                high_confidence_count=11,
            ),
        ]
        assert list(system(*rows)["breakdown"].values()) == [0.42, 0.5, 0.4, 0.6, 0.5]

    def test_the_breakdown_is_that_of_the_season(self) -> None:
        assert system(day(100))["breakdown"]["over_win_rate"] == 0.6

    @pytest.mark.parametrize("name", ["over", "under"])
    def test_a_share_of_nothing_is_unknown(self, name: str) -> None:
        found = system(day(**{f"{name}_count": 0, f"{name}_correct": 0}))["breakdown"]
        assert found[f"{name}_win_rate"] is None

    def test_a_day_counts_in_the_figures_that_it_has(self) -> None:
        blank = dict.fromkeys(
            ("predictions_count", "recommendations_count", "correct_count", "incorrect_count", "mae", "avg_bias")
        )
        found = season(day(1), day(2, **blank), day(3, incorrect_count=None, mae=None))
        assert found == {
            "predictions": 200,
            "recommendations": 120,
            "correct": 66,
            "win_rate": 0.55,
            "mae": 4.8,
            "bias": -0.4,
        }

    def test_a_day_that_was_computed_again_counts_once(self) -> None:
        """Contract Y11."""
        rows = [
            day(predictions_count=60, computed_at="2025-01-15T09:00:00Z"),
            day(predictions_count=90, computed_at="2025-01-15T11:00:00Z"),
            day(predictions_count=70, computed_at=None),
        ]
        assert season(*rows)["predictions"] == 90


class TestSystems:
    def test_the_champion_comes_first_and_the_others_by_codename(self) -> None:
        """Contract Y8."""
        rows = [day(system=name) for name in (ECHO, AURORA, CHAMPION, ATLAS)]
        found = [one["system_id"] for one in made(*rows)["systems"]]
        assert found == ["phoenix", "atlas", "aurora", "echo"]

    def test_no_internal_id_is_published(self) -> None:
        """Contract Y7: a model without a public name is left out, of the comparison as well."""
        rows = [day(), day(system="secret", mae=0.1), day(system=ECHO)]
        text = str(made(*rows))
        assert [one["system_id"] for one in made(*rows)["systems"]] == ["phoenix", "echo"]
        assert not any(internal in text for internal in ("secret", CHAMPION, ECHO))

    def test_the_champion_is_configured(self) -> None:
        """Contract Y6, S6."""
        found = system(day(system=ECHO), config=replace(CONFIG, champion_system_id=ECHO))
        assert (found["system_id"], found["is_primary"]) == ("phoenix", True)

    def test_names_are_those_of_every_document(self) -> None:
        """Contract Y13."""
        aurora, echo = (system(day(system=name)) for name in (AURORA, ECHO))
        assert [aurora[name] for name in SYSTEM[:4]] == [
            "aurora",
            "Aurora",
            "Specialist engine with a different approach",
            False,
        ]
        assert [echo[name] for name in SYSTEM[:4]] == ["echo", "echo", "", False]

    def test_a_model_without_days_is_absent(self) -> None:
        assert [one["system_id"] for one in made(day(system=ECHO))["systems"]] == ["echo"]


class TestComparison:
    @staticmethod
    def winners(*rows: Row, config: ExportConfig = CONFIG) -> list[Any]:
        found = made(*rows, config=config)["comparison"]
        return [found[name] and (found[name]["system_id"], found[name]["value"]) for name in COMPARISON]

    def test_names_the_lowest_error_the_highest_rate_and_the_least_bias(self) -> None:
        rows = [
            day(system=ATLAS, mae=4.1, correct_count=30, incorrect_count=30, avg_bias=0.6),
            day(system=ECHO, mae=4.9, correct_count=35, incorrect_count=25, avg_bias=0.7),
            day(mae=5.0, correct_count=20, incorrect_count=40, avg_bias=-0.5),
        ]
        assert self.winners(*rows) == [("atlas", 4.1), ("echo", 0.583), ("phoenix", -0.5)]

    def test_zero_is_a_value(self) -> None:
        """Contract Y2."""
        rows = [day(avg_bias=0, mae=0), day(system=ECHO, avg_bias=0.1, mae=1)]
        assert self.winners(*rows)[::2] == [("phoenix", 0.0), ("phoenix", 0.0)]

    def test_null_is_not(self) -> None:
        rows = [day(mae=None, avg_bias=None, correct_count=None), day(system=ECHO)]
        assert self.winners(*rows) == [("echo", 4.8), ("echo", 0.55), ("echo", -0.4)]

    def test_an_entry_without_values_is_null(self) -> None:
        """Contract Y9."""
        assert self.winners(day(mae=None, avg_bias=None)) == [None, ("phoenix", 0.55), None]

    @pytest.mark.parametrize(("recommendations", "enters"), [(29, False), (30, True)])
    def test_a_model_needs_thirty_recommendations_of_the_season(self, recommendations: int, enters: bool) -> None:
        """Contract Y9."""
        rows = [day(), day(system=ECHO, mae=1, recommendations_count=recommendations)]
        assert self.winners(*rows)[0] == (("echo", 1.0) if enters else ("phoenix", 4.8))

    def test_no_model_has_enough_recommendations(self) -> None:
        assert self.winners(day(recommendations_count=3)) == [None, None, None]

    def test_the_least_number_is_configured(self) -> None:
        config = replace(CONFIG, min_compared=3)
        assert self.winners(day(recommendations_count=3), config=config)[0] == ("phoenix", 4.8)

    def test_of_equals_more_recommendations_win_and_then_the_name(self) -> None:
        """Contract Y8."""
        rows = [day(system=name) for name in (ECHO, ATLAS)]
        assert {winner[0] for winner in self.winners(*rows)} == {"atlas"}
        rows = [day(system=ECHO, recommendations_count=61), day(system=ATLAS), day()]
        assert {winner[0] for winner in self.winners(*rows)} == {"echo"}

    def test_exact_values_are_compared(self) -> None:
        rows = [
            day(1, mae=4.8, predictions_count=1000),
            day(2, mae=4.81, predictions_count=1),
            day(1, system=ATLAS, mae=4.8),
        ]
        assert self.winners(*rows)[0] == ("atlas", 4.8)

    def test_is_that_of_the_season(self) -> None:
        rows = [day(60, mae=2), day(1, system=ECHO, mae=3)]
        assert self.winners(*rows)[0] == ("phoenix", 2.0)


WORLD = [
    day(1),
    day(2),
    day(8, avg_bias=1.5),
    day(40, computed_at=None),
    day(1, system=ECHO, mae=4.8),
    day(3, system=ECHO),
    day(3, system="secret"),
    system_day_row(game_date=date(2024, 9, 30)),
]


@PROPERTY
@given(disordered(WORLD))
def test_order_and_duplicates_change_nothing(rows: list[Row]) -> None:
    assert made(*rows) == made(*WORLD)


@PROPERTY
@given(any_rows(PERFORMANCE))
def test_rows_outside_the_declared_windows_and_filters_change_nothing(rows: list[Row]) -> None:
    assert made(*scanned(PERFORMANCE, rows)) == made(*rows)


@PROPERTY
@given(st.one_of(blemished(WORLD), any_rows(PERFORMANCE)))
def test_any_rows_make_a_consistent_document(rows: list[Row]) -> None:
    found = made(*rows)
    names = [one["system_id"] for one in found["systems"]]
    assert len(set(names)) == len(names)
    assert list(found["comparison"]) == (COMPARISON if names else [])
    for winner in found["comparison"].values():
        assert winner is None or (winner["system_id"] in names and winner["value"] is not None)
