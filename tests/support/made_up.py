"""Made-up export types of every grain, so that tests of the engine do not depend on real documents."""

from __future__ import annotations

from datetime import date
from typing import Any

from exporters.declaration import Cache, Export, Follows, Gate, Grain, Json, Pointer, Read, Window
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Season, Slate
from exporters.warehouse.tables import CONTEXT, GAMES, SCHEDULE, SIGNALS

_CONTEXT = Read(CONTEXT, ("player_lookup", "game_date", "game_id", "days_rest"))
_GAMES = Read(GAMES, ("player_lookup", "game_date", "game_id", "points", "processed_at"), Window.SEASON)
_SCHEDULE = Read(SCHEDULE, ("game_date", "game_id", "away_team_tricode", "home_team_tricode"))

CURSED_POINTS = 666
"""Points that no function here can stand."""

CARD = Export(
    "card",
    Grain.PLAYER,
    (_CONTEXT, _GAMES),
    "card/{date}/{player}.json",
    Cache.SHORT,
    settled_cache=Cache.DAY,
    pointers=(Pointer("card/{player}.json", Follows.TODAY),),
    gates=frozenset({Gate.CONTEXT}),
    appears_in=(CONTEXT,),
)
"""A document per player with a game."""

ROSTER = Export(
    "roster",
    Grain.SLATE,
    (_CONTEXT, _SCHEDULE),
    "roster/{date}.json",
    Cache.HOUR,
    pointers=(Pointer("roster/today.json", Follows.TODAY), Pointer("roster/latest.json", Follows.LATEST, Cache.DAY)),
    counts=("players",),
    appears_in=(CONTEXT,),
)
"""A document per date, made of cards."""

LEADERS = Export("leaders", Grain.SEASON, (_GAMES,), "leaders/{date}.json", Cache.HOUR, counts=("leaders",))
"""A document per season, made of cards."""

DIARY = Export(
    "diary",
    Grain.SEASON,
    (_CONTEXT, Read(SIGNALS, ("game_date", "system_id", "pct_over"))),
    "diary.json",
    Cache.DAY,
    counts=("days",),
)
"""A document per season, made of the rows of its slates, at a path without a date."""

INDEX = Export("index", Grain.SEASON, (_CONTEXT,), "index/{date}.json", Cache.HOUR, counts=("players",), lists=CARD)
"""A document per date that lists the players whose card was built."""

ALL = (CARD, ROSTER, LEADERS, DIARY, INDEX)


def points(night: PlayerNight) -> list[int]:
    """Return the points of the season's games before the date, oldest first."""
    rows = sorted(row for row in night.history.rows(GAMES) if row.game_date < night.date)
    scored = [
        row.points or 0 for row in rows if row.game_date >= Window.SEASON.first(night.date, night.config.calendar)
    ]
    if CURSED_POINTS in scored:
        raise ArithmeticError(f"{night.player} scored\n{CURSED_POINTS}")
    return scored


@CARD.builder
def build_card(night: PlayerNight) -> Json | None:
    if not night.history.on(CONTEXT, night.date):
        return None
    return {"player": night.player, "generated_at": night.generated_at, "points": points(night)}


@CARD.no_game
def no_card(player: str, day: date, generated_at: str) -> Json:
    return {"player": player, "generated_at": generated_at, "points": [], "off": day.isoformat()}


@ROSTER.card
def roster_card(night: PlayerNight) -> Any:
    rows = night.history.on(CONTEXT, night.date)
    if not rows:
        return None
    if any(row.days_rest == CURSED_POINTS for row in rows):
        raise ArithmeticError(f"{night.player} rested too long")
    return {"player": night.player, "rest": max(row.days_rest or 0 for row in rows)}


@ROSTER.builder
def build_roster(slate: Slate) -> Json:
    return {
        "date": slate.date.isoformat(),
        "generated_at": slate.generated_at,
        "games": len(slate.rows(SCHEDULE)),
        "players": list(slate.cards(ROSTER)),
    }


@LEADERS.card
def leaders_card(night: PlayerNight) -> Any:
    scored = points(night)
    return [sum(scored), night.player] if scored else None


@LEADERS.builder
def build_leaders(season: Season) -> Json:
    return {"generated_at": season.generated_at, "leaders": sorted(season.cards(LEADERS))}


@DIARY.card
def diary_card(night: PlayerNight) -> Any:
    return night.player if night.history.on(CONTEXT, night.date) else None


@DIARY.row
def diary_row(slate: Slate) -> Any:
    if not slate.cards(DIARY):
        return None
    signals = sorted(row.pct_over for row in slate.rows(SIGNALS) if row.pct_over is not None)
    if CURSED_POINTS in signals:
        raise ArithmeticError(f"{slate.date} went over all bounds")
    return {"players": list(slate.cards(DIARY)), "pct_over": signals}


@DIARY.builder
def build_diary(season: Season) -> Json:
    days = {day.isoformat(): row for day, row in season.slate_rows(DIARY).items()}
    return {"generated_at": season.generated_at, "days": days}


@INDEX.card
def index_card(night: PlayerNight) -> Any:
    return night.player


@INDEX.builder
def build_index(season: Season) -> Json:
    return {"generated_at": season.generated_at, "players": list(season.cards(INDEX))}
