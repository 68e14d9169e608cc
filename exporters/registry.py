"""Every export type, found by looking: a module of this package that holds an ``Export`` is one.

Adding an export type is adding its module; requests, planning, gates and documentation find it here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from functools import lru_cache

import exporters
from exporters.declaration import Export

GROUPS: Mapping[str, Sequence[str]] = {
    "tonight-all": ("tonight", "tonight-players", "predictions", "streaks"),
}
"""Group name to the export types that it stands for."""


@lru_cache(maxsize=1)
def exports() -> Mapping[str, Export]:
    """Return every export type by name, in name order.

    Raises:
        ValueError: Two modules declare the same name.
    """
    found: dict[str, Export] = {}
    for module in pkgutil.iter_modules(exporters.__path__):
        if module.ispkg:
            continue
        for export in vars(importlib.import_module(f"exporters.{module.name}")).values():
            if not isinstance(export, Export):
                continue
            if found.setdefault(export.name, export) is not export:
                raise ValueError(f"two modules declare the export type {export.name!r}: rename one")
    return dict(sorted(found.items()))


def groups() -> Mapping[str, Sequence[str]]:
    """Return every group by name; ``all`` is every export type."""
    return {**GROUPS, "all": tuple(exports())}
