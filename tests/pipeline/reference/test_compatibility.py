from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from exporters.declaration import Json
from exporters.document_schemas import schemas
from pipeline.reference.compatibility import breaks, expanded

NAMES = tuple(schemas())

BASE: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["day", "side", "points", "rows"],
    "properties": {
        "day": {"type": "string", "format": "date", "description": "The date."},
        "side": {"enum": ["OVER", "UNDER", None], "description": "The side."},
        "points": {"type": "integer", "minimum": 0, "maximum": 9, "description": "Points."},
        "note": {"type": "string", "description": "Perhaps."},
        "rows": {"type": "array", "maxItems": 5, "items": {"$ref": "#/$defs/row"}},
        "by_name": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "if": {"required": ["note"]},
    "then": {"properties": {"rows": {"maxItems": 0}}},
    "$defs": {
        "row": {
            "type": "object",
            "additionalProperties": False,
            "required": ["id", "won"],
            "properties": {"id": {"type": "string"}, "won": {"type": ["boolean", "null"]}},
        }
    },
}


def changed(change: Callable[[Json], Any], schema: Json = BASE) -> list[str]:
    now = copy.deepcopy(schema)
    change(now)
    assert json.dumps(now) != json.dumps(schema), "the change changes nothing"
    return breaks(schema, now)


def put(value: Any, *path: str) -> Callable[[Json], Any]:
    def change(schema: Json) -> None:
        for step in path[:-1]:
            schema = schema[step]
        schema[path[-1]] = value

    return change


def drop(*path: str) -> Callable[[Json], Any]:
    def change(schema: Json) -> None:
        for step in path[:-1]:
            schema = schema[step]
        del schema[path[-1]]

    return change


def reorder(schema: Json) -> None:
    schema["properties"] = dict(reversed(schema["properties"].items()))


def rename(schema: Json) -> None:
    fields = schema["properties"]
    schema["properties"] = {("date" if name == "day" else name): one for name, one in fields.items()}


def add_first(schema: Json) -> None:
    schema["properties"] = {"new": {"type": "string"}, **schema["properties"]}


ROW = ("$defs", "row", "properties")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (drop("properties", "day"), "$.day is gone: removed"),
        (rename, "$.day is gone: renamed to date"),
        (put("number", "properties", "points", "type"), "$.points was integer, and is number now: retyped"),
        (put(["string", "null"], "properties", "day", "type"), "$.day was never null, and may be null now"),
        (reorder, "$ has its fields in another order: by_name, rows, note, points, side, day"),
        (put(["OVER", None], "properties", "side", "enum"), "$.side lost 'UNDER' of its values: narrowed"),
        (put(["OVER", "UNDER", "X", None], "properties", "side", "enum"), "$.side has new values, 'X', which readers"),
        (
            put({"type": ["string", "null"]}, "properties", "side"),
            "$.side was one of ['OVER', 'UNDER'], and may",
        ),
        (put({}, "properties", "day"), "$.day was string, and may be anything now"),
        (add_first, "$ has new fields before its last one: new; add them at the end"),
        (put(["day", "side", "rows"], "required"), "$.points was always there, and may be absent now"),
        (put("date-time", "properties", "day", "format"), "$.day had format 'date', and has 'date-time' now"),
        (drop("properties", "day", "format"), "$.day had format 'date', and has it no more"),
        (put(-1, "properties", "points", "minimum"), "$.points had minimum 0, and has -1 now"),
        (put(10, "properties", "points", "maximum"), "$.points had maximum 9, and has 10 now"),
        (drop("properties", "rows", "maxItems"), "$.rows had maxItems 5, and has it no more"),
        (drop(*ROW, "id"), "$.rows[].id is gone: removed"),
        (put("integer", *ROW, "id", "type"), "$.rows[].id was string, and is integer now: retyped"),
        (put(["string", "null"], *ROW, "id", "type"), "$.rows[].id was never null, and may be null now"),
        (put("string", "properties", "by_name", "additionalProperties", "type"), "$.by_name.* was number, and is"),
        (put(False, "properties", "by_name", "additionalProperties"), "$.by_name.* is gone: removed"),
        (put(True, "additionalProperties"), "$.* may be anything now"),
        (drop("additionalProperties"), "$.* may be anything now"),
        (put({}, "then"), "$ had then"),
    ],
)
def test_a_break_is_named_with_its_place(change: Callable[[Json], Any], says: str) -> None:
    found = changed(change)
    assert [one for one in found if one.startswith(says)], found


