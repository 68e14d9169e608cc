"""The picks that were frozen when subsets were selected: a player's own, and which of a date's versions counts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from exporters.declaration import Read, Window
from exporters.league.arithmetic.dates import iso
from exporters.league.arithmetic.numbers import exact
from exporters.league.players.box_scores import BoxScores
from exporters.league.subsets.picks import Pick, edge_of, grade
from exporters.warehouse.forecast_rows import SubsetPickRow, SubsetVersionRow
from exporters.warehouse.league_rows import GameRow
from exporters.warehouse.schema import Instant
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import FORECAST_TIMES, SUBSET_PICKS, SUBSET_VERSIONS

READS = (
    Read(
        SUBSET_PICKS,
        (
            "game_date",
            "subset_id",
            "player_lookup",
            "system_id",
            "prediction_id",
            "version_id",
            "computed_at",
            "player_name",
            "team",
            "opponent",
            "predicted_points",
            "current_points_line",
            "recommendation",
            "edge",
            "composite_score",
            "prediction_created_at",
        ),
        Window.SEASON,
    ),
    Read(
        SUBSET_VERSIONS,
        ("game_date", "version_id", "computed_at", "total_picks", "is_complete"),
        Window.SEASON,
    ),
)


TIME_READS = (Read(FORECAST_TIMES, ("player_lookup", "game_date", "prediction_id", "created_at"), Window.SEASON),)
"""What dates the picks of earlier dates in a warehouse that does not store when their forecasts were made."""


class FrozenPick(Pick):
    """A frozen pick: the date, version and subset that it belongs to besides."""

    game_date: str
    version_id: str
    computed_at: int
    subset_id: str


Result = list[Any]
"""``[game date, version, computed at, [[subset, result], ...]]``: what one version made of a player on a date."""


class _Graded(NamedTuple):
    row: SubsetPickRow
    system_id: str
    box_score: GameRow | None
    actual: int | None
    result: str | None


class PlayerPicks:
    """One player's frozen picks, every version, graded by the player's box scores.

    Results do not depend on the night that asks, so they are worked out once.
    """

    def __init__(self, player: str, rows: Iterable[SubsetPickRow], scores: BoxScores, champion: str) -> None:
        """Keep one row per date, version, model and subset (contract M-1, P-8), in that order.

        A row without forecast, line or direction is no pick: it can be neither shown nor graded.
        """
        self._player = player
        chosen = latest_per(
            (row for row in rows if _is_whole(row)),
            key=lambda row: (row.game_date, row.version_id, row.system_id or champion, row.subset_id),
            by=lambda row: (row.computed_at, known(row.composite_score), known(row.prediction_id)),
        )
        self._picks = [_grade(row, system_id, scores.on(day)) for (day, _, system_id, _), row in sorted(chosen.items())]
        self._dates = [pick.row.game_date for pick in self._picks]
        self._results = _results(self._picks)
        self._result_dates = [date.fromisoformat(result[0]) for result in self._results]

    def results(self, first: date, end: date) -> list[Result]:
        """Return the results of the dates from ``first`` up to, not including, ``end``, oldest first."""
        return self._results[bisect_left(self._result_dates, first) : bisect_left(self._result_dates, end)]

    def picks(self, first: date, last: date) -> list[FrozenPick]:
        """Return the picks of the dates from ``first`` to ``last``, both included; a name may be empty."""
        span = self._picks[bisect_left(self._dates, first) : bisect_right(self._dates, last)]
        return [_pick(graded, self._player) for graded in span]


def _is_whole(row: SubsetPickRow) -> bool:
    return row.predicted_points is not None and row.current_points_line is not None and row.recommendation is not None


def _grade(row: SubsetPickRow, system_id: str, box_score: GameRow | None) -> _Graded:
    return _Graded(row, system_id, box_score, *grade(row.recommendation, row.current_points_line, box_score))


def _results(picks: Iterable[_Graded]) -> list[Result]:
    grouped: dict[tuple[date, str], list[_Graded]] = {}
    for pick in picks:
        grouped.setdefault((pick.row.game_date, pick.row.version_id), []).append(pick)
    return [_result(day, version, of) for (day, version), of in grouped.items()]


def _result(day: date, version: str, picks: Sequence[_Graded]) -> Result:
    computed_at = max(pick.row.computed_at for pick in picks)
    return [iso(day), version, computed_at, [[pick.row.subset_id, pick.result] for pick in picks]]


def _pick(graded: _Graded, player: str) -> FrozenPick:
    row, played = graded.row, graded.box_score
    points, line = exact(row.predicted_points) or Decimal(0), exact(row.current_points_line) or Decimal(0)
    return {
        "player_lookup": player,
        "player_name": row.player_name or "",
        "system_id": graded.system_id,
        "team": row.team or (None if played is None else played.team_abbr),
        "opponent": row.opponent or (None if played is None else played.opponent_team_abbr),
        "prediction_id": row.prediction_id,
        "predicted_points": float(points),
        "current_points_line": float(line),
        "recommendation": row.recommendation or "",
        "edge": float(edge_of(points, line)) if row.edge is None else row.edge,
        "composite_score": row.composite_score,
        "prediction_created_at": row.prediction_created_at,
        "actual": graded.actual,
        "result": graded.result,
        "game_date": row.game_date.isoformat(),
        "version_id": row.version_id,
        "computed_at": row.computed_at,
        "subset_id": row.subset_id,
    }


class Version(NamedTuple):
    """One selection of a date's picks; ids of one date sort by time."""

    version_id: str
    computed_at: int


def versions_by_date(
    rows: Iterable[SubsetVersionRow], seen: Iterable[tuple[date, str, int]]
) -> dict[date, list[Version]]:
    """Return the complete versions of each date (contract M-2, M-6).

    Args:
        rows: The table of versions, which has versions without picks and marks incomplete ones.
        seen: Date, id and instant of the versions that picks were found of; they speak for the dates that the table
            has no row for.
    """
    told: dict[date, dict[str, int]] = {}
    for row in rows:
        versions = told.setdefault(row.game_date, {})
        if row.is_complete:
            versions[row.version_id] = max(row.computed_at, versions.get(row.version_id, row.computed_at))
    untold: dict[date, dict[str, int]] = {}
    for day, version_id, computed_at in seen:
        if day not in told:
            versions = untold.setdefault(day, {})
            versions[version_id] = max(computed_at, versions.get(version_id, computed_at))
    return {
        day: sorted(Version(*version) for version in versions.items()) for day, versions in {**told, **untold}.items()
    }


def locked_version(versions: Sequence[Version], first_tip: Instant | None) -> str | None:
    """Return the version of a date that was, or will be, published when its first game begins (contract G-4).

    The greatest of those computed before the first tip-off; without one, or without a known tip-off,
    the greatest. None without versions.
    """
    in_time = [version for version in versions if first_tip is None or version.computed_at < first_tip]
    return max(in_time or versions).version_id if versions else None
