"""The outcomes of the documents and pointers of one date in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from transforms.elements.failure import Failure, SkippedRows
from transforms.elements.guarding import DateVerdict
from transforms.elements.run_order import RunOrder


@dataclass(frozen=True)
class NewerRun:
    """A run that published an export type of a date from a newer picture of the warehouse.

    Attributes:
        order: Its order among the runs.
        reason: The reason why its documents stay.
    """

    order: RunOrder
    reason: str


class PublishedObject(NamedTuple):
    """The metadata of a published document.

    Attributes:
        digest: Digest of its content; empty where something else wrote it.
        generation: Its generation.
        order: The order among the runs of the run that wrote it.
        writer: The execution that wrote its content first, where another one has brought it back.
    """

    digest: str
    generation: int
    order: RunOrder = RunOrder()
    writer: str = ""


@dataclass(frozen=True)
class Published:
    """What is published for a date.

    Attributes:
        objects: Document path to its object, for the documents that the manifest lists and that are really there.
        newer: Export type to the newer run that published it, where there is one.
        is_contested: Another run may still be at work on the date. What is unchanged is written again, so that no
            compare-and-set of that run succeeds.
        is_held: The run has taken the lease of the date. Once that is lost, it publishes nothing over what another run
            has published meanwhile.
    """

    objects: Mapping[str, PublishedObject] = field(default_factory=dict)
    newer: Mapping[str, NewerRun] = field(default_factory=dict)
    is_contested: bool = False
    is_held: bool = False


class Outcome(NamedTuple):
    """The outcome of one document.

    Attributes:
        path: Its dated path.
        export: Name of its export type.
        key: The player id of a player document; empty otherwise.
        action: ``written``, ``unchanged``, ``failed``, ``kept`` when the path keeps what it shows, or ``withheld`` with
            all documents of its date.
        size: Bytes of its content.
        digest: Digest of the content that its path shows.
        cache_control: Its Cache-Control header.
        empty: It shows nothing.
        counts: Its declared counts.
        error: Why it failed.
        reason: Why the path keeps what it shows.
        progress: Number of outcomes in the content that its path shows; None where that is not measured.
        generation: Of the object that the path shows; 0 where it is not known.
        is_newer: The path keeps what a newer run published.
        writer: The execution that wrote what the path shows; empty where it is not known.
        halted: It says that picks are paused.
    """

    path: str
    export: str
    key: str
    action: str
    size: int
    digest: str
    cache_control: str
    empty: bool
    counts: Mapping[str, int]
    error: str = ""
    reason: str = ""
    progress: int | None = None
    generation: int = 0
    is_newer: bool = False
    writer: str = ""
    halted: bool = False


class PointerOutcome(NamedTuple):
    """The outcome of one pointer: ``moved``, ``unchanged``, ``kept`` (with the reason) or ``failed``.

    ``generation`` is that of the object, when it was moved; 0 otherwise. ``is_missing`` marks a pointer that was kept
    although readers expect it to show this date, and ``is_newer`` one of those that a newer run moved to it.
    """

    path: str
    export: str
    action: str
    reason: str = ""
    generation: int = 0
    is_missing: bool = False
    is_newer: bool = False


@dataclass
class Publication:
    """Everything that happened to one date in one run.

    Attributes:
        day: The date.
        outcomes: Of its documents.
        failures: Of all steps.
        build_ms: Time spent on building, by export.
        publish_ms: Time spent on writing, by export.
        pointers: Of its pointers.
        failures_path: Where the full record of all failures is; None without failures.
        guard: The verdict on the date.
        skipped: Unusable rows, in order.
    """

    day: date
    outcomes: list[Outcome] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    build_ms: dict[str, float] = field(default_factory=dict)
    publish_ms: dict[str, float] = field(default_factory=dict)
    pointers: list[PointerOutcome] = field(default_factory=list)
    failures_path: str | None = None
    guard: DateVerdict = field(default_factory=DateVerdict)
    skipped: list[SkippedRows] = field(default_factory=list)
