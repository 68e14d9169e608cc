"""``tonight-players``: past games and the current streak (contract: tonight-and-streaks B2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from exporters.tonight.streaks import STREAKS
from exporters.tonight.tonight_players import form_entry
from tests.exporters.tonight.test_tonight_players import built
from tests.support.nights import document
from tests.support.rows import (
    context_row,
    game_log,
    game_row,
)


@pytest.mark.parametrize(
    ("points", "line", "margin", "result"),
    [
        (24, 24.5, -0.5, "UNDER"),  # b2-d4: not truncated to 0
        (28, 24.5, 3.5, "OVER"),
        (20, 24.5, -4.5, "UNDER"),
        (24, 24, 0.0, None),  # b2-d20: a push
        (24, None, None, None),
        (None, 24.5, None, None),
    ],
)
def test_b2_d4_margin_and_result(points: int | None, line: float | None, margin: float | None, result: str) -> None:
    entry = form_entry(game_row(points=points, points_line=line, over_under_result="OVER"))
    assert (entry["margin"], entry["over_under"], entry["line"]) == (margin, result, line)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({"fg_makes": 3, "fg_attempts": 8}, "3/8"),
        ({"fg_makes": 0, "fg_attempts": 8}, "0/8"),
        ({"fg_makes": None, "fg_attempts": 5}, None),
        ({"fg_makes": 3, "fg_attempts": None}, None),
        ({"fg_makes": 0, "fg_attempts": 0}, None),
    ],
)
def test_b2_d9_shots(values: dict[str, Any], shown: str | None) -> None:
    assert form_entry(game_row(**values))["fg"] == shown


def test_every_kind_of_shot_has_its_own_columns() -> None:
    row = game_row(
        fg_makes=1, fg_attempts=2, three_pt_makes=3, three_pt_attempts=4, ft_makes=5, ft_attempts=6, minutes_played=None
    )
    entry = form_entry(row)
    assert (entry["fg"], entry["three"], entry["ft"], entry["minutes"]) == ("1/2", "3/4", "5/6", None)


def test_a_did_not_play_row_keeps_its_line_and_nothing_else() -> None:
    entry = form_entry(game_row(is_dnp=True, points=0, points_line=19.5))
    assert {key: value for key, value in entry.items() if value is not None} == {
        "game_date": "2025-01-13",
        "opponent": "CHI",
        "home_game": True,
        "is_dnp": True,
        "over_under": "DNP",
        "line": 19.5,
    }


def test_an_unknown_venue_is_null() -> None:
    assert form_entry(game_row(game_id="0022400551"))["home_game"] is None
    assert form_entry(game_row(team_abbr="", game_id="20250113_CHI_LAL"))["home_game"] is None


@pytest.mark.parametrize(
    ("points", "letters"),
    [
        ([30, 10, 20], ["O", "U", "P"]),
        ([0, 0], ["P", "P"]),  # b2-d13: a zero average is an average
    ],
)
def test_against_the_season_average(points: list[int], letters: list[str]) -> None:
    assert [entry["vs_avg"] for entry in built(context_row(), *game_log(points))["recent_form"]] == letters


def test_b2_d14_unknown_points_are_neither_over_nor_under() -> None:
    rows = [game_row(points=None), *game_log([20], newest="2025-01-10")]
    newest, _ = built(context_row(), *rows)["recent_form"]
    assert (newest["is_dnp"], newest["points"], newest["vs_avg"]) == (False, None, "-")


def test_without_a_season_average_there_is_nothing_to_compare_to() -> None:
    rows = [game_row(points=None), game_row(game_date="2024-04-10"), game_row(game_date="2024-04-08", is_dnp=True)]
    form = built(context_row(), *rows)["recent_form"]
    assert ["vs_avg" in entry for entry in form] == [False, False, True]
    assert form[2]["vs_avg"] == "DNP"


def test_the_ten_newest_games_of_any_season_newest_first() -> None:
    rows = [*game_log(range(4), newest="2025-01-13"), *game_log(range(10, 20), newest="2024-04-10")]
    assert [entry["points"] for entry in built(context_row(), *rows)["recent_form"]] == [
        0,
        1,
        2,
        3,
        10,
        11,
        12,
        13,
        14,
        15,
    ]


def test_a_night_does_not_change_what_another_one_shows() -> None:
    rows = [context_row(), context_row(game_date="2025-01-13"), *game_log([30, 10, 20, 40])]
    tonight = built(*rows)
    assert built(*rows, day="2025-01-13") != tonight
    assert built(*rows) == tonight


@pytest.mark.parametrize(
    ("points", "kind", "length"),
    [
        ([None, 20, 30, 30, None, 30], "over", 3),  # b2-d5: DNP and pushes neither count nor break
        ([30, 10], "over", 1),
        ([10, 10, 10, 30], "under", 3),
        ([20, None], None, 0),
        ([], None, 0),
        ([30] * 25, "over", 20),
    ],
)
def test_b2_d5_the_current_streak(points: list[int | None], kind: str | None, length: int) -> None:
    found = built(context_row(), *game_log(points, lines=20))["current_streak"]
    assert found == {"type": kind, "length": length}


def test_b2_d5_a_streak_starts_anew_with_the_season() -> None:
    rows = [*game_log([30], lines=20, newest="2024-10-22"), *game_log([30] * 4, lines=20, newest="2024-04-10")]
    assert built(context_row(), *rows)["current_streak"]["length"] == 1


def test_b2_d5_the_same_streak_as_in_the_streaks_document() -> None:
    rows = [context_row(), *game_log([30, None, 30, 20, 30, 30, 30, 10], lines=20)]
    (listed,) = document(STREAKS, *rows)["streaks"]["over"]
    assert (
        built(*rows)["current_streak"]
        == {"type": "over", "length": listed["streak_length"]}
        == {"type": "over", "length": 5}
    )
