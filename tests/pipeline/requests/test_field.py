from __future__ import annotations

import re

import pytest

from pipeline.requests.field import pattern_of, whole, whole_or_empty


@pytest.mark.parametrize("pattern", ["a", "a?", "(?:a|b)", "[a-z]{1,3}", "(a)?"])
def test_a_pattern_comes_back_as_it_was_given(pattern: str) -> None:
    for constraint in (whole(pattern), whole_or_empty(pattern)):
        assert [pattern_of(found) for found in constraint.metadata] == [pattern]


@pytest.mark.parametrize(
    ("text", "fits", "fits_or_empty"), [("ab", True, True), ("", False, True), ("abc", False, False)]
)
def test_a_pattern_is_of_the_whole_text(text: str, fits: bool, fits_or_empty: bool) -> None:
    [one], [other] = whole("ab").metadata, whole_or_empty("ab").metadata
    assert bool(re.search(one.pattern, text)) is fits
    assert bool(re.search(other.pattern, text)) is fits_or_empty


def test_what_is_no_pattern_has_none() -> None:
    assert pattern_of(object()) is None
