"""``trends-quick-hits``: one-line facts about what goes over the line more often, or less (contract: site-types E9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer
from exporters.league.arithmetic.numbers import rounded_fraction, signed_text
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.situations import (
    ALL,
    AWAY,
    B2B,
    HOME,
    ONE_DAY,
    RESTED,
    WEEKDAYS,
    Overs,
    added_up,
    reads,
    situations,
)
from exporters.league.nights.slate import Season
from exporters.warehouse.tables import GAMES

_RULES = RULES.trends.quick_hits
_REST = {
    B2B: ("Back-to-Back Boost", "Back-to-Back Blues", "OVER rate on the second of two days"),
    ONE_DAY: ("Standard Rest", "Standard Rest", "OVER rate after one night off"),
    RESTED: ("Fresh Legs", "Rest Rust", "OVER rate after two or more nights off"),
}
"""Headlines above and below the average, and what is counted."""
_PLACES = {HOME: ("Home Court Advantage", "at home"), AWAY: ("Road Warriors", "on the road")}
_TYPES = {
    "star": ("stars_overs", "Star Power", "OVER rate of players with 22 points per game or more"),
    "scorer": ("scorers_overs", "Secondary Scorers", "OVER rate of players with 15 to 22 points per game"),
    "rotation": ("rotation_overs", "Rotation Players", "OVER rate of players with 8 to 15 points per game"),
    "role_player": ("bench_overs", "Bench Mob", "OVER rate of players with less than 8 points per game"),
}

QUICK_HITS = Export(
    name="trends-quick-hits",
    grain=Grain.SEASON,
    reads=reads(_RULES.days),
    path="trends/quick-hits/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("trends/quick-hits.json", Follows.TODAY, Cache.HALF_DAY),),
    counts=("total_available",),
    results_in=GAMES,
)


@QUICK_HITS.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player to counts by situation; None without a game over or under the line."""
    found = situations(night, night.date - timedelta(days=_RULES.days))
    if ALL not in found.overs:
        return None
    kind = found.archetype.name if found.games >= _RULES.min_games else None
    return {"archetype": kind, "overs": found.plain()}


class Hit(NamedTuple):
    """A fact, and how far it is from what it is compared with."""

    distance: Fraction
    stat: Json

    @property
    def order(self) -> tuple[Fraction, int, str]:
        """The farthest first, then the largest sample (contract E9-1)."""
        return (-self.distance, -self.stat["sample_size"], self.stat["id"])


@QUICK_HITS.builder
def build(season: Season) -> Json:
    """List the facts that are farthest from the average of all games."""
    cards = season.cards(QUICK_HITS)
    overs = added_up(made["overs"] for made in cards)
    by_kind = {
        kind: added_up(made["overs"] for made in cards if made["archetype"] == kind).get(ALL, Overs())
        for kind in _TYPES
    }
    hits = sorted(hits_of(overs, by_kind), key=lambda hit: hit.order)
    return {
        "generated_at": season.generated_at,
        "as_of_date": season.date.isoformat(),
        "stats": [hit.stat for hit in hits[: _RULES.listed]],
        "total_available": len(hits),
        "refresh_note": "Refreshed every Wednesday",
    }


def hits_of(overs: Mapping[str, Overs], by_kind: Mapping[str, Overs]) -> Iterator[Hit]:
    """Yield every fact worth telling.

    Args:
        overs: Games over or under the line, by situation.
        by_kind: Those of each type of player.
    """
    average = overs.get(ALL, Overs()).percent
    if average is None:
        return
    groups = [
        *(_weekday(day, overs.get(day, Overs())) for day in WEEKDAYS),
        *(_Group(f"{rest}_overs", "situational", *_REST[rest], _RULES.rest_points, overs.get(rest)) for rest in _REST),
        *(
            _Group(found, "player_type", headline, headline, counted, _RULES.type_points, by_kind.get(kind))
            for kind, (found, headline, counted) in _TYPES.items()
        ),
    ]
    for group in groups:
        yield from group.hit(average)
    yield from _split(overs.get(HOME, Overs()), overs.get(AWAY, Overs()))


class _Group(NamedTuple):
    """Games that have something in common, and what a fact about them says."""

    id: str
    category: str
    above: str
    below: str
    counted: str
    least: Fraction
    overs: Overs | None

    def hit(self, average: Fraction) -> Iterator[Hit]:
        """Yield the fact, where there are enough games and they are far enough from the average."""
        overs = self.overs
        if overs is None or overs.percent is None or overs.games < _RULES.min_sample:
            return
        difference = overs.percent - average
        if abs(difference) >= self.least:
            context = f"vs {rounded_fraction(average, 1)}% overall ({signed_text(rounded_fraction(difference, 1))}%)"
            headline = self.above if difference > 0 else self.below
            yield Hit(
                abs(difference), _stat(self.id, self.category, headline, overs, self.counted, overs.games, context)
            )


def _weekday(day: str, overs: Overs) -> _Group:
    name = day.capitalize()
    return _Group(
        f"{day}_overs",
        "day_of_week",
        f"{name} Surge",
        f"{name} Slump",
        f"OVER rate on {name}s",
        _RULES.weekday_points,
        overs,
    )


def _split(home: Overs, away: Overs) -> Iterator[Hit]:
    """Yield the fact about home and away, that of the side that goes over more often."""
    if home.percent is None or away.percent is None or min(home.games, away.games) < _RULES.min_sample:
        return
    gap = abs(home.percent - away.percent)
    if gap < _RULES.place_points:
        return
    (name, more), (other, less) = (
        ((HOME, home), (AWAY, away)) if home.percent > away.percent else ((AWAY, away), (HOME, home))
    )
    headline, place = _PLACES[name]
    context = f"vs {less.shown}% {_PLACES[other][1]} ({rounded_fraction(gap, 1)}% gap)"
    counted = f"OVER rate of players {place}"
    games = home.games + away.games
    yield Hit(gap / 2, _stat("home_away_split", "situational", headline, more, counted, games, context))


def _stat(found: str, category: str, headline: str, overs: Overs, counted: str, games: int, context: str) -> Json:
    return {
        "id": found,
        "category": category,
        "headline": headline,
        "stat": f"{overs.shown}%",
        "description": counted,
        "sample_size": games,
        "trend": _trend(overs),
        "context": context,
    }


def _trend(overs: Overs) -> str:
    percent = overs.percent or Fraction(0)
    if percent > _RULES.positive_above:
        return "positive"
    return "negative" if percent < _RULES.negative_below else "neutral"
