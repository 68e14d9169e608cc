"""Topics, subscriptions, and which message goes where."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, TypeVar

from google.api_core.exceptions import AlreadyExists, InvalidArgument, MethodNotImplemented, NotFound

from demo.pubsub.backlog import Backlog
from demo.pubsub.limits import DEFAULT_ACK_SECONDS, check_ack_seconds, check_messages, check_name

DELETED_TOPIC = "_deleted-topic_"
"""What the topic of a subscription is called once it is deleted."""
TOPIC_FIELDS = frozenset({"name", "labels"})
SUBSCRIPTION_FIELDS = frozenset(
    {"name", "topic", "labels", "ack_deadline_seconds", "message_retention_duration", "expiration_policy"}
)
"""What may be set; retention and expiration are kept and have no effect, since nothing outlives the server."""
DEFAULT_PAGE, LARGEST_PAGE = 100, 1_000

S = TypeVar("S")


@dataclass
class Subscription:
    """A subscription.

    Attributes:
        settings: The official ``Subscription`` message.
        backlog: What it has still to deliver.
    """

    settings: Any
    backlog: Backlog[Any]


@dataclass
class Broker:
    """The state of a Pub/Sub server; messages and settings are the official protocol buffers.

    The caller sees to it that no two threads use it at a time.

    Attributes:
        clock: Returns seconds that never go back; leases expire by it.
        now: Returns the time that messages are stamped with.
    """

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
    _topics: dict[str, Any] = field(default_factory=dict)
    _subscriptions: dict[str, Subscription] = field(default_factory=dict)
    _published: int = 0

    def create_topic(self, topic: Any) -> Any:
        """Create a topic and return it.

        Raises:
            AlreadyExists: There is one of this name.
            InvalidArgument: The name has another form.
            MethodNotImplemented: A setting is not supported here.
        """
        check_name(topic.name, "topics")
        _check_fields(topic, TOPIC_FIELDS)
        if topic.name in self._topics:
            raise AlreadyExists(f"the topic {topic.name} exists and is left as it is; use it, or another name")
        self._topics[topic.name] = topic
        return topic

    def topic(self, name: str) -> Any:
        """Return a topic.

        Raises:
            NotFound: There is none of this name.
            InvalidArgument: The name has another form.
        """
        check_name(name, "topics")
        if name not in self._topics:
            raise NotFound(f"there is no topic {name}: nothing can be published to it; create it first")
        return self._topics[name]

    def topics(self, project: str) -> list[Any]:
        """Return the topics of a project (``projects/PROJECT``), by name."""
        return _of_project(project, self._topics.values(), lambda topic: topic.name)

    def delete_topic(self, name: str) -> None:
        """Delete a topic; its subscriptions still deliver what was published to it.

        Raises:
            NotFound: There is none of this name.
            InvalidArgument: The name has another form.
        """
        self.topic(name)
        del self._topics[name]
        for subscription in self._subscriptions.values():
            if subscription.settings.topic == name:
                subscription.settings.topic = DELETED_TOPIC

    def create_subscription(self, settings: Any) -> Any:
        """Create a subscription, which delivers what is published from now on, and return its settings.

        Raises:
            AlreadyExists: There is one of this name.
            NotFound: There is no such topic.
            InvalidArgument: A name has another form, or the acknowledgement deadline is out of bounds.
            MethodNotImplemented: A setting is not supported here.
        """
        check_name(settings.name, "subscriptions")
        if settings.name in self._subscriptions:
            raise AlreadyExists(
                f"the subscription {settings.name} exists and is left as it is; use it, or another name"
            )
        self.topic(settings.topic)
        _check_fields(settings, SUBSCRIPTION_FIELDS)
        settings.ack_deadline_seconds = settings.ack_deadline_seconds or DEFAULT_ACK_SECONDS
        check_ack_seconds(settings.ack_deadline_seconds, what="ack_deadline_seconds")
        backlog = Backlog[Any](
            settings.name, settings.ack_deadline_seconds, self.clock, lambda message: int(message.ByteSize())
        )
        self._subscriptions[settings.name] = Subscription(settings, backlog)
        return settings

    def subscription(self, name: str) -> Subscription:
        """Return a subscription.

        Raises:
            NotFound: There is none of this name.
            InvalidArgument: The name has another form.
        """
        check_name(name, "subscriptions")
        if name not in self._subscriptions:
            raise NotFound(f"there is no subscription {name}: nothing can be received from it; create it first")
        return self._subscriptions[name]

    def subscriptions(self, project: str) -> list[Any]:
        """Return the settings of the subscriptions of a project (``projects/PROJECT``), by name."""
        found = (subscription.settings for subscription in self._subscriptions.values())
        return _of_project(project, found, lambda settings: settings.name)

    def subscriptions_of(self, topic: str) -> list[str]:
        """Return the names of the subscriptions of a topic.

        Raises:
            NotFound: There is no such topic.
            InvalidArgument: The name has another form.
        """
        self.topic(topic)
        found = (subscription.settings for subscription in self._subscriptions.values())
        return sorted(settings.name for settings in found if settings.topic == topic)

    def delete_subscription(self, name: str) -> None:
        """Delete a subscription and what it has not delivered.

        Raises:
            NotFound: There is none of this name.
            InvalidArgument: The name has another form.
        """
        self.subscription(name)
        del self._subscriptions[name]

    def publish(self, request: Any) -> list[str]:
        """Give messages to every subscription of a topic and return their ids, in their order.

        Args:
            request: The official ``PublishRequest``.

        Raises:
            NotFound: There is no such topic.
            InvalidArgument: A limit of the service is broken; then nothing is published.
        """
        self.topic(request.topic)
        check_messages(request.messages, request.ByteSize())
        backlogs = [each.backlog for each in self._subscriptions.values() if each.settings.topic == request.topic]
        published = self.now()
        names = []
        for message in request.messages:
            self._published += 1
            message.message_id = str(self._published)
            message.publish_time.FromDatetime(published)
            names.append(message.message_id)
            for backlog in backlogs:
                backlog.add(message)
        return names


def page(items: list[S], name: Callable[[S], str], size: int, token: str) -> tuple[list[S], str]:
    """Return a page of items, and the token of the next page, empty on the last one.

    Args:
        items: All of them, by name.
        name: Returns the name of an item.
        size: The most that a page has; 0 for 100.
        token: The name of the first item of the page; empty for the first page.

    Raises:
        InvalidArgument: The size is negative.
    """
    if size < 0:
        raise InvalidArgument(f"page_size is {size}: no page has fewer than one item; use 1 to {LARGEST_PAGE}")
    rest = [item for item in items if name(item) >= token]
    most = min(size or DEFAULT_PAGE, LARGEST_PAGE)
    return rest[:most], name(rest[most]) if len(rest) > most else ""


def _of_project(project: str, items: Iterable[S], name: Callable[[S], str]) -> list[S]:
    return sorted((item for item in items if name(item).startswith(f"{project}/")), key=name)


def _check_fields(settings: Any, supported: frozenset[str]) -> None:
    refused = sorted(field.name for field, value in settings.ListFields() if field.name not in supported)
    if "push_config" in refused and not settings.push_config.ListFields():
        # An empty one asks for pull delivery.
        refused.remove("push_config")
    if refused:
        raise MethodNotImplemented(
            f"{settings.name} sets {', '.join(refused)}: the embedded server would ignore that; leave it out, or set "
            "PUBSUB_EMULATOR_HOST to Google's emulator"
        )
