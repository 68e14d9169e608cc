"""When Python looks for garbage while documents are built."""

from __future__ import annotations

import gc

_YOUNG, _GENERATIONS = 50_000, 20


def collect_rarely() -> None:
    """Let this process look for garbage seldom; it may be called any number of times.

    Rows and documents hold no cycles, and are freed when they are no longer used. Python's default looks through all of
    them every 700 new ones, which takes a fifth of the time of a backfill and finds next to nothing.
    """
    gc.set_threshold(_YOUNG, _GENERATIONS, _GENERATIONS)
