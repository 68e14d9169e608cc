"""One option, made from a field of a model: its kind, its checks, and its entry in the help text."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from pipeline.requests.field import pattern_of
from pipeline.requests.problems import Problem, show
from pipeline.requests.validation import described, fields_of, validate


class Kind(Enum):
    """The kind of value in an option's text."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    ENUM = "enum"


class Group(Enum):
    """A section of the help text."""

    COMMAND = "Options"
    PLACES = "Where to read and write"
    REQUEST = "What to export"
    RULES = "What is ready, what is shown"
    RUN = "How to run"
    ALERTS = "Whom to alert"
    STREAM = "How to answer requests from Pub/Sub (streaming)"


@dataclass(frozen=True)
class Option:
    """One option; :func:`options_of` makes it from a field.

    Attributes:
        name: Name of the flag, without dashes; request options bear the name of their request key.
        kind: What its text must hold.
        group: Section of the help text.
        help: Its meaning, in sentences.
        example: A value that it takes.
        default: Its value when it is not given; None when there is none.
        default_help: The default in words, where ``default`` is not one value.
        metavar: The placeholder of the value in the help text.
        required: Whether it must be given.
        pattern: Regular expression of the whole text; None leaves it to the kind.
        remote_pattern: Regular expression of the texts that a remote worker can use; None when it can use all.
        remote_reason: The problem of the other texts where workers are remote.
        choices: Values of an ENUM.
        of_beam: Beam declares the flag itself.
        is_secret: What is given by mistake may be a secret: no error repeats it.
        is_list: Its text is several values, separated by commas.
        model: The model that declares it.
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
    remote_reason: str = ""
    choices: tuple[str, ...] = ()
    of_beam: bool = False
    is_secret: bool = False
    is_list: bool = False
    model: type[Any] = object

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
        """The pattern for a Flex Template's metadata, in the syntax that Python, Java and RE2 share."""
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

    def value_of(self, text: str) -> object:
        """Return the JSON value of a text; the text itself where it is no value of the option's kind."""
        if self.is_list:
            return text.split(",")
        if self.kind is Kind.BOOLEAN and text in ("true", "false"):
            return text == "true"
        if self.kind is Kind.INTEGER and re.fullmatch("[0-9]{1,9}", text):
            return int(text)
        return text

    def problem(self, text: str) -> Problem | None:
        """Return the problem of a text as far as it depends on this option alone; None when there is none."""
        if not text:
            return self.wrong(text, "is empty")
        value = self.value_of(text)
        if self.kind is Kind.BOOLEAN and not isinstance(value, bool):
            return self.wrong(text, "is neither true nor false")
        _, problems = validate(self.model, {self.name: value})
        return next((self.blame(text, problem) for problem in problems if problem.key == self.name), None)

    def blame(self, text: str, problem: Problem) -> Problem:
        """Return a problem of the field as a problem of the option, with the text as typed."""
        return Problem(
            self.flag, self.shown(text), problem.reason, problem.fix or f"write it like {self.shown_example}"
        )

    def wrong(self, value: object, reason: str) -> Problem:
        """Return a problem of this option; the fix is its example."""
        return Problem(self.flag, self.shown(value), reason, f"write it like {self.shown_example}")

    def shown(self, value: object) -> str:
        """Return a value as an error repeats it; empty where it may be a secret."""
        return "" if self.is_secret else show(value)

    def missing(self) -> Problem:
        """Return the problem that this option was not given; the fix is its example."""
        return Problem(self.flag, "", "is missing", f"add {self.shown_example}")


def options_of(model: type[Any], group: Group) -> tuple[Option, ...]:
    """Return the options that the fields of a model declare, in their order.

    Args:
        model: A pydantic model or dataclass whose fields are :class:`~pipeline.requests.field.Described`.
        group: The section of the help text that they belong to.
    """
    return tuple(_option(model, name, field, group) for name, field in fields_of(model).items())


def _option(model: type[Any], name: str, field: FieldInfo, group: Group) -> Option:
    told = described(field)
    assert told is not None, f"{model.__name__}.{name} is not Described"
    choices = _choices(field.annotation)
    has_text = isinstance(field.default, (int, str)) and not isinstance(field.default, bool)
    default = str(field.default) if has_text else ""
    # A template that receives a whole request must receive no part of it beside, not even a default.
    in_words = group is Group.REQUEST
    return Option(
        name=name,
        kind=_kind(field.annotation, choices),
        group=group,
        help=told.help,
        example=told.example,
        default=default if default and not in_words else None,
        default_help=told.default_help or (default if in_words else ""),
        metavar=told.metavar,
        required=field.is_required(),
        pattern=told.pattern or next(filter(None, map(pattern_of, field.metadata)), None),
        remote_pattern=told.remote_pattern,
        remote_reason=told.remote_reason,
        choices=choices,
        of_beam=told.of_beam,
        is_secret=told.is_secret,
        is_list=get_origin(field.annotation) is list,
        model=model,
    )


def _choices(annotation: Any) -> tuple[str, ...]:
    """Return the values of a type that is one of a few words."""
    return tuple(map(str, get_args(annotation))) if get_origin(annotation) is Literal else ()


def _kind(annotation: Any, choices: tuple[str, ...]) -> Kind:
    if choices:
        return Kind.ENUM
    return {bool: Kind.BOOLEAN, int: Kind.INTEGER, int | None: Kind.INTEGER}.get(annotation, Kind.TEXT)
