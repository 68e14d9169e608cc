"""A field of a document: a JSON pointer, or keys with dots; an item of a list is named by its index or by a value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exporters.declaration import Json
from pipeline.requests.problems import Problem, ProblemsError, nearest, show

_FLAG = "FIELD"
_STEP = re.compile(r"\.?(?:(?P<key>[^.\[\]]+)|\[(?P<name>[^\]=]+)=(?P<value>[^\]]*)\]|\[(?P<index>\d+)\])")
_IDS = ("player_lookup", "game_id", "pick_id", "subset_id", "date", "game_date")
"""Keys that name an item of a list, the best one first; any other text that is different in every item does as well."""
_SHAPE = "write keys with dots, such as games.0.home_team, or games[game_id=20260211_WAS_GSW].home_team"


class FieldError(ProblemsError):
    """A field that a document does not have; the message has one line."""


class Missing:
    """Stands for the value of a field that a document does not have."""

    def __repr__(self) -> str:
        return "nothing"


MISSING = Missing()


@dataclass(frozen=True)
class Named:
    """The item of a list in which a key has a value."""

    key: str
    value: str

    def found_in(self, items: Sequence[Any]) -> Any:
        """Return the first such item; :data:`MISSING` when there is none."""
        for item in items:
            if isinstance(item, dict) and self.key in item and str(item[self.key]) == self.value:
                return item
        return MISSING


Step = str | int | Named


@dataclass(frozen=True)
class Field:
    """A place in a document; without steps the document itself."""

    steps: tuple[Step, ...] = ()

    def __str__(self) -> str:
        text = ""
        for step in self.steps:
            if isinstance(step, Named):
                text += f"[{step.key}={step.value}]"
            else:
                text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
        return text

    def of(self, document: Any) -> Any:
        """Return the value; :data:`MISSING` when the document lacks it."""
        value = document
        for step in self.steps:
            value = _next(value, step)
            if value is MISSING:
                return MISSING
        return value

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of objects on the way; the items of lists are left out."""
        return tuple(step for step in self.steps if isinstance(step, str))


def parse_field(text: str, document: Json) -> Field:
    """Return the field of a text, in which an item of a list is named by what tells it apart where anything does.

    With other rows a list has another order, or other items: an index would then be that of another item.

    Raises:
        FieldError: The document has no such field.
    """
    value: Any = document
    steps: list[Step] = []
    for step in _pointer(text) if text.startswith("/") else _dotted(text):
        step = int(step) if isinstance(value, list) and isinstance(step, str) and step.isdigit() else step
        found = _next(value, step)
        if found is MISSING:
            place = str(Field(tuple(steps))) or "the document"
            raise FieldError([Problem(_FLAG, show(text), f"has no {_shown(step)} in {place}", _fix(value, step))])
        steps.append(_named(value, step) if isinstance(step, int) else step)
        value = found
    return Field(tuple(steps))


def _pointer(text: str) -> Iterator[Step]:
    for part in text[1:].split("/"):
        yield part.replace("~1", "/").replace("~0", "~")


def _dotted(text: str) -> Iterator[Step]:
    at = 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise FieldError([Problem(_FLAG, show(text), "is no field", _SHAPE)])
        at = found.end()
        if found["key"] is not None:
            yield found["key"]
        elif found["index"] is not None:
            yield int(found["index"])
        else:
            yield Named(found["name"], found["value"])


def _next(value: Any, step: Step) -> Any:
    if isinstance(step, Named):
        return step.found_in(value) if isinstance(value, list) else MISSING
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else MISSING
    return value.get(step, MISSING) if isinstance(value, dict) else MISSING


def _named(items: list[Any], index: int) -> Step:
    item = items[index]
    if not isinstance(item, dict):
        return index
    texts = [key for key, value in item.items() if isinstance(value, str) and key not in _IDS]
    for key in (*(key for key in _IDS if isinstance(item.get(key), str)), *texts):
        if sum(isinstance(other, dict) and other.get(key) == item[key] for other in items) == 1:
            return Named(key, item[key])
    return index


def _shown(step: Step) -> str:
    return f"{step.key}={step.value}" if isinstance(step, Named) else f"item {step}" if isinstance(step, int) else step


def _fix(value: Any, step: Step) -> str:
    if isinstance(value, dict):
        meant = nearest(step, value) if isinstance(step, str) else None
        return f"did you mean {meant}?" if meant else f"its keys are {', '.join(value)}"
    if isinstance(value, list):
        return f"it is a list of {len(value)}: name an item by its index, or as [key=value]"
    return f"it is {show(value)}"
