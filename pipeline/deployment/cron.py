"""Times of schedules in unix-cron format, in New York: the last one up to an instant, and how many there are a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from pipeline.requests.clock import LEAGUE_ZONE

_DAYS_BACK = 32
"""A schedule that ran at no time in so many days is not looked at: the rarest ones run monthly."""
_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""Limits of the fields of a time: minute, hour, day of month, month, day of week, where 0 and 7 are Sunday."""
_YEAR = [date(2026, 1, 1) + timedelta(days=n) for n in range(364)]
"""52 weeks, so that every day of the week is there as often."""


def last_time(cron: str, until: datetime) -> datetime | None:
    """Return the last time of a unix-cron schedule up to an instant, in New York; None for none in a month.

    Args:
        cron: Five fields, which the schedule file has checked.
        until: The instant, aware.
    """
    minutes, hours = _times(cron)
    local = until.astimezone(ZoneInfo(LEAGUE_ZONE))
    for back in range(_DAYS_BACK):
        day = local.date() - timedelta(days=back)
        if not _is_on(cron, day):
            continue
        for hour in sorted(hours, reverse=True):
            for minute in sorted(minutes, reverse=True):
                at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=local.tzinfo)
                if at.astimezone(timezone.utc) <= until:
                    return at
    return None


def times_a_day(cron: str) -> float:
    """Return how often a unix-cron schedule runs a day, on the average of 52 weeks."""
    minutes, hours = _times(cron)
    return len(minutes) * len(hours) * sum(_is_on(cron, day) for day in _YEAR) / len(_YEAR)


def _times(cron: str) -> tuple[set[int], set[int]]:
    """Return the minutes and the hours of a schedule."""
    parts = cron.split()
    return _values(parts[0], *_FIELDS[0]), _values(parts[1], *_FIELDS[1])


def _is_on(cron: str, day: date) -> bool:
    """Whether a schedule runs on a day."""
    parts = cron.split()
    days, months, weekdays = (
        _values(part, low, high) for part, (low, high) in zip(parts[2:], _FIELDS[2:], strict=True)
    )
    # As cron does: where both days are restricted, either of them is enough.
    on_day, on_weekday = day.day in days, day.isoweekday() % 7 in {weekday % 7 for weekday in weekdays}
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    return day.month in months and (on_day or on_weekday if either else on_day and on_weekday)


def _values(part: str, low: int, high: int) -> set[int]:
    """Return the numbers that a field of a time stands for."""
    found: set[int] = set()
    for item in part.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        # A single number with a step goes on to the end, as an asterisk does.
        start = low if first == "*" else int(first)
        end = int(last) if last else high if first == "*" or step else start
        found.update(range(start, end + 1, int(step or 1)))
    return found
