"""The league day, the one calendar of a league.

Games end after midnight and belong to the evening on which they began, so the default league's day starts at 04:00 in
New York. Another league may have another hour and another time zone.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from exporters.config.calendar import LEAGUE_ZONE, ROLLOVER_HOUR, LeagueCalendar
from exporters.config.leagues import NBA

__all__ = ["LEAGUE_ZONE", "ROLLOVER_HOUR", "league_day"]


def league_day(now: datetime, calendar: LeagueCalendar = NBA.calendar) -> date:
    """Return the league day of an instant.

    Args:
        now: An aware datetime, in any zone.
        calendar: The calendar of the league.

    Raises:
        ValueError: ``now`` is naive, so it names no instant.
        RuntimeError: The system has no time zone database.
    """
    if now.utcoffset() is None:
        raise ValueError(f"{now!r} has no time zone: pass an aware datetime, for example datetime.now(timezone.utc)")
    # Compared on the wall clock: subtracting hours of elapsed time would be wrong twice a year.
    local = now.astimezone(calendar.zone)
    return local.date() if local.hour >= calendar.rollover_hour else local.date() - timedelta(days=1)
