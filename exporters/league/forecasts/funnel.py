"""How many players come through, from the schedule to what is published, and when too few of them do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from exporters.config import FunnelRules, LeagueCalendar
from exporters.declaration import Export, Read
from exporters.league.forecasts.readiness import DayCount
from exporters.league.forecasts.rosters import (
    CACHE,
    EXPECTED,
    FATIGUE,
    FEATURE,
    LINED,
    PREDICTED,
    READS,
    READY,
    ZONES,
    Rosters,
)

STAGES = (EXPECTED, ZONES, CACHE, FATIGUE, FEATURE, READY, PREDICTED, LINED)
"""The stages between schedule and publication, each a roster."""
PUBLISHED = "published"
"""Players with a line whose own document is published."""
FUNNEL_READS: tuple[Read, ...] = tuple(READS[stage] for stage in STAGES if stage in READS)
"""What the stages are counted from."""


@dataclass(frozen=True)
class StageCount:
    """One stage of the funnel.

    Attributes:
        stage: Its name.
        players: Players of the game context who are there; None when the stage was not counted.
        lost: How many of the stage before are missing.
        lost_players: The first of those, by id.
    """

    stage: str
    players: int | None
    lost: int = 0
    lost_players: tuple[str, ...] = ()


def funnel_reads(export: Export) -> tuple[Read, ...]:
    """Return what is read for the funnel of an export's dates: nothing unless a gate decides on it."""
    return FUNNEL_READS if export.gates else ()


def funnel(rosters: Rosters, day: date, listed: int, published: frozenset[str] | None = None) -> list[StageCount]:
    """Return the stages of a date in their order, the game context first.

    Args:
        rosters: What the scan saw.
        day: The date.
        listed: Lost players that are named per stage.
        published: Players whose own document of the date is published; None when the run makes no such documents.
    """
    expected = rosters.on(day, EXPECTED)
    before: int | None = None
    counted: list[StageCount] = []
    for stage in STAGES:
        found = rosters.on(day, stage)
        if found is not None and expected is not None:
            found &= expected
        counted.append(_stage(rosters, stage, found, before, listed))
        before = before if found is None else found
    shown = None if published is None or before is None else _bits(rosters, published) & before
    return [*counted, _stage(rosters, PUBLISHED, shown, before, listed)]


def _stage(rosters: Rosters, stage: str, found: int | None, before: int | None, listed: int) -> StageCount:
    if found is None:
        return StageCount(stage, None)
    lost = 0 if before is None else before & ~found
    names = (name for name, _ in zip(rosters.named(lost), range(listed), strict=False))
    return StageCount(stage, found.bit_count(), lost.bit_count(), tuple(names))


def _bits(rosters: Rosters, players: frozenset[str]) -> int:
    return sum(1 << position for position, player in enumerate(rosters.players) if player in players)


def judge_funnel(
    stages: list[StageCount],
    day: date,
    count: DayCount,
    rules: FunnelRules,
    calendar: LeagueCalendar,
    *,
    league_day: date,
    last_good: Mapping[str, int] | None = None,
) -> list[str]:
    """Return why a date is degraded, one line per stage that too few players reach; empty when it is not.

    The warehouse keeps the inputs of a forecast for a while only, so that a stage without any player says nothing about
    a date that is over.

    Args:
        stages: The stages of the date.
        day: The date.
        count: What the warehouse holds for it.
        rules: The shares.
        calendar: The league's.
        league_day: The league day of the run.
        last_good: What the last run of the date that was not degraded counted: games, and players by stage.
    """
    if count.games == 0 or count.forecasts_gone:
        return []
    judged = [stage for stage in stages if stage.players or (stage.players is not None and day >= league_day)]
    early = (day - calendar.season_start(day)).days < rules.early_days
    return [
        *_against_before(judged, rules, early=early),
        *_against_last_good(judged, count.games, rules, last_good or {}),
    ]


def _against_before(judged: list[StageCount], rules: FunnelRules, *, early: bool) -> Iterator[str]:
    before: StageCount | None = None
    for stage in judged:
        skipped = early and stage.stage in rules.early_stages
        if before is not None and not skipped:
            yield from _too_few(stage, before, rules.percent.of(stage.stage), rules)
        before = stage
    first = next((stage for stage in judged if stage.stage == EXPECTED), None)
    last = next((stage for stage in judged if stage.stage == PREDICTED), None)
    if first is not None and last is not None:
        yield from _too_few(last, first, rules.through_percent, rules)


def _too_few(stage: StageCount, before: StageCount, percent: int, rules: FunnelRules) -> Iterator[str]:
    found, whole = stage.players or 0, before.players or 0
    if 100 * found < percent * whole and whole - found >= rules.min_lost:
        yield f"{stage.stage}: {found} of {whole} players ({before.stage}), at least {percent}% are expected"


def _against_last_good(
    judged: list[StageCount], games: int, rules: FunnelRules, last_good: Mapping[str, int]
) -> Iterator[str]:
    """Compare with the last good run, by game where games have gone since."""
    percent, before = rules.last_good_percent, max(last_good.get("games", 0), 1)
    for stage in judged:
        found, whole = stage.players or 0, last_good.get(stage.stage, 0) * min(games, before) // before
        if stage.stage != PUBLISHED and 100 * found < percent * whole and whole - found >= rules.min_lost:
            yield f"{stage.stage}: {found} players, where the last good run had {whole}"
