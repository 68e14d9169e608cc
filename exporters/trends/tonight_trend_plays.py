"""``tonight-trend-plays``: streaks, momentum and rest of the players of tonight's games (contract: site-types E11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from typing import Any, NamedTuple

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer, Window, over
from exporters.league.arithmetic.numbers import exact_ratio, number, plain_ratio, rounded_fraction
from exporters.league.forecasts.heat import hit_rate, mean_margin
from exporters.league.forecasts.runs import is_current_run
from exporters.league.nights import team_tonight as tonight
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.nights.team_tonight import team_tonight
from exporters.league.players import box_scores, identity
from exporters.league.players.box_scores import mean_of, outcome
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.tables import GAMES

_RULES = RULES.trends.plays
STREAK, MOMENTUM, REST = "streak", "momentum", "rest"
TYPES = (STREAK, MOMENTUM, REST)
"""Types of trend: a player is shown with the first that he has."""
HIGH, MEDIUM = "high", "medium"

TREND_PLAYS = Export(
    name="tonight-trend-plays",
    grain=Grain.SLATE,
    reads=(
        *tonight.READS,
        *identity.POSITION_READS,
        *over(Window(seasons=_RULES.seasons), *box_scores.READS, *box_scores.WHOLE_READS),
    ),
    path="trends/tonight-plays/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("trends/tonight-plays.json", Follows.TODAY, Cache.HOUR),),
    counts=("total_trend_plays",),
    results_in=GAMES,
)


class Trend(NamedTuple):
    """A trend of a player.

    Attributes:
        kind: One of :data:`TYPES`.
        is_over: It speaks for going over the line.
        is_sure: Its confidence is high.
        order: What it is ordered by within its kind, ascending.
        details: As published.
    """

    kind: str
    is_over: bool
    is_sure: bool
    order: tuple[Fraction, ...]
    details: Json


@TREND_PLAYS.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player to his trends; None without one, without a game tonight, and for one who is out."""
    team = team_tonight(night)
    if not team.plays or team.injury_status == _RULES.excluded:
        return None
    trends = [trend for trend in (_streak(night), _momentum(night), _rest(night)) if trend is not None]
    if not trends:
        return None
    shown = trends[0]
    confidence = HIGH if shown.is_sure else MEDIUM
    return {
        "types": [trend.kind for trend in trends],
        "order": [plain_ratio(value) for value in shown.order],
        "play": {
            "player_lookup": night.player,
            "player_full_name": night.name,
            "team_abbr": team.team,
            "position": None if night.registry is None else night.registry.position,
            "trend_type": shown.kind,
            "trend_direction": "over" if shown.is_over else "under",
            "trend_details": shown.details,
            "confidence": confidence,
            "tonight": team.game,
        },
    }


def _streak(night: PlayerNight) -> Trend | None:
    """Return the run that streaks and tonight-players show (contract E11-11)."""
    run, length = night.run, len(night.run.games)
    if length < _RULES.min_run or not is_current_run(run.games[0].game_date, night.date):
        return None
    season = night.history.box_scores.whole_between(night.config.calendar.season_start(night.date), night.date)
    decided = [row for row in season if outcome(row) is not None]
    margin = mean_margin(run.games)
    return Trend(
        kind=STREAK,
        is_over=run.kind == "OVER",
        is_sure=length >= _RULES.long_run,
        order=(Fraction(-length), Fraction(0) if margin is None else -margin.points),
        details={
            "streak_length": length,
            "avg_margin": number(run.margin),
            "hit_rate_l10": number(rounded_fraction(hit_rate(decided[-RULES.form.long :]), 2)),
        },
    )


def _momentum(night: PlayerNight) -> Trend | None:
    """Return how far the newest games are from those around them."""
    first = night.date - timedelta(days=_RULES.momentum_days)
    return momentum_of(night.history.box_scores.whole_between(first, night.date))


