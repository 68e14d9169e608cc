"""Whether each export type was made since a schedule last called for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from exporters.registry import exports, together
from pipeline.deployment.schedule_file import Schedule, understand
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.verification.finding import Finding, Verification
from transforms.publishing.manifest import load_manifest
from transforms.stores.control import MANIFESTS
from transforms.stores.protocol import Store

_DAYS_BACK = 32
"""A schedule that ran at no time in so many days is not looked at: the rarest ones run monthly."""
_EXECUTION = "%Y%m%dT%H%M%S.%fZ"
_FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
"""Limits of the fields of a time: minute, hour, day of month, month, day of week, where 0 and 7 are Sunday."""


@dataclass(frozen=True)
class Due:
    """An export type that was due.

    Attributes:
        export: The export type.
        day: The date that it was to be made for.
        at: When a schedule last called for it, in New York.
        entry: The first schedule that calls for it: the same one at every hour.
    """

    export: str
    day: date
    at: datetime
    entry: str


def last_time(cron: str, until: datetime) -> datetime | None:
    """Return the last time of a unix-cron schedule up to an instant, in New York; None for none in a month.

    Args:
        cron: Five fields, which the schedule file has checked.
        until: The instant, aware.
    """
    parts = cron.split()
    minutes, hours, days, months, weekdays = (
        _values(part, low, high) for part, (low, high) in zip(parts, _FIELDS, strict=True)
    )
    local = until.astimezone(ZoneInfo(LEAGUE_ZONE))
    for back in range(_DAYS_BACK):
        day = local.date() - timedelta(days=back)
        # As cron does: where both days are restricted, either of them is enough.
        on_day, on_weekday = day.day in days, day.isoweekday() % 7 in {weekday % 7 for weekday in weekdays}
        either = not parts[2].startswith("*") and not parts[4].startswith("*")
        if day.month not in months or not (on_day or on_weekday if either else on_day and on_weekday):
            continue
        for hour in sorted(hours, reverse=True):
            for minute in sorted(minutes, reverse=True):
                at = datetime(day.year, day.month, day.day, hour, minute, tzinfo=local.tzinfo)
                if at.astimezone(timezone.utc) <= until:
                    return at
    return None


def dues(schedules: Sequence[Schedule], until: datetime) -> list[Due]:
    """Return what was due last, of each export type of some schedules.

    Args:
        schedules: The schedules.
        until: Calls after this instant are left out.
    """
    found: dict[str, Due] = {}
    for schedule in schedules:
        at = last_time(schedule.cron, until)
        if at is None:
            continue
        asked = understand(schedule.request, at)
        for name in together(asked.export_types):
            entry = found[name].entry if name in found else schedule.name
            due = Due(name, asked.last_date or asked.league_day, at, entry)
            found[name] = max(due, found.get(name, due), key=lambda each: each.at)
    return [found[name] for name in sorted(found)]


def check_freshness(store: Store, schedules: Sequence[Schedule], until: datetime, found: Verification) -> None:
    """Add the export types that no run has made since they were due to a verification.

    A run counts whatever it wrote: that nothing had changed is an outcome too. What it withheld is another finding.

    Args:
        store: The place of the tree, with its manifests.
        schedules: The schedules.
        until: Calls after this instant are left out: their runs may still be under way.
        found: The verification.
    """
    runs = _Runs(store)
    for due in dues(schedules, until):
        found.dues[due.export] = due.entry
        last = runs.last(due)
        if last is None or last < due.at:
            began = "no run has made it" if last is None else f"the last run of it began {_text(last)}"
            what = f"was due {_text(due.at)}, and {began}"
            fix = f"export {due.export} for {due.day}, and look for its scheduled job"
            found.findings.append(
                Finding(f"{due.day} {due.export}", what, fix, str(due.day), due.export, "late", due.entry)
            )


def ages(store: Store, now: datetime) -> dict[str, float]:
    """Return by export type how many seconds ago the run began that made what is published of it, of recent dates.

    Args:
        store: The place of the tree, with its manifests.
        now: The current instant, aware.
    """
    began: dict[str, datetime] = {}
    for sections in _Runs(store).recent():
        for name, section in sections.items():
            at = _began(section.get("published_by") or section)
            if name in exports() and at is not None:
                began[name] = max(at, began.get(name, at))
    return {name: (now - at).total_seconds() for name, at in sorted(began.items())}


class _Runs:
    """When each export type was made last; each manifest is read once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        names = (shown.path.removeprefix(MANIFESTS).removesuffix(".json") for shown in store.list(MANIFESTS))
        self._days = sorted(day for day in map(_day, names) if day is not None)
        self._read: dict[date, Mapping[str, Any]] = {}

    def last(self, due: Due) -> datetime | None:
        """Return when the last run began that made an export type for the date that was due, or for a later one."""
        # A document about one night is not made by a run of another one.
        only = exports()[due.export].is_about_a_night
        days = [day for day in self._days if day == due.day or (day > due.day and not only)]
        began = (_began(self._sections(day).get(due.export)) for day in days)
        return max((instant for instant in began if instant is not None), default=None)

    def recent(self) -> list[Mapping[str, Any]]:
        """Return the export types of the newest manifests, by name."""
        return [self._sections(day) for day in self._days[-_DAYS_BACK:]]

    def _sections(self, day: date) -> Mapping[str, Any]:
        if day not in self._read:
            manifest = load_manifest(self._store, day).manifest
            self._read[day] = {} if manifest is None else manifest["exports"]
        return self._read[day]


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None


def _began(section: Mapping[str, Any] | None) -> datetime | None:
    """Return when the run of a section began, which the id of an execution starts with."""
    if section is None:
        return None
    try:
        return datetime.strptime(section["execution_id"].rpartition("-")[0], _EXECUTION).replace(tzinfo=timezone.utc)
    except ValueError:
        return None


def _text(instant: datetime) -> str:
    return f"{instant.astimezone(ZoneInfo(LEAGUE_ZONE)):%Y-%m-%d %H:%M}"


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
