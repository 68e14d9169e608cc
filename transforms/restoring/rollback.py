"""Brings back what a run had published for a date.

A rollback is a run: it takes the lease of the date, writes documents by compare-and-set, then pointers, then the
manifest and its own record. It stands right after the newest run of the date, with the picture of that run: what it
brought back is replaced by any newer run, and by no older one. What it replaces goes to the history, so that it can be
undone.

Players' documents that later runs added to the types of that run are removed, as the last thing before the manifest:
they were not there. Export types that the run did not publish itself stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from functools import partial
from typing import Any

import orjson

from exporters.declaration import Grain
from exporters.league.forecasts.readiness import ScanCounts, State
from transforms.clients.concurrency import run_concurrently
from transforms.elements.guarding import DateVerdict
from transforms.elements.manifest import publisher_of, writers_but, writers_of
from transforms.elements.plan import Plan
from transforms.elements.publication import Outcome, PointerOutcome
from transforms.elements.run_order import RESTORED_FROM, RunOrder
from transforms.history.versions import History, keep_version
from transforms.publishing.date_funnel import guard_section
from transforms.publishing.lease import CONTROL_CACHE, Heartbeat, abandon, acquire, forget_signs, release
from transforms.publishing.manifest import counted, load_manifest, manifest_path, merged, record_path, status_of
from transforms.publishing.pointers import NEWER, PointerMover, regresses
from transforms.publishing.services import Moment
from transforms.publishing.status import date_status, league_day_of, write_status
from transforms.restoring.runs import (
    PublishedVersion,
    VersionsGone,
    find_records,
    gone,
    kept_since,
    objects_at,
    players_of,
    published_sections,
    shows,
    versions_of,
)
from transforms.status_page.publish import write_page
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoredObject, StoreError

_ATTEMPTS = 10


@dataclass(frozen=True)
class RolledBack:
    """What a rollback did.

    Attributes:
        record: The record of it, in the shape of that of any run.
        outcomes: Of the documents.
        pointers: Of the pointers.
        withdrawn: The documents that were removed, by path.
        warning: What went wrong although everything is brought back; empty when nothing did.
    """

    record: Mapping[str, Any]
    outcomes: Sequence[Outcome]
    pointers: Sequence[PointerOutcome]
    withdrawn: Sequence[str] = ()
    warning: str = ""


def newest_order(store: Store, day: date) -> RunOrder:
    """Return where the newest run of a date stands, by its manifest and the records of its runs.

    Raises:
        StoreError: They cannot be read.
    """
    manifest = load_manifest(store, day).manifest
    told = [*find_records(store, day), *([] if manifest is None else [manifest])]
    orders = [RunOrder.of(one["run"]) for one in told]
    orders += [order for one in told for section in one["exports"].values() for order in _orders(section)]
    return max(orders, default=RunOrder())


def _orders(section: Mapping[str, Any]) -> tuple[RunOrder, RunOrder]:
    return RunOrder.of(section), publisher_of(section)


def roll_back(store: Store, plan: Plan, to: Mapping[str, Any], *, by: str, today: date) -> RolledBack:
    """Bring back what a run had published for a date.

    Args:
        store: Where it published.
        plan: The plan of the rollback: its run, the one date, the export types that the run had published.
        to: The record of the run.
        by: Who asks for it, as the manifest names them.
        today: The date by the clock of the store, UTC.

    Raises:
        VersionsGone: Some documents cannot be brought back; nothing was written.
        DateBusy: Another run holds the date; nothing was written.
        StoreError: The store failed. What was written so far stays; the lease names the types that are left in part.
    """
    (day,) = plan.dates
    with Heartbeat(store, plan.run, plan.lease):
        contested = acquire(
            store,
            plan.run,
            day.isoformat(),
            plan.lease,
            export_types=plan.export_types,
            clock=plan.lease.time.monotonic,
            sleep=plan.lease.time.sleep,
        )
        try:
            done = _Rollback(store, _after_the_newest(store, plan, day), to, by, today).carry_out(again=contested)
        except VersionsGone:
            # Nothing was written yet.
            with suppress(StoreError):
                release(store, plan.run, day.isoformat())
            raise
        except BaseException:
            abandon(store, plan.run, day.isoformat())
            raise
    # Without a warehouse: what depends on the games is unknown until the next run writes the status.
    told, now = date_status(done.record), datetime.now(timezone.utc)
    warnings = (
        write_status(store, [told], Moment(now, league_day_of(plan), None, plan.league.calendar)),
        write_page(store, [told["page"]], now),
    )
    warning = "; ".join(filter(None, warnings))
    release(store, plan.run, day.isoformat(), repaired=[export.name for export, _ in published_sections(done.record)])
    forget_signs(store, plan.run)
    return replace(done, warning=warning)


def _after_the_newest(store: Store, plan: Plan, day: date) -> Plan:
    """Return the plan with the picture of the newest run of the date, which the lease keeps from changing."""
    newest = newest_order(store, day)
    run = replace(plan.run, as_of=newest.as_of)
    if run.order <= newest:
        raise StoreError(
            f"run {newest.execution_id} of {day} began after this rollback by the clock of its machine: what is "
            "brought back would count as older; set the clock right, and run it again"
        )
    return replace(plan, run=run)


@dataclass(frozen=True)
class _Rollback:
    store: Store
    plan: Plan
    to: Mapping[str, Any]
    by: str
    today: date

    @property
    def _day(self) -> date:
        return self.plan.dates[0]

    def carry_out(self, *, again: bool) -> RolledBack:
        """Write documents, pointers, manifest and record; documents that are there already only ``again``."""
        versions = versions_of(self.to)
        objects = objects_at(self.store, versions, self._day)
        history = kept_since(self.store, self.to, self.today)
        if lost := gone(versions, objects, history):
            raise VersionsGone(lost)
        bring = partial(self._bring_back, objects, history, again)
        outcomes = run_concurrently(bring, versions, self.store.concurrency)
        pointers = self._pointers(outcomes)
        withdrawn = self._withdraw()
        return RolledBack(self._write_record(outcomes, pointers, withdrawn), outcomes, pointers, withdrawn)

    def _bring_back(
        self, objects: Mapping[str, StoredObject], history: History, again: bool, one: PublishedVersion
    ) -> Outcome:
        shown = objects.get(one.path)
        same = shows(shown, one.version)
        found = self.store.read(one.path) if same else history.read(one.version)
        if found is None:
            raise StoreError(f"{one.path} was removed while it was brought back; run it again")
        content, described = found
        told = described.metadata
        made = Outcome(
            path=one.path,
            export=one.export.name,
            key=one.key,
            action="unchanged",
            size=len(content),
            digest=one.version.digest,
            cache_control=described.cache_control,
            empty=told.get("empty") == "true",
            counts=self.to["exports"][one.export.name]["document_counts"].get(one.path, {}),
            generation=described.generation,
            writer=one.version.writer,
        )
        reason = self._kept(one, shown, empty=made.empty)
        if reason is not None:
            return made._replace(action="kept", reason=reason)
        if same and not again:
            return made
        try:
            if shown is not None and not same and self.plan.history_days:
                keep_version(self.store, one.path, self.plan.run.day)
            generation = self.store.write(
                one.path,
                content,
                cache_control=described.cache_control,
                content_type=described.content_type,
                metadata={**told, **self.plan.run.order.metadata(), RESTORED_FROM: one.version.writer},
                if_generation=ABSENT if shown is None else shown.generation,
            )
        except GenerationMismatch as error:
            raise StoreError(f"{one.path} changed while it was brought back; run it again") from error
        return made._replace(action="written", generation=generation)

    def _kept(self, one: PublishedVersion, shown: StoredObject | None, *, empty: bool) -> str | None:
        """Return why a path that other dates share keeps what it shows; None where it takes the document."""
        if "{date}" in one.export.path or shown is None:
            return None
        of = shown.metadata.get("game_date", "")
        if of == self._day.isoformat():
            return None
        return NEWER if of > self._day.isoformat() else regresses(self.plan, shown, str(self._day), empty=empty)

    def _pointers(self, outcomes: Iterable[Outcome]) -> list[PointerOutcome]:
        mover, moved = PointerMover(self.store, self.plan, ScanCounts()), []
        made = [outcome for outcome in outcomes if outcome.action != "kept"]
        for export, section in published_sections(self.to):
            own = [outcome for outcome in made if outcome.export == export.name]
            moved.extend(mover.follow(export, self._day, own, State(section["state"]), players_of(export, section)))
        return moved

    def _withdraw(self) -> list[str]:
        """Remove the players' documents that the run had not, and that a later one added to its types."""
        manifest = load_manifest(self.store, self._day).manifest or {"exports": {}}
        added = []
        for export, section in published_sections(self.to):
            if export.grain is Grain.PLAYER and "{date}" in export.path:
                listed = manifest["exports"].get(export.name, {"documents": {}})["documents"]
                added += sorted(listed.keys() - section["documents"].keys())
        run_concurrently(self._remove, added, self.store.concurrency)
        return added

    def _remove(self, path: str) -> None:
        shown = self.store.stat(path)
        if shown is None:
            return
        if self.plan.history_days:
            keep_version(self.store, path, self.plan.run.day)
        try:
            self.store.delete(path, if_generation=shown.generation)
        except GenerationMismatch as error:
            raise StoreError(f"{path} changed while it was removed; run it again") from error

    def _write_record(
        self, outcomes: Sequence[Outcome], pointers: Sequence[PointerOutcome], withdrawn: Sequence[str]
    ) -> dict[str, Any]:
        for _ in range(_ATTEMPTS):
            previous, generation, _problem = load_manifest(self.store, self._day)
            record = self._record(previous, outcomes, pointers, withdrawn)
            content = orjson.dumps(merged(previous, record), option=orjson.OPT_INDENT_2)
            path = manifest_path(self._day)
            try:
                self.store.write(path, content, cache_control=CONTROL_CACHE, if_generation=generation)
            except GenerationMismatch:
                continue
            break
        else:
            raise StoreError(f"{manifest_path(self._day)} changed {_ATTEMPTS} times meanwhile; run it again")
        content = orjson.dumps(record, option=orjson.OPT_INDENT_2)
        self.store.write(record_path(self._day, self.plan.run.execution), content, cache_control=CONTROL_CACHE)
        return record

    def _record(
        self,
        previous: Mapping[str, Any] | None,
        outcomes: Sequence[Outcome],
        pointers: Sequence[PointerOutcome],
        withdrawn: Sequence[str],
    ) -> dict[str, Any]:
        """Return the record: what the run had recorded of the date, with what is published now."""
        run, before = self.plan.run, {} if previous is None else previous["exports"]
        sections = {
            export.name: self._section(
                section, _without(before.get(export.name), withdrawn), outcomes, pointers, export.name
            )
            for export, section in published_sections(self.to)
        }
        replaced = None if previous is None else previous["run"]
        return {
            **self.to,
            "status": status_of(sections.values(), lacks_some=False, degraded=bool(self.to["funnel"].get("degraded"))),
            "run": {
                "run_id": run.run_id,
                **run.order.metadata(),
                "generated_at": run.generated_at,
                "correlation_id": run.correlation_id,
                "trigger_source": run.trigger_source,
                "code_version": run.code_version,
                "commit": run.commit,
                "lock": run.lock,
                "started_at": run.started_at,
                "finished_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            },
            "rollback": {
                "by": self.by,
                "at": run.started_at,
                "from": None if replaced is None else {key: replaced[key] for key in ("run_id", *RunOrder._fields)},
                "to": {key: self.to["run"][key] for key in ("run_id", *RunOrder._fields)},
                "withdrawn": list(withdrawn),
            },
            "guard": guard_section(DateVerdict()),
            "failures": [],
            "failures_path": None,
            "exports": dict(sorted({**before, **sections}.items())),
        }

    def _section(
        self,
        told: Mapping[str, Any],
        before: Mapping[str, Any] | None,
        outcomes: Sequence[Outcome],
        pointers: Sequence[PointerOutcome],
        name: str,
    ) -> dict[str, Any]:
        run = self.plan.run
        mine = {"run_id": run.run_id, **run.order.metadata()}
        own = [made for made in outcomes if made.export == name]
        moved = [one for one in pointers if one.export == name]
        there = {made.path: made.digest for made in own if made.action != "kept"}
        kept = {made.path: made.reason for made in own if made.action == "kept"}
        listed = {} if before is None else before["documents"]
        others = {path: digest for path, digest in listed.items() if path not in kept}
        counts = {} if before is None else before.get("document_counts", {})
        writers = {**writers_of(before, others), **{made.path: made.writer for made in own if made.path in there}}
        return {
            **told,
            **mine,
            "written": sum(made.action == "written" for made in own),
            "unchanged": sum(made.action == "unchanged" for made in own),
            "kept": counted(kept.values()),
            "missing": {},
            "kept_newer": 0,
            "withheld": 0,
            "bytes": sum(made.size for made in own if made.action == "written"),
            "build_ms": 0.0,
            "publish_ms": 0.0,
            "pointers": {
                "moved": sum(one.action == "moved" for one in moved),
                "unchanged": sum(one.action == "unchanged" for one in moved),
                "kept": counted(one.reason for one in moved if one.action == "kept"),
                "failed": {one.path: one.reason for one in moved if one.action == "failed"},
                "missing": {},
                "kept_newer": 0,
            },
            "generations": {
                **{made.path: made.generation for made in own if made.action == "written"},
                **{one.path: one.generation for one in moved if one.action == "moved"},
            },
            "stale": sorted(others.keys() - there.keys()),
            "documents": dict(sorted({**others, **there}.items())),
            "published_by": mine,
            "document_counts": dict(
                sorted({**counts, **{made.path: dict(made.counts) for made in own if made.counts}}.items())
            ),
            "writers": writers_but(mine, writers),
        }


def _without(section: Mapping[str, Any] | None, withdrawn: Sequence[str]) -> Mapping[str, Any] | None:
    """Return a section that does not list what was removed."""
    if section is None:
        return None
    keys = ("documents", "document_counts", "writers")
    kept = {
        key: {path: told for path, told in section[key].items() if path not in withdrawn}
        for key in keys
        if key in section
    }
    return {**section, **kept}
