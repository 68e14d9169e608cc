from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.league.nights.night import Matchup, form_of
from tests.support.nights import history, night
from tests.support.rows import (
    TONIGHT,
    Row,
    accuracy_row,
    context_row,
    game_log,
    game_row,
    player_rows,
    prediction_row,
    props_row,
    registry_row,
    schedule_row,
)

OFFICIAL = "0022400551"


def test_a_player_without_any_row() -> None:
    unknown = night(player="nobody")
    assert unknown.name == unknown.player == "nobody"
    assert unknown.context is unknown.matchup is unknown.forecast is unknown.registry is unknown.form is None
    assert unknown.season == unknown.last_5 == unknown.recent(10)
    assert unknown.season.ppg is unknown.season.mpg is None
    assert (unknown.games_played, unknown.limited_data) == (0, True)
    assert (unknown.odds.over, unknown.injury.status, unknown.fatigue.level) == (None, "available", "normal")
    assert unknown.run.kind is None


def test_the_name_is_that_of_the_registry_as_of_the_date() -> None:
    rows = [registry_row(season="2023-24", player_name="Old"), registry_row(player_name="New")]
    assert night(*rows).name == "New"
    assert night(*rows, day="2024-03-01").name == "Old"


def test_a_player_without_a_name_is_shown_by_id() -> None:
    assert night(registry_row(player_name="")).name == "lebronjames"
    assert night(game_row()).name == "lebronjames"
    assert night(game_row(player_full_name="")).name == "lebronjames"


def test_the_name_is_that_of_the_season_s_newest_box_score_where_the_registry_has_none() -> None:
    rows = [
        game_row(player_full_name="New"),
        game_row(game_date="2025-01-05", player_full_name="Old"),
        game_row(game_date="2025-01-14", player_full_name=None),
        game_row(game_date="2025-01-16", player_full_name="Later"),
        game_row(game_date="2024-04-10", player_full_name="Last season"),
    ]
    assert night(*rows).name == "New"
    assert night(*rows, day="2025-01-05").name == "Old"
    assert night(*rows, day="2025-01-04").name == "lebronjames"
    assert night(*rows, registry_row(player_name="")).name == "New"
    assert night(*rows, registry_row(player_name="Registered")).name == "Registered"


def test_b1_d4_one_context_row_highest_version_then_newest() -> None:
    first = context_row(context_version=1, processed_at="2025-01-15T20:00:00Z", days_rest=1)
    second = context_row(context_version=2, processed_at="2025-01-15T08:00:00Z", days_rest=2)
    third = context_row(context_version=2, processed_at="2025-01-15T09:00:00Z", days_rest=3)
    unknown = context_row(context_version=None, processed_at=None, days_rest=4)
    assert {night(*order).context for order in permutations([first, second, third, unknown])} == {third}


def test_the_game_of_tonights_context_in_its_canonical_form() -> None:
    rows = [schedule_row(game_id=OFFICIAL), context_row(game_id=OFFICIAL)]
    assert night(*rows).matchup == Matchup("20250115_BOS_LAL", "LAL", "BOS", True)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"home_game": None}, True),  # b1-d24
        ({"home_game": None, "team_abbr": "BOS", "opponent_team_abbr": "LAL"}, False),
        ({"home_game": None, "team_abbr": "DEN", "game_id": OFFICIAL}, None),
        ({"home_game": False}, False),  # the context knows best
    ],
)
def test_b1_d24_an_unknown_side_is_read_from_the_game(context: dict[str, Any], expected: bool | None) -> None:
    matchup = night(schedule_row(game_id=OFFICIAL), context_row(**context)).matchup
    assert matchup is not None
    assert matchup.is_home is expected


def test_a_game_is_found_by_team_when_its_id_is_unknown() -> None:
    matchup = night(schedule_row(), context_row(game_id="unreadable")).matchup
    assert matchup == Matchup("20250115_BOS_LAL", "LAL", "BOS", True)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"home_game": True}, Matchup("20250115_BOS_LAL", "LAL", "BOS", True)),
        ({"home_game": False}, Matchup("20250115_LAL_BOS", "LAL", "BOS", False)),
        ({"home_game": None}, Matchup(OFFICIAL, "LAL", "BOS", None)),
    ],
)
def test_p4_a_game_that_is_not_scheduled_is_named_by_its_context(context: dict[str, Any], expected: Matchup) -> None:
    assert night(context_row(game_id=OFFICIAL, **context)).matchup == expected


def test_an_unscheduled_canonical_id_stays() -> None:
    rows = [context_row(game_id="20250114_BOS_LAL", home_game=None)]
    assert night(*rows).matchup == Matchup("20250114_BOS_LAL", "LAL", "BOS", True)


