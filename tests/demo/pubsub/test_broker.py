from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from google.api_core.exceptions import AlreadyExists, InvalidArgument, MethodNotImplemented, NotFound
from google.pubsub_v1 import types

from demo.pubsub.broker import DELETED_TOPIC, Broker, page

NOON = datetime(2026, 2, 3, 12, tzinfo=timezone.utc)
TOPIC, SUBSCRIPTION = "projects/p/topics/requests", "projects/p/subscriptions/requests"
Topic, Settings = types.Topic.pb(), types.Subscription.pb()
Message, Publish = types.PubsubMessage.pb(), types.PublishRequest.pb()


@pytest.fixture
def broker() -> Broker:
    made = Broker(clock=lambda: 0.0, now=lambda: NOON)
    made.create_topic(Topic(name=TOPIC, labels={"team": "data"}))
    return made


def subscribe(broker: Broker, name: str = SUBSCRIPTION, **settings: Any) -> Any:
    return broker.create_subscription(Settings(name=name, **{"topic": TOPIC, **settings}))


def publish(broker: Broker, *contents: bytes, topic: str = TOPIC) -> list[str]:
    return broker.publish(Publish(topic=topic, messages=[Message(data=content) for content in contents]))


def waiting(broker: Broker, name: str = SUBSCRIPTION) -> list[bytes]:
    return [delivery.message.data for delivery in broker.subscription(name).backlog.lease(100)]


class TestTopics:
    def test_one_is_kept_as_it_was_created(self, broker: Broker) -> None:
        assert broker.topic(TOPIC) == Topic(name=TOPIC, labels={"team": "data"})

    def test_a_second_one_of_the_name_is_rejected_and_the_first_one_stays(self, broker: Broker) -> None:
        with pytest.raises(AlreadyExists, match=f"the topic {TOPIC} exists"):
            broker.create_topic(Topic(name=TOPIC))
        assert broker.topic(TOPIC).labels == {"team": "data"}

    def test_those_of_a_project_are_listed_by_name(self, broker: Broker) -> None:
        for name in ("projects/p/topics/done", "projects/pp/topics/other"):
            broker.create_topic(Topic(name=name))
        assert [topic.name for topic in broker.topics("projects/p")] == ["projects/p/topics/done", TOPIC]

    @pytest.mark.parametrize("act", ["topic", "delete_topic", "subscriptions_of"])
    def test_one_that_is_not_there(self, broker: Broker, act: str) -> None:
        with pytest.raises(NotFound, match=r"there is no topic projects/p/topics/missing: .*; create it first"):
            getattr(broker, act)("projects/p/topics/missing")
        with pytest.raises(InvalidArgument):
            getattr(broker, act)("missing")

    def test_a_setting_that_would_be_ignored_is_refused(self, broker: Broker) -> None:
        with pytest.raises(MethodNotImplemented, match=r"sets kms_key_name: .*would ignore that; leave it out"):
            broker.create_topic(Topic(name="projects/p/topics/secret", kms_key_name="k"))


