"""``best-bets-all``: the page of best bets in one file, tonight's picks and the season's (contract: site-types L4).

The tables of picks are only read. What readers were shown on a date stays on it, whatever is picked afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json, WouldBeEmpty
from exporters.league.arithmetic.dates import local_time
from exporters.league.arithmetic.numbers import number, rounded_ratio
from exporters.league.forecasts.picks import LOSS, PENDING, VOID, WIN
from exporters.league.games import game_counts
from exporters.league.games.game_counts import GameCounts
from exporters.league.nights import halts, shown_picks
from exporters.league.nights.halts import UNKNOWN, Halt, halt_on
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.shown_picks import game_of, outcome_of, picks_of, sides_of
from exporters.league.nights.slate import Season
from exporters.league.players import identity
from exporters.warehouse.tables import SCHEDULE, SIGNAL_PICKS

BEST_BETS_ALL = Export(
    name="best-bets-all",
    grain=Grain.SEASON,
    reads=(*shown_picks.READS, *halts.READS, *game_counts.SEASON_READS, *identity.READS),
    path="best-bets/all.json",
    cache=Cache.SHORT,
    counts=("total_picks", "total_today", "graded"),
)

_RULES = RULES.best_bets_page
_DID_NOT_PLAY = "DNP"
_UNVERSIONED = "unknown"


@BEST_BETS_ALL.card
def card(night: PlayerNight) -> list[Json] | None:
    """Condense a player's picks of the season; None for a player without any."""
    made = []
    for pick in picks_of(night):
        game, became = game_of(night, pick), outcome_of(night, pick)
        team, opponent, at_home = sides_of(night, pick)
        tips = None if game is None else game.tip_off
        made.append(
            {
                "date": pick.day.isoformat(),
                "made_at": pick.made_at or 0,
                "rank": pick.rank,
                "was_shown": pick.was_shown,
                "version": pick.version,
                "source": pick.source,
                "game_time": None if tips is None else local_time(tips, night.config.calendar).isoformat(),
                "entry": {
                    "player": night.name if night.name != night.player else pick.name or night.player,
                    "player_lookup": night.player,
                    "team": team,
                    "opponent": opponent,
                    "home": at_home,
                    "direction": pick.side,
                    "stat": _RULES.stat,
                    "line": number(pick.line),
                    "edge": number(pick.edge),
                    "actual": became.actual,
                    "result": None if became.result == PENDING else became.result,
                    "angles": list(pick.angles),
                    "is_ultra": pick.is_ultra,
                },
            }
        )
    return made or None


@BEST_BETS_ALL.builder
def build(season: Season) -> Json:
    """List the picks of the date and of the season, newest first, with their records.

    Raises:
        WouldBeEmpty: Too few picks for a season that has run for a while without a halt.
    """
    halt = halt_on(season)
    if season.lacks(SIGNAL_PICKS) and not halt.active:
        halt = UNKNOWN
    picks = sorted(_shown(season, halt), key=_newest_first)
    games = GameCounts(season.rows(SCHEDULE), season.date, season.config)
    counted = [pick for pick in picks if _result(pick) != VOID]
    decided = [pick for pick in counted if _result(pick) in (WIN, LOSS)]
    _insist(season, halt, games, len(counted), len(decided))
    today = [_today(place, pick) for place, pick in enumerate(_ranked(picks, season.date), start=1)]
    return {
        "date": season.date.isoformat(),
        "season": season.config.calendar.season_label(season.date),
        "generated_at": season.generated_at,
        "algorithm_version": next((pick["version"] for pick in picks if pick["version"]), _UNVERSIONED),
        **halt.envelope,
        "record": _records(decided, season.date),
        "ultra_record": _ultra(decided),
        "streak": _streak(decided),
        "best_streak": _best_streak(decided),
        "today": today,
        "total_today": len(today),
        "games_scheduled": games.between(season.date, season.date).get(season.date, 0),
        "weeks": list(_weeks(picks)),
        "total_picks": len(counted),
        "graded": len(decided),
        **_if_any("voided", len(picks) - len(counted)),
    }


def _shown(season: Season, halt: Halt) -> Iterator[Json]:
    """Yield every pick of the season; a halt adds none to its date, and takes none away that readers were shown."""
    for made in season.cards(BEST_BETS_ALL):
        for pick in made:
            if not halt.active or pick["was_shown"] or pick["date"] != season.date.isoformat():
                yield pick


def _insist(season: Season, halt: Halt, games: GameCounts, picks: int, graded: int) -> None:
    """Refuse a page with fewer picks than any season has after some days."""
    allowed = halt.active and halt.reason in _RULES.unguarded
    if season.lacks(SIGNAL_PICKS) or (allowed and halt.recorded):
        return
    # A schedule that was lost looks like a break.
    days = (season.date - min(games.season())).days
    if not allowed and days >= _RULES.guarded_from and (picks < _RULES.min_picks or graded < _RULES.min_graded):
        raise WouldBeEmpty(
            f"day {days} of the season has {picks} picks, {graded} of them decided, where at least "
            f"{_RULES.min_picks} and {_RULES.min_graded} are expected; the page would lose its history: load the "
            "tables of picks and grades, or record a halt, and run again"
        )


def _result(pick: Json) -> str | None:
    result: str | None = pick["entry"]["result"]
    return result


def _newest_first(pick: Json) -> tuple[Any, ...]:
    """Order picks totally: newest date, then newest pick, then player (contract L3)."""
    return (-date.fromisoformat(pick["date"]).toordinal(), -pick["made_at"], pick["entry"]["player_lookup"])


