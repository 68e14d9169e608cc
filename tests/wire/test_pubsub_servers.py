"""What streaming relies on in Pub/Sub, held against the embedded server and against another one, if there is one."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import apache_beam as beam
import pytest
from google.api_core.exceptions import AlreadyExists, Cancelled, GoogleAPICallError, InvalidArgument, NotFound
from google.cloud import pubsub_v1
from google.pubsub_v1 import PublisherClient, SubscriberClient, types

from demo.pubsub.server import found_by_clients, serving
from tests.wire.pubsub import Topic, other_server, streaming

CALL: dict[str, Any] = {"timeout": 20, "retry": None}
MISSING_TOPIC = "projects/the-league/topics/missing"
MISSING = "projects/the-league/subscriptions/missing"


@pytest.fixture(scope="module", params=["embedded", "other"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server, which clients find while the tests of a module run."""
    chosen = serving() if request.param == "embedded" else other_server(tmp_path_factory.mktemp("pubsub") / "log")
    with chosen as address, found_by_clients(address):
        yield address


@pytest.fixture(scope="module")
def publisher(server: str) -> PublisherClient:
    return PublisherClient(transport=pubsub_v1.PublisherClient().transport)


@pytest.fixture(scope="module")
def subscriber(server: str) -> SubscriberClient:
    return SubscriberClient(transport=pubsub_v1.SubscriberClient().transport)


@pytest.fixture
def project() -> str:
    return f"projects/p-{uuid4().hex[:20]}"


class Queue:
    """A topic and a subscription of it, in a project that no other test uses."""

    def __init__(self, publisher: PublisherClient, subscriber: SubscriberClient, project: str) -> None:
        self.topic, self.name = f"{project}/topics/requests", f"{project}/subscriptions/requests"
        self._publisher, self._subscriber = publisher, subscriber
        publisher.create_topic(name=self.topic, **CALL)
        subscriber.create_subscription(name=self.name, topic=self.topic, **CALL)

    def publish(self, *contents: bytes, **attributes: str) -> list[str]:
        messages = [types.PubsubMessage(data=content, attributes=attributes) for content in contents]
        return list(self._publisher.publish(topic=self.topic, messages=messages, **CALL).message_ids)

    def pull(self, most: int = 100, seconds: float = 20) -> list[types.ReceivedMessage]:
        request = {"subscription": self.name, "max_messages": most}
        return list(self._subscriber.pull(request, timeout=seconds, retry=None).received_messages)

    def pull_exactly(self, count: int) -> list[types.ReceivedMessage]:
        """Pull until so many messages came: one pull may return fewer than there are."""
        found: list[types.ReceivedMessage] = []
        until = time.monotonic() + 60
        while len(found) < count:
            assert time.monotonic() < until, f"{len(found)} of {count} messages came"
            found += self.pull(count - len(found))
        return found

    def is_empty(self) -> bool:
        return self.pull(seconds=2) == []

    def acknowledge(self, *received: types.ReceivedMessage) -> None:
        names = [each.ack_id for each in received]
        self._subscriber.acknowledge(subscription=self.name, ack_ids=names, **CALL)

    def extend(self, *received: types.ReceivedMessage, seconds: int) -> None:
        request = {"subscription": self.name, "ack_ids": [each.ack_id for each in received]}
        self._subscriber.modify_ack_deadline({**request, "ack_deadline_seconds": seconds}, **CALL)


@pytest.fixture
def requests(publisher: PublisherClient, subscriber: SubscriberClient, project: str) -> Queue:
    return Queue(publisher, subscriber, project)


def contents(received: list[types.ReceivedMessage]) -> list[bytes]:
    return sorted(each.message.data for each in received)


class TestTopics:
    def test_created_shown_listed_and_deleted(self, publisher: PublisherClient, project: str) -> None:
        names = [f"{project}/topics/{word}" for word in ("done", "requests", "upstream")]
        for name in names:
            assert publisher.create_topic(name=name, **CALL).name == name
        assert publisher.get_topic(topic=names[0], **CALL).name == names[0]
        for size in (0, 2):
            listed = publisher.list_topics({"project": project, "page_size": size}, **CALL)
            assert sorted(topic.name for topic in listed) == names
        publisher.delete_topic(topic=names[0], **CALL)
        assert sorted(topic.name for topic in publisher.list_topics(project=project, **CALL)) == names[1:]
        with pytest.raises(NotFound):
            publisher.get_topic(topic=names[0], **CALL)
        with pytest.raises(NotFound):
            publisher.delete_topic(topic=names[0], **CALL)

    def test_one_that_exists_is_not_created_again(self, requests: Queue, publisher: PublisherClient) -> None:
        with pytest.raises(AlreadyExists):
            publisher.create_topic(name=requests.topic, **CALL)

    @pytest.mark.parametrize("word", ["ab", "1abc", "goog-abc", "a" * 256])
    def test_a_name_that_is_none(self, publisher: PublisherClient, project: str, word: str) -> None:
        for name in (f"{project}/topics/{word}", word, f"{project}/subscriptions/abc"):
            with pytest.raises(InvalidArgument):
                publisher.create_topic(name=name, **CALL)


