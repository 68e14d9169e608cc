from __future__ import annotations

import math
from datetime import date

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.support.made_up import CARD, DIARY, ROSTER
from transforms.elements.document import content_digest, encode, make_document

DAY = date(2026, 1, 5)
EARLY, LATE = "2026-01-05T18:00:00+00:00", "2026-01-05T19:30:00.5+00:00"

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [EARLY, f'"generated_at": "{EARLY}"', '"generated_at": ']
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


def test_documents_are_indented_utf8_in_the_given_order() -> None:
    assert encode({"b": "Dončić", "a": 1.0}) == '{\n  "b": "Dončić",\n  "a": 1.0\n}'.encode()


def test_what_is_no_number_becomes_null() -> None:
    assert orjson.loads(encode({"x": math.nan, "y": [math.inf, -math.inf]})) == {"x": None, "y": [None, None]}


@given(st.dictionaries(texts.filter(lambda key: key != "generated_at"), values, max_size=4))
def test_the_digest_leaves_out_when_and_nothing_else(rest: dict[str, object]) -> None:
    def digest(stamp: str, more: dict[str, object]) -> str:
        return content_digest(encode({"generated_at": stamp, **more}), stamp)

    assert digest(EARLY, rest) == digest(LATE, rest)
    assert digest(EARLY, rest) != digest(EARLY, {**rest, "more": 1})
    assert digest(EARLY, {**rest, "x": f'"generated_at": "{EARLY}"'}) != digest(EARLY, {**rest, "x": ""})


def test_the_digest_leaves_out_when_under_its_other_name() -> None:
    def digest(stamp: str, points: int) -> str:
        return content_digest(encode({"updated_at": stamp, "points": points}), stamp)

    assert digest(EARLY, 1) == digest(LATE, 1)
    assert digest(EARLY, 1) != digest(EARLY, 2)
    assert content_digest(encode({"updated_at": EARLY}), LATE) != content_digest(encode({"updated_at": LATE}), LATE)


def test_a_document_has_its_path_date_and_header() -> None:
    value = {"player": "p1", "generated_at": EARLY, "points": [3]}
    made = make_document(CARD, value, DAY, EARLY, settled=False, key="p1")
    assert (made.path, made.export, made.date, made.key) == ("card/2026-01-05/p1.json", "card", "2026-01-05", "p1")
    assert made.cache_control == "public, max-age=300"
    assert orjson.loads(made.content) == value


def test_a_settled_date_may_be_cached_longer() -> None:
    assert make_document(CARD, {}, DAY, EARLY, settled=True, key="p1").cache_control == "public, max-age=86400"
    settled = make_document(ROSTER, {"players": []}, DAY, EARLY, settled=True)
    assert settled.cache_control == "public, max-age=3600", "no other policy is declared"


def test_a_document_whose_counts_are_zero_is_empty() -> None:
    empty = make_document(ROSTER, {"players": []}, DAY, EARLY, settled=False)
    assert (empty.counts, empty.empty) == ({"players": 0}, True)
    full = make_document(DIARY, {"days": {"2026-01-05": {}}}, DAY, EARLY, settled=False)
    assert (full.path, full.counts, full.empty) == ("diary.json", {"days": 1}, False)
    assert not make_document(CARD, {}, DAY, EARLY, settled=False, key="p1").empty, "it declares no counts"
