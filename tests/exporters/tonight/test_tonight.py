"""``tonight``: the document, its games, and their players (contract: tonight-and-streaks B1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.declaration import Cache, Follows, Gate, Grain, Json
from exporters.tonight.tonight import TONIGHT as EXPORT
from tests.support.nights import GENERATED_AT, document, key_paths
from tests.support.rows import (
    LAST_GAME,
    TONIGHT,
    Row,
    accuracy_row,
    context_row,
    factors_row,
    feature_row,
    game_log,
    game_row,
    injury_row,
    player_rows,
    prediction_row,
    registry_row,
    schedule_row,
)

KEYS = (
    "game_date",
    "generated_at",
    "total_players",
    "total_with_lines",
    "games",
    "games[].game_id",
    "games[].home_team",
    "games[].away_team",
    "games[].game_time",
    "games[].game_status",
    "games[].home_score",
    "games[].away_score",
    "games[].player_count",
    "games[].players",
)
CARD_KEYS = (
    "player_lookup",
    "name",
    "team",
    "is_home",
    "has_line",
    "fatigue_level",
    "fatigue_score",
    "days_rest",
    "injury_status",
    "injury_reason",
    "season_ppg",
    "season_mpg",
    "minutes_avg",
    "last_5_ppg",
    "games_played",
    "limited_data",
    "recent_form",
    "last_10_points",
    "last_10_lines",
    "last_10_results",
    "last_10_record",
    "last_10_vs_avg",
    "last_10_avg_record",
    "props",
    "props[].stat_type",
    "props[].line",
    "props[].over_odds",
    "props[].under_odds",
    "prediction",
    "prediction.predicted",
    "prediction.confidence",
    "prediction.recommendation",
    "prediction.factors",
    "last_10_results_basis",
)
WITHOUT_LINE = tuple(key for key in CARD_KEYS if not key.startswith(("props", "prediction")))
WITHOUT_AVERAGE = tuple(key for key in CARD_KEYS if key not in ("last_10_vs_avg", "last_10_avg_record"))


def players(*rows: Row, **options: Any) -> list[Json]:
    """Return the cards of tonight's only game."""
    (game,) = document(EXPORT, schedule_row(), *rows, **options)["games"]
    return game["players"]


def card(*rows: Row, **options: Any) -> Json:
    """Return the card of the only player."""
    (player,) = players(*rows, **options)
    return player


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("tonight", Grain.SLATE, {Gate.CONTEXT, Gate.CHAMPION})
    assert EXPORT.path == "tonight/{date}.json"
    assert [(pointer.path, pointer.follows, pointer.cache) for pointer in EXPORT.pointers] == [
        ("tonight/all-players.json", Follows.TODAY, Cache.SHORT)
    ]


def test_b1_d21_the_dated_document_is_cached_briefly_until_every_game_is_final() -> None:
    shown = document(EXPORT, schedule_row(), *player_rows())
    assert EXPORT.cache_of(shown, settled=False).header == "public, max-age=300"
    assert EXPORT.cache_of(shown, settled=True).header == "public, max-age=86400"


