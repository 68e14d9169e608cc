"""What checks found: a table on a terminal, one line each elsewhere, JSON for programs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, TextIO

from pipeline.reporting.colour import is_rich
from pipeline.reporting.terminal import say

_MOST_TYPES = 3
"""Export types that a row names; it counts the others."""


class Severity(Enum):
    """What a finding costs."""

    STOP = "stop"
    """Nothing is published."""
    FAIL = "fail"
    """Export types are missing."""
    WARNING = "warning"
    """Everything is published, and may show less than it could."""
    NOTE = "note"
    """Nothing is wrong: it is how this warehouse is."""


SERIOUS = (Severity.STOP, Severity.FAIL)
"""Severities with which something that was asked for is missing."""


@dataclass(frozen=True)
class Finding:
    """One thing that a check found.

    Attributes:
        severity: What it costs.
        subject: The table, option, model or date that it is about.
        what: What is wrong, with the value.
        why: Why it matters.
        fix: What to do; empty when there is nothing to do.
        types: Export types that it costs or changes.
    """

    severity: Severity
    subject: str
    what: str
    why: str
    fix: str = ""
    types: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {**vars(self), "severity": self.severity.value, "types": list(self.types)}

    def __str__(self) -> str:
        """Return the finding on one line."""
        costs = f" ({_types_text(self.types)})" if self.types else ""
        told = f"{self.severity.value}: {self.subject}: {self.what}; {self.why}{costs}"
        return f"{told}; {self.fix}" if self.fix else told


_STYLES = {Severity.STOP: "bold red", Severity.FAIL: "red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}


def is_serious(findings: Iterable[Finding]) -> bool:
    """Whether something that was asked for is missing."""
    return any(finding.severity in SERIOUS for finding in findings)


def say_findings(findings: Sequence[Finding], stream: TextIO | None = None) -> None:
    """Print findings: as one table on a terminal, as one line each elsewhere.

    Args:
        findings: In the order in which they are printed.
        stream: Where to; standard output by default.
    """
    out = stream or sys.stdout
    if not findings:
        return
    if not is_rich(out):
        for finding in findings:
            say(str(finding), out)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for heading in ("", "subject", "what is wrong", "why it matters", "what to do", "export types"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        style = _STYLES[finding.severity]
        table.add_row(
            Text(finding.severity.value, style),
            # No text of a finding is markup: a message of a service may hold brackets.
            *map(Text, (finding.subject, finding.what, finding.why)),
            Text(finding.fix, "green"),
            Text(_types_text(finding.types)),
        )
    Console(file=out).print(table)
    out.flush()


def _types_text(types: Sequence[str]) -> str:
    """Return the names of export types, the first few where there are many."""
    more = len(types) - _MOST_TYPES
    return ", ".join(types[:_MOST_TYPES]) + (f" and {more} more" if more > 0 else "")
