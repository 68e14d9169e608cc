from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timezone

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage

from pipeline.requests.problems import Problem
from pipeline.stream.dead_letters import ATTRIBUTE_BYTES, INLINE_BYTES, DeadLetters, letter_path
from pipeline.stream.messages import Message, Rejected
from tests.support.stores import MemoryStore, Refuse
from transforms.stores.control import ControlledStore, is_control

NOW = datetime(2026, 2, 12, 18, 0, 1, tzinfo=timezone.utc)
PUBLISHED = datetime(2026, 2, 12, 18, 0, tzinfo=timezone.utc)
REJECTED = Rejected((Problem("date", '"today"', "was given to an unknown key", "did you mean target_date?"),))
LARGE = b"x" * 9_999_999
FULL = {f"{n:03}" + "k" * 253: "ü" * 512 for n in range(100)}
"""As many attributes as a message may have, each as long as it may be."""


def message(data: bytes = b'{"date": "today"}', **attributes: str) -> Message:
    return Message(data, attributes, "m-1", PUBLISHED)


def letter_of(found: Message, store: MemoryStore | None = None, rejected: Rejected = REJECTED) -> PubsubMessage:
    return DeadLetters(store or MemoryStore()).letter(found, rejected, NOW)


def size_of(letter: PubsubMessage) -> int:
    texts: Iterable[str] = (*letter.attributes, *letter.attributes.values())
    return len(letter.data) + sum(len(text.encode()) for text in texts)


def stored(store: MemoryStore, path: str) -> bytes:
    found = store.read(path)
    assert found is not None, path
    return found[0]


def test_it_is_the_message_with_the_reason() -> None:
    store = MemoryStore()
    letter = letter_of(message(origin="scheduler"), store)
    assert letter.data == b'{"date": "today"}'
    assert letter.attributes == {
        "original_origin": "scheduler",
        "reason": 'date: "today" was given to an unknown key; did you mean target_date?',
        "nearest_key": "target_date",
        "message_id": "m-1",
        "published_at": "2026-02-12T18:00:00+00:00",
        "rejected_at": "2026-02-12T18:00:01+00:00",
    }
    assert store.written == []


def test_attributes_of_the_message_do_not_replace_those_of_the_dead_letter() -> None:
    letter = letter_of(message(reason="none", timeout="7", data="x", payload_path="elsewhere"))
    assert letter.attributes["original_reason"] == "none"
    assert letter.attributes["original_payload_path"] == "elsewhere"
    assert letter.attributes["reason"].startswith("date:")
    # The client takes attributes as keyword arguments, beside its own.
    assert not {"topic", "data", "retry", "timeout", "ordering_key", "payload_path"} & letter.attributes.keys()


def test_an_empty_message_has_attributes_at_least() -> None:
    assert letter_of(message(b"")).data == b""


