"""``best-bets``: the top picks of a date, in tiers by edge, ranked by score, with their outcome (contract: P&R §2).

Picks are chosen once, from the forecasts that were made before the game; what happens later only adds results (B4).
Only a date whose forecasts have expired is chosen from its grades.

A pick's score multiplies the confidence as a share, 0 to 1, although documents publish confidence on 0 to 100, so that
scores keep the scale that readers know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from exporters.config import BestBetRules, PickTier
from exporters.declaration import Cache, Export, Follows, Gate, Grain, Json, Pointer, Read
from exporters.league.arithmetic.numbers import exact, label_of, number, percent_text, round_away, rounded_ratio
from exporters.league.forecasts import features, forecasts, grades
from exporters.league.forecasts.forecasts import confidence_percent
from exporters.league.forecasts.grades import PickRecord
from exporters.league.forecasts.lines import is_real_line
from exporters.league.forecasts.picks import PENDING, SIDES, against_line
from exporters.league.forecasts.rosters import GRADED, PREDICTED
from exporters.league.games import schedule
from exporters.league.nights import halts
from exporters.league.nights.halts import halt_on, with_outcomes
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.players import box_scores, identity
from exporters.league.players.availability import FATIGUE_READS, fatigue_level
from exporters.warehouse.forecast_rows import AccuracyRow, FeatureRow, PredictionRow
from exporters.warehouse.tables import ACCURACY, PREDICTIONS

BEST_BETS = Export(
    name="best-bets",
    grain=Grain.SLATE,
    reads=(
        *forecasts.READS,
        Read(
            PREDICTIONS,
            (
                "quality_alert_level",
                "feature_quality_score",
                "default_feature_count",
                "line_source",
            ),
        ),
        *grades.HISTORY_READS,
        Read(ACCURACY, ("predicted_points", "confidence_score"), champion=True),
        *features.QUALITY_READS,
        *CONTEXT_READS,
        *schedule.READS,
        *box_scores.NIGHT_READS,
        *identity.READS,
        *FATIGUE_READS,
        *halts.READS,
    ),
    path="best-bets/{date}.json",
    cache=Cache.SHORT,
    settled_cache=Cache.DAY,
    pointers=(Pointer("best-bets/latest.json", Follows.LATEST),),
    gates=frozenset({Gate.PREDICTIONS}),
    counts=("total_picks",),
    outlives_forecasts=True,
    selects_from=frozenset({PREDICTED, GRADED}),
    appears_in=(PREDICTIONS, ACCURACY),
)

FATIGUE_LABELS = {"fresh": "Well-rested", "tired": "Elevated fatigue"}
"""How the rationale calls a level of fatigue."""
_IDENTITY = ("player_lookup", "game_id", "recommendation", "line")
_OUTCOME = ("result", "actual", "error")
"""What tells a pick from all others, and what changes about one that readers were shown."""
UNUSED_TIER = "standard"
"""A tier that readers know and no pick is in (contract B19)."""


@dataclass(frozen=True)
class Candidate:
    """A forecast that may become a pick, wherever it was found.

    Attributes:
        points: Forecast points.
        line: The betting line.
        side: ``OVER`` or ``UNDER``.
        confidence: 0 to 100.
        line_source: Where the line comes from; None when unknown.
        alert_level: Quality alert level; None when unknown.
        quality: Feature quality score, 0 to 100; None when unknown.
        defaults: Features that had to be defaulted; None when unknown.
    """

    points: Decimal
    line: Decimal
    side: str
    confidence: Decimal
    line_source: str | None
    alert_level: str | None
    quality: Decimal | None
    defaults: int | None

    @property
    def edge(self) -> Decimal:
        """Distance of forecast and line in points."""
        return abs(self.points - self.line)


def _from_forecast(row: PredictionRow | None) -> Candidate | None:
    if row is None or row.current_points_line is None:
        return None
    return Candidate(
        points=row.predicted_points,
        line=row.current_points_line,
        side=row.recommendation,
        confidence=confidence_percent(row.confidence_score),
        line_source=row.line_source,
        alert_level=row.quality_alert_level,
        quality=exact(row.feature_quality_score),
        defaults=row.default_feature_count,
    )


def _from_grade(row: AccuracyRow | None, vector: FeatureRow | None) -> Candidate | None:
    if row is None or row.predicted_points is None or row.line_value is None or row.confidence_score is None:
        return None
    return Candidate(
        points=row.predicted_points,
        line=row.line_value,
        side=row.recommendation or "",
        confidence=confidence_percent(row.confidence_score),
        line_source=row.line_source,
        alert_level=None if vector is None else vector.quality_alert_level,
        quality=None if vector is None else vector.feature_quality_score,
        defaults=None if vector is None else vector.default_feature_count,
    )


def candidate(night: PlayerNight) -> Candidate | None:
    """Return what may become a player's pick (contract B4); None without a forecast against a line."""
    if night.league.scan_counts.on(night.date).forecasts_gone:
        return _from_grade(night.history.grades.on(night.date), night.features)
    return _from_forecast(night.prediction)