class TestSubscriptions:
    def test_created_shown_listed_and_deleted(
        self, requests: Queue, subscriber: SubscriberClient, publisher: PublisherClient, project: str
    ) -> None:
        names = [requests.name, f"{project}/subscriptions/second", f"{project}/subscriptions/third"]
        for name in names[1:]:
            subscriber.create_subscription(name=name, topic=requests.topic, **CALL)
        shown = subscriber.get_subscription(subscription=names[0], **CALL)
        assert (shown.name, shown.topic, shown.ack_deadline_seconds) == (names[0], requests.topic, 10)
        for size in (0, 2):
            listed = subscriber.list_subscriptions({"project": project, "page_size": size}, **CALL)
            assert sorted(subscription.name for subscription in listed) == names
            of_topic = publisher.list_topic_subscriptions({"topic": requests.topic, "page_size": size}, **CALL)
            assert sorted(of_topic) == names
        subscriber.delete_subscription(subscription=names[0], **CALL)
        remaining = subscriber.list_subscriptions(project=project, **CALL)
        assert sorted(subscription.name for subscription in remaining) == names[1:]
        for act in (subscriber.get_subscription, subscriber.delete_subscription):
            with pytest.raises(NotFound):
                act(subscription=names[0], **CALL)

    def test_one_that_exists_is_not_created_again(self, requests: Queue, subscriber: SubscriberClient) -> None:
        with pytest.raises(AlreadyExists):
            subscriber.create_subscription(name=requests.name, topic=requests.topic, **CALL)

    def test_a_topic_that_is_missing(self, subscriber: SubscriberClient, project: str) -> None:
        with pytest.raises(NotFound):
            subscriber.create_subscription(name=f"{project}/subscriptions/all", topic=f"{project}/topics/all", **CALL)

    def test_settings_of_the_deployment_are_accepted(self, requests: Queue, subscriber: SubscriberClient) -> None:
        made = subscriber.create_subscription(
            {
                "name": f"{requests.name}-2",
                "topic": requests.topic,
                "ack_deadline_seconds": 600,
                "message_retention_duration": {"seconds": 7 * 86_400},
                "expiration_policy": {},
            },
            **CALL,
        )
        assert made.ack_deadline_seconds == 600
        assert made.message_retention_duration == timedelta(days=7)

    @pytest.mark.parametrize("seconds", [-1, 601])
    def test_a_deadline_out_of_bounds(self, requests: Queue, subscriber: SubscriberClient, seconds: int) -> None:
        settings = {"name": f"{requests.name}-2", "topic": requests.topic, "ack_deadline_seconds": seconds}
        with pytest.raises(InvalidArgument):
            subscriber.create_subscription(settings, **CALL)


