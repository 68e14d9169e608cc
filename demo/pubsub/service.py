"""The remote procedures of Pub/Sub, ``google.pubsub.v1.Publisher`` and ``Subscriber``, over a broker."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument, MethodNotImplemented
from google.protobuf.empty_pb2 import Empty
from google.pubsub_v1 import types

from demo.pubsub.backlog import Delivery
from demo.pubsub.broker import Broker, page
from demo.pubsub.limits import check_ack_seconds

LONGEST_PULL_SECONDS = 60.0
"""After so long, a pull without messages is answered with none."""
MAX_PULL_MESSAGES = 1_000
MAX_PULL_BYTES = 4_000_000
"""Of several messages: the channels that clients make to an emulator accept 4 MiB at a time."""
_ANSWER_SECONDS = 1.0
"""A pull is answered so long before its caller gives up, if there is time."""

PUBLISHER, SUBSCRIBER = "google.pubsub.v1.Publisher", "google.pubsub.v1.Subscriber"
UNSUPPORTED = {
    PUBLISHER: ("UpdateTopic", "ListTopicSnapshots", "DetachSubscription"),
    SUBSCRIBER: (
        "UpdateSubscription",
        "ModifyPushConfig",
        "GetSnapshot",
        "ListSnapshots",
        "CreateSnapshot",
        "UpdateSnapshot",
        "DeleteSnapshot",
        "Seek",
    ),
}


class PubSubService:
    """Serves calls on many threads; one lock guards the broker, and waiting calls wake up when it changes."""

    def __init__(self, broker: Broker) -> None:
        """Serve a broker, which nothing else uses from now on."""
        self._broker = broker
        self._changed = threading.Condition()
        self._closing = False

    def handlers(self) -> list[Any]:
        """Return what answers the calls, for a gRPC server."""
        publisher = {
            "CreateTopic": _unary(types.Topic, self._locked(self._broker.create_topic)),
            "GetTopic": _unary(types.GetTopicRequest, self._locked(lambda request: self._broker.topic(request.topic))),
            "ListTopics": _unary(types.ListTopicsRequest, self._locked(self._list_topics)),
            "ListTopicSubscriptions": _unary(
                types.ListTopicSubscriptionsRequest, self._locked(self._list_topic_subscriptions)
            ),
            "DeleteTopic": _unary(
                types.DeleteTopicRequest, self._locked(lambda request: self._broker.delete_topic(request.topic))
            ),
            "Publish": _unary(types.PublishRequest, self._locked(self._publish)),
        }
        subscriber = {
            "CreateSubscription": _unary(types.Subscription, self._locked(self._broker.create_subscription)),
            "GetSubscription": _unary(
                types.GetSubscriptionRequest,
                self._locked(lambda request: self._broker.subscription(request.subscription).settings),
            ),
            "ListSubscriptions": _unary(types.ListSubscriptionsRequest, self._locked(self._list_subscriptions)),
            "DeleteSubscription": _unary(
                types.DeleteSubscriptionRequest,
                self._locked(lambda request: self._broker.delete_subscription(request.subscription)),
            ),
            "Acknowledge": _unary(types.AcknowledgeRequest, self._locked(self._acknowledge)),
            "ModifyAckDeadline": _unary(types.ModifyAckDeadlineRequest, self._locked(self._modify_ack_deadline)),
            "Pull": _unary(types.PullRequest, self._pull),
            "StreamingPull": grpc.stream_stream_rpc_method_handler(
                self._streaming_pull, types.StreamingPullRequest.pb().FromString, _serialized
            ),
        }
        served = {PUBLISHER: publisher, SUBSCRIBER: subscriber}
        for service, methods in served.items():
            methods.update({name: _refused(name) for name in UNSUPPORTED[service]})
        return [grpc.method_handlers_generic_handler(service, methods) for service, methods in served.items()]

    def close(self) -> None:
        """End the calls that wait for messages."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()

    def _locked(self, act: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
        def answer(request: Any, context: Any) -> Any:
            with _errors_of(context), self._changed:
                answered = act(request)
                self._changed.notify_all()
                return Empty() if answered is None else answered

        return answer

    def _publish(self, request: Any) -> Any:
        return types.PublishResponse.pb()(message_ids=self._broker.publish(request))

    def _list_topics(self, request: Any) -> Any:
        topics = self._broker.topics(request.project)
        found, following = page(topics, lambda topic: str(topic.name), request.page_size, request.page_token)
        return types.ListTopicsResponse.pb()(topics=found, next_page_token=following)

    def _list_topic_subscriptions(self, request: Any) -> Any:
        names = self._broker.subscriptions_of(request.topic)
        found, following = page(names, str, request.page_size, request.page_token)
        return types.ListTopicSubscriptionsResponse.pb()(subscriptions=found, next_page_token=following)

    def _list_subscriptions(self, request: Any) -> Any:
        all_settings = self._broker.subscriptions(request.project)
        found, following = page(
            all_settings, lambda settings: str(settings.name), request.page_size, request.page_token
        )
        return types.ListSubscriptionsResponse.pb()(subscriptions=found, next_page_token=following)

    def _acknowledge(self, request: Any) -> None:
        backlog = self._broker.subscription(request.subscription).backlog
        _check_ack_ids(request.ack_ids)
        backlog.acknowledge(request.ack_ids)

    def _modify_ack_deadline(self, request: Any) -> None:
        backlog = self._broker.subscription(request.subscription).backlog
        _check_ack_ids(request.ack_ids)
        check_ack_seconds(request.ack_deadline_seconds, what="ack_deadline_seconds", least=0)
        backlog.extend(request.ack_ids, request.ack_deadline_seconds)

    def _pull(self, request: Any, context: Any) -> Any:
        context.add_callback(self._wake)
        with _errors_of(context), self._changed:
            if request.max_messages <= 0:
                raise InvalidArgument(
                    f"max_messages is {request.max_messages}: nothing could be received; use at least 1"
                )
            until = self._broker.clock() + (0.0 if request.return_immediately else _patience(context))
            most = min(request.max_messages, MAX_PULL_MESSAGES)
            while True:
                backlog = self._broker.subscription(request.subscription).backlog
                # What is leased to a caller who has left comes back only when the lease expires.
                gone = self._closing or not context.is_active()
                found = [] if gone else backlog.lease(most, max_bytes=MAX_PULL_BYTES)
                if found or gone or self._broker.clock() >= until:
                    return types.PullResponse.pb()(received_messages=_received(found))
                self._wait(until, backlog.next_expiry())

    def _streaming_pull(self, requests: Iterator[Any], context: Any) -> Iterator[Any]:
        context.add_callback(self._wake)
        with _errors_of(context):
            first = next(requests, None)
            if first is None:
                return
            stream = _Stream(self._broker, first, self._changed)
            reader = threading.Thread(target=stream.read, args=(requests,), daemon=True)
            reader.start()
            while True:
                with self._changed:
                    while not (found := stream.lease()) and stream.is_open and not self._closing:
                        if not context.is_active():
                            return
                        self._wait(None, stream.next_expiry())
                    if stream.error is not None:
                        raise stream.error
                if not found:
                    return
                yield types.StreamingPullResponse.pb()(received_messages=_received(found))

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _wait(self, *times: float | None) -> None:
        known = [time for time in times if time is not None]
        self._changed.wait(max(0.0, min(known) - self._broker.clock()) if known else None)


class _Stream:
    """One streaming pull: what its caller holds, and what it sends meanwhile. All but :meth:`read` need the lock."""

    def __init__(self, broker: Broker, first: Any, changed: threading.Condition) -> None:
        self._broker = broker
        self._changed = changed
        self._subscription = first.subscription
        self._most = first.max_outstanding_messages
        self._most_bytes = first.max_outstanding_bytes
        self._held: dict[str, int] = {}
        self.is_open = True
        self.error: Exception | None = None
        with changed:
            broker.subscription(first.subscription)
            check_ack_seconds(first.stream_ack_deadline_seconds, what="stream_ack_deadline_seconds")
            self._seconds = first.stream_ack_deadline_seconds
            self._apply(first)

    def read(self, requests: Iterable[Any]) -> None:
        """Apply what the caller sends, until it has sent everything or has left."""
        try:
            for request in requests:
                with self._changed:
                    self._apply(request)
                    self._changed.notify_all()
        except GoogleAPICallError as error:
            self.error = error
        except Exception:
            # The caller has left, which gRPC reports as a bare Exception.
            pass
        finally:
            with self._changed:
                self.is_open = False
                self._changed.notify_all()

    def lease(self) -> list[Delivery[Any]]:
        """Return the next messages that the caller has room for."""
        if not self.is_open:
            return []
        backlog = self._broker.subscription(self._subscription).backlog
        self._held = {ack_id: size for ack_id, size in self._held.items() if backlog.is_leased(ack_id)}
        most, most_bytes = MAX_PULL_MESSAGES, MAX_PULL_BYTES
        if self._most > 0:
            most = min(most, self._most - len(self._held))
        if self._most_bytes > 0:
            most_bytes = min(most_bytes, self._most_bytes - sum(self._held.values()))
        if most <= 0 or most_bytes <= 0:
            return []
        found = backlog.lease(most, max_bytes=most_bytes, at_least_one=not self._held, seconds=self._seconds)
        self._held.update({delivery.ack_id: delivery.message.ByteSize() for delivery in found})
        return found

    def next_expiry(self) -> float | None:
        """Return when the next lease of the subscription expires; None without leases."""
        return self._broker.subscription(self._subscription).backlog.next_expiry()

    def _apply(self, request: Any) -> None:
        backlog = self._broker.subscription(self._subscription).backlog
        if request.stream_ack_deadline_seconds:
            check_ack_seconds(request.stream_ack_deadline_seconds, what="stream_ack_deadline_seconds")
            self._seconds = request.stream_ack_deadline_seconds
        if len(request.modify_deadline_ack_ids) != len(request.modify_deadline_seconds):
            raise InvalidArgument(
                f"{len(request.modify_deadline_ack_ids)} modify_deadline_ack_ids have "
                f"{len(request.modify_deadline_seconds)} modify_deadline_seconds: they cannot be paired; "
                "send as many of one as of the other"
            )
        backlog.acknowledge(request.ack_ids)
        for ack_id, seconds in zip(request.modify_deadline_ack_ids, request.modify_deadline_seconds, strict=True):
            check_ack_seconds(seconds, what="modify_deadline_seconds", least=0)
            backlog.extend([ack_id], seconds)


def _unary(request_type: Any, answer: Callable[[Any, Any], Any]) -> Any:
    return grpc.unary_unary_rpc_method_handler(answer, request_type.pb().FromString, _serialized)


def _refused(name: str) -> Any:
    def answer(_request: bytes, context: Any) -> None:
        with _errors_of(context):
            raise MethodNotImplemented(
                f"{name} is not supported by the embedded server, so nothing was done; "
                "set PUBSUB_EMULATOR_HOST to Google's emulator"
            )

    return grpc.unary_unary_rpc_method_handler(answer)


def _serialized(message: Any) -> bytes:
    content: bytes = message.SerializeToString()
    return content


@contextmanager
def _errors_of(context: Any) -> Iterator[None]:
    """End a call with the status of an error that the broker raises."""
    try:
        yield
    except GoogleAPICallError as error:
        context.abort(error.grpc_status_code, error.message)


def _check_ack_ids(ack_ids: Any) -> None:
    if not ack_ids:
        raise InvalidArgument("the request has no ack_ids: no message would be found; add those of received messages")


def _patience(context: Any) -> float:
    left = context.time_remaining()
    if left is None:
        return LONGEST_PULL_SECONDS
    return float(min(LONGEST_PULL_SECONDS, max(left - _ANSWER_SECONDS, left / 2)))


def _received(deliveries: list[Delivery[Any]]) -> list[Any]:
    received = types.ReceivedMessage.pb()
    return [received(ack_id=delivery.ack_id, message=delivery.message) for delivery in deliveries]
