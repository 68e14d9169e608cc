"""How many games of the league each date has (contract: site-types E1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from exporters.config import RULES, ExportConfig
from exporters.declaration import Read, Window, WouldBeEmpty
from exporters.warehouse.league_rows import ScheduleRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import SCHEDULE

COLUMNS = ("game_date", "away_team_tricode", "home_team_tricode", "game_status", "game_id", "processed_at")
SEASON = Window(seasons=1, ahead=RULES.calendar.season_days)
"""From the season's first day on, without an end: a game may be moved to any later date."""
AROUND = Window(days=RULES.calendar.days_back, ahead=RULES.calendar.days_ahead)

SEASON_READS = (Read(SCHEDULE, COLUMNS, SEASON),)
READS = (*SEASON_READS, Read(SCHEDULE, COLUMNS, AROUND))


class GameCounts:
    """The games of each date, as a schedule read around one day has them.

    A game counts once on its date, whichever team is said to be at home. One whose id stands on several dates was
    moved: it counts on the date that was written last.
    """

    def __init__(self, rows: Iterable[ScheduleRow], day: date, config: ExportConfig) -> None:
        """Count the games of the league in the rows of the season's dates, and of those around a day.

        Args:
            rows: Schedule rows.
            day: The league day.
            config: The rules of the league, with its calendar and its teams.
        """
        calendar, apart = config.calendar, RULES.calendar.apart
        first, last = min(SEASON.first(day, calendar), AROUND.first(day)), SEASON.last(day)
        league = (
            row
            for row in rows
            if first <= row.game_date <= last
            and {row.away_team_tricode, row.home_team_tricode} <= config.teams
            and not row.game_id.startswith(apart)
        )
        placed = latest_per(
            league, key=lambda row: row.game_id, by=lambda row: (known(row.processed_at), known(row.game_status))
        )
        meetings = {
            (row.game_date, frozenset((row.away_team_tricode, row.home_team_tricode))) for row in placed.values()
        }
        self._day, self._calendar = day, calendar
        self._counts: Mapping[date, int] = Counter(on for on, _ in meetings)

    def between(self, first: date, last: date) -> dict[date, int]:
        """Return the number of games of each date that has some, both ends included, ascending."""
        return {on: self._counts[on] for on in sorted(self._counts) if first <= on <= last}

    def season(self) -> dict[date, int]:
        """Return the same of all dates of the season.

        Raises:
            WouldBeEmpty: The schedule has no game of the season.
        """
        season_start = self._calendar.season_start
        start = season_start(self._day)
        found = {on: count for on, count in self.between(start, date.max).items() if season_start(on) == start}
        if not found:
            raise WouldBeEmpty(
                f"the schedule has no game of the season of {self._day}; a document without games would replace one "
                "that has some: load the season's schedule, and run again"
            )
        return found

    def around(self) -> dict[date, int]:
        """Return the same of the dates around the day; none between seasons.

        Raises:
            WouldBeEmpty: The schedule has no game of these dates, although the season runs, or none at all.
        """
        found = self.between(AROUND.first(self._day), AROUND.last(self._day))
        if found:
            return found
        dates = self.season()
        if min(dates) <= self._day <= max(dates):
            raise WouldBeEmpty(
                f"the schedule has no game from {AROUND.first(self._day)} to {AROUND.last(self._day)}, although the "
                f"season lasts from {min(dates)} to {max(dates)}; an empty calendar would replace one that has games: "
                "load the schedule, and run again"
            )
        return found
