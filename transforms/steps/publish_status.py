"""Publishing what a run says of its dates, in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import orjson
from apache_beam.metrics import Metrics

from transforms.elements.plan import Plan
from transforms.publishing.lease import forget_signs
from transforms.publishing.publish_run_status import publish_run_status
from transforms.publishing.status import date_status
from transforms.steps.lease_keeping import LeaseKeeping
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse


@dataclass
class PublishStatus(beam.PTransform):
    """Publish what a run says of its dates.

    Input: (date, manifest), one per target date. Output: what went wrong.
    """

    plan: Plan
    store: Store
    warehouse: Warehouse

    def expand(self, manifests: beam.PCollection[tuple[str, dict[str, Any]]]) -> beam.PCollection[str]:
        """Wire the transform."""
        return (
            manifests
            | "TakeStatus" >> beam.ParDo(TakeStatus()).with_output_types(tuple[str, bytes])
            | "GatherDates" >> beam.GroupByKey()
            | "WriteStatus" >> beam.ParDo(WriteStatus(self.plan, self.store, self.warehouse)).with_output_types(str)
        )


@dataclass
class TakeStatus(beam.DoFn):
    """Wraps :func:`date_status` for one manifest; all of them get one key."""

    def process(self, manifest: tuple[str, dict[str, Any]]) -> Iterable[tuple[str, bytes]]:
        """Yield what is public of a manifest, as JSON."""
        yield "", orjson.dumps(date_status(manifest[1]))


@dataclass
class WriteStatus(LeaseKeeping):
    """Wraps :func:`publish_run_status` for all dates of a run, and removes its signs of life.

    Input: one key with what is said of each date, as JSON. Output: what went wrong, for the log of the job.
    """

    warehouse: Warehouse

    def process(self, gathered: tuple[str, Iterable[bytes]]) -> Iterable[str]:
        """Yield what went wrong, if anything did."""
        found = publish_run_status(self.store, self.plan, list(map(orjson.loads, gathered[1])), self.warehouse)
        forget_signs(self.store, self.plan.run)
        for wrong in found:
            Metrics.counter("publish", "status_failed").inc()
            yield wrong