def test_a_whole_document() -> None:
    built = document(
        EXPORT,
        schedule_row(game_status=2, home_team_score=55, away_team_score=51),
        schedule_row(home_team_tricode="DEN", away_team_tricode="UTA", game_date_est="2025-01-16T02:00:00Z"),
        *player_rows(points=(30, 20, 25), days_rest=3),
        injury_row(),
        context_row(player_lookup="jaysontatum", team_abbr="BOS", opponent_team_abbr="LAL", home_game=False),
    )
    assert built == {
        "game_date": "2025-01-15",
        "generated_at": GENERATED_AT,
        "total_players": 2,
        "total_with_lines": 1,
        "games": [
            {
                "game_id": "20250115_BOS_LAL",
                "home_team": "LAL",
                "away_team": "BOS",
                "game_time": "7:30 PM ET",
                "game_status": "in_progress",
                "home_score": 55,
                "away_score": 51,
                "player_count": 2,
                "players": [
                    {
                        "player_lookup": "lebronjames",
                        "name": "Lebronjames",
                        "team": "LAL",
                        "is_home": True,
                        "has_line": True,
                        "fatigue_level": "normal",
                        "fatigue_score": 85.0,
                        "days_rest": 3,
                        "injury_status": "questionable",
                        "injury_reason": "Injury/Illness - Left Ankle; Sprain",
                        "season_ppg": 25.0,
                        "season_mpg": 34.0,
                        "minutes_avg": 34.0,
                        "last_5_ppg": 25.0,
                        "games_played": 3,
                        "limited_data": True,
                        "recent_form": "Neutral",
                        "last_10_points": [30, 20, 25],
                        "last_10_lines": [19.5, 19.5, 19.5],
                        "last_10_results": ["O", "O", "O"],
                        "last_10_record": "3-0",
                        "last_10_vs_avg": ["O", "U", "P"],
                        "last_10_avg_record": "1-1",
                        "props": [{"stat_type": "points", "line": 22.5, "over_odds": -115, "under_odds": -105}],
                        "prediction": {
                            "predicted": 24.5,
                            "confidence": 85.0,
                            "recommendation": "OVER",
                            "factors": ["Well-rested, favors performance"],
                        },
                        "last_10_results_basis": ["line", "line", "line"],
                    },
                    {
                        "player_lookup": "jaysontatum",
                        "name": "jaysontatum",
                        "team": "BOS",
                        "is_home": False,
                        "has_line": False,
                        "fatigue_level": "normal",
                        "fatigue_score": None,
                        "days_rest": 2,
                        "injury_status": "available",
                        "injury_reason": None,
                        "season_ppg": None,
                        "season_mpg": None,
                        "minutes_avg": None,
                        "last_5_ppg": None,
                        "games_played": 0,
                        "limited_data": True,
                        "recent_form": None,
                        "last_10_points": [],
                        "last_10_lines": [],
                        "last_10_results": [],
                        "last_10_record": None,
                        "last_10_results_basis": [],
                    },
                ],
            },
            {
                "game_id": "20250115_UTA_DEN",
                "home_team": "DEN",
                "away_team": "UTA",
                "game_time": "9:00 PM ET",
                "game_status": "scheduled",
                "home_score": None,
                "away_score": None,
                "player_count": 0,
                "players": [],
            },
        ],
    }


def test_keys_and_their_order() -> None:
    built = document(EXPORT, schedule_row(), *player_rows())
    assert tuple(path for path in key_paths(built) if not path.startswith("games[].players[]")) == KEYS
    assert tuple(key_paths(built["games"][0]["players"][0])) == CARD_KEYS


def test_b1_d14_props_and_prediction_are_absent_without_a_line() -> None:
    without = card(*player_rows(), prediction_row(current_points_line=None, prediction_version=2))
    assert without["has_line"] is False
    assert tuple(key_paths(without)) == WITHOUT_LINE


def test_b1_d14_averages_are_absent_without_a_season_average() -> None:
    last_season = game_log([20], newest="2024-04-10")
    assert tuple(key_paths(card(*player_rows(points=()), *last_season))) == WITHOUT_AVERAGE


def test_no_games() -> None:
    empty = document(EXPORT)
    assert empty == {
        "game_date": "2025-01-15",
        "generated_at": GENERATED_AT,
        "total_players": 0,
        "total_with_lines": 0,
        "games": [],
    }
    assert EXPORT.is_empty(empty)


def test_games_without_players() -> None:
    (game,) = document(EXPORT, schedule_row())["games"]
    assert (game["player_count"], game["players"]) == (0, [])


def test_totals_count_over_all_games() -> None:
    built = document(
        EXPORT,
        schedule_row(),
        schedule_row(home_team_tricode="DEN", away_team_tricode="UTA"),
        *player_rows("ann"),
        *player_rows("bob", team_abbr="DEN", opponent_team_abbr="UTA"),
        context_row(player_lookup="cem", team_abbr="UTA", opponent_team_abbr="DEN", home_game=False),
    )
    assert [game["player_count"] for game in built["games"]] == [1, 2]
    assert (built["total_players"], built["total_with_lines"]) == (3, 2)
    assert not EXPORT.is_empty(built)


