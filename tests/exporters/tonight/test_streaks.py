from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.declaration import Cache, Follows, Grain, Json
from exporters.tonight.streaks import STREAKS as EXPORT
from tests.support.nights import GENERATED_AT, document, key_paths
from tests.support.rows import (
    LAST_GAME,
    TONIGHT,
    Row,
    accuracy_row,
    game_log,
    game_row,
    registry_row,
    schedule_row,
)

KEYS = (
    "generated_at",
    "as_of_date",
    "min_streak_length",
    "streaks",
    "streaks.over",
    "streaks.over[].player_lookup",
    "streaks.over[].player_full_name",
    "streaks.over[].team",
    "streaks.over[].streak_length",
    "streaks.over[].avg_margin",
    "streaks.over[].games",
    "streaks.over[].games[].game_date",
    "streaks.over[].games[].points",
    "streaks.over[].games[].line",
    "streaks.over[].games[].opponent",
    "streaks.under",
    "streaks.under[].player_lookup",
    "streaks.under[].player_full_name",
    "streaks.under[].team",
    "streaks.under[].streak_length",
    "streaks.under[].avg_margin",
    "streaks.under[].games",
    "streaks.under[].games[].game_date",
    "streaks.under[].games[].points",
    "streaks.under[].games[].line",
    "streaks.under[].games[].opponent",
    "streaks.prediction_hits",
    "streaks.prediction_hits[].player_lookup",
    "streaks.prediction_hits[].player_full_name",
    "streaks.prediction_hits[].team",
    "streaks.prediction_hits[].streak_length",
    "streaks.prediction_hits[].streak_type",
    "summary",
    "summary.total_over_streaks",
    "summary.total_under_streaks",
    "summary.total_prediction_streaks",
    "summary.longest_over",
    "summary.longest_under",
    "summary.longest_prediction",
)
OVER, UNDER, PUSH, DNP = 30, 10, 20, None


def runs(points: Sequence[int | None], player: str = "ann", **values: Any) -> list[Row]:
    """Return games against a line of 20, newest first."""
    return game_log(points, player_lookup=player, **{"lines": 20, **values})


def hits(correct: Sequence[bool | None], player: str = "ann", **values: Any) -> list[Row]:
    """Return grades, newest first."""
    newest = values.pop("newest", LAST_GAME)
    return [
        accuracy_row(
            player_lookup=player, game_date=newest - timedelta(days=2 * i), **{"prediction_correct": value, **values}
        )
        for i, value in enumerate(correct)
    ]


def found(kind: str, *rows: Row, **options: Any) -> list[Json]:
    return document(EXPORT, *rows, **options)["streaks"][kind]


def lengths(kind: str, *rows: Row, **options: Any) -> dict[str, int]:
    return {item["player_lookup"]: item["streak_length"] for item in found(kind, *rows, **options)}


# The document


def test_the_declaration() -> None:
    assert (EXPORT.name, EXPORT.grain, EXPORT.gates) == ("streaks", Grain.SEASON, frozenset())  # s-d4
    assert EXPORT.path == "streaks/{date}.json"
    assert EXPORT.cache.header == "public, max-age=3600"
    assert [(pointer.path, pointer.follows, pointer.cache) for pointer in EXPORT.pointers] == [
        ("streaks/today.json", Follows.TODAY, Cache.HOUR)  # s-d8
    ]


