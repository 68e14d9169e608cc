from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exporters.league.players.sparkline import Mark, Record, Sparkline, mark, not_played, record, versus
from tests.support.rows import game_row

PLAYED, MISSED = Mark(20, 22.5, "U"), Mark(None, None, "DNP")


@pytest.mark.parametrize(
    ("flags", "missed"),
    [
        ({}, False),
        ({"is_dnp": None, "is_active": None}, False),
        ({"points": None}, False),
        ({"is_dnp": True}, True),
        ({"is_dnp": None, "is_active": False}, True),
    ],
)
def test_a_game_with_a_missed_flag_was_missed(flags: dict[str, Any], missed: bool) -> None:
    assert not_played(game_row(**flags)) is missed


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"points": 30, "points_line": 22.5}, Mark(30, 22.5, "O")),
        ({"points": 20, "points_line": 22.5}, Mark(20, 22.5, "U")),
        ({"points": 22, "points_line": 22}, Mark(22, 22.0, "-")),
        ({"points": 20, "points_line": None}, Mark(20, None, "-")),
        ({"points": None, "points_line": 22.5}, Mark(None, 22.5, "-")),
        ({"points": 0, "points_line": 22.5, "is_dnp": True}, Mark(None, None, "DNP")),
    ],
)
def test_the_mark_of_a_game(values: dict[str, Any], expected: Mark) -> None:
    assert mark(game_row(**values)) == expected


@pytest.mark.parametrize(("points", "letter"), [(21, "O"), (20, "U"), (None, "-"), (0, "U")])
def test_points_against_an_average(points: int | None, letter: str) -> None:
    assert versus(points, 205) == letter


def test_equal_to_the_average_is_p() -> None:
    assert versus(20, 200) == "P"
    assert versus(0, 0) == "P"


def test_a_record_counts_overs_then_unders() -> None:
    assert record(["O", "DNP", "U", "O", "-", "P"]) == Record(2, 1)
    assert str(Record(6, 1)) == "6-1"
    assert Record(6, 1).decided == 7


def test_no_games() -> None:
    sparkline = Sparkline([], Decimal("20.1"))
    assert sparkline.fields() == {
        "last_10_points": [],
        "last_10_lines": [],
        "last_10_results": [],
        "last_10_record": None,
    }
    assert sparkline.basis == []


def test_without_a_season_average_only_lines_decide() -> None:
    sparkline = Sparkline([PLAYED, Mark(20, None, "-"), MISSED], None)
    assert sparkline.fields() == {
        "last_10_points": [20, 20, None],
        "last_10_lines": [22.5, None, None],
        "last_10_results": ["U", "-", "DNP"],
        "last_10_record": "0-1",
    }
    assert sparkline.basis == ["line", None, None]


@pytest.mark.parametrize(("points", "result"), [(21, "O"), (20, "U")])
def test_a_game_without_a_line_is_compared_to_the_season_average_and_marked(points: int, result: str) -> None:
    sparkline = Sparkline([Mark(points, None, "-"), PLAYED], Decimal("20.5"))
    assert sparkline.results == [result, "U"]
    assert sparkline.basis == ["season_avg", "line"]


def test_a_result_against_the_average_is_not_in_the_record_against_lines() -> None:
    sparkline = Sparkline([Mark(30, None, "-"), Mark(31, None, "-")], Decimal("20.5"))
    assert sparkline.results == ["O", "O"]
    assert sparkline.record == Record(0, 0)
    assert sparkline.fields()["last_10_record"] is None
    assert sparkline.fields()["last_10_avg_record"] == "2-0"


def test_equal_to_the_average_without_a_line_is_undecided() -> None:
    sparkline = Sparkline([Mark(20, None, "-")], Decimal("20.0"))
    assert (sparkline.results, sparkline.basis, sparkline.versus_average) == (["-"], ["season_avg"], ["P"])


def test_a_push_is_undecided_against_its_line_and_never_against_the_average() -> None:
    sparkline = Sparkline([Mark(22, 22.0, "-")], Decimal("20.0"))
    assert (sparkline.results, sparkline.basis, sparkline.versus_average) == (["-"], ["line"], ["O"])


def test_unknown_points_and_missed_games_are_compared_to_nothing() -> None:
    sparkline = Sparkline([Mark(None, 22.5, "-"), Mark(None, None, "-"), MISSED], Decimal("20.0"))
    assert sparkline.results == ["-", "-", "DNP"]
    assert sparkline.basis == [None, None, None]
    assert sparkline.versus_average == ["-", "-", "DNP"]
    assert sparkline.fields()["last_10_avg_record"] == "0-0"


def test_b1_d13_a_zero_average_is_an_average() -> None:
    sparkline = Sparkline([Mark(0, 0.5, "U"), Mark(2, 0.5, "O")], Decimal("0.0"))
    assert sparkline.fields()["last_10_vs_avg"] == ["P", "O"]
    assert sparkline.fields()["last_10_avg_record"] == "1-0"
