"""The summary of a run, made from its manifests: a table for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from exporters.warehouse.absence import Absence
from pipeline.reporting.exit_codes import ALL_PUBLISHED, SOMETHING_MISSING
from transforms.elements.manifest import HELD
from transforms.elements.plan import Plan, Run

_HEADINGS = ("export type", "documents", "written", "unchanged", "kept", "bytes", "failed", "withheld", "seconds")


@dataclass
class ExportSummary:
    """One export type over all dates of a run.

    Attributes:
        written: Documents written.
        unchanged: Documents that were published already.
        kept: Paths that keep showing something newer or better.
        bytes: Of all its documents.
        failed: Documents, or players of a document, that are missing.
        withheld: Dates on which it was held back or could not be built.
        pointers_moved: Fixed paths that show something new.
        seconds: Time spent on building and writing, summed over all workers.
    """

    written: int = 0
    unchanged: int = 0
    kept: int = 0
    bytes: int = 0
    failed: int = 0
    withheld: int = 0
    pointers_moved: int = 0
    seconds: float = 0.0

    def add(self, section: Mapping[str, Any]) -> None:
        """Add the section of one date's manifest."""
        self.written += section["written"]
        self.unchanged += section["unchanged"]
        self.kept += sum(section["kept"].values())
        self.bytes += section["bytes"]
        self.failed += section["failed"] + len(section["pointers"]["failed"])
        self.withheld += section["state"] in HELD
        self.pointers_moved += section["pointers"]["moved"]
        self.seconds += (section["build_ms"] + section["publish_ms"]) / 1000


