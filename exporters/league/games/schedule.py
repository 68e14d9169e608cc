"""The games of each date, one entry per game, and the two forms of a game's id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from exporters.config import RULES, LeagueCalendar
from exporters.declaration import Read, Window
from exporters.warehouse.league_rows import ScheduleRow
from exporters.warehouse.schema import Instant
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import SCHEDULE

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

SCHEDULED, IN_PROGRESS, FINAL = RULES.sources.game_statuses
"""Values of ``game_status``."""
STATUS_NAMES = {SCHEDULED: "scheduled", IN_PROGRESS: "in_progress", FINAL: "final"}
"""What documents call them."""
_PRESEASON = "001"
_CANONICAL = re.compile(r"\d{8}_[A-Z0-9]{2,4}_[A-Z0-9]{2,4}")


def canonical_game_id(day: date, away: str, home: str) -> str:
    """Return a game's id in the form that documents use: ``YYYYMMDD_AWAY_HOME``."""
    return f"{_compact(day)}_{away}_{home}"


@lru_cache(maxsize=4_096)
def _compact(day: date) -> str:
    return f"{day:%Y%m%d}"


@lru_cache(maxsize=16_384)
def teams_of(game_id: str) -> tuple[str, str] | None:
    """Return (away, home) of a canonical id; None for any other text, such as the ten-digit official id."""
    if not _CANONICAL.fullmatch(game_id):
        return None
    _, away, home = game_id.split("_")
    return away, home


@dataclass(frozen=True)
class Game:
    """One scheduled game; ``tip_off`` is None when unknown, and so are the scores before play.

    ``is_called_off`` is set by a code above those of the three known statuses, as a feed has for postponed and
    cancelled games. Documents show such a game as scheduled (contract: tonight-and-streaks).
    """

    game_id: str
    official_id: str
    home: str
    away: str
    status: str
    tip_off: Instant | None
    home_score: int | None
    away_score: int | None
    is_called_off: bool = False

    @property
    def is_final(self) -> bool:
        """The game is over."""
        return self.status == STATUS_NAMES[FINAL]


def _canonical_id(row: ScheduleRow) -> str:
    return canonical_game_id(row.game_date, row.away_team_tricode, row.home_team_tricode)


def _game(row: ScheduleRow) -> Game:
    status = STATUS_NAMES.get(row.game_status or 0, STATUS_NAMES[SCHEDULED])
    played = status != STATUS_NAMES[SCHEDULED]
    return Game(
        game_id=_canonical_id(row),
        official_id=row.game_id,
        home=row.home_team_tricode,
        away=row.away_team_tricode,
        status=status,
        tip_off=row.game_date_est,
        home_score=row.home_team_score if played else None,
        away_score=row.away_team_score if played else None,
        is_called_off=(row.game_status or 0) > max(STATUS_NAMES),
    )


def _tip_order(game: Game) -> tuple[bool, int, str]:
    return (game.tip_off is None, game.tip_off or 0, game.game_id)


def _meeting(row: ScheduleRow) -> tuple[date, frozenset[str]]:
    return (row.game_date, frozenset((row.away_team_tricode, row.home_team_tricode)))


def _one_per_meeting(rows: Iterable[ScheduleRow]) -> dict[tuple[date, frozenset[str]], ScheduleRow]:
    return latest_per(rows, key=_meeting, by=lambda row: (known(row.game_status), known(row.processed_at)))


def counts(row: ScheduleRow) -> bool:
    """Whether a game is none of the preseason, whose official ids start with 001."""
    return not row.game_id.startswith(_PRESEASON)


def season_opening(rows: Iterable[ScheduleRow], day: date, calendar: LeagueCalendar) -> date:
    """Return the first date of a season up to ``day`` on which a game counted; its first day before any (contract G-6).

    It is the season of ``day``.
    """
    start = calendar.season_start(day)
    played = (row.game_date for row in rows if start <= row.game_date <= day and counts(row))
    return min(played, default=start)


def first_tips(rows: Iterable[ScheduleRow]) -> dict[date, Instant]:
    """Return when the first game of each date begins, as far as tip-offs are known."""
    tips: dict[date, Instant] = {}
    for row in _one_per_meeting(rows).values():
        if row.game_date_est is not None:
            tips[row.game_date] = min(row.game_date_est, tips.get(row.game_date, row.game_date_est))
    return tips


class Schedule:
    """The games of the dates that were scanned."""

    def __init__(self, rows: Iterable[ScheduleRow]) -> None:
        """Keep one row per date and pair of teams: the highest status, then the newest (contract B1-D3, L12).

        Two teams meet once a day, so rows that disagree about who is at home, or about the official id, are of one
        game; it is found by every id that it ever had.
        """
        every = list(rows)
        games = {meeting: _game(row) for meeting, row in _one_per_meeting(every).items()}
        self._by_date: dict[date, list[Game]] = defaultdict(list)
        self._by_id: dict[tuple[date, str], Game] = {}
        for (day, _), game in games.items():
            self._by_date[day].append(game)
        for found in self._by_date.values():
            found.sort(key=_tip_order)
        for row in every:
            game = games[_meeting(row)]
            for game_id in (_canonical_id(row), row.game_id):
                other = self._by_id.setdefault((row.game_date, game_id), game)
                if game.game_id < other.game_id:
                    self._by_id[row.game_date, game_id] = game

    def on(self, day: date) -> list[Game]:
        """Return the games of a date by tip-off, unknown tip-offs last, then by id."""
        return self._by_date.get(day, [])

    def find(self, day: date, game_id: str, team: str | None = None) -> Game | None:
        """Return the game of a date by either form of its id, or by a team that plays in it; None when unknown."""
        found = self._by_id.get((day, game_id))
        if found is None and team is not None:
            found = next((game for game in self.on(day) if team in (game.home, game.away)), None)
        return found

    def has_begun(self, day: date, now: Instant) -> bool:
        """Whether a game of a date has begun: its status says so, or its tip-off is not after ``now``."""
        return any(
            game.status != STATUS_NAMES[SCHEDULED] or (game.tip_off is not None and game.tip_off <= now)
            for game in self.on(day)
        )
