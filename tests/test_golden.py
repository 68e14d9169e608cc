from __future__ import annotations

from pathlib import Path

from exporters.registry import exports
from tests.golden import Comparison, compare
from tests.golden_night import FIX, differences, digests, documents_of, recorded
from tests.support.warehouses import League


def tree(folder: Path, objects: dict[str, bytes]) -> Path:
    for path, content in objects.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


OBJECTS = {"night/tonight/2026-02-11.json": b"{}", "night/schemas/tonight.json": b"1", "week/streaks/a.json": b"[]"}


def test_equal_trees_have_no_difference(tmp_path: Path) -> None:
    assert compare(tree(tmp_path / "a", OBJECTS), tree(tmp_path / "b", OBJECTS)) == Comparison(3, {})


def test_every_difference_is_listed(tmp_path: Path) -> None:
    changed = {"night/tonight/2026-02-11.json": b"{ }", "night/schemas/tonight.json": b"1", "week/new.json": b"[]"}
    assert compare(tree(tmp_path / "a", OBJECTS), tree(tmp_path / "b", changed)) == Comparison(
        2,
        {
            "night/tonight/2026-02-11.json": "other bytes",
            "week/new.json": "only after",
            "week/streaks/a.json": "only before",
        },
    )


def test_fields_that_describe_the_run_are_left_out(tmp_path: Path) -> None:
    run = {
        "night/manifest/2026-02-11.json": b"1",
        "night/status.json": b"1",
        "night/.objects/x": b"1",
        "night-control/a": b"1",
    }
    assert compare(tree(tmp_path / "a", {**OBJECTS, **run}), tree(tmp_path / "b", OBJECTS)) == Comparison(3, {})


def test_the_night_of_all_types_is_the_recorded_one(league: League) -> None:
    now = digests(documents_of(league))
    assert set(now) == set(exports())
    assert all(of["documents"] for of in now.values()), "every type has a document of the night"
    lines = differences(recorded(), now)
    assert not lines, "\n".join([*lines, FIX])


def test_a_difference_is_named_by_type_document_and_field() -> None:
    night = {"bets": {"b/1.json": {"picks": [{"line": 1.5, "who": "a"}]}, "b/2.json": {"picks": []}}, "news": {}}
    line = {**night, "bets": {**night["bets"], "b/1.json": {"picks": [{"line": 2.5, "who": "a"}]}}}
    order = {**night, "bets": {**night["bets"], "b/1.json": {"picks": [{"who": "a", "line": 1.5}]}}}
    more = {**night, "news": {"n.json": {"total": 1}}}
    less = {**night, "bets": {"b/2.json": {"picks": []}}}
    before = digests(night)
    assert differences(before, before) == []
    assert differences(before, digests(line)) == ["bets: b/1.json has changed; fields that differ: picks[].line"]
    assert differences(before, digests(order)) == ["bets: b/1.json has changed; fields that differ: the order of keys"]
    assert differences(before, digests(more)) == ["news: n.json is new; fields that differ: total"]
    assert differences(before, digests(less)) == [
        "bets: b/1.json is gone; fields that differ: picks[].line, picks[].who"
    ]
