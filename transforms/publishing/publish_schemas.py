"""Publishing the schemas of the export types of a run, so that readers find them beside the documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import apache_beam as beam

from exporters.declaration import Cache, Export
from exporters.document_schemas import schema_of
from transforms.clients.concurrency import run_concurrently
from transforms.elements.document import encode
from transforms.elements.failure import Failure, failure_from
from transforms.elements.plan import Plan
from transforms.stores.protocol import Store, StoreError


def schema_path(export: Export) -> str:
    """Return where the schema of an export type is published."""
    return f"schemas/{export.name}.json"


def publish_schema(store: Store, plan: Plan, export: Export) -> Failure | None:
    """Write the schema of an export type unless it is there, and return what went wrong; None when nothing did.

    It says nothing about a date, so that it carries no game date, and no run is too late to write it. What is there is
    told by the digest in its metadata.
    """
    schema = schema_of(export)
    if schema is None:
        return None
    path, content = schema_path(export), encode(schema)
    digest = hashlib.blake2b(content, digest_size=16).hexdigest()
    try:
        shown = store.stat(path)
        if plan.rewrite or shown is None or shown.metadata.get("digest") != digest:
            store.write(path, content, cache_control=Cache.DAY.header, metadata={"digest": digest})
    except StoreError as error:
        return failure_from("PublishSchemas", export.name, path, error)
    return None


@dataclass
class PublishSchemas(beam.PTransform):
    """Publish the schemas of a plan's export types.

    Input: a PBegin. Output: (date, Failure) for each that could not be written; the date is that of the manifest which
    tells of it.
    """

    plan: Plan
    store: Store

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[tuple[str, Failure]]:
        """Wire the transform."""
        return (
            begin
            # One element, so that they are written side by side even where there is one worker.
            | "ListSchemas" >> beam.Create([tuple(export.name for export in self.plan.exports)])
            | "WriteSchemas" >> beam.ParDo(WriteSchemas(self.plan, self.store)).with_output_types(tuple[str, Failure])
        )


@dataclass
class WriteSchemas(beam.DoFn):
    """Wraps :func:`publish_schema` for some export types."""

    plan: Plan
    store: Store

    def process(self, names: tuple[str, ...]) -> Iterable[tuple[str, Failure]]:
        """Yield what went wrong."""
        wanted = [export for export in self.plan.exports if export.name in names]
        for failure in run_concurrently(partial(publish_schema, self.store, self.plan), wanted, self.store.concurrency):
            if failure is not None:
                yield self.plan.dates[-1].isoformat(), failure
