from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest

from exporters.config.leagues import NBA
from exporters.league.players.identity import is_player_lookup, lookup_of, registry_entry
from tests.support.rows import TONIGHT, Row, registry_row


def entry(*rows: Row, day: date = TONIGHT) -> Row | None:
    (found,) = {registry_entry(order, NBA.calendar.season_label(day)) for order in permutations(rows)}
    return found


@pytest.mark.parametrize(
    ("value", "valid"),
    [
        ("lebronjames", True),
        ("a", True),
        ("player2", True),
        ("a" * 80, True),
        ("a" * 81, False),
        ("", False),
        ("LeBronJames", False),
        ("lebron james", False),
        ("../secret", False),
        ("lebron/james", False),
        ("jokić", False),
        ("index", False),
        ("lebronjames\n", False),
    ],
)
def test_only_plain_ids_may_become_paths(value: str, valid: bool) -> None:
    assert is_player_lookup(value) is valid


def test_b1_d7_the_season_of_the_date_or_the_latest_before_it_never_a_later_one() -> None:
    last, now, later = (registry_row(season=season) for season in ("2023-24", "2024-25", "2025-26"))
    assert entry(last, now, later) == now
    assert entry(last, later) == last
    assert entry(later) is None
    assert entry() is None
    assert entry(last, now, later, day=date(2024, 9, 30)) == last
    assert entry(last, now, later, day=date(2025, 10, 1)) == later


def test_b1_d7_a_traded_player_is_with_the_team_of_his_latest_activity() -> None:
    old = registry_row(
        team_abbr="LAL", last_gamebook_activity_date="2025-01-02", last_roster_activity_date="2025-01-03"
    )
    new = registry_row(team_abbr="DAL", last_gamebook_activity_date=None, last_roster_activity_date="2025-01-10")
    never = registry_row(team_abbr="ATL", last_gamebook_activity_date=None, last_roster_activity_date=None)
    assert entry(old, new, never) == new
    assert entry(old, never) == old
    assert entry(never) == never


def test_equal_activity_goes_to_the_most_games_then_the_lowest_name_then_team() -> None:
    few = registry_row(player_name="A", games_played=3)
    many = registry_row(player_name="B", games_played=30)
    unknown = registry_row(player_name="A", games_played=None)
    assert entry(few, many, unknown) == many
    assert entry(registry_row(player_name="B"), registry_row(player_name="A")).player_name == "A"
    assert entry(registry_row(team_abbr="LAL"), registry_row(team_abbr="ATL")).team_abbr == "ATL"


def test_rows_that_differ_in_nothing_else_are_chosen_by_the_whole_row() -> None:
    rows = [registry_row(position=position) for position in ("G", "F", None)]
    assert entry(*rows) is not None


@pytest.mark.parametrize(
    ("first", "last", "lookup"),
    [
        ("LeBron", "James", "lebronjames"),
        ("Nikola", "Jokić", "nikolajokic"),
        ("Dennis", "Schröder", "dennisschroder"),
        ("Luka", "Dončić", "lukadoncic"),
        ("Jaren", "Jackson Jr.", "jarenjacksonjr"),
        ("De'Aaron", "Fox", "deaaronfox"),
        ("Karl-Anthony", "Towns", "karlanthonytowns"),
        ("Đorđe", "Łukasz-Ø", "dordelukaszo"),
        ("İlkan", "Karaman", "ilkankaraman"),
        ("Nene", "", None),
        ("Nene", None, None),
        (None, "James", None),
        ("...", "James", None),
    ],
)
def test_the_id_that_a_name_stands_for(first: str | None, last: str | None, lookup: str | None) -> None:
    assert lookup_of(first, last) == lookup
