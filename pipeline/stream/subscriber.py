"""The streaming job in this process without a runner: a message is acknowledged once its event is published.

Beam's local runner acknowledges a message when it has received it. What it holds when it is killed is gone. Here
Pub/Sub delivers it to the next process, and the ledger tells what became of it: each message ends in one event, however
often the process is killed.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timezone
from types import FrameType
from typing import Any, Protocol

import grpc
from google.cloud.pubsub_v1 import PublisherClient, SubscriberClient
from google.cloud.pubsub_v1.types import FlowControl
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

from pipeline.stream.answering import LaneAnswers, Output
from pipeline.stream.lanes import Lane, lane_of
from pipeline.stream.ledger import message_stem, stem_of
from pipeline.stream.messages import Asked, Message
from pipeline.stream.reading import MessageReader
from pipeline.stream.watching.followed import LaunchedJobs
from pipeline.stream.watching.games import LeagueWatch, Watch
from pipeline.stream.watching.status import StatusKeeper

LOG = logging.getLogger(__name__)

EMULATOR_VARIABLE = "PUBSUB_EMULATOR_HOST"
_FLOW = FlowControl(max_messages=1000, max_bytes=256 * 1024 * 1024, max_lease_duration=24 * 3600)
"""Messages are held, and their leases extended, for as long as their requests wait."""
_PUBLISH_SECONDS = 60.0
_SHORTEST_WAIT, _LONGEST_WAIT = 0.01, 1.0
"""Seconds for which the loop waits for a message before it looks at lanes, the watch and signals again."""


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


class Received(Protocol):
    """A message of Pub/Sub, as its client hands it over."""

    data: bytes
    attributes: Mapping[str, str]
    message_id: str
    publish_time: Any

    def ack(self) -> None:
        """Acknowledge it."""

    def nack(self) -> None:
        """Have it delivered again at once."""


@dataclass
class SubscriberLoop:
    """Answers messages, one after the other, fair between lanes.

    Attributes:
        reader: Reads messages.
        answers: Answers the requests of lanes.
        publish: Publishes an output; returns once it is published.
        watch: Finds what is due without being asked, and keeps the status fresh; None does neither.
        quiet_seconds: Seconds for which equal requests are merged.
        launched: Follows the batch jobs that were launched; None where there are none.
    """

    reader: MessageReader
    answers: LaneAnswers
    publish: Callable[[Output], None]
    watch: Watch | LeagueWatch | None
    quiet_seconds: float
    launched: LaunchedJobs | None = None
    _arrived: queue.SimpleQueue[Received] = field(default_factory=queue.SimpleQueue)
    _lanes: dict[str, Lane] = field(default_factory=dict)
    _held: dict[str, Received] = field(default_factory=dict)
    _looked_at: float = float("-inf")
    _status: StatusKeeper | None = None

    def take(self, message: Received) -> None:
        """Take a message; may be called by any thread."""
        self._arrived.put(message)

    def run(self, is_ended: Callable[[], bool]) -> None:
        """Answer messages until it is ended; then what is held goes back to Pub/Sub.

        Raises:
            Exception: An event cannot be published. Its message is not acknowledged.
        """
        try:
            while not is_ended():
                self.step(_LONGEST_WAIT)
        finally:
            self._give_back()

    def step(self, most_seconds: float) -> None:
        """Take what has arrived, look at the schedule when it is time, and answer one request.

        Args:
            most_seconds: Seconds to wait for a message when there is nothing to do.
        """
        self._receive(most_seconds)
        self._look()
        self._answer()
        self.answers.ledger.prune()

    def _receive(self, most_seconds: float) -> None:
        now = self.answers.answerer.clock()
        wake = min((when for lane in self._lanes.values() if (when := lane.wake_at(now)) is not None), default=None)
        seconds = most_seconds if wake is None else min(max(wake - now, _SHORTEST_WAIT), most_seconds)
        try:
            self._read(self._arrived.get(timeout=seconds))
            while True:
                self._read(self._arrived.get_nowait())
        except queue.Empty:
            return

    def _read(self, message: Received) -> None:
        received = Message(
            message.data, dict(message.attributes), message.message_id, message.publish_time.astimezone(timezone.utc)
        )
        stem = message_stem(received.message_id, received.published)
        if stem in self._held:
            # Delivered again while its request waits: the newer lease is the one that can be acknowledged.
            self._held[stem] = message
            return
        found = self.reader.read(received)
        if isinstance(found, Asked):
            self._held[stem] = message
            self._lane(lane_of(found.request)).add(found)
            return
        if found is not None:
            self._publish(found)
        message.ack()

    def _look(self) -> None:
        now = time.monotonic()
        if self.watch is None:
            return
        if self._status is None:
            self._status = StatusKeeper(self.watch.tell)
        self._status.keep()
        if not self.watch.seconds or now - self._looked_at < self.watch.seconds:
            return
        self._looked_at = now
        for output in () if self.launched is None else self.launched.look():
            self._publish(output)
        for asked in self.watch.requests() or ():
            self._lane(lane_of(asked.request)).add(asked)

    def _answer(self) -> None:
        now = self.answers.answerer.clock()
        due = [name for name, lane in self._lanes.items() if (when := lane.wake_at(now)) is not None and when <= now]
        if not due:
            return
        name = next((name for name in due if self._lanes[name].has_live), due[0])
        # To the end of the line: every other lane has its turn before this one has another.
        lane = self._lanes.pop(name)
        waiting = set(map(stem_of, lane.requests()))
        for output in self.answers.take_turn(lane):
            self._publish(output)
        lane.take_changes()
        for stem in waiting - set(map(stem_of, lane.requests())):
            if (message := self._held.pop(stem, None)) is not None:
                message.ack()
        if lane.size:
            self._lanes[name] = lane

    def _publish(self, output: Output) -> None:
        self.publish(output)
        if output.stem:
            self.answers.ledger.publish(output.stem)

    def _lane(self, name: str) -> Lane:
        return self._lanes.setdefault(name, Lane(self.quiet_seconds))

    def _give_back(self) -> None:
        """Let Pub/Sub deliver what is held to the next process at once."""
        for message in self._held.values():
            message.nack()
        while True:
            try:
                self._arrived.get_nowait().nack()
            except queue.Empty:
                return


def answer_messages(
    loop: SubscriberLoop, subscriptions: Sequence[str], *, client: Callable[[], Any] = UnlimitedSubscriber
) -> None:
    """Answer the messages of subscriptions until SIGINT or SIGTERM; a request in progress is finished.

    Raises:
        Exception: A subscription cannot be read, or an event cannot be published.
    """
    ended: list[bool] = []

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.append(True)

    with ExitStack() as leaving:
        leaving.enter_context(_handling(end))
        subscriber = leaving.enter_context(client())
        streams = [subscriber.subscribe(name, loop.take, flow_control=_FLOW) for name in subscriptions]
        try:
            loop.run(lambda: bool(ended) or any(stream.done() for stream in streams))
            LOG.info("ending: what is not answered is delivered again")
        finally:
            for stream in streams:
                stream.cancel()
        for stream in streams:
            # Raises what ended it, unless that was the signal.
            if stream.exception(timeout=_PUBLISH_SECONDS) is not None and not ended:
                stream.result()


def publisher(event_topic: str, letter_topic: str, client: Any = None) -> Callable[[Output], None]:
    """Return what publishes the outputs of the loop.

    Args:
        event_topic: Where events go; empty for nowhere.
        letter_topic: Where dead letters go.
        client: The client of Pub/Sub; one is made when it is None.
    """
    client = PublisherClient() if client is None else client

    def publish(output: Output) -> None:
        due = [(letter_topic, output.letter), (event_topic, output.event)]
        sent = [
            client.publish(topic, message.data, **message.attributes)
            for topic, message in due
            if topic and message is not None
        ]
        for each in sent:
            each.result(_PUBLISH_SECONDS)

    return publish


@contextmanager
def _handling(end: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
