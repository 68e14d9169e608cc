"""What a field of a model tells people: the annotation that help texts, templates and schemas are made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, Field

STRICT = ConfigDict(strict=True, extra="forbid", defer_build=True)
"""Of every model: JSON types are not converted into each other, and no key is ignored.

Models are built when they are first used, so that ``--help`` need not wait for them.
"""


@dataclass(frozen=True)
class Described:
    """A field as people read and type it; stands among the annotations of its type.

    Attributes:
        help: What it means, in sentences.
        example: A value, as typed on the command line.
        metavar: What the help text writes for the value.
        default_help: The default in words, where the field's own cannot say it.
        pattern: Regular expression of the whole text, where the type of the field has none.
        remote_pattern: Regular expression of the texts that mean something to a remote worker; None when all do.
        remote_reason: What is wrong with the others where workers are remote.
        of_beam: Beam declares the flag itself.
        reason: What is wrong with a value that is not accepted; empty leaves it to the type.
        fix: What to write instead; empty for an example.
    """

    help: str
    example: str
    metavar: str = ""
    default_help: str = ""
    pattern: str | None = None
    remote_pattern: str | None = None
    remote_reason: str = "is nothing that the workers of Dataflow share"
    of_beam: bool = False
    reason: str = ""
    fix: str = ""


def whole(pattern: str) -> Any:
    """Return the constraint that a text matches a regular expression from its first to its last character."""
    return Field(pattern=f"^(?:{pattern})$")


def whole_or_empty(pattern: str) -> Any:
    """Return the same constraint for a text that is empty where there is none."""
    return Field(pattern=f"^(?:{pattern})?$")


def pattern_of(constraint: object) -> str | None:
    """Return the regular expression that :func:`whole` or :func:`whole_or_empty` was given; None of another one."""
    found = getattr(constraint, "pattern", None)
    return (
        None if found is None else str(found).removeprefix("^(?:").removesuffix("$").removesuffix("?").removesuffix(")")
    )
