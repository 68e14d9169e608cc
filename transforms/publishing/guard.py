"""The guard of a date: what was built is held against what is published before any document is replaced.

Nothing can be lost on a date for which nothing is published: its documents are written while they are built, and so is
any document that is published just as it is. Every other document waits until all documents of its date are counted,
and then goes out with all the others, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import orjson

from exporters.declaration import Export, Grain
from exporters.league.forecasts.readiness import ScanCounts, verdict
from exporters.losses import Evidence, Loss, Shows, document_losses, falling, lost_documents, players_loss, teams_in
from exporters.losses import shown_by as shown_by_document
from transforms.clients.concurrency import run_concurrently
from transforms.elements.document import Document
from transforms.elements.guarding import BuiltDocument, DateVerdict, Shown, Tally
from transforms.elements.opened_date import OpenedDate
from transforms.elements.plan import Plan
from transforms.elements.publication import Outcome, Published
from transforms.history.documents import find_documents
from transforms.history.up_to_date import find_up_to_date
from transforms.publishing.date_funnel import degraded_by, stages_of
from transforms.publishing.documents import published_object
from transforms.publishing.lease import DateBusy, acquire, lost_to_another, release, still_holds
from transforms.publishing.manifest import load_manifest, newer_runs
from transforms.stages.player_stage import DocumentBatch
from transforms.stores.protocol import Store, StoredObject, StoreError

WITHHELD = "withheld"
"""The action of a document that is not written because its date is withheld."""


def open_date(plan: Plan, store: Store, day: date, *, may_skip: bool = False) -> OpenedDate:
    """Take the lease of a date and return what is published for it; why it cannot be taken, where another run has it.

    Args:
        plan: The plan.
        store: Where documents are.
        day: The date.
        may_skip: Whether the run can leave out a date that need not be built.

    Raises:
        StoreError: The store does not tell.
    """
    key = day.isoformat()
    try:
        contested = acquire(
            store,
            plan.run,
            key,
            plan.lease,
            export_types=plan.export_types,
            clock=plan.lease.time.monotonic,
            sleep=plan.lease.time.sleep,
        )
    except DateBusy as busy:
        return OpenedDate(shown=Shown(busy=str(busy)))
    try:
        manifest = load_manifest(store, day).manifest
        found, newer = find_objects(store, plan, day, manifest), newer_runs(manifest, plan.run, key)
        objects = {path: published_object(shown) for path, shown in found.items()}
        published = Published(objects, newer, is_contested=contested, is_held=True)
        is_candidate = may_skip and not (contested or newer)
        up_to_date = find_up_to_date(plan, day, manifest, found) if is_candidate else None
        return OpenedDate(published, look(store, plan, day, manifest, published), up_to_date)
    except StoreError:
        # Nothing was written yet.
        with suppress(StoreError):
            release(store, plan.run, key)
        raise


def find_objects(store: Store, plan: Plan, day: date, manifest: Mapping[str, Any] | None) -> dict[str, StoredObject]:
    """Return the objects of the documents that a manifest lists, as far as they are there, by path.

    That a document is published is never taken from the manifest, which is in another place: its objects may have been
    removed, or replaced by a run that was cut off.
    """
    sections = {} if manifest is None else manifest["exports"]
    listed = ((export, sections.get(export.name, {}).get("documents", ())) for export in plan.exports)
    return find_documents(
        store,
        day,
        [
            (export, documents)
            for export, documents in listed
            if documents and "{date}" in export.path and day in plan.document_dates(export)
        ],
    )


def shown_by(manifest: Mapping[str, Any] | None, plan: Plan, published: Published) -> Shown:
    """Return what a manifest says is published for its date, of the export types of a plan, as far as it is there.

    Args:
        manifest: The manifest; None when there is none.
        plan: The plan.
        published: What is there.
    """
    if manifest is None:
        return Shown()
    digests: dict[str, str] = {}
    counts: dict[str, Mapping[str, int]] = {}
    players: dict[str, tuple[str, ...]] = {}
    for export in plan.exports:
        section = manifest["exports"].get(export.name)
        if section is None or export.name in published.newer:
            continue
        # A fixed path may show another date by now; the guard reads what it needs of it.
        is_dated = "{date}" in export.path
        there = {
            path: published.objects[path].digest if is_dated else digest
            for path, digest in section["documents"].items()
            if not is_dated or path in published.objects
        }
        digests.update(there)
        counts.update(
            (path, counted)
            for path, counted in section["document_counts"].items()
            if there.get(path) == section["documents"].get(path)
        )
        if export.grain is Grain.PLAYER:
            players[export.name] = tuple(sorted(there.keys() - set(section["stale"])))
    return Shown(digests, counts, players, manifest["last_good"] or {}, frozenset(published.newer))


def look(store: Store, plan: Plan, day: date, manifest: Mapping[str, Any] | None, published: Published) -> Shown:
    """Return what is published for a date.

    The manifest tells; the documents themselves do where it gives no counts of what is there.

    Args:
        store: Where the documents are.
        plan: The plan.
        day: The date.
        manifest: Its manifest; None when there is none.
        published: What is there.
    """
    shown, calendar = shown_by(manifest, plan, published), plan.config.calendar
    unknown = [
        (export, path)
        for export in plan.exports
        if export.counts and export.grain is not Grain.PLAYER and day in plan.document_dates(export)
        if (path := export.path_of(day, calendar=calendar)) not in shown.counts and export.name not in shown.newer
    ]
    found = run_concurrently(partial(_counts_of, store, day), unknown, store.concurrency)
    counts = {path: read for (_, path), read in zip(unknown, found, strict=True) if read is not None}
    return replace(shown, counts={**shown.counts, **counts})


def _counts_of(store: Store, day: date, unknown: tuple[Export, str]) -> Mapping[str, int] | None:
    """Return the counts of a published document; None without one, or where it is about another date."""
    export, path = unknown
    found = store.read(path)
    if found is None or found[1].metadata.get("game_date", day.isoformat()) != day.isoformat():
        return None
    try:
        return export.item_counts(orjson.loads(found[0]))
    except (ValueError, LookupError, TypeError):
        # Another version of the code wrote it, in another shape.
        return None


def triage(
    plan: Plan, scan_counts: ScanCounts, day: date, shown: Shown, batch: DocumentBatch
) -> tuple[DocumentBatch, DocumentBatch, Tally | None]:
    """Return the documents that may be published at once, those that wait for the guard, and what it counts of them.

    Args:
        plan: The plan.
        scan_counts: What the scan saw.
        day: The date that the documents are reported under.
        shown: What is published for it.
        batch: Documents of the date.
    """
    if (
        not shown.busy
        and shown.is_nothing
        and not (plan.config.funnel.withhold and _is_degraded(plan, scan_counts, day, shown))
    ):
        return batch, DocumentBatch(), None
    released, held = DocumentBatch(milliseconds=batch.milliseconds), DocumentBatch()
    documents: list[BuiltDocument] = []
    players: dict[str, list[str]] = {}
    by_name = {export.name: export for export in plan.exports}
    for made in batch.documents:
        unchanged = shown.digests.get(made.path) == made.digest and not made.fixed and not plan.rewrite
        # What a newer run published is not replaced, so that there is nothing to compare.
        is_free = unchanged or made.export in shown.newer
        (released if is_free and not shown.busy else held).documents.append(made)
        if made.export in shown.newer:
            continue
        if made.key:
            players.setdefault(made.export, []).append(made.path)
        elif made.counts:
            documents.append(_built(by_name[made.export], made, shown, plan))
    tally = Tally(tuple(documents), {name: tuple(paths) for name, paths in players.items()})
    return released, held, tally


def _is_degraded(plan: Plan, scan_counts: ScanCounts, day: date, shown: Shown) -> bool:
    return bool(degraded_by(plan, scan_counts, day, stages_of(plan, scan_counts, day), shown.last_good))


def _built(export: Export, made: Document, shown: Shown, plan: Plan) -> BuiltDocument:
    before = shown.counts.get(made.path)
    if before is None or not falling(export, before, made.counts, plan.config.shrink):
        return BuiltDocument(made.path, made.export, made.counts)
    return BuiltDocument(made.path, made.export, made.counts, export.members_of(orjson.loads(made.content)))


def judge_date(
    plan: Plan, store: Store, scan_counts: ScanCounts, day: date, shown: Shown, tallies: Iterable[Tally]
) -> DateVerdict:
    """Return whether the documents of a date may replace what is published.

    Args:
        plan: The plan.
        store: Where both are; it is asked only about what would shrink.
        scan_counts: What the scan saw.
        day: The date.
        shown: What is published for it.
        tallies: What all documents of the date show.
    """
    if shown.busy:
        return DateVerdict(withheld=shown.busy, is_busy=True)
    if not still_holds(store, plan.run, day.isoformat()) and not _is_all_newer(plan, store, day):
        # What another run has published meanwhile was not compared with anything.
        return DateVerdict(withheld=lost_to_another(day.isoformat()))
    counted = list(tallies)
    degraded = degraded_by(plan, scan_counts, day, stages_of(plan, scan_counts, day), shown.last_good)
    by_name = {export.name: export for export in plan.exports}
    losses: list[Loss] = []
    for built in sorted((built for tally in counted for built in tally.documents), key=_path):
        losses.extend(_losses_of(by_name[built.export], plan, store, scan_counts, day, shown, built))
    if not shown.is_nothing:
        made: dict[str, set[str]] = {}
        for tally in counted:
            for name, paths in tally.players.items():
                made.setdefault(name, set()).update(paths)
        for export in plan.exports:
            if export.name in shown.newer:
                continue
            if export.grain is Grain.PLAYER and verdict(export, day, scan_counts, plan.config).publishes:
                losses.extend(_lost_players(export, plan, store, scan_counts, day, shown, made.get(export.name, set())))
    accepted = {name for name in by_name if plan.accept_shrink & {name, f"{name}:{day}"}}
    refused = [lost for lost in losses if lost.unexplained and lost.export not in accepted]
    return DateVerdict(
        withheld=_why(day, refused) if refused else _why_degraded(degraded) if plan.config.funnel.withhold else None,
        degraded=degraded,
        losses=tuple(losses),
        accepted=tuple(sorted({lost.export for lost in losses if lost.unexplained} & accepted)),
    )


def _is_all_newer(plan: Plan, store: Store, day: date) -> bool:
    """Whether newer runs have published everything of a date by now: nothing of it is replaced then."""
    newer = newer_runs(load_manifest(store, day).manifest, plan.run, day.isoformat())
    return all(export.name in newer for export in plan.exports if day in plan.document_dates(export))


def _path(built: BuiltDocument) -> str:
    return built.path


def _why(day: date, refused: list[Loss]) -> str:
    accept = ",".join(dict.fromkeys(f"{lost.export}:{day}" for lost in refused))
    return (
        f"{'; '.join(map(str, refused))}; nothing of {day} was replaced: "
        f"correct the warehouse, or accept it with --accept_shrink={accept}"
    )


def _why_degraded(degraded: tuple[str, ...]) -> str | None:
    return f"degraded: {'; '.join(degraded)}; --degraded=publish lets it out" if degraded else None


def _losses_of(
    export: Export,
    plan: Plan,
    store: Store,
    scan_counts: ScanCounts,
    day: date,
    shown: Shown,
    built: BuiltDocument,
) -> Iterator[Loss]:
    """Yield the counts of a document that fall by too much, with the reasons that the tables give."""
    before = shown.counts.get(built.path, {})
    if not falling(export, before, built.counts, plan.config.shrink):
        return
    # The manifest gives the counts; who is behind them only the document tells.
    published = replace(shown_by_document(export, _read_json(store, built.path)), counts=before)
    evidence = Evidence(export, day, scan_counts, plan.config)
    yield from document_losses(evidence, built.path, published, Shows(built.counts, built.members))


def _lost_players(
    export: Export, plan: Plan, store: Store, scan_counts: ScanCounts, day: date, shown: Shown, made: set[str]
) -> Iterator[Loss]:
    """Yield the loss of players' documents that were made the last time, when there are too many of them."""
    before = shown.players.get(export.name, ())
    lost = lost_documents(export, before, made, plan.config.shrink)
    if not lost:
        return
    readable = lost[: plan.config.shrink.most_read]
    teams: dict[str, frozenset[str]] = {}
    for published in run_concurrently(partial(_read_json, store), readable, store.concurrency):
        teams.update({} if published is None else teams_in(published))
    yield players_loss(Evidence(export, day, scan_counts, plan.config, teams), lost, len(before))


def _read_json(store: Store, path: str) -> Any:
    found = store.read(path)
    try:
        return None if found is None else orjson.loads(found[0])
    except orjson.JSONDecodeError:
        return None


def withheld_outcome(document: Document, reason: str) -> Outcome:
    """Return what becomes of a document whose date is withheld: what is published stays."""
    return Outcome(
        path=document.path,
        export=document.export,
        key=document.key,
        action=WITHHELD,
        size=0,
        digest=document.digest,
        cache_control=document.cache_control,
        empty=document.empty,
        counts=document.counts,
        reason=reason,
    )
