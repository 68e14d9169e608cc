"""The live feed's state of a date's games and players."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from exporters.config import LiveRules
from exporters.declaration import Read, Window
from exporters.league.games.schedule import FINAL, IN_PROGRESS, SCHEDULED, STATUS_NAMES, Game
from exporters.league.nights.night import PlayerNight
from exporters.league.players.aliases import NO_ALIASES, Aliases
from exporters.league.players.identity import lookups_of
from exporters.warehouse.league_rows import LiveBoxScoreRow
from exporters.warehouse.selection import known, latest
from exporters.warehouse.tables import FEED_PLAYERS, LIVE_BOX_SCORES

READS = (
    Read(
        LIVE_BOX_SCORES,
        (
            "game_date",
            "status",
            "period",
            "clock",
            "home_team",
            "visitor_team",
            "team",
            "feed_player_id",
            "first_name",
            "last_name",
            "points",
            "minutes",
        ),
    ),
    Read(FEED_PLAYERS, ("player_lookup", "game_date", "bdl_player_id"), Window.SEASON),
)
SHOOTING = ("fg_made", "fg_attempted", "fg3_made", "fg3_attempted", "ft_made", "ft_attempted")
"""Shots of a player, as feed and documents call them."""
LINE_READS = (
    Read(
        LIVE_BOX_SCORES,
        (
            "feed_game_id",
            "home_score",
            "visitor_score",
            "rebounds",
            "assists",
            "steals",
            "blocks",
            "turnovers",
            *SHOOTING,
        ),
    ),
)
"""The scores of games, and all that the feed counts of a player."""

NO_MINUTES = "0:00"
"""The minutes of a player that the feed has none for."""

_CLOCK = re.compile(r"(?:(?P<minutes>\d{1,2}):)?(?P<seconds>\d{1,2})(?:\.(?P<tenths>\d))?$")
_PERIOD_OVER = re.compile(r"half|end", re.IGNORECASE)

Meeting = frozenset[str]
"""The codes of the two teams of a game; two teams meet once a day."""


def state_of(row: LiveBoxScoreRow) -> int:
    """Return the state of a row's game, as the schedule counts them: 1 scheduled, 2 in progress, 3 final."""
    if "final" in (row.status or "").lower():
        return FINAL
    return IN_PROGRESS if (row.period or 0) > 0 else SCHEDULED


def elapsed_share(period: int | None, clock: str | None, rules: LiveRules) -> Fraction | None:
    """Return the share of a running game that has been played, overtime included; None when the clock cannot be read.

    Args:
        period: 1 is the first; overtime follows the last regular one.
        clock: The time that is left of it, such as ``Q4 5:39`` or ``Q1 33.2``; ``Half`` or ``End`` when it is over.
        rules: How long periods are.
    """
    if period is None or period < 1 or clock is None:
        return None
    extra = max(period - rules.periods, 0)
    length = Fraction(rules.overtime_minutes if extra else rules.period_minutes)
    left = _minutes_left(clock)
    if left is None or left > length:
        return None
    game = rules.periods * rules.period_minutes + extra * rules.overtime_minutes
    before = game - rules.overtime_minutes if extra else (period - 1) * rules.period_minutes
    return (before + length - left) / game


def _minutes_left(clock: str) -> Fraction | None:
    found = _CLOCK.search(clock.strip())
    if found is None or (found["minutes"] is None and found["tenths"] is None):
        return Fraction(0) if _PERIOD_OVER.search(clock) else None
    seconds = 60 * int(found["minutes"] or 0) + int(found["seconds"])
    return Fraction(10 * seconds + int(found["tenths"] or 0), 10 * 60)


def has_minutes(minutes: str | None) -> bool:
    """Whether minutes such as ``34`` or ``0:00`` show that a player played."""
    return re.search(r"[1-9]", minutes or "") is not None


def played_order(minutes: str | None) -> tuple[int, int]:
    """Return a sort key of minutes such as ``34`` or ``28:30``: whole ones and seconds; zeros when unreadable."""
    found = re.fullmatch(r"(?P<minutes>\d{1,3})(?::(?P<seconds>\d{1,2}))?", (minutes or "").strip())
    return (int(found["minutes"]), int(found["seconds"] or 0)) if found else (0, 0)


def minutes_text(minutes: Decimal | None) -> str | None:
    """Return decimal minutes of a box score as the feed writes them, such as ``34:30``; None when unknown."""
    if minutes is None or minutes < 0:
        return None
    tenths = int(10 * minutes)
    return f"{tenths // 10}:{60 * (tenths % 10) // 10:02d}"