class TestPublish:
    def test_a_message_arrives_whole(self, requests: Queue) -> None:
        before = datetime.now(timezone.utc)
        data = bytes(range(256))
        [name] = requests.publish(data, origin="console", empty="", accents="äöü\n")
        [received] = requests.pull()
        message = received.message
        assert (message.data, message.message_id) == (data, name)
        assert dict(message.attributes) == {"origin": "console", "empty": "", "accents": "äöü\n"}
        assert abs(message.publish_time - before) < timedelta(seconds=60)

    def test_every_message_has_an_id_of_its_own(self, requests: Queue) -> None:
        names = [*requests.publish(*[b"1"] * 50), *requests.publish(*[b"1"] * 50)]
        assert len(set(names)) == 100
        assert sorted(each.message.message_id for each in requests.pull_exactly(100)) == sorted(names)

    def test_every_subscription_gets_what_is_published_after_it(
        self, requests: Queue, subscriber: SubscriberClient, project: str
    ) -> None:
        requests.publish(b"before")
        later = f"{project}/subscriptions/later"
        subscriber.create_subscription(name=later, topic=requests.topic, **CALL)
        requests.publish(b"after")
        assert contents(requests.pull_exactly(2)) == [b"after", b"before"]
        [received] = subscriber.pull(subscription=later, max_messages=10, **CALL).received_messages
        assert received.message.data == b"after"

    def test_attributes_alone_are_a_message(self, requests: Queue) -> None:
        requests.publish(b"", a="b")
        [received] = requests.pull()
        assert (received.message.data, dict(received.message.attributes)) == (b"", {"a": "b"})

    def test_large_messages_arrive(self, requests: Queue) -> None:
        requests.publish(b"a" * 4_000_000)
        [received] = requests.pull()
        assert received.message.data == b"a" * 4_000_000

    def test_what_is_rejected_is_not_published(self, requests: Queue) -> None:
        for rejected in ([], [b""], [b"1", b""], [b"1"] * 1_001):
            with pytest.raises(InvalidArgument):
                requests.publish(*rejected)
        assert requests.is_empty()

    def test_a_topic_that_is_missing(self, server: str, publisher: PublisherClient) -> None:
        with pytest.raises(NotFound):
            publisher.publish(topic=MISSING_TOPIC, messages=[types.PubsubMessage(data=b"1")], **CALL)


class TestPull:
    def test_a_pull_returns_no_more_than_its_maximum(self, requests: Queue) -> None:
        requests.publish(b"1", b"2", b"3")
        assert len(requests.pull(1)) == 1
        assert len(requests.pull_exactly(2)) == 2

    def test_it_waits_for_a_message(self, requests: Queue) -> None:
        with ThreadPoolExecutor(1) as threads:
            pulled = threads.submit(requests.pull)
            time.sleep(0.5)
            assert not pulled.done()
            requests.publish(b"1")
            assert contents(pulled.result(20)) == [b"1"]

    def test_without_messages_it_ends_before_the_deadline_of_the_call(self, requests: Queue) -> None:
        started = time.monotonic()
        assert requests.pull(seconds=3) == []
        assert time.monotonic() - started > 1

    def test_returning_immediately(self, requests: Queue, subscriber: SubscriberClient) -> None:
        request = {"subscription": requests.name, "max_messages": 10, "return_immediately": True}
        started = time.monotonic()
        with pytest.warns(DeprecationWarning, match="return_immediately"):
            assert not subscriber.pull(request, timeout=60, retry=None).received_messages
        assert time.monotonic() - started < 30

    def test_no_message_goes_to_two_callers(self, requests: Queue) -> None:
        requests.publish(*(b"%d" % n for n in range(200)))
        with ThreadPoolExecutor(8) as threads:
            parts = list(threads.map(lambda _: requests.pull_exactly(25), range(8)))
        assert Counter(each.message.data for part in parts for each in part) == Counter(b"%d" % n for n in range(200))

    def test_a_pull_needs_a_subscription_and_a_maximum(self, requests: Queue, subscriber: SubscriberClient) -> None:
        with pytest.raises(InvalidArgument):
            requests.pull(0)
        with pytest.raises(NotFound):
            subscriber.pull(subscription=MISSING, max_messages=1, **CALL)


