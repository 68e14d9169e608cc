"""The numbers that the contract fixes for what is said of players: how hot they are, and what news say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

Bands = tuple[tuple[str, Decimal], ...]
"""Labels with their inclusive lower bounds, descending: a value takes the first label whose bound it reaches."""


@dataclass(frozen=True)
class HeatRules:
    """The score of how hot a player is, 0 to 10 (P&L B.3, S11).

    Attributes:
        games: Newest games with a line that the score looks at.
        min_games: With fewer of them there is no score.
        hits_worth: Points of the score that games over the line are worth.
        run_worth: Points that the current run of overs is worth.
        margin_worth: Points that the mean margin is worth.
        long_run: Overs in a row that are worth the whole of their part.
        wide_margin: Points above the line that are worth the whole of theirs; as many below are worth nothing.
        temperatures: What a score is called.
    """

    games: int = 10
    min_games: int = 3
    hits_worth: Fraction = Fraction(5)
    run_worth: Fraction = Fraction(5, 2)
    margin_worth: Fraction = Fraction(5, 2)
    long_run: int = 10
    wide_margin: int = 10
    temperatures: Bands = (
        ("hot", Decimal("8.0")),
        ("warm", Decimal("6.5")),
        ("neutral", Decimal("4.5")),
        ("cool", Decimal("3.0")),
        ("cold", Decimal(0)),
    )


@dataclass(frozen=True)
class NewsRules:
    """The articles about a player (P&L P16).

    Attributes:
        days: How old an article may be.
        stories: Articles that a profile shows.
        longest_title: Longer titles are cut.
        cut_title: What a cut title is cut to, at a space if one lies beyond ``shortest_title``.
        shortest_title: See there.
        listed: Articles that a player's news list shows (E4).
        recent_hours: How old an article of the summary of all players may be (E4-5).
        critical_days: How old an article may be that marks a player (E4-4).
        impacts: How much a category matters; one that is not named matters little (E4).
        critical: The categories that mark a player (E4).
    """

    days: int = 365
    stories: int = 5
    longest_title: int = 50
    cut_title: int = 47
    shortest_title: int = 30
    listed: int = 20
    recent_hours: int = 72
    critical_days: int = 7
    impacts: Mapping[str, str] = field(
        default_factory=lambda: {
            "injury": "high",
            "trade": "high",
            "suspension": "high",
            "signing": "medium",
            "lineup": "medium",
        },
        hash=False,
    )
    critical: frozenset[str] = frozenset({"injury", "trade", "suspension"})
