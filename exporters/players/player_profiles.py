"""``player-profiles``: how well we forecast each player, and ``player-index``: who has one (contract: P&L A).

The figures are those of the champion alone (contract P2).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json, Window, over
from exporters.league.arithmetic.numbers import label_of, number, percent_text, round_away, rounded_ratio
from exporters.league.forecasts import track_record
from exporters.league.forecasts.track_record import Calls, TrackRecord
from exporters.league.games import schedule, team_results
from exporters.league.nights import next_game
from exporters.league.nights.next_game import next_night
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.nights.slate import Season
from exporters.league.players import box_scores, identity, news
from exporters.league.players.box_lines import made_of, rebounds
from exporters.league.players.box_scores import (
    BOX_READS,
    SHOOTING_READS,
    Tally,
    outcome,
    played_at_home,
    rest_gaps,
    tally_of,
    was_played,
)
from exporters.league.players.news import Story
from exporters.league.players.sparkline import not_played
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.tables import NEWS_LINKS

RECORD = Window.ON_RECORD
"""Splits and track records are of all games since then (contract P1)."""


PLAYER_PROFILES = Export(
    name="player-profiles",
    grain=Grain.PLAYER,
    reads=(
        *track_record.READS,
        *over(RECORD, *box_scores.READS, *SHOOTING_READS, *BOX_READS),
        *over(replace(RECORD, ahead=next_game.AHEAD.ahead), *schedule.READS),
        *team_results.reads(RECORD),
        *next_game.READS,
        *identity.READS,
        *news.READS,
    ),
    path="players/{player}.json",
    cache=Cache.HOUR,
)
PLAYER_INDEX = Export(
    name="player-index",
    grain=Grain.SEASON,
    reads=(*track_record.READS, *identity.READS, *CONTEXT_READS, *box_scores.READS, *schedule.READS),
    path="players/index.json",
    cache=Cache.HOUR,
    counts=("total_players",),
    lists=PLAYER_PROFILES,
)


def record_of(night: PlayerNight) -> TrackRecord:
    """Return the record of the player's forecasts so far."""
    return TrackRecord(night.history.grades.between(RECORD.first(night.date), night.through))


def team_of(night: PlayerNight, record: TrackRecord) -> str | None:
    """Return the team of the player's newest graded game, else the registered one (contract P6)."""
    return record.team or (None if night.registry is None else night.registry.team_abbr)


@PLAYER_PROFILES.builder
def build(night: PlayerNight) -> Json | None:
    """Describe a player and the forecasts' record; None with too few graded games."""
    record = record_of(night)
    if record.games < max(night.config.min_profile_games, 1):
        return None
    games = night.history.box_scores.between(RECORD.first(night.date), night.through)
    summary = _summary(night, record)
    stories = night.league.news.about(night.history.rows(NEWS_LINKS), night.date, RULES.news.stories)
    return {
        "player_lookup": night.player,
        "player_full_name": night.name,
        "generated_at": night.generated_at,
        "recent_news": [_story(story) for story in stories],
        "summary": summary,
        "interpretation": interpretation(record),
        "game_log": [_game(night, row) for row in reversed(games[-RULES.profile.games_listed :])],
        "splits": _splits(night, [row for row in games if was_played(row)]),
        "our_track_record": _track_record(record),
        "next_game": _next_game(night),
    }


def _story(story: Story) -> Json:
    return story._asdict()