def qualifies(found: Candidate, day: date, rules: BestBetRules) -> bool:
    """Whether a candidate is good enough to be ranked (contract P&R §2.2, B5, B11, B16)."""
    first, end = rules.skipped_confidence
    return (
        found.side in SIDES
        and found.points < rules.points_below
        and not first <= found.confidence < end
        and is_real_line(found.line, found.line_source)
        and (found.alert_level == rules.alert_level or (found.alert_level is None and day < rules.alert_level_since))
    )


def tier_of(edge: Decimal, rules: BestBetRules) -> PickTier:
    """Return the first tier whose edge a pick reaches."""
    return next((tier for tier in rules.tiers if edge >= tier.min_edge), rules.tiers[-1])


def score(found: Candidate, history: PickRecord, rules: BestBetRules) -> Fraction:
    """Return what picks are ranked by: confidence share times edge factor times history factor (contract P&R §2.3)."""
    edge_factor = 1 + Fraction(min(found.edge, rules.full_edge)) / rules.doubling_edge
    if history.decided >= rules.min_history:
        accuracy = Fraction(history.correct, history.decided)
    else:
        accuracy = Fraction(rules.default_accuracy)
    return Fraction(found.confidence) / 100 * edge_factor * accuracy


@BEST_BETS.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player's pick, its score as an exact ratio; None for a player without one."""
    rules = night.config.best_bets
    found, matchup = candidate(night), night.matchup
    if found is None or matchup is None or not qualifies(found, night.date, rules):
        return None
    history = night.history.grades.record(found.side, night.date)
    scored = score(found, history, rules)
    fatigue = night.fatigue.score
    became = night.outcome(found.side, found.line)
    decided = against_line(found.side, became.actual, found.line) is not None
    return {
        "score": [scored.numerator, scored.denominator],
        "pick": {
            "tier": tier_of(found.edge, rules).name,
            "player_lookup": night.player,
            "player_full_name": night.name,
            "game_id": matchup.game_id,
            "team": matchup.team,
            "opponent": matchup.opponent,
            "recommendation": found.side,
            "line": number(found.line),
            "predicted": number(found.points),
            "edge": number(round_away(found.edge, 2)),
            "confidence": number(round_away(found.confidence, 2)),
            "composite_score": number(rounded_ratio(scored.numerator, scored.denominator, 3)),
            "player_historical_accuracy": number(history.accuracy),
            "player_sample_size": history.decided or None,
            "fatigue_score": None if fatigue is None else float(fatigue),
            "fatigue_level": None if fatigue is None else night.fatigue.level,
            "rationale": rationale(found, history, fatigue, rules),
            "result": became.result,
            "actual": became.actual,
            "error": number(abs(found.points - (became.actual or 0))) if decided else None,
            "quality_alert_level": found.alert_level,
            "feature_quality_score": None if found.quality is None else number(round_away(found.quality, 2)),
            "default_feature_count": found.defaults,
        },
    }


