"""The halt envelope: the one way in which a document says that picks are paused, and why (contract: site-types L6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from exporters.config import RULES
from exporters.declaration import Json, Read, Window
from exporters.league.arithmetic.dates import instant_of, local_date
from exporters.league.games import game_counts
from exporters.league.games.game_counts import GameCounts
from exporters.league.nights.slate import Slate
from exporters.warehouse.selection import latest
from exporters.warehouse.tables import HALTS, SCHEDULE

_NEAR = Window(days=RULES.halts.near_days, ahead=RULES.halts.near_days)
READS = (
    Read(HALTS, ("effective_date", "sport", "halt_active", "halt_reason", "halt_since", "written_at")),
    Read(SCHEDULE, game_counts.COLUMNS, _NEAR),
)


@dataclass(frozen=True)
class Halt:
    """Whether picks are paused.

    Attributes:
        active: They are.
        reason: Why; None when they are not.
        since: The day on which the pause began; None when they are not, or when it is unknown.
        recorded: A row of the warehouse says so; otherwise it follows from what the schedule has, or lacks.
    """

    active: bool = False
    reason: str | None = None
    since: date | None = None
    recorded: bool = False

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
    """Return whether picks of a date are paused: by its row that was written last, else by the schedule around it.

    A row can only halt a date, and never resumes one that the schedule shows to be in a break. A date without a row is
    paused for want of knowledge while it is a few days old. An older one is not, and neither is any date of a warehouse
    without the table.
    """
    rules = RULES.halts
    row = latest(
        (row for row in slate.rows(HALTS) if (row.effective_date, row.sport) == (slate.date, rules.sport)),
        by=lambda row: (row.written_at,),
    )
    if row is not None and row.halt_active:
        return Halt(
            active=True,
            reason=row.halt_reason if row.halt_reason in rules.reasons else rules.unknown,
            since=row.halt_since,
            recorded=True,
        )
    by_calendar = _calendar_halt(slate)
    if row is not None or by_calendar.active:
        return by_calendar
    age = (local_date(instant_of(slate.generated_at), slate.config.calendar) - slate.date).days
    return UNKNOWN if not slate.lacks(HALTS) and 0 <= age <= rules.unknown_days else Halt()


def _calendar_halt(slate: Slate) -> Halt:
    """Return the pause of a date that has no game because the season is over, or has a break."""
    rules, day = RULES.halts, slate.date
    first, last = _NEAR.first(day), _NEAR.last(day)
    nights = GameCounts((row for row in slate.rows(SCHEDULE) if first <= row.game_date <= last), day, slate.config)
    nearby = list(nights.between(first, last))
    if day in nearby:
        return Halt()
    before = max((night for night in nearby if night < day), default=None)
    after = min((night for night in nearby if night > day), default=None)
    since = None if before is None else before + timedelta(days=1)
    if not nearby or not slate.config.calendar.is_in_season(day):
        return Halt(active=True, reason=rules.off_season, since=since)
    if after is None or (after - day).days > rules.ahead_days:
        return Halt(active=True, reason=rules.between_rounds, since=since)
    quiet = (after - (since or first)).days
    return Halt(active=True, reason=rules.between_rounds, since=since) if quiet >= rules.break_days else Halt()


def halted(value: Json, reason: str, day: date) -> Json:
    """Return a document whose envelope says that picks are paused; an envelope that says so already stays.

    Args:
        value: The document.
        reason: Why its gate withholds it.
        day: Its date: the pause is not known to have begun before.
    """
    return value if value["halt_active"] else {**value, **Halt(active=True, reason=reason, since=day).envelope}


def with_outcomes(
    shown: Iterable[Json], now: Iterable[Json], identity: Sequence[str], outcome: Sequence[str]
) -> list[Json]:
    """Return picks that readers were shown, with the outcomes of the same picks as they are built now.

    Args:
        shown: The published picks.
        now: The picks as they are built now, of which those that were not shown are left out.
        identity: The fields that tell a pick from all others.
        outcome: The fields that change.
    """
    built = {tuple(pick[name] for name in identity): pick for pick in now}
    kept = []
    for pick in shown:
        twin = built.get(tuple(pick[name] for name in identity), pick)
        kept.append({**pick, **{name: twin[name] for name in outcome}})
    return kept
