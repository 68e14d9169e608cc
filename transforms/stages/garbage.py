"""The frequency of Python's garbage collection while documents are built."""

from __future__ import annotations

import gc

_YOUNG, _GENERATIONS = 50_000, 20


def collect_rarely() -> None:
    """Make garbage collection of this process rare; repeated calls change nothing.

    Rows and documents hold no cycles, and are freed when they are no longer used. Python's default scans them
    every 700 new objects, which takes a fifth of the time of a backfill and frees next to nothing.
    """
    gc.set_threshold(_YOUNG, _GENERATIONS, _GENERATIONS)
