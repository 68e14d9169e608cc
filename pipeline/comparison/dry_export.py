"""An export that writes nothing, compared with what is published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, NamedTuple

from pydantic import Field
from pydantic.dataclasses import dataclass

from exporters.registry import PLAYER_TYPES, exports, groups
from pipeline.comparison.change import Comparison
from pipeline.comparison.compare import Scope, compare
from pipeline.comparison.thresholds import ANY, THRESHOLD_PATTERN
from pipeline.execution.in_process import run_in_process
from pipeline.execution.places import open_store, open_warehouse
from pipeline.options.configuration import RunConfig, parse_run
from pipeline.options.flags import OptionsError, take_options, together
from pipeline.planning.planner import begun, make_plan
from pipeline.planning.preflight import look_ahead
from pipeline.reporting.report import summarize
from pipeline.requests.field import STRICT, Described, whole
from pipeline.requests.problems import Problem
from transforms.stores.control import is_control
from transforms.stores.overlay import OverlayStore

_NEWEST = "9999-12-31T23:59:59.999999Z"
"""Comes after the picture of every run: nothing that is published counts as newer than what is tried out."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class ComparedExport:
    """The options of a comparison beside those of the export that is compared."""

    dry_export: Annotated[bool, Described("Export without writing.", example="true")] = False
    fail_on: Annotated[
        str,
        whole(f"(?:{THRESHOLD_PATTERN})(?:,(?:{THRESHOLD_PATTERN}))*"),
        Described("With which differences the exit code is 1.", example="losses", metavar="LIST"),
    ] = ANY
    most: Annotated[int, Field(ge=0), Described("Differences that are listed.", example="200")] = 40
    markdown: Annotated[bool, Described("Print Markdown.", example="true")] = False


class DryExport(NamedTuple):
    """The result of an export that wrote nothing.

    Attributes:
        found: How what it made differs from what is published.
        missing: What it could not make, one line each.
    """

    found: Comparison
    missing: Sequence[str]


def parse_dry_export(argv: Sequence[str], *, now: datetime) -> tuple[ComparedExport, RunConfig]:
    """Return the options of a command line: those of the comparison, and those of the export.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    compared, rest, problems = take_options(ComparedExport, argv)
    try:
        config = parse_run(
            rest, known_types=tuple(exports()), groups=groups(), now=now, player_types=PLAYER_TYPES, others=("fail_on",)
        )[1]
    except OptionsError as error:
        raise OptionsError(together(problems, error.problems)) from None
    if config.no_wait or config.dry_run:
        name = "--no_wait" if config.no_wait else "--dry_run"
        problems.append(Problem(name, "", "means nothing with --dry_export, which writes nothing", "leave it out"))
    if problems or compared is None:
        raise OptionsError(problems)
    return compared, config


def dry_export(config: RunConfig, *, now: datetime) -> DryExport:
    """Export over what is published, in memory, and compare.

    The losses are left to the comparison: the run accepts all of them, so that everything it makes can be compared.
    Nothing is written back to the warehouse.

    Args:
        config: The configuration of the export.
        now: The current instant, aware.

    Raises:
        StoreError: The place cannot be read.
        WarehouseError: A table cannot be read.
        ChampionError: The champion has no forecasts.
    """
    warehouse, store = open_warehouse(config), open_store(config)
    over = OverlayStore(store)
    plan = make_plan(
        config.request,
        replace(config.export_config, write_subset_picks=False),
        shards=config.shards,
        validate=config.validate,
        accept_shrink=frozenset(exports()),
        history_days=0,
    )
    ahead = look_ahead(plan, warehouse, over, as_of=config.as_of, now=now)
    if ahead.stop is not None:
        raise ahead.stop
    plan = begun(replace(ahead.plan, run=replace(ahead.plan.run, as_of=_NEWEST)), now)
    records = run_in_process(plan, warehouse, over)
    paths = frozenset(path for path in over.changed if not is_control(path))
    found = compare(store, over, Scope(paths=paths), config.export_config)
    # Of what is published as it is, only its number is told.
    unchanged = sum(section["unchanged"] for record in records.values() for section in record["exports"].values())
    found.compared += unchanged
    found.unchanged += unchanged
    found.after_objects = max(found.after_objects, unchanged)
    return DryExport(found, summarize(plan, str(config.output), records).missing)