def momentum_of(games: Sequence[GameRow]) -> Trend | None:
    """Return the momentum of some played games, oldest first; None without enough of it."""
    long = games[-_RULES.long :]
    newest, around = mean_of(long[-_RULES.short :]), mean_of(long)
    if len(long) < _RULES.least_long or newest is None or not around:
        return None
    change = (newest - around) / around
    if abs(change) < _RULES.momentum:
        return None
    return Trend(
        kind=MOMENTUM,
        is_over=change > 0,
        is_sure=abs(change) >= _RULES.strong_momentum,
        order=(-abs(change),),
        details={
            "momentum_type": "surging" if change > 0 else "slumping",
            "l5_avg": number(rounded_fraction(newest, 1)),
            "l15_avg": number(rounded_fraction(around, 1)),
            "pct_change": number(rounded_fraction(100 * change, 1)),
            "ppg_change": number(rounded_fraction(newest - around, 1)),
        },
    )


def _rest(night: PlayerNight) -> Trend | None:
    """Return how the player does with the rest that he has tonight."""
    season_start = night.config.calendar.season_start
    games = night.history.box_scores.rested_between(season_start(night.date, _RULES.seasons - 1), night.date)
    if not games or games[-1][0].game_date < season_start(night.date):
        return None
    gap = (night.date - games[-1][0].game_date).days
    rested = [row for row, before in games if before is not None and before >= RULES.rest.well_rested]
    tired = [row for row, before in games if before == RULES.rest.back_to_back]
    every = [row for row, before in games if before is not None]
    return rest_of(gap, rested=rested, tired=tired, every=every)


def rest_of(gap: int, *, rested: Sequence[GameRow], tired: Sequence[GameRow], every: Sequence[GameRow]) -> Trend | None:
    """Return the trend of a player's rest; None unless it is long or short, and makes a difference.

    Args:
        gap: Calendar days since the last game.
        rested: Games after a long rest.
        tired: Games on back-to-backs.
        every: All games whose rest is known.
    """
    is_fresh = RULES.rest.well_rested <= gap <= _RULES.longest_rest
    is_tired = gap == RULES.rest.back_to_back
    games, least = (rested, _RULES.min_rested_games) if is_fresh else (tired, _RULES.min_tired_games)
    overall, average = mean_of(every), mean_of(games)
    if not (is_fresh or is_tired) or overall is None or average is None or len(games) < least:
        return None
    if abs(average - overall) < _RULES.rest_points:
        return None
    rested_mean, tired_mean = mean_of(rested), mean_of(tired)
    impact = (overall if rested_mean is None else rested_mean) - (overall if tired_mean is None else tired_mean)
    return Trend(
        kind=REST,
        is_over=average > overall,
        is_sure=len(games) >= _RULES.many_games and abs(impact) >= _RULES.strong_rest_points,
        order=(Fraction(0 if is_fresh else 1), -abs(impact)),
        details={
            "rest_status": "fresh" if is_fresh else "tired",
            "days_rest": gap,
            "rested_avg": number(rounded_fraction(rested_mean, 1)),
            "b2b_avg": number(rounded_fraction(tired_mean, 1)),
            "overall_avg": number(rounded_fraction(overall, 1)),
            "rest_impact": number(rounded_fraction(impact, 1)),
            "sample_games": len(games),
        },
    )


@TREND_PLAYS.builder
def build(slate: Slate) -> Json:
    """List the players of tonight's games who have a trend, the surest first."""
    cards = sorted(slate.cards(TREND_PLAYS), key=_order)
    plays = [made["play"] for made in cards]
    return {
        "generated_at": slate.generated_at,
        "game_date": slate.date.isoformat(),
        "games_tonight": len(slate.schedule.on(slate.date)),
        "total_trend_plays": len(plays),
        "trend_plays": plays,
        "by_trend_type": {kind: sum(kind in made["types"] for made in cards) for kind in TYPES},
        "shown_by_trend_type": {kind: sum(play["trend_type"] == kind for play in plays) for kind in TYPES},
    }


def _order(made: Json) -> tuple[Any, ...]:
    play = made["play"]
    own = tuple(exact_ratio(pair) for pair in made["order"])
    return (play["confidence"] != HIGH, TYPES.index(play["trend_type"]), own, play["player_lookup"])
