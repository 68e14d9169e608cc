"""The JSON Schema of each export type: the meaning and the allowed values of every field.

It is kept beside the export's module as ``tonight_players.schema.json``: draft 2020-12, its properties in the order of
the document, closed to other keys, every field described. It is published with the documents, documents can be checked
against it, and the pages of ``docs/api`` are made from it.

Its ``$id`` names the version of the shape. The bytes of documents are the contract's and do not name it; their objects
do, in the metadata key ``schema``, and so does each section of a manifest.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import cast

from exporters.declaration import SCHEMA_IDS, Export, Json
from exporters.registry import PAGES, exports


def schema_file(export: Export) -> str:
    """Return the path of an export's schema below this package, whether it is there or not."""
    name = f"{export.name.replace('-', '_')}.schema.json"
    for page in PAGES:
        if resources.files(page).joinpath(name).is_file():
            return f"{page.__name__.removeprefix('exporters.')}/{name}"
    return name


STATUS = "status"
"""What ``status.json`` is named among the schemas; it belongs to no export type."""


@cache
def status_schema() -> Json:
    """Return the schema of ``status.json``, read once and not to be changed."""
    file = resources.files(__package__).joinpath(f"{STATUS}.schema.json")
    schema = cast(Json, json.loads(file.read_text(encoding="utf-8")))
    return _named(schema, STATUS, schema["properties"]["version"]["const"])


@cache
def schema_of(export: Export) -> Json | None:
    """Return the schema of an export, read once and not to be changed. None for an export that has none."""
    file = resources.files(__package__).joinpath(schema_file(export))
    if not file.is_file():
        return None
    return _named(cast(Json, json.loads(file.read_text(encoding="utf-8"))), export.name, export.version)


def schema_id(name: str, version: int) -> str:
    """Return the ``$id`` of a version of a schema."""
    return f"{SCHEMA_IDS}{name}:{version}"


def version_of(schema: Json) -> int:
    """Return the version that the ``$id`` of a schema names."""
    _, _, version = schema["$id"].rpartition(":")
    return int(version)


def _named(schema: Json, name: str, version: int) -> Json:
    """Return a schema with its ``$id`` after its dialect."""
    return {"$schema": schema["$schema"], "$id": schema_id(name, version), **schema}


@cache
def schemas() -> dict[str, Json]:
    """Return the schema of every export type that has one, and that of ``status.json``, by name."""
    found = {name: schema for name, export in exports().items() if (schema := schema_of(export)) is not None}
    return {**found, STATUS: status_schema()}
