"""Which players were seen in which tables on a date: what funnel and guard compare.

A roster is a set of players, kept as an integer whose bit ``n`` stands for the ``n``-th player of the whole scan: the
rosters of a season take some hundred kilobytes that way, and differences are one operation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from exporters.declaration import Read
from exporters.warehouse.tables import (
    ACCURACY,
    CONTEXT,
    DAILY_CACHE,
    FACTORS,
    FEATURES,
    GAMES,
    INJURIES,
    PREDICTIONS,
    SHOT_ZONES,
)

EXPECTED, ZONES, CACHE, FATIGUE, FEATURE, READY = "context", "zones", "cache", "composite", "features", "ready"
"""Players in the game context, and those of them for whom each input of a forecast is there."""
PREDICTED, LINED = "predicted", "lined"
"""Players with a standing forecast of the champion, and those of them with a betting line."""
PLAYED, GRADED, OUT = "played", "graded", "out"
"""Players with a box score, with a grade of the champion, and those whom the newest injury report calls out."""

READS: Mapping[str, Read] = {
    EXPECTED: Read(CONTEXT, ("player_lookup", "game_date")),
    ZONES: Read(SHOT_ZONES, ("player_lookup", "analysis_date")),
    CACHE: Read(DAILY_CACHE, ("player_lookup", "cache_date")),
    FATIGUE: Read(FACTORS, ("player_lookup", "game_date")),
    FEATURE: Read(FEATURES, ("player_lookup", "game_date")),
    READY: Read(FEATURES, ("player_lookup", "game_date", "is_quality_ready")),
    PREDICTED: Read(
        PREDICTIONS,
        (
            "player_lookup",
            "game_date",
            "system_id",
            "model_version",
            "is_active",
            "invalidation_reason",
            "prediction_made_before_game",
            "current_points_line",
        ),
    ),
    PLAYED: Read(GAMES, ("player_lookup", "game_date")),
    GRADED: Read(ACCURACY, ("player_lookup", "game_date", "system_id")),
    OUT: Read(
        INJURIES,
        ("player_lookup", "game_date", "injury_status", "report_date", "report_hour", "processed_at"),
    ),
}
"""What each roster is counted from, where a scan has these columns; the one of lines is counted with the forecasts."""


UnusableKind = tuple[str, str, str]
"""A table, a column, and the value there that cannot be used."""


class Unusable(NamedTuple):
    """Rows of one kind that cannot be used, and the lowest of them by player, date and key.

    Attributes:
        rows: Number of rows.
        player: The player; empty for a row without one.
        day: The partition date, ISO; empty when unknown.
        key: What else names the row.
    """

    rows: int
    player: str
    day: str
    key: str

    def and_also(self, other: Unusable) -> Unusable:
        """Return these rows and others of their kind."""
        return Unusable(self.rows + other.rows, *min(self[1:], other[1:]))


@dataclass(frozen=True)
class Rosters:
    """The rosters of the dates of a scan.

    Attributes:
        players: Every player on one of them, ascending.
        seen: Date to roster name to the players on it, as bits. A roster that is not named was not counted.
        withdrawn: Date to player to why the champion's forecast of his game was withdrawn.
        unusable: Rows of the counted tables that cannot be used, whether or not a document reads them.
    """

    players: tuple[str, ...] = ()
    seen: Mapping[date, Mapping[str, int]] = field(default_factory=dict)
    withdrawn: Mapping[date, Mapping[str, str]] = field(default_factory=dict)
    unusable: Mapping[UnusableKind, Unusable] = field(default_factory=dict)

    def on(self, day: date, name: str) -> int | None:
        """Return a roster as bits; None when it was not counted."""
        return self.seen.get(day, {}).get(name)

    def count(self, day: date, name: str) -> int:
        """Return how many players are on a roster; 0 when it was not counted."""
        return (self.on(day, name) or 0).bit_count()

    def named(self, bits: int) -> Iterator[str]:
        """Yield the players of a set of bits, ascending."""
        while bits:
            lowest = bits & -bits
            yield self.players[lowest.bit_length() - 1]
            bits ^= lowest

    def holds(self, day: date, name: str, player: str) -> bool:
        """Whether a player is on a roster."""
        position = self._positions.get(player)
        return position is not None and bool((self.on(day, name) or 0) >> position & 1)

    @cached_property
    def _positions(self) -> Mapping[str, int]:
        return {player: position for position, player in enumerate(self.players)}


def rosters_of(seen: Mapping[date, Mapping[str, Iterable[str]]]) -> Rosters:
    """Return rosters of players by date and name."""
    players = tuple(sorted({player for by_name in seen.values() for found in by_name.values() for player in found}))
    positions = {player: position for position, player in enumerate(players)}
    return Rosters(
        players,
        {
            day: {name: sum(1 << positions[player] for player in set(found)) for name, found in by_name.items()}
            for day, by_name in seen.items()
        },
    )