@pytest.mark.parametrize(
    ("tip_off", "shown"),
    [
        ("2025-01-16T00:30:00Z", "7:30 PM ET"),
        ("2025-01-15T17:00:00Z", "12:00 PM ET"),
        ("2025-01-16T03:00:00Z", "10:00 PM ET"),
        (None, None),
    ],
)
def test_b1_d1_tip_off_in_new_york(tip_off: str | None, shown: str | None) -> None:
    (game,) = document(EXPORT, schedule_row(game_date_est=tip_off))["games"]
    assert game["game_time"] == shown


def test_b1_d2_tip_off_in_summer() -> None:
    row = schedule_row(game_date="2025-06-08", game_date_est="2025-06-09T00:00:00Z")
    (game,) = document(EXPORT, row, day="2025-06-08")["games"]
    assert game["game_time"] == "8:00 PM ET"


@pytest.mark.parametrize(
    ("status", "published", "score"),
    [
        (1, "scheduled", None),
        (2, "in_progress", 99),
        (3, "final", 99),
        (7, "scheduled", None),
        (None, "scheduled", None),
    ],
)
def test_status_and_scores(status: int | None, published: str, score: int | None) -> None:
    (game,) = document(EXPORT, schedule_row(game_status=status, home_team_score=99, away_team_score=99))["games"]
    assert (game["game_status"], game["home_score"], game["away_score"]) == (published, score, score)


def test_b1_d3_rows_of_one_game_are_one_game() -> None:
    rows = [schedule_row(game_status=1), schedule_row(game_status=3, home_team_score=110, away_team_score=99)]
    built = document(EXPORT, *rows, *player_rows())
    (game,) = built["games"]
    assert (game["game_status"], game["home_score"]) == ("final", 110)
    assert (built["total_players"], built["total_with_lines"]) == (1, 1)


def test_b1_d23_games_by_tip_off_unknown_last_then_by_id() -> None:
    built = document(
        EXPORT,
        schedule_row(home_team_tricode="AAA", game_date_est=None),
        schedule_row(home_team_tricode="ZZZ", game_date_est="2025-01-15T17:00:00Z"),
        schedule_row(home_team_tricode="MMM"),
        schedule_row(home_team_tricode="KKK"),
    )
    assert [game["home_team"] for game in built["games"]] == ["ZZZ", "KKK", "MMM", "AAA"]


def test_acceptance_two_rows_per_key_show_each_player_and_game_once() -> None:
    early, late = "2025-01-15T10:00:00Z", "2025-01-15T16:00:00Z"
    rows = [
        schedule_row(game_status=1),
        schedule_row(game_status=3, home_team_score=101, away_team_score=100),
        context_row(days_rest=1, processed_at=early),
        context_row(days_rest=4, processed_at=late),
        factors_row(fatigue_score=50, processed_at=early),
        factors_row(fatigue_score=97, processed_at=late),
        feature_row(),
        feature_row(feature_version="v1"),
        prediction_row(predicted_points=30, is_active=False, prediction_version=2),
        prediction_row(predicted_points=26),
        registry_row(player_name="Old Team", last_gamebook_activity_date="2024-12-01", last_roster_activity_date=None),
        registry_row(player_name="New Team", team_abbr="DAL"),
        accuracy_row(),
        accuracy_row(line_value=20.5),
        *game_log([20, 24], processed_at=early),
        *game_log([21, 25], processed_at=late),
        injury_row(report_hour=9, injury_status="out"),
        injury_row(report_hour=13, injury_status="probable"),
    ]
    built = document(EXPORT, *rows)
    assert built == document(EXPORT, *rows[::-1]) == document(EXPORT, *rows, *rows)
    (player,) = built["games"][0]["players"]
    assert player["days_rest"] == 4
    assert player["fatigue_score"] == 97.0
    assert player["prediction"]["predicted"] == 26.0
    assert player["name"] == "New Team"
    assert player["last_10_points"] == [21, 25]
    assert player["games_played"] == 2
    assert player["injury_status"] == "probable"


def test_b1_d4_fatigue_of_this_game_is_preferred() -> None:
    other = factors_row(game_id="20250115_CHI_LAL", fatigue_score=10, processed_at="2025-01-15T20:00:00Z")
    assert card(*player_rows(), other)["fatigue_score"] == 85.0


def test_b1_d6_equal_creation_goes_to_the_highest_version() -> None:
    low, high = prediction_row(predicted_points=20), prediction_row(predicted_points=30, prediction_version=2)
    for rows in ((low, high), (high, low)):
        assert card(context_row(), *rows)["prediction"]["predicted"] == 30.0


