"""``subset-definitions``: which subsets there are, by model (contract: subsets-and-signals §6)."""

from __future__ import annotations

from exporters.config import RULES
from exporters.declaration import Cache, Export, Grain, Json
from exporters.league.nights.slate import Season
from exporters.league.subsets import members as subsets
from exporters.subsets.book import SubsetBook

SUBSET_DEFINITIONS = Export(
    name="subset-definitions",
    grain=Grain.SEASON,
    reads=subsets.READS,
    path="systems/subsets.json",
    cache=Cache.DAY,
    counts=("model_groups",),
)


@SUBSET_DEFINITIONS.builder
def build(season: Season) -> Json:
    """List the active subsets that have a public name (contract T-1, T-3)."""
    return {
        "generated_at": season.generated_at,
        "version": RULES.documents.subset_version,
        "model_groups": [
            {
                "model_id": group.model.model_id,
                "model_name": group.model.name,
                "model_type": group.model.type,
                "description": group.model.description,
                "subsets": [
                    {"id": subset.id, "name": subset.name, "description": subset.description}
                    for subset in group.subsets
                ],
            }
            for group in SubsetBook(season, SUBSET_DEFINITIONS).groups()
        ],
        "as_of_date": season.date.isoformat(),
    }
