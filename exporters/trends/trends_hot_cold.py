"""``trends-hot-cold``: who goes over the line most, and least, these days (contract: site-types E5).

Like every document about trends it ends the day before its date, and is fixed once that day's box scores are complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer
from exporters.league.arithmetic.numbers import exact_ratio, mean_ratio, number, plain_ratio, rounded_fraction
from exporters.league.forecasts.heat import exact_heat, hit_rate, mean_margin
from exporters.league.forecasts.rosters import PLAYED
from exporters.league.forecasts.runs import line_run_of
from exporters.league.nights import team_tonight as tonight
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Season
from exporters.league.nights.team_tonight import team_tonight
from exporters.league.players import box_scores, identity
from exporters.league.players.box_scores import outcome
from exporters.warehouse.tables import GAMES

HOT_COLD = Export(
    name="trends-hot-cold",
    grain=Grain.SEASON,
    reads=(*tonight.READS, *identity.POSITION_READS, *box_scores.WHOLE_READS),
    path="trends/hot-cold/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("trends/whos-hot-v2.json", Follows.TODAY, Cache.HOUR),),
    counts=("total_qualifying_players",),
    selects_from=frozenset({PLAYED}),
    results_in=GAMES,
)


@HOT_COLD.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player's window to its heat; None for a player with too few decided games in it."""
    rules = RULES.trends.hot_cold
    first = night.date - timedelta(days=rules.days)
    games = [row for row in night.history.box_scores.whole_between(first, night.date) if outcome(row) is not None]
    run = line_run_of(games, night.date, night.config.calendar)
    heat, hits, margin = exact_heat(games, run), hit_rate(games), mean_margin(games)
    if len(games) < rules.min_games or heat is None or hits is None or margin is None:
        return None
    team = team_tonight(night)
    return {
        "heat": plain_ratio(heat),
        "hits": plain_ratio(hits),
        "margin": plain_ratio(margin.points),
        "item": {
            "player_lookup": night.player,
            "player_full_name": night.name,
            "team_abbr": team.team,
            "position": None if night.registry is None else night.registry.position,
            "heat_score": number(rounded_fraction(heat, 1)),
            "hit_rate": number(rounded_fraction(hits, 3)),
            "hit_rate_games": len(games),
            "current_streak": len(run.games),
            "streak_direction": None if run.kind is None else run.kind.lower(),
            "avg_margin": number(rounded_fraction(margin.points, 2)),
        },
        "tonight": {
            "playing_tonight": team.plays,
            "tonight": team.game,
            "injury_status": team.injury_status,
        },
    }


@HOT_COLD.builder
def build(season: Season) -> Json:
    """List the hottest players and the coldest; nobody is in both lists (contract E5-2)."""
    rules = RULES.trends.hot_cold
    cards = season.cards(HOT_COLD)
    ranked = sorted(cards, key=_by_heat)
    upper = (len(ranked) + 1) // 2
    hot, cold = ranked[: min(upper, rules.listed)], ranked[: upper - 1 : -1][: rules.listed]
    return {
        "generated_at": season.generated_at,
        "as_of_date": season.date.isoformat(),
        "time_period": f"last_{rules.days}_days",
        "min_games": rules.min_games,
        "total_qualifying_players": len(ranked),
        "hot": _list(hot),
        "cold": _list(cold),
        "league_average": {
            "hit_rate": number(rounded_fraction(mean_ratio(exact_ratio(made["hits"]) for made in cards), 3)),
            "avg_margin": number(rounded_fraction(mean_ratio(exact_ratio(made["margin"]) for made in cards), 2)),
        },
    }


def _by_heat(made: Json) -> tuple[Fraction, Fraction, int, str]:
    item = made["item"]
    heat, margin = exact_ratio(made["heat"]), exact_ratio(made["margin"])
    return (-heat, -margin, -item["hit_rate_games"], item["player_lookup"])


def _list(ranked: Sequence[Json]) -> list[Json]:
    return [{**made["item"], "rank": rank, **made["tonight"]} for rank, made in enumerate(ranked, start=1)]
