"""Fixed paths only ever move forward: pointers, which mirror a dated document, and documents whose path has no date."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from exporters.declaration import Export, Follows, Pointer
from exporters.league.forecasts.readiness import ScanCounts, State, verdict
from transforms.clients.concurrency import run_concurrently
from transforms.elements.document import Document, content_digest, encode
from transforms.elements.plan import Plan
from transforms.elements.publication import Outcome, PointerOutcome
from transforms.elements.run_order import RESTORED_FROM, RunOrder
from transforms.elements.validation import InvalidDocument, require_valid
from transforms.history.versions import writer_of
from transforms.stores.protocol import ABSENT, GenerationMismatch, Store, StoredObject, StoreError

EMPTIED = "would replace a document by an empty one"
NEWER = "shows a newer game date"
"""Why a path keeps what it shows."""
ATTEMPTS = 5
"""How often a fixed path is looked at again when somebody else wrote it in between."""


def object_metadata(
    order: RunOrder, *, schema: str, day: str, digest: str, empty: bool, progress: int | None = None
) -> dict[str, str]:
    """Return the metadata that every published document carries, so that an object tells what it shows, and of when.

    Args:
        order: The order among the runs of the run that writes it.
        schema: The ``$id`` of its schema.
        day: Its game date, ISO.
        digest: Digest of its content.
        empty: It shows nothing.
        progress: Number of outcomes that it shows; None where that is not measured.
    """
    told = {SCHEMA: schema, "game_date": day, "digest": digest, "empty": "true" if empty else "false"}
    if progress is not None:
        told["progress"] = str(progress)
    return {**told, **order.metadata()}


SCHEMA = "schema"
"""The key under which an object names the schema that it was written for."""


def describes(shown: StoredObject, metadata: Mapping[str, str]) -> bool:
    """Whether an object shows just what metadata say, whichever run wrote it."""
    return without_order(shown.metadata) == without_order(metadata)


def without_order(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return what metadata say of the content alone.

    The name of the schema is left out as well: bytes that fit the next version of it, too, are not written again.
    """
    return {key: value for key, value in metadata.items() if key not in (SCHEMA, RESTORED_FROM, *RunOrder._fields)}


def held_back(plan: Plan, pointer: Pointer, day: date) -> str | None:
    """Return why a pointer may not move to a document of ``day`` whatever it shows now; None when it may.

    ``auto`` lets a today pointer show only the current league day, and a latest pointer only today or yesterday:
    a backfill of past dates never moves either. Of a range, only the last date counts.
    """
    if plan.pointers_refused:
        return plan.pointers_refused
    if plan.update_latest == "never":
        return "the request says never"
    if day != plan.dates[-1]:
        return "not the last date of the range"
    if plan.update_latest == "force":
        return None
    if pointer.follows is Follows.TODAY and day != plan.league_day:
        return "not the current league day"
    if not plan.league_day - timedelta(days=1) <= day <= plan.league_day:
        return "not the current league day or the one before"
    return None


def refuses(
    plan: Plan, pointer: Pointer, shown: StoredObject | None, made: Outcome, day: date, state: State
) -> str | None:
    """Return why a pointer that shows ``shown`` may not move to ``made``; None when it may."""
    off_day = pointer.follows is Follows.TODAY and (state is State.NO_GAMES or made.halted)
    reason = regresses(plan, shown, day.isoformat(), empty=made.empty and not off_day)
    if reason is None and made.empty and pointer.follows is Follows.LATEST:
        return "the document is empty"
    return reason


def regresses(plan: Plan, shown: StoredObject | None, day: str, *, empty: bool) -> str | None:
    """Return why a document may not take the place of ``shown``; None when it may.

    What shows a date after the league day by the clock is wrong: any document may take its place.

    Args:
        plan: The plan.
        shown: What a fixed path shows; None when there is nothing.
        day: The ISO date of the document.
        empty: The document shows nothing, where there should be something.
    """
    if shown is None:
        return None
    shown_day = shown.metadata.get("game_date", "")
    if shown_day > max(day, (plan.latest_day or date.max).isoformat()):
        return None
    if shown_day > day:
        return NEWER
    order = RunOrder.of(shown.metadata)
    if shown_day == day and order > plan.run.order:
        return f"a newer run showed {day} at {order.as_of or order.execution_id}"
    if empty and shown.metadata.get("empty") == "false":
        return EMPTIED
    return None


