"""Whether each export type was made since a schedule last called for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

from exporters.registry import exports, together
from pipeline.deployment.cron import last_time
from pipeline.deployment.schedule_file import Door, Schedule, understand
from pipeline.options.option_table import BY_NAME
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.verification.finding import Finding, Verification
from transforms.publishing.manifest import load_manifest
from transforms.stores.control import MANIFESTS
from transforms.stores.protocol import Store

START_STREAM = "EXECUTE=1 deploy/stream.sh"
"""The command that starts the streaming job."""
_QUIET = timedelta(seconds=int(BY_NAME["quiet_seconds"].default or 0))
_RECENT_DATES = 32
"""So many manifests tell of what is published, the newest ones."""
_EXECUTION = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Due:
    """An export type that was due.

    Attributes:
        export: The export type.
        day: The date that it was to be made for.
        at: When a schedule last called for it, in New York.
        entry: The first schedule that calls for it: the same one at every hour.
        by: The schedule that called for it last.
    """

    export: str
    day: date
    at: datetime
    entry: str
    by: Schedule

    @property
    def command(self) -> str:
        """The command that makes it by hand."""
        if self.by.parsed.players:
            return f"phase6 launch --players --min_games={self.by.parsed.min_games}"
        return f"phase6 launch --export_types={self.export} --target_date={self.day}"

    @property
    def since(self) -> datetime:
        """A run that began since then has made it.

        The streaming job answers no request that equals one of its quiet period, as long as no table has changed.
        """
        return self.at - _QUIET if self.by.door == Door.STREAM else self.at


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
            due = Due(name, asked.last_date or asked.league_day, at, entry, schedule)
            found[name] = max(due, found.get(name, due), key=lambda each: each.at)
    return [found[name] for name in sorted(found)]


FallBack = Callable[[Sequence[Due]], Mapping[str, str]]
"""Launches what is late, and returns what was done by the name of the schedule that called for it last."""


def check_freshness(
    store: Store,
    schedules: Sequence[Schedule],
    until: datetime,
    found: Verification,
    fall_back: FallBack | None = None,
) -> None:
    """Add the export types that no run has made since they were due to a verification.

    A run counts whatever it wrote: that nothing had changed is an outcome too. What it withheld is another finding.

    Args:
        store: The place of the tree, with its manifests.
        schedules: The schedules.
        until: Calls after this instant are left out: their runs may still be under way.
        found: The verification.
        fall_back: Launches what is late; None where nothing is launched.
    """
    runs = _Runs(store)
    late: list[tuple[Due, datetime | None]] = []
    for due in dues(schedules, until):
        found.dues[due.export] = due.entry
        last = runs.last(due)
        if last is None or last < due.since:
            late.append((due, last))
    done = fall_back([due for due, _ in late]) if fall_back and late else {}
    for due, last in late:
        began = "no run has made it" if last is None else f"the last run of it began {_text(last)}"
        what = f"was due {_text(due.at)} from {due.by.name} (door: {due.by.door}), and {began}"
        fix = _fix(due, done.get(due.by.name, ""))
        found.findings.append(
            Finding(f"{due.day} {due.export}", what, fix, str(due.day), due.export, "late", due.entry)
        )


def _fix(due: Due, done: str) -> str:
    """Return what to do about a type that is late.

    Args:
        due: The type.
        done: What was done already; empty for nothing.
    """
    if due.by.door == Door.JOB:
        return f"run {due.command}, and look for the Dataflow job {due.by.name}"
    return f"{done or f'run {due.command}'}, and start the streaming job where it does not run: {START_STREAM}"


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
        return [self._sections(day) for day in self._days[-_RECENT_DATES:]]

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
