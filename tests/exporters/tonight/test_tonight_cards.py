"""``tonight``: the fields of a card, odds included (contract: tonight-and-streaks B1.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from exporters.league.nights.night import form_of
from exporters.tonight.tonight import TONIGHT as EXPORT
from tests.exporters.tonight.test_tonight import card
from tests.support.nights import document
from tests.support.rows import (
    context_row,
    factors_row,
    game_log,
    game_row,
    injury_row,
    player_rows,
    prediction_row,
    props_row,
    registry_row,
    schedule_row,
)


@pytest.mark.parametrize(
    ("score", "level", "shown"),
    [(95, "fresh", 95.0), (94, "normal", 94.0), (75, "normal", 75.0), (74, "tired", 74.0), (None, "normal", None)],
)
def test_fatigue(score: int | None, level: str, shown: float | None) -> None:
    player = card(context_row(), factors_row(fatigue_score=score))
    assert (player["fatigue_level"], player["fatigue_score"]) == (level, shown)


def test_b1_d7_name_of_the_season_else_of_the_one_before_else_the_id() -> None:
    last, later = (
        registry_row(season="2023-24", player_name="Last"),
        registry_row(season="2025-26", player_name="Later"),
    )
    assert card(context_row(), last, later, registry_row())["name"] == "LeBron James"
    assert card(context_row(), last, later)["name"] == "Last"
    assert card(context_row(), later)["name"] == "lebronjames"


@pytest.mark.parametrize(
    ("report", "status", "reason"),
    [
        ({}, "questionable", "Injury/Illness - Left Ankle; Sprain"),
        ({"injury_status": None, "reason": "Rest"}, "available", "Rest"),
        ({"injury_status": "available", "reason": "G League"}, "available", "G League"),
        ({"game_date": "2025-01-14", "report_date": "2025-01-14"}, "available", None),
        ({"game_date": "2024-03-01", "report_date": "2024-03-01"}, "available", None),
    ],
)
def test_b1_d8_injuries_are_those_of_tonights_game(report: dict[str, Any], status: str, reason: str | None) -> None:
    player = card(context_row(), injury_row(**report))
    assert (player["injury_status"], player["injury_reason"]) == (status, reason)


def test_b1_d9_averages_and_counts_are_of_played_games_only() -> None:
    missed = [None, None, None, None, None]
    player = card(context_row(), *game_log([*missed, 20, 30, 40]))
    assert (player["season_ppg"], player["last_5_ppg"], player["games_played"]) == (30.0, 30.0, 3)
    assert player["season_mpg"] == player["minutes_avg"] == 34.0
    assert player["last_10_points"] == [*missed, 20, 30, 40]
    assert player["last_10_results"] == ["DNP"] * 5 + ["O"] * 3
    assert player["last_10_vs_avg"] == ["DNP"] * 5 + ["U", "P", "O"]


def test_a_game_that_only_the_inactive_flag_calls_missed_is_dnp() -> None:
    played, missed = game_log([30, None], is_dnp=None)
    player = card(context_row(), played, missed._replace(is_active=False))
    assert (player["last_10_results"], player["last_10_vs_avg"]) == (["O", "DNP"], ["P", "DNP"])


def test_acceptance_the_newest_row_did_not_play() -> None:
    player = card(*player_rows(points=(None, 30, 20)))
    assert player["last_10_points"] == [None, 30, 20]
    assert player["last_10_lines"] == [None, 19.5, 19.5]
    assert player["last_10_results"] == ["DNP", "O", "O"]
    assert (player["season_ppg"], player["last_5_ppg"], player["games_played"]) == (25.0, 25.0, 2)


def test_b1_d10_every_game_of_the_season_counts_whatever_its_stage() -> None:
    playoffs = [game_row(game_date="2025-04-10", points=10), game_row(game_date="2025-05-10", points=30)]
    rows = [schedule_row(game_date="2025-05-12"), context_row(game_date="2025-05-12"), *playoffs]
    (game,) = document(EXPORT, *rows, day="2025-05-12")["games"]
    assert game["players"][0]["season_ppg"] == 20.0


@pytest.mark.parametrize(
    ("points", "average"), [([20, 20, 20, 21], 20.3), ([20] * 7 + [21] * 13, 20.7), ([0, 0], 0.0), ([], None)]
)
def test_acceptance_averages_are_rounded_away_from_zero(points: list[int], average: float | None) -> None:
    assert card(context_row(), *game_log(points))["season_ppg"] == average


def test_season_and_last_five_look_back_differently() -> None:
    rows = [*game_log([40], newest="2024-10-22"), *game_log([10, 20, 30, 40, 99], newest="2024-04-10")]
    player = card(context_row(), *rows)
    assert (player["season_ppg"], player["last_5_ppg"], player["games_played"]) == (40.0, 28.0, 1)
    assert player["last_10_points"] == [40, 10, 20, 30, 40, 99]


@pytest.mark.parametrize(("games", "limited"), [(9, True), (10, False)])
def test_limited_data_below_ten_games(games: int, limited: bool) -> None:
    assert card(context_row(), *game_log([20] * games))["limited_data"] is limited


@pytest.mark.parametrize(
    ("recent", "older", "form"),
    [
        ([9, 8, 8, 8, 8], [3, 3, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1], "Neutral"),
        ([10, 10, 10, 10, 10], [0] * 5, "Hot"),
        ([0, 0, 0, 0, 0], [10] * 5, "Cold"),  # b1-d13: an average of zero is cold, not unknown
        ([10, 10, 10, 10, 10], [4] * 5, "Hot"),  # exactly three
        ([20] * 5, [], "Neutral"),
        ([], [], None),
    ],
)
def test_recent_form(recent: list[int], older: list[int], form: str | None) -> None:
    expected = form if (recent, older) != ([9, 8, 8, 8, 8], []) else None
    player = card(context_row(), *game_log(recent + older))
    if form == "Neutral" and older:
        assert player["last_5_ppg"] == 8.2
        expected = form_of(Decimal("8.2"), Decimal(str(player["season_ppg"])))
    assert player["recent_form"] == expected


def test_b1_d12_hot_at_exactly_three_points_where_binary_floats_miss_it() -> None:
    player = card(context_row(), *game_log([9, 8, 8, 8, 8, 2, 2, 2, 2, 3]))
    assert (player["last_5_ppg"], player["season_ppg"]) == (8.2, 5.2)
    assert player["recent_form"] == "Hot"


def test_lines_are_null_where_there_was_none() -> None:
    player = card(context_row(), *game_log([30, 20, 25], lines=[22.5, None, 25]))
    assert player["last_10_lines"] == [22.5, None, 25.0]


def test_where_no_line_exists_the_result_is_against_the_season_average_and_marked() -> None:
    player = card(context_row(), *game_log([30, 20, 25, 10, None], lines=[22.5, None, 25, None, None]))
    assert player["season_ppg"] == 21.3
    assert player["last_10_results"] == ["O", "U", "-", "U", "DNP"]
    assert player["last_10_results_basis"] == ["line", "season_avg", "line", "season_avg", None]
    assert player["last_10_record"] == "1-0"
    assert player["last_10_vs_avg"] == ["O", "U", "O", "U", "DNP"]
    assert player["last_10_avg_record"] == "2-2"


def test_the_arrays_of_the_last_ten_are_parallel() -> None:
    player = card(context_row(), *game_log([20] * 14))
    lengths = {key: len(value) for key, value in player.items() if isinstance(value, list)}
    assert set(lengths.values()) == {10}


def test_the_record_is_null_when_no_game_was_decided() -> None:
    assert card(context_row(), *game_log([None, None]))["last_10_record"] is None
    assert card(context_row(), *game_log([20, 20], lines=20))["last_10_record"] is None


def test_b1_d13_a_season_average_of_zero_is_an_average() -> None:
    player = card(context_row(), *game_log([0, 0]))
    assert player["last_10_vs_avg"] == ["P", "P"]
    assert player["last_10_avg_record"] == "0-0"


def test_b1_d24_an_unknown_side_is_read_from_the_game() -> None:
    assert card(context_row(home_game=None))["is_home"] is True
    assert card(context_row(home_game=None, team_abbr="BOS", opponent_team_abbr="LAL"))["is_home"] is False


def test_a_forecast_without_a_line_is_not_shown() -> None:
    player = card(context_row(), prediction_row(current_points_line=None, recommendation="NO_LINE"))
    assert player["has_line"] is False
    assert "prediction" not in player


def test_the_line_is_that_of_the_forecast_not_of_the_sportsbook() -> None:
    assert card(context_row(), props_row())["has_line"] is False


def test_confidence_is_published_from_0_to_100() -> None:
    assert card(context_row(), prediction_row(confidence_score=0.78))["prediction"]["confidence"] == 78.0
    assert card(context_row(), prediction_row(confidence_score=89.65))["prediction"]["confidence"] == 89.65


def test_acceptance_an_assists_offer_with_the_number_of_the_line_supplies_no_odds() -> None:
    assists = props_row(market_type="assists", odds_american=900)
    assert card(context_row(), prediction_row(), assists)["props"][0]["over_odds"] is None
    assert card(*player_rows(), assists)["props"][0]["over_odds"] == -115


def test_b1_d5_inactive_offers_and_old_snapshots_supply_no_odds() -> None:
    rows = [
        props_row(odds_american=300, is_active=False, bookmaker="A"),
        props_row(odds_american=200, bookmaker_last_update="2025-01-15T08:00:00Z", bookmaker="B"),
        props_row(odds_american=-140, bookmaker_last_update="2025-01-15T16:00:00Z", bookmaker="B"),
        props_row(odds_american=-150, bookmaker="C"),
    ]
    assert card(context_row(), prediction_row(), *rows)["props"] == [
        {"stat_type": "points", "line": 22.5, "over_odds": -140, "under_odds": None}
    ]


@pytest.mark.parametrize("odds", [50, 199_900])
def test_b1_d22_impossible_odds_are_null(odds: int) -> None:
    under = props_row(bet_side="under", odds_american=odds)
    assert card(context_row(), prediction_row(), under)["props"][0]["under_odds"] is None
