"""How a forecast stands against the points that its player has so far (contract P&L D.3, L3 to L6)."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from exporters.config import LiveRules
from exporters.league.forecasts.picks import LOSS, PUSH, SIDES, WIN, against_line

CORRECT, INCORRECT, PUSHED, VOIDED = "correct", "incorrect", "push", "void"
TRENDING_CORRECT, TRENDING_INCORRECT, OPEN = "trending_correct", "trending_incorrect", "in_progress"
GRADED, WAITING = "graded", "pending"

STATUSES = (
    CORRECT,
    INCORRECT,
    PUSHED,
    TRENDING_CORRECT,
    TRENDING_INCORRECT,
    OPEN,
    GRADED,
    VOIDED,
    WAITING,
)
"""Every status of a forecast, in the order of the document."""

_DECIDED = {WIN: CORRECT, LOSS: INCORRECT, PUSH: PUSHED}


def side_of(recommendation: str, predicted: Decimal, line: Decimal | None) -> str | None:
    """Return the side of the line that a forecast is on; None without a line (contract P&L L4, L22).

    One that recommends neither side is on that of its points, under when they equal the line.
    """
    if line is None:
        return None
    if recommendation in SIDES:
        return recommendation
    return "OVER" if predicted > line else "UNDER"


def final_status(side: str | None, points: int, line: Decimal | None) -> str:
    """Return the status once the game is over: ``graded`` where there is no side to be on."""
    result = against_line(side, points, line)
    return GRADED if result is None else _DECIDED[result]


def running_status(
    side: str | None, points: int, line: Decimal | None, elapsed: Fraction | None, rules: LiveRules
) -> str:
    """Return the status while the game runs (contract P&L L6).

    Points above the line decide at once, because they do not go away. Before that the points are projected to the end
    of the game as they came so far, and a projection that is clear of the line is a trend.

    Args:
        side: ``OVER``, ``UNDER`` or None.
        points: Points so far.
        line: The line.
        elapsed: The share of the game that has been played; None when unknown.
        rules: When a projection counts.
    """
    if side is None or line is None:
        return OPEN
    if points > line:
        return CORRECT if side == "OVER" else INCORRECT
    if elapsed is None or elapsed < rules.min_elapsed:
        return OPEN
    ahead = points / elapsed - Fraction(line)
    if abs(ahead) < Fraction(rules.trend_margin):
        return OPEN
    return TRENDING_CORRECT if (ahead > 0) == (side == "OVER") else TRENDING_INCORRECT
