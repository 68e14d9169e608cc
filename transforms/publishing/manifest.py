"""The manifest of a date: what was published for it, by which run, and what is missing.

``manifest/{date}.json`` is written after the documents and pointers of a run. It lists every document, so that the next
run of the date knows which objects to look at, and what would be lost. An export type keeps the section of the newest
run. Where that run held it back, an older run may still publish it: the section then lists that run's documents.

Each run also leaves a record of its own, ``runs/{date}/{execution}.json``: it says what this run did, whatever others
do to the manifest after it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any, NamedTuple

import orjson

from exporters.config import RULES
from exporters.declaration import Export
from exporters.league.forecasts.readiness import ScanCounts, State, Verdict, verdict
from exporters.league.players.unmatched import NameReport
from exporters.warehouse.absence import absences
from transforms.elements.failure import Failure
from transforms.elements.manifest import (
    HELD,
    VERSION,
    ManifestError,
    checked_manifest,
    publisher_of,
    writers_but,
    writers_of,
)
from transforms.elements.plan import Plan, Run
from transforms.elements.publication import NewerRun, Outcome, Publication
from transforms.elements.run_order import RunOrder
from transforms.publishing.date_funnel import funnel_section, guard_section, skipped_section
from transforms.publishing.lease import CONTROL_CACHE
from transforms.publishing.pointers import EMPTIED
from transforms.stores.control import MANIFESTS, RUNS
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store

UNMATCHED, ALIAS, OPERATION = "unmatched player", "alias of a player", "operation"
"""Kinds of warnings."""
_PUBLISHED = ("documents", "document_counts", "stale", "published_by", "writers")
"""What a section says of what is published, whatever its run did."""
_ATTEMPTS = 10


def manifest_path(day: date | str) -> str:
    """Return the path of a date's manifest."""
    return f"{MANIFESTS}{day}.json"


def record_path(day: date | str, execution: str) -> str:
    """Return the path of what one execution did on a date."""
    return f"{RUNS}{day}/{execution}.json"


class LoadedManifest(NamedTuple):
    """A manifest as it is stored.

    Attributes:
        manifest: None when there is none, or none that can be used.
        generation: Of its object; ``ABSENT`` when there is none.
        problem: Why it cannot be used, in one line; empty when it can, and when there is none.
    """

    manifest: dict[str, Any] | None
    generation: int
    problem: str = ""


def load_manifest(store: Store, day: date | str) -> LoadedManifest:
    """Return a date's manifest.

    One that cannot be used counts as none: nothing is taken from it, and the next run replaces it.

    Raises:
        StoreError: It cannot be read.
    """
    return _load(store, manifest_path(day))


def load_record(store: Store, run: Run, day: date | str, *, since: datetime | None = None) -> dict[str, Any] | None:
    """Return what a run did on a date; None when it did not get so far.

    Args:
        store: Where it published.
        run: The run.
        day: The date.
        since: Where the execution is not known, any of the same run id that began since then is meant, the last first.

    Raises:
        StoreError: It cannot be read.
    """
    if run.execution_id or since is None:
        return _load(store, record_path(day, run.execution)).manifest
    for found in sorted(store.list(f"{RUNS}{day}/"), key=lambda shown: shown.path, reverse=True):
        record = _load(store, found.path).manifest
        if record is not None and record["run"]["run_id"] == run.run_id:
            started = record["run"]["started_at"]
            return record if started and datetime.fromisoformat(started) >= since else None
    return None


def _load(store: Store, path: str) -> LoadedManifest:
    found = store.read(path)
    if found is None:
        return LoadedManifest(None, ABSENT)
    try:
        return LoadedManifest(checked_manifest(orjson.loads(found[0])), found[1].generation)
    except orjson.JSONDecodeError:
        problem = "is not JSON"
    except ManifestError as error:
        problem = str(error)
    fix = "the date counts as unpublished until a run replaces it"
    return LoadedManifest(None, found[1].generation, f"{path} {problem}; {fix}")


def newer_runs(manifest: Mapping[str, Any] | None, run: Run, day: str) -> dict[str, NewerRun]:
    """Return the newer runs that published export types of a date, by type.

    One that held a type back is not among them, since nothing of it would be replaced.

    Args:
        manifest: The manifest of the date; None when there is none.
        run: The run that is about to publish.
        day: The date, ISO.
    """
    sections = {} if manifest is None else manifest["exports"]
    orders = {name: publisher_of(section) for name, section in sections.items()}
    return {name: NewerRun(order, newer_reason(order, day)) for name, order in orders.items() if order > run.order}


def newer_reason(order: RunOrder, day: str) -> str:
    """Return why what a newer run published stays."""
    return f"a newer run published {day} at {order.as_of[:19] or order.execution_id}{'Z' if order.as_of else ''}"


