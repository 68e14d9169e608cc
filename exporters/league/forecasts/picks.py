"""The result of a pick: one rule for every document that shows it.

A pick is a recommendation, ``OVER`` or ``UNDER``, against a line. Players who did not play void it (contract G-5, B9,
R1); a game that is not over, or not recorded yet, leaves it pending.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from exporters.league.forecasts.lines import is_real_line
from exporters.warehouse.forecast_rows import AccuracyRow
from exporters.warehouse.league_rows import GameRow

WIN, LOSS, PUSH = "WIN", "LOSS", "PUSH"
"""Results of a pick whose points are known; a push is decided for neither side."""
VOID, PENDING = "VOID", "PENDING"
"""Results of a pick whose player did not play, and of one that is not decided yet."""
PASS, NO_LINE = "PASS", "NO_LINE"
"""What a graded forecast shows in place of a result when nothing was picked."""
SIDES = ("OVER", "UNDER")
"""The recommendations that are picks."""


def against_line(side: str | None, points: int | None, line: Decimal | float | None) -> str | None:
    """Return ``WIN``, ``LOSS`` or ``PUSH`` of a pick (contract §0.5, P&R §2.3).

    None without points, without a line, or for a recommendation that is not a pick.
    """
    if side not in SIDES or points is None or line is None:
        return None
    if points == line:
        return PUSH
    return WIN if (points > line) == (side == "OVER") else LOSS


def did_not_play(row: GameRow) -> bool:
    """Whether a finished game's box score shows that the player took no part (contract G-5).

    Either a flag says so, or there are neither points nor minutes: some writers leave the flags null, and some write
    a zero for the points of a player who sat.
    """
    return bool(row.is_dnp) or row.is_active is False or (not row.points and not row.minutes_played)


def actual_points(row: GameRow | None) -> int | None:
    """Return the points that a box score decides picks by; None when it is missing, partial or of no appearance.

    Contract B10, G-5.
    """
    if row is None or row.is_partial_game_data or did_not_play(row):
        return None
    return row.points


def is_void(row: AccuracyRow) -> bool:
    """Whether a graded forecast is of a player who did not play (contract B9, R1).

    Rows that predate the flag are void when they have zero points and no minutes (contract G-5).
    """
    if row.is_voided is not None:
        return row.is_voided
    return row.actual_points == 0 and not row.minutes_played


def graded_result(row: AccuracyRow) -> str:
    """Return what became of a graded forecast (contract R1, R3, R4, B7, B3-D4): one rule for every document.

    ``VOID``, else ``PASS`` or ``NO_LINE`` when nothing was picked. A pick is a ``WIN`` or a ``LOSS`` by the grader's
    verdict alone: where the grader left it undecided, points and line do not decide it either. Such a pick is a
    ``PUSH`` when the points equal the line, ``NO_LINE`` when they are known and the line is not real, else ``PENDING``.
    """
    if is_void(row):
        return VOID
    if row.recommendation == PASS:
        return PASS
    if row.recommendation not in SIDES:
        return NO_LINE
    if row.prediction_correct is not None:
        return WIN if row.prediction_correct else LOSS
    if row.actual_points is None:
        return PENDING
    if row.actual_points == row.line_value:
        return PUSH
    return PENDING if is_real_line(row.line_value, row.line_source) else NO_LINE


@dataclass(frozen=True)
class Outcome:
    """What became of a pick.

    Attributes:
        result: ``WIN``, ``LOSS``, ``PUSH``, ``VOID`` or ``PENDING``.
        actual: The points that decided it; None for a pick that is void or pending.
    """

    result: str = PENDING
    actual: int | None = None


def outcome(
    side: str, line: Decimal, *, graded: AccuracyRow | None, played: GameRow | None, over: bool | None
) -> Outcome:
    """Return what became of a pick, from its grade or, before there is one, from the box score (contract B4, B9, B10).

    Args:
        side: ``OVER`` or ``UNDER``.
        line: The line that it was picked against.
        graded: The player's graded forecast of the date.
        played: The player's box score of the date.
        over: Whether the game is final; None when the schedule does not know it.
    """
    if graded is not None and is_void(graded):
        return Outcome(VOID)
    if graded is not None and graded.actual_points is not None:
        # The verdict of the grade is that of this pick only when it is about the same side and line.
        same = graded.recommendation == side and graded.line_value == line
        result = graded_result(graded) if same else against_line(side, graded.actual_points, line)
        return Outcome(result or PENDING, graded.actual_points)
    if played is None or played.is_partial_game_data or over is False:
        return Outcome()
    if did_not_play(played):
        return Outcome(VOID) if over else Outcome()
    points = actual_points(played)
    return Outcome(against_line(side, points, line) or PENDING, points)
