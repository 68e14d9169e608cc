"""Pub/Sub servers, topics and subscriptions on them, and streaming jobs that run against them."""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions
from google.api_core.exceptions import DeadlineExceeded
from google.cloud import pubsub_v1
from google.pubsub_v1 import PublisherClient as GapicPublisher

from demo.pubsub.server import EMULATOR_VARIABLE
from pipeline.stream.job import LocalStreamRunner
from tests.support.left_out import left_out
from tests.wire.services import running

CALL_SECONDS = 10.0
_AT_A_TIME = 10
"""A call takes four million bytes."""
PROJECT = "projects/the-league"
GIVEN = os.environ.get(EMULATOR_VARIABLE, "")
"""A server that runs already; read before any test starts one."""
GOOGLES = "platform/pubsub-emulator/bin/cloud-pubsub-emulator"
"""Its place in the Google Cloud SDK."""


@contextmanager
def other_server(log: Path) -> Iterator[str]:
    """Yield the address of a server beside the embedded one: the one that is given, or else Google's emulator."""
    if GIVEN:
        yield GIVEN
        return
    gcloud = shutil.which("gcloud")
    emulator = Path(gcloud).resolve().parents[1] / GOOGLES if gcloud else Path(GOOGLES)
    if not (emulator.exists() and shutil.which("java")):
        left_out(
            "Google's Pub/Sub emulator, beside which the embedded server is held",
            "it or Java is not installed; install google-cloud-cli-pubsub-emulator, or set "
            f"{EMULATOR_VARIABLE} to a server that runs",
        )
    with running("pubsub.py", log, emulator, python=sys.executable) as url:
        yield url.removeprefix("http://")


class Topic:
    """A topic that no other test uses, with a subscription that takes what is published to it."""

    def __init__(self, word: str) -> None:
        """Make both. The emulator is found through PUBSUB_EMULATOR_HOST."""
        name = f"{word}-{uuid4().hex[:12]}"
        self.path = f"{PROJECT}/topics/{name}"
        self.subscription = f"{PROJECT}/subscriptions/{name}"
        self._publisher, self._subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        self._publisher.create_topic(name=self.path, timeout=CALL_SECONDS)
        self._subscriber.create_subscription(name=self.subscription, topic=self.path, timeout=CALL_SECONDS)

    def publish(self, payload: Mapping[str, Any] | bytes, attributes: Mapping[str, str] | None = None) -> str:
        """Publish a message and return its id."""
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        # Below the publisher's own method, which takes attributes as keywords beside its own, and publishes in batches.
        sent = pubsub_v1.types.PubsubMessage(data=data, attributes=attributes or {})
        request = pubsub_v1.types.PublishRequest(topic=self.path, messages=[sent])
        published = GapicPublisher.publish(self._publisher, request, timeout=CALL_SECONDS, retry=None)
        return str(published.message_ids[0])

    def take(self, count: int, seconds: float = 60.0) -> list[Any]:
        """Return the next messages, acknowledged: so many of them, or as many as came in time."""
        taken: list[Any] = []
        until = time.monotonic() + seconds
        while len(taken) < count and (left := until - time.monotonic()) > 0:
            try:
                found = self._subscriber.pull(
                    subscription=self.subscription,
                    max_messages=min(_AT_A_TIME, count - len(taken)),
                    timeout=left,
                    retry=None,
                ).received_messages
            except DeadlineExceeded:
                break
            if found:
                names = [received.ack_id for received in found]
                self._subscriber.acknowledge(subscription=self.subscription, ack_ids=names, timeout=CALL_SECONDS)
                taken += [received.message for received in found]
        return taken

    def events(self, count: int, seconds: float = 60.0) -> list[dict[str, Any]]:
        """Return the next messages as JSON."""
        return [json.loads(message.data) for message in self.take(count, seconds)]


@contextmanager
def streaming(build: Callable[[beam.Pipeline], Any], wake: Callable[[], Any]) -> Iterator[None]:
    """Run a streaming job in this process while the block runs.

    Args:
        build: Adds the job to a pipeline.
        wake: Publishes something to its subscription, because the runner cannot be ended while it waits for a message.
    """
    pipeline = beam.Pipeline(runner=LocalStreamRunner(), options=PipelineOptions(["--streaming"]))
    build(pipeline)
    result = pipeline.run()
    try:
        yield
    finally:
        ending = threading.Thread(target=result.cancel)
        ending.start()
        while ending.is_alive():
            wake()
            ending.join(0.2)
