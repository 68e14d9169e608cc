"""Blemishes of the tables computed before a game, and the rare nulls of every table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from demo.blemishes.workbench import Blemish, Workbench
from demo.clock import HOUR_US
from demo.randomness import stream
from exporters.warehouse.tables import (
    CONTEXT,
    DAILY_CACHE,
    DEFENSE,
    FACTORS,
    FEATURES,
    INJURIES,
    PREDICTIONS,
    PROPS,
    SUBSET_DEFINITIONS,
    WAREHOUSE_TABLES,
)

_RARE = 0.0003


def duplicate_context_rows(bench: Workbench) -> int:
    """An older row of a player's game has the other place and another rest."""
    frame = bench[CONTEXT]
    rows = bench.also_tonight(CONTEXT, bench.any_row(CONTEXT, 0.003))
    old = frame.take(rows)
    every = np.arange(len(rows))
    old.put("home_game", every, ~old["home_game"])
    old.put("days_rest", every, 4)
    old.put("back_to_back", every, False)
    old.put("processed_at", every, old["processed_at"] - 6 * HOUR_US)
    # Half of the pairs are told apart by version, the others by time alone.
    frame.put("context_version", rows[::2], 2)
    frame.extend(old)
    return len(rows)


def duplicate_factors(bench: Workbench) -> int:
    """Fatigue was computed before, far lower; some of those rows carry no ``processed_at``."""
    frame = bench[FACTORS]
    rows = bench.also_tonight(FACTORS, bench.any_row(FACTORS, 0.003))
    old = frame.take(rows)
    every = np.arange(len(rows))
    old.put("fatigue_score", every, np.maximum(old["fatigue_score"] - 30, 0))
    old.put("processed_at", every, old["processed_at"] - 5 * HOUR_US)
    old.put("created_at", every, old["created_at"] - 5 * HOUR_US)
    old.put("processed_at", every[::4], None)
    frame.extend(old)
    return len(rows)


def older_feature_versions(bench: Workbench) -> int:
    """A vector of an older feature version exists beside the current one."""
    frame = bench[FEATURES]
    rows = bench.any_row(FEATURES, 0.004)
    old = frame.take(rows)
    every = np.arange(len(rows))
    old.put("feature_version", every, "v1_25features")
    old.put("feature_quality_score", every, 61.5)
    old.put("quality_alert_level", every, "red")
    old.put("days_rest", every, 9)
    old.put("created_at", every, old["created_at"] - 24 * HOUR_US)
    old.put("updated_at", every, None)
    old.lengths["features"] = np.full(len(rows), 25)
    old.lengths["feature_names"] = np.minimum(old.lengths["feature_names"], 25)
    frame.extend(old)
    return len(rows)


def short_feature_arrays(bench: Workbench) -> int:
    """A vector breaks off before the elements that are read by position; some are empty."""
    frame = bench[FEATURES]
    rows = bench.any_row(FEATURES, 0.001)
    length = np.where(np.arange(len(rows)) % 3 == 0, 0, 12)
    frame.lengths["features"][rows] = length
    frame.lengths["feature_names"][rows] = np.minimum(frame.lengths["feature_names"][rows], length)
    return len(rows)


def not_a_number(bench: Workbench) -> int:
    """A FLOAT64 holds NaN: a feature's quality, a forecast's quality."""
    features, predictions = bench[FEATURES], bench[PREDICTIONS]
    first, second = bench.any_row(FEATURES, 0.0005), bench.any_row(PREDICTIONS, 0.0005)
    features.put("matchup_quality_pct", first, np.nan)
    predictions.put("feature_quality_score", second, np.nan)
    return len(first) + len(second)


def duplicate_offers(bench: Workbench) -> int:
    """An offer is in the table twice, equal in every column."""
    rows = bench.any_row(PROPS, 0.003)
    bench[PROPS].extend(bench[PROPS].take(rows))
    return len(rows)


def impossible_odds(bench: Workbench) -> int:
    """An offer's odds lie between -100 and +100, where American odds do not exist."""
    rows = bench.any_row(PROPS, 0.0005)
    bench[PROPS].put("odds_american", rows, np.where(np.arange(len(rows)) % 2 == 0, 50, 0))
    return len(rows)


