"""The numbers of the documents that only the site reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CalendarRules:
    """Which games a calendar counts (E1).

    Attributes:
        teams: The league's teams: a game of another one is an exhibition (E1-2).
        apart: How official ids begin whose games do not count: preseason and All-Star games (E1-2).
        days_back: Days before the league day.
        days_ahead: Days after it.
        season_days: Days within which a schedule of the season can end, whichever day it is read on.
    """

    # fmt: off
    teams: frozenset[str] = frozenset({
        "ATL", "BOS", "BKN", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW",
        "HOU", "IND", "LAC", "LAL", "MEM", "MIA", "MIL", "MIN", "NOP", "NYK",
        "OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS",
    })
    # fmt: on
    apart: tuple[str, ...] = ("001", "003")
    days_back: int = 30
    days_ahead: int = 7
    season_days: int = 365
