"""Tests that need what this machine lacks: they are skipped, and the last lines of the run name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NoReturn

import pytest

_MARK = "left out: "


def left_out(what: str, why: str) -> NoReturn:
    """Skip the test, fixture or module that calls it.

    Args:
        what: What is not tested, as a noun.
        why: Why not, and how to include it.
    """
    pytest.skip(f"{_MARK}{what}: {why}", allow_module_level=True)


def lines_of(skipped: Iterable[Any]) -> list[str]:
    """Return a line for each thing that was left out, from the reports of the skipped tests."""
    reasons = (str(report.longrepr[2]).removeprefix("Skipped: ") for report in skipped)
    return sorted({reason for reason in reasons if reason.startswith(_MARK)})
