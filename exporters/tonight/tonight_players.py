"""``tonight-players``: the detail behind one player's game tonight (contract: tonight-and-streaks B2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from exporters.config import RULES
from exporters.declaration import Cache, Export, Follows, Gate, Grain, Json, Pointer
from exporters.league.arithmetic.facts import kept
from exporters.league.arithmetic.numbers import number, percent_text, round_away, rounded_ratio, signed_text
from exporters.league.forecasts import forecasts
from exporters.league.forecasts.forecasts import Forecast
from exporters.league.games import schedule
from exporters.league.nights.night import CONTEXT_READS, PlayerNight
from exporters.league.players import availability, box_scores, defense, identity
from exporters.league.players.box_lines import made_of
from exporters.league.players.box_scores import Tally, outcome, played_at_home
from exporters.league.players.sparkline import DNP, GAMES_SHOWN, not_played
from exporters.warehouse.league_rows import ContextRow, GameRow
from exporters.warehouse.tables import CONTEXT

TONIGHT_PLAYERS = Export(
    name="tonight-players",
    grain=Grain.PLAYER,
    reads=(
        *CONTEXT_READS,
        *identity.READS,
        *availability.INJURY_READS,
        *availability.FATIGUE_READS,
        *forecasts.READS,
        *box_scores.READS,
        *box_scores.SHOOTING_READS,
        *defense.READS,
        *schedule.READS,
    ),
    path="tonight/player/{date}/{player}.json",
    cache=Cache.SHORT,
    settled_cache=Cache.DAY,
    pointers=(Pointer("tonight/player/{player}.json", Follows.TODAY),),
    gates=frozenset({Gate.CONTEXT, Gate.CHAMPION}),
    appears_in=(CONTEXT,),
)

DIRECTION_BY_TIER = {"elite": "negative", "good": "negative", "average": "neutral", "weak": "positive"}


@TONIGHT_PLAYERS.builder
def build(night: PlayerNight) -> Json | None:
    """Describe one player's game tonight; None for a player without one."""
    context = night.context
    if context is None:
        return None
    form = night.history.box_scores.last(GAMES_SHOWN, night.date, form_entry)
    return {
        "player_lookup": night.player,
        "player_full_name": night.name,
        "game_date": night.date.isoformat(),
        "generated_at": night.generated_at,
        "games_played": night.games_played,
        "limited_data": night.limited_data,
        "game_context": _game_context(night, context),
        "quick_numbers": _quick_numbers(night),
        "fatigue": {
            "score": number(night.fatigue.score),
            "level": night.fatigue.level,
            "context": night.fatigue.context,
        },
        "current_streak": {
            "type": None if night.run.kind is None else night.run.kind.lower(),
            "length": len(night.run.games),
        },
        "tonights_factors": factors(night, context),
        "recent_form": _versus_average(form, night.sparkline.versus_average),
        "prediction": None if night.forecast is None else _prediction(night.forecast),
    }


@TONIGHT_PLAYERS.no_game
def no_game(player: str, day: date, generated_at: str) -> Json:
    """Say that a player has no game on a date (contract B2.4)."""
    return {
        "player_lookup": player,
        "player_full_name": player,
        "game_date": day.isoformat(),
        "generated_at": generated_at,
        "games_played": 0,
        "limited_data": True,
        "game_context": None,
        "quick_numbers": {},
        "fatigue": {"score": None, "level": "normal", "context": None},
        "current_streak": {"type": None, "length": 0},
        "tonights_factors": [],
        "recent_form": [],
        "prediction": None,
    }


def _game_context(night: PlayerNight, context: ContextRow) -> Json:
    matchup = night.matchup
    return {
        "game_id": context.game_id if matchup is None else matchup.game_id,
        "opponent": context.opponent_team_abbr,
        "home_game": None if matchup is None else matchup.is_home,
        "team_abbr": context.team_abbr,
        "line": None if night.forecast is None else number(night.forecast.line),
        "days_rest": context.days_rest,
        "is_back_to_back": context.back_to_back,
        "injury_status": night.injury.status,
        "injury_reason": night.injury.reason,
    }


def _quick_numbers(night: PlayerNight) -> Json:
    last_10 = night.recent(RULES.form.long)
    return {
        "season_ppg": number(night.season.ppg),
        "season_mpg": number(night.season.mpg),
        "games_played": night.games_played,
        "last_10_ppg": number(last_10.ppg),
        "last_10_mpg": number(last_10.mpg),
        "last_5_ppg": number(night.last_5.ppg),
        "last_5_mpg": number(night.last_5.mpg),
    }


def _prediction(forecast: Forecast) -> Json:
    return {
        "predicted_points": number(forecast.points),
        "confidence_score": number(forecast.confidence),
        "recommendation": forecast.recommendation,
        "line": number(forecast.line),
        "edge": number(forecast.edge),
        "pace_adjustment": number(forecast.pace_adjustment),
        "similar_games": forecast.similar_games,
    }


