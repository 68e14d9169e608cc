from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.league.forecasts.picks import (
    LOSS,
    NO_LINE,
    PASS,
    PENDING,
    PUSH,
    VOID,
    WIN,
    Outcome,
    actual_points,
    against_line,
    did_not_play,
    graded_result,
    is_void,
    outcome,
)
from tests.support.rows import accuracy_row, game_row

LINE = Decimal("22.5")


class TestAgainstLine:
    @pytest.mark.parametrize(
        ("side", "points", "line", "result"),
        [
            # Conformance vectors of contract C §7.
            ("OVER", 31, 22.5, WIN),
            ("OVER", 12, 12.5, LOSS),
            ("UNDER", 10, 15.5, WIN),
            ("OVER", 20, 20.0, PUSH),
            ("OVER", 20, 14.5, WIN),
            ("UNDER", 16, 15.5, LOSS),
            ("UNDER", 20, Decimal("20.0"), PUSH),
        ],
    )
    def test_a_pick_is_won_lost_or_pushed(self, side: str, points: int, line: float, result: str) -> None:
        assert against_line(side, points, line) == result

    @pytest.mark.parametrize(
        ("side", "points", "line"),
        [("PASS", 20, LINE), (None, 20, LINE), ("OVER", None, LINE), ("UNDER", 20, None), ("NO_LINE", 20, None)],
    )
    def test_without_a_side_points_or_a_line_there_is_no_result(self, side: Any, points: Any, line: Any) -> None:
        assert against_line(side, points, line) is None

    @given(st.integers(0, 80), st.integers(0, 160).map(lambda halves: Decimal(halves) / 2))
    def test_the_sides_are_opposite(self, points: int, line: Decimal) -> None:
        opposite = {WIN: LOSS, LOSS: WIN, PUSH: PUSH}
        assert against_line("UNDER", points, line) == opposite[str(against_line("OVER", points, line))]


class TestDidNotPlay:
    @pytest.mark.parametrize(
        "values",
        [
            {"is_dnp": True},
            {"is_active": False},
            {"points": 0, "minutes_played": None},
            {"points": 0, "minutes_played": 0},
            {"points": None, "minutes_played": None, "is_dnp": None, "is_active": None},
        ],
    )
    def test_flags_or_neither_points_nor_minutes(self, values: dict[str, Any]) -> None:
        row = game_row(**values)
        assert did_not_play(row)
        assert actual_points(row) is None

    @pytest.mark.parametrize(
        "values",
        [
            {"points": 0, "minutes_played": 4},
            {"points": 12, "minutes_played": None},
            {"is_dnp": None, "is_active": None},
            {"points": None, "minutes_played": 30},
        ],
    )
    def test_points_or_minutes_are_an_appearance(self, values: dict[str, Any]) -> None:
        assert not did_not_play(game_row(**values))

    def test_points_of_an_appearance_decide(self) -> None:
        assert actual_points(game_row(points=0, minutes_played=4)) == 0
        assert actual_points(game_row(points=21)) == 21

    def test_a_partial_box_score_decides_nothing(self) -> None:
        assert actual_points(game_row(is_partial_game_data=True)) is None

    def test_no_box_score_decides_nothing(self) -> None:
        assert actual_points(None) is None


