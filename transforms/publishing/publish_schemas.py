"""Publishing the schemas of the export types of a run, so that readers find them beside the documents."""

from __future__ import annotations

import hashlib

from exporters.declaration import Cache, Json
from exporters.document_schemas import STATUS, schema_of, status_schema
from transforms.elements.document import encode
from transforms.elements.failure import Failure, failure_from
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store, StoreError


def schema_path(name: str) -> str:
    """Return where the schema of an export type is published."""
    return f"schemas/{name}.json"


def schemas_of(plan: Plan) -> list[tuple[str, Json]]:
    """Return the schemas that a run publishes, by name: those of its export types, and that of ``status.json``."""
    calendar = plan.config.calendar
    found = [(export.name, schema) for export in plan.exports if (schema := schema_of(export, calendar)) is not None]
    return [*found, (STATUS, status_schema(calendar))]


def publish_schema(store: Store, plan: Plan, named: tuple[str, Json]) -> Failure | None:
    """Write a schema unless it is there, and return what went wrong; None when nothing did.

    It says nothing about a date, so that it carries no game date, and no run is too late to write it. What is there is
    told by the digest in its metadata.
    """
    name, schema = named
    path, content = schema_path(name), encode(schema)
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    try:
        shown = store.stat(path)
        if plan.rewrite or shown is None or shown.metadata.get("digest") != digest:
            store.write(path, content, cache_control=Cache.DAY.header, metadata={"digest": digest})
    except StoreError as error:
        return failure_from("PublishSchemas", name, path, error)
    return None
