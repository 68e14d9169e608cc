"""The rows of docs/security.md: each threat names tests that run."""

from __future__ import annotations

import re

import pytest

from tests.docs.differences import ROOT, asserts, collected_by, differences, files_of, problems

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
THREATS = TEXT[TEXT.index("## What comes in") : TEXT.index("## Who may do what")]
FOUND = differences(THREATS)
NAMED = sorted({test for row in FOUND for test in row.tests})


def test_every_threat_names_tests_that_are_collected_and_assert(request: pytest.FixtureRequest) -> None:
    files = dict(files_of(NAMED))
    assert len(FOUND) > 15
    assert problems(FOUND, collected_by(request.session, files.values())) == []
    assert [test for test in NAMED if not asserts(files[test.partition("::")[0]], test)] == []


def test_no_threat_is_left_open() -> None:
    assert [row.what for row in FOUND if row.rest or not row.tests] == []


def test_places_of_the_code_exist() -> None:
    places = re.findall(r"`((?:pipeline|transforms|exporters|deploy)/[\w./]+)`", TEXT)
    assert len(places) > 10
    assert [place for place in places if not (ROOT / place).exists()] == []
