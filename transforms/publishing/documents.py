"""Writing documents: each by compare-and-set, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import orjson

from exporters.declaration import Export
from transforms.elements.document import Document, with_value
from transforms.elements.plan import Plan
from transforms.elements.publication import NewerRun, Outcome, Published, PublishedObject
from transforms.elements.run_order import RunOrder
from transforms.history.versions import keep_version, writer_of
from transforms.publishing.lease import lost_to_another, still_holds
from transforms.publishing.manifest import newer_reason
from transforms.publishing.pointers import (
    ATTEMPTS,
    describes,
    keeps,
    knows_less,
    object_metadata,
    progress_of,
    shows_newer,
)
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoredObject, StoreError


@dataclass
class DocumentPublisher:
    """Writes documents of one run that differ from what is published, each by compare-and-set.

    What a newer run published stays: the manifest tells which export types it published, and each object which run
    wrote it.
    """

    store: Store
    plan: Plan

    def publish(self, document: Document, published: Published) -> Outcome:
        """Write a document unless it is published already, and return what became of it; never raises StoreError.

        A document at a fixed path is published as a pointer is moved: never back in time, and never to an empty one.
        One whose progress is measured never takes the place of one that knows more, and is completed by what is there
        where its type can do that.
        """
        try:
            newer = published.newer.get(document.export)
            if newer is not None:
                return _left_to(newer, self._written(document), published)
            if document.fixed:
                return self._publish_fixed(document, published, self._written(document))
            if document.progress is not None and not self._is_forced:
                return self._publish_measured(document, published, self._written(document))
            return self._publish_dated(document, published)
        except StoreError as failed:
            return self._written(document)._replace(action="failed", error=f"{type(failed).__name__}: {failed}")

    def _publish_dated(self, document: Document, published: Published) -> Outcome:
        # What the listing of the date tells; only what is another object by now is looked at again.
        there = published.objects.get(document.path)
        for _ in range(ATTEMPTS):
            settled = None if there is None else self._settled(there, document, again=self._again(published))
            if settled is not None:
                return settled
            try:
                generation = self._write(document, if_generation=ABSENT if there is None else there.generation)
            except GenerationMismatch:
                shown = self.store.stat(document.path)
                there = None if shown is None else published_object(shown)
                self._require_lease(document, published, there)
                continue
            return self._written(document, generation=generation)
        raise _contended(document)

    def _settled(self, there: PublishedObject, document: Document, *, again: bool) -> Outcome | None:
        """Return what becomes of a document whose path shows something already; None when it is to be replaced."""
        same = there.digest == document.digest
        if there.order > self.plan.run.order:
            return _kept(there, document, self._written(document))
        # Written before its worker died, and now once more.
        is_ours = there.order == self.plan.run.order
        if not same or (again and not is_ours):
            return None
        action = "written" if is_ours else "unchanged"
        return self._written(document, action=action, generation=there.generation, writer=there.writer)

    def _again(self, published: Published) -> bool:
        """Whether a document is written although its content has not changed."""
        return self.plan.rewrite or published.is_contested

    def _require_lease(self, document: Document, published: Published, there: PublishedObject | None) -> None:
        """Raise when an older run wrote an object that was not there to compare with, and has the date now."""
        if there is None or there.order >= self.plan.run.order or not published.is_held:
            return
        day = self.plan.reporting_date(date.fromisoformat(document.date)).isoformat()
        if not still_holds(self.store, self.plan.run, day):
            raise StoreError(f"{document.path} was not written: {lost_to_another(day)}")

    @property
    def _is_forced(self) -> bool:
        return self.plan.rewrite or self.plan.update_latest == "force"

    def _publish_measured(self, document: Document, published: Published, made: Outcome) -> Outcome:
        """Write a document unless what is there knows more: by compare-and-set, since another run may know more yet."""
        there = published.objects.get(document.path)
        if there is not None and there.digest == document.digest and not published.is_contested:
            return made._replace(action="unchanged", generation=there.generation, writer=there.writer)
        for _ in range(ATTEMPTS):
            shown, written = self.store.stat(document.path), document
            if shown is not None and RunOrder.of(shown.metadata) > self.plan.run.order:
                return _kept(published_object(shown), document, made)
            if shown is not None and (there is None or there.generation != shown.generation):
                self._require_lease(document, published, published_object(shown))
            reason = knows_less(shown, document)
            if reason is not None or (shown is not None and self._export_of(document).merge is not None):
                # Even one that knows more altogether may have lost a part of what is shown.
                shown, written = self._completed(document)
                reason = knows_less(shown, written)
            is_same = shown is not None and shown.metadata.get("digest") == written.digest
            if shown is not None and (reason is not None or (is_same and not published.is_contested)):
                told = shown.metadata
                return made._replace(
                    action="unchanged" if reason is None else "kept",
                    reason=reason or "",
                    digest=told["digest"],
                    empty=told["empty"] == "true",
                    progress=progress_of(shown),
                    generation=shown.generation,
                    writer=writer_of(told),
                )
            try:
                generation = self._write(written, if_generation=ABSENT if shown is None else shown.generation)
            except GenerationMismatch:
                continue
            return self._written(written, generation=generation)
        raise _contended(document)

    def _export_of(self, document: Document) -> Export:
        return next(export for export in self.plan.exports if export.name == document.export)

    def _completed(self, document: Document) -> tuple[StoredObject | None, Document]:
        """Return what is published, and a document completed by it."""
        export = self._export_of(document)
        found = self.store.read(document.path)
        if found is None or export.merge is None or document.empty:
            return None if found is None else found[1], document
        try:
            value = export.merge(orjson.loads(document.content), orjson.loads(found[0]))
        except (ValueError, LookupError, TypeError):
            # Another version of the code wrote it, in another shape.
            return found[1], document
        return found[1], with_value(document, export, value, self.plan.run.generated_at)

    def _write(self, document: Document, if_generation: int) -> int:
        if self.plan.history_days and if_generation != ABSENT:
            keep_version(self.store, document.path, self.plan.run.day)
        return self.store.write(
            document.path,
            document.content,
            cache_control=document.cache_control,
            metadata=self._metadata(document),
            if_generation=if_generation,
        )

    def _written(
        self, document: Document, *, action: str = "written", generation: int = 0, writer: str | None = None
    ) -> Outcome:
        """Return the outcome of a document whose path shows it."""
        return Outcome(
            path=document.path,
            export=document.export,
            key=document.key,
            action=action,
            size=len(document.content),
            digest=document.digest,
            cache_control=document.cache_control,
            empty=document.empty,
            counts=document.counts,
            progress=document.progress,
            generation=generation,
            writer=self.plan.run.execution if writer is None else writer,
            halted=document.halted,
        )

    def _metadata(self, document: Document) -> dict[str, str]:
        return object_metadata(
            self.plan.run.order,
            schema=document.schema,
            day=document.date,
            digest=document.digest,
            empty=document.empty,
            progress=document.progress,
        )

    def _publish_fixed(self, document: Document, published: Published, made: Outcome) -> Outcome:
        """Write a document at a path that other dates share, unless the path is to keep what it shows.

        Every date shares the path, so that only the object itself tells what is published.
        """
        for _ in range(ATTEMPTS):
            shown = self.store.stat(document.path)
            is_same = shown is not None and describes(shown, self._metadata(document))
            if shown is not None and not is_same and _is_guarded(shown, document):
                self._require_lease(document, published, published_object(shown))
            reason = keeps(self.plan, shown, document)
            if shown is not None and is_same and not self._again(published):
                writer = writer_of(shown.metadata)
                return made._replace(action="unchanged", generation=shown.generation, writer=writer)
            if reason is not None:
                is_newer = shown is not None and shows_newer(shown, self.plan.run.order, document.date)
                return made._replace(action="kept", reason=reason, is_newer=is_newer)
            try:
                generation = self._write(document, if_generation=ABSENT if shown is None else shown.generation)
            except GenerationMismatch:
                continue
            return made._replace(generation=generation)
        raise _contended(document)


def published_object(shown: StoredObject) -> PublishedObject:
    """Return what an object says of itself."""
    told = shown.metadata
    return PublishedObject(told.get("digest", ""), shown.generation, RunOrder.of(told), writer_of(told))


def _is_guarded(shown: StoredObject, document: Document) -> bool:
    """Whether the guard compares a document with what its path shows: both are of one date, and of no player."""
    return not document.key and shown.metadata.get("game_date") == document.date


def _left_to(newer: NewerRun, made: Outcome, published: Published) -> Outcome:
    """Return what becomes of a document whose export type a newer run has published."""
    there = published.objects.get(made.path, PublishedObject("", 0))
    if there.digest == made.digest:
        return made._replace(action="unchanged", generation=there.generation, writer=there.writer)
    return _kept_as_is(made, there, newer.reason)


def _kept(there: PublishedObject, document: Document, made: Outcome) -> Outcome:
    """Return what becomes of a document whose object a newer run has written."""
    if there.digest == document.digest:
        return made._replace(action="unchanged", generation=there.generation, writer=there.writer)
    return _kept_as_is(made, there, newer_reason(there.order, document.date))


def _kept_as_is(made: Outcome, there: PublishedObject, reason: str) -> Outcome:
    return made._replace(
        action="kept",
        reason=reason,
        digest=there.digest,
        counts={},
        generation=there.generation,
        is_newer=True,
        writer=there.writer,
    )


def _contended(document: Document) -> StoreError:
    return StoreError(f"{document.path} changed {ATTEMPTS} times while it was being written: run it again")
