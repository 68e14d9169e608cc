"""What is wrong with a date: its manifest, its documents, and how they fit together."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from exporters.config import RULES
from exporters.config.champions import Tenure, champion_on
from exporters.declaration import Export, Grain
from exporters.league.forecasts.readiness import State
from exporters.registry import exports
from pipeline.alerting.heal import empty_stage
from pipeline.verification.document_checks import (
    ReadDocument,
    bytes_problems,
    object_problems,
    place_problems,
    read_document,
)
from pipeline.verification.facts import FactBook
from pipeline.verification.finding import Finding, Verification, rerun
from pipeline.verification.tree import Tree
from transforms.clients.concurrency import run_concurrently
from transforms.elements.document import is_halted
from transforms.elements.manifest import HELD
from transforms.elements.run_order import RunOrder
from transforms.publishing.lease import find_holder
from transforms.publishing.manifest import load_manifest
from transforms.publishing.pointers import SCHEMA
from transforms.stores.protocol import Store

LEAST_SHARE = 0.8
"""The share of the players that came through a funnel that a document must show."""
_BREAKS = (RULES.halts.off_season, RULES.halts.between_rounds)
"""Why picks are paused on dates without games."""
_COVERED = {"tonight": ("total_players", "context_rows"), "predictions": ("total_predictions", "champion_predictions")}
"""By export type, the count of a document and the number of the funnel that it should be near."""


@dataclass(frozen=True)
class DateChecks:
    """Checks the dates of a tree.

    Attributes:
        store: The place of the tree.
        tree: What is in it.
        champion: The model that should be shown, or the champions by date; empty for any.
        sample: Player documents that are read of each export type and date; 0 for all.
        games: Scheduled games by date, where they are known.
        also: Documents that are read whatever the sample is.
    """

    store: Store
    tree: Tree
    champion: str | Sequence[Tenure] = ""
    sample: int = 0
    games: Mapping[date, int] | None = None
    also: Collection[str] = ()

    def check(self, day: date, found: Verification) -> None:
        """Add what is wrong with a date to a verification."""
        manifest, _, problem = load_manifest(self.store, day)
        if manifest is None:
            found.findings.extend(self._unpublished(day, problem))
            manifest = {"exports": {}}
        else:
            found.findings.extend(self._manifest(day, manifest))
            found.stages[str(day)] = empty_stage(str(day), manifest)
        book, newest = FactBook(), manifest.get("run", {}).get("execution_id")
        for name, section in manifest["exports"].items():
            export = exports().get(name)
            if export is None:
                continue
            found.findings.extend(self._section(export, day, section))
            read = self._read(export, day, section)
            found.checked += len(section["documents"])
            found.read += len(read)
            found.looked.update(one.path for one in read)
            found.documents[day, name] = len(section["documents"])
            is_whole = len(read) == len(section["documents"])
            found.findings.extend(self._documents(export, day, section, read))
            found.findings.extend(_pauses(export, day, manifest, section, read))
            for finding, is_older in _schemas(export, day, self._schemas_named(section)):
                (found.warnings if is_older else found.findings).append(finding)
            if is_whole and section["state"] not in HELD:
                found.findings.extend(_counts(export, day, section, read))
            if section["execution_id"] == newest and section["state"] not in HELD:
                found.findings.extend(_coverage(export, day, manifest, read))
                # Documents of one run show one picture of the warehouse; those of two may differ by right.
                for one in read:
                    differences = book.differences(name, one.path, one.value or {}) if export.is_about_a_night else ()
                    found.findings.extend(
                        Finding(one.path, told, rerun("both", str(day)), str(day), name) for told in differences
                    )
        listed = {path for section in manifest["exports"].values() for path in section["documents"]}
        found.findings.extend(self._orphans(day, listed))

    def _unpublished(self, day: date, problem: str) -> Iterator[Finding]:
        documents = sum(len(paths) for (_, of), paths in self.tree.dated.items() if of == day)
        if problem:
            yield Finding(str(day), problem, day=str(day), kind="unpublished")
        elif documents:
            what = f"has {documents} documents, and no manifest"
            yield Finding(str(day), what, "export it", str(day), kind="unpublished")
        elif self.games is None or self.games.get(day, 0):
            yield Finding(str(day), "has no manifest", self._unknown_games(), str(day), kind="unpublished")

    def _unknown_games(self) -> str:
        return "export it" if self.games is not None else "export it, or give --warehouse to tell dates without games"

    def _manifest(self, day: date, manifest: Mapping[str, Any]) -> Iterator[Finding]:
        iso = str(day)
        if manifest["date"] != iso:
            yield Finding(iso, f"its manifest is that of {manifest['date']}", "export it again", iso)
        if (holder := find_holder(self.store, day)) is not None:
            yield Finding(
                iso,
                f"run {holder.run_id} is publishing it, or was cut off",
                "wait for it, or export the date again",
                iso,
                kind="busy",
            )
        champion = manifest.get("champion", {})
        shown = champion.get("fallback_for") or champion.get("system_id")
        expected = self.champion if isinstance(self.champion, str) else champion_on(day, self.champion)
        if expected and shown != expected:
            what = f"shows the model {shown}, expected {expected}"
            yield Finding(iso, what, "export it again", iso, kind="champion")
        games = None if self.games is None else self.games.get(day, 0)
        counted = manifest["funnel"].get("games")
        if games is not None and counted is not None and games != counted:
            yield Finding(
                iso,
                f"was exported with {counted} games, and {games} are scheduled",
                "export it again",
                iso,
                kind="games",
            )

    def _section(self, export: Export, day: date, section: Mapping[str, Any]) -> Iterator[Finding]:
        iso, name = str(day), export.name
        subject = f"{iso} {name}"
        if section["state"] in HELD:
            what = f"{section['state']}: {section['reason']}{_instead(section)}"
            yield Finding(subject, what, day=iso, export=name, kind=section["state"])
        for failure in section["failures"]:
            what = f"{failure['key']}: {failure['error']}"
            yield Finding(subject, what, day=iso, export=name, kind="incomplete")
        for path, digest in section["documents"].items():
            shown = self.tree.objects.get(path)
            if shown is None:
                yield Finding(path, "is missing", rerun(name, iso), iso, name, "missing")
            elif self._shows_later(path, day):
                continue
            elif shown.metadata and shown.metadata.get("digest") != digest:
                yield Finding(path, f"is not what the manifest of {iso} lists", rerun(name, iso), iso, name)
            elif shown.metadata and RunOrder.of(shown.metadata) > RunOrder.of(section):
                yield Finding(path, "was written by a newer run than its manifest tells", rerun(name, iso), iso, name)

    def _shows_later(self, path: str, day: date) -> bool:
        """Whether a fixed path shows a later date than the one whose manifest lists it."""
        place = self.tree.places.get(path)
        if place is None or place.day is not None:
            return False
        shown = self.tree.objects[path].metadata.get("game_date")
        newest = max(self.tree.manifests, default=day)
        return shown > str(day) if shown else newest > day

    def _schemas_named(self, section: Mapping[str, Any]) -> Mapping[str | None, int]:
        """Return which schemas the documents of a type name, with how many do.

        Of a tree that was copied without metadata, the manifest tells.
        """
        paths = [path for path in section["documents"] if path in self.tree.objects]
        if self.tree.is_bare:
            return {section.get(SCHEMA): len(paths)}
        return Counter(self.tree.objects[path].metadata.get(SCHEMA) for path in paths)

    def _read(self, export: Export, day: date, section: Mapping[str, Any]) -> list[ReadDocument]:
        paths = [
            path for path in section["documents"] if path in self.tree.objects and not self._shows_later(path, day)
        ]
        if self.sample and export.grain is Grain.PLAYER and len(paths) > self.sample:
            # Others every day, and the same ones when a date is looked at again.
            chosen = random.Random(f"{day} {export.name}").sample(paths, self.sample)
            paths = list(dict.fromkeys((*chosen, *(path for path in paths if path in self.also))))
        return list(read_all(self.store, paths))

    def _documents(
        self, export: Export, day: date, section: Mapping[str, Any], read: Iterable[ReadDocument]
    ) -> Iterator[Finding]:
        iso, stale = str(day), set(section["stale"])
        for one in read:
            place = self.tree.places.get(one.path)
            told = str(place.day) if place is not None and place.day is not None else ""
            found = list(bytes_problems(export, one, self.tree.calendar))
            found += place_problems(export, one, day=told, player=place.player if place is not None else "")
            if not self.tree.is_bare:
                found += object_problems(export, one)
            if one.digest != section["documents"][one.path]:
                found.append(f"is not what the manifest of {iso} lists")
            if one.path not in stale and one.value is not None:
                found += _count_problems(export, one, section)
            yield from (Finding(one.path, what, rerun(export.name, iso), iso, export.name) for what in found)

    def _orphans(self, day: date, listed: set[str]) -> Iterator[Finding]:
        iso = str(day)
        for (name, of), paths in self.tree.dated.items():
            if of == day and self.tree.manifests:
                for path in paths:
                    if path not in listed and day in self.tree.manifests:
                        yield Finding(
                            path, "is in no manifest", "remove it, or export the date again", iso, name, "stray"
                        )


def _instead(section: Mapping[str, Any]) -> str:
    """Return whose documents are there of an export type that the newest run held back; empty when it has none."""
    published = section.get("published_by")
    return f"; what is published is of run {published['run_id']}" if published and section["documents"] else ""


def read_all(store: Store, paths: Iterable[str]) -> Iterator[ReadDocument]:
    """Yield the documents of paths, as far as they are there."""
    for path, read in run_concurrently(partial(_read_one, store), paths, store.concurrency):
        if read is not None:
            yield read_document(path, *read)


def _read_one(store: Store, path: str) -> tuple[str, Any]:
    return path, store.read(path)


def _count_problems(export: Export, one: ReadDocument, section: Mapping[str, Any]) -> Iterator[str]:
    told = section["document_counts"].get(one.path)
    try:
        there = export.item_counts(one.value or {})
    except (LookupError, TypeError, ValueError):
        return
    if told and there and dict(told) != there:
        yield f"counts {there}, and its manifest says {dict(told)}"


def _counts(export: Export, day: date, section: Mapping[str, Any], read: Iterable[ReadDocument]) -> Iterator[Finding]:
    """Yield where the counts of a section are not those of its documents."""
    stale, there = set(section["stale"]), dict.fromkeys(section["counts"], 0)
    for one in read:
        if one.path in stale or one.value is None:
            return
        try:
            counted = export.item_counts(one.value)
        except (LookupError, TypeError, ValueError):
            return
        for name in there:
            there[name] += counted.get(name, 0)
    if read and there != section["counts"] and not section["kept"] and not section["failed"]:
        what = f"its manifest counts {section['counts']}, and its documents {there}"
        yield Finding(f"{day} {export.name}", what, rerun(export.name, str(day)), str(day), export.name)


def _schemas(export: Export, day: date, named: Mapping[str | None, int]) -> Iterator[tuple[Finding, bool]]:
    """Yield what is not named after the schema of its type, and whether it is of an older version of it.

    Args:
        export: The export type.
        day: The date.
        named: How many documents name which schema; None for those of runs that named none.
    """
    for schema, count in sorted((name, count) for name, count in named.items() if name):
        if schema == export.schema:
            continue
        prefix, _, version = schema.rpartition(":")
        is_older = prefix == export.schema.rpartition(":")[0] and version.isdigit() and int(version) < export.version
        what = f"{count} documents of {export.name} are of schema {schema}, and that of today is {export.schema}"
        yield Finding(str(day), what, rerun(export.name, str(day)), str(day), export.name), is_older


def _pauses(
    export: Export, day: date, manifest: Mapping[str, Any], section: Mapping[str, Any], read: Iterable[ReadDocument]
) -> Iterator[Finding]:
    """Yield that a document says something else about a pause of picks than the run that wrote it knows.

    The document of a type that its gate withholds says so, unless it is an earlier run's, whose picks stay. A date with
    games and forecasts is in no break; that of an All-Star game has no forecasts.
    """
    games, forecasts = (manifest["funnel"].get(name, 0) for name in ("games", "champion_predictions"))
    for one in read:
        if export.pause is None or one.value is None:
            continue
        if one.shown.metadata.get("execution_id") != section["execution_id"]:
            continue
        reason, what = one.value.get("halt_reason"), ""
        if section["state"] == State.WITHHELD.value and not is_halted(one.value):
            what = f"says that picks are not paused, and its run withholds them: {section['reason']}"
        elif reason in _BREAKS and games and forecasts:
            what = f"says that picks are paused for {reason}, and the date has {games} games and {forecasts} forecasts"
        if what:
            yield Finding(one.path, what, rerun(export.name, str(day)), str(day), export.name)


def _coverage(
    export: Export, day: date, manifest: Mapping[str, Any], read: Iterable[ReadDocument]
) -> Iterator[Finding]:
    """Yield that a document shows far fewer players than came through the funnel of its run, or any without games."""
    funnel = manifest["funnel"]
    if not export.is_about_a_night:
        return
    for one in read:
        try:
            counts = export.item_counts(one.value or {})
        except (LookupError, TypeError, ValueError):
            continue
        iso = str(day)
        # Models and subsets are listed without picks, too.
        listed = {} if export.name_members is None else export.name_members(one.value or {})
        shown = [count for name, count in counts.items() if name not in listed or listed[name]]
        if funnel.get("games") == 0 and any(shown):
            yield Finding(one.path, "shows something, and the date has no games", "remove it", iso, export.name)
        if export.name in _COVERED:
            count, source = _COVERED[export.name]
            least = LEAST_SHARE * funnel.get(source, 0)
            if counts.get(count, 0) < least and not is_halted(one.value or {}):
                what = f"shows {counts.get(count, 0)} players, and {funnel[source]} came through"
                yield Finding(one.path, what, rerun(export.name, iso), iso, export.name)