class TestLeases:
    def test_what_is_acknowledged_does_not_come_again(self, requests: Queue) -> None:
        requests.publish(b"1", b"2")
        received = requests.pull_exactly(2)
        requests.extend(*received, seconds=2)
        requests.acknowledge(received[0])
        time.sleep(2)
        assert contents(requests.pull()) == [received[1].message.data]
        assert requests.is_empty()

    def test_what_is_not_acknowledged_comes_again_at_its_deadline_and_not_before(self, requests: Queue) -> None:
        [name] = requests.publish(b"1", a="b")
        started = time.monotonic()
        [first] = requests.pull()
        [second] = requests.pull(seconds=30)
        assert 9 < time.monotonic() - started < 25
        assert second.message.message_id == first.message.message_id == name
        assert second.message.publish_time == first.message.publish_time
        assert dict(second.message.attributes) == {"a": "b"}
        assert second.ack_id != first.ack_id

    def test_a_deadline_can_be_put_off(self, requests: Queue) -> None:
        requests.publish(b"1")
        [received] = requests.pull()
        requests.extend(received, seconds=1)
        requests.extend(received, seconds=60)
        assert requests.pull(seconds=5) == []
        requests.acknowledge(received)

    def test_a_message_that_is_given_back_comes_at_once(self, requests: Queue) -> None:
        requests.publish(b"1")
        [first] = requests.pull()
        started = time.monotonic()
        requests.extend(first, seconds=0)
        [second] = requests.pull()
        assert time.monotonic() - started < 9
        assert second.message.message_id == first.message.message_id

    def test_the_id_of_an_earlier_delivery_does_not_end_a_later_one(self, requests: Queue) -> None:
        requests.publish(b"1")
        [first] = requests.pull()
        requests.extend(first, seconds=0)
        [second] = requests.pull()
        requests.acknowledge(first)
        requests.extend(second, seconds=0)
        assert contents(requests.pull()) == [b"1"]

    def test_acknowledging_twice_is_accepted(self, requests: Queue) -> None:
        requests.publish(b"1")
        [received] = requests.pull()
        requests.acknowledge(received)
        requests.acknowledge(received)
        requests.extend(received, seconds=0)
        assert requests.is_empty()

    def test_what_is_rejected(self, requests: Queue, subscriber: SubscriberClient) -> None:
        requests.publish(b"1")
        [received] = requests.pull()
        for ack_ids in ([], ["nonsense"]):
            with pytest.raises(InvalidArgument):
                subscriber.acknowledge(subscription=requests.name, ack_ids=ack_ids, **CALL)
            request = {"subscription": requests.name, "ack_ids": ack_ids, "ack_deadline_seconds": 10}
            with pytest.raises(InvalidArgument):
                subscriber.modify_ack_deadline(request, **CALL)
        with pytest.raises(InvalidArgument):
            requests.extend(received, seconds=-1)
        with pytest.raises(NotFound):
            subscriber.acknowledge(subscription=MISSING, ack_ids=[received.ack_id], **CALL)


class TestDeletedTopic:
    def test_its_subscriptions_deliver_what_they_have_and_nothing_more(
        self, requests: Queue, publisher: PublisherClient, subscriber: SubscriberClient
    ) -> None:
        requests.publish(b"1")
        publisher.delete_topic(topic=requests.topic, **CALL)
        with pytest.raises(NotFound):
            requests.publish(b"2")
        assert subscriber.get_subscription(subscription=requests.name, **CALL).topic == "_deleted-topic_"
        publisher.create_topic(name=requests.topic, **CALL)
        requests.publish(b"3")
        assert contents(requests.pull()) == [b"1"]
        assert requests.is_empty()


class Stream:
    """A streaming pull, spoken by hand: what is put into it is sent, what it yields is received."""

    def __init__(self, subscriber: SubscriberClient, subscription: str, **first: Any) -> None:
        self._sent: queue.Queue[types.StreamingPullRequest | None] = queue.Queue()
        self.send(subscription=subscription, **(first or {"stream_ack_deadline_seconds": 10}))
        self._responses = subscriber.streaming_pull(iter(self._sent.get, None), timeout=60)
        self.received: queue.Queue[Any] = queue.Queue()
        self._thread = threading.Thread(target=self._receive, daemon=True)
        self._thread.start()

    def send(self, **request: Any) -> None:
        self._sent.put(types.StreamingPullRequest(request))

    def take(self, count: int) -> list[types.ReceivedMessage]:
        return [self.received.get(timeout=40) for _ in range(count)]

    def close(self) -> None:
        self._sent.put(None)
        self._thread.join(40)
        assert not self._thread.is_alive()

    def cancel(self) -> None:
        self._responses.cancel()
        self._thread.join(40)
        assert not self._thread.is_alive()
        self._sent.put(None)

    def _receive(self) -> None:
        try:
            for response in self._responses:
                for received in response.received_messages:
                    self.received.put(received)
        except Cancelled:
            pass
        except GoogleAPICallError as error:
            self.received.put(error)


