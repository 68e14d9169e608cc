"""``streaks``: players on an unbroken run of overs, unders or correct forecasts (contract: tonight-and-streaks B3).

A run is that before the night, in this as in every tonight document: games of the date itself never count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer
from exporters.league.arithmetic.numbers import number
from exporters.league.forecasts import grades
from exporters.league.forecasts.rosters import PLAYED
from exporters.league.forecasts.runs import LineRun, is_current_run
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Season
from exporters.league.players import box_scores, identity
from exporters.warehouse.forecast_rows import AccuracyRow
from exporters.warehouse.league_rows import GameRow

STREAKS = Export(
    name="streaks",
    grain=Grain.SEASON,
    reads=(*box_scores.READS, *grades.READS, *identity.READS),
    path="streaks/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("streaks/today.json", Follows.TODAY, Cache.HOUR),),
    counts=("summary.total_over_streaks", "summary.total_under_streaks", "summary.total_prediction_streaks"),
    selects_from=frozenset({PLAYED}),
)


@STREAKS.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player's current runs; None for a player without one that is long enough."""
    line = _line_item(night, night.run)
    correct = _correct_item(night, night.history.correct_runs.before(night.date))
    return {"line": line, "correct": correct} if line or correct else None


def _line_item(night: PlayerNight, run: LineRun) -> Json | None:
    if len(run.games) < night.config.min_streak_length or not is_current_run(run.games[0].game_date, night.date):
        return None
    return {
        "kind": run.kind,
        "item": {
            "player_lookup": night.player,
            "player_full_name": night.name,
            "team": run.games[0].team_abbr,
            "streak_length": len(run.games),
            "avg_margin": number(run.margin),
            "games": [_game(row) for row in run.games[: RULES.runs.games_listed]],
        },
    }


def _game(row: GameRow) -> Json:
    return {
        "game_date": row.game_date.isoformat(),
        "points": row.points,
        "line": number(row.points_line),
        "opponent": row.opponent_team_abbr,
    }


def _correct_item(night: PlayerNight, run: Sequence[AccuracyRow]) -> Json | None:
    if len(run) < night.config.min_streak_length or not is_current_run(run[0].game_date, night.date):
        return None
    registered = "" if night.registry is None else night.registry.team_abbr
    return {
        "newest": run[0].game_date.isoformat(),
        "item": {
            "player_lookup": night.player,
            "player_full_name": night.name,
            "team": run[0].team_abbr or registered,
            "streak_length": len(run),
            "streak_type": "prediction_hits",
        },
    }


@STREAKS.builder
def build(season: Season) -> Json:
    """List the current runs, longest first."""
    rules = RULES.runs
    cards = season.cards(STREAKS)
    line = [made["line"] for made in cards if made["line"] is not None]
    over, under = (
        sorted((run["item"] for run in line if run["kind"] == kind), key=_by_length_and_margin)
        for kind in ("OVER", "UNDER")
    )
    correct = sorted((made["correct"] for made in cards if made["correct"] is not None), key=_by_length_and_date)
    hits = [run["item"] for run in correct]
    return {
        "generated_at": season.generated_at,
        "as_of_date": season.date.isoformat(),
        "min_streak_length": season.config.min_streak_length,
        "streaks": {
            "over": over[: rules.most_line_runs],
            "under": under[: rules.most_line_runs],
            "prediction_hits": hits[: rules.most_correct_runs],
        },
        "summary": {
            "total_over_streaks": len(over),
            "total_under_streaks": len(under),
            "total_prediction_streaks": len(hits),
            "longest_over": _longest(over),
            "longest_under": _longest(under),
            "longest_prediction": _longest(hits),
        },
    }


def _by_length_and_margin(item: Json) -> tuple[Any, ...]:
    margin = item["avg_margin"]
    return (-item["streak_length"], margin is None, -abs(margin or 0.0), item["player_lookup"])


def _by_length_and_date(run: Json) -> tuple[Any, ...]:
    item = run["item"]
    newest_first = tuple(-ord(character) for character in run["newest"])
    return (-item["streak_length"], newest_first, item["player_lookup"])


def _longest(items: list[Json]) -> int:
    return max((item["streak_length"] for item in items), default=0)
