"""The games of each date, one entry per game, and the two forms of a game's id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from exporters.declaration import Read, Window
from exporters.league.selection import known, latest_per
from exporters.schema import Instant
from exporters.tables import SCHEDULE, ScheduleRow

READS = (
    Read(
        SCHEDULE,
        (
            "game_date",
            "away_team_tricode",
            "home_team_tricode",
            "game_status",
            "game_date_est",
            "home_team_score",
            "away_team_score",
            "game_id",
            "processed_at",
        ),
        Window.NIGHT,
    ),
)

FINAL = 3
_CANONICAL = re.compile(r"\d{8}_[A-Z0-9]{2,4}_[A-Z0-9]{2,4}")
_STATUS = {1: "scheduled", 2: "in_progress", FINAL: "final"}


def canonical_game_id(day: date, away: str, home: str) -> str:
    """Return a game's id in the form that documents use: ``YYYYMMDD_AWAY_HOME``."""
    return f"{day:%Y%m%d}_{away}_{home}"


def teams_of(game_id: str) -> tuple[str, str] | None:
    """Return (away, home) of a canonical id; None for any other text, such as the ten-digit official id."""
    if not _CANONICAL.fullmatch(game_id):
        return None
    _, away, home = game_id.split("_")
    return away, home


@dataclass(frozen=True)
class Game:
    """One scheduled game; ``tip_off`` is None when unknown, and so are the scores before play."""

    game_id: str
    official_id: str
    home: str
    away: str
    status: str
    tip_off: Instant | None
    home_score: int | None
    away_score: int | None

    @property
    def is_final(self) -> bool:
        """The game is over."""
        return self.status == _STATUS[FINAL]


def _game(row: ScheduleRow) -> Game:
    status = _STATUS.get(row.game_status or 0, "scheduled")
    played = status != "scheduled"
    return Game(
        game_id=canonical_game_id(row.game_date, row.away_team_tricode, row.home_team_tricode),
        official_id=row.game_id,
        home=row.home_team_tricode,
        away=row.away_team_tricode,
        status=status,
        tip_off=row.game_date_est,
        home_score=row.home_team_score if played else None,
        away_score=row.away_team_score if played else None,
    )


def _tip_order(game: Game) -> tuple[bool, int, str]:
    return (game.tip_off is None, game.tip_off or 0, game.game_id)


class Schedule:
    """The games of the dates that were scanned."""

    def __init__(self, rows: Iterable[ScheduleRow]) -> None:
        """Keep one row per date and matchup: the highest status, then the newest (contract B1-D3)."""
        chosen = latest_per(
            rows,
            key=lambda row: (row.game_date, row.away_team_tricode, row.home_team_tricode),
            by=lambda row: (known(row.game_status), row.processed_at),
        )
        self._by_date: dict[date, list[Game]] = defaultdict(list)
        self._by_id: dict[tuple[date, str], Game] = {}
        for row in chosen.values():
            game = _game(row)
            self._by_date[row.game_date].append(game)
            self._by_id[row.game_date, game.game_id] = game
            self._by_id[row.game_date, game.official_id] = game
        for games in self._by_date.values():
            games.sort(key=_tip_order)

    def on(self, day: date) -> list[Game]:
        """Return the games of a date by tip-off, unknown tip-offs last, then by id."""
        return self._by_date.get(day, [])

    def find(self, day: date, game_id: str, team: str | None = None) -> Game | None:
        """Return the game of a date by either form of its id, or by a team that plays in it; None when unknown."""
        found = self._by_id.get((day, game_id))
        if found is None and team is not None:
            found = next((game for game in self.on(day) if team in (game.home, game.away)), None)
        return found

    def is_final(self, day: date, game_id: str) -> bool:
        """Whether the schedule knows this game and says that it is over."""
        game = self._by_id.get((day, game_id))
        return game is not None and game.is_final
