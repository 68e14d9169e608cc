"""Log lines that Cloud Logging understands: one JSON object a line, with severity, message and labels.

The agents of Cloud Run, GKE and Compute Engine read them from standard error: ``severity``, ``message``, ``time`` and
``logging.googleapis.com/labels`` become parts of the log entry, everything else is its ``jsonPayload``. Metrics and
alert policies of ``deploy/monitoring`` filter by these fields.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, TextIO

import orjson

from pipeline.alerting.incident import Incident, Trouble, one_line
from pipeline.alerting.messages import title_of

LABELS = "logging.googleapis.com/labels"
APP = "phase6-export"
FINDING, INCIDENT, RUN, VERIFICATION, ALERT, HEAL = "finding", "incident", "run", "verification", "alert", "heal"
"""The events that lines tell of, as the field ``event`` names them."""
STATUS_SEVERITY = {"success": "INFO", "kept": "NOTICE", "degraded": "WARNING", "partial": "ERROR", "failed": "ERROR"}
"""Severity of a run, by its status."""


class LogLines:
    """Writes log lines.

    Args:
        stream: Where to; standard error by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def write(self, severity: str, event: str, message: str, *, labels: Mapping[str, str], **fields: Any) -> None:
        """Write a line.

        Args:
            severity: In the words of Cloud Logging.
            event: What the line tells of.
            message: In one line.
            labels: What entries are filtered by.
            fields: Further values of the entry.
        """
        line = {
            "severity": severity,
            "message": one_line(message),
            "time": datetime.now(timezone.utc).isoformat(),
            "event": event,
            **fields,
            LABELS: {"app": APP, "event": event, **labels},
        }
        out = self._stream or sys.stderr
        out.write(orjson.dumps(line).decode() + "\n")
        out.flush()

    def finding(self, trouble: Trouble) -> None:
        """Write what a check has found."""
        self.write(
            trouble.severity.value,
            FINDING,
            f"{' '.join(filter(None, (*trouble.types[:5], trouble.when)))}: {trouble.what}",
            labels=_labels(trouble),
            fix=trouble.fix,
            findings=trouble.count,
            **_fields(trouble),
        )

    def incident(self, incident: Incident) -> None:
        """Write that an incident has opened or recovered."""
        trouble = incident.trouble
        severity = trouble.severity.value if incident.is_open else "NOTICE"
        self.write(
            severity,
            INCIDENT,
            f"{title_of(incident)}: {trouble.what}",
            labels={**_labels(trouble), "incident_id": incident.id},
            incident_id=incident.id,
            state="opened" if incident.is_open else "recovered",
            is_flapping=incident.is_flapping,
            opened_at=incident.opened_at,
            **_fields(trouble),
        )

    def run(self, run_id: str, status: str, dates: list[str], *, seconds: float, documents: Mapping[str, int]) -> None:
        """Write the outcome of a run."""
        self.write(
            STATUS_SEVERITY.get(status, "ERROR"),
            RUN,
            f"run {run_id} of {' to '.join(dict.fromkeys((dates[0], dates[-1])))}: {status}",
            labels={"status": status, "run_id": run_id},
            run_id=run_id,
            status=status,
            dates=[dates[0], dates[-1]],
            seconds=round(seconds, 3),
            documents=dict(documents),
        )

    def verification(self, checked: int, findings: int) -> None:
        """Write the outcome of a verification."""
        self.write(
            "ERROR" if findings else "INFO",
            VERIFICATION,
            f"{checked:,} objects checked, {findings} findings",
            labels={"status": "different" if findings else "fine"},
            status="different" if findings else "fine",
            checked=checked,
            findings=findings,
        )

    def heal(self, severity: str, message: str, *, day: str, stage: str) -> None:
        """Write that something was called for, or could not be."""
        self.write(severity, HEAL, message, labels={"when": day, "stage": stage}, when=day, stage=stage)

    def verification_failed(self, reason: str) -> None:
        """Write that nothing could be verified."""
        self.write(
            "CRITICAL", VERIFICATION, f"nothing was verified: {reason}", labels={"status": "failed"}, status="failed"
        )

    def alerts_failed(self, reason: str) -> None:
        """Write that messages were not delivered."""
        self.write("ERROR", ALERT, f"messages were not delivered, and are sent later: {reason}", labels={})


def _labels(trouble: Trouble) -> dict[str, str]:
    types = trouble.types[0] if len(trouble.types) == 1 else ""
    return {"kind": trouble.kind, "export_type": types, "when": trouble.when}


def _fields(trouble: Trouble) -> dict[str, Any]:
    return {"kind": trouble.kind, "export_types": list(trouble.types), "when": trouble.when}
