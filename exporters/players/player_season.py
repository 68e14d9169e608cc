"""``player-season``: one player's season so far (contract: P&L B).

A document is as of a date on which the player has a game, played or not: that game counts once it is final.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from exporters.config import RULES, Bands
from exporters.declaration import Cache, Export, Grain, Json, Window, over
from exporters.league.arithmetic.numbers import label_of, number, round_away, rounded_mean, rounded_ratio, signed_text
from exporters.league.forecasts import grades
from exporters.league.forecasts.heat import heat, hit_rate
from exporters.league.forecasts.picks import LOSS, WIN, against_line
from exporters.league.forecasts.track_record import TrackRecord
from exporters.league.games import schedule, team_results
from exporters.league.nights import minutes
from exporters.league.nights.minutes import minutes_of
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.players import box_scores, identity, shot_profile
from exporters.league.players.box_lines import rebounds
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
from exporters.league.players.identity import UNKNOWN_PLAYER
from exporters.league.players.sparkline import not_played
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.tables import CONTEXT, GAMES, REGISTRY

SEASON = Window.SEASON

PLAYER_SEASON = Export(
    name="player-season",
    grain=Grain.PLAYER,
    reads=(
        *over(SEASON, *box_scores.READS, *SHOOTING_READS, *BOX_READS, *grades.READS, *schedule.READS),
        *minutes.reads(SEASON),
        *team_results.reads(SEASON),
        *CONTEXT_READS,
        *identity.READS,
        *identity.POSITION_READS,
        *shot_profile.READS,
    ),
    path="players/{player}/season/{season}.json",
    cache=Cache.HOUR,
    appears_in=(CONTEXT, GAMES),
)

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@PLAYER_SEASON.builder
def build(night: PlayerNight) -> Json | None:
    """Describe the season of a player who has a game on the date; None for any other."""
    scores = night.history.box_scores
    if night.context is None and scores.on(night.date) is None:
        return None
    first = night.config.calendar.season_start(night.date)
    games = scores.between(first, night.through)
    if not games and not night.history.rows(REGISTRY):
        return unknown_player(night)
    played = [row for row in games if was_played(row)]
    record = TrackRecord(night.history.grades.between(first, night.through))
    splits = Splits(night, played)
    return {
        "player_lookup": night.player,
        "player_full_name": night.name,
        "season": night.config.calendar.season_label(night.date),
        "generated_at": night.generated_at,
        "player_profile": _profile(night, played),
        "averages": _averages(night, played),
        "current_form": _current_form(night, played),
        "key_patterns": splits.patterns(),
        "prop_hit_rates": prop_hit_rates(record),
        "game_log": [_game(night, row) for row in reversed(games)],
        "splits": {
            "home": _split(splits.home),
            "away": _split(splits.away),
            "rested": _split(splits.rested),
            "back_to_back": _split(splits.back_to_back),
        },
        "monthly": _monthly(played),
    }


def unknown_player(night: PlayerNight) -> Json:
    """Return the document of an unknown player (contract B.4, S20)."""
    return {
        "player_lookup": night.player,
        "player_full_name": night.name,
        "season": night.config.calendar.season_label(night.date),
        "generated_at": night.generated_at,
        "error": UNKNOWN_PLAYER,
        "player_profile": None,
        "averages": {},
        "current_form": {},
        "key_patterns": [],
        "prop_hit_rates": {},
        "game_log": [],
        "splits": {},
        "monthly": [],
    }


def player_tier(ppg: Decimal | None, tiers: Bands) -> str:
    """Return the tier of a scoring average; the last one when there is none."""
    return (None if ppg is None else label_of(ppg, tiers)) or tiers[-1][0]


def _profile(night: PlayerNight, played: Sequence[GameRow]) -> Json:
    registry = night.registry
    return {
        "position": None if registry is None else registry.position,
        "team_abbr": None if registry is None else registry.team_abbr,
        "player_tier": player_tier(tally_of(played).ppg, night.config.result_tiers.player),
        "shot_profile": night.history.shot_zones.before(night.through + timedelta(days=1)),
    }


def _averages(night: PlayerNight, played: Sequence[GameRow]) -> Json:
    """Return the means of the played games; empty without any."""
    if not played:
        return {}
    threes = [(row.three_pt_makes, row.three_pt_attempts) for row in played]
    return {
        "games": len(played),
        "ppg": _mean(played, lambda row: row.points),
        "rpg": _mean(played, rebounds),
        "apg": _mean(played, lambda row: row.assists),
        "spg": _mean(played, lambda row: row.steals),
        "bpg": _mean(played, lambda row: row.blocks),
        "topg": _mean(played, lambda row: row.turnovers),
        "fg_pct": _share_made([(row.fg_makes, row.fg_attempts) for row in played]),
        "three_pct": _share_made(threes),
        "ft_pct": _share_made([(row.ft_makes, row.ft_attempts) for row in played]),
        "minutes": _mean(played, lambda row: minutes_of(night.history, row)),
        "three_pct_games": sum(makes is not None and attempts is not None for makes, attempts in threes),
    }


def _mean(played: Sequence[GameRow], value: Callable[[GameRow], Decimal | int | None]) -> float | None:
    return number(rounded_mean((found for found in map(value, played) if found is not None), 1))


def _share_made(shots: Sequence[tuple[int | None, int | None]]) -> float | None:
    """Return the share of shots that went in, three decimals, over the games that have both (contract S6, S7)."""
    known = [(makes, attempts) for makes, attempts in shots if makes is not None and attempts is not None]
    return number(rounded_ratio(sum(makes for makes, _ in known), sum(attempts for _, attempts in known), 3))


def _current_form(night: PlayerNight, played: Sequence[GameRow]) -> Json:
    """Return how hot the player is, newest games first; empty without games (contract S10, S11)."""
    if not played:
        return {}
    newest_first = played[::-1]
    lined = [row for row in newest_first if row.points_line is not None][: RULES.heat.games]
    run = night.history.line_runs.whole(night.through)
    found, hits = heat(lined, run), hit_rate(lined)
    return {
        "heat_score": number(found.score),
        "temperature": found.temperature,
        "current_streak": len(run.games),
        "streak_direction": None if run.kind is None else run.kind.lower(),
        "l5_avg": _points(newest_first[: RULES.form.short]),
        "l10_avg": _points(newest_first[: RULES.form.long]),
        "hit_rate_l10": None if hits is None else number(rounded_ratio(hits.numerator, hits.denominator, 2)),
    }


def _points(games: Sequence[GameRow]) -> float | None:
    tally = tally_of(games)
    return number(rounded_ratio(tally.points, tally.games, 2))


class Splits:
    """The played games of a season by place and by rest (contract §2.2, §2.3); a game may be on no side of a split."""

    def __init__(self, night: PlayerNight, played: Sequence[GameRow]) -> None:
        """Sort the games."""
        rest = RULES.rest
        gaps = list(zip(played, rest_gaps(played, night.config.calendar), strict=True))
        places = [(row, played_at_home(row, night.league.schedule)) for row in played]
        self.home = tally_of(row for row, at_home in places if at_home is True)
        self.away = tally_of(row for row, at_home in places if at_home is False)
        self.back_to_back = tally_of(row for row, gap in gaps if gap == rest.back_to_back)
        self.rested = tally_of(row for row, gap in gaps if gap is not None and gap >= rest.rested)
        self.well_rested = tally_of(row for row, gap in gaps if gap is not None and gap >= rest.well_rested)

    def patterns(self) -> list[Json]:
        """Return where the player scores far more (contract B.3, S13): after rest, then by place."""
        found = (
            _pattern(
                self.well_rested,
                self.back_to_back,
                ("rest_sensitive", "on 2+ days rest"),
                ("b2b_performer", "on back-to-backs"),
            ),
            _pattern(self.home, self.away, ("home_performer", "at home"), ("road_warrior", "on road")),
        )
        return [pattern for pattern in found if pattern is not None]


def _pattern(one: Tally, other: Tally, if_more: tuple[str, str], if_less: tuple[str, str]) -> Json | None:
    """Return what one kind of game is to a player against the other; None when they are much the same."""
    if min(one.games, other.games) < RULES.pattern.min_games:
        return None
    difference = Fraction(one.points, one.games) - Fraction(other.points, other.games)
    if abs(difference) < RULES.pattern.points:
        return None
    name, phrase = if_more if difference > 0 else if_less
    points = rounded_ratio(abs(difference.numerator), difference.denominator, 1)
    return {
        "pattern": name,
        "description": f"{signed_text(points or Decimal(0))} PPG {phrase}",
        "strength": "strong" if abs(difference) >= RULES.pattern.strong_points else "moderate",
    }


def prop_hit_rates(record: TrackRecord) -> Json:
    """Return results against lines and the forecasts' record; empty without graded games (contract S14, S19)."""
    if not record.games:
        return {}
    sides = [against_line("OVER", row.actual_points, row.line_value) for row in record.rows]
    overs, unders = sides.count(WIN), sides.count(LOSS)
    return {
        "points": {
            "games": overs + unders,
            "overs": overs,
            "unders": unders,
            "over_rate": number(rounded_ratio(overs, overs + unders, 3)),
        },
        "total_recommendations": record.picks.total,
        "correct": record.picks.wins,
        "win_rate": number(record.picks.rate(3)),
    }


