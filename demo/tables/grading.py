"""The forecasts of played games against what happened, per forecast and per day."""

from __future__ import annotations

import numpy as np

from demo.box_scores import Appearances
from demo.clock import HOUR_US, SECOND_US, midnights
from demo.forecasts import Forecasts
from demo.league import League
from demo.randomness import Array, stream
from demo.tables.frames import Frame, Nullable
from exporters.warehouse.tables import ACCURACY, SYSTEM_DAYS

_HIGH_CONFIDENCE = 70.0
_VOID_REASONS = np.array(["dnp_injury_confirmed", "dnp_late_scratch", "dnp_unknown"], dtype=object)


def accuracy_frame(league: League, box: Appearances, forecasts: Forecasts) -> Frame:
    """Grade every forecast of a played game; those of players who did not play are void."""
    rng = stream(league.options.seed, "grading")
    graded = np.flatnonzero(box.over[forecasts.row])
    row, count = forecasts.row[graded], len(graded)
    played = box.played[row]
    points, predicted, line = box.stats["points"][row], forecasts.predicted[graded], forecasts.line[graded]
    lined, called = forecasts.lined[graded], forecasts.recommendation[graded]
    picked = np.isin(called, ("OVER", "UNDER"))
    decided = played & picked & (points != line)
    error = np.round(predicted - points, 1)
    hurt = box.hurt_for[row]
    reason = np.where(hurt > 0, _VOID_REASONS[0], np.where(hurt == 0, _VOID_REASONS[1], _VOID_REASONS[2]))
    next_morning = midnights(box.date[row]) + 34 * HOUR_US
    return Frame(
        ACCURACY,
        {
            "player_lookup": league.players.lookup[box.player[row]],
            "game_id": box.game_id[row],
            "game_date": box.date[row],
            "system_id": forecasts.system[graded],
            "team_abbr": league.team[box.team[row]],
            "opponent_team_abbr": league.team[box.opponent[row]],
            "predicted_points": predicted,
            "confidence_score": np.round(forecasts.confidence[graded] / 100, 3),
            "recommendation": called,
            "line_value": Nullable(line, ~lined),
            # A void row carries no points, or the zero of the box score.
            "actual_points": Nullable(points, ~played & (rng.random(count) < 0.6)),
            "minutes_played": Nullable(box.stats["minutes"][row], ~played),
            "absolute_error": Nullable(np.abs(error), ~played),
            "signed_error": Nullable(error, ~played),
            "prediction_correct": Nullable((points > line) == (called == "OVER"), ~decided),
            "within_3_points": Nullable(np.abs(error) <= 3, ~played),
            "within_5_points": Nullable(np.abs(error) <= 5, ~played),
            "is_voided": ~played,
            "void_reason": Nullable(reason, played),
            "has_prop_line": lined,
            "line_source": np.where(lined, "ACTUAL_PROP", "NO_PROP_LINE").astype(object),
            "graded_at": next_morning + rng.integers(0, 600, count) * SECOND_US,
        },
    )


def system_days_frame(accuracy: Frame) -> Frame:
    """Total the clean graded rows per model and date; void rows do not count."""
    valid = accuracy.take(np.flatnonzero(~accuracy["is_voided"]))
    systems, which = np.unique(valid["system_id"].astype(str), return_inverse=True)
    dates, when = np.unique(valid["game_date"], return_inverse=True)
    cell = when * len(systems) + which
    cells = np.unique(cell)

    def total(mask: Array, weights: Array | None = None) -> Array:
        chosen = None if weights is None else weights[mask]
        counted: Array = np.bincount(cell[mask], chosen, len(dates) * len(systems))[cells]
        return counted

    def share(part: Array, whole: Array) -> Nullable:
        return Nullable(np.round(part / np.maximum(whole, 1), 3), whole == 0)

    every = np.ones(len(valid), dtype=bool)
    over, under = valid["recommendation"] == "OVER", valid["recommendation"] == "UNDER"
    decided = ~valid.is_null("prediction_correct")
    right = decided & valid["prediction_correct"]
    sure = valid["confidence_score"] * 100 >= _HIGH_CONFIDENCE
    count = total(every)
    over_count, under_count = total(over & decided), total(under & decided)
    return Frame(
        SYSTEM_DAYS,
        {
            "game_date": dates[cells // len(systems)],
            "system_id": systems[cells % len(systems)].astype(object),
            "predictions_count": count,
            "recommendations_count": total(over | under),
            "correct_count": total(right),
            "incorrect_count": total(decided & ~right),
            "over_count": over_count,
            "over_correct": total(over & right),
            "under_count": under_count,
            "under_correct": total(under & right),
            "within_3_count": total(valid["within_3_points"]),
            "within_5_count": total(valid["within_5_points"]),
            "mae": np.round(total(every, valid["absolute_error"]) / count, 2),
            "avg_bias": np.round(total(every, valid["signed_error"]) / count, 2),
            "over_win_rate": share(total(over & right), over_count),
            "under_win_rate": share(total(under & right), under_count),
            "within_3_pct": share(total(valid["within_3_points"]), count),
            "within_5_pct": share(total(valid["within_5_points"]), count),
            "high_confidence_count": total(sure & decided),
            "high_confidence_correct": total(sure & right),
            "computed_at": midnights(dates[cells // len(systems)]) + 35 * HOUR_US,
        },
    )
