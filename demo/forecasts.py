"""What the models said before tip-off, and the feature vectors they said it from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from demo.box_scores import Appearances
from demo.clock import HOUR_US, SECOND_US, midnights
from demo.league import League
from demo.markets import Lines
from demo.randomness import Array, stream
from demo.tables.frames import Frame, Nullable, Repeated
from exporters.warehouse.tables import FEATURES, PREDICTIONS

CHAMPION = "catboost_v9"
RIVAL = "ensemble_v1"
SPECIALISTS = ("catboost_v9_q43_train1102_0131", "catboost_v9_q45_train1102_0131")
SPECIALISTS_SINCE = date(2026, 2, 1)
"""The specialists are trained on data up to 31 January 2026."""

_FEATURES = """
points_avg_last_5 points_avg_last_10 points_avg_season points_std_last_10 games_in_last_7_days fatigue_score
shot_zone_mismatch_score pace_score usage_spike_score rest_advantage injury_risk recent_trend minutes_change
opponent_def_rating opponent_pace home_away back_to_back playoff_game pct_paint pct_mid_range pct_three
pct_free_throw team_pace team_off_rating team_win_pct vegas_points_line vegas_opening_line vegas_line_move
has_vegas_line avg_points_vs_opponent games_vs_opponent minutes_avg_last_10 ppm_avg_last_10
"""
FEATURE_NAMES = tuple(_FEATURES.split())

_PASS_BELOW = 0.5
_MIXED_EVERY, _UNNAMED_EVERY = 13, 23
"""Dates between those on which a model's rows carry two versions, and mostly no version."""


@dataclass(frozen=True)
class Skill:
    """How one model behaves.

    Attributes:
        insight: How strongly its side follows the outcome; 0.2 is right 55 % of the time.
        insight_per_point: What each point of edge adds.
        edge: Mean absolute edge in points.
        lean: Its preference for OVER (negative: for UNDER), on the logit scale.
    """

    insight: float
    insight_per_point: float
    edge: float
    lean: float


SKILLS = {
    CHAMPION: Skill(insight=0.15, insight_per_point=0.04, edge=1.25, lean=-0.08),
    RIVAL: Skill(insight=0.03, insight_per_point=0.01, edge=1.6, lean=0.15),
    SPECIALISTS[0]: Skill(insight=0.22, insight_per_point=0.02, edge=1.9, lean=-1.2),
    SPECIALISTS[1]: Skill(insight=0.16, insight_per_point=0.03, edge=1.7, lean=-0.7),
}


@dataclass(frozen=True)
class Forecasts:
    """One row per model and appearance, ordered by model.

    Attributes:
        row: Appearance.
        system: ``system_id``.
        predicted: Predicted points.
        confidence: 0 to 100.
        recommendation: OVER, UNDER, PASS or NO_LINE.
        line: Line at forecast time; 0 without one.
        lined: Whether there was one.
        quality: Feature quality score of the appearance, 0 to 100.
        defaults: Number of features that had to be defaulted.
        alert: Quality alert level.
        created: Instant of the forecast.
        version: ``model_version``, None when unknown.
        identity: ``prediction_id``.
    """

    row: Array
    system: Array
    predicted: Array
    confidence: Array
    recommendation: Array
    line: Array
    lined: Array
    quality: Array
    defaults: Array
    alert: Array
    created: Array
    version: Array
    identity: Array

    def __len__(self) -> int:
        return len(self.row)


def forecast(league: League, box: Appearances, lines: Lines) -> Forecasts:
    """Let every model predict tonight's lined players and some of the others."""
    seed = league.options.seed
    rng = stream(seed, "forecast rows")
    unlined = box.expected & ~lines.offered & (box.hurt_for < 0)
    chosen = np.flatnonzero(lines.offered | (unlined & (rng.random(len(box)) < 0.6 * league.players.used[box.player])))
    quality, defaults, alert = _quality(stream(seed, "quality"), len(box))
    parts = []
    for system, skill in SKILLS.items():
        rows = chosen
        if system in SPECIALISTS:
            rows = chosen[lines.offered[chosen] & (box.date[chosen] >= np.datetime64(SPECIALISTS_SINCE))]
        parts.append(_one_model(stream(seed, "forecast", system), system, skill, rows, box, lines))
    merged = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    row = merged["row"]
    lookup = league.players.lookup[box.player]
    return Forecasts(
        **merged,
        quality=quality[row],
        defaults=defaults[row],
        alert=alert[row],
        version=_versions(stream(seed, "versions"), merged["system"], box.date[row]),
        identity=_identities(merged["system"], box.date[row], lookup[row]),
    )


