"""Which code is running."""

from __future__ import annotations

from functools import lru_cache
from importlib import metadata

DISTRIBUTION = "phase6-export"


@lru_cache(maxsize=1)
def code_version() -> str:
    """Return the installed version; ``0+source`` when running from a checkout that is not installed."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "0+source"
