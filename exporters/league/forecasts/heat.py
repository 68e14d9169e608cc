"""How hot a player is: one score of the newest games against the line (contract P&L B.3, S11)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from exporters.config import RULES
from exporters.league.arithmetic.numbers import label_of, rounded_ratio
from exporters.league.forecasts.runs import LineRun
from exporters.league.players.box_scores import outcome
from exporters.warehouse.league_rows import GameRow


class Heat(NamedTuple):
    """The score, 0 to 10 with one decimal, and what it is called; both None with too few games."""

    score: Decimal | None
    temperature: str | None


class Margin(NamedTuple):
    """The mean of points minus line, unrounded, and the games that it is taken over."""

    points: Fraction
    games: int


def mean_margin(games: Sequence[GameRow]) -> Margin | None:
    """Return the mean margin over the line of the games that have points and a line; None without any."""
    margins = [row.points - row.points_line for row in games if row.points is not None and row.points_line is not None]
    return Margin(Fraction(sum(margins, Decimal(0))) / len(margins), len(margins)) if margins else None


def hit_rate(games: Sequence[GameRow]) -> Fraction | None:
    """Return the share of games over the line among those that were over or under it; None without any."""
    decided = [found for found in map(outcome, games) if found is not None]
    return Fraction(decided.count("OVER"), len(decided)) if decided else None


def exact_heat(games: Sequence[GameRow], run: LineRun) -> Fraction | None:
    """Return how hot a player is, 0 to 10, unrounded; None with too few games.

    Half of the score is the share of overs, a quarter the length of the run of overs, a quarter the mean margin over
    the line in points.

    Args:
        games: The games with a line that the score looks at.
        run: The current run over or under the line.
    """
    rules = RULES.heat
    margin = mean_margin(games)
    if margin is None or margin.games < rules.min_games:
        return None
    hits = hit_rate(games)
    overs = len(run.games) if run.kind == "OVER" else 0
    return (
        rules.hits_worth * (Fraction(1) / 2 if hits is None else hits)
        + rules.run_worth * min(Fraction(overs, rules.long_run), Fraction(1))
        + rules.margin_worth * min(max((margin.points / rules.wide_margin + 1) / 2, Fraction(0)), Fraction(1))
    )


def heat(games: Sequence[GameRow], run: LineRun) -> Heat:
    """Return how hot a player is, as published.

    Args:
        games: The player's newest games of the season with a line, at most as many as the score looks at.
        run: The current run over or under the line.
    """
    exactly = exact_heat(games, run)
    if exactly is None:
        return Heat(None, None)
    score = rounded_ratio(exactly.numerator, exactly.denominator, 1)
    return Heat(score, None if score is None else label_of(score, RULES.heat.temperatures))