def keeps(plan: Plan, shown: StoredObject | None, document: Document) -> str | None:
    """Return why a fixed path keeps what it shows instead of ``document``; None when it takes it (contract S10, Y12).

    Unlike a pointer, the path has no dated document behind it: a run of any past date may fill it while it is empty or
    shows an older date, and a date that is yet to come may only fill it while there is nothing.
    """
    if plan.pointers_refused:
        return plan.pointers_refused
    if shown is None or plan.update_latest == "force":
        return None
    if plan.update_latest == "never":
        return "the request says never"
    if document.date > plan.league_day.isoformat():
        return "the date is after the current league day"
    return regresses(plan, shown, document.date, empty=document.empty)


def shows_newer(shown: StoredObject, order: RunOrder, day: str) -> bool:
    """Return whether an object shows a date as a newer run made it."""
    return shown.metadata.get("game_date") == day and RunOrder.of(shown.metadata) > order


def knows_less(shown: StoredObject | None, document: Document) -> str | None:
    """Return why a dated document may not take the place of ``shown``, of the same date; None when it may.

    One that waits for nothing is the last word, even where a forecast was withdrawn and fewer outcomes are left.
    """
    if shown is None or document.progress is None:
        return None
    if document.empty and shown.metadata.get("empty") == "false":
        return EMPTIED
    return "shows more outcomes" if document.waits and document.progress < progress_of(shown) else None


def progress_of(shown: StoredObject) -> int:
    """Return how much of its outcomes a published document knows; 0 when its metadata do not tell."""
    return int(shown.metadata.get("progress", "0"))


