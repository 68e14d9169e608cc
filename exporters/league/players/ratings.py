"""How good each team's defence was before a game: rating, rank, pace, and where it is strong (contract P&L C.3)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from exporters.config import RULES
from exporters.declaration import Read, Window
from exporters.warehouse.league_rows import DefenseRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import DEFENSE

KEPT = Window(days=RULES.sources.zones_days)
"""How far back a team's newest analysis is looked for; the warehouse keeps no older ones."""

READS = (
    Read(
        DEFENSE,
        (
            "team_abbr",
            "analysis_date",
            "processed_at",
            "defensive_rating_last_15",
            "opponent_pace",
            "paint_defense_vs_league_avg",
            "three_pt_defense_vs_league_avg",
        ),
        KEPT,
    ),
)

STRONG, WEAK, AVERAGE = "strong", "weak", "average"


@dataclass(frozen=True)
class Rating:
    """A team's defence.

    Attributes:
        points: Points allowed per 100 possessions over the last 15 games.
        rank: 1 for the lowest ``points``; equal teams share a rank.
        pace: Possessions per game; None when unknown.
        paint: Tier of the defence in the paint: ``strong``, ``weak`` or ``average``.
        perimeter: Tier of the defence behind the three-point line.
    """

    points: Decimal
    rank: int
    pace: Decimal | None
    paint: str
    perimeter: str


def zone_tier(versus_league: Decimal | None) -> str:
    """Return the tier of a zone from what it allows against the league's, in percentage points (contract P&L G7)."""
    if versus_league is None or abs(versus_league) < RULES.defense.zone_points:
        return AVERAGE
    return WEAK if versus_league > 0 else STRONG


class Ratings:
    """The rated analyses of all teams.

    A row may count the games of its own date, so a game shows only those of the dates before it (contract P&L G10).
    Rows without a rating, such as the placeholders of a young season, say nothing (contract P&L G6).
    """

    def __init__(self, rows: Iterable[DefenseRow]) -> None:
        """Keep the newest row per team and date."""
        rated = (row for row in rows if row.defensive_rating_last_15 is not None)
        chosen = latest_per(
            rated,
            key=lambda row: (row.team_abbr, row.analysis_date),
            by=lambda row: (known(row.processed_at),),
            ties=READS[0].columns,
        )
        self._rows: dict[str, list[DefenseRow]] = defaultdict(list)
        self._dates: dict[str, list[date]] = defaultdict(list)
        for team, day in sorted(chosen):
            self._rows[team].append(chosen[team, day])
            self._dates[team].append(day)
        self._before: dict[date, Mapping[str, Rating]] = {}

    def before(self, day: date) -> Mapping[str, Rating]:
        """Return the rating of every team that has one, as known before a date's games."""
        if day not in self._before:
            self._before[day] = self._rate(day)
        return self._before[day]

    def _rate(self, day: date) -> Mapping[str, Rating]:
        newest: dict[str, tuple[DefenseRow, Decimal]] = {}
        for team, dates in self._dates.items():
            end = bisect_left(dates, day)
            if end and dates[end - 1] >= KEPT.first(day):
                row = self._rows[team][end - 1]
                if row.defensive_rating_last_15 is not None:
                    newest[team] = (row, row.defensive_rating_last_15)
        ascending = sorted(points for _, points in newest.values())
        return {
            team: Rating(
                points=points,
                rank=bisect_left(ascending, points) + 1,
                pace=row.opponent_pace,
                paint=zone_tier(row.paint_defense_vs_league_avg),
                perimeter=zone_tier(row.three_pt_defense_vs_league_avg),
            )
            for team, (row, points) in newest.items()
        }
