"""The problems of an input, one line each: the key, the offending value, the reason and the fix."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SHOWN_CHARACTERS = 80
_SHOWN_ITEMS = 3
_COMPARED_CHARACTERS = 60
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Problem:
    """One problem of an input.

    Attributes:
        key: The key or flag.
        value: The offending value, as :func:`show` prints it; empty when there is none.
        reason: What is wrong, as the predicate of a sentence about the value.
        fix: What to write instead.
    """

    key: str
    value: str
    reason: str
    fix: str

    def __str__(self) -> str:
        subject = f"{self.value} " if self.value else ""
        return f"{self.key}: {subject}{self.reason}; {self.fix}"


class ProblemsError(ValueError):
    """A rejected input with all of its problems; the message has one line per problem.

    Attributes:
        problems: In the order of the input's documentation.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(map(str, self.problems))


def show(value: object) -> str:
    """Return a value as JSON on one short line of ASCII, so that no input can forge or flood a log.

    Objects, and lists that are long or nested, are named and not printed.
    """
    if isinstance(value, str):
        shortened = value if len(value) <= _SHOWN_CHARACTERS else value[:_SHOWN_CHARACTERS] + "..."
        return json.dumps(shortened)
    if value is None or isinstance(value, (bool, float)):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 64 else "a number beyond 64 bits"
    if isinstance(value, (list, tuple)):
        plain = len(value) <= _SHOWN_ITEMS and not any(isinstance(item, (list, tuple, Mapping)) for item in value)
        return f"[{', '.join(map(show, value))}]" if plain else f"a list of {len(value)}"
    if isinstance(value, Mapping):
        return "an object" if value else "{}"
    return f"a {type(value).__name__}"


def nearest(word: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that a misspelt word most likely means; None when nothing is close.

    Case, hyphens and camelCase are ignored: ``targetDate`` and ``target-date`` are both ``target_date``.
    """
    by_spelling = {_spelling(candidate): candidate for candidate in sorted(candidates)}
    matches = difflib.get_close_matches(_spelling(word[:_COMPARED_CHARACTERS]), by_spelling, n=1)
    return by_spelling[matches[0]] if matches else None


def _spelling(word: str) -> str:
    return _CAMEL_HUMP.sub("_", word.strip()).replace("-", "_").lower()
