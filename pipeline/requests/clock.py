"""The league day, the one calendar of the project.

Games end after midnight and belong to the evening on which they began, so the league's day starts at 04:00 in New York.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LEAGUE_ZONE = "America/New_York"
ROLLOVER_HOUR = 4
"""The league day's first hour. Clocks change at 02:00, so this hour exists exactly once on every date."""


@lru_cache(maxsize=1)
def _league_zone() -> ZoneInfo:
    try:
        return ZoneInfo(LEAGUE_ZONE)
    except ZoneInfoNotFoundError as error:
        raise RuntimeError(f"no time zone {LEAGUE_ZONE} on this system: pip install tzdata") from error


def league_day(now: datetime) -> date:
    """Return the league day of an instant.

    Args:
        now: An aware datetime, in any zone.

    Raises:
        ValueError: ``now`` is naive, so it names no instant.
        RuntimeError: The system has no time zone database.
    """
    if now.utcoffset() is None:
        raise ValueError(f"{now!r} has no time zone: pass an aware datetime, for example datetime.now(timezone.utc)")
    # Compared on the wall clock: subtracting four hours of elapsed time would be wrong twice a year.
    local = now.astimezone(_league_zone())
    return local.date() if local.hour >= ROLLOVER_HOUR else local.date() - timedelta(days=1)
