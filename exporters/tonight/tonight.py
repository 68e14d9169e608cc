"""``tonight``: every player of the day's games, grouped by game (contract: tonight-and-streaks B1)."""

from __future__ import annotations

from typing import Any

from exporters.config import RULES, LeagueCalendar
from exporters.declaration import Cache, Export, Follows, Gate, Grain, Json, Pointer
from exporters.league.arithmetic.dates import clock_text
from exporters.league.arithmetic.numbers import number, signed_text
from exporters.league.forecasts import forecasts, odds
from exporters.league.forecasts.forecasts import Forecast
from exporters.league.games import schedule
from exporters.league.games.schedule import Game
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.players import availability, box_scores, identity
from exporters.league.players.sparkline import Record
from exporters.warehouse.tables import CONTEXT

TONIGHT = Export(
    name="tonight",
    grain=Grain.SLATE,
    reads=(
        *schedule.READS,
        *CONTEXT_READS,
        *forecasts.READS,
        *identity.READS,
        *availability.FATIGUE_READS,
        *availability.INJURY_READS,
        *box_scores.READS,
        *odds.READS,
    ),
    path="tonight/{date}.json",
    cache=Cache.SHORT,
    settled_cache=Cache.DAY,
    pointers=(Pointer("tonight/all-players.json", Follows.TODAY),),
    gates=frozenset({Gate.CONTEXT, Gate.CHAMPION}),
    counts=("total_players", "total_with_lines"),
    appears_in=(CONTEXT,),
)


@TONIGHT.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player to a card on the home page; None for a player without a game tonight."""
    context, matchup = night.context, night.matchup
    if context is None or matchup is None:
        return None
    forecast = night.forecast
    has_line = forecast is not None and forecast.line is not None
    sparkline = night.sparkline
    player: Json = {
        "player_lookup": night.player,
        "name": night.name,
        "team": context.team_abbr,
        "is_home": matchup.is_home,
        "has_line": has_line,
        "fatigue_level": night.fatigue.level,
        "fatigue_score": number(night.fatigue.score),
        "days_rest": context.days_rest,
        "injury_status": night.injury.status,
        "injury_reason": night.injury.reason,
        "season_ppg": number(night.season.ppg),
        "season_mpg": number(night.season.mpg),
        "minutes_avg": number(night.season.mpg),
        "last_5_ppg": number(night.last_5.ppg),
        "games_played": night.games_played,
        "limited_data": night.limited_data,
        "recent_form": night.form,
        **sparkline.fields(),
    }
    if forecast is not None and forecast.line is not None:
        player["props"] = [
            {
                "stat_type": "points",
                "line": number(forecast.line),
                "over_odds": night.odds.over,
                "under_odds": night.odds.under,
            }
        ]
        player["prediction"] = {
            "predicted": number(forecast.points),
            "confidence": number(forecast.confidence),
            "recommendation": forecast.recommendation,
            "factors": factors(night, forecast, sparkline.record),
        }
    player["last_10_results_basis"] = sparkline.basis
    return {"game_id": matchup.game_id, "player": player}


def factors(night: PlayerNight, forecast: Forecast, record: Record) -> list[str]:
    """Return what speaks for the recommendation: at most one line per rule, in the contract's order."""
    if forecast.recommendation not in ("OVER", "UNDER"):
        return []
    is_over = forecast.recommendation == "OVER"
    lines = (
        _edge_factor(forecast, is_over),
        _record_factor(record, is_over),
        _rest_factor(night, is_over),
        _form_factor(night, is_over),
    )
    return [line for line in lines if line is not None]


def _edge_factor(forecast: Forecast, is_over: bool) -> str | None:
    edge = forecast.edge
    if edge is None or (edge > 0) != is_over:
        return None
    if abs(edge) >= RULES.tonight.strong_edge:
        return f"Strong model conviction ({abs(edge)} point edge)"
    return f"Solid model edge ({abs(edge)} points)" if abs(edge) >= RULES.tonight.solid_edge else None


