"""Beam's local streaming runner, with a Pub/Sub client that receives messages of any size."""

from __future__ import annotations

from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from google.cloud import pubsub

from pipeline.stream.subscriber import UnlimitedSubscriber


class LocalStreamRunner(BundleBasedDirectRunner):
    """Runs a streaming job in this process; reads from Pub/Sub by way of :class:`UnlimitedSubscriber`."""

    def run_pipeline(self, pipeline: Any, options: PipelineOptions) -> Any:
        """Run a pipeline."""
        # The runner makes its client by this name, and takes no other.
        pubsub.SubscriberClient = UnlimitedSubscriber
        return super().run_pipeline(pipeline, options)
