"""Every export type: each ``Export`` that a module of a group of pages declares.

Adding an export type is adding its module; requests, planning, gates and documentation find it here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import ModuleType

from exporters import bets, players, site, subsets, tonight, trends
from exporters.declaration import Export

PAGES: Sequence[ModuleType] = (tonight, bets, subsets, players, trends, site)
"""The packages whose modules declare export types."""

_RESULTS = (
    "results",
    "performance",
    "best-bets",
    "predictions",
    "subset-picks",
    "season-subsets",
    "subset-performance",
)
GROUPS: Mapping[str, Sequence[str]] = {
    "tonight-all": (
        "tonight",
        "tonight-players",
        "predictions",
        "best-bets",
        "streaks",
        "subset-picks",
        "season-subsets",
        "daily-signals",
        "calendar",
        "season-game-counts",
        "best-bets-all",
    ),
    "daily-results": (*_RESULTS, "subset-definitions"),
    # What shows results once all games of a date are over, and once they are graded.
    "post-game": ("tonight", "best-bets", "subset-picks", "season-subsets", "live", "live-grading", "best-bets-all"),
    "post-grades": ("tonight", *_RESULTS, "live", "player-game-report", "player-season", "best-bets-all"),
    "news": ("player-news", "news-summary"),
    "players": ("player-profiles", "player-index", "player-season"),
    "trends-daily": ("trends-hot-cold", "trends-bounce-back", "tonight-trend-plays"),
    "trends-weekly": ("trends-what-matters", "trends-team", "trends-quick-hits"),
    "trends-all": (
        "trends-hot-cold",
        "trends-bounce-back",
        "trends-what-matters",
        "trends-team",
        "trends-quick-hits",
        "tonight-trend-plays",
    ),
}
"""Group name to the export types that it stands for; ``backfill`` and ``all`` follow from the declarations."""
PLAYER_TYPES: Sequence[str] = ("player-profiles",)
"""The export types that a request for players stands for."""


@lru_cache(maxsize=1)
def exports() -> Mapping[str, Export]:
    """Return every export type by name, in name order.

    Raises:
        ValueError: Two modules declare the same name.
    """
    found: dict[str, Export] = {}
    for module in _modules():
        for export in vars(importlib.import_module(module)).values():
            if not isinstance(export, Export):
                continue
            if found.setdefault(export.name, export) is not export:
                raise ValueError(f"two modules declare the export type {export.name!r}: rename one")
    return dict(sorted(found.items()))


def _modules() -> Iterator[str]:
    for page in PAGES:
        for module in pkgutil.iter_modules(page.__path__):
            yield f"{page.__name__}.{module.name}"


def together(names: Iterable[str]) -> frozenset[str]:
    """Return export types, those that list their documents, and those whose documents they list."""
    pairs = ({export.name, export.lists.name} for export in exports().values() if export.lists is not None)
    chosen = set(names)
    return frozenset(chosen.union(*(pair for pair in pairs if pair & chosen)))


def groups() -> Mapping[str, Sequence[str]]:
    """Return every group by name.

    ``backfill`` is every type with a dated document that is not live, ``all`` is every type.
    """
    declared = exports()
    return {
        **{name: tuple(member for member in members if member in declared) for name, members in GROUPS.items()},
        "backfill": tuple(name for name, export in declared.items() if "{date}" in export.path and not export.is_live),
        "all": tuple(declared),
    }
