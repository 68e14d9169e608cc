"""A player's picks on the page of best bets, one per date, and what became of each (contract: site-types L4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from exporters.config import RULES
from exporters.declaration import Read, Window, over
from exporters.league.arithmetic.dates import instant_of
from exporters.league.forecasts import grades
from exporters.league.forecasts.picks import LOSS, PENDING, SIDES, VOID, WIN, Outcome, against_line, outcome
from exporters.league.games import schedule
from exporters.league.games.schedule import SCHEDULED, STATUS_NAMES, Game, teams_of
from exporters.league.nights.night import PlayerNight
from exporters.league.players import box_scores
from exporters.warehouse.pick_rows import ManualPickRow, PublishedPickRow, SignalPickRow
from exporters.warehouse.schema import Instant
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import MANUAL_PICKS, PUBLISHED_PICKS, SIGNAL_PICKS

PickRowT = TypeVar("PickRowT", SignalPickRow, PublishedPickRow, ManualPickRow)

_PICK = (
    "player_lookup",
    "game_id",
    "game_date",
    "player_name",
    "team_abbr",
    "opponent_team_abbr",
    "recommendation",
    "line_value",
    "edge",
    "rank",
    "pick_angles",
)
READS = (
    Read(
        SIGNAL_PICKS,
        (
            *_PICK,
            "system_id",
            "algorithm_version",
            "ultra_tier",
            "actual_points",
            "prediction_correct",
            "is_voided",
            "created_at",
        ),
        Window.SEASON,
    ),
    Read(
        PUBLISHED_PICKS,
        (*_PICK, "ultra_tier", "source", "signal_status", "first_published_at", "updated_at"),
        Window.SEASON,
    ),
    Read(MANUAL_PICKS, (*_PICK, "is_active", "added_at"), Window.SEASON),
    *grades.READS,
    *over(Window.SEASON, *schedule.READS, *box_scores.NIGHT_READS),
)


@dataclass(frozen=True)
class ShownPick:
    """A pick as it is shown.

    Attributes:
        day: The date of the game.
        game_id: The game, as the pick names it.
        name: The player's name by the pick; None when it has none.
        team: The player's team by the pick; None when unknown.
        opponent: The other one.
        side: ``OVER`` or ``UNDER``.
        line: The line.
        edge: Distance of forecast and line; None when unknown.
        rank: Place among the picks of its source; None when unknown.
        angles: The reasons that are given for it.
        is_ultra: It is of the ultra tier.
        source: Who chose it.
        was_shown: Readers are known to have been shown it.
        made_at: When it was made; None when unknown.
        version: The version of the algorithm; None for other picks.
        signal: The signals' row of the date, which may hold the outcome; None without one.
    """

    day: date
    game_id: str
    name: str | None
    team: str | None
    opponent: str | None
    side: str
    line: Decimal
    edge: Decimal | None
    rank: int | None
    angles: tuple[str, ...]
    is_ultra: bool
    source: str
    was_shown: bool
    made_at: Instant | None
    version: str | None = None
    signal: SignalPickRow | None = None


def picks_of(night: PlayerNight) -> list[ShownPick]:
    """Return a player's picks of the season up to the night's date, oldest first, one per date.

    Of a date before it the signals' pick counts, else the one that was published before its game began. Of the date
    itself what readers were shown stays, and the signals only add. A pick that was added by hand replaces either.
    """
    first, history = night.config.calendar.season_start(night.date), night.history
    signals = latest_per(
        _valid(history.rows(SIGNAL_PICKS), first, night.date),
        key=lambda row: row.game_date,
        by=lambda row: (known(row.created_at), row.rank is not None, -(row.rank or 0), _lowest(row.system_id)),
    )
    published = latest_per(
        _valid(history.rows(PUBLISHED_PICKS), first, night.date),
        key=lambda row: row.game_date,
        by=lambda row: (known(row.updated_at), row.first_published_at),
    )
    manual = latest_per(
        _valid((row for row in history.rows(MANUAL_PICKS) if row.is_active), first, night.date),
        key=lambda row: row.game_date,
        by=lambda row: (row.added_at,),
    )
    picks = []
    for day in sorted(signals.keys() | published.keys() | manual.keys()):
        signal, shown, added = signals.get(day), published.get(day), manual.get(day)
        pick = _by_hand(added, shown) if added is not None else _chosen(night, day, signal, shown)
        if pick is not None:
            picks.append(replace(pick, signal=signal))
    return picks


def _valid(rows: Iterable[PickRowT], first: date, last: date) -> Iterable[PickRowT]:
    """Yield the rows of some dates that are a pick: a side, against a line."""
    return (
        row
        for row in rows
        if first <= row.game_date <= last and row.recommendation in SIDES and row.line_value is not None
    )


def _lowest(text: str) -> tuple[int, ...]:
    """Return a sort key by which the first text of the alphabet is the greatest."""
    return (*(-ord(letter) for letter in text), 1)


def _chosen(
    night: PlayerNight, day: date, signal: SignalPickRow | None, shown: PublishedPickRow | None
) -> ShownPick | None:
    """Return the pick of a date that was not added by hand."""
    if day < night.date:
        if signal is not None:
            return _of_signals(signal, was_shown=shown is not None)
        return None if shown is None or shown.signal_status == RULES.best_bets_page.untouched else _published(shown)
    if shown is None:
        return None if signal is None else _of_signals(signal, was_shown=False)
    pick = _published(shown)
    if signal is None:
        return pick
    newest = _of_signals(signal, was_shown=True)
    begun = _has_begun(night, pick)
    return replace(
        pick,
        edge=newest.edge,
        rank=newest.rank,
        angles=newest.angles,
        is_ultra=pick.is_ultra if begun else newest.is_ultra,
        version=newest.version,
    )


def _of_signals(row: SignalPickRow, *, was_shown: bool) -> ShownPick:
    return replace(
        _pick(row),
        is_ultra=bool(row.ultra_tier),
        was_shown=was_shown,
        made_at=row.created_at,
        version=row.algorithm_version,
    )


def _published(row: PublishedPickRow) -> ShownPick:
    ultra = row.ultra_tier is not None and row.ultra_tier.strip().lower() not in RULES.best_bets_page.ordinary
    return replace(_pick(row), is_ultra=ultra, source=row.source, was_shown=True, made_at=row.first_published_at)


def _by_hand(row: ManualPickRow, shown: PublishedPickRow | None) -> ShownPick:
    return replace(_pick(row), source=RULES.best_bets_page.manual, was_shown=shown is not None, made_at=row.added_at)


def _pick(row: SignalPickRow | PublishedPickRow | ManualPickRow) -> ShownPick:
    assert row.recommendation is not None, row
    assert row.line_value is not None, row
    return ShownPick(
        day=row.game_date,
        game_id=row.game_id,
        name=row.player_name,
        team=row.team_abbr,
        opponent=row.opponent_team_abbr,
        side=row.recommendation,
        line=row.line_value,
        edge=None if row.edge is None else abs(row.edge),
        rank=row.rank,
        angles=tuple(row.pick_angles),
        is_ultra=False,
        source=RULES.best_bets_page.algorithm,
        was_shown=False,
        made_at=None,
    )


def game_of(night: PlayerNight, pick: ShownPick) -> Game | None:
    """Return the game of a pick as scheduled; None when the schedule does not know it."""
    return night.league.schedule.find(pick.day, pick.game_id, pick.team)


def _has_begun(night: PlayerNight, pick: ShownPick) -> bool:
    game = game_of(night, pick)
    if game is None:
        return False
    now = instant_of(night.generated_at)
    return game.status != STATUS_NAMES[SCHEDULED] or (game.tip_off is not None and game.tip_off <= now)


def sides_of(night: PlayerNight, pick: ShownPick) -> tuple[str | None, str | None, bool | None]:
    """Return the player's team, the other one, and whether the player's is at home, as far as they are known."""
    game = game_of(night, pick)
    teams = teams_of(pick.game_id) if game is None else (game.away, game.home)
    if teams is None or pick.team not in teams:
        return pick.team, pick.opponent, None
    at_home = pick.team == teams[1]
    return pick.team, pick.opponent or teams[0 if at_home else 1], at_home


def outcome_of(night: PlayerNight, pick: ShownPick) -> Outcome:
    """Return what became of a pick: by the rule of every document, else by what the signals' row holds."""
    game = game_of(night, pick)
    became = outcome(
        pick.side,
        pick.line,
        graded=night.history.grades.on(pick.day),
        played=night.history.box_scores.on(pick.day),
        over=None if game is None else game.is_final,
    )
    row = pick.signal
    if became.result != PENDING or row is None:
        return became
    if row.is_voided:
        return Outcome(VOID)
    if row.prediction_correct is not None and (row.recommendation, row.line_value) == (pick.side, pick.line):
        return Outcome(WIN if row.prediction_correct else LOSS, row.actual_points)
    return Outcome(against_line(pick.side, row.actual_points, pick.line) or PENDING, row.actual_points)
