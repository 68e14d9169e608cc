from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.verification.document_checks import LEAKS, Leak


@pytest.mark.parametrize("leak", LEAKS, ids=[leak.what for leak in LEAKS])
@given(data=st.data())
def test_whatever_fits_the_pattern_of_a_leak_has_one_of_its_words(leak: Leak, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(leak.pattern))
    assert leak.first_in(text) is not None


@pytest.mark.parametrize("leak", LEAKS, ids=[leak.what for leak in LEAKS])
def test_a_word_alone_is_no_leak(leak: Leak) -> None:
    assert leak.first_in("ensemble of the season, and /tmp/ is no path") is None
