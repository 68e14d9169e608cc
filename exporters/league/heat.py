"""How hot a player is: one score of his newest games against the line (contract P&L B.3, S11)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from exporters.config import Bands
from exporters.league.box_scores import outcome
from exporters.league.numbers import label_of, rounded_ratio
from exporters.league.runs import LineRun
from exporters.tables import GameRow

GAMES = 10
"""Newest games with a line that the score looks at."""
MIN_GAMES = 3
"""With fewer of them there is no score (contract P&L S11)."""
LONG_RUN, WIDE_MARGIN = 10, 10
"""Overs in a row, and points above the line, that are worth the whole of their part."""
TEMPERATURES: Bands = (
    ("hot", Decimal("8.0")),
    ("warm", Decimal("6.5")),
    ("neutral", Decimal("4.5")),
    ("cool", Decimal("3.0")),
    ("cold", Decimal(0)),
)


class Heat(NamedTuple):
    """The score, 0 to 10 with one decimal, and what it is called; both None with too few games."""

    score: Decimal | None
    temperature: str | None


def hit_rate(games: Sequence[GameRow]) -> Fraction | None:
    """Return the share of games over the line among those that were over or under it; None without any."""
    decided = [found for found in map(outcome, games) if found is not None]
    return Fraction(decided.count("OVER"), len(decided)) if decided else None


def heat(games: Sequence[GameRow], run: LineRun) -> Heat:
    """Return how hot a player is.

    Half of the score is how often he beat his line, a quarter how long his run of overs is, a quarter by how many
    points he beats the line on average.

    Args:
        games: His newest games of the season with a line, at most :data:`GAMES`.
        run: His current run over or under the line.
    """
    margins = [row.points - row.points_line for row in games if row.points is not None and row.points_line is not None]
    if len(margins) < MIN_GAMES:
        return Heat(None, None)
    hits = hit_rate(games)
    overs = len(run.games) if run.kind == "OVER" else 0
    margin = Fraction(sum(margins, Decimal(0))) / len(margins)
    ten_times = (
        5 * (Fraction(1, 2) if hits is None else hits)
        + Fraction(10, 4) * min(Fraction(overs, LONG_RUN), Fraction(1))
        + Fraction(10, 4) * min(max((margin + WIDE_MARGIN) / (2 * WIDE_MARGIN), Fraction(0)), Fraction(1))
    )
    score = rounded_ratio(ten_times.numerator, ten_times.denominator, 1)
    return Heat(score, None if score is None else label_of(score, TEMPERATURES))