def _game(night: PlayerNight, row: GameRow) -> Json:
    """Describe a game of the log; of one that was not played only what it was (contract §2.4, S14, S18)."""
    missed = not_played(row)
    played_minutes = None if missed else minutes_of(night.history, row)
    return {
        "date": row.game_date.isoformat(),
        "opponent": row.opponent_team_abbr,
        "is_home": played_at_home(row, night.league.schedule),
        "points": None if missed else row.points,
        "rebounds": None if missed else rebounds(row),
        "assists": None if missed else row.assists,
        "minutes": None if played_minutes is None else number(round_away(played_minutes, 2)),
        "line": number(row.points_line),
        "result": outcome(row),
        "team_won": night.league.results.won(row.game_date, row.game_id, row.team_abbr),
        "did_not_play": missed,
        "dnp_reason": row.dnp_reason if missed else None,
    }


def _split(tally: Tally) -> Json:
    return {
        "games": tally.games,
        "ppg": number(tally.ppg),
        "over_rate": number(rounded_ratio(tally.overs, tally.decided, 2)),
    }


def _monthly(played: Sequence[GameRow]) -> list[Json]:
    """Return the months with games in calendar order (contract S16)."""
    months: dict[tuple[int, int], list[GameRow]] = defaultdict(list)
    for row in played:
        months[row.game_date.year, row.game_date.month].append(row)
    return [{"month": MONTHS[month - 1], **_split(tally_of(months[year, month]))} for year, month in sorted(months)]
