"""A pick of a subset: the plain values that cards carry, its place among others, and how documents show it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypedDict, TypeVar

from exporters.declaration import Json
from exporters.league.arithmetic.dates import utc
from exporters.league.arithmetic.numbers import exact, number, round_away
from exporters.league.forecasts.picks import LOSS, PUSH, WIN, actual_points, against_line
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.schema import Instant

HIT, MISS = "hit", "miss"
RESULT_WORDS = {WIN: HIT, LOSS: MISS, PUSH: "push"}
"""What the subset documents call the result of a pick (contract C §0.5)."""


class Pick(TypedDict):
    """A pick as documents need it.

    Attributes:
        player_lookup: The player's id.
        player_name: The player's display name.
        system_id: The model that made it.
        team: The player's team; None when no table has it.
        opponent: The other team; None when no table has it.
        prediction_id: The forecast that it came from.
        predicted_points: Forecast points.
        current_points_line: The line that it is against.
        recommendation: ``OVER`` or ``UNDER``; frozen rows may hold other words, which are shown and never graded.
        edge: Absolute difference of forecast and line.
        composite_score: Ten times the edge plus half the confidence; frozen rows may lack it.
        prediction_created_at: When the forecast was made, in microseconds; None when unknown.
        actual: Points scored; None before they are known, and when the player did not play.
        result: ``hit``, ``miss`` or ``push``; None without ``actual``.
    """

    player_lookup: str
    player_name: str
    system_id: str
    team: str | None
    opponent: str | None
    prediction_id: str | None
    predicted_points: float
    current_points_line: float
    recommendation: str
    edge: float
    composite_score: float | None
    prediction_created_at: int | None
    actual: int | None
    result: str | None


PickT = TypeVar("PickT", bound=Pick)


def grade(side: str | None, line: Decimal | float | None, box_score: GameRow | None) -> tuple[int | None, str | None]:
    """Return (actual, result) of a pick; a player who did not play leaves both None (contract C §0.5, G-5, S-3)."""
    actual = actual_points(box_score)
    result = against_line(side, actual, line)
    return actual, None if result is None else RESULT_WORDS[result]


def edge_of(points: Decimal, line: Decimal) -> Decimal:
    """Return the absolute difference of forecast and line, one decimal (contract C §0.5)."""
    return round_away(abs(points - line), 1)


def in_order(picks: Iterable[PickT]) -> list[PickT]:
    """Return picks by composite, then edge, both descending, then player and forecast (contract G-10)."""
    return sorted(picks, key=_order)


def _order(pick: Pick) -> tuple[Any, ...]:
    return (-(pick["composite_score"] or 0.0), -pick["edge"], pick["player_lookup"], pick["prediction_id"] or "")


def one_per_player(picks: Iterable[PickT]) -> list[PickT]:
    """Return picks in order, of each player the first (contract P-8, S-1)."""
    chosen: dict[str, PickT] = {}
    for pick in in_order(picks):
        chosen.setdefault(pick["player_lookup"], pick)
    return list(chosen.values())


def pick_fields(pick: Pick) -> Json:
    """Return a pick as the documents of a date and of a season show it (contract C §2.3, P-4, S-4)."""
    created = pick["prediction_created_at"]
    return {
        "player_lookup": pick["player_lookup"],
        "player": pick["player_name"],
        "team": pick["team"],
        "opponent": pick["opponent"],
        "prediction": _one_decimal(pick["predicted_points"]),
        "line": _one_decimal(pick["current_points_line"]),
        "direction": pick["recommendation"],
        "created_at": None if created is None else utc(Instant(created)).isoformat(),
        "actual": pick["actual"],
        "result": pick["result"],
    }


def _one_decimal(value: float) -> float | None:
    written = exact(value)
    return None if written is None else number(round_away(written, 1))
