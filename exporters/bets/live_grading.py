"""``live-grading``: tonight's forecasts against the points of running and finished games (contract: P&L D)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from exporters.config import ExportConfig, LiveRules
from exporters.declaration import Cache, Export, Follows, Gate, Grain, Json, Pointer, Read
from exporters.league.arithmetic.numbers import exact, number, round_away, rounded_mean, rounded_ratio
from exporters.league.forecasts import forecasts
from exporters.league.forecasts.lines import is_real_line
from exporters.league.forecasts.live_status import (
    CORRECT,
    INCORRECT,
    PUSHED,
    STATUSES,
    TRENDING_CORRECT,
    TRENDING_INCORRECT,
    VOIDED,
    WAITING,
    final_status,
    running_status,
    side_of,
)
from exporters.league.forecasts.picks import SIDES, actual_points, did_not_play
from exporters.league.games import schedule
from exporters.league.games.schedule import FINAL, IN_PROGRESS, SCHEDULED, STATUS_NAMES, teams_of
from exporters.league.nights import live_scores
from exporters.league.nights.live_scores import (
    NO_MINUTES,
    LiveScores,
    elapsed_share,
    feed_ids,
    has_minutes,
    minutes_text,
    sightings_of,
    state_of,
)
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.players import box_scores, identity
from exporters.warehouse.forecast_rows import PredictionRow
from exporters.warehouse.league_rows import GameRow, LiveBoxScoreRow
from exporters.warehouse.tables import LIVE_BOX_SCORES

LIVE_GRADING = Export(
    name="live-grading",
    grain=Grain.SLATE,
    reads=(
        *forecasts.READS,
        Read(forecasts.READS[0].table, ("player_lookup", "game_date", "line_source")),
        *identity.READS,
        *CONTEXT_READS,
        *schedule.READS,
        *box_scores.NIGHT_READS,
        *live_scores.READS,
    ),
    path="live-grading/{date}.json",
    cache=Cache.LIVE,
    settled_cache=Cache.HOUR,
    pointers=(Pointer("live-grading/latest.json", Follows.LATEST, Cache.LIVE),),
    gates=frozenset({Gate.CHAMPION}),
    counts=("summary.total_predictions",),
    degrades=True,
)

BOX_SCORE, LIVE_FEED = "box_score", "live_feed"
"""Where points come from: the warehouse's box score of a finished game, or the feed."""
TO_PLAY, PLAYING, PLAYED = (STATUS_NAMES[state] for state in (SCHEDULED, IN_PROGRESS, FINAL))


@LIVE_GRADING.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player's forecast, box score and feed ids; None without forecast and id.

    A player without forecast is condensed too, so that a feed id is never assigned to another player.
    """
    sightings = sightings_of(night)
    row = night.prediction
    if row is None and not sightings:
        return None
    return {
        "player_lookup": night.player,
        "feed_ids": sightings,
        "forecast": None if row is None else _forecast(night, row),
    }


def _forecast(night: PlayerNight, row: PredictionRow) -> Json:
    forecast, matchup, game = night.forecast, night.matchup, night.game
    assert forecast is not None
    teams = (game.away, game.home) if game else None if matchup is None else teams_of(matchup.game_id)
    return {
        "player_name": night.name,
        "away_team": None if teams is None else teams[0],
        "home_team": None if teams is None else teams[1],
        "predicted": number(forecast.points),
        "line": number(forecast.line),
        "recommendation": forecast.recommendation,
        "confidence": number(forecast.confidence),
        "has_line": is_real_line(row.current_points_line, row.line_source),
        "line_source": row.line_source,
        "box": _box(night.history.box_scores.on(night.date)),
    }


def _box(row: GameRow | None) -> Json | None:
    """Return the points and minutes of a finished game's box score; None when there is none, or only a part of one."""
    if row is None or row.is_partial_game_data:
        return None
    void = did_not_play(row)
    points = actual_points(row)
    if points is None and not void:
        return None
    return {"void": void, "points": points, "minutes": minutes_text(row.minutes_played), "team": row.team_abbr}


