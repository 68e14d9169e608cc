from __future__ import annotations

from pathlib import Path

from tests.golden import Comparison, compare


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