def test_a_whole_document() -> None:
    over = runs([31, 30, 30, 30, 30, 30, 10], "ann", lines=20)
    under = runs([10, 11, 12, 9, 25], "bob", opponent_team_abbr="ATL", team_abbr="CHI")
    names = [
        registry_row(player_lookup="ann", player_name="Änn Şen"),
        registry_row(player_lookup="bob", player_name="Bob"),
    ]
    assert document(EXPORT, *over, *under, *names, *hits([True] * 4, "bob", team_abbr="CHI")) == {
        "generated_at": GENERATED_AT,
        "as_of_date": "2025-01-15",
        "min_streak_length": 4,
        "streaks": {
            "over": [
                {
                    "player_lookup": "ann",
                    "player_full_name": "Änn Şen",
                    "team": "LAL",
                    "streak_length": 6,
                    "avg_margin": 10.2,
                    "games": [
                        {"game_date": "2025-01-13", "points": 31, "line": 20.0, "opponent": "CHI"},
                        {"game_date": "2025-01-11", "points": 30, "line": 20.0, "opponent": "CHI"},
                        {"game_date": "2025-01-09", "points": 30, "line": 20.0, "opponent": "CHI"},
                        {"game_date": "2025-01-07", "points": 30, "line": 20.0, "opponent": "CHI"},
                        {"game_date": "2025-01-05", "points": 30, "line": 20.0, "opponent": "CHI"},
                    ],
                }
            ],
            "under": [
                {
                    "player_lookup": "bob",
                    "player_full_name": "Bob",
                    "team": "CHI",
                    "streak_length": 4,
                    "avg_margin": -9.5,
                    "games": [
                        {"game_date": "2025-01-13", "points": 10, "line": 20.0, "opponent": "ATL"},
                        {"game_date": "2025-01-11", "points": 11, "line": 20.0, "opponent": "ATL"},
                        {"game_date": "2025-01-09", "points": 12, "line": 20.0, "opponent": "ATL"},
                        {"game_date": "2025-01-07", "points": 9, "line": 20.0, "opponent": "ATL"},
                    ],
                }
            ],
            "prediction_hits": [
                {
                    "player_lookup": "bob",
                    "player_full_name": "Bob",
                    "team": "CHI",
                    "streak_length": 4,
                    "streak_type": "prediction_hits",
                }
            ],
        },
        "summary": {
            "total_over_streaks": 1,
            "total_under_streaks": 1,
            "total_prediction_streaks": 1,
            "longest_over": 6,
            "longest_under": 4,
            "longest_prediction": 4,
        },
    }


def test_keys_and_their_order() -> None:
    rows = [*runs([OVER] * 4), *runs([UNDER] * 4, "bob"), *hits([True] * 4)]
    assert tuple(key_paths(document(EXPORT, *rows))) == KEYS


def test_no_streaks() -> None:
    empty = document(EXPORT)
    assert empty == document(EXPORT, *runs([OVER, OVER, OVER, UNDER]), *hits([True, True, True]))
    assert empty["streaks"] == {"over": [], "under": [], "prediction_hits": []}
    assert set(empty["summary"].values()) == {0}
    assert EXPORT.is_empty(empty)
    assert not EXPORT.is_empty(document(EXPORT, *hits([True] * 4)))


def test_the_shortest_run_is_configuration() -> None:
    rows = [*runs([OVER] * 3), *hits([True] * 2)]
    config = ExportConfig(min_streak_length=2)
    built = document(EXPORT, *rows, config=config)
    assert built["min_streak_length"] == 2
    assert (built["summary"]["longest_over"], built["summary"]["longest_prediction"]) == (3, 2)


# Over and under


def test_a_player_is_in_at_most_one_of_the_two_lists() -> None:
    rows = runs([OVER] * 4 + [UNDER] * 6)
    assert lengths("over", *rows) == {"ann": 4}
    assert lengths("under", *rows) == {}


@pytest.mark.parametrize(
    ("points", "length"),
    [
        ([OVER, DNP, OVER, OVER, DNP, OVER, UNDER], 4),
        ([OVER, PUSH, OVER, OVER, OVER, UNDER], 4),  # b3-d11
        ([PUSH, OVER, OVER, OVER, OVER], 4),
        ([OVER] * 20 + [UNDER], 20),
        ([OVER] * 25, 20),  # b3-d9
    ],
)
def test_what_counts_and_what_is_skipped(points: list[int | None], length: int) -> None:
    assert lengths("over", *runs(points)) == {"ann": length}


def test_b3_d11_a_push_does_not_end_a_run_of_unders() -> None:
    rows = [row._replace(over_under_result="OVER") for row in runs([UNDER, UNDER, PUSH, UNDER, UNDER])]
    assert lengths("under", *rows) == {"ann": 4}


def test_games_without_a_line_are_skipped() -> None:
    assert lengths("over", *runs([OVER] * 5, lines=[20, None, 20, 20, 20])) == {"ann": 4}


def test_a_run_is_of_one_season() -> None:
    rows = [*runs([OVER] * 3, newest="2024-10-28"), *runs([OVER] * 9, newest="2024-04-14")]
    assert lengths("over", *rows, day="2024-10-30") == {}
    assert lengths("over", *rows, day="2024-04-15") == {"ann": 9}