def write_manifest(store: Store, plan: Plan, scan_counts: ScanCounts, publication: Publication) -> dict[str, Any]:
    """Write a date's manifest and the record of the run, and return the record.

    In the manifest, the sections of export types that this run did not touch, or that a newer run published, stay. A
    run that was not let at the date only leaves its record.

    Raises:
        GenerationMismatch: Other runs of the date kept writing the manifest.
    """
    for attempt in range(_ATTEMPTS):
        previous, generation, problem = load_manifest(store, publication.day)
        warned = replace(plan, warnings=(*plan.warnings, problem)) if problem else plan
        record = make_manifest(warned, scan_counts, publication, previous)
        if publication.guard.is_busy:
            break
        try:
            store.write(
                manifest_path(publication.day),
                _encoded(merged(previous, record)),
                cache_control=CONTROL_CACHE,
                if_generation=generation,
            )
        except GenerationMismatch:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        break
    store.write(record_path(publication.day, plan.run.execution), _encoded(record), cache_control=CONTROL_CACHE)
    return record


def merged(previous: Mapping[str, Any] | None, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest of a date after a run: of each export type, the section of the newest run.

    What is said of the date as a whole is what the newest run says. What is published is said by the newest run that
    published it.
    """
    if previous is None:
        return dict(record)
    newest = previous if RunOrder.of(previous["run"]) > RunOrder.of(record["run"]) else record
    before: Mapping[str, Any] = previous["exports"]
    exports = {
        name: _merged_section(before[name], section) if name in before else section
        for name, section in record["exports"].items()
    }
    # The date that a newer run withheld is held against what an older one has published since.
    held = newest is previous and previous.get("guard", {}).get("withheld") is not None
    last_good = (record if held else newest)["last_good"]
    return {**newest, "last_good": last_good, "exports": dict(sorted({**before, **exports}.items()))}


def _merged_section(before: Mapping[str, Any], mine: Mapping[str, Any]) -> dict[str, Any]:
    """Return the section of the newer run, with the documents of the one that published them last."""
    if RunOrder.of(before) <= RunOrder.of(mine):
        return dict(mine)
    if publisher_of(before) >= publisher_of(mine):
        return dict(before)
    return {**before, **{key: mine[key] for key in _PUBLISHED}}


def _encoded(manifest: Mapping[str, Any]) -> bytes:
    return orjson.dumps(manifest, option=orjson.OPT_INDENT_2)


def make_manifest(
    plan: Plan, scan_counts: ScanCounts, publication: Publication, previous: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the manifest of a date after a run."""
    kept = {} if previous is None else previous["exports"]
    day = publication.day
    due = [export for export in plan.exports if day in plan.document_dates(export)]
    sections = {export.name: _section(export, plan, scan_counts, publication, kept.get(export.name)) for export in due}
    general = [failure for failure in publication.failures if failure.export not in sections]
    skipped = skipped_section(plan, scan_counts, publication)
    unowned = any(line["unowned"] for line in skipped["skipped_rows"])
    champion = scan_counts.of(day, plan.config.champion_system_id)
    funnel, last_good = funnel_section(plan, scan_counts, publication, previous)
    return {
        "version": VERSION,
        **plan.told_league,
        "date": day.isoformat(),
        "status": status_of(sections.values(), lacks_some=bool(general) or unowned, degraded=bool(funnel["degraded"])),
        "run": {
            "run_id": plan.run.run_id,
            **plan.run.order.metadata(),
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
        "funnel": funnel,
        "last_good": last_good,
        "guard": guard_section(publication.guard),
        "tables": {
            table: {"rows": scan_counts.rows[table], "bytes": scan_counts.bytes.get(table, 0)}
            for table in sorted(scan_counts.rows)
        },
        "broken_tables": dict(scan_counts.broken),
        "absent": [absence._asdict() for absence in absences(scan_counts.absent)],
        "warnings": [
            *({"warning": OPERATION, "problem": line} for line in plan.warnings),
            *_warnings(scan_counts, day),
        ],
        "failures": [_failure(failure) for failure in general],
        **skipped,
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
    if found.builds and publication.guard.withheld is not None:
        found = Verdict(State.WITHHELD, publication.guard.withheld)
    outcomes = sorted((made for made in publication.outcomes if made.export == export.name), key=_path)
    failures = [failure for failure in publication.failures if failure.export == export.name]
    pointers = [moved for moved in publication.pointers if moved.export == export.name]
    before: Mapping[str, str] = {} if previous is None else previous["documents"]
    shown: Mapping[str, Any] = {} if previous is None else previous.get("document_counts", {})
    stale: list[str] = [] if previous is None else previous["stale"]
    dated = "{date}" in export.path
    there = ("written", "unchanged", "kept") if dated else ("written", "unchanged")
    documents = {made.path: made.digest for made in outcomes if made.action in there and made.digest}
    lost = {made.path for made in outcomes if made.action == "failed"}
    # What a fixed path keeps is the document of another date, whose manifest tells of it.
    kept = set() if dated else {made.path for made in outcomes if made.action == "kept"}
    before = {path: digest for path, digest in before.items() if path not in kept}
    mine = {"run_id": plan.run.run_id, **plan.run.order.metadata()}
    publisher = mine if found.builds else _publisher(previous)
    shown_by = {made.path: made.writer for made in outcomes if made.path in documents}
    counts: dict[str, int] = {}
    for made in outcomes:
        for name, value in made.counts.items():
            counts[name] = counts.get(name, 0) + value
    return {
        "run_id": plan.run.run_id,
        **plan.run.order.metadata(),
        "code_version": plan.run.code_version,
        "schema": export.schema,
        "inputs": plan.inputs.get(export.name, {}).get(publication.day.isoformat()),
        "state": found.state.value,
        "reason": found.reason,
        "written": sum(made.action == "written" for made in outcomes),
        "unchanged": sum(made.action == "unchanged" for made in outcomes),
        "kept": counted(made.reason for made in outcomes if made.action == "kept"),
        # What a path may never show is not what the plan promised.
        "missing": {
            made.path: made.reason
            for made in outcomes
            if made.is_newer or (made.action == "kept" and made.reason in (EMPTIED, plan.pointers_refused))
        },
        "kept_newer": sum(made.is_newer for made in outcomes),
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
            "kept": counted(moved.reason for moved in pointers if moved.action == "kept"),
            "failed": {moved.path: moved.reason for moved in pointers if moved.action == "failed"},
            "missing": {moved.path: moved.reason for moved in pointers if moved.is_missing},
            "kept_newer": sum(moved.is_missing and moved.is_newer for moved in pointers),
        },
        "generations": {
            **{made.path: made.generation for made in outcomes if made.action == "written"},
            **{moved.path: moved.generation for moved in pointers if moved.action == "moved"},
        },
        # Documents of earlier runs stay in the list, because they stay in the store: a withheld type leaves all of
        # them alone, and a player who is no longer expected leaves his.
        "stale": sorted(before.keys() - documents.keys() - lost) if found.builds else stale,
        "documents": dict(sorted({**before, **documents}.items())),
        "published_by": publisher,
        "writers": writers_but(publisher, {**writers_of(previous, before), **shown_by}),
        "document_counts": dict(sorted({**shown, **_counts(outcomes)}.items())),
    }


def _publisher(previous: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Return the run that has published what a section lists; None when none has."""
    if previous is None or publisher_of(previous) == RunOrder():
        return None
    told = previous.get("published_by", previous)
    return {key: told[key] for key in ("run_id", *RunOrder._fields)}


def _counts(outcomes: Iterable[Outcome]) -> dict[str, Mapping[str, int]]:
    """Return the counts of what the paths show now, as far as this run wrote it or found it unchanged."""
    return {made.path: made.counts for made in outcomes if made.counts and made.action in ("written", "unchanged")}


def _path(made: Outcome) -> str:
    return made.path


def _failure(failure: Failure) -> dict[str, str]:
    return {"step": failure.step, "key": failure.key, "error": failure.error}


def counted(reasons: Iterable[str]) -> dict[str, int]:
    """Return how often each reason is there."""
    return dict(sorted(Counter(reasons).items()))


def status_of(sections: Iterable[Mapping[str, Any]], *, lacks_some: bool, degraded: bool) -> str:
    """Return ``success`` when all went out, ``failed`` when nothing did, and ``partial`` in between.

    All that went out is ``degraded`` when too few players came through. Where nothing is missing but what a newer run
    published, the status is ``kept``.
    """
    complete, some, newer = not lacks_some, False, False
    for section in sections:
        is_old = section["state"] == State.DEGRADED.value
        held = section["state"] in HELD
        pointers = section["pointers"]
        newer = newer or section["kept_newer"] > 0 or pointers["kept_newer"] > 0
        missing = any(len(kind["missing"]) > kind["kept_newer"] for kind in (section, pointers))
        lacks = section["failed"] or missing or pointers["failed"]
        complete = complete and not (held or lacks)
        some = some or is_old or (not held and (section["written"] + section["unchanged"] > 0 or not section["failed"]))
    if complete:
        return "kept" if newer else "degraded" if degraded else "success"
    return "partial" if some else "failed"
