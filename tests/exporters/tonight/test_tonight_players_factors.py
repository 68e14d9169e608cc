"""``tonight-players``: tonight's factors (contract: tonight-and-streaks B2.3)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from exporters.declaration import Json
from tests.exporters.tonight.test_tonight_players import built
from tests.support.rows import (
    LAST_GAME,
    TONIGHT,
    Row,
    context_row,
    defense_rows,
    factors_row,
    game_row,
)


def factor(name: str, *rows: Row) -> Json | None:
    """Return tonight's factor of a name, if there is one."""
    found = [factor for factor in built(*rows)["tonights_factors"] if factor["factor"] == name]
    assert len(found) <= 1
    return found[0] if found else None


def games_of(day: str, *points: int, overs: int = 0, **values: Any) -> list[Row]:
    """Return a game per points, a week apart back from ``day``; the newest ``overs`` of them went over their line."""
    return [
        game_row(
            **{
                "game_date": date.fromisoformat(day) - timedelta(days=7 * i),
                "points": scored,
                "points_line": scored - 1 if i < overs else scored + 1,
                **values,
            }
        )
        for i, scored in enumerate(points)
    ]


def test_the_order_of_all_factors() -> None:
    rows = [
        context_row(days_rest=3, back_to_back=True),
        factors_row(fatigue_score=60),
        *defense_rows({"BOS": 100}),
        *games_of("2025-01-13", 10, 20, 30, opponent_team_abbr="BOS"),
        *games_of("2025-01-12", 10, 20, 30, opponent_team_abbr="BOS"),
    ]
    assert [found["factor"] for found in built(*rows)["tonights_factors"]] == [
        "back_to_back",
        "location",
        "vs_opponent",
        "well_rested",
        "fatigue",
        "opponent_defense",
    ]


def pairs(*nights: tuple[int, int], overs: int | None = None) -> list[Row]:
    """Return back-to-back pairs, four days apart: points of the first night and of the second.

    First nights have no line; second nights have one when ``overs`` says how many of them went over it.
    """
    rows = []
    for i, (first, second) in enumerate(nights):
        end = LAST_GAME - timedelta(days=4 * i)
        line = None if overs is None else 1 if i < overs else 50
        rows.append(game_row(game_date=end - timedelta(days=1), points=first, points_line=None))
        rows.append(game_row(game_date=end, points=second, points_line=line))
    return rows


def test_back_to_back_worked_example() -> None:
    context = context_row(back_to_back=True, days_rest=1)
    found = factor("back_to_back", context, *pairs(*[(25, 22), (25, 23)] * 10, overs=9))
    assert found == {
        "factor": "back_to_back",
        "direction": "negative",
        "impact": -2.5,
        "vs_line_pct": 0.45,
        "description": "B2B: averages 22.5 vs 25.0 normally (-2.5), 45% OVER",
    }
    assert list(found) == ["factor", "direction", "impact", "vs_line_pct", "description"]


@pytest.mark.parametrize(
    ("second", "direction", "impact", "text"),
    [(25, "neutral", 0.0, "(+0.0)"), (28, "positive", 3.0, "(+3.0)"), (20, "negative", -5.0, "(-5.0)")],
)
def test_b2_d8_the_direction_of_a_back_to_back(second: int, direction: str, impact: float, text: str) -> None:
    found = factor("back_to_back", context_row(back_to_back=True, days_rest=1), *pairs((25, second)))
    assert found is not None
    assert (found["direction"], found["impact"], found["vs_line_pct"]) == (direction, impact, None)
    assert found["description"] == f"B2B: averages {second}.0 vs 25.0 normally {text}"


def test_no_back_to_back_factor_without_both_averages_or_without_the_context() -> None:
    context = context_row(back_to_back=True, days_rest=1)
    assert factor("back_to_back", context, *games_of("2025-01-13", 20, 20)) is None
    assert factor("back_to_back", context_row(back_to_back=False), *pairs((25, 20))) is None
    assert factor("back_to_back", context_row(back_to_back=None), *pairs((25, 20))) is None


def test_b2_d13_an_average_of_zero_is_an_average() -> None:
    found = factor("back_to_back", context_row(back_to_back=True), *pairs((10, 0)))
    assert found is not None
    assert found["description"] == "B2B: averages 0.0 vs 10.0 normally (-10.0)"
    assert factor("vs_opponent", context_row(), *games_of("2025-01-13", 0, opponent_team_abbr="BOS")) is not None


@pytest.mark.parametrize(("home", "place"), [(True, "home"), (False, "away")])
def test_b2_d16_location_wording(home: bool, place: str) -> None:
    rows = games_of("2025-01-13", 20, 20, 20, overs=2, at_home=home)
    other = games_of("2025-01-12", 50, 50, at_home=not home)
    assert factor("location", context_row(home_game=home), *rows, *other) == {
        "factor": "location",
        "direction": "neutral",
        "vs_line_pct": 0.667,
        "description": f"Averages 20.0 on the {place} (3 games), 67% OVER",
    }


def test_location_needs_three_games_and_a_known_venue() -> None:
    assert factor("location", context_row(), *games_of("2025-01-13", 20, 20)) is None
    rows = games_of("2025-01-13", 20, 20, 20)
    assert factor("location", context_row(home_game=None, game_id="0022400551"), *rows) is None
    assert (
        factor("location", context_row(), *(row._replace(game_id=f"002240000{i}") for i, row in enumerate(rows)))
        is None
    )