def test_b3_d1_a_traded_player_is_listed_once_with_the_team_of_his_newest_game() -> None:
    games = [*runs([OVER], team_abbr="DAL"), *runs([OVER] * 3, newest=LAST_GAME - timedelta(days=2))]
    registry = [
        registry_row(player_lookup="ann", team_abbr="LAL"),
        registry_row(player_lookup="ann", team_abbr="DAL", last_gamebook_activity_date="2025-01-14"),
    ]
    for order in (registry, registry[::-1]):
        (item,) = found("over", *games, *order)
        assert (item["team"], item["streak_length"]) == ("DAL", 4)


def test_b3_d2_the_largest_margin_first_among_equal_lengths() -> None:
    rows = [
        *runs([18] * 4, "near"),
        *runs([10] * 4, "far"),
        *runs([15] * 5, "long"),
        *runs([22] * 4, "near2"),
        *runs([30] * 4, "far2"),
    ]
    assert list(lengths("under", *rows)) == ["long", "far", "near"]
    assert list(lengths("over", *rows)) == ["far2", "near2"]


def test_b3_d3_then_by_player_and_so_at_the_cut() -> None:
    rows = [row for n in range(53) for row in runs([OVER] * 4, f"player{n:02d}")]
    built = document(EXPORT, *rows)
    assert [item["player_lookup"] for item in built["streaks"]["over"]] == [f"player{n:02d}" for n in range(50)]
    assert built["summary"]["total_over_streaks"] == 53  # b3-d8: counted before the cut
    assert document(EXPORT, *rows[::-1]) == built


def test_the_average_margin_is_rounded_away_from_zero() -> None:
    (item,) = found("over", *runs([21, 21, 21, 22]))
    assert item["avg_margin"] == 1.3
    (item,) = found("under", *runs([19, 19, 19, 18]))
    assert item["avg_margin"] == -1.3


def test_b3_d7_duplicates_lengthen_nothing() -> None:
    rows = runs([OVER] * 4)
    again = [row._replace(processed_at=None, points=UNDER) for row in rows]
    assert document(EXPORT, *rows, *again, *hits([True] * 4), *hits([True] * 4, line_value=21.5)) == document(
        EXPORT, *rows, *hits([True] * 4)
    )


@pytest.mark.parametrize(("age", "listed"), [(30, True), (31, False)])
def test_b3_d10_a_run_is_current_for_thirty_days(age: int, listed: bool) -> None:
    newest = TONIGHT - timedelta(days=age)
    assert bool(found("over", *runs([OVER] * 4, newest=newest))) is listed
    assert bool(found("prediction_hits", *hits([True] * 4, newest=newest))) is listed


@pytest.mark.parametrize("status", [3, 2, 1, None])
@pytest.mark.parametrize("points", [OVER, UNDER])
def test_tonights_game_never_counts(points: int, status: int | None) -> None:
    """Before the night is the rule of every tonight document; it takes the place of B3-D15."""
    tonight = game_row(player_lookup="ann", game_date=TONIGHT, points=points, points_line=20, opponent_team_abbr="BOS")
    assert lengths("over", *runs([OVER] * 4), tonight, schedule_row(game_status=status)) == {"ann": 4}
    tomorrow = TONIGHT + timedelta(days=1)
    assert lengths("over", *runs([OVER] * 4), tonight, day=tomorrow) == ({"ann": 5} if points == OVER else {})


def test_games_after_the_date_are_not_known() -> None:
    later = game_row(player_lookup="ann", game_date=TONIGHT + timedelta(days=1), points=UNDER, points_line=20)
    assert lengths("over", *runs([OVER] * 4), later) == {"ann": 4}


# Correct forecasts


@pytest.mark.parametrize(
    ("correct", "length"),
    [
        ([True] * 4, 4),
        ([True, True, None, True, True, False, True], 4),  # b3-d4
        ([None, True, True, True, True], 4),
        ([True] * 25, 20),
        ([False, True, True, True, True], None),
        ([True, True, True, False, True], None),
    ],
)
def test_only_a_wrong_forecast_breaks_a_run(correct: list[bool | None], length: int | None) -> None:
    assert lengths("prediction_hits", *hits(correct)) == ({} if length is None else {"ann": length})


@pytest.mark.parametrize(
    "values",
    [
        {"is_voided": True},  # b3-d4
        {"line_source": "ESTIMATED_AVG"},  # b3-d6
        {"line_source": None},
        {"line_value": 20},
        {"recommendation": "PASS"},
        {"recommendation": None},
        {"system_id": "another"},
    ],
)
def test_what_is_no_hit_is_skipped(values: dict[str, Any]) -> None:
    rows, yesterday = hits([True] * 4), TONIGHT - timedelta(days=1)
    for wrong in (True, False):
        assert lengths("prediction_hits", *rows, *hits([wrong], newest=yesterday, **values)) == {"ann": 4}


