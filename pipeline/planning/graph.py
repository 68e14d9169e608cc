"""The graph of a run, from tables to manifests."""

from __future__ import annotations

from typing import Any

import apache_beam as beam

from pipeline.reporting.publish_completion import PublishCompletion
from transforms.elements.plan import Plan
from transforms.steps.append_subset_picks import AppendSubsetPicks
from transforms.steps.build_dates import BuildDateStage, BuildSeasonStage
from transforms.steps.build_players import BuildPlayerStage
from transforms.steps.guard_dates import GuardDates
from transforms.steps.publish_run import PublishRun
from transforms.steps.publish_schemas import PublishSchemas
from transforms.steps.publish_status import PublishStatus
from transforms.steps.route_batches import RouteBatches
from transforms.steps.scan_tables import ScanTables
from transforms.stores.protocol import Store
from transforms.warehouses.protocol import Warehouse


def build(
    pipeline: beam.Pipeline,
    plan: Plan,
    warehouse: Warehouse,
    store: Store,
    *,
    output: str = "",
    completion_topic: str = "",
) -> beam.PCollection[tuple[str, dict[str, Any]]]:
    """Add a run to a pipeline and return its manifests, one (date, manifest) per target date.

    Args:
        pipeline: The pipeline.
        plan: What to do.
        warehouse: Where tables are read.
        store: Where documents are written.
        output: The same, as the command line names it.
        completion_topic: Where the completion event goes; there is none when it is empty.
    """
    scanned = pipeline | "ScanTables" >> ScanTables(plan, warehouse)
    routed = scanned.batches | "RouteBatches" >> RouteBatches(plan, scanned.aliases)
    players = routed.to_shards | "BuildPlayers" >> BuildPlayerStage(plan, scanned.scan_counts)
    slates = players.slate_cards | "BuildDates" >> BuildDateStage(plan, scanned.scan_counts, routed.to_slates)
    seasons = players.season_cards | "BuildSeasons" >> BuildSeasonStage(
        plan, scanned.scan_counts, routed.to_seasons, slates.season_rows
    )
    stages = (players, slates, seasons)
    documents = tuple(stage.documents for stage in stages)
    guarded = documents | "Guard" >> GuardDates(plan, store, scanned.scan_counts)
    written = (
        (slates.frozen | "AppendSubsetPicks" >> AppendSubsetPicks(plan, warehouse, guarded.verdicts),)
        if plan.config.write_subset_picks
        else ()
    )
    schemas = pipeline | "PublishSchemas" >> PublishSchemas(plan, store)
    failures = (*(stage.failures for stage in stages), schemas, *written) | "FlattenFailures" >> beam.Flatten()
    manifests = guarded | "Publish" >> PublishRun(plan, store, scanned.scan_counts, failures)
    status = manifests | "PublishStatus" >> PublishStatus(plan, store, warehouse)
    if completion_topic:
        _ = manifests | "PublishCompletion" >> PublishCompletion(plan, output, completion_topic, status)
    return manifests
