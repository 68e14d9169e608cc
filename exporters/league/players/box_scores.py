"""A player's box scores: one row per game, in order, with running totals that answer any window in constant time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar

from exporters.config import RULES, LeagueCalendar
from exporters.declaration import Read, Window
from exporters.league.arithmetic.facts import fact
from exporters.league.arithmetic.numbers import rounded_ratio, tenths
from exporters.league.games.schedule import Schedule, teams_of
from exporters.league.players.game_views import GameViews
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import GAMES

HISTORY = Window.TWO_SEASONS
"""How far back games are looked at: the newest ten are of these seasons or there are fewer (contract B1.2)."""
READS = (
    Read(
        GAMES,
        (
            "player_lookup",
            "game_date",
            "game_id",
            "team_abbr",
            "opponent_team_abbr",
            "points",
            "minutes_played",
            "points_line",
            "is_dnp",
            "is_active",
            "processed_at",
        ),
        HISTORY,
    ),
)
WHOLE_READS = (Read(GAMES, ("player_lookup", "game_date", "is_partial_game_data"), HISTORY),)
"""What tells whole box scores from those of games under way."""
NIGHT_READS = (
    Read(
        GAMES,
        (
            "player_lookup",
            "game_date",
            "game_id",
            "team_abbr",
            "opponent_team_abbr",
            "points",
            "minutes_played",
            "is_dnp",
            "is_active",
            "is_partial_game_data",
            "processed_at",
        ),
    ),
)
"""The box score of the date itself: teams, and the values that decide a pick."""
SHOOTING_READS = (
    Read(
        GAMES,
        (
            "player_lookup",
            "fg_makes",
            "fg_attempts",
            "three_pt_makes",
            "three_pt_attempts",
            "ft_makes",
            "ft_attempts",
        ),
        HISTORY,
    ),
)

BOX_READS = (
    Read(
        GAMES,
        (
            "player_lookup",
            "offensive_rebounds",
            "defensive_rebounds",
            "assists",
            "steals",
            "blocks",
            "turnovers",
            "dnp_reason",
        ),
        HISTORY,
    ),
)

ViewT = TypeVar("ViewT")

_DATE, _GAME = attrgetter("game_date"), attrgetter("game_date", "game_id")


def outcome(row: GameRow) -> str | None:
    """Return ``OVER`` or ``UNDER``; None for a push, a missing line, missing points or a game not played.

    Recomputed, because the stored result calls a push OVER (contract B2-D20).
    """
    if row.points is None or row.points_line is None or not was_played(row) or row.points == row.points_line:
        return None
    return "OVER" if row.points > row.points_line else "UNDER"


def was_played(row: GameRow) -> bool:
    """Whether the player took part; null flags count as played (contract B1-D9)."""
    return row.points is not None and not row.is_dnp and row.is_active is not False


def played_at_home(row: GameRow, schedule: Schedule | None = None) -> bool | None:
    """Return whether the player's team was the home team; None when unknown (contract P&L §2.2).

    Args:
        row: The game.
        schedule: Where a game is looked up when its id is not enough, if the dates around it were scanned.
    """
    teams = teams_of(row.game_id)
    if teams is None and schedule is not None:
        game = schedule.find(row.game_date, row.game_id, row.team_abbr)
        teams = None if game is None else (game.away, game.home)
    return None if teams is None or row.team_abbr not in teams else teams[1] == row.team_abbr


def rest_gaps(played: Iterable[GameRow], calendar: LeagueCalendar) -> Iterator[int | None]:
    """Yield, for played games in order, the calendar days since the one before (contract P&L §2.3).

    None for the first game of a season: the gap counts nights, and summers are not rest.
    """
    previous: date | None = None
    for row in played:
        day = row.game_date
        is_first = previous is None or calendar.season_year(previous) != calendar.season_year(day)
        yield None if previous is None or is_first else (day - previous).days
        previous = day


class Tally(NamedTuple):
    """Totals over some played games.

    Attributes:
        games: Played games.
        points: Their points.
        overs: Games over the line.
        decided: Games over or under the line.
    """

    games: int = 0
    points: int = 0
    overs: int = 0
    decided: int = 0

    @property
    def ppg(self) -> Decimal | None:
        """Points per game, one decimal."""
        return rounded_ratio(self.points, self.games, 1)

    @property
    def over_rate(self) -> Decimal | None:
        """Share of decided games over the line, three decimals."""
        return rounded_ratio(self.overs, self.decided, 3)


def tally_of(played: Iterable[GameRow]) -> Tally:
    """Return the totals over some played games."""
    games = list(played)
    outcomes = [outcome(row) for row in games]
    return Tally(
        games=len(games),
        points=sum(row.points or 0 for row in games),
        overs=outcomes.count("OVER"),
        decided=len(outcomes) - outcomes.count(None),
    )


def mean_of(games: Sequence[GameRow]) -> Fraction | None:
    """Return points per game of some played games, unrounded; None without any."""
    return Fraction(sum(row.points or 0 for row in games), len(games)) if games else None


class Averages(NamedTuple):
    """Points and minutes per game, one decimal; None without games."""

    ppg: Decimal | None
    mpg: Decimal | None


class _Known(NamedTuple):
    """Positions in ``rows`` and ``played``: where those before a date end, its season begins, and they are recent."""

    rows: int
    played: int
    season: int
    oldest_row: int
    oldest: int


class BoxScores:
    """All games of one player, oldest first.

    ``rows`` holds every game, did-not-play rows included; ``played`` only those in which the player took part. Every
    lookup is as of a date and sees only games before it, from :data:`HISTORY` on: a run over many dates has
    read more than the date alone would, and must not show it.
    """

    def __init__(self, rows: Iterable[GameRow], calendar: LeagueCalendar) -> None:
        """Keep the newest row of each game (contract B1-D11).

        The date is part of the key, so that a row of a later date never hides one that was known before.
        """
        self.calendar, self._season_start = calendar, calendar.season_start
        chosen = latest_per(
            rows,
            key=_GAME,
            by=lambda row: (known(row.processed_at),),
            ties=(*READS[0].columns, *SHOOTING_READS[0].columns),
        )
        self.rows = sorted(chosen.values(), key=_GAME)
        self.played = [row for row in self.rows if was_played(row)]
        self._dates = list(map(_DATE, self.rows))
        self._played_dates = list(map(_DATE, self.played))
        self._views: dict[Callable[[GameRow], Any], GameViews[Any]] = {}
        self._seasons: dict[date, SeasonGames] = {}
        self._firsts: dict[date, tuple[int, int, int]] = {}
        self._day, self._held = date.min, _Known(0, 0, 0, 0, 0)

    def last(self, count: int, day: date, view: Callable[[GameRow], ViewT]) -> list[ViewT]:
        """Return a view of the newest ``count`` games before a date, newest first, did-not-play rows included.

        A game is viewed once, however many nights show it: a view must depend on nothing but its row, and must not be
        changed by the caller.
        """
        known = self._known(day)
        first, end = max(known.rows - count, known.oldest_row), known.rows
        if view not in self._views:
            self._views[view] = GameViews(view, self.rows, end)
        return self._views[view].newest_first(first, end)

    def on(self, day: date) -> GameRow | None:
        """Return the game of a date itself; the last one should a date have two."""
        end = bisect_left(self._dates, day)
        found = None
        while end < len(self.rows) and self._dates[end] == day:
            found = self.rows[end]
            end += 1
        return found

    def name(self, day: date) -> str | None:
        """Return the player's name by the newest of the season's box scores up to a date that has one.

        A name is no outcome: the box score of the date itself may tell it.
        """
        season = self.between(self._season_start(day), day)
        return next((row.player_full_name for row in reversed(season) if row.player_full_name), None)

    def between(self, first: date, last: date) -> list[GameRow]:
        """Return every game from ``first`` to ``last``, both included, oldest first."""
        return self.rows[bisect_left(self._dates, first) : bisect_right(self._dates, last)]

    def played_between(self, first: date, last: date) -> list[GameRow]:
        """Return the played games from ``first`` to ``last``, both included, oldest first."""
        return self.played[bisect_left(self._played_dates, first) : bisect_right(self._played_dates, last)]

    def whole_between(self, first: date, day: date) -> list[GameRow]:
        """Return the played games from ``first`` to the day before ``day`` whose box scores are whole, oldest first."""
        return [row for row, _ in self.rested_between(first, day)]

    def rested_between(self, first: date, day: date) -> list[tuple[GameRow, int | None]]:
        """Return the games of :meth:`whole_between`, each with its gap of :func:`rest_gaps`."""
        start, end = bisect_left(self._played_dates, first), bisect_left(self._played_dates, day)
        pairs = zip(self.played[start:end], self._gaps[start:end], strict=True)
        return [(row, gap) for row, gap in pairs if not row.is_partial_game_data]

    @fact
    def _points(self) -> list[int]:
        return [0, *accumulate(row.points or 0 for row in self.played)]

    @fact
    def _minutes(self) -> tuple[list[int], list[int]]:
        """Running totals of tenths of minutes, and of the games that have any."""
        tenths_of = [None if row.minutes_played is None else tenths(row.minutes_played) for row in self.played]
        timed = (value is not None for value in tenths_of)
        return [0, *accumulate(value or 0 for value in tenths_of)], [0, *accumulate(timed)]

    @fact
    def _gaps(self) -> list[int | None]:
        return list(rest_gaps(self.played, self.calendar))

    def season_span(self, day: date) -> tuple[int, int]:
        """Return the positions in ``played`` of the season's games before a date."""
        known = self._known(day)
        return known.season, known.played

    def recent_span(self, count: int, day: date) -> tuple[int, int]:
        """Return the positions in ``played`` of the newest ``count`` games before a date, over both seasons."""
        known = self._known(day)
        return max(known.played - count, known.oldest), known.played

    def _known(self, day: date) -> _Known:
        """Return what is known before a date; the facts of one night are asked for in a row."""
        if day is not self._day and day != self._day:
            start = self._season_start(day)
            if start not in self._firsts:
                horizon = HISTORY.first(day, self.calendar)
                self._firsts[start] = (
                    bisect_left(self._played_dates, start),
                    bisect_left(self._dates, horizon),
                    bisect_left(self._played_dates, horizon),
                )
            rows, played = bisect_left(self._dates, day), bisect_left(self._played_dates, day)
            self._day, self._held = day, _Known(rows, played, *self._firsts[start])
        return self._held

    def mean_points(self, span: tuple[int, int]) -> Fraction | None:
        """Return points per game over a span, unrounded; None without games."""
        first, end = span
        return Fraction(self._points[end] - self._points[first], end - first) if end > first else None

    def averages(self, span: tuple[int, int]) -> Averages:
        """Return points and minutes per game over a span; games without minutes do not count for minutes."""
        first, end = span
        minutes, timed = self._minutes
        return Averages(
            rounded_ratio(self._points[end] - self._points[first], end - first, 1),
            rounded_ratio(minutes[end] - minutes[first], 10 * (timed[end] - timed[first]), 1),
        )

    def tally(self, split: str, day: date) -> Tally:
        """Return the season's totals before a date for one split.

        Args:
            split: ``home``, ``away``, ``back_to_back``, ``normal`` (not back-to-back), ``rested``, or ``vs:LAL`` for
                the games against one team.
            day: The date.
        """
        first, end = self.season_span(day)
        return self.season(day).tally(split, end - first)

    def season(self, day: date) -> SeasonGames:
        """Return the games of the season of a date, later ones included."""
        start = self._season_start(day)
        if start not in self._seasons:
            first, end = (bisect_left(self._played_dates, bound) for bound in (start, self._season_start(day, -1)))
            self._seasons[start] = SeasonGames(self.played[first:end], self.calendar)
        return self._seasons[start]


