"""Running a configured export: plan, preflight, graph, report."""

from __future__ import annotations

import copy
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from typing import TextIO

import apache_beam as beam
import orjson
from apache_beam.options.pipeline_options import DirectOptions, PipelineOptions, SetupOptions, StandardOptions
from apache_beam.runners.runner import PipelineRunner

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.execution.job_labels import label_job
from pipeline.execution.worker_image import use_own_image
from pipeline.execution.worker_processes import WatchedRunner
from pipeline.options.command_line import OptionsError
from pipeline.options.configuration import JobConfig, RunConfig, StreamConfig, parse_job
from pipeline.options.locations import LocalFolder, ParquetFolder
from pipeline.planning.champion import ChampionError, check_champion
from pipeline.planning.graph import build
from pipeline.planning.inputs import with_inputs
from pipeline.planning.planner import describe, estimate_bytes, make_plan, preflight
from pipeline.reporting.completion import publish_event, run_event
from pipeline.reporting.progress import Watch
from pipeline.reporting.report import Summary, summarize
from pipeline.reporting.terminal import complain, report
from pipeline.version import current_build
from transforms.elements.plan import Plan
from transforms.live_feed.feed_key import EnvironmentKey, SecretKey
from transforms.live_feed.http import HttpLiveFeed
from transforms.live_feed.warehouse import FileLiveFeed, LiveFeed, LiveWarehouse
from transforms.publishing.manifest import load_manifest
from transforms.stores.folder import LocalStore
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.bigquery import BigQueryWarehouse, trace_of
from transforms.warehouses.parquet import ParquetWarehouse
from transforms.warehouses.protocol import Warehouse

ALL_PUBLISHED, SOMETHING_MISSING, BAD_REQUEST = 0, 1, 2
"""Exit codes."""

LOCAL_RUNNERS = frozenset({None, "DirectRunner", "SwitchingDirectRunner", "BundleBasedDirectRunner", "FnApiRunner"})
"""Runner options that mean this process; all run on the Fn API runner, because Beam's switch first tries to download
another one."""


class RunError(Exception):
    """A run broke off: a manifest could not be written, or there is a defect in the pipeline. One line."""


class SubmissionError(RunError):
    """A service did not take a run. One line."""


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    try:
        options, config = parse_job(
            argv,
            known_types=tuple(exports()),
            groups=groups(),
            now=datetime.now(timezone.utc),
            player_types=PLAYER_TYPES,
        )
        warehouse, store = open_warehouse(config), open_store(config)
    except OptionsError as error:
        complain(error)
        return BAD_REQUEST
    if isinstance(config, StreamConfig):
        return stream(config, warehouse, store, options)
    plan = make_plan(
        config.request,
        config.export_config,
        shards=config.shards,
        validate=config.validate,
        accept_shrink=config.accept_shrink,
    )
    if config.dry_run:
        description = describe(plan)
        if isinstance(warehouse.warehouse, BigQueryWarehouse):
            description["estimated_bytes"] = estimate_bytes(plan, warehouse.warehouse)
        _say(sys.stdout, orjson.dumps(description, option=orjson.OPT_INDENT_2).decode())
        return ALL_PUBLISHED
    try:
        if not config.skip_preflight:
            plan = check_champion(preflight(plan, warehouse, store), warehouse)
        plan = with_inputs(plan, warehouse)
    except ChampionError as error:
        _say(sys.stderr, f"nothing was published: {error}")
        tell_failure(config, plan, str(error))
        return BAD_REQUEST
    except StoreError as error:
        _say(sys.stderr, f"nothing was published: {error}")
        tell_failure(config, plan, str(error))
        return SOMETHING_MISSING
    try:
        summary = run(
            plan, warehouse, store, options, output=str(config.output), completion_topic=config.completion_topic
        )
    except SubmissionError as error:
        _say(sys.stderr, f"nothing was submitted: {error}")
        tell_failure(config, plan, str(error))
        return SOMETHING_MISSING
    except (RunError, StoreError) as error:
        _say(sys.stderr, f"the run broke off: {error}; what it published is safe, run it again to complete it")
        missing = _unfinished(plan, store)
        for line in missing:
            _say(sys.stderr, f"missing: {line}")
        tell_failure(config, plan, str(error), *missing)
        return SOMETHING_MISSING
    if summary is None:
        return ALL_PUBLISHED
    report(summary, as_json=config.json)
    return summary.exit_code


def stream(config: StreamConfig, warehouse: Warehouse, store: Store, options: PipelineOptions) -> int:
    """Run a streaming job until it is told to end, or submit it, and return the exit code."""
    # What a batch run need not load.
    from pipeline.stream.batch import BatchTemplate
    from pipeline.stream.job import build_stream, run_local

    options = _prepared(options)
    local = options.view_as(StandardOptions).runner in LOCAL_RUNNERS

    def build_it(pipeline: beam.Pipeline) -> None:
        build_stream(pipeline, config, warehouse, store, launcher=BatchTemplate.of(config, options), local=local)

    try:
        if not config.skip_preflight:
            store.check()
        if local:
            _say(sys.stderr, f"answering {config.input_subscription}; end it with Ctrl-C")
            run_local(build_it, options)
        else:
            pipeline = _pipeline(options, None)
            build_it(pipeline)
            _say(sys.stdout, f"submitted the streaming job: {_submit(pipeline)}")
    except StoreError as error:
        _say(sys.stderr, f"nothing can be published: {error}")
        return SOMETHING_MISSING
    except SubmissionError as error:
        _say(sys.stderr, f"nothing was submitted: {error}")
        return SOMETHING_MISSING
    except Exception as error:
        _say(sys.stderr, f"the job broke off: {_one_line(error)}; start it again")
        return SOMETHING_MISSING
    return ALL_PUBLISHED


