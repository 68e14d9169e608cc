from __future__ import annotations

from typing import Any

import pytest

from pipeline.comparison.values import differing

A, B = {"player_lookup": "a", "line": 1.5}, {"player_lookup": "b", "line": 2.5}


@pytest.mark.parametrize(
    ("before", "after", "places"),
    [
        ({"x": 1}, {"x": 1}, []),
        ({"x": 1}, {"x": 2}, ["$.x"]),
        ({"x": 1}, {"x": 1.0}, ["$.x"]),
        ({"x": 1}, {"x": True}, ["$.x"]),
        ({"x": None}, {}, ["$.x"]),
        ({}, {"x": None}, ["$.x"]),
        ({"x": [1, 2]}, {"x": [1, 3]}, ["$.x[1]"]),
        ({"x": [1, 2]}, {"x": [1]}, ["$.x[1]"]),
        ({"x": {"y": 1}}, {"x": [1]}, ["$.x"]),
        ([A, B], [A, {**B, "line": 3.5}], ["$[b].line"]),
        ([A, B], [B], ["$[a]"]),
        ([A], [A, A], ["$[a]"]),
        ([A, B], [B, A], ["$ (order)"]),
        ([A, {"line": 1}], [A, {"line": 2}], ["$[1].line"]),
    ],
)
def test_places_that_differ_are_named_by_what_they_are_about(before: Any, after: Any, places: list[str]) -> None:
    assert list(differing(before, after)) == places


def test_an_item_that_moved_because_another_went_is_in_order() -> None:
    assert list(differing([A, B, {"player_lookup": "c"}], [B, {"player_lookup": "c"}])) == ["$[a]"]