class TestGradedResult:
    @pytest.mark.parametrize(
        ("values", "result"),
        [
            ({"prediction_correct": True}, WIN),
            ({"prediction_correct": False}, LOSS),
            ({"prediction_correct": None, "actual_points": 20, "line_value": 20}, PUSH),
            ({"prediction_correct": None, "actual_points": 20, "line_value": 20, "line_source": None}, PUSH),
            ({"prediction_correct": None, "actual_points": 25, "line_value": 19.5}, PENDING),
            ({"prediction_correct": None, "actual_points": 15, "line_value": 19.5}, PENDING),
            ({"prediction_correct": None, "actual_points": 25, "line_value": 20}, NO_LINE),
            ({"prediction_correct": None, "actual_points": 25, "line_source": "ESTIMATED_AVG"}, NO_LINE),
            ({"prediction_correct": None, "line_value": None}, NO_LINE),
            ({"prediction_correct": True, "line_source": "ESTIMATED_AVG"}, WIN),
            ({"prediction_correct": False, "actual_points": None}, LOSS),
            ({"recommendation": "PASS", "prediction_correct": None}, PASS),
            ({"recommendation": "NO_LINE", "line_value": None, "prediction_correct": None}, NO_LINE),
            ({"recommendation": None}, NO_LINE),
            ({"recommendation": "HOLD"}, NO_LINE),
            ({"actual_points": None, "prediction_correct": None}, PENDING),
            ({"actual_points": None, "recommendation": "PASS"}, PASS),
            ({"is_voided": True}, VOID),
            ({"is_voided": True, "recommendation": "PASS"}, VOID),
            ({"is_voided": True, "recommendation": "NO_LINE"}, VOID),
            ({"is_voided": True, "actual_points": None}, VOID),
        ],
    )
    def test_every_row_shows_one_result(self, values: dict[str, Any], result: str) -> None:
        assert graded_result(accuracy_row(**values)) == result

    @pytest.mark.parametrize(
        ("values", "void"),
        [
            ({"actual_points": 0, "minutes_played": None}, True),
            ({"actual_points": 0, "minutes_played": 0}, True),
            ({"actual_points": 0, "minutes_played": 3}, False),
            ({"actual_points": None, "minutes_played": None}, False),
            ({"actual_points": 8, "minutes_played": None}, False),
        ],
    )
    def test_rows_before_the_flag_are_void_without_points_and_minutes(self, values: dict[str, Any], void: bool) -> None:
        assert is_void(accuracy_row(is_voided=None, **values)) is void

    def test_the_flag_decides_where_it_is_set(self) -> None:
        assert not is_void(accuracy_row(is_voided=False, actual_points=0, minutes_played=None))


class TestOutcome:
    """Of an OVER against 22.5."""

    @staticmethod
    def of(graded: Any = None, played: Any = None, over: bool | None = True) -> Outcome:
        return outcome("OVER", LINE, graded=graded, played=played, over=over)

    def test_nothing_is_known(self) -> None:
        assert self.of() == Outcome(PENDING, None)

    def test_the_grade_decides(self) -> None:
        graded = accuracy_row(line_value=22.5, actual_points=30, prediction_correct=True)
        assert self.of(graded) == Outcome(WIN, 30)

    def test_a_grade_of_another_line_gives_the_points_only(self) -> None:
        graded = accuracy_row(line_value=19.5, actual_points=20, prediction_correct=True)
        assert self.of(graded) == Outcome(LOSS, 20)

    def test_a_grade_of_the_other_side_gives_the_points_only(self) -> None:
        graded = accuracy_row(recommendation="UNDER", line_value=22.5, actual_points=30, prediction_correct=False)
        assert self.of(graded) == Outcome(WIN, 30)

    @pytest.mark.parametrize("points", [0, None])
    def test_a_voided_grade_voids(self, points: int | None) -> None:
        graded = accuracy_row(is_voided=True, actual_points=points, prediction_correct=None)
        assert self.of(graded, game_row(points=30)) == Outcome(VOID, None)

    def test_an_ungraded_row_leaves_it_to_the_box_score(self) -> None:
        graded = accuracy_row(actual_points=None, prediction_correct=None)
        assert self.of(graded, game_row(points=30)) == Outcome(WIN, 30)

    def test_the_box_score_decides_before_there_is_a_grade(self) -> None:
        assert self.of(played=game_row(points=12)) == Outcome(LOSS, 12)

    def test_a_game_missing_from_the_schedule_counts_as_played(self) -> None:
        assert self.of(played=game_row(points=12), over=None) == Outcome(LOSS, 12)

    @pytest.mark.parametrize("values", [{"points": 30}, {"points": 0, "minutes_played": None}])
    def test_nothing_is_decided_while_the_game_is_on(self, values: dict[str, Any]) -> None:
        assert self.of(played=game_row(**values), over=False) == Outcome(PENDING, None)

    def test_a_partial_box_score_decides_nothing(self) -> None:
        assert self.of(played=game_row(points=30, is_partial_game_data=True)) == Outcome(PENDING, None)

    def test_a_pick_of_a_player_who_did_not_play_voids_once_the_game_is_final(self) -> None:
        sat = game_row(points=None, is_dnp=True, minutes_played=None)
        assert self.of(played=sat) == Outcome(VOID, None)
        assert self.of(played=sat, over=None) == Outcome(PENDING, None)

    def test_minutes_without_points_stay_pending(self) -> None:
        assert self.of(played=game_row(points=None, minutes_played=30)) == Outcome(PENDING, None)
