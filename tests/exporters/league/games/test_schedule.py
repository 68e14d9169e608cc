from __future__ import annotations

from datetime import timedelta
from itertools import permutations

import pytest

from exporters.league.games.schedule import Schedule, canonical_game_id, teams_of
from tests.support.rows import TONIGHT, schedule_row


def test_the_canonical_id_names_date_away_and_home() -> None:
    assert canonical_game_id(TONIGHT, "BOS", "LAL") == "20250115_BOS_LAL"


@pytest.mark.parametrize(
    ("game_id", "teams"),
    [
        ("20250115_BOS_LAL", ("BOS", "LAL")),
        ("0022400551", None),
        ("20250115_BOS", None),
        ("20250115_BOS_LAL_2", None),
        ("20250115_bos_lal", None),
        ("2025015_BOS_LAL", None),
        ("", None),
    ],
)
def test_teams_are_read_from_canonical_ids_only(game_id: str, teams: tuple[str, str] | None) -> None:
    assert teams_of(game_id) == teams


def test_no_games() -> None:
    schedule = Schedule([])
    assert schedule.on(TONIGHT) == []
    assert schedule.find(TONIGHT, "20250115_BOS_LAL", "LAL") is None


@pytest.mark.parametrize(
    ("status", "published", "scores"),
    [
        (1, "scheduled", (None, None)),
        (2, "in_progress", (101, 99)),
        (3, "final", (101, 99)),
        (0, "scheduled", (None, None)),
        (4, "scheduled", (None, None)),
        (None, "scheduled", (None, None)),
    ],
)
def test_status_and_scores(status: int | None, published: str, scores: tuple[int | None, int | None]) -> None:
    (game,) = Schedule([schedule_row(game_status=status, home_team_score=101, away_team_score=99)]).on(TONIGHT)
    assert (game.status, game.home_score, game.away_score) == (published, *scores)
    assert game.is_final == (published == "final")


def test_a_final_game_may_lack_a_score() -> None:
    (game,) = Schedule([schedule_row(game_status=3, home_team_score=None, away_team_score=99)]).on(TONIGHT)
    assert (game.home_score, game.away_score) == (None, 99)


def test_b1_d3_one_game_per_matchup_highest_status_then_newest() -> None:
    rows = [
        schedule_row(game_status=1, processed_at="2025-01-16T09:00:00Z", home_team_score=None),
        schedule_row(game_status=3, processed_at="2025-01-16T06:00:00Z", home_team_score=110, away_team_score=100),
        schedule_row(game_status=3, processed_at="2025-01-16T07:00:00Z", home_team_score=111, away_team_score=100),
        schedule_row(game_status=None, processed_at="2025-01-16T10:00:00Z"),
    ]
    for order in permutations(rows):
        assert [(game.status, game.home_score) for game in Schedule(order).on(TONIGHT)] == [("final", 111)]


def test_l12_two_official_ids_of_one_matchup_are_one_game_found_by_both() -> None:
    old = schedule_row(game_id="0022400001", game_status=1)
    new = schedule_row(game_id="0022400002", game_status=2)
    for rows in ([old, new], [new, old]):
        schedule = Schedule(rows)
        (game,) = schedule.on(TONIGHT)
        assert game.official_id == "0022400002"
        assert schedule.find(TONIGHT, "0022400001") == schedule.find(TONIGHT, "0022400002") == game


def test_two_teams_meet_once_a_day_whatever_the_home_team() -> None:
    old = schedule_row(home_team_tricode="BOS", away_team_tricode="LAL", processed_at="2025-01-14T12:00:00Z")
    new = schedule_row(home_team_tricode="LAL", away_team_tricode="BOS", processed_at="2025-01-15T12:00:00Z")
    for rows in ([old, new], [new, old]):
        schedule = Schedule(rows)
        (game,) = schedule.on(TONIGHT)
        assert (game.game_id, game.home, game.away) == ("20250115_BOS_LAL", "LAL", "BOS")
        assert schedule.find(TONIGHT, "20250115_LAL_BOS") == game


def test_an_official_id_of_two_games_does_not_depend_on_order() -> None:
    rows = [
        schedule_row(game_id="0022400001"),
        schedule_row(game_id="0022400001", home_team_tricode="DEN", away_team_tricode="UTA"),
    ]
    found = {Schedule(order).find(TONIGHT, "0022400001") for order in permutations(rows)}
    assert [game.game_id for game in found if game] == ["20250115_BOS_LAL"]


def test_b1_d23_games_by_tip_off_unknown_last_then_by_id() -> None:
    rows = [
        schedule_row(home_team_tricode="AAA", game_date_est=None),
        schedule_row(home_team_tricode="ZZZ", game_date_est="2025-01-15T17:00:00Z"),
        schedule_row(home_team_tricode="MMM", game_date_est="2025-01-16T00:00:00Z"),
        schedule_row(home_team_tricode="KKK", game_date_est="2025-01-16T00:00:00Z"),
        schedule_row(home_team_tricode="CCC", game_date_est=None),
    ]
    for order in permutations(rows):
        assert [game.home for game in Schedule(order).on(TONIGHT)] == ["ZZZ", "KKK", "MMM", "AAA", "CCC"]


def test_a_game_is_found_by_either_id_or_by_a_team_on_its_date_only() -> None:
    schedule = Schedule([schedule_row(game_id="0022400551")])
    (game,) = schedule.on(TONIGHT)
    assert schedule.find(TONIGHT, "20250115_BOS_LAL") == game
    assert schedule.find(TONIGHT, "0022400551") == game
    assert schedule.find(TONIGHT, "unknown", "LAL") == game
    assert schedule.find(TONIGHT, "unknown", "BOS") == game
    assert schedule.find(TONIGHT, "unknown", "CHI") is None
    assert schedule.find(TONIGHT, "unknown") is None
    assert schedule.find(TONIGHT + timedelta(days=1), "0022400551", "LAL") is None
