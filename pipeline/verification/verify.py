"""The verification of a published tree."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from exporters.config import LeagueCalendar
from exporters.config.champions import Tenure
from exporters.config.leagues import NBA
from pipeline.verification.date_checks import DateChecks
from pipeline.verification.finding import Verification
from pipeline.verification.tree import tree_of
from pipeline.verification.tree_checks import TreeChecks
from transforms.stores.protocol import Store


def verify(
    store: Store,
    days: Sequence[date] | None,
    *,
    today: date,
    champion: str | Sequence[Tenure] = "",
    sample: int = 0,
    games: Mapping[date, int] | None = None,
    also: Collection[str] = (),
    calendar: LeagueCalendar = NBA.calendar,
) -> Verification:
    """Return what is wrong with some dates of a tree, and with the tree as a whole.

    Args:
        store: The place of the tree, with its manifests.
        days: The dates; None for every date that has documents or a manifest.
        today: The current league day.
        champion: The model that every date should show, or the champions by date; empty for any.
        sample: Player documents that are read of each export type and date, others each day; 0 for all.
        games: Scheduled games by date. A date without games needs no manifest. None when they are not known.
        also: Documents that are read whatever the sample is.
        calendar: That of the league, whose seasons and clock its documents show.

    Raises:
        StoreError: The tree cannot be read.
    """
    tree = tree_of(store, calendar)
    found = Verification()
    checks = DateChecks(store, tree, champion, sample, games, also)
    for day in sorted(tree.days) if days is None else days:
        checks.check(day, found)
    # What is no more needs no reading.
    found.looked.update(path for path in also if path not in tree.objects)
    TreeChecks(store, tree, today, sample, also).check(found)
    return found
