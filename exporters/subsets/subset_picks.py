"""``subset-picks``: the picks of a date by model and subset, with records (contract: subsets-and-signals §2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.forecasts.rosters import GRADED, PREDICTED
from exporters.league.forecasts.signals import signal_word
from exporters.league.nights import halts
from exporters.league.nights.halts import halt_on, with_outcomes
from exporters.league.nights.night import PlayerNight
from exporters.league.nights.slate import Slate
from exporters.league.subsets.picks import one_per_player, pick_fields
from exporters.league.subsets.public_names import PublicSubset
from exporters.subsets.book import PICK_READS, Card, Group, SubsetBook, pick_card
from exporters.subsets.versions import subset_version
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import SUBSET_PICKS as PICKS_TABLE
from exporters.warehouse.tables import SUBSET_VERSIONS as VERSIONS_TABLE

SUBSET_PICKS = Export(
    name="subset-picks",
    grain=Grain.SLATE,
    reads=(*PICK_READS, *halts.READS),
    path="picks/{date}.json",
    cache=Cache.SHORT,
    counts=("model_groups", "model_groups[].subsets", "model_groups[].subsets[].picks"),
    selects_from=frozenset({PREDICTED, GRADED}),
)


_IDENTITY = ("player_lookup", "direction", "line")
_OUTCOME = ("actual", "result")
"""What tells a pick of a subset from all others, and what changes about one that readers were shown."""


@SUBSET_PICKS.card
def card(night: PlayerNight) -> Card | None:
    """Condense a player to tonight's picks and the results of earlier ones."""
    return pick_card(night, since=night.date)


@SUBSET_PICKS.builder
def build(slate: Slate) -> Json:
    """List the picks of a date, every subset of every model, the empty ones too (contract P-1)."""
    book = SubsetBook(slate, SUBSET_PICKS)
    return {
        "date": slate.date.isoformat(),
        "generated_at": slate.generated_at,
        "version": RULES.documents.subset_version,
        "model_groups": [_group(book, group) for group in book.groups(with_picks=book.tonight)],
        **halt_on(slate).envelope,
    }


@SUBSET_PICKS.paused
def pause(built: Json, published: Json | None) -> Json:
    """Keep the picks that readers were shown, with their outcomes and the records of now, and add none."""
    found = {
        (group["model_id"], subset["id"]): subset for group in built["model_groups"] for subset in group["subsets"]
    }

    def paused_subset(group: Json, subset: Json) -> Json:
        now = found.get((group["model_id"], subset["id"]), subset)
        shown = [] if published is None else subset["picks"]
        return {**subset, "record": now["record"], "picks": with_outcomes(shown, now["picks"], _IDENTITY, _OUTCOME)}

    return {
        **built,
        "model_groups": [
            {**group, "subsets": [paused_subset(group, subset) for subset in group["subsets"]]}
            for group in (built if published is None else published)["model_groups"]
        ],
    }


def _group(book: SubsetBook, group: Group) -> Json:
    return {
        "model_id": group.model.model_id,
        "model_name": group.model.name,
        "model_type": group.model.type,
        "description": group.model.description,
        "signal": signal_word(book.signals.get(book.date)),
        "subsets": [_subset(book, group, subset) for subset in group.subsets],
    }


def _subset(book: SubsetBook, group: Group, subset: PublicSubset) -> Json:
    members = (pick for key in group.subsets[subset] for pick in book.tonight.get(key, ()))
    return {
        "id": subset.id,
        "name": subset.name,
        "record": book.records.record(subset.subset_id, book.date, book.season_start),
        "picks": [pick_fields(pick) for pick in one_per_player(members)],
    }


@SUBSET_PICKS.members
def members(_document: Json) -> dict[str, list[str]]:
    """Name nobody behind models and subsets, which are listed whether they have picks or not."""
    return {"model_groups": [], "model_groups[].subsets": []}


@SUBSET_PICKS.write_back
def subset_picks_rows(
    slate: Slate, run_id: str, trigger_source: str
) -> Sequence[tuple[Table[Any], Sequence[Any]]] | None:
    """Return the picks that this run selects, then the version that makes them count (contract C §1).

    None while picks are paused: a pick that no reader is shown counts for no record.
    """
    if halt_on(slate).active:
        return None
    book = SubsetBook(slate, SUBSET_PICKS)
    made = subset_version(book, run_id=run_id, trigger_source=trigger_source)
    return None if made is None else ((PICKS_TABLE, made.picks), (VERSIONS_TABLE, (made.version,)))
