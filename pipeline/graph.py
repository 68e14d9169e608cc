"""The graph of a run, from tables to manifests."""

from __future__ import annotations

from typing import Any

import apache_beam as beam

from transforms.date_stages import BuildDateStage, BuildSeasonStage
from transforms.materialize import MaterializeSubsetPicks
from transforms.plan import Plan
from transforms.player_stage import BuildPlayerStage
from transforms.publish import PublishRun
from transforms.publish_schemas import PublishSchemas
from transforms.route import RouteBatches
from transforms.scan import ScanTables
from transforms.store import Store
from transforms.warehouse import Warehouse


def build(
    pipeline: beam.Pipeline, plan: Plan, warehouse: Warehouse, store: Store
) -> beam.PCollection[tuple[str, dict[str, Any]]]:
    """Add a run to a pipeline and return its manifests, one (date, manifest) per target date.

    Args:
        pipeline: The pipeline.
        plan: What to do.
        warehouse: Where tables are read.
        store: Where documents are written.
    """
    scanned = pipeline | "ScanTables" >> ScanTables(plan, warehouse)
    routed = scanned.batches | "RouteBatches" >> RouteBatches(plan)
    players = routed.to_shards | "BuildPlayers" >> BuildPlayerStage(plan, scanned.census)
    slates = players.slate_cards | "BuildDates" >> BuildDateStage(plan, scanned.census, routed.to_slates)
    seasons = players.season_cards | "BuildSeasons" >> BuildSeasonStage(
        plan, scanned.census, routed.to_seasons, slates.season_rows
    )
    stages = (players, slates, seasons)
    written = (
        (slates.frozen | "MaterializeSubsetPicks" >> MaterializeSubsetPicks(plan, warehouse),)
        if plan.config.write_subset_picks
        else ()
    )
    schemas = pipeline | "PublishSchemas" >> PublishSchemas(plan, store)
    failures = (*(stage.failures for stage in stages), schemas, *written) | "FlattenFailures" >> beam.Flatten()
    return tuple(stage.documents for stage in stages) | "Publish" >> PublishRun(plan, store, scanned.census, failures)
