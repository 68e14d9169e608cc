"""Conditions on rows: what they select, and what is wrong with them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from exporters.warehouse.tables import CONTEXT, GAMES, INJURIES, NEWS_LINKS, PREDICTIONS, TABLES
from pipeline.provenance.conditions import ConditionError, find_table, parse_set, parse_where
from tests.support.rows import game_row, prediction_row
from tests.support.warehouses import arrow_rows


def selected(where: str) -> list[int]:
    """Return which of some games meet a condition."""
    games = [
        game_row(player_lookup="ann", game_date=date(2025, 1, 10), points=20, is_dnp=False, points_line=None),
        game_row(player_lookup="bob", game_date=date(2025, 1, 11), points=25, is_dnp=True, points_line=Decimal("24.5")),
        game_row(player_lookup="o'neal", game_date=date(2025, 1, 12), points=None, is_dnp=None, points_line=None),
    ]
    (batch,) = arrow_rows(GAMES, games).to_batches()
    return [place for place, meets in enumerate(parse_where(where, GAMES).mask(batch).to_pylist()) if meets]


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("", [0, 1, 2]),
        ("player_lookup = 'bob'", [1]),
        ("player_lookup='o''neal'", [2]),
        ("player_lookup != 'bob'", [0, 2]),
        ("player_lookup <> 'bob' and points >= 20", [0]),
        ("game_date > '2025-01-10' AND game_date <= '2025-01-11'", [1]),
        ("points < 25", [0]),
        ("points != 20", [1]),
        ("points = null", [2]),
        ("points != NULL", [0, 1]),
        ("is_dnp = true", [1]),
        ("is_dnp = False", [0]),
        ("points_line = 24.5", [1]),
        ("points_line >= 25", []),
    ],
)
def test_rows_that_meet_a_condition(where: str, rows: list[int]) -> None:
    assert selected(where) == rows


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("pts = 20", '--where: "pts" is no column of nba_analytics.player_game_summary; did you mean'),
        ("points = 'x'", "'x' is no INT64, which nba_analytics.player_game_summary.points is; write points = 12"),
        ("points = 20.5", "20.5 is no INT64"),
        ("game_date = 2025-01-10", "2025-01-10 is no DATE"),
        ("game_date = '2025-02-30'", "'2025-02-30' is no DATE"),
        ("points_line = 1234567", "1234567 is no NUMERIC(4,1)"),
        ("is_dnp = 1", "1 is no BOOL"),
        ("processed_at > '2025-01-10T00:00:00'", "is no TIMESTAMP"),
        ("player_lookup > 'a'", "compares player_lookup by >, which STRING does not order; use = or !="),
        ("points = 20 or points = 25", "does not follow an and"),
        ("points", "is no comparison; write column = literal"),
        ("points = 20 and", "does not follow an and"),
        ("1 = 1; drop table x", "is no comparison"),
    ],
)
def test_a_wrong_condition_is_told_with_its_fix(where: str, told: str) -> None:
    with pytest.raises(ConditionError) as error:
        parse_where(where, GAMES)
    assert told in str(error.value)
    assert "; " in str(error.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(ConditionError) as error:
        parse_where("pts = 20 and is_dnp = 3", GAMES)
    assert len(error.value.problems) == 2


@pytest.mark.parametrize(
    ("table", "text", "told"),
    [
        (GAMES, "game_date = '2025-01-10'", "is what the table is partitioned by"),
        (GAMES, "points > 3", "has > after points"),
        (GAMES, "player_lookup = null", "is never null"),
        (GAMES, " ", "sets nothing"),
        (PREDICTIONS, "is_active = maybe", "maybe is no BOOL"),
    ],
)
def test_what_cannot_be_set(table: Any, text: str, told: str) -> None:
    with pytest.raises(ConditionError) as error:
        parse_set(text, table)
    assert told in str(error.value)


def test_values_have_the_types_of_their_columns() -> None:
    found = parse_set("predicted_points = 21.5 and recommendation = 'OVER' and current_points_line = null", PREDICTIONS)
    assert found == {"predicted_points": Decimal("21.5"), "recommendation": "OVER", "current_points_line": None}


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("", (None, None)),
        ("points = 3", (None, None)),
        ("game_date = '2025-01-10'", (date(2025, 1, 10), date(2025, 1, 10))),
        ("game_date >= '2025-01-10' and game_date >= '2025-01-12'", (date(2025, 1, 12), None)),
        ("game_date != '2025-01-10' and game_date < '2025-01-12'", (None, date(2025, 1, 12))),
    ],
)
def test_the_days_of_a_condition(where: str, days: tuple[date | None, date | None]) -> None:
    assert parse_where(where, GAMES).days("game_date") == days


def test_a_table_is_found_by_either_name_and_a_misspelt_one_is_not() -> None:
    assert find_table("nbac_injury_report") is find_table(INJURIES.name) is INJURIES
    with pytest.raises(ConditionError, match="did you mean nbac_injury_report"):
        find_table("nbac_injury_reports")
    with pytest.raises(ConditionError, match="name one of "):
        find_table("zzzzzz")


def test_every_table_that_stores_rows_is_found() -> None:
    for table in TABLES:
        if table.stand_in is None:
            assert find_table(table.name) is table
    assert {CONTEXT, NEWS_LINKS} <= {find_table(table.name) for table in (CONTEXT, NEWS_LINKS)}


def test_a_decimal_is_compared_as_a_number() -> None:
    (batch,) = arrow_rows(PREDICTIONS, [prediction_row(predicted_points=28.5)]).to_batches()
    assert parse_where("predicted_points > 28 and predicted_points <= 28.5", PREDICTIONS).mask(batch).true_count == 1
