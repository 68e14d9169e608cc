from __future__ import annotations

from itertools import permutations

import pytest

from exporters.league.players.availability import Fatigue, Injury, fatigue_level, select_fatigue, select_injury
from tests.support.nights import night
from tests.support.rows import Row, context_row, factors_row, injury_row, schedule_row


@pytest.mark.parametrize(
    ("score", "level"),
    [(100, "fresh"), (95, "fresh"), (94, "normal"), (75, "normal"), (74, "tired"), (0, "tired"), (None, "normal")],
)
def test_the_level_of_a_fatigue_score(score: int | None, level: str) -> None:
    assert fatigue_level(score) == level


def test_no_report_means_available() -> None:
    assert select_injury([]) == Injury("available", None)


def test_b1_d8_the_newest_report_counts_and_a_null_hour_comes_last() -> None:
    rows = [
        injury_row(report_date="2025-01-14", report_hour=23, injury_status="out"),
        injury_row(report_hour=None, injury_status="doubtful"),
        injury_row(report_hour=9, injury_status="questionable"),
        injury_row(report_hour=17, injury_status="probable", processed_at="2025-01-15T22:00:00Z"),
        injury_row(report_hour=17, injury_status="out", processed_at="2025-01-15T21:00:00Z"),
    ]
    for count, status in ((1, "out"), (2, "doubtful"), (3, "questionable"), (4, "probable"), (5, "probable")):
        assert {select_injury(order).status for order in permutations(rows[:count])} == {status}


def test_a_reason_is_kept_whatever_the_status() -> None:
    assert select_injury([injury_row(injury_status=None, reason="Rest")]) == Injury("available", "Rest")
    assert select_injury([injury_row(injury_status="AVAILABLE", reason="Return")]) == Injury("available", "Return")


def test_a_status_is_published_in_lower_case() -> None:
    assert select_injury([injury_row(injury_status="Out")]).status == "out"


@pytest.mark.parametrize(
    ("report", "status"),
    [
        (injury_row(injury_status="out"), "out"),
        (injury_row(injury_status="out", report_date="2025-01-14"), "out"),
        (injury_row(injury_status="out", game_date="2025-01-14", report_date="2025-01-14"), "available"),
        (injury_row(injury_status="out", game_date="2025-01-16"), "available"),
        (injury_row(injury_status="out", report_date="2025-01-16"), "available"),
        (injury_row(injury_status="out", report_date="2025-01-01"), "available"),
        (injury_row(injury_status="out", report_date=None, processed_at=None), "available"),
        (injury_row(injury_status="out", game_date=None), "out"),
        (injury_row(injury_status="out", game_date=None, game_id="20250115_CHI_DEN"), "available"),
        (injury_row(injury_status="out", game_date=None, game_id=None), "available"),
    ],
    ids=[
        "tonight's game",
        "yesterday's report of tonight's game",
        "yesterday's game",
        "tomorrow's game",
        "tomorrow's report",
        "a report from long ago",
        "an undated report",
        "no date, tonight's id",
        "no date, another game's id",
        "neither date nor id",
    ],
)
def test_b1_d8_only_reports_of_tonights_game_up_to_tonight_count(report: Row, status: str) -> None:
    assert night(schedule_row(), context_row(), report).injury.status == status


def test_b1_d4_one_fatigue_row_that_of_the_game_first_then_the_newest() -> None:
    other_game = factors_row(fatigue_score=10, game_id="20250115_CHI_LAL", processed_at="2025-01-15T20:00:00Z")
    old = factors_row(fatigue_score=20, processed_at="2025-01-15T10:00:00Z")
    made_first = factors_row(fatigue_score=30, processed_at="2025-01-15T12:00:00Z", created_at="2025-01-15T07:00:00Z")
    made_last = factors_row(fatigue_score=40, processed_at="2025-01-15T12:00:00Z", created_at="2025-01-15T08:00:00Z")
    unknown = factors_row(fatigue_score=50, processed_at=None, created_at=None)
    rows = [other_game, old, made_first, made_last, unknown]
    assert {select_fatigue(order, "20250115_BOS_LAL").score for order in permutations(rows)} == {40}
    assert select_fatigue([other_game], "20250115_BOS_LAL").score == 10


def test_unknown_fatigue_is_normal() -> None:
    assert select_fatigue([], "20250115_BOS_LAL") == Fatigue(None, "normal", None)
    assert select_fatigue([factors_row(fatigue_score=None)], "") == Fatigue(None, "normal", None)


def test_the_context_of_a_score_stays_text() -> None:
    text = '{"days_rest": 1, "back_to_back": true}'
    assert select_fatigue([factors_row(fatigue_score=69, fatigue_context_json=text)], "") == Fatigue(69, "tired", text)
