"""What happened to the documents and pointers of one date in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from transforms.elements.failure import Failure, SkippedRows
from transforms.elements.guarding import DateVerdict


@dataclass(frozen=True)
class Published:
    """What the last complete run left behind for a date.

    Attributes:
        digests: Document path to digest; empty when nothing can be taken for granted.
    """

    digests: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What became of one document.

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
        progress: How much of its outcomes the content that its path shows knows; None where that is not measured.
        generation: Of the object, when it was written; 0 otherwise.
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


@dataclass(frozen=True)
class PointerOutcome:
    """What became of one pointer: ``moved``, ``unchanged``, ``kept`` (with the reason) or ``failed``.

    ``generation`` is that of the object, when it was moved; 0 otherwise. ``is_missing`` tells a pointer that was kept
    although readers expect it to show this date.
    """

    path: str
    export: str
    action: str
    reason: str = ""
    generation: int = 0
    is_missing: bool = False


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
        skipped: Rows that could not be used, in order.
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
