"""The numbers of the documents about trends (contract: site-types E5 to E9, E11)."""

from __future__ import annotations

from dataclasses import dataclass


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
    hot_cold: HotColdRules = HotColdRules()
