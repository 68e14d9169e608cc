"""What is wrong with a tree beyond single dates: pointers, lists of players, gaps, and what should not be there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, partial
from typing import Any

import orjson
from jsonschema_rs import Draft202012Validator

from exporters.declaration import Export, Follows, Pointer, players_in
from exporters.document_schemas import status_schema
from exporters.registry import exports
from pipeline.verification.date_checks import read_all
from pipeline.verification.document_checks import (
    ReadDocument,
    bytes_problems,
    pointer_object_problems,
    read_document,
)
from pipeline.verification.finding import Finding, Verification, rerun
from pipeline.verification.tree import Place, Tree, day_in, is_shared, place_of
from transforms.clients.concurrency import run_concurrently
from transforms.elements.manifest import HELD
from transforms.publishing.manifest import load_manifest
from transforms.publishing.status import STATUS_PATH
from transforms.status_page.calendar import CALENDAR_PATH
from transforms.status_page.page import CONTENT_TYPE, PAGE_PATH
from transforms.status_page.publish import data_problem, is_of_page, page_digest
from transforms.status_page.states import cell_of
from transforms.stores.protocol import Store

_RECENT = 3
"""Dates that a pointer of a copied tree may show when its document does not tell the date."""


@dataclass(frozen=True)
class TreeChecks:
    """Checks a tree as a whole.

    Attributes:
        store: The place of the tree.
        tree: What is in it.
        today: The current league day.
        sample: Pointers of players that are read of each export type; 0 for all.
        also: Pointers that are read whatever the sample is.
    """

    store: Store
    tree: Tree
    today: date
    sample: int = 0
    also: Collection[str] = ()

    def check(self, found: Verification) -> None:
        """Add what is wrong with the tree to a verification."""
        for checks in (self._strangers, self._status, self._page, self._gaps, self._rosters, self._absent_pointers):
            found.findings.extend(checks())
        found.findings.extend(self._pointers(found))

    def _strangers(self) -> Iterator[Finding]:
        """Yield the objects that no export type has, and those of dates to come."""
        for path in sorted(self.tree.objects):
            place = self.tree.places.get(path)
            if place is None and not is_shared(path):
                yield Finding(path, "belongs to no export type", "remove it", kind="stray")
            if place is not None and place.day is not None and place.day > self.today:
                what = f"is of {place.day}, which is after today, {self.today}"
                yield Finding(path, what, "remove it", str(place.day), place.export.name, "stray")

    def _status(self) -> Iterator[Finding]:
        """Yield what is wrong with ``status.json``."""
        if self.tree.manifests and STATUS_PATH not in self.tree.objects:
            yield Finding(STATUS_PATH, "is missing", "export any date", kind="missing")
            return
        read = self.store.read(STATUS_PATH)
        if read is None:
            return
        try:
            status = orjson.loads(read[0])
        except orjson.JSONDecodeError:
            yield Finding(STATUS_PATH, "is no JSON", "export any date")
            return
        violation = next(iter(Draft202012Validator(status_schema()).iter_errors(status)), None)
        if violation is not None:
            yield Finding(STATUS_PATH, f"does not fit its schema: {violation.message}"[:200], "export any date")
            return
        for day, told in status["dates"].items():
            manifest = self._manifests.get(date.fromisoformat(day))
            for name, entry in told["exports"].items():
                section = {} if manifest is None else manifest["exports"].get(name, {})
                same_run = section.get("execution_id") == entry["execution_id"]
                if same_run and section["state"] != entry["state"]:
                    what = f"says {name} of {day} is {entry['state']}, and the manifest says {section['state']}"
                    yield Finding(STATUS_PATH, what, f"export {name} for {day}", day, name)

    def _page(self) -> Iterator[Finding]:
        """Yield what is wrong with the status page and its data."""
        if self.tree.manifests:
            for path in (PAGE_PATH, CALENDAR_PATH):
                if path not in self.tree.objects:
                    yield Finding(path, "is missing", "export any date")
        for path in sorted(filter(is_of_page, self.tree.objects)):
            read = self.store.read(path)
            day = path.rpartition("/")[2].removesuffix(".json")
            fix = f"export {day} again" if day_in(day) else "export any date"
            if read is None:
                continue
            if path == PAGE_PATH:
                if not self.tree.is_bare and read[1].metadata.get("digest") != page_digest(read[0]):
                    yield Finding(path, "is not what its digest says", fix)
                if not self.tree.is_bare and read[1].content_type != CONTENT_TYPE:
                    yield Finding(path, f"has the content type {read[1].content_type}, not {CONTENT_TYPE}", fix)
            elif problem := data_problem(path, read[0]):
                yield Finding(path, problem, fix)
            elif path != CALENDAR_PATH:
                yield from self._night(path, day, orjson.loads(read[0]))

    def _night(self, path: str, day: str, told: Mapping[str, Any]) -> Iterator[Finding]:
        """Yield where what the page shows of a date is not what the manifest says of the same run."""
        manifest = self._manifests.get(date.fromisoformat(day))
        for name, entry in told["exports"].items():
            section = {} if manifest is None else manifest["exports"].get(name, {})
            if section.get("execution_id") == entry["execution_id"] and cell_of(section).value != entry["state"]:
                what = f"says {name} is {entry['state']}, and by the manifest it is {cell_of(section).value}"
                yield Finding(path, what, f"export {name} for {day}", day, name)

    def _gaps(self) -> Iterator[Finding]:
        """Yield the dates with games that lack a type which dates before and after them have."""
        for export in exports().values():
            days = self.tree.days_of(export)
            if not export.is_about_a_night or len(days) < 2:
                continue
            there = set(days)
            for day in sorted(self.tree.manifests):
                if not days[0] < day < days[-1] or day in there:
                    continue
                manifest = self._manifests.get(day)
                if manifest is None or not manifest["funnel"].get("games"):
                    continue
                section = manifest["exports"].get(export.name)
                if section is None or (not section["documents"] and section["state"] not in HELD):
                    what = f"has no documents of {export.name}, which the dates around it have"
                    yield Finding(
                        str(day), what, f"export {export.name} for {day}", str(day), export.name, "unpublished"
                    )

    def _rosters(self) -> Iterator[Finding]:
        """Yield where a list of players and the documents of these players are not about the same players."""
        for export in exports().values():
            if export.lists is None or export.path not in self.tree.objects:
                continue
            read = self.store.read(export.path)
            listed = set(players_in(orjson.loads(read[0]))) if read is not None and _is_json(read[0]) else set()
            there = {
                place.player
                for place in self.tree.places.values()
                if place.export is export.lists and place.pointer is None
            }
            gone = self._stale(export.lists)
            what = f"an entry of {export.name}"
            for player in sorted(listed - there):
                path = export.lists.path.format(player=player, date="", season="")
                yield Finding(
                    path, f"is missing, and there is {what}", rerun(export.lists.name, "today"), kind="missing"
                )
            for player in sorted(there - listed - gone) if listed else ():
                path = export.lists.path.format(player=player, date="", season="")
                yield Finding(path, f"is there without {what}", rerun(export.name, "today"), kind="stray")

    def _stale(self, export: Export) -> set[str]:
        """Return the players whose document the newest run of an export type did not make."""
        for day in sorted(self.tree.manifests, reverse=True):
            manifest = self._manifests.get(day)
            if manifest is not None and (section := manifest["exports"].get(export.name)) is not None:
                places = (self.tree.places.get(path) for path in section["stale"])
                return {place.player for place in places if place is not None}
        return set()

    def _pointers(self, found: Verification) -> Iterator[Finding]:
        by_pointer: dict[tuple[str, str], list[str]] = {}
        for path, place in self.tree.places.items():
            if place.pointer is not None:
                by_pointer.setdefault((place.export.name, place.pointer.path), []).append(path)
        for (name, _), paths in sorted(by_pointer.items()):
            export = exports()[name]
            chosen = sorted(paths)[:: max(1, len(paths) // self.sample)] if self.sample else sorted(paths)
            chosen = list(dict.fromkeys((*chosen, *(path for path in paths if path in self.also))))
            for read in read_all(self.store, chosen):
                found.checked += 1
                found.read += 1
                found.looked.add(read.path)
                place = self.tree.places[read.path]
                assert place.pointer is not None
                for what, fix in self._pointer(export, place, place.pointer, read):
                    yield Finding(read.path, what, fix, "", name)

    def _pointer(self, export: Export, place: Place, pointer: Pointer, read: ReadDocument) -> Iterator[tuple[str, str]]:
        day = read.shown.metadata.get("game_date") or self._day_of(export, place, read)
        fix = f"export {export.name} for {day or 'today'} with --update_latest=force"
        problems = list(bytes_problems(export, read, self.tree.calendar))
        if problems:
            yield problems[0], fix
            return
        if not self.tree.is_bare:
            caches = {pointer.cache.header, export.cache.header}
            yield from ((what, fix) for what in pointer_object_problems(caches, read.shown))
        if day > str(self.today):
            yield f"shows {day}, which is after today, {self.today}", fix
            return
        twin_path = export.path.format(date=day, player=place.player, season="")
        twin = self.store.read(twin_path) if day else None
        if twin is None:
            if not (place.player and export.build_no_game is not None):
                yield f"shows {day or 'an unknown date'}, whose document is missing", "export it again"
            return
        if read_document(twin_path, *twin).digest != read.digest:
            yield f"differs from the document of {day} that it mirrors", "export that date again"
        if not place.player:
            yield from self._behind(export, pointer, day, fix)

    def _absent_pointers(self) -> Iterator[Finding]:
        """Yield the pointers that the newest run which moved those of its type has left, and that are gone."""
        for name, export in exports().items():
            for day in reversed(self.tree.days_of(export) if export.pointers else []):
                manifest = self._manifests.get(day)
                section = {} if manifest is None or day > self.today else manifest["exports"].get(name, {})
                told = section.get("pointers", {})
                left = told.get("moved", 0) + told.get("unchanged", 0)
                if not left:
                    continue
                places = filter(None, map(place_of, section["documents"]))
                players = sorted({place.player for place in places})
                paths = [pointer.path.format(player=player) for pointer in export.pointers for player in players]
                gone = [path for path in paths if path not in self.tree.objects]
                # Where some were kept, it is not said which: those that are not there may never have been.
                is_whole = not told.get("kept") and not told.get("failed")
                fix = f"export {name} for {day} with --update_latest=force"
                if is_whole or len(paths) - len(gone) < left:
                    for path in gone:
                        yield Finding(path, f"is missing: the run of {day} left it", fix, str(day), name, "missing")
                break

    def _day_of(self, export: Export, place: Place, read: ReadDocument) -> str:
        """Return the date that a pointer of a copied tree shows: its document tells, or is that of a recent date."""
        if told := (read.value or {}).get("game_date"):
            return str(told)
        for day in self.tree.days_of(export)[-_RECENT:][::-1]:
            path = export.path.format(date=day, player=place.player, season="")
            twin = self.store.read(path)
            if twin is not None and read_document(path, *twin).digest == read.digest:
                return str(day)
        return ""

    def _behind(self, export: Export, pointer: Pointer, day: str, fix: str) -> Iterator[tuple[str, str]]:
        """Yield that a newer document is there, whose run says that it moved the pointer."""
        for newer in reversed(self.tree.days_of(export)):
            if str(newer) <= day or newer > self.today:
                continue
            manifest = self._manifests.get(newer)
            section = {} if manifest is None else manifest["exports"].get(export.name, {})
            moved = section.get("pointers", {})
            shows = any(section.get("counts", {}).values()) or pointer.follows is Follows.TODAY
            if section and shows and moved.get("moved", 0) + moved.get("unchanged", 0):
                yield f"shows {day}, and {newer} was published after it", fix
                return

    @cached_property
    def _manifests(self) -> Mapping[date, Mapping[str, Any]]:
        """The manifests of the tree by date, as far as they can be used."""
        days = sorted(self.tree.manifests)
        loaded = run_concurrently(partial(load_manifest, self.store), days, self.store.concurrency)
        return {day: found.manifest for day, found in zip(days, loaded, strict=True) if found.manifest is not None}


def _is_json(content: bytes) -> bool:
    try:
        return isinstance(orjson.loads(content), dict)
    except orjson.JSONDecodeError:
        return False
