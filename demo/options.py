"""What to generate, and the check that it can be generated."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from demo.season_calendar import game_dates

LAST_SEASON = 2025
"""Start year of the newest season; earlier seasons are added before it."""

MAX_SEASONS = 5
MIN_PLAYERS = 40


@dataclass(frozen=True)
class DemoOptions:
    """Options of one demo warehouse; equal options give equal bytes.

    Attributes:
        output: Folder of the warehouse. Not part of the content.
        seed: Seed of every random stream.
        seasons: Number of seasons, ending with 2025-26.
        players: Players of one league. Fewer than 450 players make fewer than 30 teams.
        first_date: First date kept in every dated table; None keeps the first season's opening night.
        last_date: The league's "today": its games are not played yet, and nothing later exists. None takes the last
            game date of the last season.
        scale: Multiplies the players; rosters grow, the schedule stays.
        expire: Drop the partitions that the warehouse would have dropped by ``last_date``.
    """

    output: Path = Path(".demo/warehouse")
    seed: int = 11
    seasons: int = 2
    players: int = 481
    first_date: date | None = None
    last_date: date | None = None
    scale: int = 1
    expire: bool = False

    def __post_init__(self) -> None:
        """Reject impossible options.

        Raises:
            OptionsError: Some options are impossible; the message lists all of them.
        """
        problems = list(self._problems())
        if problems:
            raise OptionsError("; ".join(problems))

    @property
    def first_season(self) -> int:
        """Start year of the oldest season."""
        return LAST_SEASON - self.seasons + 1

    @property
    def start_years(self) -> range:
        """Start years of all seasons, oldest first."""
        return range(self.first_season, LAST_SEASON + 1)

    @property
    def today(self) -> date:
        """The league's today: ``last_date``, or the last game date of the last season."""
        return self.last_date or game_dates(LAST_SEASON)[-1]

    def content(self) -> dict[str, str]:
        """Return the options that determine the content, as text; two warehouses with equal content are equal."""
        return {field.name: str(getattr(self, field.name)) for field in fields(self) if field.name != "output"}

    def _problems(self) -> list[str]:
        found = []
        if not 1 <= self.seasons <= MAX_SEASONS:
            found.append(f"seasons must be 1 to {MAX_SEASONS}, not {self.seasons}")
            return found
        if self.players < MIN_PLAYERS:
            found.append(f"players must be at least {MIN_PLAYERS}, not {self.players}")
        if self.scale < 1:
            found.append(f"scale must be at least 1, not {self.scale}")
        if self.seed < 0:
            found.append(f"seed must not be negative, not {self.seed}")
        opening, closing = game_dates(self.first_season)[0], game_dates(LAST_SEASON)[-1]
        for name, day in (("first_date", self.first_date), ("last_date", self.last_date)):
            if day is not None and not opening <= day <= closing:
                found.append(f"{name} must lie in {opening} to {closing}, not {day}")
        if not found and (self.first_date or opening) > self.today:
            found.append(f"first_date {self.first_date} is after last_date {self.today}")
        return found


class OptionsError(ValueError):
    """The options cannot be met; the message names each problem."""