def test_b1_d11_a_game_read_twice_counts_once() -> None:
    player = card(context_row(), *game_log([30, 20]), *game_log([30, 20]))
    assert player["last_10_points"] == [30, 20]
    assert (player["games_played"], player["season_ppg"], player["last_5_ppg"]) == (2, 25.0, 25.0)


def test_players_with_a_line_first_then_out_last_then_by_confidence_average_and_id() -> None:
    def player(name: str, confidence: float | None, points: int, status: str = "available") -> list[Row]:
        rows = [
            context_row(player_lookup=name),
            injury_row(player_lookup=name, injury_status=status),
            *game_log([points], player_lookup=name),
        ]
        return rows if confidence is None else [*rows, prediction_row(player_lookup=name, confidence_score=confidence)]

    rows = [
        *player("b_less_points", 80, 19),
        *player("a_tie", 80, 20),
        *player("b_tie", 80, 20),
        *player("sure", 95, 5),
        *player("out_with_line", 99, 40, "out"),
        *player("no_line_star", None, 30),
        *player("no_line_low", None, 10),
        *player("no_line_out", None, 50, "out"),
    ]
    expected = [
        "sure",
        "a_tie",
        "b_tie",
        "b_less_points",
        "out_with_line",  # b1-d18: before everyone without a line
        "no_line_star",
        "no_line_low",
        "no_line_out",
    ]
    assert [found["player_lookup"] for found in players(*rows)] == expected
    assert [found["player_lookup"] for found in players(*rows[::-1])] == expected  # b1-d19


def test_an_unknown_average_counts_as_zero_in_the_order() -> None:
    rows = [context_row(player_lookup="a"), context_row(player_lookup="b"), *game_log([0], player_lookup="b")]
    assert [found["player_lookup"] for found in players(*rows)] == ["a", "b"]


def expected_in(players_in_game: int, *elsewhere: str) -> list[Row]:
    return [
        schedule_row(),
        *(context_row(player_lookup=f"player{n:02d}") for n in range(players_in_game)),
        *(context_row(player_lookup=name, team_abbr="DEN", opponent_team_abbr="UTA") for name in elsewhere),
    ]


def test_b1_d20_a_few_players_of_unscheduled_games_are_left_out() -> None:
    built = document(EXPORT, *expected_in(19, "lost"))
    assert built["total_players"] == 19


def test_b1_d20_too_many_of_them_fail_the_document_and_are_named() -> None:
    with pytest.raises(
        ValueError, match=r"2 of 20 players are in no scheduled game of 2025-01-15: lost \(2025"
    ) as raised:
        document(EXPORT, *expected_in(18, "lost", "missing"))
    assert "missing (20250115_UTA_DEN)" in str(raised.value)
    assert "compare the game ids" in str(raised.value)


def test_players_of_other_dates_are_not_shown() -> None:
    rows = [context_row(), context_row(player_lookup="tomorrow", game_date="2025-01-16")]
    assert [found["player_lookup"] for found in players(*rows)] == ["lebronjames"]


def test_s_d5_the_champion_is_configuration() -> None:
    other = prediction_row(system_id="challenger", predicted_points=10)
    assert card(context_row(), prediction_row(), other)["prediction"]["predicted"] == 24.5
    config = ExportConfig(champion_system_id="challenger")
    assert card(context_row(), prediction_row(), other, config=config)["prediction"]["predicted"] == 10.0


def test_the_night_of_a_past_date_holds_nothing_later() -> None:
    rows = player_rows()
    future = [
        game_row(game_date=TONIGHT, points=60),
        game_row(game_date=TONIGHT + timedelta(days=1), points=60),
        injury_row(report_date="2025-01-16", injury_status="out"),
        registry_row(season="2025-26", player_name="Later"),
    ]
    assert card(*rows, *future) == card(*rows)


def test_yesterdays_document_from_the_same_rows() -> None:
    rows = [schedule_row(game_date=LAST_GAME), context_row(game_date=LAST_GAME), *player_rows(points=(20, 24, 16))]
    (game,) = document(EXPORT, *rows, day=LAST_GAME)["games"]
    assert game["players"][0]["last_10_points"] == [24, 16]
