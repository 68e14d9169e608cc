"""One option of the pipeline: what its text must hold, and how the help text tells of it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import Enum

from pipeline.requests.problems import Problem, show


class Kind(Enum):
    """What an option's text must hold."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    ENUM = "enum"


class Group(Enum):
    """A section of the help text."""

    PLACES = "Where to read and write"
    REQUEST = "What to export"
    RULES = "What is ready, what is shown"
    RUN = "How to run"
    STREAM = "How to answer requests from Pub/Sub (streaming)"


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        name: Name of the flag, without dashes; request options bear the name of their request key.
        kind: What its text must hold.
        group: Section of the help text.
        help: What it means, in sentences.
        example: A value that it takes.
        default: Its value when it is not given; None when there is none.
        default_help: The default in words, where ``default`` cannot say it.
        metavar: What the help text writes for the value.
        required: Whether it must be given.
        pattern: Regular expression of the whole text; None leaves it to the kind.
        remote_pattern: Regular expression of the texts that mean something to a remote worker; None when all do.
        choices: Values of an ENUM.
        low: Smallest INTEGER.
        high: Largest INTEGER.
        of_beam: Beam declares the flag itself.
    """

    name: str
    kind: Kind
    group: Group
    help: str
    example: str
    default: str | None = None
    default_help: str = ""
    metavar: str = ""
    required: bool = False
    pattern: str | None = None
    remote_pattern: str | None = None
    choices: tuple[str, ...] = ()
    low: int = 0
    high: int = 1_000_000
    of_beam: bool = False

    @property
    def flag(self) -> str:
        """The flag as typed."""
        return f"--{self.name}"

    @property
    def regex(self) -> str:
        """An anchored regular expression that every accepted text matches."""
        by_kind = {
            Kind.TEXT: ".+",
            Kind.INTEGER: "[0-9]{1,9}",
            Kind.BOOLEAN: "true|false",
            Kind.ENUM: "|".join(self.choices),
        }
        return f"^(?:{self.pattern or by_kind[self.kind]})$"

    @property
    def remote_regex(self) -> str:
        """The same for a Flex Template's metadata, in the syntax that Python, Java and RE2 share."""
        return f"^(?:{self.remote_pattern})$" if self.remote_pattern else self.regex

    @property
    def usage(self) -> str:
        """The flag and its value, as the help text and an example of it show them."""
        return self.flag if self.kind is Kind.BOOLEAN else f"{self.flag}={self.metavar or self.kind.name}"

    @property
    def described(self) -> str:
        """Meaning, default and example."""
        default = self.default_help or self.default or ("false" if self.kind is Kind.BOOLEAN else "")
        note = "Required. " if self.required else f"Default: {default}. " if default else ""
        return f"{self.help} {note}Example: {self.shown_example}"

    @property
    def shown_example(self) -> str:
        """The flag with its example, as typed into a shell."""
        return self.flag if self.kind is Kind.BOOLEAN else f"{self.flag}={shlex.quote(self.example)}"

    def problem(self, value: str) -> Problem | None:
        """Return what is wrong with a text, as far as the option alone can tell; None when it is fine."""
        if not value:
            return self.wrong(value, "is empty")
        # fullmatch, because $ would let a trailing newline through.
        if not re.fullmatch(self.regex[1:-1], value):
            reason = {
                Kind.TEXT: "is not understood",
                Kind.INTEGER: "is not a whole number",
                Kind.BOOLEAN: "is neither true nor false",
                Kind.ENUM: f"is not one of {', '.join(self.choices)}",
            }
            return self.wrong(value, reason[self.kind])
        if self.kind is Kind.INTEGER and not self.low <= int(value) <= self.high:
            return self.wrong(value, f"is not between {self.low} and {self.high}")
        return None

    def wrong(self, value: object, reason: str) -> Problem:
        """Return a problem of this option; the fix is its example."""
        return Problem(self.flag, show(value), reason, f"write it like {self.shown_example}")
