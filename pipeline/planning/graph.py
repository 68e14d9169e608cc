"""The graph of a run, from tables to manifests; of several leagues side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

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


class LeagueRun(NamedTuple):
    """The run of one league.

    Attributes:
        plan: What to do.
        warehouse: Where its tables are read.
        store: Where its documents are written.
        output: The same, as the command line names it.
    """

    plan: Plan
    warehouse: Warehouse
    store: Store
    output: str


def build_together(pipeline: beam.Pipeline, runs: Sequence[LeagueRun], *, completion_topic: str = "") -> None:
    """Add the runs of some leagues to a pipeline.

    The steps of a single run have the names that :func:`build` gives them. Those of several are below the name of
    their league, so that every key, lease and manifest is that of one league.

    Args:
        pipeline: The pipeline.
        runs: At most one a league.
        completion_topic: Where the completion event of each goes; there is none when it is empty.
    """
    if len(runs) == 1:
        plan, warehouse, store, output = runs[0]
        build(pipeline, plan, warehouse, store, output=output, completion_topic=completion_topic)
        return
    for run in runs:
        _ = pipeline | run.plan.league.name >> ExportLeague(run, completion_topic)


@dataclass
class ExportLeague(beam.PTransform):
    """Export one of several leagues.

    Input: a PBegin. Output: its manifests, one (date, manifest) per target date.
    """

    run: LeagueRun
    completion_topic: str

    def expand(self, begin: beam.pvalue.PBegin) -> beam.PCollection[tuple[str, dict[str, Any]]]:
        """Wire the run."""
        plan, warehouse, store, output = self.run
        return build(begin.pipeline, plan, warehouse, store, output=output, completion_topic=self.completion_topic)


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