def _ranked(picks: Iterable[Json], day: date) -> list[Json]:
    """Return the picks of a date: those added by hand last, by rank, then the greatest edge, then the player."""
    return sorted((pick for pick in picks if pick["date"] == day.isoformat()), key=_by_rank)


def _by_rank(pick: Json) -> tuple[Any, ...]:
    rank, edge = pick["rank"], pick["entry"]["edge"]
    return (
        pick["source"] == _RULES.manual,
        rank is None,
        rank or 0,
        edge is None,
        -(edge or 0),
        pick["entry"]["player_lookup"],
    )


def _today(place: int, pick: Json) -> Json:
    entry = pick["entry"]
    return {
        "rank": place,
        **{key: entry[key] for key in ("player", "player_lookup", "team", "opponent", "home", "direction", "stat")},
        "line": entry["line"],
        "edge": entry["edge"],
        "game_time": pick["game_time"],
        "angles": entry["angles"][: _RULES.angles],
        "actual": entry["actual"],
        "result": entry["result"],
        "is_ultra": entry["is_ultra"],
        **({} if pick["source"] == _RULES.algorithm else {"source": pick["source"]}),
        **_void_reason(pick),
    }


def _void_reason(pick: Json) -> Json:
    return {"void_reason": _DID_NOT_PLAY} if _result(pick) == VOID else {}


def _if_any(key: str, count: int) -> Json:
    return {key: count} if count else {}


def _tally(picks: Iterable[Json]) -> tuple[int, int]:
    results = [_result(pick) for pick in picks]
    return results.count(WIN), results.count(LOSS)


def _percent(wins: int, losses: int) -> float | None:
    """Return the share of decided picks that were won, 0 to 100; None without any."""
    return number(rounded_ratio(100 * wins, wins + losses, 1))


def _records(decided: Sequence[Json], day: date) -> Json:
    since = {"season": date.min, "month": day.replace(day=1), "week": _monday(day)}
    made: Json = {}
    for span, first in since.items():
        wins, losses = _tally(pick for pick in decided if pick["date"] >= first.isoformat())
        made[span] = {"wins": wins, "losses": losses, "total": wins + losses, "pct": _percent(wins, losses) or 0.0}
    wins, losses = _tally(decided[: _RULES.last])
    return {**made, "last_10": {"wins": wins, "losses": losses, "pct": _percent(wins, losses) or 0.0}}


def _ultra(decided: Iterable[Json]) -> Json:
    ultra = [pick for pick in decided if pick["entry"]["is_ultra"]]

    def record(picks: Iterable[Json]) -> Json:
        wins, losses = _tally(picks)
        return {"wins": wins, "losses": losses, "total": wins + losses, "pct": _percent(wins, losses)}

    def side(name: str) -> Json:
        return record(pick for pick in ultra if pick["entry"]["direction"] == name)

    return {**record(ultra), "over": side("OVER"), "under": side("UNDER")}


def _streak(decided: Sequence[Json]) -> Json:
    """Return the run of equal results that the newest decided pick ends."""
    if not decided:
        return {"type": "N/A", "count": 0}
    result, run = next((result, list(run)) for result, run in groupby(decided, key=_result))
    return {"type": "W" if result == WIN else "L", "count": len(run)}


def _best_streak(decided: Sequence[Json]) -> Json:
    """Return the longest run of wins, the first among equals."""
    runs = [list(run) for result, run in groupby(reversed(decided), key=_result) if result == WIN]
    best = max(runs, key=len, default=[])
    return {
        "type": "W",
        "count": len(best),
        "start": best[0]["date"] if best else None,
        "end": best[-1]["date"] if best else None,
    }


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(picks: Sequence[Json]) -> Iterator[Json]:
    """Yield the weeks with picks, newest first, each with its days, newest first."""
    for monday, week in groupby(picks, key=lambda pick: _monday(date.fromisoformat(pick["date"]))):
        those = list(week)
        days = [list(day) for _, day in groupby(those, key=lambda pick: str(pick["date"]))]
        wins, losses = _tally(those)
        yield {
            "week_start": monday.isoformat(),
            "record": {
                "wins": wins,
                "losses": losses,
                "pending": _pending(those),
                "pct": _percent(wins, losses),
            },
            "days": [_day(day) for day in days],
        }


def _pending(picks: Iterable[Json]) -> int:
    return sum(_result(pick) is None for pick in picks)


def _day(picks: Sequence[Json]) -> Json:
    wins, losses = _tally(picks)
    voided = sum(_result(pick) == VOID for pick in picks)
    record = {"wins": wins, "losses": losses, "pending": _pending(picks), **_if_any("voided", voided)}
    return {
        "date": picks[0]["date"],
        "status": _status(record, len(picks) - voided),
        "record": record,
        "picks": [{**pick["entry"], **_void_reason(pick)} for pick in sorted(picks, key=_by_rank)],
    }


def _status(record: Mapping[str, int], others: int) -> str:
    """Return how a date went, by its picks that are not void; a push makes it ``split``."""
    if not others:
        return "void"
    only = {"pending": "pending", "wins": "sweep", "losses": "miss"}
    return next((name for key, name in only.items() if record[key] == others), "split")


@BEST_BETS_ALL.members
def members(document: Json) -> dict[str, list[str]]:
    """Name the players behind the picks of the date, and behind those that were decided."""
    every = [pick for week in document["weeks"] for day in week["days"] for pick in day["picks"]]
    return {
        "total_today": [pick["player_lookup"] for pick in document["today"]],
        "total_picks": [pick["player_lookup"] for pick in every if pick["result"] != VOID],
        "graded": [pick["player_lookup"] for pick in every if pick["result"] in (WIN, LOSS)],
    }
