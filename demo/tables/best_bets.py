"""The picks of the best bets page: chosen by the signals, shown to readers, added by hand; and the days without any."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from demo.box_scores import Appearances
from demo.clock import HOUR_US, midnights
from demo.forecasts import CHAMPION, Forecasts
from demo.league import League
from demo.randomness import Array, stream
from demo.tables.frames import Frame, Nullable, Repeated
from exporters.warehouse.tables import HALTS, MANUAL_PICKS, PUBLISHED_PICKS, SIGNAL_PICKS

_PER_DATE = 5
_BY_HAND_EVERY = 7
"""Dates between those on which a pick is added by hand."""
_ULTRA_EDGE = 5.0
_QUIET_DAYS = 3
"""Days without a game after which picks are halted."""
_VERSION = "v_demo_1"
_ANGLE, _HIGH = "The forecast is {edge:.1f} points {side} the line", "One of the widest gaps of the night"


def best_bet_frames(league: League, box: Appearances, forecasts: Forecasts) -> Iterator[Frame]:
    """Yield the picks of every date by where they come from, and whether picks were halted on it.

    Some picks are shown and then dropped by the signals, and one of tonight's is not shown yet.
    """
    rng = stream(league.options.seed, "best bets")
    rows, rank = _ranked(league, box, forecasts)
    date = box.date[forecasts.row[rows]]
    chosen = rank <= _PER_DATE
    dropped = chosen & (rng.random(len(rows)) < 0.05)
    fresh = (date == np.datetime64(league.today, "D")) & (rank == _PER_DATE)
    by_hand = (rank == _PER_DATE + 1) & (np.unique(date, return_inverse=True)[1] % _BY_HAND_EVERY == 0)
    yield _signals(league, box, forecasts, rows[chosen & ~dropped], rank[chosen & ~dropped])
    yield _published(league, box, forecasts, rows[chosen & ~fresh], rank[chosen & ~fresh])
    yield _manual(league, box, forecasts, rows[by_hand])
    yield _halts(league)


def _ranked(league: League, box: Appearances, forecasts: Forecasts) -> tuple[Array, Array]:
    """Return the champion's forecasts that may become picks, and their place by edge on their date."""
    f = forecasts
    rows = np.flatnonzero((f.system == CHAMPION) & f.lined & np.isin(f.recommendation, ("OVER", "UNDER")))
    date, who = box.date[f.row[rows]], league.players.lookup[box.player[f.row[rows]]].astype(str)
    order = np.lexsort((who, -np.round(np.abs(f.predicted[rows] - f.line[rows]), 1), date))
    rows, date = rows[order], date[order]
    return rows, np.arange(len(rows)) - np.searchsorted(date, date) + 1


def _pick(league: League, box: Appearances, forecasts: Forecasts, rows: Array) -> dict[str, object]:
    """Return the columns that the tables of picks share; the edge is signed."""
    there = forecasts.row[rows]
    edge = np.round(forecasts.predicted[rows] - forecasts.line[rows], 1)
    angles = np.empty((len(rows), 2), dtype=object)
    angles[:, 0] = [_ANGLE.format(edge=abs(each), side="above" if each > 0 else "below") for each in edge.tolist()]
    angles[:, 1] = _HIGH
    return {
        "player_lookup": league.players.lookup[box.player[there]],
        "game_id": box.game_id[there],
        "game_date": box.date[there],
        "player_name": league.players.name[box.player[there]],
        "team_abbr": league.team[box.team[there]],
        "opponent_team_abbr": league.team[box.opponent[there]],
        "line_value": forecasts.line[rows],
        "recommendation": forecasts.recommendation[rows],
        "edge": edge,
        "pick_angles": Repeated(angles, 1 + (np.abs(edge) >= _ULTRA_EDGE)),
    }


def _ultra(forecasts: Forecasts, rows: Array) -> Array:
    return np.asarray(np.round(np.abs(forecasts.predicted[rows] - forecasts.line[rows]), 1) >= _ULTRA_EDGE)


def _signals(league: League, box: Appearances, forecasts: Forecasts, rows: Array, rank: Array) -> Frame:
    there = forecasts.row[rows]
    over, played = box.over[there], box.over[there] & box.played[there]
    points, line, called = box.stats["points"][there], forecasts.line[rows], forecasts.recommendation[rows]
    return Frame(
        SIGNAL_PICKS,
        {
            **_pick(league, box, forecasts, rows),
            "system_id": CHAMPION,
            "rank": rank,
            "algorithm_version": _VERSION,
            "ultra_tier": _ultra(forecasts, rows),
            "actual_points": Nullable(points, ~played),
            "prediction_correct": Nullable((points > line) == (called == "OVER"), ~played | (points == line)),
            "is_voided": Nullable(over & ~played, ~over),
            "created_at": midnights(box.date[there]) + 16 * HOUR_US,
        },
    )


def _published(league: League, box: Appearances, forecasts: Forecasts, rows: Array, rank: Array) -> Frame:
    shown = _pick(league, box, forecasts, rows)
    at = midnights(box.date[forecasts.row[rows]]) + 17 * HOUR_US
    return Frame(
        PUBLISHED_PICKS,
        {
            **shown,
            "edge": np.abs(np.asarray(shown["edge"])),
            "rank": rank,
            "ultra_tier": np.where(_ultra(forecasts, rows), "true", "false").astype(object),
            "source": "algorithm",
            "signal_status": "active",
            "first_published_at": at,
            "updated_at": at + HOUR_US,
        },
    )


def _manual(league: League, box: Appearances, forecasts: Forecasts, rows: Array) -> Frame:
    return Frame(
        MANUAL_PICKS,
        {
            **_pick(league, box, forecasts, rows),
            "rank": 1,
            "is_active": np.arange(len(rows)) % 4 != 3,
            "added_at": midnights(box.date[forecasts.row[rows]]) + 18 * HOUR_US,
        },
    )


def _halts(league: League) -> Frame:
    """Return one row per date, halted where no game was for days, and for some dates an older row that says else."""
    nights = np.unique(league.games.date)
    dates = np.arange(nights[0], np.datetime64(league.today, "D") + 1)
    newest = nights[np.searchsorted(nights, dates, side="right") - 1]
    since = newest + _QUIET_DAYS
    halted = dates >= since
    written = midnights(dates) + 10 * HOUR_US
    older = np.arange(len(dates)) % 9 == 4
    reasons = np.full(len(dates), "predictions_inactive", dtype=object)

    def both(values: Array, others: Array | None = None) -> Array:
        return np.concatenate([values, (values if others is None else others)[older]])

    return Frame(
        HALTS,
        {
            "effective_date": both(dates),
            "sport": "nba",
            "halt_active": both(halted, ~halted),
            "halt_reason": Nullable(both(reasons), both(~halted, halted)),
            "halt_since": Nullable(both(since, dates), both(~halted, halted)),
            "written_at": both(written, written - HOUR_US),
        },
    )
