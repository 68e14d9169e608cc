"""Quiet hours: when messages wait. They are times of the day in New York, as schedules are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pipeline.options.alert_options import QUIET_PATTERN
from pipeline.requests.clock import LEAGUE_ZONE


@dataclass(frozen=True)
class QuietHours:
    """Hours of the day; from ``first``, and before ``last``, both as ``HH:MM``."""

    first: str
    last: str

    @classmethod
    def read(cls, text: str) -> QuietHours | None:
        """Return the hours of a text; None for an empty one.

        Raises:
            ValueError: It is no such text.
        """
        if not text:
            return None
        if not re.fullmatch(QUIET_PATTERN, text):
            raise ValueError(f"{text} are no hours; write them like 23:30-08:00")
        first, _, last = text.partition("-")
        return cls(first, last)

    def contain(self, instant: datetime) -> bool:
        """Whether an instant, aware, is in them."""
        time = f"{instant.astimezone(ZoneInfo(LEAGUE_ZONE)):%H:%M}"
        if self.first <= self.last:
            return self.first <= time < self.last
        return time >= self.first or time < self.last
