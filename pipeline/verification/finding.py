"""One thing that is wrong with a published tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pipeline.alerting.heal import EmptyStage


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        subject: The path of the object, or the date, or both the date and the export type.
        what: What is wrong with it.
        fix: What to do about it.
        day: The date that it is about, ISO; empty for none.
        export: The export type; empty for none.
        kind: Its kind, as incidents are told apart by it.
        entry: The entry of the schedule that it is about; empty for none.
    """

    subject: str
    what: str
    fix: str = ""
    day: str = ""
    export: str = ""
    kind: str = "wrong"
    entry: str = ""

    def __str__(self) -> str:
        """Return one line."""
        return f"{self.subject}: {self.what}" + (f"; {self.fix}" if self.fix else "")

    def as_json(self) -> dict[str, str]:
        """Return it for programs."""
        return {
            "subject": self.subject,
            "what": self.what,
            "fix": self.fix,
            "date": self.day,
            "export_type": self.export,
            "kind": self.kind,
        }


@dataclass
class Verification:
    """The result of a verification.

    Attributes:
        checked: Objects that were looked at.
        read: Those of them whose bytes were read.
        findings: What is wrong, in the order in which it was found.
        documents: Documents by date and export type, of the dates that were verified.
        warnings: What readers need not mind and operators may: documents that were written for an older schema.
        looked: The paths whose bytes were read, and those that were to be read and are no more.
        dues: The export types that a schedule called for, by the entry of the schedule.
        stages: ISO date to the stage of its funnel that no player reaches; None where there is none.
    """

    checked: int = 0
    read: int = 0
    findings: list[Finding] = field(default_factory=list)
    documents: dict[tuple[date, str], int] = field(default_factory=dict)
    warnings: list[Finding] = field(default_factory=list)
    looked: set[str] = field(default_factory=set)
    dues: dict[str, str] = field(default_factory=dict)
    stages: dict[str, EmptyStage | None] = field(default_factory=dict)

    @property
    def problems(self) -> list[str]:
        """The findings, a line each."""
        return [str(finding) for finding in self.findings]

    def as_json(self) -> dict[str, Any]:
        """Return it for programs; ``problems`` are the lines, ``findings`` their parts."""
        return {
            "checked": self.checked,
            "read": self.read,
            "problems": self.problems,
            "findings": [finding.as_json() for finding in self.findings],
            "warnings": [warning.as_json() for warning in self.warnings],
        }


def rerun(export: str, day: str) -> str:
    """Return how a document is published anew."""
    return f"export {export} for {day} with --rewrite"