@dataclass
class PointerMover:
    """Moves the pointers of one date, by compare-and-set on their generation."""

    store: Store
    plan: Plan
    scan_counts: ScanCounts

    def move(
        self, export: Export, day: date, outcomes: Sequence[Outcome], failed: Collection[str] = ()
    ) -> list[PointerOutcome]:
        """Move every pointer of an export as far as it may go and return what became of each.

        Args:
            export: The export type.
            day: The date of the documents.
            outcomes: What became of its documents in this run.
            failed: Players whose document could not be built; their pointers stay where they are.
        """
        found = verdict(export, day, self.scan_counts, self.plan.config)
        moved: list[PointerOutcome] = []
        for pointer in export.pointers:
            reason = held_back(self.plan, pointer, day)
            # What a fixed path keeps is the document of another date.
            elsewhere = ("failed",) if "{date}" in export.path else ("failed", "kept")
            ready = [made for made in outcomes if made.action not in elsewhere]
            if reason is not None:
                paths = (pointer.path.format(player=made.key) for made in ready)
                refused = bool(self.plan.pointers_refused)
                moved.extend(PointerOutcome(path, export.name, "kept", reason, is_missing=refused) for path in paths)
            else:
                # Each takes some requests in a row, and there is one for every player.
                move = partial(self._move_one, pointer, day, found.state, export.schema)
                moved.extend(run_concurrently(move, ready, self.store.concurrency))
            if reason is None and export.build_no_game is not None and found.publishes:
                moved.extend(self._retire(export, pointer, day, {made.key for made in outcomes}.union(failed)))
        return moved

    def _move_one(self, pointer: Pointer, day: date, state: State, schema: str, made: Outcome) -> PointerOutcome:
        path = pointer.path.format(player=made.key)
        try:
            for _ in range(ATTEMPTS):
                shown = self.store.stat(path)
                order = self.plan.run.order
                metadata = object_metadata(
                    order,
                    schema=schema,
                    day=day.isoformat(),
                    digest=made.digest,
                    empty=made.empty,
                    progress=made.progress,
                )
                # A document that was written again may differ in generated_at, which its digest leaves out.
                if shown is not None and describes(shown, metadata) and made.action != "written":
                    return PointerOutcome(path, made.export, "unchanged")
                forced = self.plan.update_latest == "force"
                reason = None if forced else refuses(self.plan, pointer, shown, made, day, state)
                if reason is not None:
                    is_missing = day == self.plan.league_day and (pointer.follows is Follows.TODAY or reason == NEWER)
                    is_newer = shown is not None and shows_newer(shown, order, day.isoformat())
                    return PointerOutcome(path, made.export, "kept", reason, is_missing=is_missing, is_newer=is_newer)
                dated = self.store.read(made.path)
                if dated is None:
                    return PointerOutcome(path, made.export, "failed", f"{made.path} is not in the store")
                # Of what is shown: another run may have written the document meanwhile, or a newer one before.
                metadata = {**dated[1].metadata}
                if generation := self._write(path, dated[0], pointer, metadata, shown):
                    return PointerOutcome(path, made.export, "moved", generation=generation)
        except StoreError as error:
            return PointerOutcome(path, made.export, "failed", str(error))
        return PointerOutcome(path, made.export, "failed", f"changed {ATTEMPTS} times while it was being moved")

    def follow(
        self, export: Export, day: date, outcomes: Sequence[Outcome], state: State, present: Collection[str] = ()
    ) -> list[PointerOutcome]:
        """Bring pointers that show a date to its documents, which are those of an earlier run by now.

        Pointers that show another date move as after any run. Those of players who have no document any more, but show
        one, say that they have no game.

        Args:
            export: The export type.
            day: The date of the documents.
            outcomes: Its documents.
            state: The state of the type when they were made.
            present: Further players who have a document.
        """
        moved: list[PointerOutcome] = []
        for pointer in export.pointers:
            follow = partial(self._follow_one, pointer, day, state, export.schema)
            moved.extend(run_concurrently(follow, outcomes, self.store.concurrency))
            if export.build_no_game is not None:
                known = {made.key for made in outcomes}.union(present)
                moved.extend(self._retire(export, pointer, day, known, of_day=True))
        return moved

    def _follow_one(self, pointer: Pointer, day: date, state: State, schema: str, made: Outcome) -> PointerOutcome:
        path = pointer.path.format(player=made.key)
        try:
            for _ in range(ATTEMPTS):
                shown = self.store.stat(path)
                if shown is None or shown.metadata.get("game_date") != day.isoformat():
                    reason = held_back(self.plan, pointer, day)
                    if reason is not None:
                        return PointerOutcome(path, made.export, "kept", reason)
                    return self._move_one(pointer, day, state, schema, made)
                dated = self.store.read(made.path)
                if dated is None:
                    return PointerOutcome(path, made.export, "failed", f"{made.path} is not in the store")
                if describes(shown, dated[1].metadata) and writer_of(shown.metadata) == writer_of(dated[1].metadata):
                    return PointerOutcome(path, made.export, "unchanged")
                if generation := self._write(path, dated[0], pointer, {**dated[1].metadata}, shown):
                    return PointerOutcome(path, made.export, "moved", generation=generation)
        except StoreError as error:
            return PointerOutcome(path, made.export, "failed", str(error))
        return PointerOutcome(path, made.export, "failed", f"changed {ATTEMPTS} times while it was being moved")

    def _retire(
        self, export: Export, pointer: Pointer, day: date, present: set[str], *, of_day: bool = False
    ) -> list[PointerOutcome]:
        """Point players who have no game on the date to a document that says so.

        Args:
            export: The export type.
            pointer: Its pointer of a player.
            day: The date.
            present: The players with a document of the date.
            of_day: Only the pointers that show a document of the date, and not those of dates before it.
        """
        prefix, suffix = pointer.path.split("{player}")
        iso = day.isoformat()
        absent = []
        for shown in self.store.list(prefix, recursive=False):
            player = shown.path[len(prefix) : len(shown.path) - len(suffix)]
            of, empty = shown.metadata.get("game_date", ""), shown.metadata.get("empty")
            is_due = of == iso and empty == "false" if of_day else (of or iso) < iso
            if player not in present and is_due:
                absent.append((player, shown))
        return run_concurrently(partial(self._retire_one, export, pointer, day), absent, self.store.concurrency)

    def _retire_one(
        self, export: Export, pointer: Pointer, day: date, found: tuple[str, StoredObject]
    ) -> PointerOutcome:
        assert export.build_no_game is not None
        player, shown = found
        generated_at = self.plan.run.generated_at
        content = encode(export.build_no_game(player, day, generated_at))
        digest = content_digest(content, generated_at)
        metadata = object_metadata(
            self.plan.run.order, schema=export.schema, day=day.isoformat(), digest=digest, empty=True
        )
        try:
            if self.plan.validate:
                require_valid(export, shown.path, content, self.plan.config.calendar)
            generation = self._write(shown.path, content, pointer, metadata, shown)
        except (StoreError, InvalidDocument) as error:
            return PointerOutcome(shown.path, export.name, "failed", str(error))
        if not generation:
            return PointerOutcome(shown.path, export.name, "kept", "somebody else moved it")
        return PointerOutcome(shown.path, export.name, "moved", generation=generation)

    def _write(
        self, path: str, content: bytes, pointer: Pointer, metadata: dict[str, str], shown: StoredObject | None
    ) -> int:
        """Return the generation that was written; ``ABSENT`` when somebody else was faster."""
        try:
            return self.store.write(
                path,
                content,
                cache_control=pointer.cache.header,
                metadata=metadata,
                if_generation=ABSENT if shown is None else shown.generation,
            )
        except GenerationMismatch:
            return ABSENT
