"""The options of the operators' commands, beside those of an export. Imports no Beam, so that help answers at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from exporters.config import ExportConfig
from exporters.config.leagues import NBA
from pipeline.comparison.thresholds import ANY, NAMES, NEVER, THRESHOLD_PATTERN
from pipeline.operations.rollback_options import RUN_PATTERN, SHADOW_PATTERN
from pipeline.options.alert_options import AlertOptions
from pipeline.options.locations import (
    BIGQUERY_PATTERN,
    FOLDER_PATTERN,
    GCS_PATTERN,
    FilePath,
    OutputPlace,
    WarehousePlace,
)
from pipeline.options.option import Group, Option, options_of
from pipeline.options.option_table import EXPORT_OPTIONS
from pipeline.options.tree_options import (
    ControlOutputOption,
    EndDateOption,
    GcsEndpointOption,
    LeagueOption,
    LeaguesOption,
    OutputOption,
    StartDateOption,
    TargetDateOption,
)
from pipeline.requests.field import STRICT, Described, whole, whole_or_empty
from pipeline.requests.request_message import INSTANT_PATTERN, Instant
from pipeline.requests.validation import fields_of

BACKFILL_TYPES = "backfill"
DOCTOR_TYPES = "all"
CONFIGURED = "configured"
"""Stands for the champions by date of :mod:`exporters.config.champions`."""
NOT_IN_A_BACKFILL = ("target_date", "players", "min_games", "request", "update_latest")
"""Options that a backfill lacks: it has a range and moves no pointer."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class BackfillOptions:
    """The options of a backfill beside those of an export."""

    again: Annotated[bool, Described("Export complete dates as well.", example="true")] = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class VerifyOptions(AlertOptions):
    """The published tree to verify, what to hold it against, and whom to alert."""

    output: OutputOption
    control_output: ControlOutputOption = None
    league: LeagueOption = NBA.name
    leagues: LeaguesOption = ""
    target_date: TargetDateOption = None
    start_date: StartDateOption = None
    end_date: EndDateOption = None
    all: Annotated[
        bool, Described("Verify every date that has documents or a manifest, instead of a range.", example="true")
    ] = False
    warehouse: Annotated[
        WarehousePlace | None,
        Described(
            "Where the schedule of games is: a date without games then needs no manifest.",
            example="bigquery:my-project",
            default_help="games are not known",
            metavar="PATH|bigquery:PROJECT",
            pattern=f"{BIGQUERY_PATTERN}|{FOLDER_PATTERN}",
        ),
    ] = None
    schedules: Annotated[
        FilePath | None,
        Described(
            "With today among the dates: the schedules, by which every export type must have been made.",
            example="deploy/schedules.yaml",
            default_help="when something was due is not known",
            metavar="FILE",
        ),
    ] = None
    late_minutes: Annotated[
        int,
        Field(ge=0),
        Described("Minutes after its time until which a scheduled run may still be under way.", example="30"),
    ] = 45
    launch_late: Annotated[
        FilePath | None,
        Described(
            "With schedules: settings of the deployment, to launch each entry that the streaming job has not answered, "
            "once for each of its times.",
            example="deploy/settings.env",
            default_help="nothing is launched",
            metavar="FILE",
        ),
    ] = None
    champion_system_id: Annotated[
        str,
        Described(
            f"The model that every date should show; {CONFIGURED} for the champion of each date.",
            example=ExportConfig().champion_system_id,
            default_help="any",
        ),
    ] = ""
    shadow: Annotated[
        str,
        whole_or_empty(SHADOW_PATTERN),
        Described(
            "Verify the documents of this model in the control output, where phase6 promote puts them, as a tree of "
            "their own.",
            example="ensemble_v1",
            default_help="the public documents",
            metavar="ID",
        ),
    ] = ""
    sample: Annotated[
        int,
        Field(ge=1),
        Described("Player documents that are read of each export type and date; others every day.", example="50"),
    ] = 25
    deep: Annotated[bool, Described("Read every document.", example="true")] = False
    gcs_endpoint: GcsEndpointOption = ""
    json: Annotated[bool, Described("Report the result as JSON, for programs.", example="true")] = False


