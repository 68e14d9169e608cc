"""``trends-team``: which teams play fast, defend well, need their home and tire (contract: site-types E8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer
from exporters.league.arithmetic.numbers import mean_ratio, number, rounded_fraction
from exporters.league.games import team_games
from exporters.league.games.team_games import TeamGames
from exporters.league.nights.slate import Season
from exporters.league.players.defense import ZONE_READS, newest_analyses
from exporters.warehouse.league_rows import DefenseRow, TeamGameRow
from exporters.warehouse.tables import DEFENSE, SCHEDULE, TEAM_GAMES

_RULES = RULES.trends.team

TEAM = Export(
    name="trends-team",
    grain=Grain.SEASON,
    reads=(*team_games.reads(_RULES.rest_days), *ZONE_READS),
    path="trends/team-tendencies/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("trends/team-tendencies.json", Follows.TODAY, Cache.HALF_DAY),),
    counts=("pace.kings", "defense_by_zone.paint.best", "home_away.home_dominant", "back_to_back.vulnerable"),
    results_in=TEAM_GAMES,
)


class Ranked(NamedTuple):
    """A team's place in a ranking: by its value, and what is shown of it."""

    team: str
    value: Fraction
    entry: Json


def ends(found: Iterable[Ranked]) -> tuple[list[Ranked], list[Ranked]]:
    """Return the teams with the greatest values, greatest first, and those with the least, least first.

    A list takes at most half of the teams, so that nobody is in both (contract E8-1). Equal teams are ordered by code.
    """
    ranked = sorted(found, key=lambda one: (-one.value, one.team))
    size = min(_RULES.listed, len(ranked) // 2)
    least = sorted(ranked[len(ranked) - size :], key=lambda one: (one.value, one.team))
    return ranked[:size], least


@TEAM.builder
def build(season: Season) -> Json:
    """Rank the teams."""
    first = season.date - timedelta(days=_RULES.rest_days)
    games = TeamGames(season.rows(TEAM_GAMES), season.rows(SCHEDULE), first, season.date, season.config.calendar)

    def since(days: int) -> Mapping[str, Sequence[TeamGameRow]]:
        return games.since(season.date - timedelta(days=days))

    analyses = newest_analyses(season.rows(DEFENSE), season.date)
    return {
        "generated_at": season.generated_at,
        "as_of_date": season.date.isoformat(),
        "pace": _pace(since(_RULES.pace_days)),
        "defense_by_zone": {
            "paint": _zone(analyses, lambda row: row.paint_pct_allowed_last_15, "at the rim"),
            "perimeter": _zone(analyses, lambda row: row.three_pt_pct_allowed_last_15, "from three"),
        },
        "home_away": _home_away(since(_RULES.place_days)),
        "back_to_back": _back_to_back(games.since(first), games),
    }


def _points(rows: Iterable[TeamGameRow]) -> list[Fraction]:
    return [Fraction(row.points_scored) for row in rows if row.points_scored is not None]


def _pace(by_team: Mapping[str, Sequence[TeamGameRow]]) -> Json:
    """Rank teams by possessions per game; one whose pace is not known often enough is left out (contract E8-5)."""
    found = {}
    for team, rows in by_team.items():
        paced = [row for row in rows if row.pace is not None]
        mean = mean_ratio(Fraction(row.pace) for row in paced if row.pace is not None)
        if mean is not None and len(paced) >= _RULES.min_pace_games:
            found[team] = (mean, paced)
    average = mean_ratio(mean for mean, _ in found.values())
    ranked = [
        Ranked(
            team,
            mean,
            {
                "team": team,
                "pace": number(rounded_fraction(mean, 2)),
                "games": len(paced),
                "avg_points": number(rounded_fraction(mean_ratio(_points(paced)), 1)),
                "vs_league": number(rounded_fraction(None if average is None else mean - average, 2)),
            },
        )
        for team, (mean, paced) in found.items()
    ]
    kings, grinders = ends(ranked)
    return {
        "kings": _list(kings, "Fast games, more shots for everybody"),
        "grinders": _list(grinders, "Slow games, fewer shots for everybody"),
        "league_average": number(rounded_fraction(average, 2)),
    }


def _list(ranked: Iterable[Ranked], insight: str) -> list[Json]:
    return [{**one.entry, "insight": insight} for one in ranked]


def _zone(analyses: Mapping[str, DefenseRow], allowed: Callable[[DefenseRow], Decimal | None], where: str) -> Json:
    """Rank teams by the share of shots that they let in; one without it is left out (contract E8-4)."""
    ranked = [
        Ranked(
            team,
            Fraction(share),
            {
                "team": team,
                "dfg_pct": number(rounded_fraction(100 * Fraction(share), 1)),
                "opp_ppg": number(row.opponent_points_per_game),
                "games": row.games_in_sample,
            },
        )
        for team, row in analyses.items()
        if (share := allowed(row)) is not None
    ]
    worst, best = ends(ranked)
    return {
        "best": _list(best, f"Hard to score against {where}"),
        "worst": _list(worst, f"Gives up points {where}"),
    }


def _home_away(by_team: Mapping[str, Sequence[TeamGameRow]]) -> Json:
    ranked = []
    for team, rows in by_team.items():
        home = _points(row for row in rows if row.home_game is True)
        away = _points(row for row in rows if row.home_game is False)
        at_home, on_road = mean_ratio(home), mean_ratio(away)
        if at_home is None or on_road is None or min(len(home), len(away)) < _RULES.min_place_games:
            continue
        entry = {
            "team": team,
            "home_ppg": number(rounded_fraction(at_home, 1)),
            "away_ppg": number(rounded_fraction(on_road, 1)),
            "differential": number(rounded_fraction(at_home - on_road, 1)),
        }
        ranked.append(Ranked(team, at_home - on_road, entry))
    dominant, warriors = ends(ranked)
    return {
        "home_dominant": _by_sign(
            dominant, "Scores more at home", "Scores as much on the road", "Scores more on the road"
        ),
        "road_warriors": _by_sign(
            warriors, "Loses little on the road", "Scores as much on the road", "Scores more on the road"
        ),
    }


def _back_to_back(by_team: Mapping[str, Sequence[TeamGameRow]], games: TeamGames) -> Json:
    ranked = []
    for team, rows in by_team.items():
        gaps = [(row, games.gap(row)) for row in rows]
        tired = _points(row for row, gap in gaps if gap == RULES.rest.back_to_back)
        rested = _points(row for row, gap in gaps if gap is not None and gap > RULES.rest.back_to_back)
        second, others = mean_ratio(tired), mean_ratio(rested)
        if second is None or others is None:
            continue
        if len(tired) < _RULES.min_tired_games or len(rested) < _RULES.min_rested_games:
            continue
        entry = {
            "team": team,
            "b2b_ppg": number(rounded_fraction(second, 1)),
            "rested_ppg": number(rounded_fraction(others, 1)),
            "impact": number(rounded_fraction(second - others, 1)),
            "b2b_games": len(tired),
        }
        ranked.append(Ranked(team, second - others, entry))
    resilient, vulnerable = ends(ranked)
    night = "on the second night"
    return {
        "vulnerable": _by_sign(vulnerable, f"Scores more {night}", f"Scores as much {night}", f"Scores less {night}"),
        "resilient": _by_sign(resilient, f"Scores more {night}", f"Scores as much {night}", f"Loses little {night}"),
    }


def _by_sign(ranked: Iterable[Ranked], more: str, same: str, less: str) -> list[Json]:
    """Return the entries, each with what its own sign says, whatever list it is in (contract E8-2)."""
    return [{**one.entry, "insight": more if one.value > 0 else less if one.value < 0 else same} for one in ranked]