def duplicate_defense_rows(bench: Workbench) -> int:
    """A team's defence of a date was computed before, from fewer games."""
    frame = bench[DEFENSE]
    rows = bench.some(~frame.is_null("opponent_points_per_game"), 0.01)
    old = frame.take(rows)
    every = np.arange(len(rows))
    old.put("opponent_points_per_game", every, old["opponent_points_per_game"] + 6)
    old.put("processed_at", every, old["processed_at"] - 7 * HOUR_US)
    frame.extend(old)
    return len(rows)


def placeholder_defense_rows(bench: Workbench) -> int:
    """A team has a row without numbers in the middle of the season."""
    frame = bench[DEFENSE]
    rows = bench.some(~frame["early_season_flag"] & (frame["analysis_date"] < bench.tonight), 0.002)
    for name in ("opponent_points_per_game", "defensive_rating_last_15"):
        frame.put(name, rows, None)
    return len(rows)


def injuries_without_lookup(bench: Workbench) -> int:
    """A line of the report names an unknown player."""
    rows = bench.any_row(INJURIES, 0.003)
    bench[INJURIES].put("player_lookup", rows, None)
    return len(rows)


def injuries_without_suffix(bench: Workbench) -> int:
    """The report drops the suffix of a name, so that the lookup matches no player."""
    frame = bench[INJURIES]
    names = bench.league.players
    suffixed = {
        lookup: lookup[: -len(suffix)]
        for lookup, name in zip(names.lookup, names.name, strict=True)
        if (suffix := name.split()[-1].strip(".").lower()) in ("jr", "sr", "ii", "iii", "iv")
    }
    rows = bench.some(np.isin(frame["player_lookup"].astype(str), list(suffixed)), 0.3)
    frame.put("player_lookup", rows, np.array([suffixed[who] for who in frame["player_lookup"][rows]], dtype=object))
    return len(rows)


def revised_injuries(bench: Workbench) -> int:
    """A report was published twice under one hour; the later one lifts the status."""
    frame = bench[INJURIES]
    known = ~frame.is_null("player_lookup")
    rows = bench.also_tonight(INJURIES, bench.some(known, 0.003), known)
    late = frame.take(rows)
    every = np.arange(len(rows))
    late.put("injury_status", every, "available")
    late.put("processed_at", every, late["processed_at"] + HOUR_US // 2)
    frame.extend(late)
    return len(rows)


def uncached_players(bench: Workbench) -> int:
    """A player's precomputed inputs are missing for a date, and marked twice for another."""
    gone = np.zeros(len(bench[DAILY_CACHE]), dtype=bool)
    gone[bench.any_row(DAILY_CACHE, 0.005)] = True
    bench.remove(DAILY_CACHE, gone)
    rows = bench.any_row(DAILY_CACHE, 0.001)
    bench[DAILY_CACHE].extend(bench[DAILY_CACHE].take(rows))
    return int(gone.sum()) + len(rows)


def rare_nulls(bench: Workbench) -> int:
    """Every nullable column that is still complete gets a few nulls, whichever other columns there are."""
    seed, touched = bench.league.options.seed, 0
    for table in WAREHOUSE_TABLES:
        if table is SUBSET_DEFINITIONS:
            continue
        frame = bench[table]
        for column in table.columns.values():
            if column.mode == "NULLABLE" and len(frame) and not frame.is_null(column.name).any():
                alone = replace(bench, rng=stream(seed, "rare nulls", table.name, column.name))
                rows = alone.any_row(table, _RARE, 1)
                frame.put(column.name, rows, None)
                touched += len(rows)
    return touched


BLEMISHES: tuple[Blemish, ...] = (
    duplicate_context_rows,
    duplicate_factors,
    short_feature_arrays,
    older_feature_versions,
    not_a_number,
    impossible_odds,
    duplicate_offers,
    placeholder_defense_rows,
    duplicate_defense_rows,
    injuries_without_suffix,
    injuries_without_lookup,
    revised_injuries,
    uncached_players,
)
