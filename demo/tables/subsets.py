"""Subset definitions, daily signals, and the frozen picks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from demo.box_scores import Appearances
from demo.clock import HOUR_US, MINUTE_US, SECOND_US, midnights
from demo.forecasts import CHAMPION, SPECIALISTS, Forecasts
from demo.league import League
from demo.randomness import Array, stream
from demo.tables.frames import Frame, Nullable, is_none
from exporters.warehouse.tables import SIGNALS, SUBSET_DEFINITIONS, SUBSET_PICKS, SUBSET_VERSIONS

_MINIMUM_QUALITY = 85.0
_MODEL_IDS_SINCE = np.datetime64("2026-02-10")


@dataclass(frozen=True)
class Definition:
    """One subset as documented; thresholds that are unset do not filter."""

    subset_id: str
    name: str
    public_name: str
    system: str
    min_edge: float
    direction: str
    condition: str
    top_n: int | None


DEFINITIONS = tuple(
    Definition(*values)
    for values in (
        ("top_pick", "Top pick of the day", "Top Pick", CHAMPION, 5.0, "OVER", "GREEN_OR_YELLOW", 1),
        ("top_3", "Top 3 over picks", "Top 3", CHAMPION, 5.0, "OVER", "GREEN_OR_YELLOW", 3),
        ("top_5", "Top 5 picks", "Top 5", CHAMPION, 5.0, "ANY", "GREEN_OR_YELLOW", 5),
        ("high_edge_over", "High edge over", "High Edge OVER", CHAMPION, 5.0, "OVER", "ANY", None),
        ("high_edge_all", "High edge", "High Edge All", CHAMPION, 5.0, "ANY", "ANY", None),
        ("ultra_high_edge", "Ultra high edge", "Ultra High Edge", CHAMPION, 7.0, "ANY", "ANY", None),
        ("green_light", "High edge on good days", "Green Light", CHAMPION, 5.0, "ANY", "GREEN_OR_YELLOW", None),
        ("all_picks", "Every pick", "All Picks", CHAMPION, 3.0, "ANY", "ANY", None),
        ("q43_under_top3", "Q43 top 3 under", "UNDER Top 3", SPECIALISTS[0], 5.0, "UNDER", "ANY", 3),
        ("q43_under_all", "Q43 under", "UNDER All", SPECIALISTS[0], 5.0, "UNDER", "ANY", None),
        ("q43_all_picks", "Q43 picks", "Q43 All Picks", SPECIALISTS[0], 3.0, "ANY", "ANY", None),
        ("q45_under_top3", "Q45 top 3 under", "Q45 UNDER Top 3", SPECIALISTS[1], 5.0, "UNDER", "ANY", 3),
        ("q45_all_picks", "Q45 picks", "Q45 All Picks", SPECIALISTS[1], 3.0, "ANY", "ANY", None),
    )
)


def definitions_frame() -> Frame:
    """Return the 13 documented definitions."""

    def column(values: list[object]) -> Array:
        out = np.empty(len(values), dtype=object)
        out[:] = values
        return out

    top = [d.top_n for d in DEFINITIONS]
    return Frame(
        SUBSET_DEFINITIONS,
        {
            "subset_id": column([d.subset_id for d in DEFINITIONS]),
            "subset_name": column([d.name for d in DEFINITIONS]),
            "system_id": column([d.system for d in DEFINITIONS]),
            "min_edge": np.array([d.min_edge for d in DEFINITIONS]),
            "min_confidence": None,
            "signal_condition": column([d.condition for d in DEFINITIONS]),
            "direction": column([d.direction for d in DEFINITIONS]),
            "pct_over_min": None,
            "pct_over_max": None,
            "use_ranking": np.array([n is not None for n in top]),
            "top_n": Nullable(np.array([n or 0 for n in top]), [n is None for n in top]),
            "is_active": True,
            "require_quality_ready": True,
        },
    )


def signals_frame(league: League, box: Appearances, forecasts: Forecasts) -> Frame:
    """Return each model's market conditions on the dates on which it has ten lined forecasts."""
    lined = np.flatnonzero(forecasts.lined)
    systems, which = np.unique(forecasts.system[lined].astype(str), return_inverse=True)
    dates, when = np.unique(box.date[forecasts.row[lined]], return_inverse=True)
    cell = when * len(systems) + which
    size = len(dates) * len(systems)
    edge = np.abs(forecasts.predicted[lined] - forecasts.line[lined])
    total = np.bincount(cell, minlength=size)
    over = np.bincount(cell[forecasts.recommendation[lined] == "OVER"], minlength=size)
    high = np.bincount(cell[np.round(edge, 1) >= 5], minlength=size)
    cells = np.flatnonzero(total >= 10)
    share = np.round(100 * over[cells] / total[cells], 1)
    _, slate = np.unique(league.games.date, return_counts=True)
    slate_of = dict(zip(np.unique(league.games.date).tolist(), slate.tolist(), strict=True))
    games = np.array([slate_of[day] for day in dates[cells // len(systems)].tolist()])
    skew = np.where(share < 25, "UNDER_HEAVY", np.where(share > 40, "OVER_HEAVY", "BALANCED")).astype(object)
    signal = np.where(
        (games <= 4) | (share < 25), "RED", np.where((high[cells] < 3) | (share > 45), "YELLOW", "GREEN")
    ).astype(object)
    day = dates[cells // len(systems)]
    return Frame(
        SIGNALS,
        {
            "game_date": day,
            "system_id": systems[cells % len(systems)].astype(object),
            "high_edge_picks": high[cells],
            "pct_over": share,
            "skew_category": skew,
            "daily_signal": signal,
            "calculated_at": midnights(day) + 12 * HOUR_US,
        },
    )


@dataclass(frozen=True)
class FrozenPicks:
    """The frozen picks of every date, and the versions they belong to."""

    picks: Frame
    versions: Frame


@dataclass(frozen=True)
class _Kind:
    """One way in which versions arise: when in the day, on which share of dates, from which share of the forecasts."""

    name: str
    after_midnight_us: int
    dates: float
    forecasts: float


_KINDS = (
    _Kind("early", 12 * HOUR_US + 31 * MINUTE_US, 0.25, 0.9),
    _Kind("locked", 15 * HOUR_US + 5 * MINUTE_US, 1.0, 1.0),
    # Computed long after tip-off, when some forecasts had been withdrawn: never what users saw.
    _Kind("late", 28 * HOUR_US + 40 * MINUTE_US, 0.15, 0.85),
)


def frozen_picks(league: League, box: Appearances, forecasts: Forecasts, signals: Frame) -> FrozenPicks:
    """Select the subsets' picks of every date in one to three versions."""
    rng = stream(league.options.seed, "subsets")
    pool = _Pool(league, box, forecasts, signals)
    dates = np.unique(box.date[forecasts.row])
    today = np.datetime64(league.today, "D")
    picks, versions = [], []
    for kind in _KINDS:
        chosen = dates[rng.random(len(dates)) < kind.dates]
        if kind.name == "late":
            chosen = chosen[chosen < today]
        seconds = dict(zip(dates.tolist(), rng.integers(0, 600, len(dates)).tolist(), strict=True))
        made = {
            day: int(np.datetime64(day, "us").astype(np.int64)) + kind.after_midnight_us + seconds[day] * SECOND_US
            for day in chosen.tolist()
        }
        kept = np.isin(pool.date, chosen) & (rng.random(len(pool.rows)) < kind.forecasts)
        frame = pool.picks(kept, made)
        picks.append(frame)
        versions.append(_versions(made, frame))
    return FrozenPicks(_stacked(picks), _stacked(versions))


def _stacked(frames: list[Frame]) -> Frame:
    first, *others = frames
    for other in others:
        first.extend(other)
    return first


def version_id(made: int) -> str:
    """Return the id of a version computed at an instant."""
    text = str(np.datetime64(made, "us").astype("datetime64[s]"))
    return f"v_{text[:10].replace('-', '')}_{text[11:].replace(':', '')}"


def _versions(made: dict[object, int], picks: Frame) -> Frame:
    days = list(made)
    found, counts = np.unique(picks["version_id"].astype(str), return_counts=True)
    total = dict(zip(found.tolist(), counts.tolist(), strict=True))
    ids = [version_id(made[day]) for day in days]
    return Frame(
        SUBSET_VERSIONS,
        {
            "game_date": np.array(days, dtype="datetime64[D]"),
            "version_id": np.array(ids, dtype=object),
            "computed_at": np.array([made[day] for day in days], dtype=np.int64),
            "total_picks": np.array([total.get(each, 0) for each in ids], dtype=np.int64),
            "is_complete": True,
        },
    )


class _Pool:
    """The forecasts that may become picks, best first within each date and model."""

    def __init__(self, league: League, box: Appearances, forecasts: Forecasts, signals: Frame) -> None:
        self.league, self.box, self.forecasts = league, box, forecasts
        f = forecasts
        edge = np.round(np.abs(f.predicted - f.line), 1)
        composite = np.round(10 * edge + 0.5 * f.confidence, 4)
        eligible = (
            f.lined & np.isin(f.recommendation, ("OVER", "UNDER")) & np.isin(f.system, [d.system for d in DEFINITIONS])
        )
        eligible &= _of_dominant_version(box.date[f.row], f.system, f.version, eligible)
        eligible &= (f.quality >= _MINIMUM_QUALITY) & (f.alert == "green")
        rows = np.flatnonzero(eligible)
        lookup = league.players.lookup[box.player[f.row]].astype(str)
        date = box.date[f.row]
        rows = rows[np.lexsort((lookup[rows], -edge[rows], -composite[rows], f.system[rows].astype(str), date[rows]))]
        self.rows, self.date = rows, date[rows]
        self.edge, self.composite, self.system = edge[rows], composite[rows], f.system[rows]
        champion = np.flatnonzero(signals["system_id"] == CHAMPION)
        words = dict(zip(signals["game_date"][champion].tolist(), signals["daily_signal"][champion], strict=True))
        shares = dict(zip(signals["game_date"][champion].tolist(), signals["pct_over"][champion], strict=True))
        days = self.date.tolist()
        self.signal = np.array([words.get(day) for day in days], dtype=object)
        self.share = np.array([shares.get(day, np.nan) for day in days], dtype=float)

    def _passing(self, definition: Definition) -> Array:
        passing = (self.system == definition.system) & (self.edge >= definition.min_edge)
        if definition.direction != "ANY":
            passing &= self.forecasts.recommendation[self.rows] == definition.direction
        if definition.condition == "GREEN_OR_YELLOW":
            # Without a signal the condition is skipped.
            passing &= self.signal != "RED"
        return np.asarray(passing)

    def _members(self, kept: Array) -> Iterator[tuple[int, Array, Array]]:
        for number, definition in enumerate(DEFINITIONS):
            chosen = np.flatnonzero(self._passing(definition) & kept)
            rank = np.arange(len(chosen)) - np.searchsorted(self.date[chosen], self.date[chosen]) + 1
            top = rank <= (definition.top_n or len(chosen))
            yield number, chosen[top], rank[top]

    def picks(self, kept: Array, made: dict[object, int]) -> Frame:
        """Return the picks of the kept forecasts, one version per date."""
        parts = list(self._members(kept))
        number = np.concatenate([np.full(len(members), n) for n, members, _ in parts])
        members = np.concatenate([members for _, members, _ in parts])
        rank = np.concatenate([rank for _, _, rank in parts])
        f, box, row = self.forecasts, self.box, self.rows[members]
        there, date = f.row[row], self.date[members]
        computed = np.array([made[day] for day in date.tolist()], dtype=np.int64)
        ids = {instant: version_id(instant) for instant in made.values()}
        codes, cell = np.unique(self.system.astype(str), return_inverse=True)
        dates, when = np.unique(self.date, return_inverse=True)
        available = np.bincount((when * len(codes) + cell)[kept], minlength=len(dates) * len(codes))
        defined = [
            np.array([getattr(d, name) for d in DEFINITIONS], dtype=object) for name in ("subset_id", "public_name")
        ]
        top = np.array([d.top_n or 0 for d in DEFINITIONS])[number]
        old = date < _MODEL_IDS_SINCE
        return Frame(
            SUBSET_PICKS,
            {
                "game_date": date,
                "subset_id": defined[0][number],
                "player_lookup": self.league.players.lookup[box.player[there]],
                # Rows older than the column mean the champion.
                "system_id": Nullable(self.system[members], old & (self.system[members] == CHAMPION)),
                "prediction_id": f.identity[row],
                "game_id": box.game_id[there],
                "rank_in_subset": rank,
                "version_id": np.array([ids[instant] for instant in computed.tolist()], dtype=object),
                "computed_at": computed,
                "trigger_source": "export",
                "batch_id": Nullable(np.full(len(date), "nightly", dtype=object), (members % 3) == 0),
                "player_name": self.league.players.name[box.player[there]],
                "team": self.league.team[box.team[there]],
                "opponent": self.league.team[box.opponent[there]],
                "predicted_points": f.predicted[row],
                "current_points_line": f.line[row],
                "recommendation": f.recommendation[row],
                "confidence_score": f.confidence[row],
                "edge": self.edge[members],
                "composite_score": self.composite[members],
                "feature_quality_score": f.quality[row],
                "default_feature_count": f.defaults[row],
                "line_source": "ACTUAL_PROP",
                "prediction_run_mode": "OVERNIGHT",
                "prediction_made_before_game": True,
                "quality_alert_level": f.alert[row],
                "subset_name": defined[1][number],
                "min_edge": np.array([d.min_edge for d in DEFINITIONS])[number],
                "min_confidence": None,
                "top_n": Nullable(top, top == 0),
                "daily_signal": self.signal[members],
                "pct_over": Nullable(np.nan_to_num(self.share[members]), np.isnan(self.share[members])),
                "total_predictions_available": available[when[members] * len(codes) + cell[members]],
                "prediction_created_at": f.created[row],
            },
        )


def _of_dominant_version(dates: Array, systems: Array, versions: Array, voting: Array) -> Array:
    """Return which rows carry the version that most voting rows of their date and model carry; null is a version."""
    text = np.where(is_none(versions), "", versions).astype(str)
    keys, key = np.unique(text, return_inverse=True)
    _, system = np.unique(systems.astype(str), return_inverse=True)
    _, day = np.unique(dates, return_inverse=True)
    cell = day * (system.max() + 1) + system
    votes = np.bincount((cell * len(keys) + key)[voting], minlength=(cell.max() + 1) * len(keys)).reshape(-1, len(keys))
    return np.asarray(votes.argmax(axis=1)[cell] == key)
