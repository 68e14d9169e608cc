"""Exports the game dates of a range that are not published yet, and leaves ``latest.json`` and the like alone.

Dates without games are skipped. A date whose manifest lists everything as published, by the same code and from the same
inputs, is skipped too, unless complete dates are exported again. A backfill that was cut off is continued by running it
again.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.engines.engine import find_engine
from pipeline.engines.errors import RunError, RunInterrupted
from pipeline.execution.graph_run import run
from pipeline.execution.places import open_store, open_warehouse, with_absolute_paths
from pipeline.operations.command_options import BACKFILL_TYPES, NOT_IN_A_BACKFILL, BackfillOptions
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.flags import OptionsError, take_options
from pipeline.options.option import Group
from pipeline.options.option_table import EXPORT_OPTIONS
from pipeline.planning.backfill_plan import BackfillPlan, describe_backfill, describe_json, game_dates, plan_backfill
from pipeline.planning.champion import ChampionError
from pipeline.planning.inputs import with_inputs
from pipeline.planning.machine_clock import with_clock
from pipeline.planning.planner import make_plan, with_as_of
from pipeline.planning.preflight import look_ahead
from pipeline.reporting.exit_codes import ALL_PUBLISHED, BAD_REQUEST, INTERRUPTED, SOMETHING_MISSING
from pipeline.reporting.findings import say_findings
from pipeline.reporting.report import ExportSummary, Summary, table
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.problems import Problem
from pipeline.requests.request import UpdateLatest
from pipeline.requests.validation import fields_of
from pipeline.version import current_build
from transforms.elements.plan import LeaseRules, Plan
from transforms.publishing.lease import find_holder
from transforms.publishing.manifest import load_manifest
from transforms.stores.protocol import Store, StoreError
from transforms.warehouses.protocol import Warehouse, WarehouseError

_MAX_DAYS = 10_000

CarryOut = Callable[[Plan], Summary | None]
"""Runs a plan: returns its summary, or None for a submitted job; may raise RunError or StoreError."""


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code: 0 everything is there, 1 something is missing, 2 rejected."""
    try:
        options, config, again = parse_backfill(argv, now=datetime.now(timezone.utc))
        find_engine(options, current_build(), no_wait=config.no_wait)
        config = with_absolute_paths(config)
        warehouse, store = open_warehouse(config), open_store(config)
    except OptionsError as error:
        complain(error)
        return BAD_REQUEST

    def carry_out(plan: Plan) -> Summary | None:
        options_of_it = options_of_pass(options, plan)
        return run(plan, warehouse, store, options_of_it, output=str(config.output), no_wait=config.no_wait)

    try:
        return backfill(config, warehouse, store, carry_out, again=again)
    except ChampionError as error:
        complain(f"nothing was exported: {error}")
        return BAD_REQUEST
    except (WarehouseError, StoreError) as error:
        complain(f"nothing was exported: {error}")
        return SOMETHING_MISSING