def _summary(night: PlayerNight, record: TrackRecord) -> Json:
    team = team_of(night, record)
    first, last = record.dates or (None, None)
    return {
        "player_name": night.name,
        "team": team,
        "team_abbr": team,
        "games_predicted": record.games,
        "total_recommendations": record.picks.total,
        "correct": record.picks.wins,
        "mae": number(record.absolute_error),
        "win_rate": number(record.picks.rate(2)),
        "bias": number(record.bias),
        "avg_confidence": number(record.confidence),
        "within_3_pct": number(record.within_3),
        "within_5_pct": number(record.within_5),
        "date_range": {"first": _iso(first), "last": _iso(last)},
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def interpretation(record: TrackRecord) -> dict[str, str]:
    """Put a record into words; what is unknown is left out (contract A.3b, P10)."""
    words: dict[str, str] = {}
    if record.bias is not None:
        words["bias"] = f"{_bias_words(record.bias)} (bias: {_shortest(record.bias)})"
    rate = record.picks.rate(2)
    if rate is not None and record.picks.total >= RULES.profile.min_picks:
        label = label_of(rate, RULES.profile.accuracy)
        words["accuracy"] = f"{label} track record ({percent_text(*rate.as_integer_ratio())} win rate)"
    words["sample_size"] = _sample_words(record.games)
    return words


def _bias_words(bias: Decimal) -> str:
    if abs(bias) <= RULES.profile.slight_bias:
        return "Our predictions are well-calibrated for this player"
    degree = "significantly" if abs(bias) > RULES.profile.strong_bias else "slightly"
    return f"We {degree} {'over' if bias > 0 else 'under'}-predict this player"


def _shortest(value: Decimal) -> str:
    """Return a number without trailing zeros: ``-1.2``, ``2``."""
    return f"{value.normalize() + 0:f}"


def _sample_words(games: int) -> str:
    rules = RULES.profile
    if games < rules.limited_below:
        return f"Limited sample size (fewer than {rules.limited_below} games)"
    return "Moderate sample size" if games < rules.large_from else "Large sample size"


def _game(night: PlayerNight, row: GameRow) -> Json:
    """Describe a game of the log; of one that was not played only what it was (contract P11, P12, P13, P18)."""
    won = night.league.results.won(row.game_date, row.game_id, row.team_abbr)
    missed = not_played(row)
    margin = None if missed or row.points is None or row.points_line is None else row.points - row.points_line
    return {
        "game_date": row.game_date.isoformat(),
        "opponent": row.opponent_team_abbr,
        "home_game": played_at_home(row, night.league.schedule),
        "team_result": None if won is None else "W" if won else "L",
        "points": None if missed else row.points,
        "minutes": None if missed else number(row.minutes_played),
        **_shots("fg", row.fg_makes, row.fg_attempts, missed),
        **_shots("three", row.three_pt_makes, row.three_pt_attempts, missed),
        **_shots("ft", row.ft_makes, row.ft_attempts, missed),
        "rebounds": None if missed else rebounds(row),
        "assists": None if missed else row.assists,
        "steals": None if missed else row.steals,
        "blocks": None if missed else row.blocks,
        "turnovers": None if missed else row.turnovers,
        "line": number(row.points_line),
        "over_under": outcome(row),
        "margin": None if margin is None else number(round_away(margin, 2)),
        "did_not_play": missed,
        "dnp_reason": row.dnp_reason if missed else None,
    }


def _shots(kind: str, makes: int | None, attempts: int | None, missed: bool) -> Json:
    if missed:
        makes = attempts = None
    return {kind: made_of(makes, attempts), f"{kind}_makes": makes, f"{kind}_attempts": attempts}


def _splits(night: PlayerNight, played: list[GameRow]) -> Json:
    """Split the played games by rest, by place and by opponent (contract §2.2, §2.3, P9, P12, P15)."""
    rest = RULES.rest
    by_rest: dict[str | None, list[GameRow]] = defaultdict(list)
    for row, gap in zip(played, rest_gaps(played, night.config.calendar), strict=True):
        by_rest[rest_bucket(gap)].append(row)
    by_place = _grouped(played, lambda row: played_at_home(row, night.league.schedule))
    by_opponent = _grouped(played, lambda row: row.opponent_team_abbr)
    tallies = {team: tally_of(rows) for team, rows in by_opponent.items() if len(rows) >= RULES.profile.min_meetings}
    order = sorted(tallies, key=lambda team: (-tallies[team].games, -(tallies[team].ppg or 0), team))
    return {
        "rest": {bucket: _leaf(tally_of(by_rest[bucket])) for bucket in (*rest.buckets.values(), rest.longer)},
        "location": {"home": _leaf(tally_of(by_place[True])), "away": _leaf(tally_of(by_place[False]))},
        "opponents": [{"team": team, **_leaf(tallies[team])} for team in order],
    }


def rest_bucket(gap: int | None) -> str | None:
    """Return the bucket of a rest gap; None for a season's first game and for two games a day."""
    if gap is None or gap < 1:
        return None
    return RULES.rest.buckets.get(gap, RULES.rest.longer)


def _grouped(rows: list[GameRow], key: Callable[[GameRow], Any]) -> dict[Any, list[GameRow]]:
    groups: dict[Any, list[GameRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def _leaf(tally: Tally) -> Json:
    return {
        "avg": number(tally.ppg),
        "games": tally.games,
        "vs_line_pct": number(rounded_ratio(tally.overs, tally.decided, 2)),
    }


def _track_record(record: TrackRecord) -> Json:
    overall = _calls(record.picks)
    del overall["total"]
    return {
        "total_predictions": record.games,
        "overall": overall,
        "over_calls": _calls(record.calls("OVER")),
        "under_calls": _calls(record.calls("UNDER")),
        "avg_error": number(record.absolute_error),
        "bias": number(record.bias),
        "within_3_pts": number(record.within_3),
        "within_5_pts": number(record.within_5),
    }


def _calls(calls: Calls) -> Json:
    return {"total": calls.total, "wins": calls.wins, "losses": calls.losses, "pct": number(calls.rate(2))}


def _next_game(night: PlayerNight) -> Json | None:
    coming = next_night(night)
    if coming is None or coming.matchup is None:
        return None
    return {
        "game_date": coming.date.isoformat(),
        "game_id": coming.matchup.game_id,
        "opponent": coming.matchup.opponent,
        "home_game": coming.matchup.is_home,
        "has_prediction": coming.forecast is not None,
    }


@PLAYER_INDEX.card
def card(night: PlayerNight) -> Json:
    """Condense a player with a profile to an entry of the index."""
    record = record_of(night)
    return {
        "player_lookup": night.player,
        "player_full_name": night.name,
        "team": team_of(night, record),
        "games_predicted": record.games,
        "recommendations": record.picks.total,
        "mae": number(record.absolute_error),
        "win_rate": number(record.picks.rate(2)),
        "bias": number(record.bias),
        "within_5_pct": number(record.within_5),
    }


@PLAYER_INDEX.builder
def build_index(season: Season) -> Json:
    """List the players who have a profile, those with the most graded games first (contract P8, P9)."""
    players = sorted(season.cards(PLAYER_INDEX), key=_by_games)
    return {"generated_at": season.generated_at, "total_players": len(players), "players": players}


def _by_games(entry: Json) -> tuple[int, str]:
    return (-entry["games_predicted"], entry["player_lookup"])
