"""The champion by date: the one place that says whose forecasts the site shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Tenure:
    """The time of a champion, which lasts until the next one begins.

    Attributes:
        first: The first game date whose documents show its forecasts.
        system_id: The model.
    """

    first: date
    system_id: str


CHAMPIONS: tuple[Tenure, ...] = (Tenure(date.min, "catboost_v9"),)
"""The champions, the first one first. Another champion is one more line, with the game date on which it begins.

Earlier dates keep theirs, also where they are exported again; a request may still name any model itself.
"""


def champion_on(day: date, champions: Sequence[Tenure] = CHAMPIONS) -> str:
    """Return the champion of a game date.

    Raises:
        ValueError: The date is before all of them.
    """
    known = [tenure for tenure in champions if tenure.first <= day]
    if not known:
        raise ValueError(f"no champion is known on {day}: the first one begins on {champions[0].first}")
    return max(known, key=_first).system_id


def _first(tenure: Tenure) -> date:
    return tenure.first
