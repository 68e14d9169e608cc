"""Choosing one row out of several that claim the same key.

No table enforces its grain and scans arrive in any order, so every choice is made by a total order: the stated keys
first, and the whole row after them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeVar

RowT = TypeVar("RowT", bound=tuple[Any, ...])
KeyT = TypeVar("KeyT", bound=Hashable)
Ordering = Callable[[RowT], tuple[Any, ...]]


def known(value: Any) -> tuple[bool, Any]:
    """Return a sort key in which null is lower than every value."""
    return (value is not None, 0 if value is None else value)


def whole(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return a sort key of a row in which every column takes part: what no other key decides, this one does."""
    return tuple(known(value) for value in row)


def latest(rows: Iterable[RowT], by: Ordering[RowT]) -> RowT | None:
    """Return the row with the greatest ``by``; among equals the greatest row. None when there is no row."""
    remaining = iter(rows)
    best = next(remaining, None)
    if best is None:
        return None
    best_key: tuple[Any, ...] | None = None
    for row in remaining:
        # The key of a row that stands alone is never needed, and most rows do.
        best_key = by(best) if best_key is None else best_key
        key = by(row)
        if key > best_key or (key == best_key and whole(row) > whole(best)):
            best, best_key = row, key
    return best


def latest_per(
    rows: Iterable[RowT], key: Callable[[RowT], KeyT], by: Ordering[RowT], ties: Sequence[str] = ()
) -> dict[KeyT, RowT]:
    """Return, for every ``key``, the :func:`latest` of its rows.

    Args:
        rows: The rows.
        key: What the rows of one group have in common.
        by: The order within a group.
        ties: Columns that decide first among equals, as far as they were scanned. They are those of the documents that
            must not change because another one has more columns read.
    """
    held_rows = list(rows)
    groups = list(map(key, held_rows))
    chosen = dict(zip(groups, held_rows, strict=True))
    if len(chosen) == len(held_rows):
        # Every row stands alone, as most do.
        return chosen
    chosen = {}
    order: dict[KeyT, tuple[Any, ...]] = {}
    for row, group in zip(held_rows, groups, strict=True):
        held = chosen.setdefault(group, row)
        if held is row:
            continue
        if group not in order:
            order[group] = by(held)
        rank = by(row)
        if rank > order[group] or (rank == order[group] and _tie_order(row, ties) > _tie_order(held, ties)):
            chosen[group], order[group] = row, rank
    return chosen


def _tie_order(row: tuple[Any, ...], ties: Sequence[str]) -> tuple[Any, ...]:
    return (*(known(getattr(row, name, None)) for name in ties), *whole(row))
