"""The rows behind the nights: everything on record of one player, and what all players share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from exporters.config import ExportConfig
from exporters.league.arithmetic.facts import fact
from exporters.league.forecasts.grades import Grades
from exporters.league.forecasts.readiness import ScanCounts
from exporters.league.forecasts.runs import CorrectRuns, LineRuns
from exporters.league.games.schedule import Schedule
from exporters.league.games.team_results import TeamResults
from exporters.league.players.bad_games import BadGames
from exporters.league.players.box_scores import BoxScores
from exporters.league.players.defense import Defenses
from exporters.league.players.identity import registry_entry
from exporters.league.players.news import News
from exporters.league.players.ratings import Ratings
from exporters.league.players.shot_profile import ShotZones
from exporters.league.subsets.frozen_picks import PlayerPicks
from exporters.warehouse.league_rows import RegistryRow
from exporters.warehouse.schema import RowT, Table
from exporters.warehouse.tables import (
    ACCURACY,
    DEFENSE,
    FORECAST_TIMES,
    GAMES,
    NEWS_ARTICLES,
    NEWS_INSIGHTS,
    REGISTRY,
    SCHEDULE,
    SHOT_ZONES,
    SUBSET_PICKS,
    SUBSET_VERSIONS,
    TEAM_GAMES,
)

Rows = Mapping[str, Sequence[Any]]
"""Table name to rows."""


class League:
    """What every player's night shares: league-wide tables, counts and configuration."""

    def __init__(self, rows: Rows, scan_counts: ScanCounts, config: ExportConfig) -> None:
        """Keep the league-wide tables that were read; none is looked at before a fact asks for it."""
        self.scan_counts = scan_counts
        self.config = config
        self._rows = rows

    @cached_property
    def schedule(self) -> Schedule:
        """The games of the scanned dates."""
        return Schedule(self._rows.get(SCHEDULE.name, ()))

    @cached_property
    def defenses(self) -> Defenses:
        """The teams' defences."""
        return Defenses(self._rows.get(DEFENSE.name, ()))

    @cached_property
    def ratings(self) -> Ratings:
        """The ratings of the teams' defences."""
        return Ratings(self._rows.get(DEFENSE.name, ()))

    @cached_property
    def results(self) -> TeamResults:
        """Who won the games of the scanned dates."""
        return TeamResults(self._rows.get(TEAM_GAMES.name, ()), self.schedule)

    @cached_property
    def news(self) -> News:
        """The articles."""
        articles, insights = self._rows.get(NEWS_ARTICLES.name, ()), self._rows.get(NEWS_INSIGHTS.name, ())
        return News(articles, insights, self.config.calendar)

    @cached_property
    def frozen_dates(self) -> frozenset[date]:
        """The dates of which a complete version of the subset picks is on record."""
        return frozenset(row.game_date for row in self._rows.get(SUBSET_VERSIONS.name, ()) if row.is_complete)


class PlayerHistory:
    """All rows of one player, every table."""

    def __init__(self, player: str, rows: Rows, config: ExportConfig) -> None:
        """Keep the rows; sorting happens on first use."""
        self.player = player
        self._rows = rows
        self._system_id = config.champion_system_id
        self._calendar = config.calendar
        self._by_day: dict[str, defaultdict[date | None, list[Any]]] = {}
        self._registered: dict[int, RegistryRow | None] = {}

    def rows(self, table: Table[RowT]) -> Sequence[RowT]:
        """Return the rows of a table, in no particular order."""
        return self._rows.get(table.name, ())

    def on(self, table: Table[RowT], day: date | None) -> Sequence[RowT]:
        """Return the rows of a table whose ``game_date`` is ``day``, or null."""
        return self._dated(table).get(day, ())

    def days(self, table: Table[Any]) -> Collection[date | None]:
        """Return every ``game_date`` of a table's rows once, null included."""
        return self._dated(table).keys()

    def _dated(self, table: Table[Any]) -> Mapping[date | None, list[Any]]:
        found = self._by_day.get(table.name)
        if found is None:
            found = self._by_day[table.name] = defaultdict(list)
            for row in self._rows.get(table.name, ()):
                found[row.game_date].append(row)
        return found

    def registry(self, day: date) -> RegistryRow | None:
        """Return the player's registry entry as of a date: the same one all season long."""
        year = self._calendar.season_year(day)
        if year not in self._registered:
            self._registered[year] = registry_entry(self.rows(REGISTRY), self._calendar.season_label(day))
        return self._registered[year]

    @fact
    def box_scores(self) -> BoxScores:
        """The player's games."""
        return BoxScores(self.rows(GAMES), self._calendar)

    @fact
    def bad_games(self) -> BadGames:
        """What followed the player's bad games."""
        return BadGames(self.box_scores)

    @fact
    def shot_zones(self) -> ShotZones:
        """Where the player's shots came from."""
        return ShotZones(self.rows(SHOT_ZONES))

    @fact
    def grades(self) -> Grades:
        """The champion's graded forecasts of the player."""
        return Grades(self.rows(ACCURACY), self._system_id)

    @fact
    def line_runs(self) -> LineRuns:
        """The player's runs of games over or under the line."""
        return LineRuns(self.box_scores)

    @fact
    def correct_runs(self) -> CorrectRuns:
        """The champion's runs of correct forecasts of the player."""
        return CorrectRuns(self.grades, self._calendar)

    @fact
    def forecast_times(self) -> Mapping[tuple[str, str], int]:
        """When the player's forecasts were made, by ISO date and prediction id; read where picks do not hold it."""
        times: dict[tuple[str, str], int] = {}
        for row in self.rows(FORECAST_TIMES):
            key = (row.game_date.isoformat(), row.prediction_id)
            times[key] = max(row.created_at, times.get(key, row.created_at))
        return times

    @fact
    def subset_picks(self) -> PlayerPicks:
        """The player's frozen picks of all subsets."""
        return PlayerPicks(self.player, self.rows(SUBSET_PICKS), self.box_scores, self._system_id)