@dataclass
class Summary:
    """A whole run.

    Attributes:
        run_id: The run.
        status: ``success``, ``degraded``, ``kept`` by a newer run, ``partial`` or ``failed``.
        output: Where the documents are.
        dates: Target dates, ISO.
        exports: By export type.
        missing: One line for every requested document that is missing.
        absent: One line for every optional table or column that the warehouse lacks, with the meaning of its absence.
        preflight: The problems that were found before the run, as JSON values.
        engine: What ran it; empty where it was not followed here.
    """

    run_id: str
    status: str
    output: str
    dates: Sequence[str]
    exports: dict[str, ExportSummary] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    preflight: list[dict[str, Any]] = field(default_factory=list)
    engine: str = ""

    @property
    def exit_code(self) -> int:
        """0 when everything is published and not degraded, 1 otherwise."""
        return ALL_PUBLISHED if self.status == "success" else SOMETHING_MISSING

    def to_json(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        return {
            "run_id": self.run_id,
            "status": self.status,
            "output": self.output,
            "dates": [self.dates[0], self.dates[-1]],
            "exports": {
                name: {**vars(summary), "seconds": round(summary.seconds, 3)} for name, summary in self.exports.items()
            },
            "missing": self.missing,
            "absent": self.absent,
            "preflight": self.preflight,
            "engine": self.engine,
        }


def summarize(
    plan: Plan,
    output: str,
    manifests: Mapping[str, Mapping[str, Any] | None],
    *,
    since: datetime | None = None,
) -> Summary:
    """Return the summary of a run.

    Args:
        plan: The plan of the run.
        output: Where it published.
        manifests: ISO date to its manifest; None, or the manifest of another run, where this run wrote none.
        since: Manifests of executions that started before count as those of another run.
    """
    days = [day.isoformat() for day in plan.dates]
    summary = Summary(plan.run.run_id, "success", output, days, {name: ExportSummary() for name in plan.export_types})
    statuses: list[str] = []
    for day in days:
        manifest = manifests.get(day)
        if manifest is None or not names_run(manifest, plan.run, since=since):
            summary.missing.append(f"{day}: {_no_manifest(manifest)}; run it again")
            statuses.append("failed")
            continue
        statuses.append(manifest["status"])
        found = (str(Absence(**absence)) for absence in manifest.get("absent", ()))
        summary.absent.extend(line for line in found if line not in summary.absent)
        summary.missing.extend(f"{day} is degraded: {reason}" for reason in manifest["funnel"]["degraded"])
        summary.missing.extend(f"{day} {_line(failure)}" for failure in manifest["failures"])
        summary.missing.extend(f"{day} {_skipped(rows)}" for rows in manifest["skipped_rows"] if rows["unowned"])
        for name, section in manifest["exports"].items():
            if is_of(section, plan.run):
                summary.exports[name].add(section)
                summary.missing.extend(_missing(day, name, section))
    summary.status = _together(set(statuses))
    return summary


def names_run(manifest: Mapping[str, Any], run: Run, *, since: datetime | None = None) -> bool:
    """Whether a manifest was written by this execution, and not by another one, be it of the same request.

    A repeated request with the same ``generated_at`` has the same run id, so the execution id decides.

    Args:
        manifest: The manifest of a date.
        run: The run.
        since: The earliest start, where the execution is not known.
    """
    found = manifest["run"]
    if not is_of(found, run):
        return False
    start = found["started_at"]
    return since is None or (start != "" and datetime.fromisoformat(start) >= since)


def is_of(told: Mapping[str, Any], run: Run) -> bool:
    """Whether a manifest's run, or one of its sections, is of this execution; of this run where that has none."""
    if run.execution_id:
        return bool(told["execution_id"] == run.execution_id)
    return bool(told["run_id"] == run.run_id)


def _no_manifest(manifest: Mapping[str, Any] | None) -> str:
    if manifest is None:
        return "no manifest was written"
    run = manifest.get("run", {})
    return f"the manifest is that of another run ({run.get('run_id')}, started at {run.get('started_at')})"


def _together(statuses: set[str]) -> str:
    """Return the status of a run whose dates have these."""
    for status in ("kept", "degraded", "success"):
        if status in statuses and statuses <= {"success", "degraded", "kept"}:
            return status
    return "failed" if statuses == {"failed"} else "partial"


def _missing(day: str, name: str, section: Mapping[str, Any]) -> list[str]:
    lines = []
    if section["state"] in HELD:
        lines.append(f"{day} {name} is {section['state']}: {section['reason']}")
    lines.extend(f"{day} {name} {_line(failure)}" for failure in section["failures"])
    lines.extend(f"{day} {name} {line}" for line in _kept(section["missing"]))
    pointers = section["pointers"]
    lines.extend(f"{day} {name} pointer {path}: {reason}" for path, reason in pointers["failed"].items())
    lines.extend(f"{day} {name} pointer {path} was kept: {reason}" for path, reason in pointers["missing"].items())
    return lines


def _kept(missing: Mapping[str, str]) -> list[str]:
    """Return one line for each reason: a newer run may keep all documents of a type."""
    by_reason: dict[str, list[str]] = {}
    for path, reason in missing.items():
        by_reason.setdefault(reason, []).append(path)
    return [
        f"{paths[0]} was kept: {reason}"
        if len(paths) == 1
        else f"{len(paths)} documents were kept, {paths[0]} to {paths[-1]}: {reason}"
        for reason, paths in by_reason.items()
    ]


def _skipped(rows: Mapping[str, Any]) -> str:
    count = "a row was" if rows["rows"] == 1 else f"{rows['rows']} rows were"
    row = f" ({rows['key']})" if rows.get("key") else ""
    return f"{rows['table']}: {count} skipped, whose {rows['column']} is {rows.get('value', 'unusable')}{row}"


def _line(failure: Mapping[str, str]) -> str:
    return f"{failure['key']}: {failure['error']}"


def table(summary: Summary) -> str:
    """Return the summary as aligned text, one row per export type."""
    rows = [_HEADINGS]
    for name, export in summary.exports.items():
        rows.append(
            (
                name,
                f"{export.written + export.unchanged:,}",
                f"{export.written:,}",
                f"{export.unchanged:,}",
                f"{export.kept:,}",
                f"{export.bytes:,}",
                f"{export.failed:,}",
                f"{export.withheld:,}",
                f"{export.seconds:.2f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers = row
    cells = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(numbers, widths[1:], strict=True))]
    return "  ".join(cells)
