from __future__ import annotations

import re
from typing import Any

import pytest

from exporters.declaration import Json
from exporters.document_schemas import schema_id, schemas
from exporters.registry import exports
from pipeline.reference.openapi import type_name
from pipeline.reference.typescript import DOCUMENTS, PATHS, documents_text, files, paths_text, type_of
from pipeline.version import ROOT

SOURCES = ROOT / "clients" / "typescript" / "src"


@pytest.mark.parametrize("name", [DOCUMENTS, PATHS])
def test_the_file_in_the_repository_is_up_to_date(name: str) -> None:
    assert (SOURCES / name).read_text(encoding="utf-8") == files()[name], "run make docs"


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ({"type": "string", "format": "date"}, "string"),
        ({"type": "integer", "minimum": 0}, "number"),
        ({"type": ["boolean", "null"]}, "boolean | null"),
        ({"enum": ["A", 'B"', 3, None]}, '"A" | "B\\"" | 3 | null'),
        ({"const": True}, "true"),
        ({"type": "array", "items": {"type": ["string", "null"]}}, "Array<string | null>"),
        ({"type": ["array", "null"], "items": {"$ref": "#/$defs/a_row"}}, "Array<OwnARow> | null"),
        ({"type": "object", "additionalProperties": {"type": "number"}}, "{\n  [key: string]: number;\n}"),
        ({"type": "object", "additionalProperties": False}, "{\n}"),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "required": ["one"],
                "properties": {
                    "one": {"type": "string", "description": "Ends */ here."},
                    "two-three": {"type": "null"},
                },
            },
            '{\n  /** Ends * / here. */\n  one: string;\n  "two-three"?: null;\n}',
        ),
    ],
)
def test_a_part_as_a_type(part: Json, text: str) -> None:
    assert type_of(part, "Own") == text


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ({"anyOf": [{"type": "string"}]}, "the keyword 'anyOf' has no meaning as a type yet"),
        ({"description": "Anything."}, "a part has no type, and would be anything"),
        ({"type": "object", "properties": {}}, "an object is open to any key"),
        ({"type": "array", "items": {"oneOf": []}}, "the keyword 'oneOf'"),
    ],
)
def test_what_a_type_cannot_say_is_refused(part: Json, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        type_of(part, "Own")


def schema(name: str, **defs: Any) -> Json:
    return {
        "$id": schema_id(name, 1),
        "description": "About.",
        "type": "object",
        "additionalProperties": False,
        "$defs": defs,
    }


def test_two_types_of_one_name_are_refused() -> None:
    # TypeScript merges interfaces of one name without a word.
    found = {"tonight": schema("tonight", players={"type": "string"}), "tonight-players": schema("tonight-players")}
    with pytest.raises(ValueError, match="tonight-players: the type TonightPlayers is there twice"):
        documents_text(found)


def test_every_schema_and_definition_has_a_type() -> None:
    text = files()[DOCUMENTS]
    names = re.findall(r"^export (?:interface|type) (\w+)", text, re.MULTILINE)
    wanted = [
        type_name(name) + type_name(key) for name, one in schemas().items() for key in ("", *one.get("$defs", {}))
    ]
    assert names == wanted


def test_every_document_and_pointer_has_a_path() -> None:
    text = paths_text(exports(), schemas())
    for name, export in exports().items():
        for path in (export.path, *(pointer.path for pointer in export.pointers)):
            assert f'\n  "{path}": {type_name(name)};\n' in text
    assert '\n  "status.json": Status;\n' in text
    assert text.count('": { path: "') == len(exports()) + 1
