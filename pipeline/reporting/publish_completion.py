"""The completion event in a graph: the last step of a batch run, and the message that carries an event."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import apache_beam as beam
import orjson
from apache_beam import pvalue
from apache_beam.io.gcp.pubsub import PubsubMessage

from pipeline.reporting.completion import Event, attributes_of, completed
from transforms.elements.plan import Plan


def message_of(event: Event) -> PubsubMessage:
    """Return the message that carries an event."""
    return PubsubMessage(orjson.dumps(event), attributes_of(event))


@dataclass
class PublishCompletion(beam.PTransform):
    """Publish the completion event of a batch run, once all of its manifests are written.

    Input: (date, manifest), one per target date. Output: nothing. It waits for ``status`` to be published.
    """

    plan: Plan
    output: str
    topic: str
    status: beam.PCollection[str]

    def expand(self, manifests: beam.PCollection[tuple[str, dict[str, Any]]]) -> Any:
        """Wire the transform."""
        make_event = beam.ParDo(MakeEvent(self.plan, self.output), pvalue.AsIter(self.status))
        return (
            manifests
            | "KeyByRun" >> beam.Map(_keyed_by_run).with_output_types(tuple[str, Any])
            | "GatherManifests" >> beam.GroupByKey()
            | "MakeEvent" >> make_event.with_output_types(PubsubMessage)
            | "WriteEvent" >> beam.io.WriteToPubSub(self.topic, with_attributes=True)
        )


def _keyed_by_run(manifest: tuple[str, dict[str, Any]]) -> tuple[str, Any]:
    return "", manifest


@dataclass
class MakeEvent(beam.DoFn):
    """Wraps :func:`completed` for the manifests of a run."""

    plan: Plan
    output: str

    def process(
        self, gathered: tuple[str, Iterable[tuple[str, dict[str, Any]]]], _status: Iterable[str] = ()
    ) -> Iterable[PubsubMessage]:
        """Yield the event as a message."""
        manifests = dict(sorted(gathered[1]))
        yield message_of(completed(self.plan, self.output, manifests, finished=datetime.now(timezone.utc)))
