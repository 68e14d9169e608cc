"""The halt envelope: the one way in which a document says that picks are paused, and why (contract: site-types L6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from exporters.config import RULES
from exporters.declaration import Json, Read
from exporters.league.arithmetic.dates import instant_of, new_york_date
from exporters.league.nights.slate import Slate
from exporters.warehouse.selection import latest
from exporters.warehouse.tables import HALTS

READS = (Read(HALTS, ("effective_date", "sport", "halt_active", "halt_reason", "halt_since", "written_at")),)


@dataclass(frozen=True)
class Halt:
    """Whether picks are paused.

    Attributes:
        active: They are.
        reason: Why; None when they are not.
        since: The day on which the pause began; None when they are not, or when it is unknown.
    """

    active: bool = False
    reason: str | None = None
    since: date | None = None

    @property
    def envelope(self) -> Json:
        """The three keys that a document carries."""
        return {
            "halt_active": self.active,
            "halt_reason": self.reason,
            "halt_since": None if self.since is None else self.since.isoformat(),
        }


UNKNOWN = Halt(active=True, reason=RULES.halts.unknown)
"""Nothing is known of the date: picks that nobody vouches for are not shown as if they were any other night's."""


def halt_on(slate: Slate) -> Halt:
    """Return whether picks of a date are paused: by the row of the date that was written last.

    A date without a row is paused for want of knowledge while it is a few days old. An older one is not, and neither
    is any date of a warehouse without the table.
    """
    rules = RULES.halts
    row = latest(
        (row for row in slate.rows(HALTS) if (row.effective_date, row.sport) == (slate.date, rules.sport)),
        by=lambda row: (row.written_at,),
    )
    if row is None:
        age = (new_york_date(instant_of(slate.generated_at)) - slate.date).days
        return UNKNOWN if not slate.lacks(HALTS) and 0 <= age <= rules.unknown_days else Halt()
    if not row.halt_active:
        return Halt()
    return Halt(
        active=True,
        reason=row.halt_reason if row.halt_reason in rules.reasons else rules.unknown,
        since=row.halt_since,
    )
