"""The game that a player's team plays tonight, whether or not the player is expected in it (contract E-X2, E-X9)."""

from __future__ import annotations

from typing import NamedTuple

from exporters.declaration import Json
from exporters.league.arithmetic.dates import clock_text
from exporters.league.games import schedule
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.players import availability, box_scores, identity

READS = (
    *schedule.READS,
    *CONTEXT_READS,
    *availability.INJURY_READS,
    *box_scores.READS,
    *identity.READS,
)


class TeamTonight(NamedTuple):
    """A player's team on a date, and its game.

    Attributes:
        team: The team of tonight's context, else of the newest played game before the date; None without either.
        opponent: The other team; None when the team does not play, like everything below.
        game_time: Tip-off on the clock of the league, as text; None when unknown.
        is_home: Whether the team is at home.
        injury_status: What was last reported about the player and this game.
    """

    team: str | None
    opponent: str | None = None
    game_time: str | None = None
    is_home: bool | None = None
    injury_status: str | None = None

    @property
    def plays(self) -> bool:
        """The team plays on the date."""
        return self.opponent is not None

    @property
    def game(self) -> Json | None:
        """The game as trends show it."""
        if not self.plays:
            return None
        return {"opponent": self.opponent, "game_time": self.game_time, "home": self.is_home}


def team_tonight(night: PlayerNight) -> TeamTonight:
    """Return a player's team on the date of a night, and its game."""
    team = team_of(night)
    if team is None:
        return TeamTonight(None)
    games = night.league.schedule.on(night.date)
    game = next((game for game in games if team in (game.home, game.away)), None)
    if game is None:
        return TeamTonight(team)
    matchup = None if night.context is None else night.matchup
    at_home = None if matchup is None else matchup.is_home
    return TeamTonight(
        team=team,
        opponent=game.away if team == game.home else game.home,
        game_time=clock_text(game.tip_off, night.config.calendar),
        is_home=team == game.home if at_home is None else at_home,
        injury_status=night.injury.status,
    )


def team_of(night: PlayerNight) -> str | None:
    """Return the player's team as of a date, which a trade changes with the first game that is expected or played."""
    if night.context is not None:
        return night.context.team_abbr
    scores = night.history.box_scores
    first, end = scores.recent_span(1, night.date)
    return scores.played[first].team_abbr if first < end else None
