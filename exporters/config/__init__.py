"""Every number and name that decides what is published: the one configuration module of the exporters.

A number belongs here when another one in its place would show, count or call something else: limits, lengths, bounds,
windows, weights. What an operator may tune is in :class:`ExportConfig`, what the contract fixes in :data:`RULES`.
Elsewhere in ``exporters`` stands only the arithmetic of a field: 0 and 1, factors that turn a unit into another
(halves, tenths, hours, minutes, percent), and the digits that a value is rounded to. A test holds every module to it.

Imports nothing of the project.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from exporters.config.calendar import NBA_CALENDAR, LeagueCalendar
from exporters.config.champions import CHAMPIONS
from exporters.config.guards import FunnelRules, GateRules, PerName, ShrinkRules
from exporters.config.players import Bands
from exporters.config.rules import RULES
from exporters.config.site import TEAMS

__all__ = [
    "RULES",
    "Bands",
    "BestBetRules",
    "ExportConfig",
    "FunnelRules",
    "GateRules",
    "LeagueCalendar",
    "PerName",
    "PickTier",
    "PlayerRole",
    "ResultTiers",
    "ShrinkRules",
    "SubsetRules",
]


@dataclass(frozen=True)
class PickTier:
    """One tier of the best bets: it selects picks and words their rationale (contract B1).

    Attributes:
        name: As published.
        min_edge: Smallest edge in points, inclusive; a pick belongs to the first tier that it reaches.
        most: Picks that are kept.
        promise: Text of the rationale for the tier.
        hit_rate: The target hit rate that the rationale gives.
    """

    name: str
    min_edge: Decimal
    most: int
    promise: str
    hit_rate: str


@dataclass(frozen=True)
class PlayerRole:
    """A role that the rationale of a best bet derives from the forecast.

    Attributes:
        name: As the rationale writes it.
        below: Forecast points, exclusive.
        remark: Text of the rationale, hit rate included.
    """

    name: str
    below: Decimal
    remark: str


@dataclass(frozen=True)
class BestBetRules:
    """What makes a pick a best bet, and how it is scored (contract P&R §2.2, §2.3).

    Attributes:
        tiers: By descending edge; the last one takes every other pick.
        most: Picks in all.
        points_below: Forecast points from which a player counts as a star and is left out, exclusive.
        skipped_confidence: Confidence, 0 to 100, that is left out: from the first value up to below the second.
        alert_level: The quality alert level that a forecast must have.
        alert_level_since: Before this date the level was not recorded, and forecasts without one pass (contract B5).
        full_edge: Edge in points at which the edge factor stops growing.
        doubling_edge: Edge in points at which it would be two.
        min_history: Decided picks of the player from which the player's own accuracy counts.
        default_accuracy: The history factor with fewer.
        confidence_labels: How the rationale calls a confidence, 0 to 100; nothing below the last bound.
        edge_labels: How it calls an edge in points.
        record_labels: How it calls the player's own accuracy, a share.
        roles: How it calls players, by ascending forecast.
    """

    tiers: tuple[PickTier, ...] = (
        PickTier("premium", Decimal(5), 5, "the widest gap between forecast and line", "83-88%"),
        PickTier("strong", Decimal(3), 10, "a clear gap between forecast and line", "74-79%"),
        PickTier("value", Decimal(0), 10, "a narrow gap between forecast and line", "63-69%"),
    )
    most: int = 25
    points_below: Decimal = Decimal(25)
    skipped_confidence: tuple[Decimal, Decimal] = (Decimal(88), Decimal(90))
    alert_level: str = "green"
    alert_level_since: date = date(2026, 2, 10)
    full_edge: Decimal = Decimal(5)
    doubling_edge: int = 10
    min_history: int = 5
    default_accuracy: Decimal = Decimal("0.85")
    confidence_labels: Bands = (("High", Decimal(90)), ("Good", Decimal(80)))
    edge_labels: Bands = (("Strong", Decimal(5)), ("Solid", Decimal(4)), ("Moderate", Decimal(2)))
    record_labels: Bands = (("Strong", Decimal("0.8")), ("Good", Decimal("0.7")))
    roles: tuple[PlayerRole, ...] = (
        PlayerRole("Bench player", Decimal(12), "where the model does best: 89% hit rate"),
        PlayerRole("Rotation player", Decimal(18), "where the model does well: 73%+ hit rate"),
    )


@dataclass(frozen=True)
class ResultTiers:
    """How graded forecasts are grouped (contract P&R §3.3).

    Attributes:
        confidence: By confidence, 0 to 100; the last tier takes unknown ones, too.
        player: By season scoring average; the last tier takes unknown ones, too.
        rested_days: Days of rest from which a player counts as rested.
        tired_above: Value of the back-to-back flag, 0 or 1, above which it is set.
    """

    confidence: Bands = (("high", Decimal(70)), ("medium", Decimal(55)), ("low", Decimal(0)))
    player: Bands = (("elite", Decimal(25)), ("starter", Decimal(15)), ("role_player", Decimal(0)))
    rested_days: int = 2
    tired_above: float = 0.5


@dataclass(frozen=True)
class SubsetRules:
    """What may become a pick of a subset, and what a pick pays (contract C §1.2, F-3).

    Attributes:
        min_feature_quality: Smallest quality of the newest features, 0 to 100, inclusive.
        alert_level: The quality alert level of a forecast whose features raised no alert.
        edge_weight: What a point of edge counts in the score that picks are ranked by.
        confidence_weight: What a point of confidence, 0 to 100, counts in it.
        payout: What a won pick returns on a stake of one; a lost one costs the stake.
    """

    min_feature_quality: Decimal = Decimal(85)
    alert_level: str = "green"
    edge_weight: int = 10
    confidence_weight: Decimal = Decimal("0.5")
    payout: Decimal = Decimal("0.909")


@dataclass(frozen=True)
class LiveRules:
    """How a running game is read, and when a forecast counts as trending (contract P&L L6).

    Attributes:
        periods: Periods of a game.
        period_minutes: Minutes of each.
        overtime_minutes: Minutes of each period after them.
        min_elapsed: Share of a game that must be over before a player's points are projected to its end.
        trend_margin: Points by which that projection must miss the line for a trend.
        fewest_players: Players without whom a team cannot play: a box score of fewer is not whole.
    """

    periods: int = 4
    period_minutes: int = 12
    overtime_minutes: int = 5
    min_elapsed: Fraction = Fraction(1, 4)
    trend_margin: Decimal = Decimal(1)
    fewest_players: int = 5


def _codenames() -> Mapping[str, str]:
    return {
        "catboost_v9_q43_train1102_0131": "aurora",
        "catboost_v9_q45_train1102_0131": "summit",
        "catboost_v9_202602": "phoenix-b",
        "catboost_v8": "atlas",
        "ensemble_v1": "echo",
        "similarity_v1": "drift",
        "xgboost_v2": "flint",
    }


@dataclass(frozen=True)
class ExportConfig:
    """What an operator may tune without touching an exporter.

    Attributes:
        champion_system_id: The model whose predictions the site shows.
        min_context_rows: Rows of the game context that a date with games needs before tonight types go out, however
            few its games are; 0 for no such bound.
        min_active_predictions: Active predictions, of all models, that a date with games needs before prediction types
            go out; likewise.
        min_streak_length: The shortest run that the streaks document lists.
        min_profile_games: Dates with a graded forecast that a player needs for a profile.
        codenames: The other models that may be named in public: system id to ``model_id`` of
            ``exporters.league.subsets.public_names``. The champion needs none.
        best_bets: What makes a best bet.
        result_tiers: How graded forecasts are grouped.
        min_compared: Recommendations of the season that a model needs to win a comparison (contract Y9).
        subsets: What may become a pick of a subset.
        live: How running games are read.
        write_subset_picks: Freeze the subset picks of dates whose games have not begun. Documents of such a date then
            show what this run selects, not what an earlier one froze.
        fallback_system_ids: Models that take the champion's place, in this order, when it has no forecasts.
        gates: What a date with games needs for each of its games.
        funnel: When so few players come through that a date is degraded.
        shrink: How much less than what is published a date may show.
        calendar: Days, seasons and clock of the league.
        teams: Its teams: a game of another one is an exhibition (E1-2).
    """

    champion_system_id: str = CHAMPIONS[-1].system_id
    min_context_rows: int = 0
    min_active_predictions: int = 0
    min_streak_length: int = 4
    min_profile_games: int = 5
    codenames: Mapping[str, str] = field(default_factory=_codenames, hash=False)
    best_bets: BestBetRules = BestBetRules()
    result_tiers: ResultTiers = ResultTiers()
    min_compared: int = 30
    subsets: SubsetRules = SubsetRules()
    live: LiveRules = LiveRules()
    write_subset_picks: bool = False
    fallback_system_ids: tuple[str, ...] = ()
    gates: GateRules = field(default_factory=GateRules)
    funnel: FunnelRules = field(default_factory=FunnelRules)
    shrink: ShrinkRules = field(default_factory=ShrinkRules)
    calendar: LeagueCalendar = NBA_CALENDAR
    teams: frozenset[str] = TEAMS
