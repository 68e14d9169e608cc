"""Dates that need not be built: all of their documents are there, made by the same code from the same inputs.

Everything that a manifest, the objects that it lists, and the digests of the inputs tell has to say so. In doubt a date
is built, and its documents then turn out to be unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from exporters.declaration import Export
from exporters.league.forecasts.readiness import ScanCounts, verdict
from transforms.elements.guarding import BuiltDocument, Tally
from transforms.elements.opened_date import UpToDate
from transforms.elements.plan import Plan
from transforms.elements.publication import Outcome
from transforms.elements.run_order import RunOrder
from transforms.history.versions import writer_of
from transforms.stores.protocol import StoredObject

_COMPLETE_STATES = ("ready", "no_games")


def why_incomplete(section: Mapping[str, Any] | None, code_version: str, inputs: str | None) -> str | None:
    """Return why the documents of an export type may not be those that the code would make; None when they are.

    Args:
        section: What the manifest of the date says of the type; None when it says nothing.
        code_version: The version of the code.
        inputs: The digest of the inputs; None when it is not known.
    """
    if section is None:
        return "was never exported"
    if section["state"] not in _COMPLETE_STATES:
        return f"is {section['state']}"
    if section["failed"] or section["pointers"]["failed"]:
        return "has failures"
    if section.get("code_version") != code_version:
        return f"was made by {section.get('code_version') or 'an unknown version'}"
    if inputs is None or section.get("inputs") != inputs:
        return "was made from other inputs"
    return None


def may_skip(plan: Plan) -> bool:
    """Whether dates of a plan may be left out when the others are built.

    A document whose path has no date shows the newest date which has one, and so depends on what else is built. Rows
    that are written back are made of slates.
    """
    return not (
        plan.rewrite
        or plan.validate
        or any("{date}" not in export.path or export.lists is not None for export in plan.exports)
        or (plan.config.write_subset_picks and any(export.rows_to_write_back for export in plan.exports))
    )


def find_up_to_date(
    plan: Plan, day: date, manifest: Mapping[str, Any] | None, objects: Mapping[str, StoredObject]
) -> UpToDate | None:
    """Return the documents of a date that need not be built; None when one of them may have to be.

    The last date of a plan is always built: pointers move to it.

    Args:
        plan: The plan, with the digests of its inputs.
        day: The date.
        manifest: Its manifest; None when there is none.
        objects: The objects that are there, by path.
    """
    if manifest is None or day == plan.dates[-1] or not may_skip(plan):
        return None
    if manifest["failures"] or manifest.get("skipped_rows") or "rollback" in manifest:
        return None
    outcomes: list[Outcome] = []
    states: dict[str, str] = {}
    for export in plan.exports:
        section = manifest["exports"].get(export.name)
        inputs = plan.inputs.get(export.name, {}).get(day.isoformat())
        if section is None or why_incomplete(section, plan.run.code_version, inputs) is not None:
            return None
        if any(section[name] for name in ("stale", "kept", "missing", "withheld")):
            return None
        states[export.name] = section["state"]
        for path, digest in section["documents"].items():
            shown = objects.get(path)
            if shown is None or not _is_as_left(shown, digest, plan):
                return None
            outcomes.append(_unchanged(export, shown, section["document_counts"].get(path, {})))
    return UpToDate(tuple(outcomes), states)


def is_still_up_to_date(plan: Plan, scan_counts: ScanCounts, day: date, up_to_date: UpToDate) -> bool:
    """Whether a date need not be built, now that its tables are read: all of them were, and give the same states."""
    if scan_counts.broken:
        return False
    return all(
        verdict(export, day, scan_counts, plan.config).state.value == up_to_date.states[export.name]
        for export in plan.exports
    )


def tally_of(up_to_date: UpToDate) -> Tally:
    """Return what the guard counts of documents that are not built: what it would count of the same ones."""
    players: dict[str, list[str]] = {}
    for made in up_to_date.outcomes:
        if made.key:
            players.setdefault(made.export, []).append(made.path)
    documents = tuple(
        BuiltDocument(made.path, made.export, made.counts)
        for made in up_to_date.outcomes
        if made.counts and not made.key
    )
    return Tally(documents, {name: tuple(paths) for name, paths in players.items()})


def _is_as_left(shown: StoredObject, digest: str, plan: Plan) -> bool:
    """Whether an object is what the manifest says, of a run before this one, and tells all that an outcome does."""
    told = shown.metadata
    return told.get("digest") == digest and "empty" in told and RunOrder.of(told) < plan.run.order


def _unchanged(export: Export, shown: StoredObject, counts: Mapping[str, int]) -> Outcome:
    told = shown.metadata
    return Outcome(
        path=shown.path,
        export=export.name,
        key=export.player_of(shown.path),
        action="unchanged",
        size=shown.size,
        digest=told["digest"],
        cache_control=shown.cache_control,
        empty=told["empty"] == "true",
        counts=counts,
        progress=int(told["progress"]) if "progress" in told else None,
        generation=shown.generation,
        writer=writer_of(told),
    )
