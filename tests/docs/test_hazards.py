"""The rows of docs/hazards.md: each names tests that run, or says that it is open."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.docs.differences import ROOT, Collected, Difference, asserts, collected_by, differences, files_of, problems

PAGE = ROOT / "docs" / "hazards.md"
TEXT = PAGE.read_text(encoding="utf-8")
OPEN = "open"


def is_open(row: Difference) -> bool:
    """Whether a row says plainly that nothing forbids it yet."""
    return row.rest == OPEN and not row.tests


FOUND = differences(TEXT)
CLOSED = [row for row in FOUND if not is_open(row)]
NAMED = sorted({test for row in CLOSED for test in row.tests})


@cache
def files() -> dict[str, Path]:
    return dict(files_of(NAMED))


def test_every_hazard_that_is_forbidden_names_tests_that_are_collected(request: pytest.FixtureRequest) -> None:
    assert len(CLOSED) > 60
    assert problems(CLOSED, collected_by(request.session, files().values())) == []


def test_every_named_test_asserts_something() -> None:
    assert [test for test in NAMED if not asserts(files()[test.partition("::")[0]], test)] == []


def test_an_open_row_says_what_is_missing_and_no_other_row_does() -> None:
    says = {line.split(" | ")[0].removeprefix("| ") for line in TEXT.splitlines() if " | open: " in line}
    assert says == {row.what for row in FOUND if is_open(row)}


def test_no_hazard_is_there_twice() -> None:
    assert len({row.what for row in FOUND}) == len(FOUND)


@pytest.mark.parametrize(
    ("cell", "is_wrong"),
    [
        ("open", False),
        ("`test_x::test_there`", False),
        ("", True),
        ("Open", True),
        ("open, soon", True),
        ("`test_x::test_there`<br>open", True),
        ("`test_x::test_gone`", True),
        ("`test_x::test_later`", True),
    ],
)
def test_a_row_that_is_neither_forbidden_nor_open_is_found(cell: str, is_wrong: bool) -> None:
    tests = [
        Collected("test_x::test_there", "tests/test_x.py", False),
        Collected("test_x::test_later", "tests/test_x.py", True),
    ]
    rows = differences(
        f"## Part\n\n| what happened | what forbids it now | test |\n|---|---|---|\n| a | b | {cell} |\n"
    )
    assert bool(problems([row for row in rows if not is_open(row)], tests)) is is_wrong
