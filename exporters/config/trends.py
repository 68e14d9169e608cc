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
class TrendRules:
    """All of them."""

    hot_cold: HotColdRules = HotColdRules()