@LIVE_GRADING.builder
def build(slate: Slate) -> Json:
    """Show every forecast of a date and how it stands, those that are decided first."""
    cards = slate.cards(LIVE_GRADING)
    ids = feed_ids((feed_id, day, made["player_lookup"]) for made in cards for feed_id, day in made["feed_ids"])
    scores = LiveScores(slate.rows(LIVE_BOX_SCORES), slate.date, ids, slate.aliases)
    games = scores.games(slate.schedule.on(slate.date))
    rows = [
        _row(made["player_lookup"], made["forecast"], scores.player(made["player_lookup"]), games, slate.config)
        for made in cards
        if made["forecast"] is not None
    ]
    rows.sort(key=_order)
    return {
        "updated_at": slate.generated_at,
        "game_date": slate.date.isoformat(),
        "summary": _summary(rows, games),
        "predictions": rows,
    }


def _order(row: Json) -> tuple[int, float, str]:
    return (STATUSES.index(row["status"]), -(row["confidence"] or 0.0), row["player_lookup"])


def _row(
    player: str,
    forecast: Json,
    feed: LiveBoxScoreRow | None,
    games: Mapping[frozenset[str], str],
    config: ExportConfig,
) -> Json:
    away, home = forecast["away_team"], forecast["home_team"]
    if home is None and feed is not None:
        away, home = feed.visitor_team, feed.home_team
    state = games.get(frozenset((home, away)))
    score = _score(forecast["box"], feed, state, config.live)
    predicted, line = exact(forecast["predicted"]), exact(forecast["line"])
    assert predicted is not None
    status = _status(forecast["recommendation"], predicted, line if forecast["has_line"] else None, score, config)
    actual = None if status == VOIDED else score["points"]
    team = score["team"]
    return {
        "player_lookup": player,
        "player_name": forecast["player_name"],
        "team": team,
        "home_team": home,
        "away_team": away,
        "game_status": score["state"],
        "period": None if feed is None else feed.period,
        "time_remaining": None if feed is None else feed.clock,
        "predicted": forecast["predicted"],
        "line": forecast["line"],
        "recommendation": forecast["recommendation"],
        "confidence": forecast["confidence"],
        "has_line": forecast["has_line"],
        "line_source": forecast["line_source"],
        "actual": actual,
        "minutes": score["minutes"],
        "error": None if actual is None else number(round_away(predicted - actual, 1)),
        "margin_vs_line": None if actual is None or line is None else number(round_away(actual - line, 1)),
        "status": status,
        "opponent": home if team == away else away if team == home else None,
        "score_source": score["source"],
    }


def _score(box: Json | None, feed: LiveBoxScoreRow | None, state: str | None, rules: LiveRules) -> Json:
    """Return a player's points and where they come from (contract P&L L15).

    The box score of the warehouse, once the game is over or nobody knows about the game; else the feed, once the game
    has begun. ``state`` is what schedule and feed together say of the game, and ``None`` when neither knows it.
    """
    if box is not None and state in (PLAYED, None):
        return {**box, "state": PLAYED, "source": BOX_SCORE}
    if feed is None:
        return {"void": False, "points": None, "minutes": None, "team": None, "state": state or TO_PLAY, "source": None}
    shown = STATUS_NAMES[state_of(feed)]
    begun = shown != TO_PLAY
    points, minutes = feed.points or 0, feed.minutes or NO_MINUTES
    return {
        "void": shown == PLAYED and points == 0 and not has_minutes(minutes),
        "points": points if begun else None,
        "minutes": minutes if begun else None,
        "team": feed.team,
        "state": shown,
        "source": LIVE_FEED if begun else None,
        # Who has not played yet has no pace.
        "elapsed": elapsed_share(feed.period, feed.clock or feed.status, rules) if has_minutes(minutes) else None,
    }


