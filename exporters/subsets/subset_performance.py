"""``subset-performance``: hit rate and return of every subset over six windows (contract: subsets-and-signals §5)."""

from __future__ import annotations

from datetime import date, timedelta

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Season
from exporters.league.subsets.records import Balance
from exporters.subsets.book import RECORD_READS, Card, Group, SubsetBook, record_card

SUBSET_PERFORMANCE = Export(
    name="subset-performance",
    grain=Grain.SEASON,
    reads=RECORD_READS,
    path="subsets/performance.json",
    cache=Cache.HOUR,
    counts=("model_groups",),
)


@SUBSET_PERFORMANCE.card
def card(night: PlayerNight) -> Card | None:
    """Condense a player to the results of the frozen picks of this season."""
    return record_card(night)


@SUBSET_PERFORMANCE.builder
def build(season: Season) -> Json:
    """Sum up what every subset won and lost before the as-of date (contract F-1, F-2)."""
    windows = RULES.documents.subset_windows
    book = SubsetBook(season, SUBSET_PERFORMANCE)
    return {
        "generated_at": season.generated_at,
        "version": RULES.documents.subset_version,
        "model_groups": [
            {
                "model_id": group.model.model_id,
                "model_name": group.model.name,
                "windows": {name: _window(season, book, group, days) for name, days in windows.items()},
            }
            for group in book.groups()
        ],
        "as_of_date": season.date.isoformat(),
    }


def _window(season: Season, book: SubsetBook, group: Group, days: int | None) -> Json:
    first, last = window_dates(season.date, book.season_start, days)
    payout = season.config.subsets.payout
    groups = []
    for subset in group.subsets:
        balance = book.records.between(subset.subset_id, first, last + timedelta(days=1)) or Balance()
        stats = {"hit_rate": balance.percent, "roi": balance.roi(payout), "picks": balance.graded}
        groups.append({"id": subset.id, "name": subset.name, "stats": stats})
    return {"start_date": first.isoformat(), "end_date": last.isoformat(), "groups": groups}


def window_dates(as_of: date, season_start: date, days: int | None) -> tuple[date, date]:
    """Return the first and last date of a window that ends the day before ``as_of`` (contract F-1, F-6).

    It does not reach into the season before, except on the first day of a season, when it is the day before.

    Args:
        as_of: The as-of date.
        season_start: First date of its season.
        days: Whole days; None is the season.
    """
    last = as_of - timedelta(days=1)
    first = season_start if days is None else max(as_of - timedelta(days=days), season_start)
    return min(first, last), last