class TestStreamingPull:
    def test_messages_come_as_they_are_published(self, requests: Queue, subscriber: SubscriberClient) -> None:
        requests.publish(b"1")
        stream = Stream(subscriber, requests.name)
        assert contents(stream.take(1)) == [b"1"]
        requests.publish(b"2", b"3")
        assert contents(stream.take(2)) == [b"2", b"3"]
        stream.close()

    def test_acknowledgements_and_deadlines_may_go_over_the_stream(
        self, requests: Queue, subscriber: SubscriberClient
    ) -> None:
        stream = Stream(subscriber, requests.name)
        requests.publish(b"1", b"2")
        first, second = stream.take(2)
        stream.send(modify_deadline_ack_ids=[first.ack_id], modify_deadline_seconds=[2])
        stream.send(ack_ids=[first.ack_id])
        stream.send(modify_deadline_ack_ids=[second.ack_id], modify_deadline_seconds=[0])
        [again] = stream.take(1)
        assert again.message.message_id == second.message.message_id
        stream.send(ack_ids=[again.ack_id])
        with pytest.raises(queue.Empty):
            stream.received.get(timeout=4)
        stream.close()

    def test_unacknowledged_messages_of_a_cancelled_stream_are_redelivered(
        self, requests: Queue, subscriber: SubscriberClient
    ) -> None:
        stream = Stream(subscriber, requests.name)
        requests.publish(b"1")
        requests.extend(*stream.take(1), seconds=3)
        stream.cancel()
        assert contents(requests.pull(seconds=90)) == [b"1"]

    def test_two_streams_share_the_messages(self, requests: Queue, subscriber: SubscriberClient) -> None:
        streams = [Stream(subscriber, requests.name) for _ in range(2)]
        for n in range(40):
            requests.publish(b"%d" % n)
        found: list[bytes] = []
        until = time.monotonic() + 40
        while len(found) < 40 and time.monotonic() < until:
            for stream in streams:
                while not stream.received.empty():
                    received = stream.received.get()
                    stream.send(ack_ids=[received.ack_id])
                    found.append(received.message.data)
            time.sleep(0.05)
        for stream in streams:
            stream.close()
        assert Counter(found) == Counter(b"%d" % n for n in range(40))

    @pytest.mark.parametrize(
        ("name", "seconds", "error"),
        [(MISSING, 10, NotFound), ("", 5, InvalidArgument), ("", 601, InvalidArgument), ("", 0, InvalidArgument)],
    )
    def test_what_is_rejected(
        self, requests: Queue, subscriber: SubscriberClient, name: str, seconds: int, error: type[Exception]
    ) -> None:
        stream = Stream(subscriber, name or requests.name, stream_ack_deadline_seconds=seconds)
        assert isinstance(stream.received.get(timeout=40), error)
        stream.close()


class TestOfficialClients:
    def test_a_subscriber_gets_every_message_once_and_returns_what_it_does_not_take(self, requests: Queue) -> None:
        received: list[bytes] = []
        refused = threading.Event()
        complete = threading.Event()

        def take(message: Any) -> None:
            if message.data == b"7" and not refused.is_set():
                refused.set()
                message.nack()
                return
            message.ack()
            received.append(message.data)
            if len(received) == 300:
                complete.set()

        with pubsub_v1.PublisherClient() as publisher, pubsub_v1.SubscriberClient() as subscriber:
            pulling = subscriber.subscribe(requests.name, take)
            futures = [publisher.publish(requests.topic, b"%d" % n, number=str(n)) for n in range(300)]
            assert len({future.result(20) for future in futures}) == 300
            assert complete.wait(60), f"{len(received)} of 300 messages came"
            pulling.cancel()
            pulling.result(20)
        assert refused.is_set()
        assert sorted(received) == sorted(b"%d" % n for n in range(300))
        assert requests.is_empty()

    def test_a_subscription_that_is_deleted_ends_its_subscriber(
        self, requests: Queue, subscriber: SubscriberClient
    ) -> None:
        with pubsub_v1.SubscriberClient() as client:
            pulling = client.subscribe(requests.name, lambda message: message.ack())
            requests.publish(b"1")
            time.sleep(1)
            subscriber.delete_subscription(subscription=requests.name, **CALL)
            with pytest.raises(NotFound):
                pulling.result(40)


def test_a_beam_pipeline_reads_and_writes_it(server: str) -> None:
    asked, answered = Topic("asked"), Topic("answered")

    def build(pipeline: beam.Pipeline) -> None:
        messages = pipeline | beam.io.ReadFromPubSub(subscription=asked.subscription, with_attributes=True)
        _ = messages | beam.io.WriteToPubSub(answered.path, with_attributes=True)

    with streaming(build, wake=lambda: asked.publish(b"wake up")):
        names = [asked.publish({"n": n}, {"number": str(n)}) for n in range(15)]
        found = answered.take(15)
    assert len(set(names)) == 15
    assert sorted(int(message.attributes["number"]) for message in found) == list(range(15))