def parse_backfill(argv: Sequence[str], *, now: datetime) -> tuple[PipelineOptions, RunConfig, bool]:
    """Return Beam's options, the configuration, and whether complete dates are exported again.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    own, rest, problems = take_options(BackfillOptions, argv)
    assert own is not None, "no option of a backfill must be given"
    given = {argument.partition("=")[0] for argument in rest}
    problems += [
        Problem(flag, "", "means nothing in a backfill", "give --start_date and --end_date")
        for flag in map("--{}".format, NOT_IN_A_BACKFILL)
        if flag in given and flag not in ("--min_games", "--update_latest")
    ]
    problems += [
        Problem(option.flag, "", "means nothing in a backfill, whose outcome somebody reads", "leave it out")
        for option in EXPORT_OPTIONS
        if option.group is Group.ALERTS and option.flag in given
    ]
    if problems:
        raise OptionsError(problems)
    end = rest.index("--") if "--" in rest else len(rest)
    defaults = {"--export_types": BACKFILL_TYPES, "--update_latest": "never", "--trigger_source": "backfill"}
    added = [f"{flag}={value}" for flag, value in defaults.items() if flag not in given]
    options, config = parse_run(
        [*rest[:end], *added, *rest[end:]],
        known_types=tuple(exports()),
        groups=groups(),
        now=now,
        player_types=PLAYER_TYPES,
        max_range_days=_MAX_DAYS,
        others=tuple(fields_of(BackfillOptions)),
    )
    request = config.request
    if request.update_latest is not UpdateLatest.NEVER:
        problems.append(
            Problem("--update_latest", f'"{request.update_latest.value}"', "moves pointers", "leave it out")
        )
    if request.last_date is not None and request.last_date > request.league_day:
        fix = f"end it with {request.league_day}, the league day, or before"
        problems.append(Problem("--end_date", f'"{request.last_date}"', "is yet to come", fix))
    if problems:
        raise OptionsError(problems)
    return options, config, own.again


def options_of_pass(options: PipelineOptions, plan: Plan) -> PipelineOptions:
    """Return the options of one pass: a given job name gets the first date as a suffix.

    Dataflow starts no second job of a name while one is running, and the passes of several seasons run at once.
    """
    found = copy.deepcopy(options)
    cloud = found.view_as(GoogleCloudOptions)
    if cloud.job_name:
        cloud.job_name = f"{cloud.job_name}-{plan.dates[0]}"
    return found


def backfill(config: RunConfig, warehouse: Warehouse, store: Store, carry_out: CarryOut, *, again: bool = False) -> int:
    """Carry out a backfill and return its exit code.

    Args:
        config: Places, rules and the range of dates.
        warehouse: Where tables are read.
        store: Where documents are written.
        carry_out: Runs a pass.
        again: Export complete dates as well.

    Raises:
        WarehouseError: The schedule cannot be read.
        StoreError: The store cannot be used.
        ChampionError: The champion has no forecasts, while others have.
    """
    first, last = config.request.first_date, config.request.last_date
    assert first is not None
    assert last is not None
    days = game_dates(warehouse, first, last)
    if not days:
        say(f"the schedule has no game from {first} to {last}: nothing to export")
        if config.json:
            _say_summary("success", config, BackfillPlan((), {}, ()), _Done({}, [], []))
        return ALL_PUBLISHED
    every = make_plan(
        config.request,
        config.export_config,
        shards=config.shards,
        validate=config.validate,
        dates=days,
        accept_shrink=config.accept_shrink,
        lease=LeaseRules(wait_seconds=config.lease_wait),
        history_days=config.history_days,
    )
    now = datetime.now(timezone.utc)
    if config.skip_preflight and not config.dry_run:
        every = with_clock(with_as_of(every, warehouse, config.as_of), store, now)
    elif not config.dry_run:
        ahead = look_ahead(every, warehouse, store, as_of=config.as_of, now=now)
        say_findings(ahead.problems, sys.stderr)
        if ahead.stop is not None:
            raise ahead.stop
        every = ahead.plan
    every = with_inputs(every, warehouse, shards=config.shards)
    found = plan_backfill(every, lambda day: _reliable_manifest(store, day), again=again)
    say(describe_backfill(every, found))
    if config.dry_run:
        if config.json:
            say_json(describe_json(found))
        return ALL_PUBLISHED
    done = _run_passes(found, carry_out)
    _report(done, found, config)
    if done.is_interrupted:
        return INTERRUPTED
    return SOMETHING_MISSING if done.missing else ALL_PUBLISHED


def _reliable_manifest(store: Store, day: date) -> Mapping[str, Any] | None:
    """Return the manifest of a date; None without one, and after a run that was cut off while it replaced documents."""
    manifest = load_manifest(store, day).manifest
    return manifest if manifest is not None and find_holder(store, day) is None else None


@dataclass
class _Done:
    """The summary of all passes."""

    exports: dict[str, ExportSummary]
    missing: list[str]
    absent: list[str]
    submitted: int = 0
    is_interrupted: bool = False

    def add(self, summary: Summary) -> None:
        self.missing.extend(summary.missing)
        self.absent.extend(line for line in summary.absent if line not in self.absent)
        for name, made in summary.exports.items():
            total = self.exports.setdefault(name, ExportSummary())
            for counted, value in vars(made).items():
                setattr(total, counted, getattr(total, counted) + value)


def _run_passes(found: BackfillPlan, carry_out: CarryOut) -> _Done:
    """Run every pass; one that breaks off costs its own dates."""
    done = _Done({}, [], [])
    for number, one in enumerate(found.passes, start=1):
        say(f"pass {number} of {len(found.passes)}", sys.stderr, style="bold")
        try:
            summary = carry_out(one)
        except RunInterrupted as error:
            done.is_interrupted = True
            done.missing.append(f"{_dates(one)}: {error}; run the backfill again to continue")
            done.missing += [f"{_dates(left)}: not begun; likewise" for left in found.passes[number:]]
            break
        except (RunError, StoreError) as error:
            done.missing.append(f"{_dates(one)}: the run broke off: {error}; run the backfill again to continue")
            continue
        if summary is None:
            done.submitted += 1
        else:
            done.add(summary)
    return done


def _dates(plan: Plan) -> str:
    return f"{plan.dates[0]} to {plan.dates[-1]}"


def _report(done: _Done, found: BackfillPlan, config: RunConfig) -> None:
    status = "success" if not done.missing else "partial" if done.exports else "failed"
    if done.exports:
        ordered = dict(sorted(done.exports.items()))
        say(table(Summary("", status, str(config.output), [], ordered)))
    say_all([f"absent: {line}" for line in done.absent])
    say_all([f"missing: {line}" for line in done.missing], style="red")
    if done.submitted:
        say(f"{done.submitted} jobs were submitted; run the same backfill once they are done to see what is missing")
    else:
        counted = f"{len(found.reasons)} dates exported, {len(found.complete)} were complete"
        say(f"{status}: {counted}, in {config.output}", style="green" if status == "success" else "red")
    if config.json:
        _say_summary(status, config, found, done)


def _say_summary(status: str, config: RunConfig, found: BackfillPlan, done: _Done) -> None:
    say_json(
        {
            "status": status,
            "output": str(config.output),
            "exported": [day.isoformat() for day in found.reasons],
            "complete": [day.isoformat() for day in found.complete],
            "exports": {name: vars(summary) for name, summary in sorted(done.exports.items())},
            "missing": done.missing,
            "absent": done.absent,
        }
    )
