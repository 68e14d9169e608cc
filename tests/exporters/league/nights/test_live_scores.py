from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from exporters.config import LiveRules
from exporters.league.games.schedule import FINAL, IN_PROGRESS, SCHEDULED
from exporters.league.nights.live_scores import LiveScores, elapsed_share, feed_ids, has_minutes, minutes_text, state_of
from exporters.league.players.aliases import Aliases
from tests.support.rows import TONIGHT, live_box_row

RULES = LiveRules()


@pytest.mark.parametrize(
    ("status", "period", "state"),
    [
        ("Final", 4, FINAL),
        ("final/OT", 5, FINAL),
        ("3rd Qtr", 3, IN_PROGRESS),
        (None, 1, IN_PROGRESS),
        ("2025-01-16T00:30:00Z", 0, SCHEDULED),
        ("7:30 pm ET", None, SCHEDULED),
        (None, None, SCHEDULED),
    ],
)
def test_the_state_of_a_game(status: str | None, period: int | None, state: int) -> None:
    assert state_of(live_box_row(status=status, period=period)) == state


@pytest.mark.parametrize(
    ("period", "clock", "minutes", "of"),
    [
        (1, "Q1 12:00", 0, 48),
        (1, "Q1 0:00", 12, 48),
        (4, "Q4 5:39", Fraction(2541, 60), 48),
        (4, "Q4 33.2", 48 - Fraction(332, 600), 48),
        (2, "Half", 24, 48),
        (2, "Halftime", 24, 48),
        (3, "End Q3", 36, 48),
        (3, "Q3 END ", 36, 48),
        (5, "OT 5:00", 48, 53),
        (6, "OT2 2:30", Fraction(111, 2), 58),
        (6, "End", 58, 58),
    ],
)
def test_how_much_of_a_game_is_over(period: int, clock: str, minutes: int | Fraction, of: int) -> None:
    assert elapsed_share(period, clock, RULES) == Fraction(minutes) / of


@pytest.mark.parametrize(
    ("period", "clock"),
    [
        (None, "Q1 5:00"),
        (0, "Q1 5:00"),
        (-1, "Q1 5:00"),
        (1, None),
        (1, ""),
        (1, "Q1"),
        (1, "Q1 13:00"),
        (5, "OT 6:00"),
        (1, "soon"),
    ],
)
def test_an_unreadable_clock(period: int | None, clock: str | None) -> None:
    assert elapsed_share(period, clock, RULES) is None


def test_minutes_as_the_feed_has_them() -> None:
    assert [has_minutes(text) for text in ("34", "28:30", "0:01", "00", "0:00", "", None)] == [True] * 3 + [False] * 4


def test_minutes_of_a_box_score() -> None:
    found = [minutes_text(Decimal(text)) for text in ("34.5", "7.1", "0.0", "-1.0")]
    assert [*found, minutes_text(None)] == ["34:30", "7:06", "0:00", None, None]


def test_a_player_who_is_listed_twice_shows_the_game_that_is_farther_on() -> None:
    rows = [
        live_box_row(points=10),
        live_box_row(status="Final", points=8),
        live_box_row(status="Final", period=4, points=9),
    ]
    for order in (rows, rows[::-1]):
        found = LiveScores(order, TONIGHT, {237: "ann"}).player("ann")
        assert found is not None
        assert found.points == 9


def test_the_id_of_a_player_has_precedence_over_the_name() -> None:
    scores = LiveScores([live_box_row()], TONIGHT, {237: "ann"})
    assert scores.player("lebronjames") is None
    assert LiveScores([live_box_row()], TONIGHT, {}).player("lebronjames") is not None


def test_a_name_of_the_feed_may_be_an_alias() -> None:
    row = live_box_row(feed_player_id=None, first_name="Nic", last_name="Claxton")
    scores = LiveScores([row], TONIGHT, {}, Aliases({"nicclaxton": "nicolasclaxton"}))
    assert scores.player("nicolasclaxton") == row
    assert scores.player("nicclaxton") is None


def test_a_letter_that_has_no_plain_one_is_folded_or_dropped() -> None:
    row = live_box_row(feed_player_id=None, first_name="Nikola", last_name="Đurišić")
    scores = LiveScores([row], TONIGHT, {})
    assert scores.player("nikoladurisic") == scores.player("nikolaurisic") == row


def test_a_row_without_id_and_name_matches_no_player() -> None:
    rows = [live_box_row(feed_player_id=None, first_name=None), live_box_row(feed_player_id=9, last_name="-")]
    scores = LiveScores(rows, TONIGHT, {})
    assert scores.player("james") is None
    assert scores.games([]) == {frozenset(("LAL", "BOS")): "in_progress"}


def test_of_one_date_the_lower_id_counts() -> None:
    assert feed_ids([(1, "2025-01-02", "bob"), (1, "2025-01-02", "ann"), (1, "2025-01-01", "aaa")]) == {1: "ann"}
