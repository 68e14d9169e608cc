"""What the guard of a date compares, and what it decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from exporters.losses import Counts, Loss


@dataclass(frozen=True)
class Shown:
    """What is published for a date, as far as the guard compares it.

    Attributes:
        digests: Document path to the digest that the manifest gives.
        counts: Document path to the counts of the published document.
        players: Export type to the paths of the players' documents that the last run of the type still made.
        last_good: Games and players by stage that the last run counted which was not degraded; empty without one.
        newer: Export types that a newer run published: nothing of them is compared, since nothing replaces it.
        busy: Why no document of the date may be written at all; empty when they may.
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, Counts] = field(default_factory=dict)
    players: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    last_good: Mapping[str, int] = field(default_factory=dict)
    newer: frozenset[str] = frozenset()
    busy: str = ""

    @property
    def is_nothing(self) -> bool:
        """Nothing is published, so that nothing can be lost."""
        return not (self.digests or self.counts)


@dataclass(frozen=True)
class BuiltDocument:
    """A document with counts that was built for a date.

    Attributes:
        path: Where it is published.
        export: Its export type.
        counts: Its counts.
        members: The players behind each count that falls by too much; empty when none does.
    """

    path: str
    export: str
    counts: Counts
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Tally:
    """What some of a date's documents show.

    Attributes:
        documents: Those with counts.
        players: Export type to the paths of its players' documents.
    """

    documents: tuple[BuiltDocument, ...] = ()
    players: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class DateVerdict:
    """Whether the documents of a date may replace what is published for it: all of them, or none.

    Attributes:
        withheld: Why none of them may; None when they may.
        degraded: Why the run is degraded, one line each.
        losses: What would be lost, or is, that was looked into.
        accepted: Export types whose losses the run accepts.
        is_busy: They may not because another run is publishing the date.
    """

    withheld: str | None = None
    degraded: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    accepted: tuple[str, ...] = ()
    is_busy: bool = False
