"""The numbers of the documents about trends (contract: site-types E5 to E9, E11)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class HotColdRules:
    """Who is hot and who is cold (E5).

    Attributes:
        days: Days before the date that are looked at.
        min_games: Decided games that a player needs.
        listed: Players in each list.
    """

    days: int = 30
    min_games: int = 5
    listed: int = 10


@dataclass(frozen=True)
class BounceBackRules:
    """Who comes back after a bad game (E6).

    Attributes:
        shortfall: Points below the season's average that make a game bad.
        min_games: Games that a season needs to have an average, and a record to be part of the baseline.
        min_history: Bad games that a rate needs.
        current_days: A last game is current when it is at most this many days old.
        significance: Labels with the bad games and the rate that they need, descending.
        insignificant: The label of every other rate.
    """

    shortfall: int = 10
    min_games: int = 10
    min_history: int = 3
    current_days: int = 14
    significance: tuple[tuple[str, int, Fraction], ...] = (("high", 10, Fraction(7, 10)), ("medium", 5, Fraction(3, 5)))
    insignificant: str = "low"


@dataclass(frozen=True)
class Archetype:
    """A type of player, by points per game.

    Attributes:
        name: As published.
        from_points: Points per game from which a player is of it.
        description: As published.
        plural: What texts call its players.
    """

    name: str
    from_points: int
    description: str
    plural: str


ARCHETYPES = (
    Archetype("star", 22, "22+ PPG stars", "Stars"),
    Archetype("scorer", 15, "15-22 PPG scorers", "15-22 PPG scorers"),
    Archetype("rotation", 8, "8-15 PPG rotation", "8-15 PPG rotation players"),
    Archetype("role_player", 0, "Under 8 PPG role players", "Role players"),
)
"""By descending points; the last one takes everybody else."""


@dataclass(frozen=True)
class WhatMattersRules:
    """What changes how often players go over their line, by type of player (E7).

    Attributes:
        days: Days before the date that are looked at.
        min_games: Played games that a player needs to be of a type.
        archetypes: The types.
        examples: Players that are named of each.
        min_rest_games: Decided games that a bucket of rest needs.
        min_place_games: Decided games that a place needs.
        insights: Sentences at most.
        overall_points: Percentage points between stars and role players that are worth a sentence.
        rest_points: Between back-to-backs and rested games of stars.
        place_points: Between home and away.
    """

    days: int = 365
    min_games: int = 20
    archetypes: tuple[Archetype, ...] = ARCHETYPES
    examples: int = 3
    min_rest_games: int = 20
    min_place_games: int = 50
    insights: int = 5
    overall_points: int = 5
    rest_points: int = 2
    place_points: int = 3


@dataclass(frozen=True)
class QuickHitRules:
    """One-line facts about games that went over more, or less, often than the rest (E9).

    Attributes:
        days: Days before the date that are looked at.
        min_games: Played games that a player needs to be of a type.
        min_sample: Games over or under the line that a group needs.
        listed: Facts in the document.
        weekday_points: Percentage points that make a fact of a weekday.
        rest_points: Of a bucket of rest.
        place_points: Of the gap between home and away.
        type_points: Of a type of player.
        positive_above: Percent over the line from which a trend is positive, exclusive.
        negative_below: Percent below which it is negative.
    """

    days: int = 90
    min_games: int = 5
    min_sample: int = 50
    listed: int = 8
    weekday_points: Fraction = Fraction(2)
    rest_points: Fraction = Fraction(3, 2)
    place_points: Fraction = Fraction(2)
    type_points: Fraction = Fraction(2)
    positive_above: int = 52
    negative_below: int = 48


@dataclass(frozen=True)
class TrendPlayRules:
    """Trends of the players of tonight's games (E11).

    Attributes:
        min_run: Games over or under the line in a row that make a streak.
        long_run: Games that make a sure one.
        momentum_days: Days before the date in which the newest games are looked for.
        short: Newest games that are held against ``long`` of them.
        long: See there.
        least_long: Games that there must be of the long ones.
        momentum: Share by which the two must differ.
        strong_momentum: Share that makes a sure trend.
        longest_rest: Gap up to which a long rest makes a player fresh, not rusty.
        seasons: Seasons in which a player's rest is compared, the date's own included.
        min_rested_games: Games after a long rest that a fresh player needs.
        min_tired_games: Games on back-to-backs that a tired one needs.
        rest_points: Points per game by which those games must differ from all.
        strong_rest_points: Points between rested and tired games that make a sure trend, with ``many_games``.
        many_games: See there.
        excluded: The injury status of players who are left out.
    """

    min_run: int = 3
    long_run: int = 5
    momentum_days: int = 45
    short: int = 5
    long: int = 15
    least_long: int = 10
    momentum: Fraction = Fraction(15, 100)
    strong_momentum: Fraction = Fraction(25, 100)
    longest_rest: int = 7
    seasons: int = 4
    min_rested_games: int = 5
    min_tired_games: int = 3
    rest_points: int = 2
    strong_rest_points: int = 3
    many_games: int = 10
    excluded: str = "out"


@dataclass(frozen=True)
class TeamRules:
    """Tendencies of teams (E8).

    Attributes:
        listed: Teams in each list; it takes half of them at most.
        pace_days: Days before the date behind the pace.
        min_pace_games: Games that a team needs there.
        zone_days: How old an analysis of a defence may be.
        place_days: Days behind home and away.
        min_place_games: Games at home, and away, that a team needs.
        rest_days: Days behind back-to-backs.
        min_tired_games: Games on back-to-backs that a team needs.
        min_rested_games: Games after more rest that it needs.
    """

    listed: int = 5
    pace_days: int = 30
    min_pace_games: int = 5
    zone_days: int = 30
    place_days: int = 60
    min_place_games: int = 5
    rest_days: int = 90
    min_tired_games: int = 3
    min_rested_games: int = 5


@dataclass(frozen=True)
class ResultRules:
    """What must be known of the games before a date.

    Attributes:
        days: Days before the date of which a finished game must have left a result somewhere, when none is known.
        known_days: Days before the date in which a team must have a result to be one of the league: more than a summer.
    """

    days: int = 30
    known_days: int = 200


@dataclass(frozen=True)
class TrendRules:
    """All of them."""

    results: ResultRules = ResultRules()
    bounce_back: BounceBackRules = BounceBackRules()
    what_matters: WhatMattersRules = WhatMattersRules()
    team: TeamRules = TeamRules()
    quick_hits: QuickHitRules = QuickHitRules()
    plays: TrendPlayRules = TrendPlayRules()
    hot_cold: HotColdRules = HotColdRules()