class TestSubscriptions:
    def test_each_one_delivers_what_is_published_after_it(self, broker: Broker) -> None:
        other = "projects/other/subscriptions/copy"
        publish(broker, b"before")
        subscribe(broker)
        publish(broker, b"between")
        subscribe(broker, other)
        publish(broker, b"after")
        assert (waiting(broker), waiting(broker, other)) == ([b"between", b"after"], [b"after"])

    def test_one_delivers_nothing_of_another_topic(self, broker: Broker) -> None:
        broker.create_topic(Topic(name="projects/p/topics/done"))
        subscribe(broker)
        publish(broker, b"other", topic="projects/p/topics/done")
        assert waiting(broker) == []

    @pytest.mark.parametrize(("asked", "given"), [(0, 10), (10, 10), (600, 600)])
    def test_the_acknowledgement_deadline(self, broker: Broker, asked: int, given: int) -> None:
        assert subscribe(broker, ack_deadline_seconds=asked).ack_deadline_seconds == given
        publish(broker, b"1")
        assert waiting(broker) == [b"1"]
        assert broker.subscription(SUBSCRIPTION).backlog.next_expiry() == given

    @pytest.mark.parametrize("seconds", [-1, 9, 601])
    def test_a_deadline_out_of_bounds_is_rejected(self, broker: Broker, seconds: int) -> None:
        with pytest.raises(InvalidArgument, match=f"ack_deadline_seconds is {seconds} s"):
            subscribe(broker, ack_deadline_seconds=seconds)
        with pytest.raises(NotFound):
            broker.subscription(SUBSCRIPTION)

    def test_retention_and_expiration_are_kept(self, broker: Broker) -> None:
        subscribe(broker, message_retention_duration={"seconds": 604_800}, expiration_policy={}, labels={"a": "b"})
        found = broker.subscription(SUBSCRIPTION).settings
        assert (found.message_retention_duration.seconds, found.labels) == (604_800, {"a": "b"})

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("enable_message_ordering", True),
            ("enable_exactly_once_delivery", True),
            ("filter", "attributes:a"),
            ("push_config", {"push_endpoint": "https://example.com"}),
            ("dead_letter_policy", {"max_delivery_attempts": 5}),
            ("retry_policy", {}),
        ],
    )
    def test_a_setting_that_would_be_ignored_is_refused(self, broker: Broker, setting: str, value: Any) -> None:
        with pytest.raises(MethodNotImplemented, match=f"{SUBSCRIPTION} sets {setting}: "):
            subscribe(broker, **{setting: value})
        with pytest.raises(NotFound):
            broker.subscription(SUBSCRIPTION)

    def test_an_empty_push_configuration_means_pull(self, broker: Broker) -> None:
        assert subscribe(broker, push_config={}).topic == TOPIC

    def test_a_topic_that_is_missing(self, broker: Broker) -> None:
        with pytest.raises(NotFound, match="there is no topic projects/p/topics/missing"):
            subscribe(broker, topic="projects/p/topics/missing")

    def test_a_second_one_of_the_name_is_rejected_and_the_first_one_stays(self, broker: Broker) -> None:
        subscribe(broker)
        publish(broker, b"1")
        with pytest.raises(AlreadyExists):
            subscribe(broker)
        assert waiting(broker) == [b"1"]

    def test_one_that_is_deleted_is_gone_with_its_messages(self, broker: Broker) -> None:
        subscribe(broker)
        publish(broker, b"1")
        broker.delete_subscription(SUBSCRIPTION)
        for act in (broker.subscription, broker.delete_subscription):
            with pytest.raises(NotFound, match=f"there is no subscription {SUBSCRIPTION}"):
                act(SUBSCRIPTION)
        subscribe(broker)
        assert waiting(broker) == []

    def test_lists(self, broker: Broker) -> None:
        for name in (
            "projects/p/subscriptions/two",
            "projects/p/subscriptions/one",
            "projects/other/subscriptions/all",
        ):
            subscribe(broker, name)
        names = [settings.name for settings in broker.subscriptions("projects/p")]
        assert names == ["projects/p/subscriptions/one", "projects/p/subscriptions/two"]
        assert broker.subscriptions_of(TOPIC) == ["projects/other/subscriptions/all", *names]


class TestDeletedTopic:
    def test_its_subscriptions_deliver_what_they_have_and_nothing_more(self, broker: Broker) -> None:
        subscribe(broker)
        publish(broker, b"1")
        broker.delete_topic(TOPIC)
        with pytest.raises(NotFound):
            publish(broker, b"2")
        broker.create_topic(Topic(name=TOPIC))
        publish(broker, b"3")
        assert broker.subscription(SUBSCRIPTION).settings.topic == DELETED_TOPIC
        assert broker.subscriptions_of(TOPIC) == []
        assert waiting(broker) == [b"1"]


class TestPublish:
    def test_messages_are_numbered_and_stamped(self, broker: Broker) -> None:
        subscribe(broker)
        names = publish(broker, b"1", b"2")
        found = [delivery.message for delivery in broker.subscription(SUBSCRIPTION).backlog.lease(100)]
        assert [(message.message_id, message.data) for message in found] == list(zip(names, (b"1", b"2"), strict=True))
        assert {message.publish_time.ToDatetime(tzinfo=timezone.utc) for message in found} == {NOON}
        assert not set(names) & set(publish(broker, b"3"))

    def test_all_messages_are_published_or_none(self, broker: Broker) -> None:
        subscribe(broker)
        with pytest.raises(InvalidArgument):
            publish(broker, b"1", b"")
        assert waiting(broker) == []


class TestPages:
    NAMES = (*"abcde",)

    def test_they_hold_every_item_once(self) -> None:
        found, token = [], ""
        while True:
            items, token = page(list(self.NAMES), str, 2, token)
            found.append(items)
            if not token:
                break
        assert found == [["a", "b"], ["c", "d"], ["e"]]

    def test_a_page_has_100_items_unless_another_size_is_given(self) -> None:
        names = [f"{n:04}" for n in range(2_000)]
        assert [len(page(names, str, size, "")[0]) for size in (0, 7, 5_000)] == [100, 7, 1_000]

    def test_a_size_below_zero_is_rejected(self) -> None:
        with pytest.raises(InvalidArgument, match="page_size is -1"):
            page(list(self.NAMES), str, -1, "")
