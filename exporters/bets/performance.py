"""``performance``: how every publicly named model has done lately and this season, compared (contract: P&R §4).

The one document of this type has no date in its path: it is about the last date that was exported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from exporters.config import RULES, ExportConfig
from exporters.declaration import Cache, Export, Grain, Json, Read, Window
from exporters.league.arithmetic.numbers import number, rounded_ratio
from exporters.league.nights.slate import Season
from exporters.league.subsets.public_names import PublicModel, public_model
from exporters.warehouse.forecast_rows import SystemDayRow
from exporters.warehouse.selection import known, latest_per
from exporters.warehouse.tables import SYSTEM_DAYS

PERFORMANCE = Export(
    name="performance",
    grain=Grain.SEASON,
    reads=(
        Read(
            SYSTEM_DAYS,
            (
                "game_date",
                "system_id",
                "predictions_count",
                "recommendations_count",
                "correct_count",
                "incorrect_count",
                "over_count",
                "over_correct",
                "under_count",
                "under_correct",
                "within_3_count",
                "within_5_count",
                "mae",
                "avg_bias",
                "high_confidence_count",
                "high_confidence_correct",
                "computed_at",
            ),
            Window.SEASON,
        ),
    ),
    path="systems/performance.json",
    cache=Cache.HOUR,
    counts=("systems",),
)

Column = Callable[[SystemDayRow], int | None]
Average = Callable[[SystemDayRow], Decimal | None]


@dataclass(frozen=True)
class Totals:
    """One model's days added up; every rate weighs a day by its counts (contract Y3, Y4)."""

    days: Sequence[SystemDayRow]

    def count(self, column: Column) -> int:
        """Return the sum of a count; a day without it adds nothing."""
        return sum(column(row) or 0 for row in self.days)

    def share(self, part: Column, whole: Column) -> Fraction | None:
        """Return the sum of ``part`` over that of ``whole``, over the days that have both; None over nothing."""
        pairs = [(part(row), whole(row)) for row in self.days]
        usable = [(some, every) for some, every in pairs if some is not None and every is not None]
        every = sum(every for _, every in usable)
        return Fraction(sum(some for some, _ in usable), every) if every else None

    def mean(self, daily: Average) -> Fraction | None:
        """Return the mean over all forecasts of a figure that is given per day; None over nothing."""
        weighed = [(daily(row), row.predictions_count) for row in self.days]
        usable = [(Fraction(value), count) for value, count in weighed if value is not None and count]
        forecasts = sum(count for _, count in usable)
        return sum((value * count for value, count in usable), Fraction()) / forecasts if forecasts else None

    @property
    def win_rate(self) -> Fraction | None:
        """Correct over decided recommendations: a push is neither (contract Y4)."""
        return self.share(_correct, _decided)

    @property
    def mae(self) -> Fraction | None:
        """Mean absolute error in points."""
        return self.mean(_mae)

    @property
    def bias(self) -> Fraction | None:
        """Mean of forecast minus actual points."""
        return self.mean(_bias)


def _correct(row: SystemDayRow) -> int | None:
    return row.correct_count


def _decided(row: SystemDayRow) -> int | None:
    if row.correct_count is None or row.incorrect_count is None:
        return None
    return row.correct_count + row.incorrect_count


def _mae(row: SystemDayRow) -> Decimal | None:
    return row.mae


def _bias(row: SystemDayRow) -> Decimal | None:
    return row.avg_bias


def _predictions(row: SystemDayRow) -> int | None:
    return row.predictions_count


def _recommendations(row: SystemDayRow) -> int | None:
    return row.recommendations_count


@PERFORMANCE.builder
def build(season: Season) -> Json:
    """Compare the models as of a date, the champion first (contract Y7, Y8)."""
    found = sorted(_by_model(season.rows(SYSTEM_DAYS), season.date, season.config), key=_order)
    totals = {model.model_id: Totals(days) for model, days in found}
    return {
        "as_of_date": season.date.isoformat(),
        "generated_at": season.generated_at,
        "systems": [_system(model, days, season.date) for model, days in found],
        "comparison": _comparison(totals, season.config.min_compared) if found else {},
    }


