"""What is in a published tree, by the declarations of the export types."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property

from exporters.config import LeagueCalendar
from exporters.config.leagues import NBA
from exporters.declaration import Export, Pointer
from exporters.registry import exports
from transforms.publishing.status import STATUS_PATH
from transforms.status_page.publish import is_of_page
from transforms.stores.control import CONTROL, LEAGUES, MANIFESTS
from transforms.stores.protocol import ReadableStore, StoredObject

_PARTS = {
    "date": r"(?P<date>\d{4}-\d{2}-\d{2})",
    "player": r"(?P<player>[^/]+)",
    "season": r"(?P<season>\d{4}(?:-\d{2})?)",
}


@dataclass(frozen=True)
class Place:
    """What a path stands for.

    Attributes:
        export: The export type.
        day: The date in the path; None for a path without one.
        player: The player in the path; empty for none.
        pointer: The pointer whose path it is; None for a document.
    """

    export: Export
    day: date | None
    player: str
    pointer: Pointer | None


@dataclass(frozen=True)
class Tree:
    """The objects of a published tree.

    Attributes:
        objects: Public objects by path.
        manifests: The dates that have a manifest.
        calendar: That of the league.
    """

    objects: Mapping[str, StoredObject]
    manifests: frozenset[date]
    calendar: LeagueCalendar = NBA.calendar

    @property
    def is_bare(self) -> bool:
        """Whether no object has metadata: the tree is a copy, which took the files alone."""
        return not any(shown.metadata for shown in self.objects.values())

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """What the paths stand for, of those that stand for anything."""
        found = {path: place_of(path) for path in self.objects}
        return {path: place for path, place in found.items() if place is not None}

    @cached_property
    def dated(self) -> Mapping[tuple[str, date], list[str]]:
        """The documents of each export type and date."""
        found: dict[tuple[str, date], list[str]] = defaultdict(list)
        for path, place in self.places.items():
            if place.pointer is None and place.day is not None:
                found[place.export.name, place.day].append(path)
        return found

    @cached_property
    def days(self) -> frozenset[date]:
        """The dates of documents and of manifests."""
        return self.manifests | {day for _, day in self.dated}

    def days_of(self, export: Export) -> list[date]:
        """Return the dates of an export type, in order."""
        return sorted(day for name, day in self.dated if name == export.name)


def tree_of(store: ReadableStore, calendar: LeagueCalendar = NBA.calendar) -> Tree:
    """Return what is in a store of a league, without the trees of other leagues below it.

    Raises:
        StoreError: It cannot be listed.
    """
    objects = {shown.path: shown for shown in store.list("") if not shown.path.startswith((LEAGUES, *CONTROL))}
    manifests = (day_in(shown.path.removeprefix(MANIFESTS)) for shown in store.list(MANIFESTS))
    return Tree(objects, frozenset(day for day in manifests if day is not None), calendar)


def day_in(name: str) -> date | None:
    """Return the date that a file is named after; None for any other name."""
    try:
        return date.fromisoformat(name.removesuffix(".json"))
    except ValueError:
        return None


def is_shared(path: str) -> bool:
    """Whether a public object belongs to no export type: schemas, ``status.json``, the status page."""
    return path == STATUS_PATH or path.startswith("schemas/") or is_of_page(path)


def place_of(path: str) -> Place | None:
    """Return what a path stands for; None when no export type has such a path."""
    for pattern, export, pointer in _patterns():
        match = pattern.fullmatch(path)
        if match is None:
            continue
        parts = match.groupdict()
        day = day_in(parts["date"]) if parts.get("date") else None
        if parts.get("date") and day is None:
            continue
        return Place(export, day, parts.get("player") or "", pointer)
    return None


@cache
def _patterns() -> Sequence[tuple[re.Pattern[str], Export, Pointer | None]]:
    paths: list[tuple[str, Export, Pointer | None]] = [(export.path, export, None) for export in exports().values()]
    paths += [(pointer.path, export, pointer) for export in exports().values() for pointer in export.pointers]
    # "players/index.json" before "players/{player}.json".
    paths.sort(key=lambda found: found[0].count("{"))
    return [(_pattern(template), export, pointer) for template, export, pointer in paths]


def _pattern(template: str) -> re.Pattern[str]:
    pattern = re.escape(template)
    for name, part in _PARTS.items():
        pattern = pattern.replace(re.escape(f"{{{name}}}"), part)
    return re.compile(pattern)
