"""Publishing what a run says of its dates, in the graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import apache_beam as beam
import orjson
from apache_beam import coders
from apache_beam.metrics import Metrics

from transforms.elements.plan import Plan
from transforms.publishing.lease import forget_signs
from transforms.publishing.publish_run_status import EncodedStatus, encode_status, publish_run_status, relevant_dates
from transforms.publishing.status import date_status
from transforms.steps.lease_keeping import LeaseKeeping
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse

PlainStatus = tuple[str, list[str], bool, bytes]
"""A :class:`EncodedStatus` without its names, which Beam encodes without pickling."""
_COMPACTED = 600
"""Dates that a worker collects before it drops those that change nothing."""


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
            | "TakeStatus" >> beam.ParDo(TakeStatus()).with_output_types(tuple[str, PlainStatus])
            | "GatherDates" >> beam.CombinePerKey(KeepRelevantDates())
            | "WriteStatus" >> beam.ParDo(WriteStatus(self.plan, self.store, self.warehouse)).with_output_types(str)
        )


@dataclass
class TakeStatus(beam.DoFn):
    """Wraps :func:`date_status` for one manifest; all of them get one key."""

    def process(self, manifest: tuple[str, dict[str, Any]]) -> Iterable[tuple[str, PlainStatus]]:
        """Yield what is public of a manifest."""
        yield "", encode_status(date_status(manifest[1]))


class KeepRelevantDates(beam.CombineFn):
    """Wraps :func:`relevant_dates`: where dates meet, those that change nothing are dropped.

    Workers drop theirs before they send them, so that no process holds what is said of all dates of a run.
    """

    def create_accumulator(self) -> list[PlainStatus]:
        """Return no dates."""
        return []

    def add_input(self, kept: list[PlainStatus], told: PlainStatus) -> list[PlainStatus]:
        """Return the dates with one more."""
        kept.append(told)
        return self.compact(kept) if len(kept) >= _COMPACTED else kept

    def merge_accumulators(self, several: Iterable[list[PlainStatus]]) -> list[PlainStatus]:
        """Return the dates of several accumulators."""
        merged: list[PlainStatus] = []
        for kept in several:
            merged = self.compact([*merged, *kept])
        return merged

    def compact(self, kept: list[PlainStatus]) -> list[PlainStatus]:
        """Drop what changes nothing before the dates leave the process."""
        return list(relevant_dates(EncodedStatus(*each) for each in kept))

    def get_accumulator_coder(self) -> coders.Coder:
        """Return the coder of dates on their way to another process."""
        return coders.ListCoder(coders.registry.get_coder(PlainStatus))

    def extract_output(self, kept: list[PlainStatus]) -> list[bytes]:
        """Return what is said of the dates, as JSON."""
        return [content for *_, content in self.compact(kept)]


@dataclass
class WriteStatus(LeaseKeeping):
    """Wraps :func:`publish_run_status` for all dates of a run, and removes its signs of life.

    Input: one key with what is said of the dates that can change what is published, as JSON. Output: what went wrong,
    for the log of the job.
    """

    warehouse: Warehouse

    def process(self, gathered: tuple[str, Iterable[bytes]]) -> Iterable[str]:
        """Yield what went wrong, if anything did."""
        found = publish_run_status(self.store, self.plan, list(map(orjson.loads, gathered[1])), self.warehouse)
        forget_signs(self.store, self.plan.run)
        for wrong in found:
            Metrics.counter("publish", "status_failed").inc()
            yield wrong
