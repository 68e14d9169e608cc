"""Manifests for tests: whole ones, in which a test changes what it is about."""

from __future__ import annotations

from typing import Any

from transforms.elements.manifest import VERSION


def pointers_json(**changes: Any) -> dict[str, Any]:
    """Return what became of the pointers of an export type: nothing."""
    return {"moved": 0, "unchanged": 0, "kept": {}, "failed": {}, "missing": {}, "kept_newer": 0, **changes}


def section_json(run_id: str = "run-1", **changes: Any) -> dict[str, Any]:
    """Return the section of an export type of which one document was written."""
    return {
        "run_id": run_id,
        "as_of": "",
        "execution_id": run_id,
        "code_version": "1.0",
        "inputs": None,
        "state": "ready",
        "reason": None,
        "written": 1,
        "unchanged": 0,
        "kept": {},
        "missing": {},
        "kept_newer": 0,
        "withheld": 0,
        "failed": 0,
        "bytes": 1000,
        "counts": {},
        "build_ms": 20.0,
        "publish_ms": 5.0,
        "failures": [],
        "pointers": pointers_json(),
        "generations": {},
        "stale": [],
        "documents": {},
        "document_counts": {},
        **changes,
    }


def manifest_json(day: str = "2026-01-05", run_id: str = "run-1", **changes: Any) -> dict[str, Any]:
    """Return the manifest of a date without export types; ``run`` adds to what is said of the run."""
    run = {"run_id": run_id, "as_of": "", "execution_id": run_id, "started_at": "", "finished_at": ""}
    return {
        "version": VERSION,
        "date": day,
        "status": "success",
        "funnel": {"degraded": []},
        "last_good": None,
        "absent": [],
        "warnings": [],
        "failures": [],
        "skipped_rows": [],
        "exports": {},
        **changes,
        "run": {**run, **changes.get("run", {})},
    }
