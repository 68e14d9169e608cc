"""Opens the warehouse with its live feed, and the store, of a configuration.

The clients of a place are imported where the place is opened: a run between folders imports none.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TypeVar

from exporters.config import ExportConfig
from exporters.config.leagues import DECLARED, LeagueTables
from pipeline.options.configuration import JobConfig, RunConfig, in_league
from pipeline.options.locations import BigQueryProject, GcsPrefix, LocalFolder, ParquetFolder, control_beside
from transforms.live_feed.warehouse import FileLiveFeed, LiveFeed, LiveWarehouse
from transforms.stores.control import ControlledStore
from transforms.stores.folder import LocalStore
from transforms.stores.protocol import Store
from transforms.warehouses.league_tables import league_warehouse
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import Warehouse

ConfigT = TypeVar("ConfigT", bound=JobConfig)
Output = LocalFolder | GcsPrefix


def with_absolute_paths(config: ConfigT) -> ConfigT:
    """Return a configuration with absolute paths of folders and files: a worker may start in another folder."""
    warehouse, feed = config.warehouse, config.live_feed
    return replace(
        config,
        warehouse=ParquetFolder(_absolute(warehouse.path)) if isinstance(warehouse, ParquetFolder) else warehouse,
        output=_absolute_output(config.output),
        control_output=config.control_output and _absolute_output(config.control_output),
        live_feed=_absolute(feed) if feed and not _is_url(feed) else feed,
    )


def open_warehouse(config: JobConfig) -> LiveWarehouse:
    """Return the warehouse that a configuration names, together with its live feed."""
    return LiveWarehouse(league_warehouse(_open_tables(config), config.league.tables), open_feed(config))


@dataclass(frozen=True)
class LeaguePlace:
    """Where one league is read and published.

    Attributes:
        warehouse: Its tables.
        store: Its documents and control objects.
        output: The same, as the command line names it.
        config: Its rules of the exporters.
    """

    warehouse: Warehouse
    store: Store
    output: str
    config: ExportConfig


def open_leagues(config: JobConfig) -> dict[str, LeaguePlace]:
    """Return the places of the leagues besides the default one, by name. Nothing is connected to before it is used."""
    found = {}
    for league in config.all_leagues.others:
        own = in_league(config, league)
        found[league.name] = LeaguePlace(open_warehouse(own), open_store(own), str(own.output), own.export_config)
    return found


def open_tables(place: ParquetFolder | BigQueryProject, league: LeagueTables = DECLARED) -> Warehouse:
    """Return the tables of a place.

    Args:
        place: The place.
        league: Where the league's rows are stored.
    """
    if isinstance(place, ParquetFolder):
        return league_warehouse(ParquetWarehouse(place.path), league)
    from transforms.warehouses.bigquery import BigQueryWarehouse

    return league_warehouse(BigQueryWarehouse(place.project), league)


def open_feed(config: JobConfig) -> LiveFeed | None:
    """Return the live feed that a configuration names; None when it names none."""
    if not config.live_feed:
        return None
    if not _is_url(config.live_feed):
        return FileLiveFeed(config.live_feed)
    from transforms.live_feed.feed_key import EnvironmentKey, SecretKey
    from transforms.live_feed.http import HttpLiveFeed

    kind, _, place = config.live_feed_key.partition(":")
    key = None if not kind else EnvironmentKey(place) if kind == "env" else SecretKey(place)
    return HttpLiveFeed(config.live_feed, key, config.live_feed_scheme)


def open_store(config: JobConfig) -> ControlledStore:
    """Return the store that a configuration names."""
    return open_output(
        config.output, config.control_output, concurrency=config.upload_threads, endpoint=config.gcs_endpoint
    )


def open_output(
    output: Output, control: Output | None = None, *, concurrency: int = 32, endpoint: str = ""
) -> ControlledStore:
    """Return the store of an output.

    Args:
        output: Where documents are.
        control: Where what is said of runs is; beside the output when it is None.
        concurrency: Uploads in flight.
        endpoint: URL of a GCS emulator; empty for the service itself.
    """
    places = (output, control or control_beside(output))
    made_by = "gcloud storage buckets create gs://{} --uniform-bucket-level-access --public-access-prevention"
    advice = f"make it with: {made_by.format(places[1].bucket)}" if isinstance(places[1], GcsPrefix) else ""
    public, private = (_open_place(place, concurrency, endpoint) for place in places)
    return ControlledStore(public, private, advice)


def _open_place(place: Output, concurrency: int, endpoint: str) -> Store:
    if isinstance(place, LocalFolder):
        return LocalStore(place.path)
    from transforms.stores.gcs import GcsStore

    return GcsStore(place.bucket, place.prefix, concurrency=concurrency, endpoint=endpoint)


def _open_tables(config: JobConfig) -> Warehouse:
    if isinstance(config.warehouse, ParquetFolder):
        return ParquetWarehouse(config.warehouse.path)
    from transforms.warehouses.bigquery import BigQueryWarehouse
    from transforms.warehouses.bigquery_sessions import trace_of

    return BigQueryWarehouse(
        config.warehouse.project,
        quota_project=config.bigquery_quota_project,
        trace_id=trace_of(config.request.correlation_id if isinstance(config, RunConfig) else "stream"),
        rest_endpoint=config.bigquery_rest_endpoint,
        storage_endpoint=config.bigquery_storage_endpoint,
    )


def _absolute_output(output: Output) -> Output:
    return LocalFolder(_absolute(output.path)) if isinstance(output, LocalFolder) else output


def _absolute(path: str) -> str:
    return os.path.abspath(path)


def _is_url(feed: str) -> bool:
    return feed.startswith("http")
