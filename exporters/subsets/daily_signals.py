"""``daily-signals``: one label for the market conditions of a date (contract: subsets-and-signals §4)."""

from __future__ import annotations

from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.forecasts import signals
from exporters.league.forecasts.signals import NEUTRAL, UNKNOWN, conditions_word, signal_word, signals_by_date
from exporters.league.nights.slate import Slate
from exporters.league.subsets.public_names import CHAMPION
from exporters.warehouse.tables import SIGNALS

DAILY_SIGNALS = Export(
    name="daily-signals",
    grain=Grain.SLATE,
    reads=signals.READS,
    path="signals/{date}.json",
    cache=Cache.SHORT,
)

NO_DATA = "No data available for this date"
"""The note of the document of a date without signal; part of the contract (D-5)."""


@DAILY_SIGNALS.builder
def build(slate: Slate) -> Json:
    """Label a date by the champion's signal; a date without one gets the no-data document."""
    row = signals_by_date(slate.rows(SIGNALS), slate.config.champion_system_id).get(slate.date)
    document: Json = {
        "date": slate.date.isoformat(),
        "generated_at": slate.generated_at,
        "model": CHAMPION.model_id,
        "signal": NEUTRAL,
        "metrics": {"conditions": UNKNOWN, "picks": 0},
    }
    if row is None:
        return {**document, "note": NO_DATA}
    metrics = {"conditions": conditions_word(row), "picks": row.high_edge_picks or 0}
    return {**document, "signal": signal_word(row), "metrics": metrics}