class SeasonGames:
    """The played games of one season, oldest first: what no document of another season needs."""

    def __init__(self, played: Sequence[GameRow], calendar: LeagueCalendar) -> None:
        """Keep the games, and the calendar of their league."""
        self.played, self._calendar = played, calendar
        self._splits: dict[str, tuple[Sequence[int], Sequence[Tally]]] = {}

    def tally(self, split: str, count: int) -> Tally:
        """Return the totals of the first ``count`` games for a split of :meth:`BoxScores.tally`."""
        if split not in self._splits:
            self._splits[split] = self._tallied(split)
        positions, tallies = self._splits[split]
        return tallies[bisect_left(positions, count)]

    def _tallied(self, split: str) -> tuple[Sequence[int], Sequence[Tally]]:
        """Return the positions of a split's games, and the totals before the first one and after each."""
        positions = self._positions.get(split, ())
        tallies = [Tally()]
        for i in positions:
            games, points, overs, decided = tallies[-1]
            found, points = self.outcomes[i], points + (self.played[i].points or 0)
            tallies.append(Tally(games + 1, points, overs + (found == "OVER"), decided + (found is not None)))
        return positions, tallies

    @fact
    def outcomes(self) -> list[str | None]:
        """The :func:`outcome` of each game."""
        return [outcome(row) for row in self.played]

    @fact
    def _positions(self) -> Mapping[str, Sequence[int]]:
        """The positions of the games of each split."""
        positions: dict[str, list[int]] = defaultdict(list)
        rest = RULES.rest
        for i, (row, gap) in enumerate(zip(self.played, rest_gaps(self.played, self._calendar), strict=True)):
            at_home = played_at_home(row)
            if at_home is not None:
                positions["home" if at_home else "away"].append(i)
            positions[f"vs:{row.opponent_team_abbr}"].append(i)
            positions["back_to_back" if gap == rest.back_to_back else "normal"].append(i)
            if gap is not None and gap >= rest.well_rested:
                positions["rested"].append(i)
        return positions
