"""A player as known on one date."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from exporters.config import RULES, ExportConfig
from exporters.declaration import Read
from exporters.league.arithmetic.facts import fact
from exporters.league.arithmetic.numbers import tenths
from exporters.league.forecasts.features import select_features
from exporters.league.forecasts.forecasts import Forecast, forecast, select_prediction
from exporters.league.forecasts.odds import Odds, best_odds
from exporters.league.forecasts.picks import Outcome, outcome
from exporters.league.forecasts.runs import LineRun
from exporters.league.games.schedule import Game, canonical_game_id, teams_of
from exporters.league.nights.history import League, PlayerHistory
from exporters.league.players.availability import (
    AVAILABLE,
    REPORT_WINDOW,
    Fatigue,
    Injury,
    select_fatigue,
    select_injury,
)
from exporters.league.players.box_scores import Averages, Tally
from exporters.league.players.sparkline import GAMES_SHOWN, Sparkline, mark
from exporters.warehouse.forecast_rows import FeatureRow, PredictionRow
from exporters.warehouse.league_rows import ContextRow, RegistryRow
from exporters.warehouse.selection import known, latest
from exporters.warehouse.tables import CONTEXT, FACTORS, FEATURES, INJURIES, PREDICTIONS, PROPS

CONTEXT_READS = (
    Read(
        CONTEXT,
        (
            "player_lookup",
            "game_id",
            "game_date",
            "team_abbr",
            "opponent_team_abbr",
            "home_game",
            "days_rest",
            "back_to_back",
            "context_version",
            "processed_at",
        ),
    ),
)


class Matchup(NamedTuple):
    """The game that a player is in on a date.

    Attributes:
        game_id: Canonical where the game can be resolved, else as stored.
        team: The player's team; None when no table has it.
        opponent: The other team; None when no table has it.
        is_home: Whether the player's team is at home; None when unknown.
    """

    game_id: str
    team: str | None
    opponent: str | None
    is_home: bool | None


def form_of(last_5: Decimal | None, season: Decimal | None) -> str | None:
    """Return ``Hot``, ``Cold`` or ``Neutral`` of two averages with one decimal; None when either is unknown."""
    if last_5 is None or season is None:
        return None
    difference = tenths(last_5) - tenths(season)
    if abs(difference) < RULES.form.hot_tenths:
        return "Neutral"
    return "Hot" if difference > 0 else "Cold"


class PlayerNight:
    """One player as known on one date.

    Facts are computed on first use and then shared by every document of the run. Box scores and grades are
    those before the date, unless a fact says otherwise.
    """

    def __init__(self, history: PlayerHistory, league: League, day: date, generated_at: str) -> None:
        """Bind a player's history to a date; ``generated_at`` is the request's, as published."""
        self.history = history
        self.league = league
        self.date = day
        self.generated_at = generated_at
        self.player = history.player

    @property
    def config(self) -> ExportConfig:
        """The exporters' configuration."""
        return self.league.config

    @fact
    def registry(self) -> RegistryRow | None:
        """The player's registry entry as of the date."""
        return self.history.registry(self.date)

    @fact
    def name(self) -> str:
        """The display name: by the registry, else by the season's box scores, else the player's id."""
        registered = None if self.registry is None else self.registry.player_name
        return registered or self.history.box_scores.name(self.date) or self.player

    @fact
    def context(self) -> ContextRow | None:
        """Tonight's context: the highest version, then the newest; None for a player without a game tonight."""
        return latest(
            self.history.on(CONTEXT, self.date), by=lambda row: (known(row.context_version), known(row.processed_at))
        )

    @fact
    def matchup(self) -> Matchup | None:
        """The player's game: from tonight's context, else from the box score or the grade of the date, else forecast.

        Contract P3, P4. None for a player without any of these.
        """
        context = self.context
        if context is not None:
            return self._matchup(context.game_id, context.team_abbr, context.opponent_team_abbr, context.home_game)
        played = self.history.box_scores.on(self.date)
        if played is not None:
            return self._matchup(played.game_id, played.team_abbr, played.opponent_team_abbr, None)
        graded = self.history.grades.on(self.date)
        if graded is not None:
            return self._matchup(graded.game_id, graded.team_abbr, graded.opponent_team_abbr, None)
        return None if self.forecast is None else self._matchup(self.forecast.game_id, None, None, None)

    def _matchup(self, game_id: str, team: str | None, opponent: str | None, at_home: bool | None) -> Matchup:
        game: Game | None = self.league.schedule.find(self.date, game_id, team)
        teams = (game.away, game.home) if game else teams_of(game_id)
        if game is not None:
            game_id = game.game_id
        elif teams is None and team is not None and opponent is not None and at_home is not None:
            teams = (opponent, team) if at_home else (team, opponent)
            game_id = canonical_game_id(self.date, *teams)
        if teams is not None and team in teams:
            if at_home is None:
                at_home = team == teams[1]
            if opponent is None:
                opponent = teams[0] if team == teams[1] else teams[1]
        return Matchup(game_id, team, opponent, at_home)

    @fact
    def prediction(self) -> PredictionRow | None:
        """The row that holds the champion's forecast of tonight's game."""
        return select_prediction(
            self.history.on(PREDICTIONS, self.date),
            self.config.champion_system_id,
            self.date,
            self.league.scan_counts.versions,
        )

    @fact
    def forecast(self) -> Forecast | None:
        """The champion's forecast of tonight's game."""
        return None if self.prediction is None else forecast(self.prediction)

    @fact
    def features(self) -> FeatureRow | None:
        """The feature vector of tonight's game."""
        return select_features(self.history.on(FEATURES, self.date))

    @fact
    def game(self) -> Game | None:
        """Tonight's game as scheduled; None when the schedule does not know it."""
        matchup = self.matchup
        return None if matchup is None else self.league.schedule.find(self.date, matchup.game_id, matchup.team)

    @property
    def game_over(self) -> bool | None:
        """Whether tonight's game is final; None when the schedule does not know it."""
        return None if self.game is None else self.game.is_final

    @fact
    def through(self) -> date:
        """The newest date whose games are history: tonight's, once the player's game is final, else the day before."""
        return self.date if self.game_over else self.date - timedelta(days=1)

    def outcome(self, side: str, line: Decimal) -> Outcome:
        """Return what became of a pick on tonight's game.

        Args:
            side: ``OVER`` or ``UNDER``.
            line: The line that it was picked against.
        """
        history = self.history
        return outcome(
            side,
            line,
            graded=history.grades.on(self.date),
            played=history.box_scores.on(self.date),
            over=self.game_over,
        )

    @fact
    def odds(self) -> Odds:
        """The best odds for the forecast's line."""
        if self.forecast is None or self.forecast.line is None:
            return Odds()
        return best_odds(self.history.on(PROPS, self.date), self.forecast.line)

    @fact
    def injury(self) -> Injury:
        """What the last days' reports say about tonight's game; one that names no date may name the game."""
        dated, undated = self.history.on(INJURIES, self.date), self.history.on(INJURIES, None)
        if not dated and not undated:
            return AVAILABLE
        first = REPORT_WINDOW.first(self.date)
        game_id = None if self.matchup is None else self.matchup.game_id
        return select_injury(
            row
            for row in (*dated, *(row for row in undated if row.game_id == game_id and game_id is not None))
            if row.report_date is not None and first <= row.report_date <= self.date
        )

    @fact
    def fatigue(self) -> Fatigue:
        """The player's fatigue tonight."""
        game_id = "" if self.matchup is None else self.matchup.game_id
        return select_fatigue(self.history.on(FACTORS, self.date), game_id)

    @fact
    def season(self) -> Averages:
        """Averages over the season's played games."""
        scores = self.history.box_scores
        return scores.averages(scores.season_span(self.date))

    @fact
    def games_played(self) -> int:
        """Games played this season."""
        first, end = self.history.box_scores.season_span(self.date)
        return end - first

    @property
    def limited_data(self) -> bool:
        """Too few games this season for averages to mean much."""
        return self.games_played < RULES.form.limited_games

    def recent(self, count: int) -> Averages:
        """Return the averages over the newest ``count`` played games, over this season and the last."""
        scores = self.history.box_scores
        return scores.averages(scores.recent_span(count, self.date))

    def tally(self, split: str) -> Tally:
        """Return the season's totals for a split of :meth:`BoxScores.tally`."""
        return self.history.box_scores.tally(split, self.date)

    @fact
    def sparkline(self) -> Sparkline:
        """The newest games before the date, beside the season average."""
        return Sparkline(self.history.box_scores.last(GAMES_SHOWN, self.date, mark), self.season.ppg)

    @fact
    def last_5(self) -> Averages:
        """Averages over the newest five played games."""
        return self.recent(RULES.form.short)

    @fact
    def form(self) -> str | None:
        """How the last five games compare to the season."""
        return form_of(self.last_5.ppg, self.season.ppg)

    @fact
    def run(self) -> LineRun:
        """The current run of games over or under the line, before tonight."""
        return self.history.line_runs.before(self.date)
