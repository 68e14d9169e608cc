from __future__ import annotations

from datetime import date

import pytest

from demo.generate import parse
from demo.options import DemoOptions, OptionsError


def test_the_default_is_two_seasons_of_481_players_that_end_on_the_last_game_date() -> None:
    options = DemoOptions()
    assert (options.players, list(options.start_years), options.today) == (481, [2024, 2025], date(2026, 4, 12))


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"seasons": 0}, "seasons must be 1 to 5, not 0"),
        ({"players": 10}, "players must be at least 40, not 10"),
        ({"scale": 0}, "scale must be at least 1, not 0"),
        ({"seed": -1}, "seed must not be negative, not -1"),
        ({"last_date": date(2027, 1, 1)}, "last_date must lie in 2024-10-22 to 2026-04-12, not 2027-01-01"),
        ({"seasons": 1, "first_date": date(2025, 1, 1)}, "first_date must lie in 2025-10-21 to 2026-04-12"),
        ({"first_date": date(2026, 2, 2), "last_date": date(2026, 2, 1)}, "first_date 2026-02-02 is after last_date"),
    ],
)
def test_impossible_options_name_the_problem(given: dict[str, object], problem: str) -> None:
    with pytest.raises(OptionsError, match=problem):
        DemoOptions(**given)


def test_all_problems_are_reported_at_once() -> None:
    with pytest.raises(OptionsError, match=r"players .*; scale .*; seed "):
        DemoOptions(players=1, scale=0, seed=-5)


def test_the_output_is_not_part_of_the_content() -> None:
    assert "output" not in DemoOptions().content()


def test_the_command_line_becomes_options() -> None:
    argv = ["--seasons=1", "--players=60", "--first_date=2026-01-05", "--last_date=2026-02-15", "--force", "--expire"]
    expected = DemoOptions(seasons=1, players=60, first_date=date(2026, 1, 5), last_date=date(2026, 2, 15), expire=True)
    assert parse(argv) == (expected, True)
    assert parse([]) == (DemoOptions(), False)
