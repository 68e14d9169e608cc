"""Blemishes of the subset definitions, the daily signals and the frozen picks."""

from __future__ import annotations

import numpy as np

from demo.blemishes.workbench import Blemish, Workbench
from demo.clock import HOUR_US, MINUTE_US, midnights
from demo.forecasts import CHAMPION
from demo.randomness import Array
from demo.tables.subsets import version_id
from exporters.warehouse.tables import SIGNALS, SUBSET_DEFINITIONS, SUBSET_PICKS, SUBSET_VERSIONS

RETIRED, DRAFT = "value_plays", "draft_unassigned"


def retired_definitions(bench: Workbench) -> int:
    """A retired subset and a draft without model stay in the definitions; neither is active."""
    frame = bench[SUBSET_DEFINITIONS]
    extra = frame.take(np.array([0, 0]))
    both = np.arange(2)
    extra.put("subset_id", both, np.array([RETIRED, DRAFT], dtype=object))
    extra.put("subset_name", both, np.array(["Value plays", "Draft"], dtype=object))
    for name, value in (("min_confidence", 75.0), ("pct_over_min", 20.0), ("pct_over_max", 60.0), ("is_active", False)):
        extra.put(name, both[:1], value)
    for name in set(frame.table.columns) - {"subset_id", "subset_name"}:
        extra.put(name, both[1:], None)
    frame.extend(extra)
    return 2


def retired_picks(bench: Workbench) -> int:
    """Old versions hold picks of a subset that has no public name."""
    frame = bench[SUBSET_PICKS]
    dates = np.unique(frame["game_date"])
    early = np.isin(frame["game_date"], dates[: max(2, len(dates) // 10)])
    rows = bench.some(early & (frame["subset_id"] == "all_picks"), 0.3)
    copy = frame.take(rows)
    every = np.arange(len(rows))
    copy.put("subset_id", every, RETIRED)
    copy.put("subset_name", every, "Other")
    copy.put("min_confidence", every, 75.0)
    frame.extend(copy)
    return len(rows)


def doubled_picks(bench: Workbench) -> int:
    """A version that was computed after the games holds each of its picks twice."""
    frame = bench[SUBSET_PICKS]
    tip_off = midnights(frame["game_date"] + 1)
    late = np.unique(frame["version_id"][frame["computed_at"] >= tip_off].astype(str))
    rows = np.flatnonzero(np.isin(frame["version_id"].astype(str), late[::3]))
    frame.extend(frame.take(rows))
    return len(rows)


def incomplete_versions(bench: Workbench) -> int:
    """A run broke off: its version lacks most picks and is not complete, although it is the newest before tip-off."""
    picks, versions = bench[SUBSET_PICKS], bench[SUBSET_VERSIONS]
    rows = _locked(bench, 0.03)
    broken = versions.take(rows)
    every = np.arange(len(rows))
    made = broken["computed_at"] + 25 * MINUTE_US
    ids = np.array([version_id(int(instant)) for instant in made], dtype=object)
    again = dict(zip(broken["version_id"].tolist(), every.tolist(), strict=True))
    partial = np.array([again.get(text, -1) for text in picks["version_id"].tolist()])
    some = np.flatnonzero((partial >= 0) & (picks["rank_in_subset"] == 1))
    copy = picks.take(some)
    copy.put("version_id", np.arange(len(some)), ids[partial[some]])
    copy.put("computed_at", np.arange(len(some)), made[partial[some]])
    picks.extend(copy)
    broken.put("version_id", every, ids)
    broken.put("computed_at", every, made)
    broken.put("is_complete", every, False)
    versions.extend(broken)
    return len(rows)


def empty_versions(bench: Workbench) -> int:
    """The last version before tip-off is complete and withdraws every pick."""
    versions = bench[SUBSET_VERSIONS]
    rows = _locked(bench, 0.01)
    empty = versions.take(rows)
    every = np.arange(len(rows))
    made = empty["computed_at"] + 40 * MINUTE_US
    empty.put("version_id", every, np.array([version_id(int(instant)) for instant in made], dtype=object))
    empty.put("computed_at", every, made)
    empty.put("total_picks", every, 0)
    versions.extend(empty)
    return len(rows)


def _locked(bench: Workbench, share: float) -> Array:
    versions = bench[SUBSET_VERSIONS]
    since = versions["computed_at"] - midnights(versions["game_date"])
    locked = (since >= 14 * HOUR_US) & (since < 16 * HOUR_US)
    dates, counts = np.unique(versions["game_date"], return_counts=True)
    single = np.isin(versions["game_date"], dates[counts == 1]) & (versions["game_date"] < bench.tonight)
    return bench.some(locked & single & (versions["total_picks"] > 0), share, 1)


def duplicate_signals(bench: Workbench) -> int:
    """A date's signal was computed before, with another word."""
    frame = bench[SIGNALS]
    rows = bench.also_tonight(SIGNALS, bench.some(frame["system_id"] == CHAMPION, 0.03), frame["system_id"] == CHAMPION)
    old = frame.take(rows)
    every = np.arange(len(rows))
    old.put("daily_signal", every, np.where(old["daily_signal"] == "RED", "GREEN", "RED").astype(object))
    old.put("calculated_at", every, old["calculated_at"] - 3 * HOUR_US)
    frame.extend(old)
    return len(rows)


BLEMISHES: tuple[Blemish, ...] = (
    retired_definitions,
    incomplete_versions,
    empty_versions,
    retired_picks,
    doubled_picks,
    duplicate_signals,
)
