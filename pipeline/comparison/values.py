"""Where two JSON values differ. Items of lists are paired by what they are about, not by where they stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

_IDS = ("model_id", "id", "subset_id", "date", "game_date", "game_id", "player_lookup", "stat_type")
"""Keys that tell the items of a list apart."""


def differing(before: Any, after: Any, where: str = "$") -> Iterator[str]:
    """Yield the places where two values differ, as paths."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            if key in before and key in after:
                yield from differing(before[key], after[key], f"{where}.{key}")
            else:
                yield f"{where}.{key}"
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, where)
    elif type(before) is not type(after) or before != after:
        yield where


def _lists(before: Sequence[Any], after: Sequence[Any], where: str) -> Iterator[str]:
    ids = [[_id_of(item) for item in items] for items in (before, after)]
    if "" in ids[0] or "" in ids[1]:
        ids = [list(map(str, range(len(items)))) for items in (before, after)]
    items: dict[str, tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
    for side, (names, values) in enumerate(zip(ids, (before, after), strict=True)):
        for name, value in zip(names, values, strict=True):
            items[name][side].append(value)
    for name, (old, new) in items.items():
        for one, other in zip(old, new, strict=False):
            yield from differing(one, other, f"{where}[{name}]")
        yield from [f"{where}[{name}]"] * abs(len(old) - len(new))
    common = set(ids[0]) & set(ids[1])
    if [name for name in dict.fromkeys(ids[0]) if name in common] != [
        name for name in dict.fromkeys(ids[1]) if name in common
    ]:
        yield f"{where} (order)"


def _id_of(item: Any) -> str:
    """Return what an item is about; empty for one that does not tell."""
    if not isinstance(item, dict):
        return ""
    return " ".join(str(item[key]) for key in _IDS if item.get(key) is not None)
