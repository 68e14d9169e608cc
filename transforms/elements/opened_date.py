"""A date that a run has begun to publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from transforms.elements.guarding import Shown
from transforms.elements.publication import Outcome, Published


@dataclass(frozen=True)
class UpToDate:
    """The documents of a date that need not be built, since they are what the run would make.

    Attributes:
        outcomes: What becomes of each of them: it is unchanged.
        states: Export type to the state that its section of the manifest gives.
    """

    outcomes: tuple[Outcome, ...]
    states: Mapping[str, str]


@dataclass(frozen=True)
class OpenedDate:
    """What is published for a date that the run holds, or why it does not hold it.

    Attributes:
        published: What need not be written again.
        shown: What the guard compares with.
        up_to_date: Its documents, where none of them need be built; None where one may have to be.
    """

    published: Published = field(default_factory=Published)
    shown: Shown = field(default_factory=Shown)
    up_to_date: UpToDate | None = None
