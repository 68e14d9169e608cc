"""The command that tries out another model: its documents of a date, private and compared with the champion's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import NamedTuple

from exporters.config.champions import champion_on
from exporters.config.leagues import LeagueSettings
from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.comparison.change import Comparison
from pipeline.comparison.compare import Scope, compare
from pipeline.comparison.tables import listed, markdown, summary, text_table
from pipeline.comparison.thresholds import exceeded, parse_thresholds
from pipeline.execution.in_process import run_in_process
from pipeline.execution.places import open_output, open_store, open_warehouse
from pipeline.operations.promote_options import PromoteOptions
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.flags import OptionsError, take_options, together
from pipeline.options.locations import shadow_places
from pipeline.planning.champion import ChampionError
from pipeline.planning.planner import begun, make_plan
from pipeline.planning.preflight import look_ahead
from pipeline.reporting.report import Summary, summarize
from pipeline.reporting.terminal import complain, say, say_all, say_json
from pipeline.requests.clock import league_day
from pipeline.requests.problems import Problem
from pipeline.verification.finding import Verification
from pipeline.verification.verify import verify
from transforms.stores.protocol import StoreError
from transforms.warehouses.protocol import WarehouseError

OK, DIFFERENT, REJECTED = 0, 1, 2
"""Exit codes."""
_NAMES_CHAMPION = ("--champion_system_id", "--fallback_system_ids", "--request")


class Tried(NamedTuple):
    """What a model published privately.

    Attributes:
        run: The outcome of its run.
        place: Where its documents are.
        found: How they differ from the champion's.
        checks: The verification of its tree.
        league: The league.
    """

    run: Summary
    place: str
    found: Comparison
    checks: Verification
    league: LeagueSettings


def parse_promote(argv: Sequence[str], *, now: datetime) -> tuple[PromoteOptions, RunConfig]:
    """Return the options of a command line: those of the command, and those of the export by the model.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    options, rest, problems = take_options(PromoteOptions, argv)
    given = {argument.partition("=")[0] for argument in rest}
    for flag in _NAMES_CHAMPION:
        if flag in given:
            problems.append(Problem(flag, "", "means nothing here: --system_id names the model", "leave it out"))
    if problems or options is None:
        raise OptionsError(problems)
    try:
        config = parse_run(
            [*rest, f"--champion_system_id={options.system_id}"],
            known_types=tuple(exports()),
            groups=groups(),
            now=now,
            player_types=PLAYER_TYPES,
            others=("system_id", "fail_on", "most", "markdown"),
        )[1]
    except OptionsError as error:
        raise OptionsError(together(problems, error.problems)) from None
    return options, config


def main(argv: Sequence[str], *, now: datetime | None = None) -> int:
    """Carry out a command line and return its exit code.

    Args:
        argv: Arguments, without the program's name.
        now: The current instant, aware.
    """
    now = now or datetime.now(timezone.utc)
    try:
        options, config = parse_promote(argv, now=now)
        tried = try_out(config, options.system_id, now=now)
    except OptionsError as error:
        complain(error)
        return REJECTED
    except (ChampionError, StoreError, WarehouseError) as error:
        complain(error)
        return REJECTED if isinstance(error, ChampionError) else DIFFERENT
    over = exceeded(tried.found, parse_thresholds(options.fail_on))
    wrong = list(tried.checks.problems)
    if config.json:
        told = {"system_id": options.system_id, "place": tried.place, "status": tried.run.status}
        lacks = {"missing": tried.run.missing, "problems": wrong, "exceeded": over}
        say_json({**told, **tried.found.as_json(), **lacks})
    elif options.markdown:
        lines = [*over, *tried.run.missing, *wrong]
        say(markdown(tried.found, str(config.output), options.system_id, lines, options.most))
    else:
        _print(options, tried, over, wrong)
    return DIFFERENT if over or wrong or tried.run.exit_code else OK


def try_out(config: RunConfig, system_id: str, *, now: datetime) -> Tried:
    """Publish the dates of a request by a model into its private tree, verify that, and compare it with the champion's.

    Args:
        config: The configuration of the export, led by the model.
        system_id: The model.
        now: The current instant, aware.

    Raises:
        ChampionError: The model has no forecasts for the dates.
        StoreError: A place cannot be read or written.
        WarehouseError: A table cannot be read.
    """
    output, control = shadow_places(config.output, config.control_output, system_id)
    warehouse, published = open_warehouse(config), open_store(config)
    store = open_output(output, control, concurrency=config.upload_threads, endpoint=config.gcs_endpoint)
    plan = make_plan(
        config.request,
        # What is only tried out is not written back to the warehouse, and no other model takes its place.
        replace(config.export_config, write_subset_picks=False, fallback_system_ids=()),
        shards=config.shards,
        validate=config.validate,
        accept_shrink=config.accept_shrink,
        history_days=config.history_days,
    )
    ahead = look_ahead(plan, warehouse, store, as_of=config.as_of, now=now)
    if ahead.stop is not None:
        raise ahead.stop
    plan = begun(ahead.plan, now)
    outcome = summarize(plan, str(output), run_in_process(plan, warehouse, store))
    scope = Scope(plan.dates[0], plan.dates[-1], frozenset(plan.export_types))
    found = compare(published.public, store.public, scope, config.export_config)
    calendar = config.league.calendar
    checks = verify(store, plan.dates, today=league_day(now, calendar), champion=system_id, calendar=calendar)
    return Tried(outcome, str(output), found, checks, config.league)


def _print(options: PromoteOptions, tried: Tried, over: Sequence[str], wrong: Sequence[str]) -> None:
    say_all([f"missing: {line}" for line in tried.run.missing], style="red")
    say_all(wrong, style="red")
    say_all(text_table(tried.found))
    changes, more = listed(tried.found, options.most)
    say_all([str(change) for change in changes])
    if more:
        say(f"and {more:,} more; --most lists more of them, --json all")
    say_all([f"more than is allowed: {line}" for line in over], style="red")
    say(summary(tried.found))
    name, day = options.system_id, date.fromisoformat(tried.run.dates[-1])
    say(f"{tried.run.status}: {name} is in {tried.place}, which is not public; {len(wrong)} problems there")
    if name != champion_on(day, tried.league.champions):
        begin = f"Tenure(date({day.year}, {day.month}, {day.day}), {name!r})"
        where = "CHAMPIONS in exporters/config/champions.py"
        if not tried.league.is_default:
            begin, where = f'"{day}": "{name}"', f"the champions of {tried.league.name} in the leagues file"
        say(f"to make it the champion from {day} on, add {begin} to {where}")
