"""``results``: every graded forecast of a date, with totals, splits and the best and worst call (contract: P&R §3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer, Read
from exporters.league.arithmetic.numbers import exact, label_of, number, rounded_ratio
from exporters.league.forecasts import features
from exporters.league.forecasts.features import BACK_TO_BACK, SEASON_AVERAGE, feature
from exporters.league.forecasts.forecasts import confidence_percent
from exporters.league.forecasts.picks import LOSS, NO_LINE, PASS, PENDING, PUSH, VOID, WIN, graded_result
from exporters.league.games import schedule
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.players import box_scores
from exporters.warehouse.tables import ACCURACY

RESULTS = Export(
    name="results",
    grain=Grain.SLATE,
    reads=(
        Read(
            ACCURACY,
            (
                "player_lookup",
                "game_id",
                "game_date",
                "system_id",
                "team_abbr",
                "opponent_team_abbr",
                "predicted_points",
                "confidence_score",
                "recommendation",
                "line_value",
                "line_source",
                "actual_points",
                "minutes_played",
                "absolute_error",
                "signed_error",
                "prediction_correct",
                "within_3_points",
                "within_5_points",
                "is_voided",
                "graded_at",
            ),
            champion=True,
        ),
        *features.READS,
        *CONTEXT_READS,
        *schedule.READS,
        *box_scores.NIGHT_READS,
    ),
    path="results/{date}.json",
    cache=Cache.SHORT,
    settled_cache=Cache.DAY,
    pointers=(Pointer("results/latest.json", Follows.LATEST),),
    counts=("summary.total_predictions",),
    appears_in=(ACCURACY,),
)

DECIDED = (WIN, LOSS, PUSH)
"""The results of a pick whose points are known: what is split in ``breakdowns``."""


@RESULTS.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player's graded forecast; None without one.

    A voided forecast shows neither points nor error, since the player did not play (contract R1, C G-5).
    """
    row, matchup = night.history.grades.on(night.date), night.matchup
    if row is None or matchup is None:
        return None
    result = graded_result(row)
    void = result == VOID
    confidence = None if row.confidence_score is None else confidence_percent(row.confidence_score)
    vector = night.features
    tired = feature(vector, BACK_TO_BACK)
    tiers = night.config.result_tiers
    return {
        "within_3": bool(row.within_3_points) and not void,
        "within_5": bool(row.within_5_points) and not void,
        "entry": {
            "player_lookup": night.player,
            "game_id": matchup.game_id,
            "team": row.team_abbr or matchup.team,
            "opponent": row.opponent_team_abbr or matchup.opponent,
            "predicted": number(row.predicted_points),
            "actual": None if void else row.actual_points,
            "line": number(row.line_value),
            "recommendation": row.recommendation,
            "result": result,
            "error": None if void else number(row.absolute_error),
            "bias": None if void else number(row.signed_error),
            "confidence": number(confidence),
            "minutes": number(row.minutes_played),
            "confidence_tier": _tier(confidence, tiers.confidence),
            "player_tier": _tier(exact(feature(vector, SEASON_AVERAGE)), tiers.player),
            "is_home": None if vector is None else vector.is_home,
            "is_back_to_back": None if tired is None else tired > tiers.tired_above,
            "days_rest": None if vector is None else vector.days_rest,
        },
    }


def _tier(value: Decimal | None, bands: Sequence[tuple[str, Decimal]]) -> str:
    """Return the tier of an unrounded value; the last one for an unknown value (contract R9)."""
    found = None if value is None else label_of(value, tuple(bands))
    return bands[-1][0] if found is None else found


@RESULTS.builder
def build(slate: Slate) -> Json:
    """Total up and list the graded forecasts of a date, by game and player."""
    cards = sorted(slate.cards(RESULTS), key=_by_game)
    entries = [made["entry"] for made in cards]
    return {
        "game_date": slate.date.isoformat(),
        "generated_at": slate.generated_at,
        "summary": _summary(cards),
        "breakdowns": _breakdowns(slate, [entry for entry in entries if entry["result"] in DECIDED]),
        "results": entries,
        "highlights": _highlights(entries),
    }


def _by_game(made: Json) -> tuple[str, str]:
    return (made["entry"]["game_id"], made["entry"]["player_lookup"])


