"""``player-game-report``: one player's game in depth, before it and after it (contract: P&L C).

Everything but the result is as known before the game, so that a report does not change its mind once the game is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json, Read, Window, over
from exporters.league.arithmetic.dates import iso
from exporters.league.arithmetic.numbers import number, round_away, rounded_mean, rounded_ratio, tenths
from exporters.league.forecasts import forecasts, grades
from exporters.league.forecasts.forecasts import confidence_percent
from exporters.league.forecasts.picks import LOSS, NO_LINE, PENDING, SIDES, WIN, actual_points, did_not_play, is_void
from exporters.league.games import schedule
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.players import box_scores, identity, ratings, shot_profile
from exporters.league.players.box_scores import outcome, tally_of
from exporters.league.players.identity import UNKNOWN_PLAYER
from exporters.league.players.ratings import AVERAGE, STRONG, WEAK, Rating
from exporters.league.players.shot_profile import BALANCED, INTERIOR, PERIMETER
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.tables import ACCURACY, CONTEXT, GAMES, REGISTRY

RECORD = Window.ON_RECORD
"""Games against the opponent count since then (contract P1)."""

PLAYER_GAME_REPORT = Export(
    name="player-game-report",
    grain=Grain.PLAYER,
    reads=(
        *over(RECORD, *box_scores.READS),
        *box_scores.NIGHT_READS,
        *over(Window.NIGHT, *grades.READS),
        Read(ACCURACY, ("player_lookup", "predicted_points", "confidence_score"), champion=True),
        *CONTEXT_READS,
        *forecasts.READS,
        *identity.READS,
        *identity.POSITION_READS,
        *schedule.READS,
        *shot_profile.READS,
        *ratings.READS,
    ),
    path="players/{player}/game-report/{date}.json",
    cache=Cache.SHORT,
    settled_cache=Cache.DAY,
    appears_in=(CONTEXT, GAMES),
)

MISSED, UNRECORDED, PARTIAL = "did_not_play", "no_box_score", "partial_box_score"
"""Why a game has no result, besides the states of a game that is not over."""


@PLAYER_GAME_REPORT.builder
def build(night: PlayerNight) -> Json | None:
    """Describe a player's game of the date; None for a player who has none."""
    played = night.history.box_scores.on(night.date)
    matchup = night.matchup
    if matchup is None or (night.context is None and played is None):
        return None
    if not night.history.rows(REGISTRY) and not night.history.box_scores.between(RECORD.first(night.date), night.date):
        return unknown_player(night)
    prop = _prop(night)
    rating = None if matchup.opponent is None else night.league.ratings.before(night.date).get(matchup.opponent)
    profile = night.history.shot_zones.before(night.date) or BALANCED
    averages = _moving_averages(night)
    before = _before(night)
    result, reason = _result(night, prop, played)
    return {
        "player_lookup": night.player,
        "player_full_name": night.name,
        "game_date": iso(night.date),
        "game_id": matchup.game_id,
        "generated_at": night.generated_at,
        "player_profile": {
            "position": None if night.registry is None else night.registry.position,
            "shot_profile": profile,
            "season_ppg": number(night.season.ppg),
        },
        "opponent_context": _opponent_context(matchup.opponent, rating),
        "moving_averages": {span: number(average) for span, average in averages.items()},
        "prop_line": None if prop is None else _prop_line(prop),
        "prediction_angles": _angles(night, prop, profile, rating, averages),
        "recent_games": [_recent_game(row) for row in before[: -RULES.report.recent_games - 1 : -1]],
        "head_to_head": _head_to_head(before, matchup.opponent),
        "result": result,
        "result_reason": reason,
    }


