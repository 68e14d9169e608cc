"""Blemishes of the schedule, the box scores and the other tables of what was played."""

from __future__ import annotations

import numpy as np

from demo.blemishes.workbench import Blemish, Workbench
from demo.clock import HOUR_US
from exporters.warehouse.tables import FEED_PLAYERS, GAMEBOOK, GAMES, SCHEDULE

DNP_FLAG_SINCE = np.datetime64("2026-01-27")
"""Some writers left ``is_dnp`` null before this date."""


def dates_without_dnp_flag(bench: Workbench) -> int:
    """On some earlier dates ``is_dnp`` is null on every row, played or not."""
    frame = bench[GAMES]
    early = frame["game_date"] < DNP_FLAG_SINCE
    if not early.any():
        return 0
    dates = np.unique(frame["game_date"][early])
    unmarked = dates[bench.rng.permutation(len(dates))[: max(1, len(dates) // 14)]]
    rows = np.flatnonzero(np.isin(frame["game_date"], unmarked))
    frame.put("is_dnp", rows, None)
    return len(rows)


def zero_point_dnps(bench: Workbench) -> int:
    """A player who did not play has 0 points and 0 minutes instead of nulls."""
    frame = bench[GAMES]
    sat = frame.is_null("points")
    rows = bench.some(sat, 0.03)
    frame.put("points", rows, 0)
    frame.put("minutes_played", rows[::2], 0.0)
    lined = rows[~frame.is_null("points_line")[rows]]
    frame.put("over_under_result", lined, "UNDER")
    return len(rows)


def duplicate_box_scores(bench: Workbench) -> int:
    """A box score was processed before, with fewer points."""
    frame = bench[GAMES]
    rows = bench.some(~frame.is_null("points") & (frame["points"] > 3), 0.002)
    first = frame.take(rows)
    every = np.arange(len(rows))
    first.put("points", every, first["points"] - 2)
    first.put("fg_makes", every, np.maximum(first["fg_makes"] - 1, 0))
    first.put("processed_at", every, first["processed_at"] - 2 * HOUR_US)
    frame.extend(first)
    return len(rows)


def partial_box_scores(bench: Workbench) -> int:
    """A row was written while the game ran and was superseded after it."""
    frame = bench[GAMES]
    rows = bench.some(~frame.is_null("points") & (frame["points"] > 5), 0.001)
    half = frame.take(rows)
    every = np.arange(len(rows))
    half.put("points", every, half["points"] // 2)
    half.put("minutes_played", every, np.floor(half["minutes_played"] / 2))
    half.put("is_partial_game_data", every, True)
    half.put("processed_at", every, half["processed_at"] - 4 * HOUR_US)
    frame.extend(half)
    return len(rows)


def games_without_play_by_play(bench: Workbench) -> int:
    """A game has no play-by-play: the three-point columns of all its rows are null."""
    frame = bench[GAMES]
    games = np.unique(frame["game_id"].astype(str))
    chosen = bench.rng.choice(games, max(1, len(games) // 80), replace=False)
    rows = np.flatnonzero(np.isin(frame["game_id"].astype(str), chosen))
    frame.put("three_pt_makes", rows, None)
    frame.put("three_pt_attempts", rows, None)
    return len(rows)


def attempts_without_makes(bench: Workbench) -> int:
    """Attempts are known, makes are not."""
    frame = bench[GAMES]
    rows = bench.some(~frame.is_null("points"), 0.0005)
    frame.put("fg_makes", rows, None)
    frame.put("ft_makes", rows[::2], None)
    return len(rows)


def missing_box_scores(bench: Workbench) -> int:
    """A player of the game has no box score row at all."""
    frame = bench[GAMES]
    gone = np.zeros(len(frame), dtype=bool)
    gone[bench.some(frame.is_null("points"), 0.01)] = True
    bench.remove(GAMES, gone)
    return int(gone.sum())


def duplicate_schedule_rows(bench: Workbench) -> int:
    """An older row of a game says that it is scheduled, or in progress without scores."""
    frame = bench[SCHEDULE]
    rows = bench.also_tonight(SCHEDULE, bench.any_row(SCHEDULE, 0.03))
    old = frame.take(rows)
    every = np.arange(len(rows))
    played = old["game_status"] == 3
    old.put("game_status", every, np.where(played & (every % 2 == 0), 2, 1))
    for name in ("home_team_score", "away_team_score", "winning_team_tricode"):
        old.put(name, every, None)
    old.put("processed_at", every, old["processed_at"] - 12 * HOUR_US)
    old.put("game_date_est", every[::3], old["game_date_est"][::3] - HOUR_US // 2)
    frame.extend(old)
    return len(rows)


def second_official_ids(bench: Workbench) -> int:
    """One matchup of a date goes by two ten-digit ids."""
    frame = bench[SCHEDULE]
    rows = bench.some(frame["game_status"] == 3, 0.002, 1)
    other = frame.take(rows)
    every = np.arange(len(rows))
    other.put("game_id", every, np.array([f"{text[:5]}9{text[6:]}" for text in other["game_id"]], dtype=object))
    other.put("processed_at", every, other["processed_at"] - 2 * HOUR_US)
    frame.extend(other)
    return len(rows)


def finals_without_scores(bench: Workbench) -> int:
    """A final game has no scores."""
    frame = bench[SCHEDULE]
    rows = bench.some(frame["game_status"] == 3, 0.001, 1)
    for name in ("home_team_score", "away_team_score", "winning_team_tricode"):
        frame.put(name, rows, None)
    return len(rows)


def duplicate_gamebook_rows(bench: Workbench) -> int:
    """The game book lists a player twice, with other minutes."""
    frame = bench[GAMEBOOK]
    rows = bench.some(~frame.is_null("minutes_decimal"), 0.002)
    twin = frame.take(rows)
    twin.put("minutes_decimal", np.arange(len(rows)), twin["minutes_decimal"] + 0.25)
    frame.extend(twin)
    return len(rows)


def shared_feed_ids(bench: Workbench) -> int:
    """The live feed's id of one player was booked on another once."""
    frame = bench[FEED_PLAYERS]
    rows = bench.any_row(FEED_PLAYERS, 0.0002)
    frame.put("bdl_player_id", rows, frame["bdl_player_id"][(rows + 1) % len(frame)])
    return len(rows)


BLEMISHES: tuple[Blemish, ...] = (
    missing_box_scores,
    zero_point_dnps,
    games_without_play_by_play,
    attempts_without_makes,
    duplicate_box_scores,
    partial_box_scores,
    dates_without_dnp_flag,
    finals_without_scores,
    duplicate_schedule_rows,
    second_official_ids,
    duplicate_gamebook_rows,
    shared_feed_ids,
)
