from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from exporters.league.forecasts.grades import Grades, is_decided
from tests.support.rows import CHAMPION, LAST_GAME, TONIGHT, Row, accuracy_row


def kept(rows: list[Row]) -> Row:
    (row,) = {grades.rows[0] for order in permutations(rows) for grades in [Grades(order, CHAMPION)]}
    return row


def test_b3_d7_one_row_per_game_the_newest_grading() -> None:
    old = accuracy_row(graded_at="2025-01-14T06:00:00Z", prediction_correct=True)
    new = accuracy_row(graded_at="2025-01-14T09:00:00Z", prediction_correct=False)
    never = accuracy_row(graded_at=None, prediction_correct=None)
    assert kept([old, new, never]) == new


def test_among_equals_the_lowest_line() -> None:
    lines = [accuracy_row(line_value=value) for value in (21.5, 19.5, 20.5)]
    assert kept(lines).line_value == lines[1].line_value


def test_among_equals_a_pick_precedes_a_grade_without_a_line() -> None:
    picked = accuracy_row(line_value=22.5)
    lineless = accuracy_row(line_value=None, recommendation="NO_LINE", prediction_correct=None)
    assert kept([picked, lineless]) == picked


def test_a_game_is_one_whichever_form_its_id_has() -> None:
    canonical = accuracy_row(graded_at="2025-01-14T06:00:00Z")
    official = accuracy_row(graded_at="2025-01-14T09:00:00Z", game_id="0022400551")
    assert kept([canonical, official]) == official
    assert len(Grades([canonical, official], CHAMPION).rows) == 1


def test_a_grade_of_another_date_never_hides_one() -> None:
    postponed = accuracy_row(game_date="2025-01-10", game_id="0022400551", graded_at="2025-01-11T06:00:00Z")
    played = accuracy_row(game_date="2025-01-13", game_id="0022400551", graded_at="2025-01-14T06:00:00Z")
    assert Grades([played, postponed], CHAMPION).rows == [postponed, played]


def test_only_the_champion_counts_and_the_oldest_comes_first() -> None:
    rows = [
        accuracy_row(game_date="2025-01-11"),
        accuracy_row(game_date="2025-01-09"),
        accuracy_row(game_date="2025-01-12", system_id="another"),
    ]
    grades = Grades(rows, CHAMPION)
    assert [row.game_date.day for row in grades.rows] == [9, 11]
    assert [row.game_date.day for row in Grades(rows, "another").rows] == [12]


def test_the_grade_of_a_date() -> None:
    grades = Grades([accuracy_row()], CHAMPION)
    assert grades.on(LAST_GAME) == accuracy_row()
    assert grades.on(TONIGHT) is None


@pytest.mark.parametrize(
    ("values", "decided"),
    [
        ({}, True),
        ({"prediction_correct": False}, True),
        ({"recommendation": "UNDER"}, True),
        ({"recommendation": "PASS"}, False),
        ({"recommendation": None}, False),
        ({"prediction_correct": None}, False),  # b3-d4
        ({"is_voided": True}, False),
        ({"is_voided": None}, True),
        ({"is_voided": None, "actual_points": 0, "minutes_played": None}, False),
        ({"line_source": "ESTIMATED_AVG"}, False),  # b3-d6
        ({"line_source": None}, False),
        ({"line_source": "ODDS_API"}, True),
        ({"line_value": 20}, False),
        ({"line_value": None}, False),
        ({"has_prop_line": False}, True),
        ({"has_prop_line": None}, True),
        ({"prediction_correct": None, "actual_points": 30, "line_value": 19.5}, False),
    ],
)
def test_a_grade_decides_when_a_real_line_was_won_or_lost(values: dict[str, Any], decided: bool) -> None:
    assert is_decided(accuracy_row(**values)) is decided
