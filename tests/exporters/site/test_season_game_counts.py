from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from exporters.declaration import Json, WouldBeEmpty
from exporters.site.calendar import CALENDAR
from exporters.site.season_game_counts import SEASON_GAME_COUNTS
from tests.support.nights import GENERATED_AT, document
from tests.support.rows import TONIGHT, Row, schedule_row

OPENING, BREAK, AFTER, LAST = date(2024, 10, 22), date(2025, 2, 13), date(2025, 2, 19), date(2025, 4, 13)


def counts(*rows: Row, day: date = TONIGHT) -> Json:
    return document(SEASON_GAME_COUNTS, *rows, day=day)


def game(day: date = TONIGHT, home: str = "LAL", **values: Any) -> Row:
    return schedule_row(game_date=day, home_team_tricode=home, **values)


def test_is_declared_for_half_an_hour_at_a_fixed_path() -> None:
    assert (SEASON_GAME_COUNTS.path, SEASON_GAME_COUNTS.cache.header) == (
        "schedule/game-counts.json",
        "public, max-age=1800",
    )


def test_names_and_order() -> None:
    made = counts(game(LAST), game(OPENING), game(OPENING, home="CHI"))
    assert list(made.items()) == [
        ("season", "2024-25"),
        ("updated_at", GENERATED_AT),
        ("last_game_date", "2024-10-22"),
        ("next_game_date", "2025-04-13"),
        ("dates", {"2024-10-22": 2, "2025-04-13": 1}),
    ]
    assert list(made["dates"]) == ["2024-10-22", "2025-04-13"]


@pytest.mark.parametrize(
    ("day", "last", "following"),
    [
        (date(2024, 10, 1), None, "2024-10-22"),
        (OPENING, "2024-10-22", "2025-02-13"),
        (date(2025, 2, 16), "2025-02-13", "2025-02-19"),
        (AFTER, "2025-02-19", "2025-04-13"),
        (LAST, "2025-04-13", None),
        (date(2025, 7, 1), "2025-04-13", None),
    ],
)
def test_the_league_day_itself_is_the_last_date_never_the_next(
    day: date, last: str | None, following: str | None
) -> None:
    made = counts(*map(game, (OPENING, BREAK, AFTER, LAST)), day=day)
    assert (made["last_game_date"], made["next_game_date"]) == (last, following)


def test_of_its_season_only() -> None:
    made = counts(game(date(2024, 9, 30)), game(OPENING), game(date(2025, 10, 21)))
    assert (made["dates"], made["next_game_date"]) == ({"2024-10-22": 1}, None)


def test_counts_as_the_calendar_does() -> None:
    rows = [
        game(),
        game(game_id="0022400999"),
        game(home="EST"),
        game(BREAK, game_id="7", processed_at="2025-01-10T12:00:00Z"),
        game(date(2025, 1, 20), game_id="7", processed_at="2025-01-11T12:00:00Z"),
        game(date(2025, 1, 10), home="NYK", game_id="0012400001"),
    ]
    assert counts(*rows)["dates"] == {"2025-01-15": 1, "2025-01-20": 1}
    assert document(CALENDAR, *rows) == counts(*rows)["dates"]


def test_a_schedule_without_any_game_of_the_season_is_refused() -> None:
    with pytest.raises(WouldBeEmpty, match="no game of the season of 2025-01-15"):
        counts(game(date(2023, 11, 1)), game(date(2025, 11, 1)))
