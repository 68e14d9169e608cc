"""How large graphs become with the number of leagues: one batch run over several, and the one streaming job.

    python -m benchmarks.league_graph

A batch graph has the steps of each league; Dataflow takes graphs of at most 10 MB. The streaming job has one set of
steps for all leagues, and its steps carry their records.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone

import apache_beam as beam
from apache_beam.internal import pickler
from apache_beam.options.pipeline_options import PipelineOptions

from exporters.config import ExportConfig
from exporters.config.leagues import NBA, Leagues, LeagueSettings, LeagueTables
from exporters.registry import exports, groups
from pipeline.execution.places import LeaguePlace
from pipeline.planning.graph import LeagueRun, build_together
from pipeline.planning.planner import make_plan
from pipeline.requests.request import ExportRequest, RequestDefaults, parse_request
from pipeline.stream.answer import Answerer
from transforms.stores.control import ControlledStore
from transforms.stores.gcs import GcsStore
from transforms.warehouses.bigquery import BigQueryWarehouse
from transforms.warehouses.league_tables import league_warehouse

DATASETS = ("nba_analytics", "nba_orchestration", "nba_precompute", "nba_predictions", "nba_raw", "nba_reference")


def league_of(number: int) -> LeagueSettings:
    """Return a league with datasets and a champion of its own."""
    datasets = tuple((dataset, dataset.replace("nba", f"league{number}")) for dataset in DATASETS)
    config = ExportConfig(champion_system_id=f"model_{number}")
    return replace(NBA, name=f"league-{number}", tables=LeagueTables(datasets), config=config)


def place_of(league: LeagueSettings) -> LeaguePlace:
    """Return the places of a league in BigQuery and GCS."""
    path = f"v1/leagues/{league.name}"
    store = ControlledStore(GcsStore("bucket", path), GcsStore("bucket-control", path))
    warehouse = league_warehouse(BigQueryWarehouse("my-project"), league.tables)
    return LeaguePlace(warehouse, store, f"gs://bucket/{path}", league.config)


def request_of(league: LeagueSettings) -> ExportRequest:
    """Return a request for every type of a season of a league."""
    payload = {
        "export_types": ["all"],
        "start_date": "2025-10-21",
        "end_date": "2026-04-12",
        "league": league.name,
        "champion_system_id": league.config.champion_system_id,
    }
    defaults = RequestDefaults(NBA.config.champion_system_id, leagues=Leagues((league,)))
    now = datetime(2026, 4, 13, tzinfo=timezone.utc)
    return parse_request(payload, known_types=tuple(exports()), groups=groups(), defaults=defaults, now=now)


def batch_size(leagues: Sequence[LeagueSettings]) -> tuple[int, int, float]:
    """Return the steps and the bytes of a batch graph, and the seconds that it takes to build."""
    started = time.process_time()
    runs = [
        LeagueRun(make_plan(request_of(league), league.config), place.warehouse, place.store, place.output)
        for league in leagues
        for place in (place_of(league),)
    ]
    pipeline = beam.Pipeline(runner="DirectRunner", options=PipelineOptions([]))
    build_together(pipeline, runs)
    proto = pipeline.to_runner_api()
    return len(proto.components.transforms), proto.ByteSize(), time.process_time() - started


def stream_size(leagues: Sequence[LeagueSettings]) -> int:
    """Return the bytes with which the answering step of the streaming job travels to workers."""
    place = place_of(NBA)
    others = {league.name: place_of(league) for league in leagues}
    answerer = Answerer(
        place.warehouse, place.store, place.output, NBA.config, leagues=Leagues(tuple(leagues)), others=others
    )
    return len(pickler.dumps(answerer))


def main(argv: Sequence[str]) -> int:
    """Print the sizes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--most", type=int, default=16, help="leagues of the largest batch graph (16)")
    most = parser.parse_args(argv).most
    print("leagues  steps  batch graph, bytes  CPU s to build")
    count = 1
    while count <= most:
        steps, size, seconds = batch_size([league_of(number) for number in range(count)])
        print(f"{count:7}  {steps:5}  {size:18,}  {seconds:14.2f}")
        count *= 2
    print("leagues  answering step of the streaming job, bytes")
    for count in (1, 10, 100, 1000):
        print(f"{count:7}  {stream_size([league_of(number) for number in range(count)]):,}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
