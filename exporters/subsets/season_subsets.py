"""``season-subsets``: the picks of the season so far by model and date (contract: subsets-and-signals §3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.forecasts import signals
from exporters.league.forecasts.signals import signal_word
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Season
from exporters.league.subsets import frozen_picks
from exporters.league.subsets.picks import Pick, one_per_player, pick_fields
from exporters.league.subsets.public_names import PublicSubset
from exporters.subsets.book import PICK_READS, Card, Group, Key, SubsetBook, pick_card

SEASON_SUBSETS = Export(
    name="season-subsets",
    grain=Grain.SEASON,
    reads=(*PICK_READS, *signals.SEASON_READS, *frozen_picks.TIME_READS),
    path="subsets/season.json",
    cache=Cache.HOUR,
    counts=("model_groups", "model_groups[].dates[].picks"),
)


@SEASON_SUBSETS.card
def card(night: PlayerNight) -> Card | None:
    """Condense a player to the picks of the season, tonight's included."""
    return pick_card(night, since=night.config.calendar.season_start(night.date))


@SEASON_SUBSETS.builder
def build(season: Season) -> Json:
    """List the picks of every date up to the as-of date; records go up to the day before it (contract S-5, S-7)."""
    book = SubsetBook(season, SEASON_SUBSETS)
    with_picks = (key for picks in book.season.values() for key, members in picks.items() if members)
    return {
        "generated_at": season.generated_at,
        "version": RULES.documents.subset_version,
        "season": season.config.calendar.season_label(season.date),
        "model_groups": [_group(book, group) for group in book.groups(with_picks)],
        "as_of_date": season.date.isoformat(),
    }


def _group(book: SubsetBook, group: Group) -> Json:
    broadest = _broadest(book, group)
    return {
        "model_id": group.model.model_id,
        "model_name": group.model.name,
        "model_type": group.model.type,
        "record": book.records.record(broadest.subset_id, book.date, book.season_start),
        "dates": list(_dates(book, group)),
    }


def _broadest(book: SubsetBook, group: Group) -> PublicSubset:
    """Return the subset whose record stands for the model (contract S-2).

    One of the broadest by name; else the one that asks least: no direction, signal or limit, then the smallest edge.
    """
    rules = {found.subset_id: found for found in book.definitions}

    def order(subset: PublicSubset) -> tuple[bool, bool, bool, float, str]:
        rule = rules.get(subset.subset_id)
        broad, edge = (False, 0.0) if rule is None else (rule.is_broad, rule.min_edge or 0.0)
        return (subset.id not in RULES.documents.broadest_subsets, rule is None, not broad, edge, subset.subset_id)

    return min(group.subsets, key=order)


def _dates(book: SubsetBook, group: Group) -> Iterator[Json]:
    """Yield the dates on which the model has picks, newest first."""
    for day in sorted(book.season, reverse=True):
        picks = _picks(book.season[day], group)
        if picks:
            yield {"date": day.isoformat(), "signal": signal_word(book.signals.get(day)), "picks": picks}


def _picks(picks: Mapping[Key, Sequence[Pick]], group: Group) -> list[Json]:
    """Return the picks of a model on a date: each player once, with the choosing subsets (contract S-1, S-4)."""
    chosen_by: dict[str, set[PublicSubset]] = defaultdict(set)
    every: list[Pick] = []
    for subset, keys in group.subsets.items():
        for pick in (pick for key in keys for pick in picks.get(key, ())):
            chosen_by[pick["player_lookup"]].add(subset)
            every.append(pick)
    return [
        {
            **pick_fields(pick),
            "subsets": [subset.id for subset in group.subsets if subset in chosen_by[pick["player_lookup"]]],
        }
        for pick in one_per_player(every)
    ]
