from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.version import ROOT
from tests.support.dealing import LONG, dealt

FOLDERS = ("benchmarks", *sorted(LONG), "pipeline", "transforms")


def folder_of(test: tuple[str, int]) -> str:
    return test[0]


def stretches(tests: list[tuple[str, int]], workers: int) -> list[list[tuple[str, int]]]:
    """Return what each worker begins with, as pytest-xdist cuts the tests."""
    found, rest = [], tests
    for left in range(workers, 0, -1):
        found.append(rest[: len(rest) // left])
        rest = rest[len(rest) // left :]
    return found


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_each_worker_begins_with_long_ones_and_ends_with_short_ones(workers: int) -> None:
    tests = [(folder, n) for folder in FOLDERS for n in range(2000 if folder in ("pipeline", "transforms") else 30)]
    cut = stretches(dealt(tests, workers, folder_of), workers)
    assert [stretch[0][0] for stretch in cut] == [*LONG[:workers]]
    for stretch in cut:
        kinds = [test[0] in LONG for test in stretch]
        assert kinds == sorted(kinds, reverse=True)
        assert kinds[-1] is False


@given(st.lists(st.tuples(st.sampled_from(FOLDERS), st.integers(0, 3))), st.integers(1, 5))
def test_every_test_is_dealt_once_and_in_its_order(tests: list[tuple[str, int]], workers: int) -> None:
    found = dealt(tests, workers, folder_of)
    assert Counter(found) == Counter(tests)
    for folder in FOLDERS:
        assert [test for test in found if test[0] == folder] == [test for test in tests if test[0] == folder]


def test_long_folders_are_there() -> None:
    assert [name for name in LONG if not (ROOT / "tests" / name).is_dir()] == []
