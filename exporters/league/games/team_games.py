"""The games of teams: points, pace, place, and the nights since the game before (contract: site-types E8)."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from exporters.config import LeagueCalendar
from exporters.declaration import Read, Window
from exporters.league.games import schedule
from exporters.league.games.schedule import Schedule, counts
from exporters.warehouse.league_rows import ScheduleRow, TeamGameRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import TEAM_GAMES


def reads(days: int) -> tuple[Read, ...]:
    """Return the reads of a number of days, and of the season's schedule."""
    return (
        Read(
            TEAM_GAMES,
            (
                "game_date",
                "team_abbr",
                "points_scored",
                "pace",
                "home_game",
                "is_partial_game_data",
                "processed_at",
            ),
            Window(days=days),
        ),
        *(Read(read.table, read.columns, Window.SEASON) for read in schedule.READS),
    )


class TeamGames:
    """The games of every team that are over, as known before a date."""

    def __init__(
        self,
        rows: Iterable[TeamGameRow],
        scheduled: Iterable[ScheduleRow],
        first: date,
        day: date,
        calendar: LeagueCalendar,
    ) -> None:
        """Keep the newest row of each team's game from ``first`` to the day before ``day``, if the game is over.

        A team has one game a day. Rows of other dates, which another document has read, change nothing.
        """
        chosen = latest_per(
            (row for row in rows if first <= row.game_date < day),
            key=lambda row: (row.game_date, row.team_abbr),
            by=lambda row: (known(row.processed_at),),
            ties=reads(0)[0].columns,
        )
        self._by_team: dict[str, list[TeamGameRow]] = defaultdict(list)
        dates: dict[str, set[date]] = defaultdict(set)
        for when, team in sorted(chosen):
            row = chosen[when, team]
            dates[team].add(when)
            if not row.is_partial_game_data:
                self._by_team[team].append(row)
        self._calendar, opening = calendar, calendar.season_start(day)
        season = [row for row in scheduled if opening <= row.game_date < day and counts(row)]
        schedule = Schedule(season)
        for when in {row.game_date for row in season}:
            for game in schedule.on(when):
                if game.is_final:
                    dates[game.home].add(when)
                    dates[game.away].add(when)
        self._dates = {team: sorted(found) for team, found in dates.items()}

    def since(self, first: date) -> Mapping[str, Sequence[TeamGameRow]]:
        """Return the games from ``first`` on by team, teams in the order of their codes, oldest game first."""
        found = {team: [row for row in self._by_team[team] if row.game_date >= first] for team in sorted(self._by_team)}
        return {team: rows for team, rows in found.items() if rows}

    def gap(self, row: TeamGameRow) -> int | None:
        """Return the calendar days since the team's game before, by schedule or results; None in a season's first."""
        dates, season_year = self._dates[row.team_abbr], self._calendar.season_year
        place = bisect_left(dates, row.game_date)
        if place == 0 or season_year(dates[place - 1]) != season_year(row.game_date):
            return None
        return (row.game_date - dates[place - 1]).days
