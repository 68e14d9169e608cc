from __future__ import annotations

import hashlib
from datetime import datetime, timezone

from pipeline.requests.problems import Problem
from pipeline.stream.dead_letters import dead_letter
from pipeline.stream.messages import Message, Rejected

NOW = datetime(2026, 2, 12, 18, 0, 1, tzinfo=timezone.utc)
PUBLISHED = datetime(2026, 2, 12, 18, 0, tzinfo=timezone.utc)
REJECTED = Rejected((Problem("date", '"today"', "was given to an unknown key", "did you mean target_date?"),))


def message(data: bytes = b'{"date": "today"}', **attributes: str) -> Message:
    return Message(data, attributes, "m-1", PUBLISHED)


def test_it_is_the_message_with_the_reason() -> None:
    letter = dead_letter(message(origin="scheduler"), REJECTED, NOW)
    assert letter.data == b'{"date": "today"}'
    assert letter.attributes == {
        "original_origin": "scheduler",
        "reason": 'date: "today" was given to an unknown key; did you mean target_date?',
        "nearest_key": "target_date",
        "message_id": "m-1",
        "published_at": "2026-02-12T18:00:00+00:00",
        "rejected_at": "2026-02-12T18:00:01+00:00",
    }


def test_attributes_of_the_message_do_not_replace_those_of_the_dead_letter() -> None:
    letter = dead_letter(message(reason="none", timeout="7", data="x"), REJECTED, NOW)
    assert letter.attributes["original_reason"] == "none"
    assert letter.attributes["reason"].startswith("date:")
    # The client takes attributes as keyword arguments, beside its own.
    assert not {"topic", "data", "retry", "timeout", "ordering_key"} & letter.attributes.keys()


def test_an_empty_message_has_attributes_at_least() -> None:
    assert dead_letter(message(b""), REJECTED, NOW).data == b""


def test_what_exceeds_a_limit_of_pubsub_is_cut_and_marked() -> None:
    data = b"x" * 9_999_999
    attributes = {f"{n:03}" + "k" * 253: "ü" * 512 for n in range(100)}
    letter = dead_letter(Message(data, attributes, "m-1", PUBLISHED), REJECTED, NOW)
    assert letter.data == data[:9_000_000]
    assert letter.attributes["original_bytes"] == "9999999"
    assert letter.attributes["original_sha256"] == hashlib.sha256(data).hexdigest()
    assert letter.attributes["original_attributes"] == "100"
    assert len(letter.attributes) <= 100
    size = len(letter.data)
    for key, value in letter.attributes.items():
        assert len(key.encode()) <= 256
        assert len(value.encode()) <= 1024
        size += len(key.encode()) + len(value.encode())
    assert size < 10_000_000


def test_a_long_reason_is_cut() -> None:
    long = Rejected(tuple(Problem(f"key_{n}", "1", "is wrong", "mend it") for n in range(200)))
    assert len(dead_letter(message(), long, NOW).attributes["reason"]) == 1024