def tell_failure(config: RunConfig, plan: Plan, *reasons: str) -> None:
    """Publish the completion event of a run that broke off; that it cannot be published is said, and nothing more."""
    if not config.completion_topic:
        return
    event = run_event(plan, "failed", finished=datetime.now(timezone.utc), errors=reasons)
    try:
        publish_event(config.completion_topic, event)
    except Exception as error:
        _say(sys.stderr, f"the completion event was not published: {type(error).__name__}: {error}")


def open_warehouse(config: JobConfig) -> LiveWarehouse:
    """Return the warehouse that a configuration names, together with its live feed."""
    return LiveWarehouse(_open_tables(config), open_feed(config))


def open_feed(config: JobConfig) -> LiveFeed | None:
    """Return the live feed that a configuration names; None when it names none."""
    if not config.live_feed:
        return None
    if not config.live_feed.startswith("http"):
        return FileLiveFeed(config.live_feed)
    kind, _, place = config.live_feed_key.partition(":")
    key = None if not kind else EnvironmentKey(place) if kind == "env" else SecretKey(place)
    return HttpLiveFeed(config.live_feed, key, config.live_feed_scheme)


def _open_tables(config: JobConfig) -> Warehouse:
    if isinstance(config.warehouse, ParquetFolder):
        return ParquetWarehouse(config.warehouse.path)
    return BigQueryWarehouse(
        config.warehouse.project,
        quota_project=config.bigquery_quota_project,
        trace_id=trace_of(config.request.correlation_id if isinstance(config, RunConfig) else "stream"),
        rest_endpoint=config.bigquery_rest_endpoint,
        storage_endpoint=config.bigquery_storage_endpoint,
    )


def open_store(config: JobConfig) -> Store:
    """Return the store that a configuration names."""
    if isinstance(config.output, LocalFolder):
        return LocalStore(config.output.path)
    return GcsStore(
        config.output.bucket,
        config.output.prefix,
        concurrency=config.upload_threads,
        endpoint=config.gcs_endpoint,
    )


def run(
    plan: Plan,
    warehouse: Warehouse,
    store: Store,
    options: PipelineOptions,
    *,
    output: str,
    completion_topic: str = "",
) -> Summary | None:
    """Run a plan and return what it published; None when it was handed to a service that goes on by itself.

    Raises:
        RunError: The run broke off, or a service did not take it.
        StoreError: The outcome cannot be read back.
    """
    options = _prepared(options)
    plan = replace(plan, run=replace(plan.run, started_at=datetime.now(timezone.utc).isoformat()))
    runner = WatchedRunner() if options.view_as(StandardOptions).runner in LOCAL_RUNNERS else None
    pipeline = _pipeline(options, runner)
    build(pipeline, plan, warehouse, store, output=output, completion_topic=completion_topic)
    if runner is None:
        _say(sys.stdout, f"submitted run {plan.run.run_id}: {_submit(pipeline)}")
        return None
    with Watch(plan, counts=options.view_as(DirectOptions).direct_running_mode != "multi_processing"):
        try:
            pipeline.run().wait_until_finish()
        except Exception as error:
            if runner.lost:
                raise RunError(runner.lost[0]) from error
            raise RunError(_one_line(error)) from error
    return summarize(plan, output, {day.isoformat(): load_manifest(store, day)[0] for day in plan.dates})


def _prepared(options: PipelineOptions) -> PipelineOptions:
    """Return options with what every job of this project wants of Beam, unless somebody wants something else."""
    # Submitting a job writes its name and its places into the options, which the next job must not be given.
    prepared = copy.deepcopy(options)
    if prepared.view_as(SetupOptions).save_main_session is None:
        prepared.view_as(SetupOptions).save_main_session = False
    use_own_image(prepared, current_build())
    label_job(prepared, current_build())
    return prepared


def _pipeline(options: PipelineOptions, runner: PipelineRunner | None) -> beam.Pipeline:
    try:
        return beam.Pipeline(runner=runner, options=options)
    except ValueError as error:
        # What the runner misses among its options, one line each.
        raise SubmissionError(" ".join(str(error).split())) from error


def _submit(pipeline: beam.Pipeline) -> str:
    """Hand a pipeline to a service and return how it names the job."""
    try:
        result = pipeline.run()
    except Exception as error:
        raise SubmissionError(_one_line(error)) from error
    # The launcher of a Flex Template takes the job and sends it itself: there is none yet that could be named.
    return str(result) if getattr(result, "has_job", True) else "its launcher sends the job"


def _one_line(error: Exception) -> str:
    # A worker process sends its whole stack as text, which Beam has logged; its last line says what it was.
    return traceback.format_exception_only(error)[-1].strip().splitlines()[-1]


def _unfinished(plan: Plan, store: Store) -> list[str]:
    """Return a line for everything that a run that broke off has not published, as far as that can be told."""
    try:
        return summarize(plan, "", {str(day): load_manifest(store, day)[0] for day in plan.dates}).missing
    except StoreError:
        return []


def _say(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()