def _order(found: tuple[PublicModel, Sequence[SystemDayRow]]) -> tuple[bool, str]:
    return found[0].order


def _by_model(
    rows: Iterable[SystemDayRow], day: date, config: ExportConfig
) -> list[tuple[PublicModel, list[SystemDayRow]]]:
    """Return the season's days of every model that may be named, one row per day: the newest (contract Y1, Y11)."""
    first = config.calendar.season_start(day)
    inside = (row for row in rows if first <= row.game_date <= day)
    chosen = latest_per(
        inside, key=lambda row: (row.system_id, row.game_date), by=lambda row: (known(row.computed_at),)
    )
    by_model: dict[PublicModel, list[SystemDayRow]] = {}
    for row in chosen.values():
        model = public_model(row.system_id, config)
        if model is not None:
            by_model.setdefault(model, []).append(row)
    return list(by_model.items())


def _system(model: PublicModel, days: Sequence[SystemDayRow], day: date) -> Json:
    windows = {
        name: _window(Totals([row for row in days if row.game_date > day - timedelta(days=length)]))
        for name, length in RULES.documents.model_windows.items()
    }
    season = Totals(days)
    return {
        "system_id": model.model_id,
        "display_name": model.name,
        "description": model.description,
        "is_primary": model.is_primary,
        "windows": {**windows, "season": _window(season)},
        "breakdown": {
            "over_win_rate": _rate(season.share(lambda row: row.over_correct, lambda row: row.over_count)),
            "under_win_rate": _rate(season.share(lambda row: row.under_correct, lambda row: row.under_count)),
            "within_3_pct": _rate(season.share(lambda row: row.within_3_count, _predictions)),
            "within_5_pct": _rate(season.share(lambda row: row.within_5_count, _predictions)),
            "high_confidence_win_rate": _rate(
                season.share(lambda row: row.high_confidence_correct, lambda row: row.high_confidence_count)
            ),
        },
    }


def _window(totals: Totals) -> Json:
    return {
        "predictions": totals.count(_predictions),
        "recommendations": totals.count(_recommendations),
        "correct": totals.count(_correct),
        "win_rate": _rate(totals.win_rate),
        "mae": _points(totals.mae),
        "bias": _points(totals.bias),
    }


def _rate(value: Fraction | None) -> float | None:
    return None if value is None else number(rounded_ratio(value.numerator, value.denominator, 3))


def _points(value: Fraction | None) -> float | None:
    return None if value is None else number(rounded_ratio(value.numerator, value.denominator, 2))


def _comparison(totals: Mapping[str, Totals], least: int) -> Json:
    """Name the best models of the season (contract Y2, Y9).

    Args:
        totals: The season by model id.
        least: Recommendations that a model needs to take part.
    """
    entered = {name: season for name, season in totals.items() if season.count(_recommendations) >= least}
    return {
        "best_mae": _best(entered, figure=lambda season: season.mae, cost=lambda mae: mae, shown=_points),
        "best_win_rate": _best(entered, figure=lambda season: season.win_rate, cost=lambda rate: -rate, shown=_rate),
        "lowest_bias": _best(entered, figure=lambda season: season.bias, cost=abs, shown=_points),
    }


def _best(
    entered: Mapping[str, Totals],
    *,
    figure: Callable[[Totals], Fraction | None],
    cost: Callable[[Fraction], Fraction],
    shown: Callable[[Fraction | None], float | None],
) -> Json | None:
    """Return the model whose figure costs least; of equals, the one with more recommendations (contract Y8)."""
    figures = {name: value for name, season in entered.items() if (value := figure(season)) is not None}
    if not figures:
        return None
    name = min(figures, key=lambda name: (cost(figures[name]), -entered[name].count(_recommendations), name))
    return {"system_id": name, "value": shown(figures[name])}
