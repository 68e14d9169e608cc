"""The manifest of a date: what was published for it, by whom, and what is missing.

``manifest/{date}.json`` is written after the documents and pointers of a run. It holds the digest of every document, so
that the next run of the date can leave alone what has not changed. A run that is about to replace a document first
leaves a marker; a marker that outlives its run says that documents may no longer be what the manifest says, and the
next run then writes all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timezone
from typing import Any

import orjson

from exporters.config import RULES
from exporters.declaration import Export
from exporters.league.forecasts.readiness import ScanCounts, State, Verdict, verdict
from exporters.league.players.unmatched import NameReport
from exporters.warehouse.absence import absences
from transforms.elements.failure import Failure
from transforms.elements.plan import Plan
from transforms.elements.publication import Outcome, Publication, Published
from transforms.publishing.date_funnel import funnel_section, guard_section, skipped_section
from transforms.publishing.overlap import as_stored
from transforms.publishing.pointers import EMPTIED
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store

UNMATCHED, ALIAS = "unmatched player", "alias of a player"
"""Kinds of warnings."""
MANIFEST_CACHE = "no-cache, max-age=0"
_ATTEMPTS = 10


def manifest_path(day: date | str) -> str:
    """Return the path of a date's manifest."""
    return f"manifest/{day}.json"


def marker_path(day: date | str) -> str:
    """Return the path of the marker of a run that is replacing a date's documents."""
    return f"manifest/{day}.open.json"


def load_manifest(store: Store, day: date | str) -> tuple[dict[str, Any] | None, int]:
    """Return a date's manifest and its generation; (None, ``ABSENT``) when there is none.

    What cannot be understood counts as no manifest: nothing is taken from it, and the next run replaces it.
    """
    found = store.read(manifest_path(day))
    return (None, ABSENT) if found is None else (_understood(found[0]), found[1].generation)


def _understood(content: bytes) -> dict[str, Any] | None:
    try:
        manifest = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return manifest if isinstance(manifest, dict) and isinstance(manifest.get("exports"), dict) else None


def load_published(store: Store, day: date | str) -> Published:
    """Return what may be taken as published for a date; nothing when a run of the date never finished."""
    manifest, _ = load_manifest(store, day)
    if manifest is None or store.stat(marker_path(day)) is not None:
        return Published()
    digests: dict[str, str] = {}
    for section in manifest["exports"].values():
        digests.update(section["documents"])
    return Published(digests)


def open_date(store: Store, day: str, run_id: str) -> None:
    """Leave the marker of a run that is about to replace documents of a date; nothing happens when it is there."""
    try:
        store.write(
            marker_path(day),
            orjson.dumps({"run_id": run_id}),
            cache_control=MANIFEST_CACHE,
            if_generation=ABSENT,
        )
    except GenerationMismatch:
        return


def write_manifest(store: Store, plan: Plan, scan_counts: ScanCounts, publication: Publication) -> dict[str, Any]:
    """Write a date's manifest, keeping the sections of export types that this run did not touch, and return it.

    Raises:
        GenerationMismatch: Other runs of the date kept writing it.
    """
    for attempt in range(_ATTEMPTS):
        previous, generation = load_manifest(store, publication.day)
        manifest = make_manifest(plan, scan_counts, as_stored(store, plan.run, publication, previous), previous)
        try:
            store.write(
                manifest_path(publication.day),
                orjson.dumps(manifest, option=orjson.OPT_INDENT_2),
                cache_control=MANIFEST_CACHE,
                if_generation=generation,
            )
        except GenerationMismatch:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        store.delete(marker_path(publication.day))
        return manifest
    raise AssertionError("unreachable")


