"""Which betting lines are real: one rule for every document that depends on it."""

from __future__ import annotations

from decimal import Decimal

from exporters.config import RULES


def is_real_line(line: Decimal | None, source: str | None) -> bool:
    """Whether a line is one that the grader grades: a bookmaker offered it, and it is no placeholder.

    The flag ``has_prop_line`` decides nothing: it contradicts the source.
    """
    return line is not None and line != RULES.lines.placeholder and source in RULES.lines.sources
