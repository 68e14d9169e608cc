from __future__ import annotations

import re

import pytest
from google.api_core.exceptions import InvalidArgument
from google.pubsub_v1 import types

from demo.pubsub.limits import (
    MAX_ATTRIBUTES,
    MAX_KEY_BYTES,
    MAX_PUBLISH_BYTES,
    MAX_PUBLISH_MESSAGES,
    MAX_VALUE_BYTES,
    check_ack_seconds,
    check_messages,
    check_name,
)

Message = types.PubsubMessage.pb()
ONE = Message(data=b"1")


class TestNames:
    @pytest.mark.parametrize("word", ["abc", "A-_.~+%9", "a" * 255, "good"])
    def test_accepted(self, word: str) -> None:
        check_name(f"projects/the-league/topics/{word}", "topics")

    @pytest.mark.parametrize("word", ["ab", "1ab", "-ab", "a" * 256, "goog-ab", "a b", "ab/c", "äbc", "abc\n", ""])
    def test_rejected(self, word: str) -> None:
        name = f"projects/the-league/topics/{word}"
        with pytest.raises(InvalidArgument) as error:
            check_name(name, "topics")
        assert error.value.message.startswith(f"the name {name!r} can be no resource: write projects/PROJECT/topics/ID")

    @pytest.mark.parametrize(
        "name", ["", "abc", "topics/abc", "projects/p/subscriptions/abc", "/projects/p/topics/abc"]
    )
    def test_a_name_of_another_kind_is_rejected(self, name: str) -> None:
        with pytest.raises(InvalidArgument):
            check_name(name, "topics")


class TestAckSeconds:
    @pytest.mark.parametrize(("seconds", "least"), [(10, 10), (600, 10), (0, 0)])
    def test_accepted(self, seconds: int, least: int) -> None:
        check_ack_seconds(seconds, what="seconds", least=least)

    @pytest.mark.parametrize(("seconds", "least"), [(9, 10), (601, 10), (-1, 0), (601, 0)])
    def test_rejected(self, seconds: int, least: int) -> None:
        with pytest.raises(InvalidArgument, match=f"seconds is {seconds} s: .*; use {least} to 600"):
            check_ack_seconds(seconds, what="seconds", least=least)


class TestMessages:
    @pytest.mark.parametrize(
        "message",
        [
            ONE,
            Message(attributes={"a": ""}),
            Message(attributes={"a" * MAX_KEY_BYTES: "b" * MAX_VALUE_BYTES}),
            Message(attributes={str(n): "b" for n in range(MAX_ATTRIBUTES)}),
            Message(data=b"1", ordering_key="k"),
        ],
    )
    def test_accepted(self, message: object) -> None:
        check_messages([message], 1)

    @pytest.mark.parametrize(
        ("message", "reason"),
        [
            (Message(), "a message has neither data nor attributes: it would say nothing; give it one of them"),
            (Message(attributes={"": "b"}), "the attribute key '' is not accepted by the service"),
            (Message(attributes={"goog-a": "b"}), "the attribute key 'goog-a' is not accepted by the service"),
            (
                Message(attributes={"ä" * (MAX_KEY_BYTES // 2 + 1): "b"}),
                "is not accepted by the service: use 1 to 256 bytes that do not start with 'goog'",
            ),
            (Message(attributes={"a": "ä" * 513}), "the attribute 'a' has 1026 bytes, more than the service takes"),
            (
                Message(attributes={str(n): "b" for n in range(MAX_ATTRIBUTES + 1)}),
                "a message has 101 attributes, more than it may; use at most 100",
            ),
        ],
    )
    def test_rejected(self, message: object, reason: str) -> None:
        with pytest.raises(InvalidArgument, match=re.escape(reason)):
            check_messages([ONE, message], 1)

    def test_a_request_has_messages(self) -> None:
        with pytest.raises(InvalidArgument, match="has no messages"):
            check_messages([], 0)

    def test_a_request_has_no_more_messages_than_the_service_takes(self) -> None:
        check_messages([ONE] * MAX_PUBLISH_MESSAGES, 1)
        with pytest.raises(InvalidArgument, match=r"has 1001 messages, .*; split it into requests of at most 1000"):
            check_messages([ONE] * (MAX_PUBLISH_MESSAGES + 1), 1)

    def test_a_request_is_no_larger_than_the_service_takes(self) -> None:
        check_messages([ONE], MAX_PUBLISH_BYTES)
        with pytest.raises(InvalidArgument, match=r"has 10,000,001 bytes, .*; send at most 10,000,000"):
            check_messages([ONE], MAX_PUBLISH_BYTES + 1)
