"""One command line from its arguments to its exit code: plan, preflight, run, outcome."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.engines.errors import RunError, RunInterrupted, SubmissionError
from pipeline.execution.local_run import run_locally
from pipeline.execution.outcome import read_broken, read_outcome
from pipeline.execution.places import open_store, open_warehouse, with_absolute_paths
from pipeline.options.configuration import (
    RunConfig,
    StreamConfig,
    by_league,
    check_together,
    parse_job,
    parse_without_beam,
)
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
from transforms.live_feed.warehouse import LiveWarehouse
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import Warehouse, WarehouseError

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions


def main(argv: Sequence[str]) -> int:
    """Run a command line and return its exit code: the highest one of its leagues."""
    now = datetime.now(timezone.utc)
    try:
        parsed = [_parsed(each, now) for each in by_league(argv)]
        options = parsed[0][0]
        check_together([config for _, config in parsed], is_graph=options is not None)
        configs = [with_absolute_paths(config) for _, config in parsed]
        places = [(open_warehouse(config), open_store(config)) for config in configs]
    except OptionsError as error:
        complain(error)
        return BAD_REQUEST
    if isinstance(configs[0], StreamConfig):
        assert options is not None
        # A run of one request does not need this module.
        from pipeline.stream.run_stream import run_stream

        warehouse, store = places[0]
        return run_stream(configs[0], warehouse, store, options)
    codes: list[int] = []
    ready: list[Ready] = []
    for config, (warehouse, store) in zip(configs, places, strict=True):
        assert isinstance(config, RunConfig)
        found = _prepared(config, warehouse, store, now)
        if isinstance(found, int):
            codes.append(found)
        elif options is not None:
            ready.append(found)
        else:
            codes.append(carry_out(found.config, found.plan, warehouse, store, None, found.problems))
            if codes[-1] == INTERRUPTED:
                break
    if ready:
        codes += carry_out_together(ready, options)
    return max(codes)


@dataclass(frozen=True)
class Ready:
    """A run of one league, after preflight.

    Attributes:
        config: Its configuration.
        plan: Its plan.
        warehouse: Where its tables are read.
        store: Where its documents are written.
        problems: What preflight found.
    """

    config: RunConfig
    plan: Plan
    warehouse: Warehouse
    store: Store
    problems: Sequence[Finding] = ()


def _prepared(config: RunConfig, warehouse: LiveWarehouse, store: Store, now: datetime) -> Ready | int:
    """Return a run that can start; the exit code of one that cannot, or of a dry one."""
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
    return Ready(config, plan, warehouse, store, ahead.problems)


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
    return carry_out_together([Ready(config, plan, warehouse, store, problems)], options)[0]


def carry_out_together(runs: Sequence[Ready], options: PipelineOptions | None) -> list[int]:
    """Run the plans of some leagues as one graph, print the outcome of each and return the exit codes.

    Args:
        runs: The runs, after preflight; a single one may run without Beam.
        options: Beam's options, which name the engine; None to run without Beam.
    """
    runs = [replace(run, plan=started(run.plan)) for run in runs]
    try:
        outcomes = _run(runs, options)
    except SubmissionError as error:
        return [_nothing(run.config, run.plan, run.store, f"nothing was submitted: {error}") for run in runs]
    except RunError as error:
        codes = []
        for run in runs:
            if error.may_go_on:
                codes.append(_unknown(run.config, run.plan, run.store, f"{error}; {error.fix}"))
            else:
                codes.append(_broken(run.config, run.plan, run.store, error))
        return [INTERRUPTED] * len(runs) if isinstance(error, RunInterrupted) else codes
    return [_reported(run, summary) for run, summary in zip(runs, outcomes, strict=True)]


def _reported(run: Ready, summary: Summary | StoreError | None) -> int:
    """Report the outcome of a run, and return the exit code."""
    config, plan = run.config, run.plan
    if isinstance(summary, StoreError):
        line = f"the run is over, but what it published cannot be read: {summary}"
        return _unknown(config, plan, run.store, line)
    found = [finding.to_json() for finding in run.problems]
    if summary is None:
        if config.json:
            say_json({**_without_outcome(config, plan, "submitted"), "preflight": found})
        return ALL_PUBLISHED
    summary.preflight = found
    report(summary, control=str(config.control), as_json=config.json)
    _alert(config, plan, run.store, summary.status, summary.missing)
    return summary.exit_code


def _run(runs: Sequence[Ready], options: PipelineOptions | None) -> list[Summary | StoreError | None]:
    """Return the outcome of each run: None where it was not waited for, the error where it cannot be read."""
    topic = runs[0].config.completion_topic
    if options is None:
        return [_outcome(partial(_run_locally, run)) for run in runs]
    from pipeline.execution.graph_run import run_together
    from pipeline.planning.graph import LeagueRun

    together = [LeagueRun(run.plan, run.warehouse, run.store, str(run.config.output)) for run in runs]
    engine = run_together(together, options, completion_topic=topic, no_wait=runs[0].config.no_wait)
    if engine is None:
        return [None] * len(runs)
    return [_outcome(partial(read_outcome, run.plan, run.store, str(run.config.output), engine=engine)) for run in runs]


def _run_locally(run: Ready) -> Summary:
    output, topic = str(run.config.output), run.config.completion_topic
    return run_locally(run.plan, run.warehouse, run.store, output=output, completion_topic=topic)


def _outcome(read: Callable[[], Summary]) -> Summary | StoreError:
    try:
        return read()
    except StoreError as error:
        return error


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