class LiveScores:
    """The live feed's games and players of one date."""

    def __init__(
        self, rows: Iterable[LiveBoxScoreRow], day: date, ids: Mapping[int, str], aliases: Aliases = NO_ALIASES
    ) -> None:
        """Find out whose rows they are.

        Args:
            rows: Rows of the feed; those of other dates are left out.
            day: The date.
            ids: The feed's player ids that are known, to player ids. A name decides only where the id is unknown.
            aliases: The other spellings of player ids, which a name of the feed may be.
        """
        ours = [row for row in rows if row.game_date == day]
        self._states: dict[Meeting, int] = {}
        self._listed: dict[Meeting, list[LiveBoxScoreRow]] = defaultdict(list)
        for row in ours:
            meeting = frozenset((row.home_team, row.visitor_team))
            self._states[meeting] = max(state_of(row), self._states.get(meeting, SCHEDULED))
            self._listed[meeting].append(row)
        self._ids, self._aliases = ids, aliases
        self._rows_of: dict[str, list[LiveBoxScoreRow]] = defaultdict(list)
        for row in ours:
            for player in _whose(row, ids, aliases):
                self._rows_of[player].append(row)

    def player(self, player: str) -> LiveBoxScoreRow | None:
        """Return a player's row: that of the game that is farthest on when the player is listed twice."""
        return latest(self._rows_of.get(player, ()), by=_farthest)

    def game(self, meeting: Meeting) -> LiveBoxScoreRow | None:
        """Return a row of a game, for what it says of the game; None when the feed does not list it."""
        return latest(
            self._listed.get(meeting, ()),
            by=lambda row: (state_of(row), known(row.period), known(row.home_score), known(row.visitor_score)),
        )

    def lines(self, meeting: Meeting, names: Mapping[str, str]) -> dict[str, LiveBoxScoreRow]:
        """Return the rows of a game's players, one for each; those without id and without a whole name are left out.

        Args:
            meeting: The teams.
            names: Names of players by id: of the ids that a name may stand for, one of these counts.
        """
        found: dict[str, list[LiveBoxScoreRow]] = defaultdict(list)
        for row in self._listed.get(meeting, ()):
            candidates = _whose(row, self._ids, self._aliases)
            if candidates:
                found[next((player for player in candidates if player in names), candidates[0])].append(row)
        chosen = {player: latest(rows, by=_farthest) for player, rows in found.items()}
        return {player: row for player, row in chosen.items() if row is not None}

    def games(self, scheduled: Iterable[Game]) -> dict[Meeting, str]:
        """Return the state of every game by its teams: by schedule or feed, whichever is farther on.

        Contract P&L L2: of the date's games only, including those that only the schedule lists.
        """
        ranks = {name: rank for rank, name in STATUS_NAMES.items()}
        states = dict(self._states)
        for game in scheduled:
            meeting = frozenset((game.home, game.away))
            states[meeting] = max(ranks[game.status], states.get(meeting, SCHEDULED))
        return {meeting: STATUS_NAMES[state] for meeting, state in states.items()}


def _farthest(row: LiveBoxScoreRow) -> tuple[object, ...]:
    return (state_of(row), known(row.period), known(row.points))


def _whose(row: LiveBoxScoreRow, ids: Mapping[int, str], aliases: Aliases) -> tuple[str, ...]:
    """Return every id that the player of a row may have."""
    found = None if row.feed_player_id is None else ids.get(row.feed_player_id)
    return (found,) if found else tuple(dict.fromkeys(map(aliases.id_of, lookups_of(row.first_name, row.last_name))))


def sightings_of(night: PlayerNight) -> list[list[Any]]:
    """Return the feed's ids of a player, each with an ISO date of the season on which it was his."""
    first = Window.SEASON.first(night.date, night.config.calendar)
    found = {
        (row.bdl_player_id, row.game_date.isoformat())
        for row in night.history.rows(FEED_PLAYERS)
        if row.bdl_player_id is not None and first <= row.game_date <= night.date
    }
    return [[feed_id, day] for feed_id, day in sorted(found)]


def feed_ids(sightings: Iterable[tuple[int, str, str]]) -> dict[int, str]:
    """Return the player of each of the feed's ids: the latest one that used it (contract P&L L11).

    Args:
        sightings: Feed id, ISO date and player id; of one date the lowest player id counts.
    """
    best: dict[int, tuple[str, str]] = {}
    for feed_id, day, player in sightings:
        before = best.get(feed_id)
        if before is None or day > before[0] or (day == before[0] and player < before[1]):
            best[feed_id] = (day, player)
    return {feed_id: player for feed_id, (_, player) in best.items()}
