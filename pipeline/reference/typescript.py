"""The TypeScript of the API: a type per document and part, and the paths of the documents, made from the declarations.

A type says what TypeScript can say: fields, lists, null, absence and listed values. Ranges, patterns and conditions are
left to the JSON Schemas.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from exporters.declaration import Export, Json
from exporters.document_schemas import STATUS, schemas, version_of
from exporters.registry import exports
from pipeline.reference.openapi import type_name

DOCUMENTS = "documents.ts"
PATHS = "paths.ts"
_HEAD = "// Made by `make docs` from the declarations and schemas in exporters/; not edited by hand.\n"
_SCALARS = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean", "null": "null"}
_SAYS_NOTHING = frozenset(
    {
        *("$schema", "$id", "$defs", "title", "description", "examples", "format", "pattern", "propertyNames"),
        *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems"),
        *("maxItems", "minProperties", "maxProperties", "uniqueItems"),
        *("if", "then", "else", "not", "allOf", "dependentRequired"),
    }
)
"""Keywords that narrow what a type says, or annotate it."""
_SAYS = frozenset(
    {"type", "properties", "patternProperties", "required", "additionalProperties", "items", "enum", "const", "$ref"}
)


def files(found: Mapping[str, Json] | None = None) -> dict[str, str]:
    """Return the text of every generated file by name.

    Args:
        found: The schemas by name; those of the project by default.

    Raises:
        ValueError: A schema uses a keyword that this module does not know.
    """
    every = schemas() if found is None else found
    return {DOCUMENTS: documents_text(every), PATHS: paths_text(exports(), every)}


def documents_text(every: Mapping[str, Json]) -> str:
    """Return the module of the types.

    Raises:
        ValueError: Two of them have one name, and TypeScript would take them for one type.
    """
    declared: dict[str, str] = {}
    for schema_name, schema in every.items():
        for name, text in _types(schema_name, schema):
            if name in declared:
                raise ValueError(
                    f"{schema_name}: the type {name} is there twice, and TypeScript would merge the two: "
                    "rename the definition in $defs"
                )
            declared[name] = text
    return _HEAD + "".join(f"\n{text}" for text in declared.values())


def _types(name: str, schema: Json) -> Iterator[tuple[str, str]]:
    """Yield name and text of the types of a document: its own, and one per definition."""
    own = type_name(name)
    about = f"{schema['description']}\n\nThe document of {name}, version {version_of(schema)}."
    yield own, _declared(own, {**schema, "description": about}, own)
    for key, part in schema.get("$defs", {}).items():
        yield own + type_name(key), _declared(own + type_name(key), part, own)


def _declared(name: str, part: Json, own: str) -> str:
    about = "".join(_comment(part.get("description", ""), ""))
    if part.get("type") == "object" and "properties" in part:
        return f"{about}export interface {name} {type_of(part, own)}\n"
    return f"{about}export type {name} = {type_of(part, own)};\n"


def type_of(part: Json, own: str, indent: str = "") -> str:
    """Return a part of a schema as a type.

    Args:
        part: The part.
        own: The type of the document, with which the names of its parts begin.
        indent: Of the line on which it begins.

    Raises:
        ValueError: It has a keyword that is not known, or no type.
    """
    unknown = sorted(part.keys() - _SAYS - _SAYS_NOTHING)
    if unknown:
        raise ValueError(
            f"{own}: the keyword {unknown[0]!r} has no meaning as a type yet, and the type would say too little: "
            "write the schema without it, or teach pipeline/reference/typescript.py"
        )
    if "$ref" in part:
        return own + type_name(part["$ref"].removeprefix("#/$defs/"))
    if "const" in part:
        return json.dumps(part["const"], ensure_ascii=False)
    if "enum" in part:
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in part["enum"])
    if "type" not in part:
        raise ValueError(f"{own}: a part has no type, and would be anything: {json.dumps(part)[:80]}")
    kinds = [part["type"]] if isinstance(part["type"], str) else part["type"]
    found = dict.fromkeys(_of_kind(kind, part, own, indent) for kind in kinds)
    return " | ".join(found)


def _of_kind(kind: str, part: Json, own: str, indent: str) -> str:
    if kind == "array":
        return f"Array<{type_of(part['items'], own, indent)}>"
    if kind == "object":
        return _object(part, own, indent)
    return _SCALARS[kind]


def _object(part: Json, own: str, indent: str) -> str:
    fields = part.get("properties", {})
    others = part.get("additionalProperties", True)
    inner = f"{indent}  "
    lines = ["{\n"]
    for name, field in fields.items():
        lines += _comment(field.get("description", ""), inner)
        mark = "" if name in part.get("required", ()) else "?"
        lines.append(f"{inner}{_key(name)}{mark}: {type_of(field, own, inner)};\n")
    keyed = list(part.get("patternProperties", {}).values())
    if isinstance(others, Mapping):
        keyed.append(dict(others))
    if keyed:
        # Which keys there may be is not said: a type has one index, or none.
        lines += _comment(keyed[0].get("description", ""), inner)
        types = dict.fromkeys(type_of(value, own, inner) for value in keyed)
        lines.append(f"{inner}[key: string]: {' | '.join(types)};\n")
    if others is True:
        raise ValueError(f"{own}: an object is open to any key, so that nothing would be checked: close it")
    return "".join([*lines, f"{indent}}}"])


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


def _comment(text: str, indent: str) -> list[str]:
    if not text:
        return []
    # The end of a comment in a description would end the comment.
    paragraphs = text.replace("*/", "* /").split("\n")
    lines = [line for one in paragraphs for line in textwrap.wrap(one, 110 - len(indent)) or [""]]
    if len(lines) == 1:
        return [f"{indent}/** {lines[0]} */\n"]
    return [f"{indent}/**\n", *(f"{indent} * {line}".rstrip() + "\n" for line in lines), f"{indent} */\n"]


def paths_text(every: Mapping[str, Export], known: Mapping[str, Json]) -> str:
    """Return the module of the paths: which document is where."""
    rows = list(_rows(every))
    names = sorted({type_name(name) for name, _ in rows})
    versions = (f"  {json.dumps(name)}: {version_of(schema)},\n" for name, schema in known.items())
    return "".join(
        (
            _HEAD,
            "\nimport type {\n",
            *(f"  {name},\n" for name in names),
            '} from "./documents.js";\n',
            "\n/** The document at each path. */\nexport interface DocumentAt {\n",
            *(f"  {json.dumps(path)}: {type_name(name)};\n" for name, path in rows),
            "}\n",
            "\n/** The path of each document, by export type, and the pointers that mirror one of its dates. */\n",
            "export const PATHS = {\n",
            *(_entry(name, export.path, (one.path for one in export.pointers)) for name, export in every.items()),
            "" if STATUS in every else _entry(STATUS, f"{STATUS}.json", ()),
            "} as const;\n",
            "\n/** The version of each shape. */\nexport const VERSIONS = {\n",
            *versions,
            "} as const;\n",
        )
    )


def _rows(every: Mapping[str, Export]) -> Iterable[tuple[str, str]]:
    """Yield export type and path of every document and pointer."""
    for name, export in every.items():
        yield name, export.path
        for pointer in export.pointers:
            yield name, pointer.path
    if STATUS not in every:
        yield STATUS, f"{STATUS}.json"


def _entry(name: str, path: str, pointers: Iterable[str]) -> str:
    mirrors = ", ".join(map(json.dumps, pointers))
    return f"  {json.dumps(name)}: {{ path: {json.dumps(path)}, pointers: [{mirrors}] }},\n"
