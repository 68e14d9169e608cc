"""Which code makes a field, and what its schema and docstrings say of it."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporters.declaration import Export
from exporters.document_schemas import schema_of
from pipeline.provenance.field import Field
from pipeline.version import ROOT

_RULE = re.compile(r"\(contract:? ([^)]+)\)")


@dataclass(frozen=True)
class Function:
    """A function that an export type declares.

    Attributes:
        role: ``builder``, ``card`` or ``row``.
        place: ``module:function``.
        line: Its file and line.
        says: The first line of its docstring.
        rules: The places of the contract that it and its module name.
    """

    role: str
    place: str
    line: str
    says: str
    rules: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it for programs."""
        return {**vars(self), "rules": list(self.rules)}


def functions_of(export: Export) -> list[Function]:
    """Return the functions that an export type builds its documents with, in the order in which they run."""
    declared = (("card", export.make_card), ("row", export.make_row), ("builder", export.build))
    return [_function(role, function) for role, function in declared if function is not None]


def _function(role: str, function: Callable[..., Any]) -> Function:
    code = function.__code__
    path = Path(code.co_filename)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    own, module = inspect.getdoc(function) or "", sys.modules[function.__module__].__doc__ or ""
    rules = dict.fromkeys(rule for text in (own, module) for rule in _RULE.findall(text))
    place = f"{function.__module__}:{function.__qualname__}"
    return Function(role, place, f"{shown}:{code.co_firstlineno}", own.partition("\n")[0], tuple(rules))


def description_of(export: Export, field: Field) -> str:
    """Return what the schema of a type says of a field; of the document without steps; empty when it says nothing."""
    schema = schema_of(export)
    if schema is None:
        return ""
    part: Any = schema
    described = str(schema.get("description", ""))
    for step in field.steps:
        part = _inside(schema, part, step) or {}
        described = str(part.get("description", ""))
    return described


def _inside(root: Any, part: Any, step: Any) -> Any:
    for option in _options(root, part):
        if not isinstance(step, str):
            if "items" in option:
                return _resolved(root, option["items"])
        elif step in option.get("properties", {}):
            return _resolved(root, option["properties"][step])
        elif "patternProperties" in option:
            found = next((one for key, one in option["patternProperties"].items() if re.search(key, step)), None)
            if found is not None:
                return _resolved(root, found)
    return None


def _options(root: Any, part: Any) -> Iterator[Any]:
    """Yield a part of a schema, and the alternatives that it names."""
    part = _resolved(root, part)
    yield part
    for word in ("anyOf", "oneOf", "allOf"):
        for option in part.get(word, ()):
            yield from _options(root, option)


def _resolved(root: Any, part: Any) -> Any:
    if "$ref" not in part:
        return part
    name = part["$ref"].removeprefix("#/$defs/")
    return {**_resolved(root, root["$defs"][name]), **{key: value for key, value in part.items() if key != "$ref"}}
