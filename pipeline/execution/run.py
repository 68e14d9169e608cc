"""One command line from its arguments to its exit code: plan, preflight, run, outcome."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import orjson

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.engines.errors import RunError, RunInterrupted, SubmissionError
from pipeline.execution.local_run import run_locally
from pipeline.execution.outcome import read_broken
from pipeline.execution.places import open_store, open_warehouse, with_absolute_paths
from pipeline.options.configuration import RunConfig, StreamConfig, parse_job, parse_without_beam
from pipeline.options.flags import OptionsError
from pipeline.planning.champion import ChampionError
from pipeline.planning.inputs import with_inputs
from pipeline.planning.machine_clock import with_clock
from pipeline.planning.planner import EstimatingWarehouse, describe, estimate_bytes, make_plan, started, with_as_of
from pipeline.planning.preflight import Preflight, look_ahead
from pipeline.reporting.completion import publish_event, run_event
from pipeline.reporting.exit_codes import ALL_PUBLISHED, BAD_REQUEST, INTERRUPTED, SOMETHING_MISSING
from pipeline.reporting.findings import Finding, is_serious, say_findings
from pipeline.reporting.report import Summary
from pipeline.reporting.terminal import complain, report, say, say_json
from pipeline.version import current_build
from transforms.elements.plan import LeaseRules, Plan
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import Warehouse, WarehouseError

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions


def main(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    now = datetime.now(timezone.utc)
    try:
        options, config = _parsed(argv, now)
        config = with_absolute_paths(config)
        warehouse, store = open_warehouse(config), open_store(config)
    except OptionsError as error:
        complain(error)
        return BAD_REQUEST
    if isinstance(config, StreamConfig):
        assert options is not None
        # A run of one request does not need this module.
        from pipeline.stream.run_stream import run_stream

        return run_stream(config, warehouse, store, options)
    plan = make_plan(
        config.request,
        config.export_config,
        shards=config.shards,
        validate=config.validate,
        accept_shrink=config.accept_shrink,
        lease=LeaseRules(wait_seconds=config.lease_wait),
        history_days=config.history_days,
    )
    ahead = _look_ahead(config, plan, warehouse, store, now)
    if config.dry_run:
        description = describe(plan)
        if isinstance(warehouse.warehouse, EstimatingWarehouse):
            description["estimated_bytes"] = estimate_bytes(plan, warehouse.warehouse)
        description["problems"] = [finding.to_json() for finding in ahead.problems]
        say(orjson.dumps(description, option=orjson.OPT_INDENT_2).decode())
        say_findings(ahead.problems, sys.stderr)
        if isinstance(ahead.stop, ChampionError):
            return BAD_REQUEST
        return SOMETHING_MISSING if is_serious(ahead.problems) else ALL_PUBLISHED
    if ahead.stop is not None:
        if len(ahead.problems) > 1:
            say_findings(ahead.problems, sys.stderr)
        code = _nothing(config, plan, store, f"nothing was published: {ahead.stop}", ahead.problems)
        return BAD_REQUEST if isinstance(ahead.stop, ChampionError) else code
    say_findings(ahead.problems, sys.stderr)
    # What tables are made of now says nothing about what they were.
    plan = ahead.plan if config.as_of else with_inputs(ahead.plan, warehouse)
    return carry_out(config, plan, warehouse, store, options, ahead.problems)


def _parsed(argv: Sequence[str], now: datetime) -> tuple[PipelineOptions | None, RunConfig | StreamConfig]:
    """Return the configuration of a command line, and the options of Beam for one that is carried out as a graph.

    Raises:
        OptionsError: Something is wrong, or the engine cannot run the job.
    """
    types, named = tuple(exports()), groups()
    local = parse_without_beam(argv, known_types=types, groups=named, now=now, player_types=PLAYER_TYPES)
    if local is not None and not local.no_wait and _dates_of(local) <= local.dates_in_process:
        return None, local
    # Beam takes longer to import than all that a run of one date does without it.
    from pipeline.engines.engine import find_engine

    options, config = parse_job(argv, known_types=types, groups=named, now=now, player_types=PLAYER_TYPES)
    find_engine(options, current_build(), streaming=isinstance(config, StreamConfig), no_wait=config.no_wait)
    return options, config


def _dates_of(config: RunConfig) -> int:
    """Return how many dates a run is about."""
    return len(make_plan(config.request, config.export_config).dates)


def _look_ahead(config: RunConfig, plan: Plan, warehouse: Warehouse, store: Store, now: datetime) -> Preflight:
    """Return what preflight finds; without it, only the instant as of which tables are read, and the clock."""
    if not config.skip_preflight:
        return look_ahead(plan, warehouse, store, as_of=config.as_of, now=now, every_session=config.dry_run)
    if config.dry_run:
        return Preflight(plan, ())
    try:
        return Preflight(with_clock(with_as_of(plan, warehouse, config.as_of), store, now), ())
    except (StoreError, WarehouseError) as error:
        return Preflight(plan, (), error)


def carry_out(
    config: RunConfig,
    plan: Plan,
    warehouse: Warehouse,
    store: Store,
    options: PipelineOptions | None,
    problems: Sequence[Finding] = (),
) -> int:
    """Run a plan, print its outcome and return the exit code.

    Args:
        config: The configuration of the run.
        plan: The plan of its request, after preflight.
        warehouse: Where tables are read.
        store: Where documents are written.
        options: Beam's options, which name the engine; None to run without Beam.
        problems: What preflight found.
    """
    plan = started(plan)
    found = [finding.to_json() for finding in problems]
    try:
        summary = _run(config, plan, warehouse, store, options)
    except SubmissionError as error:
        return _nothing(config, plan, store, f"nothing was submitted: {error}")
    except RunError as error:
        if error.may_go_on:
            code = _unknown(config, plan, store, f"{error}; {error.fix}")
        else:
            code = _broken(config, plan, store, error)
        return INTERRUPTED if isinstance(error, RunInterrupted) else code
    except StoreError as error:
        return _unknown(config, plan, store, f"the run is over, but what it published cannot be read: {error}")
    if summary is None:
        if config.json:
            say_json({**_without_outcome(config, plan, "submitted"), "preflight": found})
        return ALL_PUBLISHED
    summary.preflight = found
    report(summary, control=str(config.control), as_json=config.json)
    _alert(config, plan, store, summary.status, summary.missing)
    return summary.exit_code


def _run(
    config: RunConfig, plan: Plan, warehouse: Warehouse, store: Store, options: PipelineOptions | None
) -> Summary | None:
    output, topic = str(config.output), config.completion_topic
    if options is None:
        return run_locally(plan, warehouse, store, output=output, completion_topic=topic)
    from pipeline.execution.graph_run import run

    return run(plan, warehouse, store, options, output=output, completion_topic=topic, no_wait=config.no_wait)


def tell_failure(config: RunConfig, plan: Plan, *reasons: str) -> None:
    """Publish the completion event of a run that broke off; an error of publishing is printed and not raised."""
    if not config.completion_topic:
        return
    event = run_event(plan, "failed", finished=datetime.now(timezone.utc), errors=reasons)
    try:
        publish_event(config.completion_topic, event)
    except Exception as error:
        complain(f"the completion event was not published: {type(error).__name__}: {error}")


def _nothing(config: RunConfig, plan: Plan, store: Store, line: str, problems: Sequence[Finding] = ()) -> int:
    """Report a run that has not begun."""
    complain(line)
    if config.json:
        found = [finding.to_json() for finding in problems]
        say_json({**_without_outcome(config, plan, "failed", error=line), "preflight": found})
    tell_failure(config, plan, line)
    _alert(config, plan, store, "failed", [line])
    return SOMETHING_MISSING


def _broken(config: RunConfig, plan: Plan, store: Store, error: RunError) -> int:
    """Report a run that broke off."""
    line = f"the run broke off: {error}; {error.fix}"
    complain(line)
    published = read_broken(plan, store, str(config.output))
    missing = [] if published is None else published.missing
    for each in missing:
        complain(f"missing: {each}")
    if config.json:
        known = _without_outcome(config, plan, "failed") if published is None else published.to_json()
        # All manifests may be there, but the steps after them did not finish.
        status = "partial" if known["status"] == "success" else known["status"]
        say_json({**known, "status": status, "error": line})
    tell_failure(config, plan, str(error), *missing)
    _alert(config, plan, store, "failed", [line, *missing])
    return SOMETHING_MISSING


def _alert(config: RunConfig, plan: Plan, store: Store, status: str, errors: Sequence[str]) -> None:
    """Report the outcome as incidents and log lines, where that is wanted."""
    if config.has_alerts:
        # A run that alerts nobody does not need these modules.
        from pipeline.alerting.runs import alert_of_run

        alert_of_run(config, plan, store, status, errors, output=str(config.output))


def _unknown(config: RunConfig, plan: Plan, store: Store, line: str) -> int:
    """Report a run whose outcome is unknown here; its job publishes its own completion at its end."""
    complain(line)
    if config.json:
        say_json(_without_outcome(config, plan, "unknown", error=line))
    _alert(config, plan, store, "unknown", [line])
    return SOMETHING_MISSING


def _without_outcome(config: RunConfig, plan: Plan, status: str, **more: str) -> dict[str, Any]:
    """Return the summary of a run of which only the status is known."""
    days = [str(day) for day in plan.dates]
    return {**Summary(plan.run.run_id, status, str(config.output), days).to_json(), **more}
