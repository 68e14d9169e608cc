"""``calendar``: the number of games of each date around the league day (contract: site-types E1)."""

from __future__ import annotations

from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.arithmetic.dates import iso
from exporters.league.games import game_counts
from exporters.league.games.game_counts import GameCounts
from exporters.league.nights.slate import Season
from exporters.warehouse.tables import SCHEDULE

CALENDAR = Export(
    name="calendar",
    grain=Grain.SEASON,
    reads=game_counts.READS,
    path="calendar/game-counts.json",
    cache=Cache.HALF_HOUR,
)


@CALENDAR.builder
def build(season: Season) -> Json:
    """Return the number of games by date, newest date first; every key is a date, so that there is no time of export.

    Raises:
        WouldBeEmpty: The schedule lacks the games of a season that runs.
    """
    counts = GameCounts(season.rows(SCHEDULE), season.date, season.config).around()
    return {iso(day): counts[day] for day in sorted(counts, reverse=True)}
