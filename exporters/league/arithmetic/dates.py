"""Dates, instants and times of the clock."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache

from exporters.config.calendar import LeagueCalendar
from exporters.warehouse.schema import Instant

_EPOCH = datetime.fromtimestamp(0, timezone.utc)


@lru_cache(maxsize=4_096)
def iso(day: date) -> str:
    """Return a date as documents write it; the same text each time, so that cards that repeat it stay small."""
    return day.isoformat()


def utc(instant: Instant) -> datetime:
    """Return an instant as an aware datetime."""
    return _EPOCH + timedelta(microseconds=instant)


def instant_of(text: str) -> Instant:
    """Return the instant of an ISO 8601 text with offset, such as ``generated_at``."""
    return Instant((datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1))


def poll_id(generated_at: str) -> str:
    """Return the name of a poll of the live feed: the request's time, in UTC, as ``20260213T011201Z`` (contract E3)."""
    seconds, *_ = re.split("[.+Z]", generated_at)
    return f"{seconds.replace('-', '').replace(':', '')}Z"


def local_time(instant: Instant, calendar: LeagueCalendar) -> datetime:
    """Return an instant on the clock of a league, as an aware datetime."""
    return utc(instant).astimezone(calendar.zone)


def local_date(instant: Instant, calendar: LeagueCalendar) -> date:
    """Return the calendar date of an instant where a league is; it changes at midnight, unlike the league day."""
    return local_time(instant, calendar).date()


def clock_text(instant: Instant | None, calendar: LeagueCalendar) -> str | None:
    """Return the wall-clock time of an instant where a league is, such as ``7:30 PM ET``; None when unknown."""
    if instant is None:
        return None
    local = local_time(instant, calendar)
    return f"{(local.hour - 1) % 12 + 1}:{local.minute:02d} {('AM', 'PM')[local.hour // 12]} {calendar.clock_label}"
