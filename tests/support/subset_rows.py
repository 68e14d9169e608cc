"""The fixture of the contract's conformance vectors (subsets-and-signals §7), as warehouse rows.

Two dates: 2026-02-09, which is played, and 2026-02-10, which is not. Five forecasts of the champion on each, of the
players ``a`` to ``e``; aurora has ``a``, ``b`` and ``c`` on the 9th only, summit nothing. Tests put together what they
need:

    document(SUBSET_PICKS, *definitions(), *schedule(), *forecasts(TODAY), signal(TODAY), day=TODAY)
    [*frozen(PLAYED), *results()]                                  # what was published on the 9th, and how it went
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, NamedTuple

from exporters.config import ExportConfig
from exporters.subsets.subset_picks import SUBSET_PICKS, subset_picks_rows
from tests.support.nights import slate
from tests.support.rows import (
    CHAMPION,
    Row,
    context_row,
    feature_row,
    game_row,
    halt_row,
    prediction_row,
    registry_row,
    schedule_row,
    signal_row,
    subset_definition_row,
)

PLAYED, TODAY = date(2026, 2, 9), date(2026, 2, 10)
OPENING = date(2025, 10, 21)
"""First game of the season."""
_SYSTEM_OF = {codename: system for system, codename in ExportConfig().codenames.items()}
AURORA, SUMMIT = _SYSTEM_OF["aurora"], _SYSTEM_OF["summit"]
UNDISPLAYED = _SYSTEM_OF["echo"]
"""A model that has a codename and no display entry."""


class Forecast(NamedTuple):
    """A forecast of the fixture, and the points that were scored on the 9th."""

    player: str
    points: float
    line: float
    side: str
    actual: int


FORECASTS = (
    Forecast("a", 30.2, 22.5, "OVER", 31),
    Forecast("b", 20.0, 12.5, "OVER", 12),
    Forecast("c", 9.0, 15.5, "UNDER", 10),
    Forecast("d", 25.0, 20.0, "OVER", 20),
    Forecast("e", 18.0, 14.5, "OVER", 20),
)


def definition(subset_id: str, min_edge: float | None, **values: Any) -> Row:
    """Return a definition in which whatever is not given lets everything pass."""
    return subset_definition_row(
        **{"subset_id": subset_id, "min_edge": min_edge, "direction": "ANY", "require_quality_ready": True, **values}
    )


def definitions() -> list[Row]:
    """Return the thirteen documented definitions (contract §0.6)."""
    good_day = {"signal_condition": "GREEN_OR_YELLOW"}
    return [
        definition("top_pick", 5, direction="OVER", top_n=1, **good_day),
        definition("top_3", 5, direction="OVER", top_n=3, **good_day),
        definition("top_5", 5, top_n=5, **good_day),
        definition("high_edge_over", 5, direction="OVER"),
        definition("high_edge_all", 5),
        definition("ultra_high_edge", 7),
        definition("green_light", 5, **good_day),
        definition("all_picks", 3),
        definition("q43_under_top3", 5, system_id=AURORA, direction="UNDER", top_n=3),
        definition("q43_under_all", 5, system_id=AURORA, direction="UNDER"),
        definition("q43_all_picks", 3, system_id=AURORA),
        definition("q45_under_top3", 5, system_id=SUMMIT, direction="UNDER", top_n=3),
        definition("q45_all_picks", 3, system_id=SUMMIT),
    ]


def schedule() -> list[Row]:
    """Return the season's first game, the game of the 9th, which is over, and that of the 10th, which is to come."""
    return [
        schedule_row(game_date=OPENING, game_status=3),
        schedule_row(game_date=PLAYED, game_status=3),
        schedule_row(game_date=TODAY),
    ]


def signal(day: date, word: str | None = "GREEN", **values: Any) -> Row:
    """Return the champion's signal of a date."""
    return signal_row(**{"game_date": day, "daily_signal": word, "pct_over": 36.0, "high_edge_picks": 4, **values})


def signals() -> list[Row]:
    """Return the champion's signal of both dates."""
    return [signal(PLAYED), signal(TODAY)]


def forecasts(day: date, system: str = CHAMPION, players: str = "abcde", **values: Any) -> list[Row]:
    """Return a model's forecasts of a date, and what makes them eligible: the context and the features."""
    rows: list[Row] = []
    for forecast in FORECASTS:
        if forecast.player in players:
            rows += [
                prediction_row(
                    **{
                        "player_lookup": forecast.player,
                        "game_date": day,
                        "system_id": system,
                        "prediction_id": f"{system} {day} {forecast.player}",
                        "predicted_points": forecast.points,
                        "current_points_line": forecast.line,
                        "recommendation": forecast.side,
                        "confidence_score": 0.92,
                        "created_at": f"{day}T15:00:01.250000Z",
                        **values,
                    }
                ),
                context_row(player_lookup=forecast.player, game_date=day),
                feature_row(player_lookup=forecast.player, game_date=day, feature_quality_score=90),
            ]
    return list(dict.fromkeys(rows))


def names() -> list[Row]:
    """Return the registry entry of ``a``, whose name is ``Álex A``; the registry has no others."""
    return [registry_row(player_lookup="a", player_name="Álex A", season="2025-26")]


def results(**values: Any) -> list[Row]:
    """Return the box scores of the 9th."""
    return [
        game_row(
            **{
                "player_lookup": forecast.player,
                "game_date": PLAYED,
                "points": forecast.actual,
                "opponent_team_abbr": "BOS",
                **values,
            }
        )
        for forecast in FORECASTS
    ]


def night(day: date = TODAY) -> list[Row]:
    """Return everything that there is on a date before its games."""
    more = forecasts(PLAYED, AURORA, "abc") if day == PLAYED else []
    return [halt_row(effective_date=day), *definitions(), *schedule(), *signals(), *names(), *forecasts(day), *more]


def frozen_rows(rows: Iterable[Row], day: date, at: str = "15:30:00.000001", **config: Any) -> list[Row]:
    """Return the rows that a run at a time (UTC) of a date freezes of it, the version included."""
    made = slate(
        SUBSET_PICKS,
        # Before its games nobody knows how they end.
        *(row._replace(game_status=1) if _is_game_of(row, day) else row for row in rows),
        day=day,
        config=replace(ExportConfig(), write_subset_picks=True, **config),
        generated_at=f"{day}T{at}+00:00",
    )
    return [row for _, found in subset_picks_rows(made, "run-1", "test") or () for row in found]


def _is_game_of(row: Row, day: date) -> bool:
    return type(row).__name__ == "ScheduleRow" and bool(row.game_date == day)


def frozen(day: date = PLAYED, at: str = "15:30:00.000001") -> list[Row]:
    """Return what was frozen on a date of the fixture before its games."""
    return frozen_rows(night(day), day, at)


def season() -> list[Row]:
    """Return the fixture as of the 10th: what was frozen on the 9th and how it went, and tonight's forecasts."""
    return [*night(TODAY), *frozen(PLAYED), *results()]


def members(document: Any, model: int = 0) -> dict[str, str]:
    """Return the players of every subset of a model in a picks document, by public id, as one text."""
    subsets: Sequence[Any] = document["model_groups"][model]["subsets"]
    return {subset["id"]: "".join(pick["player_lookup"] for pick in subset["picks"]) for subset in subsets}


def days_before(day: date, *counts: int) -> list[str]:
    """Return the dates some days before a date, as ISO text."""
    return [(day - timedelta(days=count)).isoformat() for count in counts]
