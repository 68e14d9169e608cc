"""How much may differ: ``picks_dropped:5,players_lost:20%,prediction_change:2.5``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.comparison.change import Cell, Comparison, Kind

ANY, NEVER, POINTS = "any", "never", "prediction_change"
"""Any difference; none at all; by how many points a single forecast may change."""
NAMES = (*(kind.value for kind in Kind), POINTS)
_NUMBER = r"(?::[0-9]{1,9}(?:\.[0-9]{1,4})?"
THRESHOLD_PATTERN = rf"{ANY}|{NEVER}|(?:{'|'.join(kind.value for kind in Kind)}){_NUMBER}%?)?|{POINTS}{_NUMBER})?"
"""The text of one threshold."""


@dataclass(frozen=True)
class Threshold:
    """How much of one kind may differ.

    Attributes:
        name: A kind, ``any``, ``never`` or ``prediction_change``.
        limit: What is still allowed: changes of all dates together, percent of a type and date, or points.
        is_share: It is percent of what the first tree has of the type and date.
    """

    name: str
    limit: float = 0.0
    is_share: bool = False

    def exceeded(self, found: Comparison) -> Iterator[str]:
        """Yield a line for each place where more differs than is allowed."""
        if self.name == NEVER:
            return
        if self.name == ANY:
            if found.changes:
                yield f"{len(found.changes)} differences"
        elif self.name == POINTS:
            for cell, points in found.largest().items():
                if points > self.limit:
                    yield f"{cell_text(cell)}: a forecast changed by {points:g} points, and {self.limit:g} are allowed"
        elif self.is_share:
            yield from self._shares(found)
        elif (count := found.totals()[Kind(self.name)]) > self.limit:
            yield f"{count} {Kind(self.name).words}, and {self.limit:g} are allowed"

    def _shares(self, found: Comparison) -> Iterator[str]:
        """Yield where the share is exceeded: of each type and date, so that a whole season hides no lost night."""
        kind = Kind(self.name)
        for cell, counts in found.counts().items():
            size = found.sizes[cell][kind.base]
            if counts[kind] * 100 > self.limit * size:
                yield f"{cell_text(cell)}: {counts[kind]} {kind.words} of {size}, and {self.limit:g} % are allowed"


def parse_thresholds(text: str) -> list[Threshold]:
    """Return the thresholds of a text that matches the pattern of some, separated by commas."""
    return [_parse(part) for part in text.split(",")]


def _parse(text: str) -> Threshold:
    name, _, limit = text.partition(":")
    return Threshold(name, float(limit.removesuffix("%") or 0), limit.endswith("%"))


def exceeded(found: Comparison, thresholds: Sequence[Threshold]) -> list[str]:
    """Return a line for each place where more differs than is allowed.

    A document that cannot be read is always one of them, unless nothing is: its losses are counted, and what else it
    lost is not known.
    """
    lines = [line for threshold in thresholds for line in threshold.exceeded(found)]
    names = {threshold.name for threshold in thresholds}
    unreadable = found.totals()[Kind.DOCUMENTS_UNREADABLE]
    if unreadable and not names & {ANY, NEVER, Kind.DOCUMENTS_UNREADABLE.value}:
        lines.append(f"{unreadable} {Kind.DOCUMENTS_UNREADABLE.words}")
    return lines


def cell_text(cell: Cell) -> str:
    """Return an export type and its date, as texts name them."""
    name, day = cell
    return name if day is None else f"{name} {day}"