def test_p3_without_context_the_team_is_that_of_box_score_grade_or_forecast() -> None:
    played = game_row(game_date=TONIGHT, team_abbr="LAL", opponent_team_abbr="BOS", at_home=False)
    graded = accuracy_row(game_date=TONIGHT, team_abbr="LAL", opponent_team_abbr=None, game_id="20250115_BOS_LAL")
    forecast = prediction_row(game_id=OFFICIAL)
    assert night(played, graded, forecast).matchup == Matchup("20250115_LAL_BOS", "LAL", "BOS", False)
    assert night(graded, forecast).matchup == Matchup("20250115_BOS_LAL", "LAL", "BOS", True)
    assert night(forecast).matchup == Matchup(OFFICIAL, None, None, None)
    assert night(forecast, schedule_row(game_id=OFFICIAL)).matchup == Matchup("20250115_BOS_LAL", None, None, None)


def test_the_champion_is_configuration() -> None:
    rows = [prediction_row(predicted_points=20), prediction_row(predicted_points=30, system_id="challenger")]
    assert night(*rows).forecast.points == Decimal(20)
    assert night(*rows, config=ExportConfig(champion_system_id="challenger")).forecast.points == Decimal(30)


def test_p9_a_players_forecast_is_of_the_version_that_publishes() -> None:
    majority = [prediction_row(player_lookup=player, model_version="v2") for player in ("ann", "bob")]
    own = [prediction_row(model_version="v1", prediction_version=5), prediction_row(model_version="v2")]
    assert night(*own, *majority, player="lebronjames").prediction.model_version == "v2"


def test_odds_are_those_of_the_forecasts_line() -> None:
    offers = [props_row(points_line=22.5), props_row(points_line=23.5, odds_american=150)]
    assert night(prediction_row(), *offers).odds.over == -110
    assert night(prediction_row(current_points_line=None), *offers).odds.over is None
    assert night(*offers).odds.over is None


@pytest.mark.parametrize(
    ("last_5", "season", "form"),
    [
        ("4.1", "1.1", "Hot"),  # b1-d12: exactly three points, although not in binary
        ("8.2", "5.2", "Hot"),
        ("1.1", "4.1", "Cold"),
        ("4.0", "1.1", "Neutral"),
        ("1.1", "4.0", "Neutral"),
        ("0.0", "3.0", "Cold"),  # b1-d13
        ("0.0", "2.0", "Neutral"),
        (None, "20.0", None),
        ("20.0", None, None),
    ],
)
def test_form_is_decided_in_tenths(last_5: str | None, season: str | None, form: str | None) -> None:
    averages = [None if value is None else Decimal(value) for value in (last_5, season)]
    assert form_of(*averages) == form


def test_hot_at_exactly_three_points_from_games() -> None:
    recent, before = [4, 4, 4, 4, 4], [0] * 15
    found = night(*game_log(recent + before))
    assert (str(found.last_5.ppg), str(found.season.ppg), found.form) == ("4.0", "1.0", "Hot")


@pytest.mark.parametrize(("games", "limited"), [(9, True), (10, False)])
def test_b1_d9_fewer_than_ten_played_games_are_limited_data(games: int, limited: bool) -> None:
    rows = game_log([None, None] + [20] * games)
    assert night(*rows).games_played == games
    assert night(*rows).limited_data is limited


def test_nothing_of_tonight_or_later_leaks_into_the_averages() -> None:
    rows = [*game_log([20, 22]), game_row(game_date=TONIGHT, points=60)]
    late = [*rows, game_row(game_date=TONIGHT + timedelta(days=2), points=60)]
    assert night(*late).season == night(*game_log([20, 22])).season
    assert night(*late).games_played == 2


@pytest.mark.parametrize(("status", "over", "through"), [(1, False, 14), (2, False, 14), (3, True, 15)])
def test_tonights_game_is_history_once_it_is_final(status: int, over: bool, through: int) -> None:
    found = night(schedule_row(game_status=status), *player_rows())
    assert found.game_over is over
    assert found.through.day == through


def test_a_game_missing_from_the_schedule_is_not_over() -> None:
    found = night(*player_rows())
    assert found.game_over is None
    assert found.through == TONIGHT - timedelta(days=1)


def test_nights_of_one_history_share_what_does_not_depend_on_the_date() -> None:
    rows: list[Row] = game_log([20, 22, 24])
    player = history(*rows)
    assert player.box_scores is player.box_scores
    assert player.line_runs is player.line_runs
    assert player.grades is player.grades
