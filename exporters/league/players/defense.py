"""How each team's defence ranks on a date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Read, Window
from exporters.warehouse.league_rows import DefenseRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import DEFENSE

READS = (
    Read(
        DEFENSE,
        ("team_abbr", "analysis_date", "opponent_points_per_game", "processed_at", "early_season_flag"),
        Window(days=RULES.defense.fresh_days),
    ),
)


ZONE_READS = (
    Read(
        DEFENSE,
        (
            "team_abbr",
            "analysis_date",
            "opponent_points_per_game",
            "paint_pct_allowed_last_15",
            "three_pt_pct_allowed_last_15",
            "games_in_sample",
            "processed_at",
            "early_season_flag",
        ),
        Window(days=RULES.trends.team.zone_days),
    ),
)
"""Where teams allow points."""


def newest_analyses(rows: Iterable[DefenseRow], day: date) -> dict[str, DefenseRow]:
    """Return each team's newest analysis before a date, teams in the order of their codes (contract E8-3).

    One of the early season is skipped, and so is one that is too old.
    """
    first = ZONE_READS[0].window.first(day)
    usable = (row for row in rows if first <= row.analysis_date < day and not row.early_season_flag)
    chosen = latest_per(
        usable,
        key=lambda row: row.team_abbr,
        by=lambda row: (row.analysis_date, known(row.processed_at)),
        ties=ZONE_READS[0].columns,
    )
    return dict(sorted(chosen.items()))


class DefenseRank(NamedTuple):
    """A team's place among all defences: rank 1 allows the fewest points; equal teams share a rank.

    Attributes:
        rank: The place.
        points_allowed: Points that the team allows per game.
        tier: ``elite``, ``good``, ``average`` or ``weak``.
    """

    rank: int
    points_allowed: Decimal
    tier: str


def tier_of(rank: int) -> str:
    """Return the tier of a rank."""
    rules = RULES.defense
    return next((tier for tier, last in rules.tiers if rank <= last), rules.last_tier)


class Defenses:
    """The analyses of all teams.

    A row may count the games of its own date, so a game shows only those of the dates before it (contract B2-D11,
    P&L G10).
    """

    def __init__(self, rows: Iterable[DefenseRow]) -> None:
        """Keep the newest row per team and date; a row without a value or of the early season is skipped."""
        usable = (row for row in rows if row.opponent_points_per_game is not None and not row.early_season_flag)
        chosen = latest_per(
            usable,
            key=lambda row: (row.team_abbr, row.analysis_date),
            by=lambda row: (known(row.processed_at),),
            ties=READS[0].columns,
        )
        self._by_date: dict[date, list[DefenseRow]] = defaultdict(list)
        for row in chosen.values():
            self._by_date[row.analysis_date].append(row)
        self._ranks: dict[date, Mapping[str, DefenseRank]] = {}

    def ranks(self, day: date) -> Mapping[str, DefenseRank]:
        """Return each team's rank as known before a date's games; empty when too few teams have a fresh analysis."""
        if day not in self._ranks:
            self._ranks[day] = self._rank(day)
        return self._ranks[day]

    def _rank(self, day: date) -> Mapping[str, DefenseRank]:
        newest: dict[str, Decimal] = {}
        for age in range(1, RULES.defense.fresh_days + 1):
            for row in self._by_date.get(day - timedelta(days=age), ()):
                if row.opponent_points_per_game is not None:
                    newest.setdefault(row.team_abbr, row.opponent_points_per_game)
        if len(newest) < RULES.defense.min_teams:
            return {}
        ranks: dict[Decimal, int] = {}
        for place, value in enumerate(sorted(newest.values()), start=1):
            ranks.setdefault(value, place)
        return {team: DefenseRank(ranks[value], value, tier_of(ranks[value])) for team, value in newest.items()}
