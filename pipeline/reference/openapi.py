"""The OpenAPI 3.1 description of the published API, made from the declarations and schemas.

Every path is a static object, read with GET. What documents share is under ``components``, the parts of a type by the
name of the type: ``Predictions``, ``Predictions.game``. ``x-version`` is the version of a shape.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from exporters.declaration import Cache, Export, Json
from exporters.document_schemas import STATUS, schema_of, status_schema, version_of
from exporters.registry import exports
from pipeline.reference.api_docs import CONVENTIONS, FOLLOWS
from transforms.publishing.publish_schemas import schema_path

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_IN_PATH: Mapping[str, Json] = {
    "date": {"schema": {"type": "string", "format": "date"}, "description": "A league day."},
    "player": {"schema": {"type": "string", "pattern": "^[a-z0-9]{1,80}$"}, "description": "A player_lookup."},
    "season": {"schema": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}, "description": "As in 2025-26."},
}
_PARAMETERS = {name: {"name": name, "in": "path", "required": True, **one} for name, one in _IN_PATH.items()}
_VERBATIM = frozenset({"enum", "const", "required", "dependentRequired"})
_LEFT_OUT = frozenset({"$schema", "$id", "$defs", "examples", "title"})


def type_name(name: str) -> str:
    """Return the name of an export type, or of a definition, as a type of a program: ``TonightPlayers``."""
    return "".join(word.capitalize() for word in re.split(r"[-_]", name))


def openapi(found: Mapping[str, Export] | None = None) -> Json:
    """Return the description of every path: documents, pointers, schemas and ``status.json``.

    Raises:
        LookupError: An export has no schema.
    """
    every = exports() if found is None else found
    schemas = {name: _schema(export) for name, export in every.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Phase 6 API",
            "summary": "Forecasts, picks, results and players as static JSON documents.",
            "description": "\n\n".join(CONVENTIONS),
            "version": "1",
        },
        "jsonSchemaDialect": DIALECT,
        "servers": [{"url": "{base}", "variables": {"base": {"default": "/v1", "description": "Where it is kept."}}}],
        "tags": [{"name": name, "description": schemas[name]["description"]} for name in every],
        "paths": dict(sorted(_paths(every, schemas))),
        "components": {
            "parameters": {
                name: {"name": name, "in": "path", "required": True, **one} for name, one in _PARAMETERS.items()
            },
            "responses": {"Absent": {"description": "Nothing is published there."}},
            "schemas": dict(sorted(_components({**schemas, STATUS: status_schema()}))),
        },
    }


def _schema(export: Export) -> Json:
    schema = schema_of(export)
    if schema is None:
        raise LookupError(f"{export.name} has no schema, so that its documents cannot be described: write one")
    return schema


def _paths(every: Mapping[str, Export], schemas: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, export in every.items():
        schema = schemas[name]
        summary = schema["description"].partition(". ")[0].rstrip(".") + "."
        yield _path(export.path, name, summary, export.cache, schema)
        for pointer in export.pointers:
            yield _path(pointer.path, name, f"Shows {FOLLOWS[pointer.follows]}.", pointer.cache, schema)
    yield _path(f"{STATUS}.json", STATUS, status_schema()["description"], Cache.MINUTE, status_schema())
    for name in (*every, STATUS):
        yield _path(schema_path(name), name, f"The JSON Schema of {name}.", Cache.DAY, None)


def _path(path: str, name: str, summary: str, cache: Cache, schema: Json | None) -> tuple[str, Json]:
    content: Json = {"schema": {"$ref": f"#/components/schemas/{type_name(name)}"} if schema else {"type": "object"}}
    if schema is not None and "examples" in schema:
        content["example"] = schema["examples"][0]
    return f"/{path}", {
        "get": {
            "operationId": re.sub(r"[^a-z0-9]+", "_", path.removesuffix(".json")).strip("_"),
            "tags": [name] if name != STATUS else [],
            "summary": summary,
            "parameters": [
                {"$ref": f"#/components/parameters/{parameter}"} for parameter in re.findall(r"{(\w+)}", path)
            ],
            "responses": {
                "200": {
                    "description": summary,
                    "headers": {
                        "Cache-Control": {"schema": {"type": "string"}, "example": cache.header},
                        "ETag": {"schema": {"type": "string"}},
                    },
                    "content": {"application/json": content},
                },
                "404": {"$ref": "#/components/responses/Absent"},
            },
        }
    }


def _components(schemas: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, schema in schemas.items():
        own = type_name(name)
        yield own, {"title": name, "x-schema-id": schema["$id"], "x-version": version_of(schema), **_moved(schema, own)}
        for key, part in schema.get("$defs", {}).items():
            yield f"{own}.{key}", _moved(part, own)


def _moved(part: Any, own: str) -> Any:
    """Return a part of a schema with its references moved to the components, and what belongs to a file left out."""
    if isinstance(part, list):
        return [_moved(one, own) for one in part]
    if not isinstance(part, Mapping):
        return part
    found: Json = {}
    for key, value in part.items():
        if key == "properties":
            found[key] = {name: _moved(one, own) for name, one in value.items()}
        elif key == "$ref":
            found[key] = f"#/components/schemas/{own}.{value.removeprefix('#/$defs/')}"
        elif key in _VERBATIM:
            found[key] = value
        elif key not in _LEFT_OUT:
            found[key] = _moved(value, own)
    return found


def openapi_text() -> str:
    """Return the description of the API of this version, as a file."""
    return json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n"
