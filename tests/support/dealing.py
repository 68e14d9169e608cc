"""The order of the tests of a run: what takes long comes first on each worker, and the many short tests come last.

pytest-xdist cuts the tests into one stretch for each worker, and a worker that is done takes over the end of another's
stretch. In the order of the folders, ``tests/wire`` would come last, and all workers would wait for its servers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from typing import TypeVar

LONG = ("wire", "end_to_end", "deploy", "soak", "docs", "clients", "browser")
"""Folders of tests that wait for servers and processes or run whole exports; those that take longest first."""

_Test = TypeVar("_Test")


def dealt(tests: Sequence[_Test], workers: int, folder_of: Callable[[_Test], str]) -> list[_Test]:
    """Return tests so that the long folders are spread over the beginnings of as many stretches as there are workers.

    Args:
        tests: In the order of collection, which is kept within a folder.
        workers: Worker processes, at least one.
        folder_of: Returns the folder of a test below ``tests``.
    """
    heads: list[list[_Test]] = [[] for _ in range(workers)]
    for n, folder in enumerate(LONG):
        heads[n % workers] += [test for test in tests if folder_of(test) == folder]
    short = iter([test for test in tests if folder_of(test) not in LONG])
    found: list[_Test] = []
    for n, head in enumerate(heads):
        # The scheduler gives each worker this share of what is left.
        share = (len(tests) - len(found)) // (workers - n)
        found += head
        found += islice(short, max(0, share - len(head)))
    return [*found, *short]
