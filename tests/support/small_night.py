"""A warehouse around one night of one game: LAL hosts BOS on 2025-01-15, with ten players on each side.

It holds what a real night of one game holds: 20 rows of context and 40 forecasts, those of the champion and those of
another model; each player's games of the season, one of which he missed; their grades, frozen picks, best bets, odds
and analyses. Tests take away what a thin warehouse lacks, and write the rest in the owner's schema.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from exporters.config import ExportConfig
from tests.support.rows import (
    CHAMPION,
    TONIGHT,
    Row,
    accuracy_row,
    context_row,
    defense_rows,
    factors_row,
    feature_row,
    feed_player_row,
    game_row,
    gamebook_row,
    halt_row,
    injury_row,
    manual_pick_row,
    prediction_row,
    props_row,
    published_pick_row,
    registry_row,
    schedule_row,
    shot_zone_row,
    signal_pick_row,
    signal_row,
    subset_definition_row,
    subset_pick_row,
    system_day_row,
    team_game_row,
)

OPPONENT = {"LAL": "BOS", "BOS": "LAL"}
PLAYERS = {f"player{letter}": "LAL" if number < 10 else "BOS" for number, letter in enumerate("abcdefghijklmnopqrst")}
"""Player to team."""
OTHER_MODEL = next(iter(ExportConfig().codenames))
SUBSET = "all_picks"
LINE = 19.5
NIGHTS = tuple(TONIGHT - timedelta(days=n) for n in (17, 14, 11, 8, 5, 2))
"""Dates on which both teams met before, oldest first."""
MISSED = NIGHTS[2]
"""The date on which every third player did not play."""


def name_of(player: str) -> str:
    """Return a player's name, whose lower-case letters are his id."""
    return f"Player {player.removeprefix('player').upper()}"


def small_night() -> list[Row]:
    """Return the rows of every table."""
    return [*_league(), *(row for number, player in enumerate(PLAYERS) for row in _player(player, number))]


def _league() -> Iterator[Row]:
    yield schedule_row()
    for night in NIGHTS:
        yield schedule_row(game_date=night, game_status=3, home_team_score=110, away_team_score=104)
        yield system_day_row(game_date=night)
        yield signal_row(game_date=night)
        for team in OPPONENT:
            yield team_game_row(game_date=night, team_abbr=team, win_flag=team == "LAL")
    yield signal_row()
    yield halt_row()
    yield subset_definition_row(subset_id=SUBSET)
    yield from defense_rows({"LAL": 108, "BOS": 111})


def _player(player: str, number: int) -> Iterator[Row]:
    team, at_home = PLAYERS[player], PLAYERS[player] == "LAL"
    teams = {"team_abbr": team, "opponent_team_abbr": OPPONENT[team]}
    for night in (*NIGHTS, TONIGHT):
        yield context_row(player_lookup=player, game_date=night, home_game=at_home, **teams)
    for system in (CHAMPION, OTHER_MODEL):
        yield prediction_row(
            player_lookup=player,
            system_id=system,
            prediction_id=f"{system}-{player}-{TONIGHT}",
            predicted_points=28.5 if number % 2 else 18,
            recommendation="OVER" if number % 2 else "UNDER",
        )
    yield registry_row(player_lookup=player, player_name=name_of(player), team_abbr=team)
    yield factors_row(player_lookup=player)
    yield feature_row(player_lookup=player, is_home=at_home)
    yield shot_zone_row(player_lookup=player, analysis_date=TONIGHT - timedelta(days=1))
    yield props_row(player_lookup=player, bet_side="over")
    yield props_row(player_lookup=player, bet_side="under")
    if number == 0:
        yield injury_row(player_lookup=player)
    for night in NIGHTS:
        yield from _past(player, number, night, {**teams, "at_home": at_home})


def _past(player: str, number: int, night: date, teams: dict[str, object]) -> Iterator[Row]:
    missed = night == MISSED and number % 3 == 0
    points, forecast = 15 + number, f"{CHAMPION}-{player}-{night}"
    yield signal_pick_row(player_lookup=player, game_date=night, line_value=LINE, rank=1 + number, **teams)
    yield published_pick_row(player_lookup=player, game_date=night, line_value=LINE, rank=1 + number, **teams)
    if night == NIGHTS[-1]:
        yield manual_pick_row(player_lookup=player, game_date=night, line_value=LINE, **teams)
    yield prediction_row(player_lookup=player, game_date=night, prediction_id=forecast)
    yield subset_pick_row(
        player_lookup=player,
        game_date=night,
        subset_id=SUBSET,
        prediction_id=forecast,
        version_id=f"v_{night:%Y%m%d}_120000",
        prediction_created_at=None,
    )
    yield feed_player_row(player_lookup=player, game_date=night, bdl_player_id=100 + number)
    if missed:
        yield game_row(
            player_lookup=player,
            game_date=night,
            is_dnp=True,
            dnp_reason="Rest",
            points=None,
            minutes_played=None,
            **teams,
        )
        return
    yield game_row(player_lookup=player, game_date=night, points=points, minutes_played=30, **teams)
    yield gamebook_row(player_lookup=player, game_date=night)
    yield accuracy_row(
        player_lookup=player,
        game_date=night,
        actual_points=points,
        prediction_correct=points > LINE,
        absolute_error=abs(points - 22),
        signed_error=22 - points,
        **teams,
    )