def make_manifest(
    plan: Plan, scan_counts: ScanCounts, publication: Publication, previous: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the manifest of a date after a run."""
    kept = {} if previous is None else previous["exports"]
    day = publication.day
    due = [export for export in plan.exports if day in plan.document_dates(export)]
    sections = {export.name: _section(export, plan, scan_counts, publication, kept.get(export.name)) for export in due}
    general = [failure for failure in publication.failures if failure.export not in sections]
    unowned = [rows for rows in publication.skipped if not rows.player]
    champion = scan_counts.of(day, plan.config.champion_system_id)
    counted, last_good = funnel_section(plan, scan_counts, publication, previous)
    return {
        "date": day.isoformat(),
        "status": _status(sections.values(), [*general, *unowned], degraded=bool(counted["degraded"])),
        "run": {
            "run_id": plan.run.run_id,
            "generated_at": plan.run.generated_at,
            "correlation_id": plan.run.correlation_id,
            "trigger_source": plan.run.trigger_source,
            "code_version": plan.run.code_version,
            "commit": plan.run.commit,
            "lock": plan.run.lock,
            "started_at": plan.run.started_at,
            "finished_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        },
        "champion": {
            "system_id": plan.config.champion_system_id,
            "model_version": champion.model_version,
            "fallback_for": plan.fallback_for or None,
        },
        "funnel": counted,
        "last_good": last_good,
        "guard": guard_section(publication.guard),
        "tables": {
            table: {"rows": scan_counts.rows[table], "bytes": scan_counts.bytes.get(table, 0)}
            for table in sorted(scan_counts.rows)
        },
        "broken_tables": dict(scan_counts.broken),
        "absent": [absence._asdict() for absence in absences(scan_counts.absent)],
        "warnings": _warnings(scan_counts, day),
        "failures": [_failure(failure) for failure in general],
        **skipped_section(plan, scan_counts, publication),
        "failures_path": publication.failures_path,
        "exports": dict(sorted({**kept, **sections}.items())),
    }


def _warnings(scan_counts: ScanCounts, day: date) -> list[dict[str, Any]]:
    """Return what a person should look at, although nothing failed: players whom a table names and nobody knows."""
    names, problems = scan_counts.names.get(day, NameReport()), scan_counts.aliases.problems
    most = RULES.names.most_listed
    warnings: list[dict[str, Any]] = [{"warning": UNMATCHED, **name._asdict()} for name in names.listed]
    warnings += [{"warning": ALIAS, "problem": problem} for problem in problems[:most]]
    more = {UNMATCHED: names.more, ALIAS: max(len(problems) - most, 0)}
    return warnings + [{"warning": kind, "more": count} for kind, count in more.items() if count]


def _section(
    export: Export, plan: Plan, scan_counts: ScanCounts, publication: Publication, previous: Mapping[str, Any] | None
) -> dict[str, Any]:
    found = verdict(export, publication.day, scan_counts, plan.config)
    if found.publishes and publication.guard.withheld is not None:
        found = Verdict(State.WITHHELD, publication.guard.withheld)
    outcomes = sorted((made for made in publication.outcomes if made.export == export.name), key=_path)
    failures = [failure for failure in publication.failures if failure.export == export.name]
    pointers = [moved for moved in publication.pointers if moved.export == export.name]
    before: Mapping[str, str] = {} if previous is None else previous["documents"]
    shown: Mapping[str, Any] = {} if previous is None else previous.get("document_counts", {})
    stale: list[str] = [] if previous is None else previous["stale"]
    dated = "{date}" in export.path
    there = ("written", "unchanged", "kept") if dated else ("written", "unchanged")
    documents = {made.path: made.digest for made in outcomes if made.action in there}
    lost = {made.path for made in outcomes if made.action == "failed"}
    # What a fixed path keeps is the document of another date, whose manifest tells of it.
    kept = set() if dated else {made.path for made in outcomes if made.action == "kept"}
    before = {path: digest for path, digest in before.items() if path not in kept}
    counts: dict[str, int] = {}
    for made in outcomes:
        for name, value in made.counts.items():
            counts[name] = counts.get(name, 0) + value
    return {
        "run_id": plan.run.run_id,
        "code_version": plan.run.code_version,
        "inputs": plan.inputs.get(export.name, {}).get(publication.day.isoformat()),
        "state": found.state.value,
        "reason": found.reason,
        "written": sum(made.action == "written" for made in outcomes),
        "unchanged": sum(made.action == "unchanged" for made in outcomes),
        "kept": _reasons(made.reason for made in outcomes if made.action == "kept"),
        # What a path may never show is not what the plan promised.
        "missing": {made.path: made.reason for made in outcomes if made.action == "kept" and made.reason == EMPTIED},
        "withheld": sum(made.action == "withheld" for made in outcomes),
        "failed": len(failures) + len(lost),
        "bytes": sum(made.size for made in outcomes),
        "counts": counts,
        "build_ms": round(publication.build_ms.get(export.name, 0.0), 1),
        "publish_ms": round(publication.publish_ms.get(export.name, 0.0), 1),
        "failures": [
            *(_failure(failure) for failure in failures),
            *({"step": "PublishDocuments", "key": made.path, "error": made.error} for made in outcomes if made.error),
        ],
        "pointers": {
            "moved": sum(moved.action == "moved" for moved in pointers),
            "unchanged": sum(moved.action == "unchanged" for moved in pointers),
            "kept": _reasons(moved.reason for moved in pointers if moved.action == "kept"),
            "failed": {moved.path: moved.reason for moved in pointers if moved.action == "failed"},
            "missing": {moved.path: moved.reason for moved in pointers if moved.is_missing},
        },
        "generations": {
            **{made.path: made.generation for made in outcomes if made.action == "written"},
            **{moved.path: moved.generation for moved in pointers if moved.action == "moved"},
        },
        # Documents of earlier runs stay in the list, because they stay in the store: a withheld type leaves all of
        # them alone, and a player who is no longer expected leaves his.
        "stale": sorted(before.keys() - documents.keys() - lost) if found.publishes else stale,
        "documents": dict(sorted({**before, **documents}.items())),
        "document_counts": dict(sorted({**shown, **_counts(outcomes)}.items())),
    }


def _counts(outcomes: Iterable[Outcome]) -> dict[str, Mapping[str, int]]:
    """Return the counts of what the paths show now, as far as this run wrote it or found it unchanged."""
    return {made.path: made.counts for made in outcomes if made.counts and made.action in ("written", "unchanged")}


def _path(made: Outcome) -> str:
    return made.path


def _failure(failure: Failure) -> dict[str, str]:
    return {"step": failure.step, "key": failure.key, "error": failure.error}


def _reasons(reasons: Iterable[str]) -> dict[str, int]:
    counted: dict[str, int] = {}
    for reason in reasons:
        counted[reason] = counted.get(reason, 0) + 1
    return dict(sorted(counted.items()))


def _status(sections: Iterable[Mapping[str, Any]], general: Sequence[Failure], *, degraded: bool) -> str:
    """Return ``success`` when all went out, ``failed`` when nothing did, and ``partial`` in between.

    All that went out is ``degraded`` when too few players came through.
    """
    complete, some = not general, False
    for section in sections:
        is_old = section["state"] == State.DEGRADED.value
        held = is_old or section["state"] in (State.WITHHELD.value, State.FAILED.value)
        pointers = section["pointers"]
        lacks = section["failed"] or section["missing"] or pointers["failed"] or pointers["missing"]
        complete = complete and not (held or lacks)
        some = some or is_old or section["written"] + section["unchanged"] > 0 or (not held and not section["failed"])
    if complete:
        return "degraded" if degraded else "success"
    return "partial" if some else "failed"
