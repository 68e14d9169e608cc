"""The local streaming runner, with a Pub/Sub client that receives messages of any size."""

from __future__ import annotations

import os
from typing import Any

import grpc
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from google.cloud import pubsub
from google.cloud.pubsub_v1 import SubscriberClient
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

EMULATOR_VARIABLE = "PUBSUB_EMULATOR_HOST"


class UnlimitedSubscriber(SubscriberClient):
    """A subscriber client without a limit for the size of a response, for the service and for emulators.

    The client of the library has none for the service. For an emulator it has gRPC's own, 4 MiB: a pull of one message
    above it fails, is repeated, and fails again.
    """

    def __init__(self, **options: Any) -> None:
        """Open a channel of its own to an emulator."""
        if (host := os.environ.get(EMULATOR_VARIABLE)) and "transport" not in options:
            channel = grpc.insecure_channel(host, options=[("grpc.max_receive_message_length", -1)])
            options["transport"] = SubscriberGrpcTransport(channel=channel, host=host)
        super().__init__(**options)


class LocalStreamRunner(BundleBasedDirectRunner):
    """Runs a streaming job in this process; reads from Pub/Sub by way of :class:`UnlimitedSubscriber`."""

    def run_pipeline(self, pipeline: Any, options: PipelineOptions) -> Any:
        """Run a pipeline."""
        # The runner makes its client by this name, and takes no other.
        pubsub.SubscriberClient = UnlimitedSubscriber
        return super().run_pipeline(pipeline, options)
