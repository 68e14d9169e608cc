from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from exporters.config import ExportConfig, LeagueCalendar
from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.nights.halts import Halt, halt_on, halted, with_outcomes
from exporters.league.nights.slate import Slate
from exporters.warehouse.tables import HALTS
from tests.support.rows import TONIGHT, Row, by_table, halt_row, instant, schedule_row

NOT_HALTED = {"halt_active": False, "halt_reason": None, "halt_since": None}
UNKNOWN = {"halt_active": True, "halt_reason": "unknown_state", "halt_since": None}


def envelope(*rows: Row, days_later: int = 0, lacking: bool = False) -> dict[str, Any]:
    """Return the envelope of tonight, as asked for at noon in New York some days later."""
    asked = f"{TONIGHT + timedelta(days=days_later)}T17:00:00+00:00"
    counts = ScanCounts(absent={HALTS.name: ("",)} if lacking else {})
    return halt_on(Slate(TONIGHT, asked, ExportConfig(), counts, {}, by_table((schedule_row(), *rows)))).envelope


def test_three_keys_in_order() -> None:
    assert list(Halt().envelope) == ["halt_active", "halt_reason", "halt_since"]


def test_a_halt_says_why_and_since_when() -> None:
    row = halt_row(halt_active=True, halt_reason="edge_collapse", halt_since="2025-01-12")
    assert envelope(row) == {"halt_active": True, "halt_reason": "edge_collapse", "halt_since": "2025-01-12"}


def test_a_date_that_is_not_halted_says_nothing_else() -> None:
    assert envelope(halt_row(halt_reason="manual", halt_since="2025-01-12")) == NOT_HALTED


@pytest.mark.parametrize("reason", [None, "", "a_new_reason"])
def test_a_halt_for_no_known_reason_is_of_an_unknown_state(reason: str | None) -> None:
    made = envelope(halt_row(halt_active=True, halt_reason=reason, halt_since="2025-01-12"))
    assert (made["halt_active"], made["halt_reason"], made["halt_since"]) == (True, "unknown_state", "2025-01-12")


def test_the_row_that_was_written_last_counts() -> None:
    early = halt_row(halt_active=True, halt_reason="manual", written_at="2025-01-15T10:00:00Z")
    late = halt_row(written_at="2025-01-15T10:00:01Z")
    assert envelope(early, late) == envelope(late, early) == NOT_HALTED


@pytest.mark.parametrize(
    "row",
    [
        halt_row(effective_date=TONIGHT - timedelta(days=1)),
        halt_row(effective_date=TONIGHT + timedelta(days=1)),
        halt_row(sport="mlb"),
    ],
)
def test_rows_of_other_dates_and_sports_say_nothing(row: Row) -> None:
    assert envelope(row) == UNKNOWN


@pytest.mark.parametrize(("days_later", "halted"), [(-1, False), (0, True), (7, True), (8, False)])
def test_a_date_without_a_row_is_halted_for_a_week(days_later: int, halted: bool) -> None:
    assert envelope(days_later=days_later) == (UNKNOWN if halted else NOT_HALTED)


def test_the_age_of_a_date_is_counted_in_new_york() -> None:
    # 23:00 in New York on the seventh day after the date.
    slate = Slate(
        date(2025, 1, 15), "2025-01-23T04:00:00+00:00", ExportConfig(), ScanCounts(), {}, by_table([schedule_row()])
    )
    assert halt_on(slate).envelope == UNKNOWN


def test_without_the_table_no_date_is_halted() -> None:
    assert envelope(lacking=True) == NOT_HALTED


def by_schedule(
    *ages: int,
    day: date = TONIGHT,
    rows: tuple[Row, ...] = (),
    lacking: bool = True,
    config: ExportConfig | None = None,
) -> tuple[str | None, str | None]:
    """Return reason and beginning of the pause of a date with games so many days before it, or after.

    Args:
        ages: Days from the date to its nights.
        day: The date.
        rows: Other rows.
        lacking: The warehouse lacks the table of halts.
        config: The rules of the league.
    """
    nights = (schedule_row(game_date=day + timedelta(days=age), game_id=f"002240{1000 + age}") for age in ages)
    counts = ScanCounts(absent={HALTS.name: ("",)} if lacking else {})
    slate = Slate(day, f"{day}T17:00:00+00:00", config or ExportConfig(), counts, {}, by_table((*nights, *rows)))
    made = halt_on(slate).envelope
    assert made["halt_active"] == (made["halt_reason"] is not None)
    return made["halt_reason"], made["halt_since"]


