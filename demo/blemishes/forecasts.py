"""Blemishes of the forecasts, of their grades and of the models' daily totals."""

from __future__ import annotations

import numpy as np

from demo.blemishes.workbench import Blemish, Workbench
from demo.clock import HOUR_US, MINUTE_US
from demo.forecasts import RIVAL
from demo.randomness import Array
from exporters.warehouse.tables import (
    ACCURACY,
    PREDICTIONS,
    SCHEDULE,
    SIGNALS,
    SUBSET_PICKS,
    SUBSET_VERSIONS,
    SYSTEM_DAYS,
)

UNKNOWN_SYSTEM = "catboost_v10_shadow"
PROVENANCE_SINCE = np.datetime64("2025-12-01")
"""Older forecasts do not say how they were made."""


def _renamed(identities: Array, suffix: str) -> Array:
    out = np.empty(len(identities), dtype=object)
    out[:] = [f"{identity}{suffix}" for identity in identities.tolist()]
    return out


def superseded_predictions(bench: Workbench) -> int:
    """An earlier, inactive version of a forecast stays in the table, with another number and an older line."""
    frame = bench[PREDICTIONS]
    rows = bench.any_row(PREDICTIONS, 0.08)
    old = frame.take(rows)
    every = np.arange(len(rows))
    shift = np.round(bench.rng.normal(0, 1.2, len(rows)), 1)
    old.put("is_active", every, False)
    old.put("predicted_points", every, np.maximum(np.round(old["predicted_points"] + shift, 1), 0.2))
    old.put("created_at", every, old["created_at"] - 5 * HOUR_US)
    old.put("updated_at", every, old["created_at"] + 6 * HOUR_US)
    old.put("prediction_id", every, _renamed(old["prediction_id"], "-a"))
    lined = np.flatnonzero(~old.is_null("current_points_line"))
    line = np.maximum(old["current_points_line"] + bench.rng.choice([-1.0, -0.5, 0.0, 0.5, 1.0], len(rows)), 0.5)
    old.put("current_points_line", lined, line[lined])
    old.put("line_margin", lined, np.round(old["predicted_points"] - line, 1)[lined])
    frame.put("prediction_version", rows, 2)
    frame.extend(old)
    return len(rows)


def duplicate_active_predictions(bench: Workbench) -> int:
    """Two versions of a forecast are active at once; of every other pair even the instants are equal."""
    frame = bench[PREDICTIONS]
    rows = bench.also_tonight(PREDICTIONS, bench.some(frame["is_active"], 0.001), frame["is_active"])
    twin = frame.take(rows)
    every = np.arange(len(rows))
    twin.put("predicted_points", every, twin["predicted_points"] + 1.3)
    with_line = np.flatnonzero(~twin.is_null("line_margin"))
    twin.put("line_margin", with_line, (twin["line_margin"] + 1.3)[with_line])
    twin.put("created_at", every, twin["created_at"] - np.where(every % 2, 0, 40 * MINUTE_US))
    twin.put("prediction_id", every, _renamed(twin["prediction_id"], "-b"))
    frame.put("prediction_version", rows, frame["prediction_version"][rows] + 1)
    frame.extend(twin)
    return len(rows)


def invalidated_predictions(bench: Workbench) -> int:
    """A forecast is withdrawn because the game was postponed or the player is inactive, yet stays active."""
    frame = bench[PREDICTIONS]
    rows = bench.also_tonight(PREDICTIONS, bench.some(frame["is_active"], 0.002), frame["is_active"])
    frame.put("invalidation_reason", rows, "player_inactive")
    frame.put("invalidation_reason", rows[::4], "game_postponed")
    return len(rows)


def post_tip_predictions(bench: Workbench) -> int:
    """A forecast is made after tip-off, by a backfill; only its own columns say so."""
    frame = bench[PREDICTIONS]
    rows = bench.some(frame["is_active"] & (frame["game_date"] < bench.tonight), 0.003)
    frame.put("prediction_made_before_game", rows, False)
    frame.put("prediction_run_mode", rows, "BACKFILL")
    frame.put("created_at", rows, frame["created_at"][rows] + 30 * HOUR_US)
    return len(rows)


def unmarked_predictions(bench: Workbench) -> int:
    """Older forecasts do not say whether they were made before the game, nor how."""
    frame = bench[PREDICTIONS]
    rows = bench.some(frame["game_date"] < PROVENANCE_SINCE, 0.15)
    frame.put("prediction_made_before_game", rows, None)
    frame.put("prediction_run_mode", rows, None)
    return len(rows)


def official_game_ids(bench: Workbench) -> int:
    """The same game goes by its ten-digit id in some rows of the forecasts."""
    frame, schedule = bench[PREDICTIONS], bench[SCHEDULE]
    ids = {
        f"{str(day).replace('-', '')}_{away}_{home}": official
        for day, away, home, official in zip(
            schedule["game_date"],
            schedule["away_team_tricode"],
            schedule["home_team_tricode"],
            schedule["game_id"],
            strict=True,
        )
    }
    rows = bench.also_tonight(PREDICTIONS, bench.any_row(PREDICTIONS, 0.002), frame["is_active"])
    official_ids = np.array([ids[text] for text in frame["game_id"][rows].tolist()], dtype=object)
    frame.put("game_id", rows, official_ids)
    return len(rows)