def _summary(cards: Sequence[Json]) -> Json:
    """Count every forecast under exactly one result (contract R1 to R4, R12); rates are over those that count."""
    entries = [made["entry"] for made in cards]
    by_result = Counter(entry["result"] for entry in entries)
    valid = len(entries) - by_result[VOID]
    within_3, within_5 = (sum(made[flag] for made in cards) for flag in ("within_3", "within_5"))
    return {
        "total_predictions": len(entries),
        "recommendations": sum(by_result[result] for result in (*DECIDED, PENDING)),
        "correct": by_result[WIN],
        "incorrect": by_result[LOSS],
        "pass_count": by_result[PASS],
        "win_rate": _rate(by_result[WIN], by_result[WIN] + by_result[LOSS]),
        "avg_mae": _mean([entry["error"] for entry in entries]),
        "avg_bias": _mean([entry["bias"] for entry in entries]),
        "within_3_points": within_3,
        "within_3_pct": _rate(within_3, valid),
        "within_5_points": within_5,
        "within_5_pct": _rate(within_5, valid),
        "pushes": by_result[PUSH],
        "no_line": by_result[NO_LINE],
        "voided": by_result[VOID],
        "pending": by_result[PENDING],
    }


def _breakdowns(slate: Slate, decided: Sequence[Json]) -> Json:
    """Split the decided picks; one whose context is unknown is in neither part of a split (contract R7)."""
    tiers = slate.config.result_tiers

    def split(field: str, values: Sequence[str]) -> Json:
        return {value.lower(): _leaf([entry for entry in decided if entry[field] == value]) for value in values}

    def where(applies: Callable[[Json], bool]) -> Json:
        return _leaf([entry for entry in decided if applies(entry)])

    return {
        "by_player_tier": split("player_tier", [tier for tier, _ in tiers.player]),
        "by_confidence": split("confidence_tier", [tier for tier, _ in tiers.confidence]),
        "by_recommendation": split("recommendation", ["OVER", "UNDER"]),
        "by_context": {
            "home": where(lambda entry: entry["is_home"] is True),
            "away": where(lambda entry: entry["is_home"] is False),
            "back_to_back": where(lambda entry: entry["is_back_to_back"] is True),
            "rested": where(lambda entry: (entry["days_rest"] or 0) >= tiers.rested_days),
        },
    }


def _leaf(entries: Sequence[Json]) -> Json:
    by_result = Counter(entry["result"] for entry in entries)
    return {
        "total": len(entries),
        "wins": by_result[WIN],
        "losses": by_result[LOSS],
        "pushes": by_result[PUSH],
        "win_rate": _rate(by_result[WIN], by_result[WIN] + by_result[LOSS]),
        "avg_error": _mean([entry["error"] for entry in entries]),
    }


def _rate(part: int, whole: int) -> float | int:
    """Return a share; a plain 0 over nothing."""
    return 0 if whole == 0 else number(rounded_ratio(part, whole, 3)) or 0.0


def _mean(values: Sequence[float | None]) -> float | int:
    """Return the mean of the known values; a plain 0 without any."""
    known = [value for value in map(exact, values) if value is not None]
    if not known:
        return 0
    numerator, denominator = sum(known, Decimal(0)).as_integer_ratio()
    return number(rounded_ratio(numerator, denominator * len(known), 2)) or 0.0


def _highlights(entries: Sequence[Json]) -> Json:
    """Name the closest and the farthest forecast; the first in order of game and player among equals (contract R15)."""
    measured = [entry for entry in entries if entry["error"] is not None]
    if not measured:
        return {}
    worst = max(measured, key=_error)
    return {
        "best_prediction": _highlight(min(measured, key=_error)),
        "worst_prediction": {**_highlight(worst), "minutes": worst["minutes"]},
    }


def _error(entry: Json) -> Any:
    return entry["error"]


def _highlight(entry: Json) -> Json:
    return {
        "player": entry["player_lookup"],
        "team": entry["team"],
        "predicted": entry["predicted"],
        "actual": entry["actual"],
        "error": entry["error"],
    }


@RESULTS.is_unsettled
def is_open(document: Json) -> bool:
    """Whether a forecast has not been graded yet."""
    return bool(document["summary"]["pending"])
