"""The fields of a document as a table, made from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Schema = Mapping[str, Any]

_FORMATS = {"date": "date", "date-time": "instant"}


@dataclass(frozen=True)
class Field:
    """One field of a document.

    Attributes:
        path: Its place in the document: ``games[].players[].team``.
        type: Its type, in words.
        missing: Whether it can be null or absent, in words; empty when it is always there.
        description: Its meaning.
    """

    path: str
    type: str
    missing: str
    description: str


def fields_of(schema: Schema) -> list[Field]:
    """Return every field of a document in the order of the document, those of a list's items once."""
    return list(_fields(schema, schema, ""))


def _fields(root: Schema, part: Schema, prefix: str) -> Iterator[Field]:
    required = part.get("required", ())
    for name, declared in part.get("properties", {}).items():
        field = resolved(root, declared)
        path = f"{prefix}{name}"
        yield Field(path, type_text(root, field), _missing(field, name in required), field["description"])
        yield from _fields(root, *_inside(root, field, path))
    for declared in part.get("patternProperties", {}).values():
        # The keys are data, such as dates.
        field = resolved(root, declared)
        path = f"{prefix}{{{field['title']}}}"
        yield Field(path, type_text(root, field), "absent", field["description"])
        yield from _fields(root, *_inside(root, field, path))


def _inside(root: Schema, field: Schema, path: str) -> tuple[Schema, str]:
    """Return the object whose fields come next: the field itself, or the items of a list."""
    while "items" in field:
        field, path = resolved(root, field["items"]), f"{path}[]"
    return field, f"{path}."


def resolved(root: Schema, part: Schema) -> Schema:
    """Return a part of a schema with its reference followed; what stands beside the reference comes first."""
    if "$ref" not in part:
        return part
    name = part["$ref"].removeprefix("#/$defs/")
    return {**resolved(root, root["$defs"][name]), **{key: value for key, value in part.items() if key != "$ref"}}


def _missing(field: Schema, always: bool) -> str:
    types, values = field.get("type", ()), field.get("enum", ())
    null = "null" in types if isinstance(types, list) else None in values
    return " or ".join([*(["null"] if null else []), *([] if always else ["absent"])])


def type_text(root: Schema, field: Schema) -> str:
    """Return what a field holds, in words."""
    if "const" in field:
        return f"always {_literal(field['const'])}"
    if "enum" in field:
        return ", ".join(_literal(value) for value in field["enum"] if value is not None)
    types = field["type"]
    kind = next(name for name in types if name != "null") if isinstance(types, list) else types
    if kind == "array":
        items = type_text(root, resolved(root, field["items"]))
        inner = "objects" if items == "object" else f"({items})" if "," in items else items
        return f"list of {inner}{_bounds(field, 'minItems', 'maxItems')}"
    if kind == "string":
        return _FORMATS.get(field.get("format", ""), "text")
    return f"{kind}{_bounds(field, 'minimum', 'maximum')}"


def _literal(value: Any) -> str:
    return f"`{value}`"


def _bounds(field: Schema, low: str, high: str) -> str:
    least, most = field.get(low), field.get(high)
    if least is not None and least == most:
        return f", exactly {least}"
    if least is not None and most is not None:
        return f", {least} to {most}"
    if most is not None:
        return f", at most {most}"
    return "" if least is None else f", at least {least}"
