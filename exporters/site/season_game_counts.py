"""``season-game-counts``: the number of games of each date of the season (contract: site-types L1)."""

from __future__ import annotations

from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.arithmetic.dates import iso
from exporters.league.games import game_counts
from exporters.league.games.game_counts import GameCounts
from exporters.league.nights.slate import Season
from exporters.warehouse.tables import SCHEDULE

SEASON_GAME_COUNTS = Export(
    name="season-game-counts",
    grain=Grain.SEASON,
    reads=game_counts.SEASON_READS,
    path="schedule/game-counts.json",
    cache=Cache.HALF_HOUR,
    counts=("dates",),
)


@SEASON_GAME_COUNTS.builder
def build(season: Season) -> Json:
    """List every date of the season with games, oldest first, and the ones next to the league day.

    Raises:
        WouldBeEmpty: The schedule has no game of the season.
    """
    counts = GameCounts(season.rows(SCHEDULE), season.date, season.config).season()
    past = [day for day in counts if day <= season.date]
    to_come = [day for day in counts if day > season.date]
    return {
        "season": season.config.calendar.season_label(season.date),
        "updated_at": season.generated_at,
        "last_game_date": iso(max(past)) if past else None,
        "next_game_date": iso(min(to_come)) if to_come else None,
        "dates": {iso(day): count for day, count in counts.items()},
    }