@pytest.mark.parametrize(
    ("ages", "reason", "since"),
    [
        ((-1, 0, 1), None, None),
        ((-30, 0, 30), None, None),
        ((-1, 1), None, None),
        ((-2, 2), None, None),
        ((-2, 3), "between_rounds", -1),
        ((-1, 5), "between_rounds", 0),
        ((-21, 14), "between_rounds", -20),
        ((-3,), "between_rounds", -2),
        ((-3, 15), "between_rounds", -2),
        ((-21,), "between_rounds", -20),
        ((-22,), "off_season", None),
        ((22,), "off_season", None),
        ((), "off_season", None),
        ((14,), "between_rounds", None),
    ],
)
def test_a_date_without_games_is_paused_in_a_break(
    ages: tuple[int, ...], reason: str | None, since: int | None
) -> None:
    begun = None if since is None else (TONIGHT + timedelta(days=since)).isoformat()
    assert by_schedule(*ages) == (reason, begun)


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2025, 6, 30), None),
        (date(2025, 7, 1), "off_season"),
        (date(2025, 9, 30), "off_season"),
        (date(2025, 10, 1), None),
    ],
)
def test_the_season_is_over_from_july_to_september(day: date, reason: str | None) -> None:
    assert by_schedule(-1, 1, day=day)[0] == reason
    assert by_schedule(0, day=day)[0] is None, "games are played"


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2025, 4, 30), "off_season"),
        (date(2025, 5, 1), None),
        (date(2025, 7, 15), None),
        (date(2025, 10, 31), None),
        (date(2025, 11, 1), "off_season"),
    ],
)
def test_the_months_of_a_season_are_those_of_the_league(day: date, reason: str | None) -> None:
    summer = ExportConfig(calendar=LeagueCalendar(season_months=(5, 10)))
    assert by_schedule(-1, 1, day=day, config=summer)[0] == reason


@pytest.mark.parametrize("game", [{"home_team_tricode": "EST", "away_team_tricode": "WST"}, {"game_id": "0032500001"}])
def test_an_all_star_game_ends_no_break(game: dict[str, Any]) -> None:
    assert by_schedule(-2, 4, rows=(schedule_row(**game),)) == ("between_rounds", "2025-01-14")


def test_a_row_can_halt_and_never_resumes() -> None:
    assert by_schedule(-2, 4, rows=(halt_row(),), lacking=False)[0] == "between_rounds"
    manual = halt_row(halt_active=True, halt_reason="manual", halt_since="2025-01-10")
    assert by_schedule(-2, 4, rows=(manual,), lacking=False) == ("manual", "2025-01-10")
    assert by_schedule(0, rows=(manual,), lacking=False) == ("manual", "2025-01-10")


def test_a_break_is_known_better_than_a_date_without_a_row() -> None:
    assert by_schedule(-2, 4, lacking=False)[0] == "between_rounds"
    assert by_schedule(-1, 1, lacking=False)[0] == "unknown_state"


def test_games_outside_of_the_window_change_nothing() -> None:
    """Other types of the same run read more of the schedule."""
    moved = schedule_row(
        game_date=TONIGHT + timedelta(days=40), game_id="0022401001", processed_at=instant("2025-01-15T12:00:00Z")
    )
    assert by_schedule(-1, 1, rows=(moved,)) == by_schedule(-1, 1)


def test_a_gate_halts_what_is_not_halted_yet() -> None:
    open_, paused = {"picks": [], **NOT_HALTED}, {"picks": [], **Halt(active=True, reason="manual").envelope}
    assert halted(open_, "predictions_inactive", TONIGHT) == {
        "picks": [],
        "halt_active": True,
        "halt_reason": "predictions_inactive",
        "halt_since": "2025-01-15",
    }
    assert halted(paused, "predictions_inactive", TONIGHT) == paused


def test_shown_picks_get_their_outcomes_and_no_company() -> None:
    shown = [
        {"who": "ann", "line": 20, "rank": 1, "result": None},
        {"who": "bob", "line": 20, "rank": 2, "result": None},
    ]
    now = [{"who": "cem", "line": 20, "rank": 1, "result": "W"}, {"who": "bob", "line": 20, "rank": 2, "result": "L"}]
    now.append({"who": "ann", "line": 21, "rank": 3, "result": "W"})
    assert with_outcomes(shown, now, ("who", "line"), ("result",)) == [shown[0], {**shown[1], "result": "L"}]