def _versions(rng: np.random.Generator, systems: Array, dates: Array) -> Array:
    """Name each row's trained version: one per model, but two on a few dates, and mostly none on some others."""
    _, day = np.unique(dates, return_inverse=True)
    share = rng.random(len(dates))
    retrained = (day % _MIXED_EVERY == 5) & (share < 0.25)
    versions = np.empty(len(dates), dtype=object)
    versions[:] = [f"{system}_r{1 + new}" for system, new in zip(systems.tolist(), retrained.tolist(), strict=True)]
    # On these dates the null version is the dominant one.
    versions[(day % _UNNAMED_EVERY == 9) & (share < 0.8)] = None
    return versions


def _identities(systems: Array, dates: Array, lookups: Array) -> Array:
    short = {system: str(n) for n, system in enumerate(SKILLS)}
    texts = np.datetime_as_string(dates).tolist()
    identity = np.empty(len(systems), dtype=object)
    identity[:] = [
        f"{day}-{short[system]}-{who}"
        for day, system, who in zip(texts, systems.tolist(), lookups.tolist(), strict=True)
    ]
    return identity


def _quality(rng: np.random.Generator, rows: int) -> tuple[Array, Array, Array]:
    defaults = np.minimum(rng.geometric(0.62, rows) - 1, 9)
    score = np.round(np.clip(rng.normal(95, 2.5, rows) - 3.2 * defaults, 40, 99.5), 2)
    alert = np.where(defaults >= 4, "red", np.where(defaults >= 2, "yellow", "green")).astype(object)
    return score, defaults, alert


def _one_model(
    rng: np.random.Generator, system: str, skill: Skill, rows: Array, box: Appearances, lines: Lines
) -> dict[str, Array]:
    count = len(rows)
    line, lined, estimate = lines.points[rows], lines.offered[rows], lines.estimate[rows]
    _, night = np.unique(box.date[rows], return_inverse=True)
    mood = rng.normal(skill.lean, 0.3, (night.max() + 1) if count else 0)[night] if count else np.zeros(0)
    outcome = np.sign(box.stats["points"][rows] - line) * box.played[rows]
    size = rng.exponential(skill.edge * np.clip(0.6 + line / 30, 0.6, 1.5))
    size = np.minimum(size, 0.55 * line + 1)
    insight = skill.insight + skill.insight_per_point * size
    over = rng.random(count) < 1 / (1 + np.exp(-(mood + insight * outcome)))
    edge = np.round(np.where(over, size, -size), 1)
    guess = np.round(np.maximum(estimate + rng.normal(0, 0.8, count), 0.3), 1)
    predicted = np.where(lined, np.maximum(np.round(line + edge, 1), 0.1), guess)
    edge = np.round(predicted - line, 1)
    sure = np.clip(61 + 4.2 * np.abs(np.where(lined, edge, 0)) + rng.normal(0, 7.5, count), 50.5, 95.0)
    recommendation = np.where(
        ~lined, "NO_LINE", np.where(np.abs(edge) < _PASS_BELOW, "PASS", np.where(edge > 0, "OVER", "UNDER"))
    ).astype(object)
    morning = midnights(box.date[rows]) + 11 * HOUR_US
    return {
        "row": rows,
        "system": np.full(count, system, dtype=object),
        "predicted": predicted,
        "confidence": np.round(sure, 2),
        "recommendation": recommendation,
        "line": line,
        "lined": lined,
        # The nightly batch writes some fifty forecasts a second.
        "created": morning + list(SKILLS).index(system) * 90 * SECOND_US + _position_in(night) * 20_113,
    }


