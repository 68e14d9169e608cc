"""What a run has found: export types held back or incomplete, dates that a newer run has, and that it broke off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.alerting.incident import KINDS, Check, Incident, Trouble
from pipeline.reporting.report import is_of
from transforms.elements.manifest import HELD
from transforms.elements.plan import Plan

Records = Mapping[str, Mapping[str, Any] | None]
"""ISO date to what the run says of it; None where it says nothing."""

_OF_TYPES = frozenset({"withheld", "degraded", "failed", "incomplete"})
_OF_RUNS = frozenset({"run", "kept"})


def check_of_run(
    plan: Plan, status: str, records: Records, errors: Sequence[str] = (), unhealed: Sequence[Trouble] = ()
) -> Check:
    """Return the check that a run is.

    Args:
        plan: Its plan.
        status: Its outcome.
        records: What it says of its dates.
        errors: What is missing, or why it broke off, one line each.
        unhealed: Empty stages against which no call has helped.
    """
    told = {day: _told_of(plan, record) for day, record in records.items()}
    troubles = [trouble for day, record in told.items() if record is not None for trouble in _troubles(day, record)]
    if status != "success" and (status in ("kept", "failed") or not troubles):
        what = errors[0] if errors else f"the run of {plan.dates[-1]} ended as {status}"
        troubles.append(
            Trouble(
                "kept" if status == "kept" else "run",
                tuple(plan.export_types),
                str(plan.dates[-1]),
                f"{status}: {what}",
                f"look at run {plan.run.run_id}, and export {plan.dates[-1]} again",
                count=max(1, len(errors)),
            )
        )

    def covers(incident: Incident) -> bool:
        trouble = incident.trouble
        if trouble.kind in _OF_RUNS:
            # The same types were made, for that date or a later one.
            whole = status not in ("failed", "kept") and all(told.values())
            return whole and set(trouble.types) <= set(plan.export_types) and trouble.when <= str(plan.dates[-1])
        record = told.get(trouble.when)
        if record is None:
            return False
        if trouble.kind in ("thin", "unhealed"):
            return True
        return trouble.kind in _OF_TYPES and set(trouble.types) <= record["exports"].keys()

    return Check([*troubles, *unhealed], covers)


def _told_of(plan: Plan, record: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a record says of this run; None when it is that of another one."""
    if record is None or not is_of(record["run"], plan.run):
        return None
    mine = {name: section for name, section in record["exports"].items() if is_of(section, plan.run)}
    return {**record, "exports": mine}


def _troubles(day: str, record: Mapping[str, Any]) -> Iterator[Trouble]:
    for reason in record["funnel"]["degraded"]:
        yield Trouble("thin", (), day, reason, "look at the funnel of the date in its manifest")
    for name, section in record["exports"].items():
        again = f"export {name} for {day}"
        if section["state"] in HELD:
            kind = section["state"] if section["state"] in KINDS else "failed"
            yield Trouble(kind, (name,), day, f"{section['state']}: {section['reason']}", again)
        lost = [f"{failure['key']}: {failure['error']}" for failure in section["failures"]]
        lost += [f"pointer {path}: {reason}" for path, reason in section["pointers"]["failed"].items()]
        if lost and section["state"] not in HELD:
            yield Trouble("incomplete", (name,), day, lost[0], again, count=len(lost))