def unknown_player(night: PlayerNight) -> Json:
    """Return the document of an unknown player (contract C.4, G19)."""
    return {
        "player_lookup": night.player,
        "player_full_name": night.name,
        "game_date": iso(night.date),
        "game_id": None if night.matchup is None else night.matchup.game_id,
        "generated_at": night.generated_at,
        "error": UNKNOWN_PLAYER,
        "player_profile": None,
        "opponent_context": None,
        "moving_averages": None,
        "prop_line": None,
        "prediction_angles": {"supporting": [], "against": []},
        "recent_games": [],
        "head_to_head": None,
        "result": None,
        "result_reason": None,
    }


@PLAYER_GAME_REPORT.is_unsettled
def waits_for_result(report: Json) -> bool:
    """Whether a report's result, or what became of its pick, is still to come."""
    result = report["result"]
    waits: bool = report["result_reason"] != MISSED if result is None else result["outcome"] == PENDING
    return waits


def _opponent_context(opponent: str | None, rating: Rating | None) -> Json:
    return {
        "opponent": opponent,
        "opp_pace": None if rating is None else number(rating.pace),
        "opp_def_rating": None if rating is None else number(rating.points),
        "opp_def_rank": None if rating is None else rating.rank,
        "opp_paint_defense": AVERAGE if rating is None else rating.paint,
        "opp_perimeter_defense": AVERAGE if rating is None else rating.perimeter,
    }


def _moving_averages(night: PlayerNight) -> dict[str, Decimal | None]:
    """Return the means of the season's newest games, and of all of them, before the date, one decimal."""
    scores = night.history.box_scores
    first, end = scores.season_span(night.date)
    spans = {f"l{count}": (max(first, end - count), end) for count in RULES.report.averages}
    return {name: scores.averages(span).ppg for name, span in {**spans, "season": (first, end)}.items()}


class Prop(NamedTuple):
    """Our forecast of the game: of the graded row once there is one, before that the standing one (contract G3)."""

    line: Decimal | None
    recommendation: str | None
    predicted: Decimal | None
    confidence: Decimal | None


def _prop(night: PlayerNight) -> Prop | None:
    graded = night.history.grades.on(night.date)
    if graded is not None and not is_void(graded):
        score = graded.confidence_score
        confidence = None if score is None else confidence_percent(score)
        return Prop(graded.line_value, graded.recommendation, graded.predicted_points, confidence)
    made = night.forecast
    return None if made is None else Prop(made.line, made.recommendation, made.points, made.confidence)


def _prop_line(prop: Prop) -> Json:
    return {
        "line": number(prop.line),
        "recommendation": prop.recommendation,
        "predicted": number(prop.predicted),
        "confidence": number(prop.confidence),
    }


def _angles(
    night: PlayerNight,
    prop: Prop | None,
    profile: str,
    rating: Rating | None,
    averages: dict[str, Decimal | None],
) -> Json:
    """Return what speaks for and against our pick, or against an over where there is none (contract C.3, G12)."""
    overs: list[str] = []
    unders: list[str] = []
    for side, label in (
        streak_angle(night),
        defense_angle(profile, rating),
        trend_angle(averages["l5"], averages["season"]),
        pace_angle(rating),
    ):
        if label:
            (overs if side else unders).append(label)
    supporting, against = (unders, overs) if prop is not None and prop.recommendation == "UNDER" else (overs, unders)
    most = RULES.report.most_angles
    return {"supporting": supporting[:most], "against": against[:most]}


Angle = tuple[bool, str]
"""Whether it speaks for an over, and how it is called; empty when there is none."""
NO_ANGLE: Angle = (True, "")


def streak_angle(night: PlayerNight) -> Angle:
    """Return the run of games over or under the line that stands before the game, however long (contract G13, S10)."""
    run = night.history.line_runs.before(night.date, longest=None)
    if len(run.games) < RULES.report.min_run:
        return NO_ANGLE
    is_over = run.kind == "OVER"
    return is_over, f"{'Hot' if is_over else 'Cold'} streak ({len(run.games)}G {run.kind})"


