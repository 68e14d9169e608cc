"""What a verification has found, as incidents know it, and which incidents it would have found again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from exporters.registry import together
from pipeline.alerting.incident import MOST_PATHS, Check, Incident, Trouble
from pipeline.deployment.schedule_file import Schedule
from pipeline.verification.finding import Finding, Verification
from transforms.publishing.status import STATUS_PATH

_OF_DATES = frozenset({"withheld", "degraded", "failed", "incomplete", "busy", "unpublished", "missing", "stray"})
"""Kinds that every verification of a date finds, however few documents it reads."""
MOST_DATES = 14
"""Dates of open incidents that a verification of other dates looks at."""


def check_of_verification(
    found: Verification,
    days: Collection[date] | None,
    *,
    is_deep: bool,
    has_champion: bool = False,
    has_games: bool = False,
    schedules: Sequence[Schedule] = (),
) -> Check:
    """Return the check that a verification is.

    Args:
        found: Its result.
        days: The dates that were verified; None for every date of the tree.
        is_deep: Whether every document was read.
        has_champion: Whether dates were held against a model.
        has_games: Whether dates were held against the schedule of games.
        schedules: The schedules by which something was due; none where it was not held against them.
    """
    verified = None if days is None else {str(day) for day in days}
    quiet = _quiet_hours(schedules)
    entries = {schedule.name for schedule in schedules}
    # Without its manifest, nothing is known of a date but that.
    unknown = {finding.day for finding in found.findings if finding.kind == "unpublished" and not finding.export}
    held = _OF_DATES | ({"champion"} if has_champion else set()) | ({"games"} if has_games else set())

    def covers(incident: Incident) -> bool:
        trouble = incident.trouble
        if trouble.kind == "late":
            # An entry that is gone from the schedule calls for nothing any more.
            return bool(entries) and (set(trouble.types) <= found.dues.keys() or trouble.when not in entries)
        if trouble.when and verified is not None and trouble.when not in verified:
            return False
        if trouble.when in unknown and trouble.kind != "unpublished":
            return False
        if trouble.kind == "wrong":
            return is_deep or _has_looked(found, trouble)
        if trouble.kind == "unhealed":
            return trouble.when in found.stages
        return trouble.kind in held

    return Check([_trouble(finding, quiet) for finding in found.findings], covers)


def _has_looked(found: Verification, trouble: Trouble) -> bool:
    """Whether all objects of a trouble were read again: of more than it keeps, only a whole verification knows."""
    return 0 < len(trouble.paths) < MOST_PATHS and set(trouble.paths) <= found.looked | {STATUS_PATH}


def _trouble(finding: Finding, quiet: Mapping[str, str]) -> Trouble:
    return Trouble(
        finding.kind,
        (finding.export,) if finding.export else (),
        finding.entry or finding.day,
        f"{finding.subject}: {finding.what}",
        finding.fix,
        paths=(finding.subject,),
        quiet=quiet.get(finding.entry or finding.export, ""),
    )


def _quiet_hours(schedules: Sequence[Schedule]) -> dict[str, str]:
    """Return the quiet hours by schedule, and by export type: those of the first schedule that calls for it."""
    found: dict[str, str] = {}
    for schedule in schedules:
        for name in (schedule.name, *together(schedule.parsed.export_types)):
            found.setdefault(name, schedule.quiet_hours)
    return found


def dates_of(opened: Iterable[Incident], days: Collection[date] | None) -> list[date]:
    """Return the dates of open incidents that a verification leaves out, the newest ones."""
    if days is None:
        return []
    found = {day for incident in opened if (day := _date(incident.trouble.when)) is not None}
    return sorted(found - set(days), reverse=True)[:MOST_DATES]


def both(first: Verification, second: Verification) -> Verification:
    """Return two verifications of one tree as one; what both find is there once."""
    return Verification(
        checked=first.checked + second.checked,
        read=first.read + second.read,
        findings=list(dict.fromkeys((*first.findings, *second.findings))),
        documents={**second.documents, **first.documents},
        warnings=list(dict.fromkeys((*first.warnings, *second.warnings))),
        looked=first.looked | second.looked,
        dues={**second.dues, **first.dues},
        stages={**second.stages, **first.stages},
    )


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