def form_entry(row: GameRow) -> Json:
    """Describe a past game; the same on every night that shows it."""
    missed = not_played(row)
    margin = None
    if not missed and row.points is not None and row.points_line is not None:
        margin = number(round_away(row.points - row.points_line, 1))
    return {
        "game_date": row.game_date.isoformat(),
        "opponent": row.opponent_team_abbr,
        "home_game": played_at_home(row),
        "is_dnp": missed,
        "points": None if missed else row.points,
        "minutes": None if missed else number(row.minutes_played),
        "fg": None if missed else made_of(row.fg_makes, row.fg_attempts),
        "three": None if missed else made_of(row.three_pt_makes, row.three_pt_attempts),
        "ft": None if missed else made_of(row.ft_makes, row.ft_attempts),
        "over_under": DNP if missed else outcome(row),
        "line": number(row.points_line),
        "margin": margin,
    }


def _versus_average(form: Sequence[Json], letters: Sequence[str] | None) -> list[Json]:
    """Complete past games with how each compares to the season average as known tonight."""
    if letters is None:
        return [{**entry, "vs_avg": DNP} if entry["is_dnp"] else entry for entry in form]
    return [{**entry, "vs_avg": letter} for entry, letter in zip(form, letters, strict=True)]


def factors(night: PlayerNight, context: ContextRow) -> list[Json]:
    """Return what may matter tonight, in the contract's order."""
    found = (
        _back_to_back(night, context),
        _location(night),
        _versus_opponent(night, context),
        _well_rested(night, context),
        _fatigue(night),
        _opponent_defense(night, context),
    )
    return [factor for factor in found if factor is not None]


@kept
def _line_rate(overs: int, decided: int) -> tuple[float | None, str]:
    """Return how often games went over the line, as a number and as the end of a description."""
    text = f", {percent_text(overs, decided)} OVER" if decided else ""
    return number(rounded_ratio(overs, decided, 3)), text


def _with_line_rate(factor: Json, tally: Tally, description: str) -> Json:
    """Complete a factor with how often such games went over the line."""
    rate, text = _line_rate(tally.overs, tally.decided)
    return {**factor, "vs_line_pct": rate, "description": description + text}


def _back_to_back(night: PlayerNight, context: ContextRow) -> Json | None:
    if not context.back_to_back:
        return None
    tally = night.tally("back_to_back")
    tired, normal = tally.ppg, night.tally("normal").ppg
    if tired is None or normal is None:
        return None
    impact = tired - normal
    direction = "neutral" if impact == 0 else "negative" if impact < 0 else "positive"
    return _with_line_rate(
        {"factor": "back_to_back", "direction": direction, "impact": number(impact)},
        tally,
        f"B2B: averages {tired} vs {normal} normally ({signed_text(impact)})",
    )


def _location(night: PlayerNight) -> Json | None:
    at_home = None if night.matchup is None else night.matchup.is_home
    if at_home is None:
        return None
    place = "home" if at_home else "away"
    tally = night.tally(place)
    if tally.games < RULES.tonight.min_location_games:
        return None
    return _with_line_rate(
        {"factor": "location", "direction": "neutral"},
        tally,
        f"Averages {tally.ppg} on the {place} ({tally.games} games)",
    )


def _versus_opponent(night: PlayerNight, context: ContextRow) -> Json | None:
    tally = night.tally(f"vs:{context.opponent_team_abbr}")
    if not tally.games:
        return None
    return _with_line_rate(
        {"factor": "vs_opponent", "direction": "neutral"},
        tally,
        f"Averages {tally.ppg} vs {context.opponent_team_abbr} ({tally.games} games)",
    )


def _well_rested(night: PlayerNight, context: ContextRow) -> Json | None:
    if context.days_rest is None or context.days_rest < RULES.rest.well_rested:
        return None
    tally = night.tally("rested")
    if not tally.games:
        return None
    return _with_line_rate(
        {"factor": "well_rested", "direction": "positive"},
        tally,
        f"{context.days_rest} days rest: averages {tally.ppg} when rested",
    )


def _fatigue(night: PlayerNight) -> Json | None:
    score = number(night.fatigue.score)
    if night.fatigue.level == "tired":
        return {
            "factor": "fatigue",
            "direction": "negative",
            "description": f"Elevated fatigue (score: {score})",
        }
    if night.fatigue.level == "fresh":
        return {
            "factor": "fresh",
            "direction": "positive",
            "description": f"Well-rested (fatigue score: {score})",
        }
    return None


def _opponent_defense(night: PlayerNight, context: ContextRow) -> Json | None:
    opponent = context.opponent_team_abbr
    rank = night.league.defenses.ranks(night.date).get(opponent)
    if rank is None:
        return None
    tier, allowed = rank.tier, number(rank.points_allowed)
    label = f"(#{rank.rank} defense" if tier == "average" else f"({tier} defense, #{rank.rank}"
    return {
        "factor": "opponent_defense",
        "direction": DIRECTION_BY_TIER[tier],
        "defense_rank": rank.rank,
        "defense_tier": tier,
        "ppg_allowed": allowed,
        "description": f"vs {opponent} {label}, allows {allowed} PPG)",
    }
