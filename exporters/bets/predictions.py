"""``predictions``: every forecast of the champion for a date, grouped by game (contract: picks-and-results §1)."""

from __future__ import annotations

from collections import Counter
from typing import Any

from exporters.declaration import Cache, Export, Follows, Gate, Grain, Json, Pointer, Window, over
from exporters.league.arithmetic.numbers import number
from exporters.league.forecasts import forecasts, grades
from exporters.league.games import schedule
from exporters.league.games.schedule import teams_of
from exporters.league.nights import halts
from exporters.league.nights.halts import halt_on
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.players import box_scores
from exporters.warehouse import tables

PREDICTIONS = Export(
    name="predictions",
    grain=Grain.SLATE,
    reads=(
        *forecasts.READS,
        *CONTEXT_READS,
        *schedule.READS,
        *box_scores.NIGHT_READS,
        *over(Window.NIGHT, *grades.READS),
        *halts.READS,
    ),
    path="predictions/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("predictions/today.json", Follows.TODAY),),
    gates=frozenset({Gate.PREDICTIONS}),
    counts=("total_games", "total_predictions"),
    appears_in=(tables.PREDICTIONS,),
)

UNKNOWN_TEAM = "UNK"
BUCKETS = {"OVER": "over", "UNDER": "under", "PASS": "pass"}
"""Where a recommendation is counted."""
OTHERS = "no_line"
"""Where every other one is: no bet can be graded for it, as in ``results`` (contract P7, R3)."""


@PREDICTIONS.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player's forecast; None without one."""
    forecast, matchup = night.forecast, night.matchup
    if forecast is None or matchup is None:
        return None
    return {
        "game_id": matchup.game_id,
        "opponent": matchup.opponent,
        "entry": {
            "player_lookup": night.player,
            "team": matchup.team,
            "is_home": matchup.is_home,
            "prediction": {
                "points": number(forecast.points),
                "confidence": number(forecast.confidence),
                "recommendation": forecast.recommendation,
                "line": number(forecast.line),
                "edge": number(forecast.edge),
            },
            "context": {
                "pace_adjustment": number(forecast.pace_adjustment),
                "similar_games": forecast.similar_games,
            },
        },
    }


@PREDICTIONS.builder
def build(slate: Slate) -> Json:
    """List the forecasts of a date by game, most confident first."""
    by_game: dict[str, list[Json]] = {}
    for made in slate.cards(PREDICTIONS):
        by_game.setdefault(made["game_id"], []).append(made)
    games = [_game(game_id, by_game[game_id]) for game_id in sorted(by_game)]
    return {
        "game_date": slate.date.isoformat(),
        "generated_at": slate.generated_at,
        **_listed(games),
        **halt_on(slate).envelope,
    }


def _listed(games: list[Json]) -> Json:
    """Return the games and their totals."""
    return {
        "total_games": len(games),
        "total_predictions": sum(game["prediction_count"] for game in games),
        "games": games,
    }


@PREDICTIONS.paused
def pause(built: Json, published: Json | None) -> Json:
    """Keep the forecasts that readers were shown, and add none."""
    return {**built, **_listed([] if published is None else published["games"])}


def _game(game_id: str, cards: list[Json]) -> Json:
    entries = sorted((made["entry"] for made in cards), key=_by_confidence)
    counted = Counter(BUCKETS.get(entry["prediction"]["recommendation"], OTHERS) for entry in entries)
    away, home = teams_of(game_id) or _teams_from(cards)
    return {
        "game_id": game_id,
        "home_team": home,
        "away_team": away,
        "prediction_count": len(entries),
        "recommendation_breakdown": {bucket: counted[bucket] for bucket in (*BUCKETS.values(), OTHERS)},
        "predictions": entries,
    }


def _by_confidence(entry: Json) -> tuple[float, str]:
    return (-(entry["prediction"]["confidence"] or 0.0), entry["player_lookup"])


def _teams_from(cards: list[Json]) -> tuple[str, str]:
    """Return (away, home) of a game that no schedule row names, from a player whose side is known."""
    for made in sorted(cards, key=_player):
        entry = made["entry"]
        if entry["is_home"] is not None:
            sides = (entry["team"] or UNKNOWN_TEAM, made["opponent"] or UNKNOWN_TEAM)
            return (sides[1], sides[0]) if entry["is_home"] else sides
    return UNKNOWN_TEAM, UNKNOWN_TEAM


def _player(made: Json) -> Any:
    return made["entry"]["player_lookup"]
