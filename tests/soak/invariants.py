"""What must hold whatever happened: of each write, of each run that came to its end, and of the tree afterwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from exporters.declaration import Grain
from exporters.registry import exports
from pipeline.reporting.report import Summary
from tests.soak.pictures import clean, digest_of, is_document, order_of, owners
from transforms.elements.plan import Plan
from transforms.stores.control import LEASES, MANIFESTS
from transforms.stores.protocol import Store, StoredObject

SHARE, AT_LEAST = 20, 3
"""Percent of the picks or players that a document may lose, and how few are never too many."""
HELD = ("withheld", "failed", "degraded")


@dataclass
class Ended:
    """A run that came to its end by itself.

    Attributes:
        plan: Its plan.
        kind: Its request.
        picture: What it read.
        spoilt: Faults that changed what it read.
        summary: What it says of itself.
        event: Its completion event.
        records: What it says of each date, by ISO date.
        is_repeated: Another process did, or does, the same execution.
    """

    plan: Plan
    kind: str
    picture: int
    spoilt: frozenset[str]
    summary: Summary
    event: Mapping[str, Any]
    records: Mapping[str, Mapping[str, Any]]
    is_repeated: bool = False


@dataclass
class Judge:
    """Holds writes and trees to the rules, and keeps what broke one.

    Attributes:
        violations: What was wrong, in the order in which it was found.
        writes: Path and generation of every object that was ever written, to the digest and the order of its metadata.
    """

    violations: list[str] = field(default_factory=list)
    writes: dict[tuple[str, int], tuple[str, tuple[str, str]]] = field(default_factory=dict)

    def blame(self, rule: str, what: str) -> None:
        """Keep a violation."""
        self.violations.append(f"{rule}: {what}")

    def judge_write(self, before: tuple[bytes, StoredObject] | None, after: tuple[bytes, StoredObject]) -> None:
        """Judge the replacement of an object."""
        content, shown = after
        path = shown.path
        self.writes[path, shown.generation] = (shown.metadata.get("digest", ""), order_of(shown))
        if path.startswith(MANIFESTS):
            self._judge_manifest(path, None if before is None else before[0], content)
        if not is_document(path):
            return
        self._judge_whole(content, shown)
        if before is not None:
            self._judge_order(before[1], shown)
            self._judge_less(before, after)

    def _judge_whole(self, content: bytes, shown: StoredObject) -> None:
        try:
            digest = digest_of(content)
        except ValueError as error:
            return self.blame("torn", f"{shown.path} {error}")
        if digest != shown.metadata.get("digest"):
            self.blame("torn", f"{shown.path} is not what its metadata say")
        return None

    def _judge_order(self, before: StoredObject, after: StoredObject) -> None:
        day, earlier = after.metadata.get("game_date", ""), before.metadata.get("game_date", "")
        if day < earlier:
            self.blame("older over newer", f"{after.path} went from {earlier} back to {day}")
        elif day == earlier and order_of(after) < order_of(before):
            self.blame("older over newer", f"{after.path} went from {order_of(before)} back to {order_of(after)}")

    def _judge_less(self, before: tuple[bytes, StoredObject], after: tuple[bytes, StoredObject]) -> None:
        path = after[1].path
        if before[1].metadata.get("game_date") != after[1].metadata.get("game_date"):
            return
        if (before[1].metadata.get("empty"), after[1].metadata.get("empty")) == ("false", "true"):
            self.blame("less over full", f"{path} was emptied")
        export = _counted().get(_pattern(path, after[1].metadata.get("game_date", "")))
        if export is None:
            return
        try:
            old, new = (export.item_counts(orjson.loads(content)) for content in (before[0], after[0]))
        except (ValueError, LookupError, TypeError):
            # What was there was damaged by the scenario.
            return
        for name, count in old.items():
            lost = count - new.get(name, 0)
            if lost >= AT_LEAST and 100 * lost > SHARE * count:
                self.blame("less over full", f"{path} lost {lost} of {count} {name}")

    def _judge_manifest(self, path: str, before: bytes | None, after: bytes) -> None:
        new = orjson.loads(after)
        try:
            old = {} if before is None else orjson.loads(before)
            sections = dict(old.get("exports", {}))
            pairs = [("run", old["run"], new["run"])] if old else []
            pairs += [(name, section, new["exports"].get(name)) for name, section in sections.items()]
        except (ValueError, LookupError, AttributeError):
            return
        for name, was, now in pairs:
            if now is None:
                self.blame("older over newer", f"{path} forgot {name}")
            elif (now["as_of"], now["execution_id"]) < (was["as_of"], was["execution_id"]):
                self.blame("older over newer", f"{path} {name} went back to {now['as_of']}")
            elif _publisher(now) < _publisher(was):
                self.blame("older over newer", f"{path} {name} forgot who published it")

    def judge_end(self, ended: Ended, store: Store, *, has_twin: bool) -> None:
        """Judge what a run says of itself, at the moment of its end."""
        mine = ended.plan.run
        for day, record in ended.records.items():
            holder = store.read(f"{LEASES}{day}.json")
            # What a run that was cut off left in part, and this one could not repair, stays named there.
            is_named = holder is None or mine.execution.encode() not in holder[0] or _names_what_is_left(holder)
            if not has_twin and not is_named:
                self.blame("lease left", f"run {mine.execution} ended and holds {day}")
            for name, section in record["exports"].items():
                if section["execution_id"] != mine.execution:
                    continue
                for path, generation in section["generations"].items():
                    if self.writes.get((path, generation), ("", ()))[1] == ():
                        self.blame("untrue record", f"{mine.execution} says {name} wrote {path} as {generation}")
                if section["kept_newer"] and not has_twin:
                    self._judge_kept(ended, store, day, name)
        if ended.event["status"] != ended.summary.status and not ended.is_repeated:
            told = f"{ended.event['status']}, and {ended.summary.status} at the end"
            self.blame("untrue event", f"{mine.execution} told {told}")
        if ended.summary.exit_code == 0:
            self._judge_success(ended, store)
        elif not ended.summary.missing:
            self.blame("untrue exit code", f"{mine.execution} is {ended.summary.status} and names nothing")

    def _judge_kept(self, ended: Ended, store: Store, day: str, name: str) -> None:
        """What is kept is what a newer run has published, and not what it has held back."""
        mine = tuple(ended.plan.run.order)
        there = (store.stat(path) for path in ended.records[day]["exports"][name]["missing"])
        if any(shown is not None and order_of(shown) > mine for shown in there):
            return
        found = store.read(f"{MANIFESTS}{day}.json")
        try:
            told = {} if found is None else orjson.loads(found[0])["exports"][name]["published_by"] or {}
        except (ValueError, LookupError, TypeError):
            # The scenario has damaged it.
            return
        if (told.get("as_of", ""), told.get("execution_id", "")) <= mine:
            self.blame("kept for nothing", f"{ended.plan.run.execution}: no newer run has published {day} {name}")

    def _judge_success(self, ended: Ended, store: Store) -> None:
        """Every document of the plan is there, as a run without faults makes it, or as a newer run made it."""
        if "early end" in ended.spoilt:
            # Rows that never came cannot be missed.
            return
        for path, digest in clean(frozenset({ended.kind}), ended.picture).items():
            found = store.stat(path)
            if found is None:
                self.blame("untrue success", f"{ended.plan.run.execution}: {path} is not there")
            elif found.metadata.get("digest") != digest and order_of(found) <= tuple(ended.plan.run.order):
                self.blame("untrue success", f"{ended.plan.run.execution}: {path} is not what was to be published")

    def judge_tree(self, store: Store, ended: Iterable[Ended], damaged: Iterable[str] = ()) -> None:
        """Judge the tree once nothing runs any more: each date is of one run for each export type, or that is named.

        Args:
            store: Where everything is.
            ended: The runs that came to their end.
            damaged: Paths that the scenario itself destroyed.
        """
        by_execution = {each.plan.run.execution: each for each in ended}
        there: dict[str, dict[str, StoredObject]] = defaultdict(dict)
        for shown in store.list(""):
            there[_date_in(shown.path)][shown.path] = shown
        held = {found.path.removeprefix(LEASES).removesuffix(".json") for found in store.list(LEASES)}
        for found in store.list(MANIFESTS):
            day = found.path.removeprefix(MANIFESTS).removesuffix(".json")
            read = store.read(found.path)
            # A date that a dead run holds says so by that.
            if read is None or day in held or found.path in damaged:
                continue
            self._judge_date(day, orjson.loads(read[0]), there[day], by_execution)

    def _judge_date(
        self,
        day: str,
        manifest: Mapping[str, Any],
        there: Mapping[str, StoredObject],
        by_execution: Mapping[str, Ended],
    ) -> None:
        owned = list(owners())
        for name, section in manifest["exports"].items():
            named = {line["key"] for line in section["failures"]} | set(section["stale"]) | section["missing"].keys()
            author = by_execution.get(section["execution_id"])
            wanted = {} if author is None else clean(frozenset({author.kind}), author.picture)
            for path, digest in section["documents"].items():
                if path in named or "{date}" not in exports()[name].path:
                    continue
                shown = there.get(path)
                if shown is None or shown.metadata.get("digest") != digest:
                    self.blame("untrue manifest", f"{day} {name} lists {path}, which is not so in the store")
                    continue
                is_known = author is not None and not author.spoilt and section["state"] not in HELD
                if is_known and digest != wanted.get(path):
                    what = f"{path} is not of {section['execution_id']}"
                    self.blame("two runs in one date", f"{day} {name}: {what}, which published the others")
            prefixes = [before + day + after.partition("{")[0] for owner, before, after in owned if owner == name]
            for path in there:
                is_its = any(path.startswith(prefix) for prefix in prefixes)
                is_held = section["state"] in HELD
                if is_its and not is_held and path not in section["documents"] and path not in named:
                    self.blame("two runs in one date", f"{day} {name}: {path} is in no manifest")

    def judge_converged(self, store: Store, kinds: frozenset[str], picture: int, codes: Mapping[str, int]) -> None:
        """Judge the tree after undisturbed runs of the newest picture."""
        for kind, code in codes.items():
            if code:
                self.blame("does not converge", f"the run of the {kind} after it ended with {code}")
        wanted = clean(kinds, picture)
        found: dict[str, str] = {}
        for shown in list(store.list("")):
            read = store.read(shown.path) if is_document(shown.path) else None
            if read is not None:
                try:
                    found[shown.path] = digest_of(read[0])
                except ValueError as error:
                    found[shown.path] = str(error)
        for path in sorted(wanted.keys() | found.keys()):
            if wanted.get(path) != found.get(path):
                what = "is missing" if path not in found else "is left" if path not in wanted else "differs"
                self.blame("does not converge", f"{path} {what}")
        for left in store.list(LEASES):
            self.blame("does not converge", f"{left.path} is left")


def _names_what_is_left(lease: tuple[bytes, StoredObject]) -> bool:
    told = orjson.loads(lease[0])
    return bool(told["has_ended"] and told["unrepaired"])


def _publisher(section: Mapping[str, Any]) -> tuple[str, str]:
    published = section.get("published_by") or {}
    return published.get("as_of", ""), published.get("execution_id", "")


def _date_in(path: str) -> str:
    parts = path.replace(".json", "").split("/")
    return next((part for part in parts if len(part) == 10 and part[4] == part[7] == "-"), "")


def _pattern(path: str, day: str) -> str:
    return path.replace(day, "{date}") if day else path


def _counted() -> Mapping[str, Any]:
    """Return the export types with counts by the pattern of their paths, pointers included."""
    found = {}
    for export in exports().values():
        # What a type selects may be fewer by right.
        if export.counts and not export.selects_from and export.grain is not Grain.PLAYER:
            found[export.path] = export
            found.update((pointer.path, export) for pointer in export.pointers)
    return found


@dataclass
class JudgedStore:
    """A store whose every write is judged, also one that is said to have failed.

    Attributes:
        inner: Where objects are written.
        judge: The judge.
        clear: The same place, for the judge to look at.
    """

    inner: Store
    judge: Judge
    clear: Store

    concurrency = 1

    def check(self) -> None:
        """Let the store be checked."""
        self.inner.check()

    def write(self, path: str, content: bytes, **more: Any) -> int:
        """Write an object and judge it."""
        before = self.clear.read(path)
        try:
            return self.inner.write(path, content, **more)
        finally:
            after = self.clear.read(path)
            if after is not None and (before is None or after[1].generation != before[1].generation):
                self.judge.judge_write(before, after)

    def stat(self, path: str) -> StoredObject | None:
        """Return what is known about an object."""
        return self.inner.stat(path)

    def read(self, path: str) -> tuple[bytes, StoredObject] | None:
        """Return an object."""
        return self.inner.read(path)

    def list(self, prefix: str, *, recursive: bool = True) -> Iterator[StoredObject]:
        """Yield objects."""
        return self.inner.list(prefix, recursive=recursive)

    def delete(self, path: str, *, if_generation: int | None = None) -> None:
        """Remove an object; that of a document is a violation."""
        if is_document(path):
            self.judge.blame("less over full", f"{path} was removed")
        self.inner.delete(path, if_generation=if_generation)

    def url(self, path: str) -> str:
        """Return where the object is."""
        return self.inner.url(path)