def estimated_lines(bench: Workbench) -> int:
    """A forecast and its grade measure against an estimated line instead of a bookmaker's."""
    frame = bench[PREDICTIONS]
    rows = bench.some(~frame.is_null("current_points_line") & (frame["game_date"] < bench.tonight), 0.004)
    frame.put("line_source", rows, "ESTIMATED_AVG")
    frame.put("has_prop_line", rows, False)
    graded = bench[ACCURACY]
    marked = set(
        zip(frame["player_lookup"][rows], frame["game_date"][rows].tolist(), frame["system_id"][rows], strict=True)
    )
    keys = zip(graded["player_lookup"], graded["game_date"].tolist(), graded["system_id"], strict=True)
    same = np.flatnonzero([key in marked for key in keys])
    graded.put("line_source", same, "ESTIMATED_AVG")
    graded.put("has_prop_line", same, False)
    return len(rows)


def fraction_confidences(bench: Workbench) -> int:
    """A confidence is stored as 0 to 1 instead of 0 to 100."""
    frame = bench[PREDICTIONS]
    rows = bench.also_tonight(PREDICTIONS, bench.any_row(PREDICTIONS, 0.001), frame["is_active"])
    frame.put("confidence_score", rows, np.round(frame["confidence_score"][rows] / 100, 2))
    return len(rows)


def unknown_system(bench: Workbench) -> int:
    """A model without a public name forecasts on a few dates."""
    frame, days = bench[PREDICTIONS], bench[SYSTEM_DAYS]
    rivals = (frame["system_id"] == RIVAL) & frame["is_active"]
    dates = np.unique(frame["game_date"][rivals])[-4:]
    for table in (frame, days):
        rows = np.flatnonzero((table["system_id"] == RIVAL) & np.isin(table["game_date"], dates))
        copy = table.take(rows)
        copy.put("system_id", np.arange(len(rows)), UNKNOWN_SYSTEM)
        if table is frame:
            copy.put("prediction_id", np.arange(len(rows)), _renamed(copy["prediction_id"], "-s"))
            copy.put("model_version", np.arange(len(rows)), f"{UNKNOWN_SYSTEM}_r1")
        table.extend(copy)
    return int((frame["system_id"] == UNKNOWN_SYSTEM).sum())


def regraded_accuracy(bench: Workbench) -> int:
    """A forecast was graded before, against another line and with another verdict."""
    frame = bench[ACCURACY]
    rows = bench.some(~frame.is_null("line_value"), 0.004)
    first = frame.take(rows)
    every = np.arange(len(rows))
    first.put("graded_at", every, first["graded_at"] - 3 * HOUR_US)
    first.put("line_value", every, first["line_value"] + 1)
    decided = np.flatnonzero(~first.is_null("prediction_correct"))
    first.put("prediction_correct", decided, ~first["prediction_correct"][decided])
    frame.extend(first)
    return len(rows)


def ungraded_accuracy(bench: Workbench) -> int:
    """A row of the graded table has no outcome yet."""
    frame = bench[ACCURACY]
    rows = bench.some(~frame["is_voided"], 0.0005)
    for name in ("actual_points", "minutes_played", "absolute_error", "signed_error", "prediction_correct"):
        frame.put(name, rows, None)
    for name in ("within_3_points", "within_5_points", "graded_at"):
        frame.put(name, rows, None)
    return len(rows)


def never_graded(bench: Workbench) -> int:
    """A forecast of a played game has no graded row."""
    frame = bench[ACCURACY]
    gone = np.zeros(len(frame), dtype=bool)
    gone[bench.any_row(ACCURACY, 0.002)] = True
    bench.remove(ACCURACY, gone)
    return int(gone.sum())


def rerun_system_days(bench: Workbench) -> int:
    """A day's totals were computed twice; the first run missed the late games."""
    frame = bench[SYSTEM_DAYS]
    rows = bench.any_row(SYSTEM_DAYS, 0.03)
    first = frame.take(rows)
    every = np.arange(len(rows))
    for name in ("predictions_count", "recommendations_count", "correct_count", "incorrect_count"):
        first.put(name, every, first[name] * 2 // 3)
    first.put("computed_at", every, first["computed_at"] - HOUR_US)
    frame.extend(first)
    return len(rows)


def date_without_predictions(bench: Workbench) -> int:
    """On one date with games and players no model ran: nothing was forecast, graded or picked."""
    dates, counts = np.unique(bench[PREDICTIONS]["game_date"], return_counts=True)
    if len(dates) < 8:
        return 0
    middle = slice(len(dates) // 2, len(dates) - 4)
    silent = dates[middle][np.argmin(np.abs(counts[middle] - np.median(counts)))]
    for table in (PREDICTIONS, ACCURACY, SYSTEM_DAYS, SIGNALS, SUBSET_PICKS, SUBSET_VERSIONS):
        bench.remove(table, bench[table].dates() == silent)
    return int(counts[middle][dates[middle] == silent][0])


BLEMISHES: tuple[Blemish, ...] = (
    date_without_predictions,
    estimated_lines,
    post_tip_predictions,
    unmarked_predictions,
    invalidated_predictions,
    fraction_confidences,
    unknown_system,
    superseded_predictions,
    duplicate_active_predictions,
    official_game_ids,
    ungraded_accuracy,
    regraded_accuracy,
    never_graded,
    rerun_system_days,
)
