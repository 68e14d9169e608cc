from __future__ import annotations

from typing import Any

import pytest

from tests.support.manifests import pointers_json, section_json
from transforms.status_page.states import Cell, cell_of, date_state

THERE = {"documents": {"a": "x"}}


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (THERE, Cell.PUBLISHED),
        ({}, Cell.PUBLISHED),
        ({**THERE, "stale": ["a"]}, Cell.PUBLISHED),
        ({**THERE, "state": "no_games"}, Cell.NO_GAMES),
        ({**THERE, "failed": 1}, Cell.PARTIAL),
        ({**THERE, "state": "no_games", "failed": 1}, Cell.PARTIAL),
        ({**THERE, "missing": {"b": "no"}}, Cell.PARTIAL),
        ({**THERE, "pointers": pointers_json(failed={"latest.json": "no"})}, Cell.PARTIAL),
        ({**THERE, "pointers": pointers_json(missing={"latest.json": "no"})}, Cell.PARTIAL),
        ({"failed": 1}, Cell.MISSING),
        ({**THERE, "state": "withheld"}, Cell.WITHHELD),
        ({**THERE, "state": "degraded"}, Cell.DEGRADED),
        ({**THERE, "state": "failed"}, Cell.STALE),
        ({"state": "failed"}, Cell.MISSING),
    ],
)
def test_the_state_of_a_type(section: dict[str, Any], expected: Cell) -> None:
    assert cell_of(section_json(**section)) is expected


@pytest.mark.parametrize(
    ("cells", "degraded", "expected"),
    [
        ([Cell.PUBLISHED, Cell.PUBLISHED], False, Cell.PUBLISHED),
        ([Cell.PUBLISHED, Cell.NO_GAMES], False, Cell.PUBLISHED),
        ([Cell.NO_GAMES], False, Cell.NO_GAMES),
        ([Cell.PUBLISHED], True, Cell.DEGRADED),
        ([Cell.PUBLISHED, Cell.DEGRADED], False, Cell.DEGRADED),
        ([Cell.PUBLISHED, Cell.MISSING], False, Cell.PARTIAL),
        ([Cell.NO_GAMES, Cell.MISSING], False, Cell.PARTIAL),
        ([Cell.WITHHELD, Cell.WITHHELD], False, Cell.WITHHELD),
        ([Cell.WITHHELD, Cell.MISSING], True, Cell.PARTIAL),
        ([Cell.MISSING], True, Cell.MISSING),
    ],
)
def test_the_state_of_a_date(cells: list[Cell], degraded: bool, expected: Cell) -> None:
    assert date_state(cells, degraded=degraded) is expected
