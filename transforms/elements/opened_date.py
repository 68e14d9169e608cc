"""A date that a run has begun to publish."""

from __future__ import annotations

from dataclasses import dataclass, field

from transforms.elements.guarding import Shown
from transforms.elements.publication import Published


@dataclass(frozen=True)
class OpenedDate:
    """What is published for a date that the run holds, or why it does not hold it.

    Attributes:
        published: What need not be written again.
        shown: What the guard compares with.
    """

    published: Published = field(default_factory=Published)
    shown: Shown = field(default_factory=Shown)
