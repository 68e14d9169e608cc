"""Seasons and instants.

A season is named by the year in which it starts and begins on 1 October.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from exporters.config import RULES
from exporters.warehouse.schema import Instant

NEW_YORK = ZoneInfo("America/New_York")
_EPOCH = datetime.fromtimestamp(0, timezone.utc)


def season_year(day: date) -> int:
    """Return the start year of the season that ``day`` belongs to: 2024 for 2025-03-01."""
    return day.year if day.month >= RULES.sources.first_month else day.year - 1


@lru_cache(maxsize=4_096)
def season_start(day: date, seasons_back: int = 0) -> date:
    """Return 1 October of the season of ``day``, or of an earlier season."""
    return date(season_year(day) - seasons_back, RULES.sources.first_month, 1)


@lru_cache(maxsize=4_096)
def season_label(day: date) -> str:
    """Return the season of ``day`` as the registry writes it: ``2024-25`` for 2025-03-01."""
    year = season_year(day)
    return f"{year}-{(year + 1) % 100:02d}"


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


def new_york_date(instant: Instant) -> date:
    """Return the New York calendar date of an instant."""
    return utc(instant).astimezone(NEW_YORK).date()


def clock_text(instant: Instant | None) -> str | None:
    """Return the New York wall-clock time of an instant, such as ``7:30 PM ET``; None when unknown."""
    if instant is None:
        return None
    local = utc(instant).astimezone(NEW_YORK)
    return f"{(local.hour - 1) % 12 + 1}:{local.minute:02d} {('AM', 'PM')[local.hour // 12]} ET"
