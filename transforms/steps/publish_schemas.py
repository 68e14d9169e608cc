"""Publishing the schemas of the export types of a run, in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import apache_beam as beam

from transforms.clients.concurrency import run_concurrently
from transforms.elements.failure import Failure
from transforms.elements.plan import Plan
from transforms.publishing.publish_schemas import publish_schema, schemas_of
from transforms.stores.protocol import Store


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
            | "ListSchemas" >> beam.Create([tuple(name for name, _ in schemas_of(self.plan))])
            | "WriteSchemas" >> beam.ParDo(WriteSchemas(self.plan, self.store)).with_output_types(tuple[str, Failure])
        )


@dataclass
class WriteSchemas(beam.DoFn):
    """Wraps :func:`publish_schema` for some export types."""

    plan: Plan
    store: Store

    def process(self, names: tuple[str, ...]) -> Iterable[tuple[str, Failure]]:
        """Yield what went wrong."""
        wanted = [(name, schema) for name, schema in schemas_of(self.plan) if name in names]
        for failure in run_concurrently(partial(publish_schema, self.store, self.plan), wanted, self.store.concurrency):
            if failure is not None:
                yield self.plan.dates[-1].isoformat(), failure
