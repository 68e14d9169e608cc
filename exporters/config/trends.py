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
    hot_cold: HotColdRules = HotColdRules()