class TestPayloads:
    def test_the_longest_inline_payload_is_in_the_letter(self) -> None:
        store = MemoryStore()
        data = b"x" * INLINE_BYTES
        letter = letter_of(message(data), store)
        assert letter.data == data
        assert store.written == []

    @pytest.mark.parametrize("size", [INLINE_BYTES + 1, 4_400_000, len(LARGE)])
    def test_a_longer_one_is_an_object_that_the_letter_names(self, size: int) -> None:
        store, data = MemoryStore(), LARGE[:size]
        letter = letter_of(message(data, origin="x"), store)
        assert letter.data == b""
        assert stored(store, letter.attributes["payload_path"]) == data
        assert letter.attributes["payload_bytes"] == str(size)
        assert letter.attributes["payload_sha256"] == hashlib.sha256(data).hexdigest()
        assert letter.attributes["original_origin"] == "x"

    def test_its_place_is_private(self) -> None:
        public, control = MemoryStore(), MemoryStore()
        letter = DeadLetters(ControlledStore(public, control)).letter(message(LARGE), REJECTED, NOW)
        assert is_control(letter.attributes["payload_path"])
        assert (public.written, control.written) == ([], ["letters/2026-02-12/m-1.payload"])

    def test_a_message_that_is_delivered_again_leaves_no_second_object(self) -> None:
        store = MemoryStore()
        first, second = letter_of(message(LARGE), store), letter_of(message(LARGE), store)
        assert first.attributes == second.attributes
        assert len(list(store.list("letters/"))) == 1

    def test_two_messages_never_share_an_object(self) -> None:
        one, other = message(LARGE), Message(LARGE, {}, "m-2", PUBLISHED)
        assert letter_path(one, "payload") != letter_path(other, "payload")

    @pytest.mark.parametrize("message_id", ["../../etc", ".hidden", "a/b", "x" * 5000, "\ud800"])
    def test_no_message_id_leaves_the_prefix(self, message_id: str) -> None:
        store = MemoryStore()
        letter = letter_of(Message(LARGE, {}, message_id, PUBLISHED), store)
        [path] = store.written
        assert letter.attributes["payload_path"] == path
        assert path.startswith("letters/2026-02-12/")
        assert path.count("/") == 2

    @pytest.mark.parametrize("error", [None, RuntimeError("a defect of the client")])
    def test_one_that_cannot_be_stored_is_cut_and_not_retried(self, error: Exception | None) -> None:
        store = MemoryStore()
        refuse = Refuse("letters/")

        def fail(path: str) -> None:
            if error is not None:
                raise error
            refuse(path)

        store.before_write = fail
        letter = letter_of(message(LARGE), store)
        assert letter.data == LARGE[:INLINE_BYTES]
        assert letter.attributes["payload_bytes"] == str(len(LARGE))
        assert letter.attributes["payload_sha256"] == hashlib.sha256(LARGE).hexdigest()
        assert letter.attributes["payload_problem"].startswith(f"cut to {INLINE_BYTES} bytes: ")
        assert "payload_path" not in letter.attributes


class TestAttributes:
    def test_those_that_do_not_fit_are_left_out_and_all_of_them_stored(self) -> None:
        store = MemoryStore()
        letter = letter_of(Message(b"{}", FULL, "m-1", PUBLISHED), store)
        kept = {name: value for name, value in letter.attributes.items() if name.startswith("original_")}
        assert all(FULL[name.removeprefix("original_")] == value for name, value in kept.items()), "none is cut"
        assert letter.attributes["attributes_count"] == "100"
        assert json.loads(stored(store, letter.attributes["attributes_path"])) == FULL
        assert letter.data == b"{}"

    def test_many_short_ones_leave_room_for_those_of_the_letter(self) -> None:
        store, short = MemoryStore(), {f"a{n}": "b" for n in range(100)}
        letter = letter_of(Message(LARGE, short, "m-1", PUBLISHED), store)
        assert len(letter.attributes) <= 100
        assert json.loads(stored(store, letter.attributes["attributes_path"])) == short

    def test_the_letter_says_when_they_cannot_be_stored(self) -> None:
        store = MemoryStore()
        store.before_write = Refuse("letters/")
        letter = letter_of(Message(b"{}", FULL, "m-1", PUBLISHED), store)
        assert letter.attributes["attributes_problem"].startswith("some are left out: StoreError: ")
        assert letter.attributes["attributes_count"] == "100"


@pytest.mark.parametrize("refused", ["letters/", "nothing"])
@pytest.mark.parametrize("attributes", [{}, {"a": "b"}, FULL, {f"a{n}": "b" * 1024 for n in range(100)}])
@pytest.mark.parametrize("size", [0, 1, INLINE_BYTES, INLINE_BYTES + 1, len(LARGE)])
def test_no_letter_exceeds_its_bounds(size: int, attributes: dict[str, str], refused: str) -> None:
    store = MemoryStore()
    store.before_write = Refuse(refused)
    long = Rejected(tuple(Problem(f"key_{n}", "ü", "is wrong", "mend it") for n in range(200)))
    letter = letter_of(Message(LARGE[:size], attributes, "m-1", PUBLISHED), store, long)
    assert len(letter.data) <= INLINE_BYTES
    assert len(letter.attributes) <= 100
    for key, value in letter.attributes.items():
        assert len(key.encode()) <= 256
        assert len(value.encode()) <= 1024
    assert size_of(letter) <= INLINE_BYTES + ATTRIBUTE_BYTES + 16 * 1024


def test_a_long_reason_is_cut() -> None:
    long = Rejected(tuple(Problem(f"key_{n}", "1", "is wrong", "mend it") for n in range(200)))
    assert len(letter_of(message(), rejected=long).attributes["reason"]) == 1024
