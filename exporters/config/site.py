"""The numbers of the documents that only the site reads."""

from __future__ import annotations

from dataclasses import dataclass

# fmt: off
TEAMS = frozenset({
    "ATL", "BOS", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW",
    "HOU", "IND", "LAC", "LAL", "MEM", "MIA", "MIL", "MIN", "NOP", "NYK",
    "OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS",
})
# fmt: on
"""The teams of the default league."""


@dataclass(frozen=True)
class CalendarRules:
    """Which games a calendar counts (E1).

    Attributes:
        apart: How official ids begin whose games do not count: preseason and All-Star games (E1-2).
        days_back: Days before the league day.
        days_ahead: Days after it.
        season_days: Days within which a schedule of the season can end, whichever day it is read on.
    """

    apart: tuple[str, ...] = ("001", "003")
    days_back: int = 30
    days_ahead: int = 7
    season_days: int = 365


@dataclass(frozen=True)
class HaltRules:
    """How a document says that picks are paused (L6).

    Attributes:
        sport: The sport of the rows that count.
        reasons: The reasons that the warehouse gives.
        unknown: The reason of a date that nothing is known of; any other text that the warehouse holds counts as it.
        unknown_days: Days for which a date counts as halted for that reason, after it.
        off_season: The reason of a date that no game is near, or that is outside of the months of a season.
        near_days: Days around a date within which a game is near.
        between_rounds: The reason of a date in a break of the season.
        ahead_days: Days within which the next game is played unless there is a break.
        break_days: Days in a row without a game that are a break, as around the All-Star game.
        inactive: The reason of a date for which the champion has no forecasts.
        unvouched: The reason of a date whose gate withholds for another cause.
    """

    sport: str = "nba"
    reasons: tuple[str, ...] = (
        "off_season",
        "between_rounds",
        "edge_collapse",
        "fleet_blocked",
        "predictions_inactive",
        "pick_drought",
        "manual",
    )
    unknown: str = "unknown_state"
    unknown_days: int = 7
    off_season: str = "off_season"
    near_days: int = 21
    between_rounds: str = "between_rounds"
    ahead_days: int = 14
    break_days: int = 4
    inactive: str = "predictions_inactive"
    unvouched: str = "unknown_state"


@dataclass(frozen=True)
class BestBetsPageRules:
    """What the page of best bets shows, and when it has too little (L4).

    Attributes:
        angles: Reasons that are given for a pick of the date.
        last: Newest decided picks that make up ``last_10``.
        stat: What is picked.
        untouched: Status of a published pick whose game had begun: the history of earlier dates leaves it out.
        algorithm: Source of a pick that the signals chose.
        manual: Source of a pick that was added by hand.
        ordinary: Texts of ``ultra_tier`` that say that a pick is none.
        guarded_from: Days of the season after which a page with fewer picks is refused.
        min_picks: Picks that it must have then.
        min_graded: Decided picks that it must have then.
        unguarded: Reasons of a halt that allow for fewer.
    """

    angles: int = 3
    last: int = 10
    stat: str = "PTS"
    untouched: str = "game_started"
    algorithm: str = "algorithm"
    manual: str = "manual"
    ordinary: frozenset[str] = frozenset({"", "0", "f", "false", "n", "no", "none", "null"})
    guarded_from: int = 14
    min_picks: int = 10
    min_graded: int = 5
    unguarded: frozenset[str] = frozenset({"off_season", "edge_collapse", "fleet_blocked"})