def _status(recommendation: str, predicted: Decimal, line: Decimal | None, score: Json, config: ExportConfig) -> str:
    if score["source"] is None:
        return WAITING
    if score["void"]:
        return VOIDED
    side, points = side_of(recommendation, predicted, line), score["points"]
    if score["state"] == PLAYED:
        return final_status(side, points, line)
    return running_status(side, points, line, score["elapsed"], config.live)


def _is_settled(row: Json) -> bool:
    return row["game_status"] == PLAYED and row["score_source"] is not None


def _summary(rows: Sequence[Json], games: Mapping[frozenset[str], str]) -> Json:
    """Count forecasts and games."""
    states = Counter(games.values())
    counts = {"games_in_progress": states[PLAYING], "games_final": states[PLAYED]}
    return {**_totals(rows), **counts, **_exceptions(rows)}


def _totals(rows: Sequence[Json]) -> Json:
    """Count forecasts; won, lost and trending are only those that recommend a side (contract P&L L4)."""
    settled = [row for row in rows if _is_settled(row)]
    picked = _picked(rows)
    errors = [abs(error) for row in settled if (error := exact(row["error"])) is not None]
    decided = picked[CORRECT] + picked[INCORRECT]
    return {
        "total_predictions": len(rows),
        "graded": len(settled),
        "pending": len(rows) - len(settled),
        "correct": picked[CORRECT],
        "incorrect": picked[INCORRECT],
        "trending_correct": picked[TRENDING_CORRECT],
        "trending_incorrect": picked[TRENDING_INCORRECT],
        "win_rate": number(rounded_ratio(picked[CORRECT], decided, 3)),
        "avg_error": number(rounded_mean(errors, 1)),
    }


def _exceptions(rows: Sequence[Json]) -> Json:
    picked = _picked(rows)
    return {"pushes": picked[PUSHED], "voided": picked[VOIDED]}


def _picked(rows: Sequence[Json]) -> Counter[str]:
    return Counter(row["status"] for row in rows if row["recommendation"] in SIDES)


FORECAST_KEYS = ("predicted", "line", "recommendation", "has_line", "line_source")
"""Fields of a settled row that repeat its forecast; a row whose forecast has changed is graded again."""


@LIVE_GRADING.merge_published
def complete(document: Json, before: Json) -> Json:
    """Return a document with the rows that were settled before and have lost their score (contract P&L L15).

    The feed drops finished games before the warehouse has their box scores, while others still run.
    """
    known = {row["player_lookup"]: row for row in before["predictions"] if _is_settled(row)}
    rows: list[Json] = []
    dropped: dict[frozenset[str | None], str] = {}
    for row in document["predictions"]:
        earlier = known.get(row["player_lookup"])
        if earlier is not None and not row["score_source"] and all(row[key] == earlier[key] for key in FORECAST_KEYS):
            dropped[frozenset((earlier["home_team"], earlier["away_team"]))] = row["game_status"]
            row = earlier
        rows.append(row)
    rows.sort(key=_order)
    states = Counter(state for state in dropped.values() if state != PLAYED)
    games = {
        "games_in_progress": document["summary"]["games_in_progress"] - states[PLAYING],
        "games_final": document["summary"]["games_final"] + states.total(),
    }
    return {**document, "summary": {**_totals(rows), **games, **_exceptions(rows)}, "predictions": rows}


@LIVE_GRADING.is_unsettled
def is_open(document: Json) -> bool:
    """Whether a forecast waits for points, or for the warehouse to confirm those of the feed."""
    return any(row["score_source"] != BOX_SCORE for row in document["predictions"])


@LIVE_GRADING.progress
def known_outcomes(document: Json) -> int:
    """Count forecasts whose player has points, those of finished games twice (contract P&L L7)."""
    rows: list[Any] = document["predictions"]
    return sum((row["score_source"] is not None) + _is_settled(row) for row in rows)
