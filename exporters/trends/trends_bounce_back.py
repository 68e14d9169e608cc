"""``trends-bounce-back``: who had a bad game last, and how often such games are answered (contract: site-types E6)."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Grain, Json, Pointer, Window, over
from exporters.league.arithmetic.numbers import exact_ratio, number, plain_ratio, rounded_fraction
from exporters.league.forecasts.rosters import PLAYED
from exporters.league.nights import team_tonight as tonight
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Season
from exporters.league.nights.team_tonight import team_tonight
from exporters.league.players import box_scores
from exporters.league.players.bad_games import Answers, is_bad
from exporters.warehouse.tables import GAMES

BOUNCE_BACK = Export(
    name="trends-bounce-back",
    grain=Grain.SEASON,
    reads=(*tonight.READS, *over(Window.ON_RECORD, *box_scores.READS, *box_scores.WHOLE_READS)),
    path="trends/bounce-back/{date}.json",
    cache=Cache.HOUR,
    pointers=(Pointer("trends/bounce-back.json", Follows.TODAY, Cache.HOUR),),
    counts=("total_candidates",),
    selects_from=frozenset({PLAYED}),
    results_in=GAMES,
)


@BOUNCE_BACK.card
def card(night: PlayerNight) -> Json | None:
    """Condense a player to his answered bad games, and to the one that is not answered yet; None with too few games."""
    scores = night.history.box_scores
    record = scores.whole_between(RULES.sources.first_date, night.date)
    if len(record) < RULES.trends.bounce_back.min_games:
        return None
    answers = night.history.bad_games.answers(night.date)
    return {"bad": answers.bad, "bounced": answers.bounced, "candidate": _candidate(night, answers)}


def _candidate(night: PlayerNight, answers: Answers) -> Json | None:
    rules = RULES.trends.bounce_back
    scores = night.history.box_scores
    average, last = scores.mean_points(scores.season_span(night.date)), night.history.bad_games.last(night.date)
    if night.games_played < rules.min_games or average is None or last is None or last.points is None:
        return None
    if not is_bad(last.points, average):
        return None
    shortfall = average - last.points
    rate = _rate(answers)
    team = team_tonight(night)
    return {
        "shortfall": plain_ratio(shortfall),
        "item": {
            "player_lookup": night.player,
            "player_full_name": night.name,
            "team_abbr": team.team,
            "last_game": {
                "date": last.game_date.isoformat(),
                "result": last.points,
                "opponent": last.opponent_team_abbr,
                "margin": number(rounded_fraction(-shortfall, 1)),
            },
            "season_average": number(night.season.ppg),
            "shortfall": number(rounded_fraction(shortfall, 1)),
            "bounce_back_rate": number(rounded_fraction(rate, 3)),
            "bounce_back_sample": answers.bad,
            "significance": significance(answers.bad, rate),
        },
        "tonight": {
            "playing_tonight": team.plays,
            "tonight": team.game,
            "injury_status": team.injury_status,
        },
    }


def _rate(answers: Answers) -> Fraction | None:
    return Fraction(answers.bounced, answers.bad) if answers.bad >= RULES.trends.bounce_back.min_history else None


def significance(sample: int, rate: Fraction | None) -> str:
    """Return how much a rate says, by the bad games behind it; the least without a rate."""
    rules = RULES.trends.bounce_back
    if rate is None:
        return rules.insignificant
    reached = (label for label, games, least in rules.significance if sample >= games and rate >= least)
    return next(reached, rules.insignificant)


@BOUNCE_BACK.builder
def build(season: Season) -> Json:
    """List the players whose last game was bad, the likeliest to answer it first."""
    cards = season.cards(BOUNCE_BACK)
    ranked = sorted((made for made in cards if made["candidate"] is not None), key=_by_rate)
    return {
        "generated_at": season.generated_at,
        "as_of_date": season.date.isoformat(),
        "shortfall_threshold": RULES.trends.bounce_back.shortfall,
        "total_candidates": len(ranked),
        "bounce_back_candidates": [
            {**made["candidate"]["item"], "rank": rank, **made["candidate"]["tonight"]}
            for rank, made in enumerate(ranked, start=1)
        ],
        "league_baseline": _baseline(cards),
    }


def _by_rate(made: Json) -> tuple[Any, ...]:
    candidate = made["candidate"]
    rate = _rate(Answers(made["bad"], made["bounced"]))
    return (rate is None, -(rate or 0), -exact_ratio(candidate["shortfall"]), candidate["item"]["player_lookup"])


def _baseline(cards: Iterable[Json]) -> Json:
    """Return how often the whole league answers; every bad game counts once (contract E6-4)."""
    found = Answers()
    for made in cards:
        found = found.and_also(Answers(made["bad"], made["bounced"]))
    rate = Fraction(found.bounced, found.bad) if found.bad else None
    return {"avg_bounce_back_rate": number(rounded_fraction(rate, 3)), "sample_size": found.bad}