def _position_in(groups: Array) -> Array:
    """Return each row's position within its run of equal, ascending group numbers."""
    if not len(groups):
        return np.zeros(0, dtype=np.int64)
    starts = np.searchsorted(groups, groups)
    return np.arange(len(groups)) - starts


def predictions_frame(league: League, box: Appearances, forecasts: Forecasts) -> Frame:
    """Return one active row per forecast; blemishes add superseded versions."""
    rng = stream(league.options.seed, "predictions")
    f, count = forecasts, len(forecasts)
    row = f.row
    lookup = league.players.lookup[box.player[row]]
    champion_like = np.array([system.startswith(CHAMPION) for system in f.system])
    return Frame(
        PREDICTIONS,
        {
            "player_lookup": lookup,
            "game_id": box.game_id[row],
            "game_date": box.date[row],
            "system_id": f.system,
            "predicted_points": f.predicted,
            "confidence_score": f.confidence,
            "recommendation": f.recommendation,
            "current_points_line": Nullable(f.line, ~f.lined),
            "pace_adjustment": np.round(rng.normal(0, 0.45, count), 2),
            "similar_games_count": Nullable(rng.integers(8, 60, count), champion_like),
            "is_active": True,
            "quality_alert_level": f.alert,
            "feature_quality_score": f.quality,
            "default_feature_count": f.defaults,
            "created_at": f.created,
            "line_margin": Nullable(np.round(f.predicted - f.line, 1), ~f.lined),
            "prediction_id": f.identity,
            "prediction_version": 1,
            "line_source": np.where(f.lined, "ACTUAL_PROP", "NO_PROP_LINE").astype(object),
            "model_version": f.version,
            "prediction_run_mode": "OVERNIGHT",
            "prediction_made_before_game": True,
            "has_prop_line": f.lined,
            "updated_at": f.created + 40 * SECOND_US,
            "invalidation_reason": None,
            "estimated_line_value": np.round(np.floor(np.maximum(f.predicted, 1)) + 0.5, 1),
        },
    )


def features_frame(league: League, box: Appearances, lines: Lines, forecasts: Forecasts) -> Frame:
    """Return the champion's feature vectors: 33 elements, element 2 the season mean, 16 the back-to-back flag."""
    rng = stream(league.options.seed, "features")
    mine = forecasts.system == CHAMPION
    row = forecasts.row[mine]
    count = len(row)
    vector = np.round(rng.normal(0, 1, (count, len(FEATURE_NAMES))), 1)
    tired = box.rest[row] == 1
    known = {
        "points_avg_last_10": np.round(box.recent_before[row], 2),
        "points_avg_season": np.round(box.mean_before[row], 2),
        "games_in_last_7_days": box.games_week[row],
        "home_away": box.at_home[row],
        "back_to_back": tired,
        "vegas_points_line": lines.points[row],
        "has_vegas_line": lines.offered[row],
        "playoff_game": np.zeros(count),
    }
    for name, values in known.items():
        vector[:, FEATURE_NAMES.index(name)] = values
    lengths = np.full(count, len(FEATURE_NAMES))
    names = np.broadcast_to(np.array(FEATURE_NAMES, dtype=object), (count, len(FEATURE_NAMES)))
    this_season = box.season[row] == box.season.max()
    return Frame(
        FEATURES,
        {
            "player_lookup": league.players.lookup[box.player[row]],
            "game_id": box.game_id[row],
            "game_date": box.date[row],
            "features": Repeated(vector, lengths),
            # Rows of earlier seasons predate the column.
            "feature_names": Repeated(names, np.where(this_season, lengths, 0)),
            "feature_version": "v2_33features",
            "is_home": box.at_home[row],
            "days_rest": Nullable(box.rest[row], box.rest[row] < 0),
            "quality_alert_level": forecasts.alert[mine],
            "feature_quality_score": forecasts.quality[mine],
            "default_feature_count": forecasts.defaults[mine],
            "matchup_quality_pct": np.round(rng.uniform(55, 100, count), 1),
            "is_quality_ready": forecasts.alert[mine] == "green",
            "created_at": forecasts.created[mine] - HOUR_US,
            "updated_at": forecasts.created[mine] - HOUR_US // 2,
        },
    )