VERIFY_OPTIONS = tuple(
    sorted(options_of(VerifyOptions, Group.COMMAND), key=lambda option: option.name in fields_of(AlertOptions))
)
"""The options of ``phase6 verify``."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DiffOptions:
    """The two published trees to compare, and how much may differ."""

    before: Annotated[
        OutputPlace,
        Described(
            "The first tree: a folder, or a prefix of a bucket. The first argument without a flag is the same.",
            example="gs://my-bucket/v1",
            metavar="PATH|gs://BUCKET/PREFIX",
            pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
        ),
    ]
    after: Annotated[
        OutputPlace | None,
        Described(
            "The second tree. The second argument without a flag is the same.",
            example="gs://my-bucket-staging/v1",
            default_help="the first tree, with --run_before",
            metavar="PATH|gs://BUCKET/PREFIX",
            pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
        ),
    ] = None
    run_before: Annotated[
        str,
        whole_or_empty(RUN_PATTERN),
        Described(
            "With one tree and one date: what this run had published, as phase6 rollback --list names it.",
            example="20260211T180411.000000Z-1f6c02aa",
            default_help="no runs are compared",
            metavar="RUN",
        ),
    ] = ""
    run_after: Annotated[
        str,
        whole_or_empty(RUN_PATTERN),
        Described(
            "The run that it is compared with.",
            example="20260211T190102.000000Z-7c0a91d3",
            default_help="what is published now",
            metavar="RUN",
        ),
    ] = ""
    dry_export: Annotated[
        bool,
        Described(
            "Compare what is published with what an export would publish now, and write nothing: --output, --warehouse "
            "and all other options of phase6 export instead of two trees. Losses that the guard would refuse count.",
            example="true",
        ),
    ] = False
    control_output: Annotated[
        OutputPlace | None,
        Described(
            "With --run_before or --dry_export: where the records of runs and the history are.",
            example="gs://my-bucket-control/v1",
            default_help="beside the output: PATH-control, or gs://BUCKET-control/PREFIX",
            metavar="PATH|gs://BUCKET/PREFIX",
            pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
        ),
    ] = None
    league: LeagueOption = NBA.name
    leagues: LeaguesOption = ""
    target_date: TargetDateOption = None
    start_date: StartDateOption = None
    end_date: EndDateOption = None
    export_types: Annotated[
        list[str],
        Described(
            "Export types and groups to compare, separated by commas.",
            example="predictions,best-bets",
            default_help="all, and what belongs to none",
            metavar="LIST",
        ),
    ] = Field(default_factory=list)
    fail_on: Annotated[
        str,
        whole(f"(?:{THRESHOLD_PATTERN})(?:,(?:{THRESHOLD_PATTERN}))*"),
        Described(
            "With which differences the exit code is 1: kinds, each alone or with a limit of :NUMBER, or of :NUMBER% "
            f"of what the first tree has of a type and date. Kinds: {', '.join(NAMES)}, {ANY}, {NEVER}.",
            example="players_lost:20%,picks_flipped,prediction_change:2.5",
            metavar="LIST",
        ),
    ] = ANY
    most: Annotated[
        int,
        Field(ge=0),
        Described("Differences that are listed; JSON lists all.", example="200"),
    ] = 40
    markdown: Annotated[bool, Described("Print Markdown, for the comment of a pull request.", example="true")] = False
    gcs_endpoint: GcsEndpointOption = ""
    json: Annotated[bool, Described("Report the result as JSON, for programs.", example="true")] = False


_OF_DRY_EXPORT = (
    "output",
    "warehouse",
    "as_of",
    "generated_at",
    "champion_system_id",
    "fallback_system_ids",
    "validate",
)

DIFF_OPTIONS = (
    *options_of(DiffOptions, Group.COMMAND),
    *(option for option in EXPORT_OPTIONS if option.name in _OF_DRY_EXPORT),
)
"""The options of ``phase6 diff``; --dry_export takes all of an export."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class MaintenanceOptions:
    """The window of maintenance that readers are told of."""

    output: OutputOption
    league: LeagueOption = NBA.name
    leagues: LeaguesOption = ""
    start: Annotated[
        Instant | None,
        Described("When it begins.", "2026-02-12T08:00:00Z", metavar="INSTANT", pattern=INSTANT_PATTERN),
    ] = None
    end: Annotated[
        Instant | None,
        Described(
            "When it ends; the window is no longer shown then.",
            "2026-02-12T10:00:00Z",
            metavar="INSTANT",
            pattern=INSTANT_PATTERN,
        ),
    ] = None
    message: Annotated[
        str,
        whole_or_empty(r"[^\x00-\x20\x7f][^\x00-\x1f\x7f]{0,299}"),
        Described("What is maintained, for people; it is public.", "Predictions are updated late.", metavar="TEXT"),
    ] = ""
    clear: Annotated[
        bool, Described("Withdraw what was announced before; with a window, replace it.", example="true")
    ] = False
    gcs_endpoint: GcsEndpointOption = ""
    json: Annotated[bool, Described("Print the announced windows as JSON, for programs.", example="true")] = False


MAINTENANCE_OPTIONS = options_of(MaintenanceOptions, Group.COMMAND)
"""The options of ``phase6 maintenance``."""


def _of_backfill(option: Option) -> Option:
    return replace(option, default_help=BACKFILL_TYPES) if option.name == "export_types" else option


BACKFILL_OPTIONS = (
    *options_of(BackfillOptions, Group.COMMAND),
    *(
        _of_backfill(option)
        for option in EXPORT_OPTIONS
        if option.name not in NOT_IN_A_BACKFILL and option.group is not Group.ALERTS
    ),
)
"""The options of ``phase6 backfill``."""

_OF_DOCTOR = (
    "warehouse",
    "output",
    "control_output",
    "bigquery_quota_project",
    "bigquery_rest_endpoint",
    "bigquery_storage_endpoint",
    "gcs_endpoint",
    "export_types",
    "target_date",
    "champion_system_id",
    "fallback_system_ids",
    "as_of",
    "league",
    "leagues",
    "json",
)
_DOCTOR_DEFAULTS = {"export_types": DOCTOR_TYPES, "target_date": "today"}

DOCTOR_OPTIONS = tuple(
    replace(option, default_help=_DOCTOR_DEFAULTS.get(option.name, option.default_help))
    for option in EXPORT_OPTIONS
    if option.name in _OF_DOCTOR
)
"""The options of ``phase6 doctor``: those of the export that it looks ahead to."""