def _record_factor(record: Record, is_over: bool) -> str | None:
    rules = RULES.tonight
    ours, theirs = (record.overs, record.unders) if is_over else (record.unders, record.overs)
    if record.decided < rules.min_decided or ours <= theirs:
        return None
    if ours >= rules.hot_count:
        return f"{'Hot over' if is_over else 'Cold under'} streak: {record} last 10"
    return f"Trending {'over' if is_over else 'under'}: {record} last 10" if ours >= rules.trend_count else None


def _rest_factor(night: PlayerNight, is_over: bool) -> str | None:
    context = night.context
    days_rest = None if context is None else context.days_rest
    if is_over:
        rested = night.fatigue.level == "fresh" or (days_rest is not None and days_rest >= RULES.rest.well_rested)
        return "Well-rested, favors performance" if rested else None
    if (context is not None and context.back_to_back) or days_rest == RULES.rest.back_to_back:
        return "Back-to-back fatigue risk"
    return "Elevated fatigue risk" if night.fatigue.level == "tired" else None


def _form_factor(night: PlayerNight, is_over: bool) -> str | None:
    if night.form is None or night.last_5.ppg is None or night.season.ppg is None:
        return None
    difference = signed_text(night.last_5.ppg - night.season.ppg)
    if is_over and night.form == "Hot":
        return f"Scoring surge: {difference} vs season avg"
    if not is_over and night.form == "Cold":
        return f"Recent slump: {difference} vs season avg"
    return None


@TONIGHT.members
def members(document: Json) -> dict[str, list[str]]:
    """Name the players with a line; all players are behind the other count."""
    players = (player for game in document["games"] for player in game["players"])
    return {"total_with_lines": [player["player_lookup"] for player in players if player["has_line"]]}


@TONIGHT.builder
def build(slate: Slate) -> Json:
    """List the day's games with their players.

    Raises:
        ValueError: Too many players are in no scheduled game; the two tables disagree about the date.
    """
    by_game: dict[str, list[Json]] = {game.game_id: [] for game in slate.schedule.on(slate.date)}
    unmatched: list[str] = []
    for made in slate.cards(TONIGHT):
        if made["game_id"] in by_game:
            by_game[made["game_id"]].append(made["player"])
        else:
            unmatched.append(f"{made['player']['player_lookup']} ({made['game_id']})")
    if by_game and len(unmatched) > RULES.tonight.max_unmatched * len(slate.cards(TONIGHT)):
        raise ValueError(
            f"{len(unmatched)} of {len(slate.cards(TONIGHT))} players are in no scheduled game of {slate.date}: "
            f"{', '.join(unmatched[: RULES.tonight.named])}; compare the game ids of the context and schedule tables"
        )
    games = [_game(game, by_game[game.game_id], slate.config.calendar) for game in slate.schedule.on(slate.date)]
    players = [player for game in games for player in game["players"]]
    return {
        "game_date": slate.date.isoformat(),
        "generated_at": slate.generated_at,
        "total_players": len(players),
        "total_with_lines": sum(player["has_line"] for player in players),
        "games": games,
    }


def _game(game: Game, players: list[Json], calendar: LeagueCalendar) -> Json:
    return {
        "game_id": game.game_id,
        "home_team": game.home,
        "away_team": game.away,
        "game_time": clock_text(game.tip_off, calendar),
        "game_status": game.status,
        "home_score": game.home_score,
        "away_score": game.away_score,
        "player_count": len(players),
        "players": sorted(players, key=_player_order),
    }


def _player_order(player: Json) -> tuple[Any, ...]:
    prediction = player.get("prediction") or {"confidence": 0.0}
    return (
        not player["has_line"],
        player["injury_status"] == "out",
        -(prediction["confidence"] or 0.0),
        -(player["season_ppg"] or 0.0),
        player["player_lookup"],
    )
