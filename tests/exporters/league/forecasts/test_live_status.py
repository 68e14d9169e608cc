from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from exporters.config import LiveRules
from exporters.league.forecasts.live_status import final_status, running_status, side_of

RULES = LiveRules()
LINE = Decimal("20.5")
HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("recommendation", "predicted", "line", "side"),
    [
        ("OVER", 10, 20, "OVER"),
        ("UNDER", 30, 20, "UNDER"),
        ("PASS", 21, 20, "OVER"),
        ("NO_LINE", 20, 20, "UNDER"),
        ("PASS", 0, 20, "UNDER"),
        ("OVER", 30, None, None),
    ],
)
def test_the_side_of_a_forecast(recommendation: str, predicted: int, line: int | None, side: str | None) -> None:
    assert side_of(recommendation, Decimal(predicted), None if line is None else Decimal(line)) == side


@pytest.mark.parametrize(
    ("side", "points", "status"),
    [
        ("OVER", 21, "correct"),
        ("OVER", 20, "incorrect"),
        ("UNDER", 20, "correct"),
        ("UNDER", 21, "incorrect"),
        (None, 21, "graded"),
    ],
)
def test_when_the_game_is_over(side: str | None, points: int, status: str) -> None:
    assert final_status(side, points, LINE) == status
    assert final_status(side, points, Decimal(points)) == ("push" if side else "graded")


@pytest.mark.parametrize(
    ("side", "points", "elapsed", "status"),
    [
        ("OVER", 21, None, "correct"),
        ("UNDER", 21, None, "incorrect"),
        ("OVER", 20, None, "in_progress"),
        ("OVER", 20, HALF, "trending_correct"),
        ("UNDER", 20, HALF, "trending_incorrect"),
        ("OVER", 5, HALF, "trending_incorrect"),
        ("UNDER", 5, HALF, "trending_correct"),
        ("OVER", 20, Fraction(1, 5), "in_progress"),
        ("OVER", 20, Fraction(1, 4), "trending_correct"),
        (None, 30, HALF, "in_progress"),
    ],
)
def test_while_it_runs(side: str | None, points: int, elapsed: Fraction | None, status: str) -> None:
    assert running_status(side, points, LINE, elapsed, RULES) == status


@pytest.mark.parametrize(
    ("line", "status"),
    [("19.0", "trending_correct"), ("19.1", "in_progress"), ("20.9", "in_progress"), ("21.0", "trending_incorrect")],
)
def test_a_projection_must_be_clear_of_the_line(line: str, status: str) -> None:
    assert running_status("OVER", 10, Decimal(line), HALF, RULES) == status


def test_the_points_of_the_line_itself_decide_nothing() -> None:
    assert running_status("OVER", 20, Decimal(20), Fraction(1), RULES) == "in_progress"
