"""The comparison of two published trees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from exporters.config import ExportConfig
from exporters.declaration import Grain, Json
from exporters.league.forecasts.readiness import ScanCounts
from exporters.losses import Evidence, document_losses, lost_documents, players_loss, shown_by
from exporters.registry import exports
from pipeline.comparison.change import Change, Comparison, Kind
from pipeline.comparison.statements import Statements, statements_of
from pipeline.comparison.values import differing
from pipeline.verification.document_checks import ReadDocument, read_document
from pipeline.verification.tree import Tree, tree_of
from transforms.clients.concurrency import run_concurrently
from transforms.publishing.status import STATUS_PATH
from transforms.status_page.publish import is_of_page
from transforms.stores.protocol import ReadableStore

SCHEMAS, OTHER = "schemas", "other"
"""Stand for an export type where an object belongs to none."""
_STAMPS = ("generated_at", "updated_at")
_SHOWN_PLACES = 3
_DECIMALS = 4


@dataclass(frozen=True)
class Scope:
    """What of two trees is compared. Objects without a date or a type are left out where either is asked for.

    Attributes:
        first: The first date; None for every date.
        last: The last date; None for every date.
        exports: Names of export types; empty for all, and for objects of none.
        paths: The objects; None for all.
    """

    first: date | None = None
    last: date | None = None
    exports: frozenset[str] = frozenset()
    paths: frozenset[str] | None = None

    def holds(self, export: str, day: date | None) -> bool:
        """Whether documents of an export type and date are compared."""
        if self.exports and export not in self.exports:
            return False
        if self.first is None or self.last is None:
            return True
        return day is not None and self.first <= day <= self.last


class _Group(NamedTuple):
    export: str
    day: date | None
    is_pointer: bool


class _Pair(NamedTuple):
    path: str
    before: ReadDocument | None
    after: ReadDocument | None


def compare(
    before: ReadableStore, after: ReadableStore, scope: Scope | None = None, config: ExportConfig | None = None
) -> Comparison:
    """Return what differs between two published trees.

    Args:
        before: The place of the first tree.
        after: The place of the second tree.
        scope: What is compared; by default everything but ``status.json`` and the status page, which every run writes.
        config: The rules of the guard, which say what a loss is; the default ones when None.

    Raises:
        StoreError: A tree cannot be read.
    """
    trees = tree_of(before), tree_of(after)
    held = [sum(not _is_about_runs(path) for path in tree.objects) for tree in trees]
    found = Comparison(before_objects=held[0], after_objects=held[1])
    scope, groups = scope or Scope(), dict[_Group, set[str]]()
    for tree in trees:
        for path in tree.objects if scope.paths is None else scope.paths & tree.objects.keys():
            group = _group_of(tree, path)
            if not _is_about_runs(path) and scope.holds(group.export, group.day):
                groups.setdefault(group, set()).add(path)
    for group in sorted(groups, key=lambda group: (group.export, group.day or date.min, group.is_pointer)):
        # A group at a time, so that no more documents than those of a type and date are held.
        pairs = _read_pairs(before, after, sorted(groups[group]))
        sizes = found.sizes.setdefault((group.export, group.day), Counter())
        found.changes += _losses(group, pairs, config or ExportConfig())
        for pair in pairs:
            found.compared += 1
            changes = list((_pointer if group.is_pointer else _document)(group, pair, sizes))
            found.unchanged += not changes
            found.changes += changes
    return found


def _is_about_runs(path: str) -> bool:
    return path == STATUS_PATH or is_of_page(path)


def _group_of(tree: Tree, path: str) -> _Group:
    place = tree.places.get(path)
    if place is None:
        return _Group(SCHEMAS if path.startswith(f"{SCHEMAS}/") else OTHER, None, False)
    return _Group(place.export.name, place.day, place.pointer is not None)


def _read_pairs(before: ReadableStore, after: ReadableStore, paths: Iterable[str]) -> list[_Pair]:
    threads = min(before.concurrency, after.concurrency)
    return run_concurrently(partial(_read_pair, before, after), paths, threads)


def _read_pair(before: ReadableStore, after: ReadableStore, path: str) -> _Pair:
    return _Pair(path, _read(before, path), _read(after, path))


def _read(store: ReadableStore, path: str) -> ReadDocument | None:
    found = store.read(path)
    return None if found is None else read_document(path, *found)


def _losses(group: _Group, pairs: Sequence[_Pair], config: ExportConfig) -> Iterator[Change]:
    """Yield what the guard of a run refuses to lose, by the functions that it counts with."""
    export = exports().get(group.export)
    if export is None or group.day is None or group.is_pointer:
        return
    evidence = Evidence(export, group.day, ScanCounts(), config)
    if export.grain is Grain.PLAYER:
        there = [pair.path for pair in pairs if pair.before is not None]
        lost = lost_documents(export, there, {pair.path for pair in pairs if pair.after is not None}, config.shrink)
        found = [players_loss(evidence, lost, len(there))] if lost else []
    else:
        found = [
            loss
            for pair in pairs
            if pair.before is not None
            for loss in document_losses(
                evidence,
                pair.path,
                shown_by(export, pair.before.value),
                shown_by(export, None if pair.after is None else pair.after.value),
            )
        ]
    for loss in found:
        if loss.unexplained:
            path = loss.path or export.path_of(group.day, "*", calendar=config.calendar)
            yield Change(Kind.LOSSES, group.export, group.day, path, loss.what, loss.before, loss.after)


def _pointer(group: _Group, pair: _Pair, sizes: Counter[str]) -> Iterator[Change]:
    """Yield that a pointer shows something else; what differs is told of the document that it mirrors."""
    sizes["pointers"] += pair.before is not None
    if pair.before is None or pair.after is None or pair.before.digest != pair.after.digest:
        before, after = _day_of(pair.before), _day_of(pair.after)
        yield Change(Kind.POINTERS_CHANGED, group.export, None, pair.path, before=before, after=after)


def _day_of(pointer: ReadDocument | None) -> str | None:
    if pointer is None:
        return None
    shown = pointer.shown.metadata.get("game_date") or (pointer.value or {}).get("game_date")
    return str(shown or "a document without a date")


def _document(group: _Group, pair: _Pair, sizes: Counter[str]) -> Iterator[Change]:
    sizes["documents"] += pair.before is not None
    old, new = pair.before, pair.after
    is_same = old is not None and new is not None and old.digest == new.digest
    said = statements_of(group.export, _value(old))
    for what in ("players", "picks", "lines", "predictions"):
        sizes[what] += said.size(what)
    if is_same and (old is None or old.value is not None or group.export == OTHER):
        return
    change = partial(Change, export=group.export, day=group.day, path=pair.path)
    yield from _whole(old, new, change)
    # A document that is not there, or that nobody can read, says nothing: its picks are dropped.
    yield from _statements(said, statements_of(group.export, _value(new)), change)


def _value(document: ReadDocument | None) -> Json:
    found = None if document is None else document.value
    return {} if found is None else {key: value for key, value in found.items() if key not in _STAMPS}


def _whole(old: ReadDocument | None, new: ReadDocument | None, change: partial[Change]) -> Iterator[Change]:
    """Yield what differs between two documents as wholes."""
    if new is None:
        yield change(Kind.DOCUMENTS_MISSING)
        return
    if old is None:
        yield change(Kind.DOCUMENTS_NEW)
    elif old.digest != new.digest:
        yield change(Kind.DOCUMENTS_CHANGED, subject=_places(_value(old), _value(new)))
    if new.value is None and change.keywords["export"] != OTHER:
        yield change(Kind.DOCUMENTS_UNREADABLE, subject="is no JSON object" if new.content else "is empty")


def _places(old: Json, new: Json) -> str:
    found = list(differing(old, new))
    if not found:
        return "the same values in other bytes"
    more = f" and {len(found) - _SHOWN_PLACES} more" if len(found) > _SHOWN_PLACES else ""
    values = "value" if len(found) == 1 else "values"
    return f"{len(found)} {values}: {', '.join(found[:_SHOWN_PLACES])}{more}"


def _statements(old: Statements, new: Statements, change: partial[Change]) -> Iterator[Change]:
    for player in sorted(old.players - new.players):
        yield change(Kind.PLAYERS_LOST, subject=player)
    for player in sorted(new.players - old.players):
        yield change(Kind.PLAYERS_GAINED, subject=player)
    for subject, before, after in _side_by_side(old.picks, new.picks):
        yield from _picks(subject, Counter(before), Counter(after), change)
    for subject, before, after in _side_by_side(old.lines, new.lines):
        player = subject.partition(" (")[0]
        # The lines of a player who is not in both documents went or came with the player.
        if player in old.players and player in new.players:
            yield change(Kind.LINES_MOVED, subject=subject, before=_joined(before), after=_joined(after))
    for subject, before, after in _side_by_side(old.predictions, new.predictions):
        yield from _predictions(subject, before, after, change)


def _side_by_side(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """Yield subjects with what both documents say, where that differs in more than its order."""
    for subject in sorted(old.keys() | new.keys()):
        before, after = sorted(old.get(subject, ())), sorted(new.get(subject, ()))
        if before != after:
            yield subject, before, after


def _picks(subject: str, before: Counter[str], after: Counter[str], change: partial[Change]) -> Iterator[Change]:
    dropped, added = list((before - after).elements()), list((after - before).elements())
    for old, new in zip(dropped, added, strict=False):
        yield change(Kind.PICKS_FLIPPED, subject=subject, before=old, after=new)
    flipped = min(len(dropped), len(added))
    for old in dropped[flipped:]:
        yield change(Kind.PICKS_DROPPED, subject=subject, before=old)
    for new in added[flipped:]:
        yield change(Kind.PICKS_ADDED, subject=subject, after=new)


def _predictions(subject: str, before: list[float], after: list[float], change: partial[Change]) -> Iterator[Change]:
    paired = min(len(before), len(after))
    for old, new in zip(before, after, strict=False):
        if old != new:
            amount = round(abs(new - old), _DECIMALS)
            yield change(Kind.PREDICTIONS_CHANGED, subject=subject, before=old, after=new, amount=amount)
    for old in before[paired:]:
        yield change(Kind.PREDICTIONS_DROPPED, subject=subject, before=old)
    for new in after[paired:]:
        yield change(Kind.PREDICTIONS_ADDED, subject=subject, after=new)


def _joined(values: list[Any]) -> Any:
    """Return the values of one subject as one: nearly always there is one at most."""
    return values[0] if len(values) == 1 else ", ".join(map(str, values)) if values else None