@pytest.mark.parametrize(
    ("overs", "games", "percent", "rate"),
    [(6, 11, "55%", 0.545), (23, 40, "58%", 0.575), (5, 8, "63%", 0.625), (1, 8, "13%", 0.125), (0, 3, "0%", 0.0)],
)
def test_b2_d21_percentages_are_rounded_once_away_from_zero(overs: int, games: int, percent: str, rate: float) -> None:
    rows = [
        game_row(game_date=TONIGHT - timedelta(days=2 * i + 2), points=20, points_line=10 if i < overs else 30)
        for i in range(games)
    ]
    found = factor("location", context_row(), *rows)
    assert found is not None
    assert found["vs_line_pct"] == rate
    assert found["description"].endswith(f"({games} games), {percent} OVER")


def test_b2_d20_pushes_are_in_neither_side_of_the_rate() -> None:
    rows = [*games_of("2025-01-13", 20, 20, overs=1), game_row(game_date="2025-01-02", points=20, points_line=20)]
    found = factor("location", context_row(), *rows)
    assert found is not None
    assert found["vs_line_pct"] == 0.5
    assert found["description"] == "Averages 20.0 on the home (3 games), 50% OVER"


def test_vs_opponent_worked_example() -> None:
    rows = [game_row(points=25, points_line=None, opponent_team_abbr="LAL", team_abbr="BOS")]
    context = context_row(team_abbr="BOS", opponent_team_abbr="LAL", home_game=False)
    assert factor("vs_opponent", context, *rows) == {
        "factor": "vs_opponent",
        "direction": "neutral",
        "vs_line_pct": None,
        "description": "Averages 25.0 vs LAL (1 games)",
    }
    assert factor("vs_opponent", context_row(), *rows) is None


def test_splits_are_of_this_season_before_tonight() -> None:
    rows = [
        *games_of("2024-04-10", 50, 50, 50, opponent_team_abbr="BOS"),
        game_row(game_date=TONIGHT, points=50, opponent_team_abbr="BOS"),
    ]
    assert built(context_row(), *rows)["tonights_factors"] == []


def test_b2_d7_rested_is_three_days_in_the_split_as_in_the_trigger() -> None:
    rows = [
        game_row(game_date="2025-01-01", points=50, points_line=None),
        game_row(game_date="2025-01-03", points=50, points_line=None),  # two days
        game_row(game_date="2025-01-06", points=20, points_line=10),  # three days
        game_row(game_date="2025-01-10", points=30, points_line=10),  # four days
    ]
    assert factor("well_rested", context_row(days_rest=4), *rows) == {
        "factor": "well_rested",
        "direction": "positive",
        "vs_line_pct": 1.0,
        "description": "4 days rest: averages 25.0 when rested, 100% OVER",
    }
    assert factor("well_rested", context_row(days_rest=2), *rows) is None
    assert factor("well_rested", context_row(days_rest=None), *rows) is None
    assert factor("well_rested", context_row(days_rest=4), *rows[:2]) is None


@pytest.mark.parametrize(
    ("score", "expected"),
    [
        (60, {"factor": "fatigue", "direction": "negative", "description": "Elevated fatigue (score: 60.0)"}),
        (97, {"factor": "fresh", "direction": "positive", "description": "Well-rested (fatigue score: 97.0)"}),
        (80, None),
        (None, None),
    ],
)
def test_fatigue_factors(score: int | None, expected: Json | None) -> None:
    found = built(context_row(), factors_row(fatigue_score=score))["tonights_factors"]
    assert found == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("better", "tier", "direction", "description"),
    [
        (0, "elite", "negative", "vs BOS (elite defense, #1, allows 112.4 PPG)"),
        (4, "elite", "negative", "vs BOS (elite defense, #5, allows 112.4 PPG)"),
        (5, "good", "negative", "vs BOS (good defense, #6, allows 112.4 PPG)"),
        (9, "good", "negative", "vs BOS (good defense, #10, allows 112.4 PPG)"),
        (14, "average", "neutral", "vs BOS (#15 defense, allows 112.4 PPG)"),
        (19, "average", "neutral", "vs BOS (#20 defense, allows 112.4 PPG)"),
        (20, "weak", "positive", "vs BOS (weak defense, #21, allows 112.4 PPG)"),
    ],
)
def test_opponent_defense(better: int, tier: str, direction: str, description: str) -> None:
    teams = {"BOS": 112.4, **{f"B{n:02d}": 100 + n / 10 for n in range(better)}}
    assert factor("opponent_defense", context_row(), *defense_rows(teams)) == {
        "factor": "opponent_defense",
        "direction": direction,
        "defense_rank": better + 1,
        "defense_tier": tier,
        "ppg_allowed": 112.4,
        "description": description,
    }


def test_b2_d10_no_defense_factor_without_a_trustworthy_rank() -> None:
    assert factor("opponent_defense", context_row(), *defense_rows({"BOS": None}, teams=30)) is None
    assert factor("opponent_defense", context_row(), *defense_rows({"BOS": 100}, teams=24)) is None
    stale = defense_rows({"BOS": 100}, analysis_date="2024-12-01")
    assert factor("opponent_defense", context_row(), *stale) is None


def test_b2_d17_partial_inputs_raise_nothing() -> None:
    bare = [
        game_row(minutes_played=None, points_line=None, fg_makes=None, fg_attempts=None, is_dnp=None, is_active=None)
    ]
    assert built(context_row(home_game=None, days_rest=None, back_to_back=None), *bare)["games_played"] == 1
