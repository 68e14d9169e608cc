"""The calendar of a league: when its days and its seasons begin, and which clock its documents show.

Imports nothing of the project.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LEAGUE_ZONE = "America/New_York"
CLOCK_LABEL = "ET"
ROLLOVER_HOUR = 4
"""The league day's first hour. Clocks change at 02:00, so this hour exists exactly once on every date."""
SEASON_MONTHS = (10, 6)


@dataclass(frozen=True)
class LeagueCalendar:
    """The days, seasons and clock of a league.

    A season is named by the year in which it begins. It begins on the first day of its first month and ends where the
    next one begins, so that every date is in exactly one.

    Attributes:
        time_zone: The IANA name of its time zone.
        clock_label: What follows a time of the wall clock there.
        rollover_hour: The hour of the wall clock there at which a league day begins.
        season_months: The first and the last month in which a season has games. Where the last one is in the next year,
            labels name both years.
    """

    time_zone: str = LEAGUE_ZONE
    clock_label: str = CLOCK_LABEL
    rollover_hour: int = ROLLOVER_HOUR
    season_months: tuple[int, int] = SEASON_MONTHS

    def __post_init__(self) -> None:
        """Keep what is asked for on every night of every player.

        Each calendar keeps its own: a cache of the method would look at all fields of the calendar in every call.
        """
        for function in (self.season_year, self.season_start, self.season_label):
            object.__setattr__(self, function.__name__, lru_cache(maxsize=4_096)(function))

    def __reduce__(self) -> tuple[Any, ...]:
        """Leave out what is kept."""
        return LeagueCalendar, tuple(getattr(self, attribute.name) for attribute in fields(self))

    @property
    def zone(self) -> ZoneInfo:
        """The time zone.

        Raises:
            RuntimeError: The system does not know it.
        """
        return _zone(self.time_zone)

    @property
    def spans_two_years(self) -> bool:
        """Whether a season ends in the year after the one in which it begins."""
        first, last = self.season_months
        return last < first

    def season_year(self, day: date) -> int:
        """Return the year in which the season of ``day`` begins: 2024 for 2025-03-01 where seasons begin in October."""
        return day.year if day.month >= self.season_months[0] else day.year - 1

    def season_start(self, day: date, seasons_back: int = 0) -> date:
        """Return the first day of the season of ``day``, or of an earlier season."""
        return date(self.season_year(day) - seasons_back, self.season_months[0], 1)

    def season_label(self, day: date) -> str:
        """Return the season of ``day`` as the registry writes it.

        ``2024-25`` where a season ends in the next year, ``2024`` where it lies within one.
        """
        year = self.season_year(day)
        return f"{year}-{(year + 1) % 100:02d}" if self.spans_two_years else f"{year}"

    def is_in_season(self, day: date) -> bool:
        """Whether a date is in a month in which a season has games."""
        first, last = self.season_months
        return (day.month - first) % 12 <= (last - first) % 12


NBA_CALENDAR = LeagueCalendar()
"""That of the default league."""


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError as error:
        raise RuntimeError(f"no time zone {name} on this system: pip install tzdata") from error