@pytest.mark.parametrize(
    "change",
    [
        put({"type": "string"}, "properties", "new"),
        put({"type": "string"}, *ROW, "new"),
        put(["day", "side", "points", "note", "rows"], "required"),
        put("boolean", *ROW, "won", "type"),
        put(["OVER", "UNDER"], "properties", "side", "enum"),
        put(1, "properties", "points", "minimum"),
        put(8, "properties", "points", "maximum"),
        put("^.+$", "properties", "note", "pattern"),
        put("Another.", "properties", "day", "description"),
        put([{}], "examples"),
        put("urn:other", "$id"),
    ],
)
def test_what_readers_survive_is_no_break(change: Callable[[Json], Any]) -> None:
    assert changed(change) == []


def test_the_name_of_a_definition_is_no_promise() -> None:
    def move(schema: Json) -> None:
        schema["$defs"]["line"] = schema["$defs"].pop("row")
        schema["properties"]["rows"]["items"] = {"$ref": "#/$defs/line"}

    assert changed(move) == []


def test_a_field_named_like_a_keyword_counts() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}, "description": {"type": "string"}}}
    assert changed(drop("properties", "title"), schema) == ["$.title is gone: removed"]


def test_a_definition_that_holds_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="#/\\$defs/row holds itself"):
        expanded({"$ref": "#/$defs/row", "$defs": {"row": {"items": {"$ref": "#/$defs/row"}}}})


def objects(part: Any) -> Iterator[Json]:
    """Yield every part of a schema that declares fields, conditions left out."""
    if isinstance(part, dict):
        if "properties" in part:
            yield part
        for key, one in part.items():
            if key not in ("if", "then", "else", "allOf", "not", "examples"):
                yield from objects(one)


def fields(schema: Json) -> Iterator[tuple[Json, str, Json]]:
    for part in objects(schema):
        for name, one in part["properties"].items():
            yield part, name, one


def test_other_values_of_keys_that_are_data_are_a_break() -> None:
    schema = dict(expanded(schemas()["calendar"]))
    now = copy.deepcopy(schema)
    next(iter(now["patternProperties"].values()))["type"] = "string"
    assert breaks(schema, schema) == []
    assert breaks(schema, now)


@pytest.mark.parametrize("name", NAMES)
class TestEverySchema:
    """The breaks, in every place of every schema of the project."""

    def tried(self, name: str, change: Callable[[Json, str], Any], only: Callable[[Json], bool] = bool) -> None:
        schema = dict(expanded(schemas()[name]))
        assert breaks(schema, schema) == []
        count = len(list(fields(schema)))
        tried = 0
        for i in range(count):
            now = copy.deepcopy(schema)
            part, field, declared = list(fields(now))[i]
            if not only(declared):
                continue
            change(part, field)
            if json.dumps(now) != json.dumps(schema):
                tried += 1
                assert breaks(schema, now), f"{field} of {list(part['properties'])}"
        assert tried or not count or only is not bool

    def test_removed(self, name: str) -> None:
        self.tried(name, lambda part, field: part["properties"].pop(field))

    def test_renamed(self, name: str) -> None:
        def rename(part: Json, field: str) -> None:
            part["properties"] = {(f"{one}_" if one == field else one): x for one, x in part["properties"].items()}

        self.tried(name, rename)

    def test_retyped(self, name: str) -> None:
        self.tried(name, lambda part, field: part["properties"].update({field: {"type": "surprise"}}))

    def test_made_nullable(self, name: str) -> None:
        def make(part: Json, field: str) -> None:
            types = part["properties"][field]["type"]
            part["properties"][field]["type"] = [*([types] if isinstance(types, str) else types), "null"]

        self.tried(name, make, lambda one: "type" in one and "null" not in one["type"])

    def test_reordered(self, name: str) -> None:
        def move(part: Json, field: str) -> None:
            part["properties"][field] = part["properties"].pop(field)

        self.tried(name, move)

    def test_narrowed(self, name: str) -> None:
        self.tried(name, lambda part, field: part["properties"][field]["enum"].pop(0), lambda one: "enum" in one)
