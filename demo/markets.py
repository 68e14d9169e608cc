"""The betting market: consensus point lines, and the bookmakers' offers around them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.box_scores import Appearances
from demo.clock import HOUR_US, MINUTE_US, local_midnights
from demo.league import League
from demo.randomness import Array, stream
from demo.tables.frames import Frame
from exporters.warehouse.tables import PROPS

BOOKMAKERS = ("draftkings", "fanduel", "betmgm", "caesars")

_LOWEST_LINE = 3.5
_LEAST_ESTIMATE = 3.6
_ODDS = np.array([-135, -130, -125, -120, -118, -115, -112, -110, -110, -108, -105, -102, 100, 102, 105, 110, 115])
_OTHER_MARKETS = ("assists", "rebounds")


@dataclass(frozen=True)
class Lines:
    """The market's view of each appearance.

    Attributes:
        points: Consensus points line; 0 without one.
        offered: Whether there is one.
        estimate: The points that the public record suggests, also for players without a line.
    """

    points: Array
    offered: Array
    estimate: Array


def draw_lines(league: League, box: Appearances) -> Lines:
    """Set the lines near each player's rolling averages: mostly half points, sometimes whole ones."""
    rng = stream(league.options.seed, "lines")
    rows = len(box)
    games, mean, recent = box.games_before, box.mean_before, box.recent_before
    reputation = league.players.minutes[box.player] * league.players.rate[box.player]
    season = (games * mean + 6 * reputation) / (games + 6)
    lately = np.where(games >= 5, recent, season)
    estimate = 0.3 * season + 0.25 * lately + 0.45 * box.usual * 0.985 + rng.normal(0, 0.5, rows)
    estimate = np.maximum(estimate, 0.6)
    likely = np.where(estimate >= 5.5, 0.98, np.where(estimate >= _LEAST_ESTIMATE, 0.8, 0.0))
    # A player who was hurt days ago has no line; one who is scratched late still does.
    late_scratch = (box.hurt_for >= 0) & (box.hurt_for <= 1)
    likely = np.where(box.hurt_for < 0, np.where(box.played, likely, likely * 0.3), np.where(late_scratch, 0.25, 0.0))
    offered = box.expected & (rng.random(rows) < likely) & (estimate >= _LEAST_ESTIMATE)
    whole = rng.random(rows) < 0.1
    line = np.where(whole, np.rint(estimate), np.floor(estimate) + 0.5)
    line = np.maximum(line, _LOWEST_LINE)
    return Lines(points=np.where(offered, line, 0.0), offered=offered, estimate=estimate)


def props_frame(league: League, box: Appearances, lines: Lines) -> Frame:
    """Return the offers: two sides of each line at one to three books, some re-quoted, and a few of other markets."""
    rng = stream(league.options.seed, "props")
    lined = np.flatnonzero(lines.offered)
    books = rng.integers(1, 4, len(lined))
    first_book = rng.integers(0, len(BOOKMAKERS), len(lined))
    row = np.repeat(lined, books)
    book = (np.repeat(first_book, books) + _ordinals(books)) % len(BOOKMAKERS)
    is_first = _ordinals(books) == 0
    shift = np.where(is_first, 0.0, rng.choice([0.0, 0.0, 0.0, -0.5, 0.5, -1.0, 1.0], len(row)))
    offer = _sides(rng, row, book, np.maximum(lines.points[row] + shift, 0.5), is_first | (rng.random(len(row)) < 0.35))
    offer["market"] = np.full(len(offer["row"]), "points", dtype=object)
    offer["active"] = rng.random(len(offer["row"])) >= 0.03

    # Re-quoted offers: the older snapshot of the same book stays in the table, often at better odds.
    old = np.flatnonzero(rng.random(len(offer["row"])) < 0.06)
    stale = {name: values[old].copy() for name, values in offer.items()}
    stale["odds"] = np.where(stale["odds"] < 0, np.maximum(stale["odds"] + 215, 100), stale["odds"] + 8)
    stale["hours"] = stale["hours"] + 4

    other = lined[rng.random(len(lined)) < 0.16]
    market = rng.integers(0, 2, len(other))
    # Another market's number often equals the points line: only the market distinguishes the offers.
    number = np.where(
        rng.random(len(other)) < 0.5,
        lines.points[other],
        np.floor(lines.estimate[other] * np.where(market == 0, 0.25, 0.4)) + 0.5,
    )
    extra = _sides(rng, other, rng.integers(0, len(BOOKMAKERS), len(other)), number, np.ones(len(other), dtype=bool))
    extra["market"] = np.repeat(np.array(_OTHER_MARKETS, dtype=object)[market], 2)
    extra["active"] = np.ones(len(extra["row"]), dtype=bool)
    extra["odds"] = np.where(extra["odds"] < 0, np.maximum(extra["odds"] + 235, 100), extra["odds"] + 25)

    parts = [offer, stale, extra]
    every = {name: np.concatenate([part[name] for part in parts]) for name in offer}
    rows = every["row"]
    noon = local_midnights(box.date[rows]) + 12 * HOUR_US
    return Frame(
        PROPS,
        {
            "game_date": box.date[rows],
            "player_lookup": league.players.lookup[box.player[rows]],
            "points_line": every["line"],
            "bet_side": np.where(every["over"], "over", "under").astype(object),
            "odds_american": every["odds"],
            "is_best_line": every["best"],
            "market_type": every["market"],
            "is_active": every["active"],
            "bookmaker": np.array(BOOKMAKERS, dtype=object)[every["book"]],
            "bookmaker_last_update": noon + (every["book"] * 7 + 5) * MINUTE_US - every["hours"] * HOUR_US,
        },
    )


def _ordinals(counts: Array) -> Array:
    """Return 0, 1, … within each group of the given sizes."""
    ends = np.cumsum(counts)
    return np.asarray(np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts))


def _sides(rng: np.random.Generator, row: Array, book: Array, line: Array, best: Array) -> dict[str, Array]:
    """Offer both sides of each line; odds lean one way by a little juice."""
    lean = rng.integers(0, len(_ODDS), len(row))
    over = np.tile([True, False], len(row))
    paired = np.repeat(lean, 2)
    odds = np.where(over, _ODDS[paired], _ODDS[::-1][paired])
    return {
        "row": np.repeat(row, 2),
        "book": np.repeat(book, 2),
        "line": np.repeat(line, 2),
        "over": over,
        "odds": odds,
        "best": np.repeat(best, 2),
        "hours": np.zeros(2 * len(row), dtype=np.int64),
    }
