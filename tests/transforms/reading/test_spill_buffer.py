from __future__ import annotations

import tempfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.reading.spill_buffer import SpillBuffer, pickled

values = st.lists(
    st.tuples(st.sampled_from("abc"), st.text() | st.integers() | st.tuples(st.dates()), st.integers(0, 9))
)


@given(values, st.integers(0, 30))
def test_every_value_comes_back_once_in_order(added: list[tuple[str, Any, int]], most: int) -> None:
    buffer: SpillBuffer[str, Any] = SpillBuffer(most)
    for key, value, weight in added:
        buffer.add(key, value, weight)
    assert set(buffer.keys) == {key for key, *_ in added}
    for wanted in "abc":
        assert buffer.take(wanted) == [value for key, value, _ in added if key == wanted]
        assert buffer.take(wanted) == []
    assert not buffer.keys


def test_only_what_is_too_much_goes_to_the_file() -> None:
    written: list[str] = []

    def encode(value: str) -> tuple[None, Any]:
        written.append(value)
        return None, pickled(value)[1]

    buffer: SpillBuffer[int, str] = SpillBuffer(2, encode)
    for value in "abcd":
        buffer.add(1, value, 1)
    assert written == ["c", "d"]
    assert buffer.take(1) == ["a", "b", "c", "d"]


def test_values_may_be_added_after_some_were_taken() -> None:
    buffer: SpillBuffer[int, str] = SpillBuffer(0)
    buffer.add(1, "a", 1)
    assert buffer.take(1) == ["a"]
    buffer.add(1, "b", 1)
    buffer.add(2, "c", 1)
    assert (buffer.take(2), buffer.take(1)) == (["c"], ["b"])


def test_without_a_file_everything_stays_in_memory(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    buffer: SpillBuffer[int, str] = SpillBuffer(0)
    for value in "ab":
        buffer.add(1, value, 1)
    assert buffer.take(1) == ["a", "b"]
    assert caplog.text.count("no temporary file can be written") == 1
