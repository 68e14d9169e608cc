"""Instants as the warehouse stores them: microseconds since the epoch, UTC."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from demo.randomness import Array

NEW_YORK = ZoneInfo("America/New_York")
SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US


def midnights(dates: Array) -> Array:
    """Return the instants at which dates begin in UTC."""
    return np.asarray(dates.astype("datetime64[us]").astype(np.int64))


def local_midnights(dates: Array) -> Array:
    """Return the instants from which the wall clock of a game day counts in New York: noon minus twelve hours."""
    days, which = np.unique(dates, return_inverse=True)
    offsets = np.array([_offset_us(day) for day in days.tolist()], dtype=np.int64)
    return np.asarray((midnights(days) + offsets)[which])


def _offset_us(day: date) -> int:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=NEW_YORK)
    offset = noon.utcoffset()
    return -int(offset.total_seconds()) * SECOND_US if offset else 0
