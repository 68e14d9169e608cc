"""One thing that differs between two trees, and the result of a comparison."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any


class Kind(Enum):
    """What sort of thing differs; ``before`` and ``after`` are the two trees.

    ``losses`` are those for which the guard of a run withholds a date, as long as no table explains them.
    """

    LOSSES = "losses"
    DOCUMENTS_MISSING = "documents_missing"
    DOCUMENTS_NEW = "documents_new"
    DOCUMENTS_CHANGED = "documents_changed"
    DOCUMENTS_UNREADABLE = "documents_unreadable"
    POINTERS_CHANGED = "pointers_changed"
    PLAYERS_LOST = "players_lost"
    PLAYERS_GAINED = "players_gained"
    PICKS_DROPPED = "picks_dropped"
    PICKS_ADDED = "picks_added"
    PICKS_FLIPPED = "picks_flipped"
    LINES_MOVED = "lines_moved"
    PREDICTIONS_DROPPED = "predictions_dropped"
    PREDICTIONS_ADDED = "predictions_added"
    PREDICTIONS_CHANGED = "predictions_changed"

    @property
    def words(self) -> str:
        """The kind as a heading."""
        return self.value.replace("_", " ")

    @property
    def base(self) -> str:
        """What it is a share of: the first word of its name."""
        return self.value.partition("_")[0]


@dataclass(frozen=True)
class Change:
    """One thing that differs.

    Attributes:
        kind: What sort of thing.
        export: The export type; ``schemas`` and ``other`` for objects of none.
        day: The date that the document is of; None for one without a date.
        path: The object.
        subject: The player, with the subset where there are several; empty for the document itself.
        before: What the first tree says; None where it says nothing.
        after: What the second tree says; None where it says nothing.
        amount: By how many points a forecast changed; 0 for anything else.
    """

    kind: Kind
    export: str
    day: date | None
    path: str
    subject: str = ""
    before: Any = None
    after: Any = None
    amount: float = 0.0

    def __str__(self) -> str:
        """Return one line."""
        subject = f": {self.subject}" if self.subject else ""
        return f"{self.kind.words}: {self.path}{subject}{self.told}"

    @property
    def told(self) -> str:
        """What changed into what; empty where the kind says it all."""
        if self.before is None and self.after is None:
            return ""
        return f": {_shown(self.before)} -> {_shown(self.after)}"

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "kind": self.kind.value,
            "export_type": self.export,
            "date": None if self.day is None else str(self.day),
            "path": self.path,
            "subject": self.subject,
            "before": self.before,
            "after": self.after,
            "amount": self.amount,
        }


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)


Cell = tuple[str, date | None]
"""An export type and a date, or None for documents without one."""


@dataclass
class Comparison:
    """The result of a comparison.

    Attributes:
        before_objects: Public objects of the first tree, compared or not.
        after_objects: Those of the second tree.
        compared: Objects that either tree has.
        unchanged: Those of them that say the same in both.
        changes: What differs, by export type and date.
        sizes: How much the first tree has of everything that can be lost, by export type and date.
    """

    before_objects: int = 0
    after_objects: int = 0
    compared: int = 0
    unchanged: int = 0
    changes: list[Change] = field(default_factory=list)
    sizes: dict[Cell, Counter[str]] = field(default_factory=dict)

    def counts(self) -> dict[Cell, Counter[Kind]]:
        """Return the number of changes of each kind, by export type and date, of those that have any."""
        found: dict[Cell, Counter[Kind]] = {}
        for change in self.changes:
            found.setdefault((change.export, change.day), Counter())[change.kind] += 1
        return found

    def totals(self) -> Counter[Kind]:
        """Return the number of changes of each kind."""
        return Counter(change.kind for change in self.changes)

    def largest(self) -> dict[Cell, float]:
        """Return by how many points the forecast that changed the most did, by export type and date."""
        found: dict[Cell, float] = {}
        for change in self.changes:
            cell = (change.export, change.day)
            found[cell] = max(found.get(cell, 0.0), change.amount)
        return found

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        totals = self.totals()
        return {
            "compared": self.compared,
            "unchanged": self.unchanged,
            "totals": {kind.value: totals[kind] for kind in Kind},
            "largest_prediction_change": max(self.largest().values(), default=0.0),
            "changes": [change.as_json() for change in self.changes],
        }
