"""``trends-what-matters``: what changes how often players go over their line, by type of player (contract: E7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer
from exporters.league.arithmetic.numbers import exact_ratio, number, plain_ratio
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.situations import (
    ALL,
    AWAY,
    B2B,
    HOME,
    PLACES,
    REST,
    RESTED,
    Overs,
    added_up,
    reads,
    situations,
)
from exporters.league.nights.slate import Season
from exporters.league.players import identity
from exporters.warehouse.tables import GAMES

NOTHING = "No situation changes how often players go over their line by much"
_RULES = RULES.trends.what_matters

WHAT_MATTERS = Export(
    name="trends-what-matters",
    grain=Grain.SEASON,
    reads=(*reads(_RULES.days), *identity.READS),
    path="trends/what-matters/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("trends/what-matters.json", Follows.TODAY, Cache.HALF_DAY),),
    counts=tuple(f"archetypes.{kind.name}.player_count" for kind in _RULES.archetypes),
    results_in=GAMES,
)


@WHAT_MATTERS.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player to counts by situation; None without a type, or without a game over or under the line."""
    found = situations(night, night.date - timedelta(days=_RULES.days))
    if found.games < _RULES.min_games or ALL not in found.overs:
        return None
    return {
        "player": night.player,
        "name": night.name,
        "archetype": found.archetype.name,
        "mean": plain_ratio(found.mean),
        "overs": found.plain(),
    }


@WHAT_MATTERS.builder
def build(season: Season) -> Json:
    """Compare the situations of each type of player."""
    by_kind: dict[str, list[Json]] = {kind.name: [] for kind in _RULES.archetypes}
    for made in season.cards(WHAT_MATTERS):
        by_kind[made["archetype"]].append(made)
    overs = {name: _enough(added_up(made["overs"] for made in cards)) for name, cards in by_kind.items()}
    return {
        "generated_at": season.generated_at,
        "as_of_date": season.date.isoformat(),
        "archetypes": {
            kind.name: _archetype(kind.description, by_kind[kind.name], overs[kind.name]) for kind in _RULES.archetypes
        },
        "key_insights": list(_insights(overs))[: _RULES.insights] or [NOTHING],
    }


def _enough(overs: Mapping[str, Overs]) -> dict[str, Overs]:
    """Return the situations with enough games to say something."""
    least = {ALL: 1} | dict.fromkeys(REST, _RULES.min_rest_games) | dict.fromkeys(PLACES, _RULES.min_place_games)
    return {name: found for name, found in overs.items() if name in least and found.games >= least[name]}


def _archetype(description: str, cards: Sequence[Json], overs: Mapping[str, Overs]) -> Json:
    return {
        "description": description,
        "player_count": len(cards),
        "example_players": [made["name"] for made in sorted(cards, key=_by_mean)[: _RULES.examples]],
        "overall_over_pct": number(overs.get(ALL, Overs()).shown),
        "factors": {"rest": _factors(overs, REST), "home_away": _factors(overs, PLACES)},
    }


def _by_mean(made: Json) -> tuple[Any, ...]:
    return (-exact_ratio(made["mean"]), made["player"])


def _factors(overs: Mapping[str, Overs], names: Sequence[str]) -> Json:
    return {
        name: {"games": overs[name].games, "over_pct": number(overs[name].shown)} for name in names if name in overs
    }


def _insights(overs: Mapping[str, Mapping[str, Overs]]) -> Iterator[str]:
    """Yield what is worth a sentence, in the contract's order."""
    star, role = _RULES.archetypes[0], _RULES.archetypes[-1]
    overall = _compared(overs[star.name].get(ALL), overs[role.name].get(ALL), _RULES.overall_points)
    if overall is not None:
        yield f"{star.plural} go over their line {overall.more} often than {role.plural.lower()}: {overall.text}"
    rest = _compared(overs[star.name].get(B2B), overs[star.name].get(RESTED), _RULES.rest_points)
    if rest is not None:
        yield (f"{star.plural} go over {rest.more} often on back-to-backs: {rest.text} after two or more days of rest")
    for kind in _RULES.archetypes:
        place = _compared(overs[kind.name].get(HOME), overs[kind.name].get(AWAY), _RULES.place_points)
        if place is not None:
            yield f"{kind.plural} go over {place.more} often at home: {place.text} on the road"


class _Comparison(NamedTuple):
    """Two shares that differ, in words."""

    more: str
    text: str


def _compared(one: Overs | None, other: Overs | None, points: int) -> _Comparison | None:
    """Return the comparison of two shares; None unless both are known and differ by so many percentage points."""
    if one is None or other is None or one.percent is None or other.percent is None:
        return None
    difference = one.percent - other.percent
    if abs(difference) < points:
        return None
    return _Comparison("more" if difference > 0 else "less", f"{one.shown}% against {other.shown}%")