@pytest.mark.parametrize("correct", [True, False])
@pytest.mark.parametrize("status", [3, 2, 1, None])
def test_tonights_forecast_never_counts(correct: bool, status: int | None) -> None:
    rows = [*hits([True] * 4), *hits([correct], newest=TONIGHT)]
    scheduled = schedule_row(away_team_tricode="CHI", game_status=status)
    assert lengths("prediction_hits", *rows, scheduled) == {"ann": 4}
    tomorrow = TONIGHT + timedelta(days=1)
    assert lengths("prediction_hits", *rows, day=tomorrow) == ({"ann": 5} if correct else {})


def test_s_d5_the_champion_is_configuration() -> None:
    rows = [*hits([True] * 4, system_id="challenger"), *hits([True] * 5)]
    assert lengths("prediction_hits", *rows) == {"ann": 5}
    assert lengths("prediction_hits", *rows, config=ExportConfig(champion_system_id="challenger")) == {"ann": 4}


def test_b3_d5_a_run_of_hits_is_of_one_season() -> None:
    rows = [
        accuracy_row(game_date=day) for day in ("2024-10-28", "2024-10-26", "2024-04-14", "2024-04-12", "2024-04-10")
    ]
    assert found("prediction_hits", *rows, day="2024-10-30") == []


def test_b3_d7_a_regraded_game_counts_once_as_graded_last() -> None:
    wrong = hits([False], graded_at="2025-01-14T06:00:00Z")
    right = hits([True] * 4, graded_at="2025-01-14T09:00:00Z")
    assert lengths("prediction_hits", *wrong, *right) == {"ann": 4}
    assert lengths("prediction_hits", *hits([False], graded_at="2025-01-14T10:00:00Z"), *right) == {}
    official = [row._replace(game_id=f"002240000{i}", graded_at=None) for i, row in enumerate(right)]
    assert lengths("prediction_hits", *right, *official) == {"ann": 4}


def test_b3_d1_the_team_of_the_newest_hit_else_of_the_registry_else_none() -> None:
    unknown = hits([True] * 4, team_abbr=None)
    registry = [
        registry_row(player_lookup="ann", team_abbr="LAL", last_roster_activity_date=None),
        registry_row(player_lookup="ann", team_abbr="DAL", last_roster_activity_date="2025-01-14"),
    ]
    assert found("prediction_hits", *hits([True] * 4, team_abbr="CHI"), *registry)[0]["team"] == "CHI"
    assert found("prediction_hits", *unknown, *registry)[0]["team"] == "DAL"
    assert found("prediction_hits", *unknown)[0]["team"] == ""


def test_b3_d12_a_name_of_an_older_season_is_a_name() -> None:
    old = registry_row(player_lookup="ann", season="2022-23", player_name="Ann")
    assert found("over", *runs([OVER] * 4), old)[0]["player_full_name"] == "Ann"
    assert found("prediction_hits", *hits([True] * 4), old)[0]["player_full_name"] == "Ann"
    assert found("over", *runs([OVER] * 4))[0]["player_full_name"] == "ann"


def test_b3_d3_longest_then_newest_then_by_player() -> None:
    rows = [
        *hits([True] * 4, "old", newest=LAST_GAME - timedelta(days=1)),
        *hits([True] * 4, "b_new"),
        *hits([True] * 4, "a_new"),
        *hits([True] * 5, "long", newest=LAST_GAME - timedelta(days=5)),
    ]
    assert list(lengths("prediction_hits", *rows)) == ["long", "a_new", "b_new", "old"]


def test_thirty_hits_are_listed_and_all_are_counted() -> None:
    rows = [row for n in range(33) for row in hits([True] * 4, f"player{n:02d}")]
    built = document(EXPORT, *rows)
    assert [item["player_lookup"] for item in built["streaks"]["prediction_hits"]] == [
        f"player{n:02d}" for n in range(30)
    ]
    assert built["summary"]["total_prediction_streaks"] == 33


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [*runs([OVER] * 2), *hits([True] * 2)]
    config = ExportConfig(min_streak_length=2)
    assert len({str(document(EXPORT, *order, config=config)) for order in permutations(rows)}) == 1
