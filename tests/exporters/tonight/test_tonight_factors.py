"""``tonight``: the factors of a recommendation (contract: tonight-and-streaks B1.3, B1-D15 to B1-D17)."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from exporters.league.forecasts.forecasts import Forecast
from exporters.league.nights.night import Averages, form_of
from exporters.league.players.availability import Fatigue
from exporters.league.players.sparkline import Mark, Record, Sparkline
from exporters.tonight.tonight import factors
from tests.exporters.tonight.test_tonight import card
from tests.support.rows import (
    context_row,
    game_log,
    prediction_row,
    props_row,
)

NO_RECORD = Record(0, 0)


def situation(
    *,
    predicted: str = "22.5",
    line: str | None = "22.5",
    side: str = "OVER",
    record: Record = NO_RECORD,
    score: int | None = None,
    days_rest: int | None = None,
    back_to_back: bool | None = None,
    last_5: str | None = None,
    season: str | None = None,
) -> list[str]:
    """Return the factors of a night of which nothing is known but what is given."""
    level = "normal" if score is None else "fresh" if score >= 95 else "tired" if score < 75 else "normal"
    recent, whole = (None if value is None else Decimal(value) for value in (last_5, season))
    night: Any = SimpleNamespace(
        context=SimpleNamespace(days_rest=days_rest, back_to_back=back_to_back),
        fatigue=Fatigue(score, level),
        last_5=Averages(recent, None),
        season=Averages(whole, None),
        form=form_of(recent, whole),
    )
    points, against = Decimal(predicted), None if line is None else Decimal(line)
    edge = None if against is None else points - against
    return factors(night, Forecast("", points, Decimal(85), side, against, edge, None, None), record)


def test_the_worked_example() -> None:
    assert form_of(Decimal("23.1"), Decimal("20.1")) == "Hot"
    over = Mark(30, 22.5, "O")
    marks = [Mark(None, None, "DNP"), over, Mark(20, None, "-"), Mark(20, 22.5, "U"), *[over] * 5]
    sparkline = Sparkline(marks, Decimal("20.1"))
    fields = sparkline.fields()
    assert fields["last_10_record"] == "6-1"
    assert fields["last_10_vs_avg"] == ["DNP", "O", "U", "U", "O", "O", "O", "O", "O"]
    assert fields["last_10_avg_record"] == "6-2"
    # The game without a line is told apart from the others, and shown against the season average.
    assert fields["last_10_results"] == ["DNP", "O", "U", "U", "O", "O", "O", "O", "O"]
    assert sparkline.basis == [None, "line", "season_avg", *["line"] * 6]
    assert situation(
        predicted="27.5", record=sparkline.record, score=97, days_rest=1, last_5="23.1", season="20.1"
    ) == [
        "Strong model conviction (5.0 point edge)",
        "Trending over: 6-1 last 10",
        "Well-rested, favors performance",
        "Scoring surge: +3.0 vs season avg",
    ]


def test_the_worked_examples_odds() -> None:
    rows = [props_row(odds_american=-115), props_row(bet_side="under", odds_american=50)]
    (props,) = card(context_row(), prediction_row(), *rows)["props"]
    assert (props["over_odds"], props["under_odds"]) == (-115, None)


@pytest.mark.parametrize(
    ("predicted", "side", "factor"),
    [
        ("27.5", "OVER", "Strong model conviction (5.0 point edge)"),
        ("27.4", "OVER", "Solid model edge (4.9 points)"),
        ("25.5", "OVER", "Solid model edge (3.0 points)"),
        ("25.4", "OVER", None),
        ("17.5", "UNDER", "Strong model conviction (5.0 point edge)"),
        ("18.5", "UNDER", "Solid model edge (4.0 points)"),
        ("22.5", "UNDER", None),
        ("27.5", "UNDER", None),  # b1-d17: the edge speaks against the recommendation
        ("17.5", "OVER", None),
        ("27.5", "PASS", None),  # b1-d17
        ("27.5", "NO_LINE", None),
        ("27.5", "", None),
    ],
)
def test_b1_d17_the_edge_factor(predicted: str, side: str, factor: str | None) -> None:
    assert situation(predicted=predicted, side=side) == ([] if factor is None else [factor])


def test_no_edge_without_a_line() -> None:
    assert situation(predicted="40", line=None) == []


@pytest.mark.parametrize(
    ("overs", "unders", "side", "factor"),
    [
        (7, 3, "OVER", "Hot over streak: 7-3 last 10"),
        (7, 0, "OVER", "Hot over streak: 7-0 last 10"),
        (3, 7, "UNDER", "Cold under streak: 3-7 last 10"),
        (6, 1, "OVER", "Trending over: 6-1 last 10"),
        (5, 4, "OVER", "Trending over: 5-4 last 10"),
        (4, 5, "UNDER", "Trending under: 4-5 last 10"),
        (5, 5, "OVER", None),  # b1-d16
        (5, 5, "UNDER", None),
        (4, 0, "OVER", None),
        (4, 3, "OVER", None),
        (3, 7, "OVER", None),
        (7, 3, "UNDER", None),
        (7, 3, "PASS", None),
    ],
)
def test_b1_d16_the_record_factor(overs: int, unders: int, side: str, factor: str | None) -> None:
    assert situation(side=side, record=Record(overs, unders)) == ([] if factor is None else [factor])


@pytest.mark.parametrize(
    ("side", "values", "factor"),
    [
        ("OVER", {"score": 95}, "Well-rested, favors performance"),
        ("OVER", {"days_rest": 3}, "Well-rested, favors performance"),
        ("OVER", {"days_rest": 2, "score": 94}, None),
        ("OVER", {"days_rest": None}, None),
        ("OVER", {"days_rest": 1, "back_to_back": True, "score": 60}, None),
        ("UNDER", {"days_rest": 1}, "Back-to-back fatigue risk"),  # b1-d15
        ("UNDER", {"back_to_back": True}, "Back-to-back fatigue risk"),
        ("UNDER", {"back_to_back": True, "score": 60}, "Back-to-back fatigue risk"),
        ("UNDER", {"score": 74, "days_rest": 2}, "Elevated fatigue risk"),
        ("UNDER", {"days_rest": 0}, None),
        ("UNDER", {"days_rest": 3, "score": 97}, None),
        ("PASS", {"days_rest": 1, "score": 60}, None),
    ],
)
def test_b1_d15_the_rest_factor(side: str, values: dict[str, Any], factor: str | None) -> None:
    assert situation(side=side, **values) == ([] if factor is None else [factor])


@pytest.mark.parametrize(
    ("side", "last_5", "season", "factor"),
    [
        ("OVER", "23.1", "20.1", "Scoring surge: +3.0 vs season avg"),
        ("UNDER", "17.1", "20.1", "Recent slump: -3.0 vs season avg"),
        ("UNDER", "0.0", "12.3", "Recent slump: -12.3 vs season avg"),
        ("UNDER", "23.1", "20.1", None),
        ("OVER", "17.1", "20.1", None),
        ("OVER", "22.0", "20.1", None),
        ("PASS", "30.0", "20.1", None),
    ],
)
def test_the_form_factor(side: str, last_5: str, season: str, factor: str | None) -> None:
    assert situation(side=side, last_5=last_5, season=season) == ([] if factor is None else [factor])


def test_factors_reach_the_card() -> None:
    rows = [
        context_row(days_rest=1, back_to_back=True),
        prediction_row(predicted_points=17, recommendation="UNDER"),
        *game_log([10] * 5 + [20] * 5, lines=15),
    ]
    assert card(*rows)["prediction"]["factors"] == [
        "Strong model conviction (5.5 point edge)",
        "Back-to-back fatigue risk",
        "Recent slump: -5.0 vs season avg",
    ]
