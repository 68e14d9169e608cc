"""Who is in which subset: the one selection that documents fall back on and that is frozen for later.

Definitions times the forecasts of a date gives members; nothing here depends on tables, names or dates (contract C §1).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from exporters.declaration import Read
from exporters.league.arithmetic.numbers import exact
from exporters.league.forecasts.forecasts import confidence_percent
from exporters.league.subsets.picks import Pick, one_per_player
from exporters.warehouse.forecast_rows import SubsetDefinitionRow
from exporters.warehouse.selection import latest_per
from exporters.warehouse.tables import SUBSET_DEFINITIONS

READS = (
    Read(
        SUBSET_DEFINITIONS,
        (
            "subset_id",
            "system_id",
            "min_edge",
            "min_confidence",
            "signal_condition",
            "direction",
            "pct_over_min",
            "pct_over_max",
            "top_n",
            "is_active",
            "require_quality_ready",
        ),
    ),
)

ANY = "ANY"
"""A direction or signal condition that lets everything pass."""
_EITHER = {"GREEN_OR_YELLOW": ("GREEN", "YELLOW")}


class Candidate(Pick):
    """A forecast that subsets may choose from; what it has beyond a pick is stored with the frozen pick.

    Attributes:
        game_id: As the forecast stores it.
        confidence_score: 0 to 100.
        feature_quality_score: 0 to 100, of the newest features.
        default_feature_count: As the forecast stores it, and so the others.
        line_source: Where the line comes from.
        prediction_run_mode: Which run made the forecast.
        prediction_made_before_game: Whether it was made before the game.
        quality_alert_level: ``green`` when all features were good.
    """

    game_id: str
    confidence_score: float
    feature_quality_score: float
    default_feature_count: int | None
    line_source: str | None
    prediction_run_mode: str | None
    prediction_made_before_game: bool | None
    quality_alert_level: str | None


@dataclass(frozen=True)
class Definition:
    """The rule of one subset; None does not filter.

    Attributes:
        subset_id: Internal id.
        system_id: The model whose forecasts it chooses from.
        min_edge: Smallest edge in points, inclusive.
        min_confidence: Smallest confidence, 0 to 100, inclusive.
        direction: ``OVER`` or ``UNDER``.
        signal_condition: ``GREEN``, ``YELLOW``, ``RED`` or ``GREEN_OR_YELLOW``.
        pct_over_min: Smallest share of overs among the day's forecasts, in percent, inclusive.
        pct_over_max: Greatest, inclusive.
        top_n: How many it keeps.
        needs_quality: Only forecasts without any quality alert.
    """

    subset_id: str
    system_id: str
    min_edge: float | None = None
    min_confidence: float | None = None
    direction: str | None = None
    signal_condition: str | None = None
    pct_over_min: float | None = None
    pct_over_max: float | None = None
    top_n: int | None = None
    needs_quality: bool = False

    @property
    def is_broad(self) -> bool:
        """It takes what its edge and confidence let pass, on any day (contract S-2)."""
        return self.direction is None and self.signal_condition is None and self.top_n is None


@dataclass(frozen=True)
class Market:
    """The champion's conditions of a date, which hold for the subsets of every model; None when unknown."""

    signal: str | None = None
    pct_over: float | None = None


def definitions(rows: Iterable[SubsetDefinitionRow]) -> tuple[Definition, ...]:
    """Return the active definitions by model and id, one per id.

    A row that names no model defines nothing (contract M-9); of rows that share an id the greatest counts (F-5).
    """
    active = (row for row in rows if row.is_active and row.system_id)
    chosen = latest_per(active, key=lambda row: row.subset_id, by=lambda _: ())
    return tuple(sorted(map(_definition, chosen.values()), key=lambda found: (found.system_id, found.subset_id)))


def _definition(row: SubsetDefinitionRow) -> Definition:
    confidence = exact(row.min_confidence or None)
    return Definition(
        subset_id=row.subset_id,
        system_id=row.system_id or "",
        # Zero is no filter (contract C §0.6).
        min_edge=row.min_edge or None,
        min_confidence=None if confidence is None else float(confidence_percent(confidence)),
        direction=_unless_any(row.direction),
        signal_condition=_unless_any(row.signal_condition),
        pct_over_min=row.pct_over_min,
        pct_over_max=row.pct_over_max,
        top_n=row.top_n if row.top_n is not None and row.top_n > 0 else None,
        needs_quality=bool(row.require_quality_ready),
    )


def _unless_any(value: str | None) -> str | None:
    return None if not value or value == ANY else value


def membership(
    found: Iterable[Definition], candidates: Iterable[Candidate], market: Market, *, alert_level: str
) -> dict[Definition, list[Candidate]]:
    """Return the members of each subset, best first (contract C §1.3).

    Args:
        found: The definitions; each appears in the result, without members if need be (contract P-1).
        candidates: The forecasts of one date, of any models.
        market: The conditions of the date.
        alert_level: The quality alert level of a forecast without alerts.
    """
    by_system: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_system.setdefault(candidate["system_id"], []).append(candidate)
    ranked = {system: one_per_player(own) for system, own in by_system.items()}
    return {
        definition: _members(definition, ranked.get(definition.system_id, ()), market, alert_level)
        for definition in found
    }


def _members(definition: Definition, ranked: Sequence[Candidate], market: Market, alert_level: str) -> list[Candidate]:
    if not _suits(definition, market):
        return []
    passing = [candidate for candidate in ranked if _passes(definition, candidate, alert_level)]
    return passing[: definition.top_n]


def _suits(definition: Definition, market: Market) -> bool:
    """Whether a subset plays on such a day; what is not known about the day excludes nothing (contract C §1.3)."""
    condition = definition.signal_condition
    if (
        condition is not None
        and market.signal is not None
        and market.signal not in _EITHER.get(condition, (condition,))
    ):
        return False
    if market.pct_over is None:
        return True
    low, high = definition.pct_over_min, definition.pct_over_max
    return (low is None or market.pct_over >= low) and (high is None or market.pct_over <= high)


def _passes(definition: Definition, candidate: Candidate, alert_level: str) -> bool:
    """Whether a forecast meets a definition (contract G-2, M-5).

    Both sides of a threshold are doubles of the decimals that were written, so they compare as those decimals do.
    """
    edge, confidence = definition.min_edge, definition.min_confidence
    return (
        (edge is None or candidate["edge"] >= edge)
        and (confidence is None or candidate["confidence_score"] >= confidence)
        and definition.direction in (None, candidate["recommendation"])
        and (not definition.needs_quality or candidate["quality_alert_level"] == alert_level)
    )


def total_available(candidates: Iterable[Candidate]) -> Mapping[str, int]:
    """Return how many forecasts each model offered."""
    counts: dict[str, int] = {}
    for candidate in candidates:
        counts[candidate["system_id"]] = counts.get(candidate["system_id"], 0) + 1
    return counts
