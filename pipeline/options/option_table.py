"""The options of a job, one field each.

The command line, the help text, the metadata of a Flex Template and the configuration of a job are all made from these
models: an option is added by adding its field. The options that spell out a request are the fields of
:class:`pipeline.requests.request_message.RequestMessage`. This imports no Beam, so that ``--help`` answers at once.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from exporters.config import ExportConfig
from pipeline.options.alert_options import AlertOptions
from pipeline.options.guard_options import GuardOptions, PictureOptions, ShrinkOptions
from pipeline.options.locations import (
    ADDRESS_PATTERN,
    BIGQUERY_PATTERN,
    FEED_KEY_PATTERN,
    FEED_PATTERN,
    FEED_URL_PATTERN,
    FOLDER_PATTERN,
    GCS_PATTERN,
    PROJECT_PATTERN,
    SECRET_PATTERN,
    TOPIC_PATTERN,
    URL_PATTERN,
    FeedPlace,
    OutputPlace,
    WarehousePlace,
)
from pipeline.options.option import Group, Option, options_of
from pipeline.options.stream_options import STREAM_OPTIONS
from pipeline.options.tree_options import LeaguesOption
from pipeline.requests.field import STRICT, Described, whole_or_empty
from pipeline.requests.request_message import RequestMessage
from transforms.stores.control import KEPT_DAYS

_CONFIG = ExportConfig()

NOT_SHARED = "is a folder, which the workers of Dataflow do not share"
"""What is wrong with a local place where workers are remote."""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class PlaceOptions:
    """Where to read and write."""

    warehouse: Annotated[
        WarehousePlace,
        Described(
            "Where the tables are: a folder of Parquet files, or a BigQuery project.",
            example="bigquery:my-project",
            metavar="PATH|bigquery:PROJECT",
            pattern=f"{BIGQUERY_PATTERN}|{FOLDER_PATTERN}",
            remote_pattern=BIGQUERY_PATTERN,
            remote_reason=NOT_SHARED,
        ),
    ]
    output: Annotated[
        OutputPlace,
        Described(
            "Where the documents go: a folder, or a prefix of a bucket.",
            example="gs://my-bucket/v1",
            metavar="PATH|gs://BUCKET/PREFIX",
            pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
            remote_pattern=GCS_PATTERN,
            remote_reason=NOT_SHARED,
        ),
    ]
    control_output: Annotated[
        OutputPlace | None,
        Described(
            "Where manifests, leases and failures go, which are not public: a folder, or a prefix of a bucket.",
            example="gs://my-bucket-control/v1",
            default_help="beside the output: PATH-control, or gs://BUCKET-control/PREFIX",
            metavar="PATH|gs://BUCKET/PREFIX",
            pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
            remote_pattern=GCS_PATTERN,
            remote_reason=NOT_SHARED,
        ),
    ] = None
    bigquery_quota_project: Annotated[
        str,
        whole_or_empty(PROJECT_PATTERN),
        Described(
            "The project that is billed for reading from BigQuery.",
            example="my-billing-project",
            default_help="the warehouse's project",
            metavar="PROJECT",
        ),
    ] = ""
    bigquery_rest_endpoint: Annotated[
        str,
        whole_or_empty(URL_PATTERN),
        Described(
            "The REST API of a BigQuery emulator, called without credentials; needs --bigquery_storage_endpoint.",
            example="http://localhost:9050",
            metavar="URL",
        ),
    ] = ""
    bigquery_storage_endpoint: Annotated[
        str,
        whole_or_empty(ADDRESS_PATTERN),
        Described(
            "The Storage API of a BigQuery emulator (gRPC), called without credentials; needs "
            "--bigquery_rest_endpoint.",
            example="localhost:9060",
            metavar="HOST:PORT",
        ),
    ] = ""
    gcs_endpoint: Annotated[
        str,
        whole_or_empty(URL_PATTERN),
        Described(
            "A GCS emulator, called without credentials.",
            example="http://localhost:4443",
            metavar="URL",
        ),
    ] = ""
    live_feed: Annotated[
        FeedPlace,
        Described(
            "Where live and live-grading find the points of running games: the vendor's service, or a JSON file in its "
            "shape. Without it, games are graded from the box scores of the warehouse alone.",
            example="https://api.balldontlie.io",
            metavar="URL|PATH",
            pattern=FEED_PATTERN,
            remote_pattern=FEED_URL_PATTERN,
        ),
    ] = ""
    live_feed_key: Annotated[
        str,
        whole_or_empty(FEED_KEY_PATTERN),
        Described(
            "Where the key of the live feed is: an environment variable (env:BDL_API_KEY), or a version of a secret of "
            "Secret Manager.",
            example="secret:projects/my-project/secrets/live-feed/versions/latest",
            metavar="env:NAME|secret:VERSION",
            remote_pattern=SECRET_PATTERN,
        ),
    ] = ""
    live_feed_scheme: Annotated[
        str,
        whole_or_empty("[A-Za-z]{1,20}"),
        Described(
            "The text before the key in the Authorization header.",
            example="Bearer",
            default_help="nothing",
            metavar="WORD",
        ),
    ] = ""
    completion_topic: Annotated[
        str,
        whole_or_empty(TOPIC_PATTERN),
        Described(
            "Pub/Sub topic that receives the outcome of each request. Without it, no event is published.",
            example="projects/my-project/topics/phase6-export-complete",
            metavar="TOPIC",
        ),
    ] = ""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class WholeRequest:
    """The whole request as one option."""

    request: Annotated[
        str,
        whole_or_empty(r"\s*\{[\s\S]*\}\s*"),
        Described(
            "All of this section as one JSON object, as in a Pub/Sub message; replaces its other options.",
            example='{"export_types": ["tonight"], "target_date": "today"}',
            metavar="JSON",
        ),
    ] = ""


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RuleOptions:
    """Readiness and display: the fields of :class:`exporters.config.ExportConfig` that an operator may tune."""

    min_context_rows: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Described(
            "Rows of the game context that a date with games needs before tonight types go out, however few its games "
            "are.",
            example="30",
            metavar="N",
        ),
    ] = _CONFIG.min_context_rows
    min_active_predictions: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Described(
            "Active predictions, of all models, that a date with games needs before prediction types go out.",
            example="50",
            metavar="N",
        ),
    ] = _CONFIG.min_active_predictions
    min_streak_length: Annotated[
        int,
        Field(ge=1, le=1000),
        Described(
            "The shortest run of games that the streaks document lists.",
            example="5",
            metavar="N",
        ),
    ] = _CONFIG.min_streak_length
    write_subset_picks: Annotated[
        bool,
        Described(
            "Write the subset picks of dates whose games have not begun back to the warehouse as a new version. "
            "Documents show that version, and records are computed from it.",
            example="true",
        ),
    ] = False


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RunOptions:
    """How to run."""

    leagues: LeaguesOption = ""
    shards: Annotated[
        int | None,
        Field(ge=1, le=10_000),
        Described(
            "Parts that the players are divided into; more parts use more workers, and less memory each.",
            example="64",
            default_help="16 to 4096, as many as the rows and dates need",
            metavar="N",
        ),
    ] = None
    upload_threads: Annotated[
        int,
        Field(ge=1, le=256),
        Described(
            "Uploads that each worker process keeps in flight.",
            example="64",
            metavar="N",
        ),
    ] = 32
    validate: Annotated[
        bool,
        Described(
            "Check every document against its schema before it is written; one that does not fit is reported and left "
            "out.",
            example="true",
        ),
    ] = False
    dry_run: Annotated[
        bool,
        Described(
            "Check what a run needs, and print the plan, the problems and, of BigQuery, how many bytes would be read; "
            "write nothing.",
            example="true",
            of_beam=True,
        ),
    ] = False
    lease_wait: Annotated[
        int,
        Field(ge=0, le=86_400),
        Described(
            "Seconds for which a run waits for another one that is publishing the same date, before it is refused.",
            example="600",
            metavar="SECONDS",
        ),
    ] = 300
    history_days: Annotated[
        int,
        Field(ge=0, le=3650),
        Described(
            "Days for which a document that is replaced is kept in the control output, so that phase6 rollback can "
            "bring it back. 0 keeps none, and removes what is kept. A document that is new or unchanged costs nothing.",
            example="90",
            metavar="DAYS",
        ),
    ] = KEPT_DAYS
    skip_preflight: Annotated[
        bool,
        Described(
            "Start without checking tables, columns, places, permissions, the champion and the schedule first.",
            example="true",
        ),
    ] = False
    json: Annotated[
        bool,
        Described(
            "Report the outcome as JSON, for programs.",
            example="true",
        ),
    ] = False
    no_wait: Annotated[
        bool,
        Described(
            "Leave once the job is submitted, without its outcome; only for engines whose jobs go on by themselves, as "
            "Dataflow's. Without it, the command waits, reads back what was published, and reports it.",
            example="true",
        ),
    ] = False
    dates_in_process: Annotated[
        int,
        Field(ge=0, le=1000),
        Described(
            "The most dates that a run without --runner, and without options of Beam, works through in this process, "
            "one after another and without a graph; more go to Beam's local runner. 0 always makes a graph.",
            example="7",
            metavar="N",
        ),
    ] = 200


REQUEST_OPTIONS = options_of(RequestMessage, Group.REQUEST)
"""The options that spell out a request, one for each of its keys."""

OPTIONS: tuple[Option, ...] = (
    *options_of(PlaceOptions, Group.PLACES),
    *REQUEST_OPTIONS,
    *options_of(WholeRequest, Group.REQUEST),
    *options_of(RuleOptions, Group.RULES),
    *options_of(GuardOptions, Group.RULES),
    *options_of(ShrinkOptions, Group.RUN),
    *options_of(PictureOptions, Group.RUN),
    *options_of(RunOptions, Group.RUN),
    *options_of(AlertOptions, Group.ALERTS),
    *STREAM_OPTIONS,
)
"""Every option, in the order of the help text."""

BY_NAME = {option.name: option for option in OPTIONS}

BATCH_OPTIONS: tuple[Option, ...] = tuple(
    option
    for option in OPTIONS
    if option.name in ("accept_shrink", "as_of", "dates_in_process", "dry_run", "json", "shards")
    or option.group is Group.ALERTS
    or (option.group is Group.REQUEST and option.name != "champion_system_id")
)
"""The options of a run alone: in a streaming job, messages say what to export."""

LEAGUE_RULES: tuple[Option, ...] = (
    *(option for option in options_of(RuleOptions, Group.RULES) if option.name != "write_subset_picks"),
    *options_of(GuardOptions, Group.RULES),
)
"""The options that are rules of the default league: another one has its rules in the file of the leagues."""

CLIENT_OPTIONS = tuple(
    option for option in OPTIONS if option.name in ("no_wait", "dates_in_process") or option.group is Group.ALERTS
)
"""The options of the process that submits a job alone; a template, which submits its job itself, takes none of them."""

EXPORT_OPTIONS = tuple(option for option in OPTIONS if option not in STREAM_OPTIONS)
"""The options of ``phase6 export``."""

STREAMING_OPTIONS = tuple(option for option in OPTIONS if option not in BATCH_OPTIONS)
"""The options of ``phase6 stream``."""
