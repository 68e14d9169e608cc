"""The best current odds on a player's points."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Read
from exporters.league.arithmetic.facts import kept
from exporters.league.arithmetic.numbers import exact, tenths
from exporters.warehouse.league_rows import PropsRow
from exporters.warehouse.selection import latest_per
from exporters.warehouse.tables import PROPS

READS = (
    Read(
        PROPS,
        (
            "player_lookup",
            "game_date",
            "points_line",
            "bet_side",
            "odds_american",
            "is_best_line",
            "market_type",
            "is_active",
            "bookmaker",
            "bookmaker_last_update",
        ),
        equals={"market_type": ("points",)},
    ),
)


class Odds(NamedTuple):
    """American odds of both sides of one line; None without an offer for the side."""

    over: int | None = None
    under: int | None = None


def best_odds(offers: Iterable[PropsRow], line: Decimal) -> Odds:
    """Return the best odds for a points line (contract B1-D5).

    Of each bookmaker's offers on a side only the newest counts, and only active best-line offers take part.
    """
    wanted = tenths(line)
    current = latest_per(
        (
            offer
            for offer in offers
            if offer.is_best_line
            and offer.is_active
            and offer.market_type == "points"
            and _line_tenths(offer.points_line) == wanted
        ),
        key=lambda offer: (offer.bet_side.lower(), offer.bookmaker),
        by=lambda offer: (offer.bookmaker_last_update,),
    )
    least, greatest = RULES.sources.odds
    best: dict[str, int] = {}
    for (side, _), offer in current.items():
        if least <= abs(offer.odds_american) <= greatest:
            best[side] = max(offer.odds_american, best.get(side, -greatest))
    return Odds(best.get("over"), best.get("under"))


@kept
def _line_tenths(line: float | None) -> int | None:
    offered = exact(line)
    return None if offered is None else tenths(offered)