def rationale(found: Candidate, history: PickRecord, fatigue: int | None, rules: BestBetRules) -> list[str]:
    """Return why a pick is listed, one line per reason (contract P&R §2.5, B1, B17)."""
    tier = tier_of(found.edge, rules)
    lines = [f"{tier.name.capitalize()} pick: {tier.promise} (target {tier.hit_rate} hit rate)"]
    label = label_of(found.confidence, rules.confidence_labels)
    if label is not None:
        lines.append(f"{label} confidence ({round_away(found.confidence, 0)}%)")
    label = label_of(found.edge, rules.edge_labels)
    if label is not None:
        lines.append(f"{label} edge ({round_away(found.edge, 1)} points)")
    role = next((role for role in rules.roles if 0 < found.points < role.below), None)
    if role is not None:
        lines.append(f"{role.name} ({role.remark})")
    if history.decided >= rules.min_history:
        label = label_of(Fraction(history.correct, history.decided), rules.record_labels)
        if label is not None:
            share = percent_text(history.correct, history.decided)
            lines.append(f"{label} track record ({share} accuracy, {history.decided} games)")
    label = FATIGUE_LABELS.get(fatigue_level(fatigue))
    if label is not None:
        lines.append(f"{label} (fatigue: {fatigue})")
    if len(lines) == 1:
        lines.append("Meets every criterion of the selection")
    return lines


@BEST_BETS.builder
def build(slate: Slate) -> Json:
    """Rank the picks of a date, each tier up to its limit."""
    rules = slate.config.best_bets
    ranked = sorted(slate.cards(BEST_BETS), key=_by_score)
    picks = [
        made["pick"]
        for tier in rules.tiers
        for made in [made for made in ranked if made["pick"]["tier"] == tier.name][: tier.most]
    ][: rules.most]
    return {
        "game_date": slate.date.isoformat(),
        "generated_at": slate.generated_at,
        "methodology": methodology(rules),
        **_listed(
            [{"rank": rank, **pick} for rank, pick in enumerate(picks, start=1)],
            (*(tier.name for tier in rules.tiers), UNUSED_TIER),
        ),
        **halt_on(slate).envelope,
    }


def _listed(picks: list[Json], tiers: Iterable[str]) -> Json:
    """Return the picks and their totals."""
    listed = Counter(pick["tier"] for pick in picks)
    return {
        "total_picks": len(picks),
        "tier_summary": {name: listed[name] for name in tiers},
        "picks": picks,
    }


@BEST_BETS.paused
def pause(built: Json, published: Json | None) -> Json:
    """Keep the picks that readers were shown, with their outcomes, and add none."""
    shown = [] if published is None else published["picks"]
    return {**built, **_listed(with_outcomes(shown, built["picks"], _IDENTITY, _OUTCOME), built["tier_summary"])}


def _by_score(made: Json) -> tuple[Any, ...]:
    """Order picks totally: score, edge, confidence, then player and game (contract B6)."""
    pick = made["pick"]
    return (
        -Fraction(*made["score"]),
        -pick["edge"],
        -pick["confidence"],
        pick["player_lookup"],
        pick["game_id"],
    )


def methodology(rules: BestBetRules) -> str:
    """Return how picks are chosen, in one sentence (contract B1)."""
    first, end = rules.skipped_confidence
    tiers = ", ".join(
        f"{tier.name} from {tier.min_edge} points of edge (up to {tier.most})" for tier in rules.tiers if tier.min_edge
    )
    rest = rules.tiers[-1]
    return (
        f"OVER and UNDER picks on real lines with {rules.alert_level} data quality, for forecasts below "
        f"{rules.points_below} points and outside the {first}-{end}% confidence band, in tiers: {tiers}, "
        f"{rest.name} below that (up to {rest.most}); each tier is ranked by confidence, edge and the player's own "
        "track record"
    )


@BEST_BETS.is_unsettled
def is_open(document: Json) -> bool:
    """Whether a pick still waits for its result."""
    return any(pick["result"] == PENDING for pick in document["picks"])