def defense_angle(profile: str, rating: Rating | None) -> Angle:
    """Return how the opponent defends the zones that the player shoots from."""
    zones = {PERIMETER: "perimeter", INTERIOR: "paint"}
    if rating is None or profile not in zones:
        return NO_ANGLE
    tier = rating.perimeter if profile == PERIMETER else rating.paint
    if tier not in (STRONG, WEAK):
        return NO_ANGLE
    return tier == WEAK, f"{tier.capitalize()} {zones[profile]} defense"


def trend_angle(last_5: Decimal | None, season: Decimal | None) -> Angle:
    """Return how the last five games differ from the season, compared exactly (contract G14).

    Both are points per game, with one decimal.
    """
    if not last_5 or not season:
        return NO_ANGLE
    usual, least = tenths(season), RULES.report.trend
    change = tenths(last_5) - usual
    if abs(change) * least.denominator < usual * least.numerator:
        return NO_ANGLE
    percent = rounded_ratio(100 * change, usual, 0)
    return change > 0, f"Trending {'up' if change > 0 else 'down'} ({percent:+}% L5)"


def pace_angle(rating: Rating | None) -> Angle:
    """Return how fast the opponent plays."""
    rules = RULES.defense
    if rating is None or not rating.pace or rules.slow_pace < rating.pace < rules.fast_pace:
        return NO_ANGLE
    is_fast = rating.pace >= rules.fast_pace
    return is_fast, f"{'Fast' if is_fast else 'Slow'}-paced opponent"


def _before(night: PlayerNight) -> Sequence[GameRow]:
    """Return the played games on record before the date, oldest first."""
    day = night.date
    return night.history.box_scores.played_between(RECORD.first(day), day - timedelta(days=1))


def _recent_game(row: GameRow) -> Json:
    return {
        "date": iso(row.game_date),
        "opponent": row.opponent_team_abbr,
        "points": row.points,
        "line": number(row.points_line),
        "result": outcome(row),
        "minutes": number(row.minutes_played),
    }


def _head_to_head(before: Sequence[GameRow], opponent: str | None) -> Json:
    """Return how the player did against the opponent in all games on record."""
    meetings = [row for row in before if row.opponent_team_abbr == opponent]
    tally = tally_of(meetings)
    return {
        "games": tally.games,
        "avg_points": number(tally.ppg),
        "avg_line": number(rounded_mean((row.points_line for row in meetings if row.points_line is not None), 1)),
        "over_rate": number(rounded_ratio(tally.overs, tally.decided, 2)),
    }


def _result(night: PlayerNight, prop: Prop | None, played: GameRow | None) -> tuple[Json | None, str | None]:
    """Return the result and, where there is none, why (contract G2, G17, G18)."""
    graded = night.history.grades.on(night.date)
    if graded is not None and is_void(graded):
        return None, MISSED
    points = None if graded is None else graded.actual_points
    if points is None and night.game is not None and not night.game.is_final:
        return None, night.game.status
    recorded = actual_points(played)
    points = points if recorded is None else recorded
    if points is None:
        return None, _missing_reason(played)
    line = None if prop is None else prop.line
    became = _became(night, prop)
    return {
        "actual": points,
        # A line of zero is none.
        "margin": number(round_away(points - line, 2)) if line else None,
        "correct": {WIN: True, LOSS: False}.get(became or ""),
        "outcome": became,
    }, None


def _missing_reason(played: GameRow | None) -> str:
    if played is None:
        return UNRECORDED
    if played.is_partial_game_data:
        return PARTIAL
    return MISSED if did_not_play(played) else UNRECORDED


def _became(night: PlayerNight, prop: Prop | None) -> str | None:
    """Return what became of our pick; where nothing was picked, what was said instead."""
    if prop is None:
        return None
    if prop.recommendation in SIDES and prop.line is not None:
        return night.outcome(prop.recommendation, prop.line).result
    return prop.recommendation if prop.recommendation not in (None, *SIDES) else NO_LINE
