"""Whether documents of a new schema are safe for readers of a released one.

A field may be added at the end of its object, and a promise may become narrower: a field that is always there, a value
that is never null, a smaller range. Everything else is a break.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

ANNOTATIONS = frozenset({"$schema", "$id", "$defs", "title", "description", "examples"})
"""Keywords that allow and forbid nothing."""

_VALUES = frozenset({"type", "enum", "const"})
_PARTS = frozenset({"properties", "required", "items", "additionalProperties"})
_LOWEST = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
_HIGHEST = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}


def breaks(released: Schema, current: Schema) -> list[str]:
    """Return what a reader of the released schema may not survive, each with its place; empty when there is nothing."""
    return list(_breaks(expanded(released), expanded(current), "$"))


def expanded(root: Schema) -> Schema:
    """Return a schema with every reference replaced by what it names, and without annotations.

    Raises:
        ValueError: A definition holds itself.
    """
    return dict(_expanded(root, root, ()))


def _expanded(root: Schema, part: Any, inside: tuple[str, ...]) -> Any:
    if isinstance(part, list):
        return [_expanded(root, one, inside) for one in part]
    if not isinstance(part, Mapping):
        return part
    found: dict[str, Any] = {}
    if "$ref" in part:
        name = part["$ref"]
        if name in inside:
            raise ValueError(f"{name} holds itself, which the check of schemas cannot follow: unroll it")
        found = _expanded(root, root["$defs"][name.removeprefix("#/$defs/")], (*inside, name))
    for key, value in part.items():
        if key == "properties":
            found[key] = {name: _expanded(root, one, inside) for name, one in value.items()}
        elif key in ("enum", "const", "dependentRequired"):
            found[key] = value
        elif key not in ANNOTATIONS and key != "$ref":
            found[key] = _expanded(root, value, inside)
    return found


def _breaks(old: Schema, new: Schema, place: str) -> Iterator[str]:
    changed = list(_values(old, new, place))
    yield from changed
    if not changed:
        yield from _fields(old, new, place)
        yield from _inner(old, new, place, "items", "[]")
        yield from _inner(old, new, place, "additionalProperties", ".*")
        yield from _constraints(old, new, place)


def _values(old: Schema, new: Schema, place: str) -> Iterator[str]:
    """Yield the changes of type, of null and of listed values."""
    before, after = _types(old), _types(new)
    if before is None:
        if after is not None and old:
            yield f"{place} has a type now, {_words(after)}: what was read before may be another"
        return
    if after is None:
        yield f"{place} was {_words(before)}, and may be anything now"
        return
    if "null" in after and "null" not in before:
        yield f"{place} was never null, and may be null now"
    if before - {"null"} != after - {"null"}:
        yield f"{place} was {_words(before)}, and is {_words(after)} now: retyped"
        return
    was, now = _listed(old), _listed(new)
    if was is not None and now is None:
        yield f"{place} was one of {was}, and may be any {_words(after)} now"
    elif was is not None and now is not None:
        # Which of two names a value has now is not known: a reader of the old one waits for it in vain.
        gone, come = [one for one in was if one not in now], [one for one in now if one not in was]
        if gone:
            yield f"{place} lost {', '.join(map(repr, gone))} of its values: narrowed"
        if come:
            yield f"{place} has new values, {', '.join(map(repr, come))}, which readers have no branch for"


def _types(part: Schema) -> frozenset[str] | None:
    """Return the types of a value; None when anything goes."""
    if "type" in part:
        return frozenset([part["type"]] if isinstance(part["type"], str) else part["type"])
    values = _every_value(part)
    return None if values is None else frozenset("null" if one is None else _TYPES[type(one)] for one in values)


def _every_value(part: Schema) -> list[Any] | None:
    if "const" in part:
        return [part["const"]]
    return list(part["enum"]) if "enum" in part else None


def _listed(part: Schema) -> list[Any] | None:
    """Return the values that a schema lists; null is a matter of types."""
    values = _every_value(part)
    return None if values is None else [one for one in values if one is not None]


def _words(types: frozenset[str]) -> str:
    return " or ".join(sorted(types, key=lambda one: (one == "null", one)))


def _fields(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, after = list(old.get("properties", ())), list(new.get("properties", ()))
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    for name in gone:
        renamed = next((one for one in come if _same_field(old, new, name, one)), None)
        yield f"{place}.{name} is gone" + (f": renamed to {renamed}" if renamed else ": removed")
    kept = [name for name in after if name in before]
    if kept != [name for name in before if name in after]:
        yield f"{place} has its fields in another order: {', '.join(kept)}"
    elif not gone and after[: len(before)] != before:
        early = [name for name in come if after.index(name) < len(before)]
        yield f"{place} has new fields before its last one: {', '.join(early)}; add them at the end"
    for name in old.get("required", ()):
        if name in after and name not in new.get("required", ()):
            yield f"{place}.{name} was always there, and may be absent now"
    for name in kept:
        yield from _breaks(old["properties"][name], new["properties"][name], f"{place}.{name}")


def _same_field(old: Schema, new: Schema, name: str, other: str) -> bool:
    """Whether two fields of different names hold the same."""
    return bool(old["properties"][name] == new["properties"][other])


def _inner(old: Schema, new: Schema, place: str, key: str, step: str) -> Iterator[str]:
    before, after = old.get(key, True), new.get(key, True)
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from _breaks(before, after, f"{place}{step}")
    elif after is not False and before != after and before is not True:
        yield f"{place}{step} may be anything now"
    elif after is False and isinstance(before, Mapping):
        yield f"{place}{step} is gone: removed"


def _constraints(old: Schema, new: Schema, place: str) -> Iterator[str]:
    """Yield constraints that hold no more. One that is new is a promise more, and no break."""
    for key, before in old.items():
        if key in _VALUES or key in _PARTS or new.get(key) == before:
            continue
        if key not in new:
            yield f"{place} had {key} {before!r}, and has it no more"
        elif not (key in _LOWEST and new[key] > before) and not (key in _HIGHEST and new[key] < before):
            yield f"{place} had {key} {before!r}, and has {new[key]!r} now"
