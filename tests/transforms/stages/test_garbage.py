from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from transforms.stages.garbage import collect_rarely


@pytest.fixture(autouse=True)
def threshold() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


def test_many_rows_do_not_start_a_search() -> None:
    gc.set_threshold(700, 10, 10)
    collect_rarely()
    searches: list[str] = []
    gc.callbacks.append(lambda phase, _: searches.append(phase))
    try:
        gc.collect()
        searches.clear()
        kept = [[] for _ in range(100_000)]
    finally:
        gc.callbacks.pop()
    assert len(kept) == 100_000
    assert not searches


def test_garbage_is_still_looked_for() -> None:
    collect_rarely()
    once = gc.get_threshold()
    collect_rarely()
    assert gc.isenabled()
    assert all(once)
    assert gc.get_threshold() == once
