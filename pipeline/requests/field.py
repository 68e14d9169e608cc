"""The annotation of a model's field from which help texts, templates and schemas are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, Field

STRICT = ConfigDict(strict=True, extra="forbid", defer_build=True)
"""The configuration of every model: JSON types are not converted into each other, and no key is ignored.

Models are built when they are first used, so that ``--help`` is fast.
"""


@dataclass(frozen=True)
class Described:
    """The description of a field, as an annotation of its type.

    Attributes:
        help: Its meaning, in sentences.
        example: A value, as typed on the command line.
        metavar: The placeholder of the value in the help text.
        default_help: The default in words, where the field's own default is not one value.
        pattern: Regular expression of the whole text, where the type of the field has none.
        remote_pattern: Regular expression of the texts that a remote worker can use; None when it can use all.
        remote_reason: The problem of the other texts where workers are remote.
        of_beam: Beam declares the flag itself.
        is_secret: What is given by mistake may be a secret: no error repeats it.
        reason: The problem of a rejected value; empty leaves it to the type.
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
    is_secret: bool = False
    reason: str = ""
    fix: str = ""


def whole(pattern: str) -> Any:
    """Return the constraint that a text matches a regular expression from its first to its last character."""
    return Field(pattern=f"^(?:{pattern})$")


def whole_or_empty(pattern: str) -> Any:
    """Return the same constraint for a text that is empty where there is none."""
    return Field(pattern=f"^(?:{pattern})?$")


def pattern_of(constraint: object) -> str | None:
    """Return the regular expression of :func:`whole` or :func:`whole_or_empty`; None for other constraints."""
    found = getattr(constraint, "pattern", None)
    return (
        None if found is None else str(found).removeprefix("^(?:").removesuffix("$").removesuffix("?").removesuffix(")")
    )
