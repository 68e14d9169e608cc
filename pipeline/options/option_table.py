"""The options of the pipeline, one record each.

The argument parser, the help text and a Flex Template's metadata are all made from this table. It imports no Beam, so
that ``--help`` answers at once.
"""

from __future__ import annotations

from exporters.config import ExportConfig
from pipeline.options.guard_options import GUARD_OPTIONS
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
)
from pipeline.options.option import Group, Kind, Option
from pipeline.options.stream_options import STREAM_OPTIONS
from pipeline.requests import request_reader as grammar

_CONFIG = ExportConfig()


OPTIONS: tuple[Option, ...] = (
    Option(
        "warehouse",
        Kind.TEXT,
        Group.PLACES,
        "Where the tables are: a folder of Parquet files, or a BigQuery project.",
        example="bigquery:my-project",
        metavar="PATH|bigquery:PROJECT",
        required=True,
        pattern=f"{BIGQUERY_PATTERN}|{FOLDER_PATTERN}",
        remote_pattern=BIGQUERY_PATTERN,
    ),
    Option(
        "output",
        Kind.TEXT,
        Group.PLACES,
        "Where the documents go: a folder, or a prefix of a bucket.",
        example="gs://my-bucket/v1",
        metavar="PATH|gs://BUCKET/PREFIX",
        required=True,
        pattern=f"{GCS_PATTERN}|{FOLDER_PATTERN}",
        remote_pattern=GCS_PATTERN,
    ),
    Option(
        "bigquery_quota_project",
        Kind.TEXT,
        Group.PLACES,
        "The project that pays for what is read from BigQuery.",
        example="my-billing-project",
        default_help="the warehouse's project",
        metavar="PROJECT",
        pattern=PROJECT_PATTERN,
    ),
    Option(
        "bigquery_rest_endpoint",
        Kind.TEXT,
        Group.PLACES,
        "A BigQuery emulator's REST API, which is sent no credentials; needs --bigquery_storage_endpoint.",
        example="http://localhost:9050",
        metavar="URL",
        pattern=URL_PATTERN,
    ),
    Option(
        "bigquery_storage_endpoint",
        Kind.TEXT,
        Group.PLACES,
        "A BigQuery emulator's Storage API (gRPC), which is sent no credentials; needs --bigquery_rest_endpoint.",
        example="localhost:9060",
        metavar="HOST:PORT",
        pattern=ADDRESS_PATTERN,
    ),
    Option(
        "gcs_endpoint",
        Kind.TEXT,
        Group.PLACES,
        "A GCS emulator, which is sent no credentials.",
        example="http://localhost:4443",
        metavar="URL",
        pattern=URL_PATTERN,
    ),
    Option(
        "live_feed",
        Kind.TEXT,
        Group.PLACES,
        "Where live-grading finds the points of running games: the vendor's service, or a JSON file in its shape. "
        "Without it, games are graded from the box scores of the warehouse alone.",
        example="https://api.balldontlie.io",
        metavar="URL|PATH",
        pattern=FEED_PATTERN,
        remote_pattern=FEED_URL_PATTERN,
    ),
    Option(
        "live_feed_key",
        Kind.TEXT,
        Group.PLACES,
        "Where the key of the live feed is: an environment variable (env:BDL_API_KEY), or a version of a secret of "
        "Secret Manager.",
        example="secret:projects/my-project/secrets/live-feed/versions/latest",
        metavar="env:NAME|secret:VERSION",
        pattern=FEED_KEY_PATTERN,
        remote_pattern=SECRET_PATTERN,
    ),
    Option(
        "live_feed_scheme",
        Kind.TEXT,
        Group.PLACES,
        "What stands before the key in the Authorization header.",
        example="Bearer",
        default_help="nothing",
        metavar="WORD",
        pattern="[A-Za-z]{1,20}",
    ),
    Option(
        "completion_topic",
        Kind.TEXT,
        Group.PLACES,
        "Pub/Sub topic that is told what became of each request; nobody is told without one.",
        example="projects/my-project/topics/phase6-export-complete",
        metavar="TOPIC",
        pattern=TOPIC_PATTERN,
    ),
    Option(
        "export_types",
        Kind.TEXT,
        Group.REQUEST,
        "Export types or groups to build, separated by commas; 'all' is every one.",
        example="tonight,tonight-players",
        metavar="LIST",
        pattern="[a-z0-9-]+(?:,[a-z0-9-]+)*",
    ),
    Option(
        "target_date",
        Kind.TEXT,
        Group.REQUEST,
        "The game date. 'today' and 'yesterday' are league days: New York, from 04:00 to 04:00.",
        example="2026-02-12",
        metavar="DATE",
        pattern=f"today|yesterday|{grammar.DATE_PATTERN}",
    ),
    Option(
        "start_date",
        Kind.TEXT,
        Group.REQUEST,
        "First date of a range; needs --end_date and takes the place of --target_date.",
        example="2025-10-21",
        metavar="DATE",
        pattern=f"today|yesterday|{grammar.DATE_PATTERN}",
    ),
    Option(
        "end_date",
        Kind.TEXT,
        Group.REQUEST,
        "Last date of a range, inclusive.",
        example="yesterday",
        metavar="DATE",
        pattern=f"today|yesterday|{grammar.DATE_PATTERN}",
    ),
    Option(
        "players",
        Kind.BOOLEAN,
        Group.REQUEST,
        "Export player profiles, which have no date; takes the place of the dates.",
        example="true",
    ),
    Option(
        "min_games",
        Kind.INTEGER,
        Group.REQUEST,
        "Games that a player needs for a profile; only with --players.",
        example="10",
        default_help="5",
        metavar="N",
        low=1,
        high=grammar.MAX_MIN_GAMES,
    ),
    Option(
        "update_latest",
        Kind.ENUM,
        Group.REQUEST,
        "Whether fixed paths such as latest.json may move: 'auto' moves them forward only, 'never' leaves them alone, "
        "'force' moves them even back.",
        example="never",
        default_help="auto",
        metavar="auto|never|force",
        choices=grammar.POINTER_POLICIES,
    ),
    Option(
        "generated_at",
        Kind.TEXT,
        Group.REQUEST,
        "The instant that documents carry and that 'today' is reckoned from. Give it to repeat a run byte for byte.",
        example="2026-02-12T18:00:00Z",
        default_help="now",
        metavar="INSTANT",
        pattern=grammar.INSTANT_PATTERN,
    ),
    Option(
        "champion_system_id",
        Kind.TEXT,
        Group.REQUEST,
        "The model whose predictions are shown.",
        example=_CONFIG.champion_system_id,
        default_help=_CONFIG.champion_system_id,
        metavar="ID",
        pattern=grammar.CHAMPION_PATTERN,
    ),
    Option(
        "correlation_id",
        Kind.TEXT,
        Group.REQUEST,
        "Joins this run to logs and events elsewhere; the manifest and the completion event carry it.",
        example="nightly-2026-02-12",
        default_help="run- and the time",
        metavar="TEXT",
        pattern=rf"[^\x00-\x1f\x7f]{{1,{grammar.MAX_TEXT_LENGTH}}}",
    ),
    Option(
        "trigger_source",
        Kind.TEXT,
        Group.REQUEST,
        "Who asked for this run, for the manifest and the completion event.",
        example="scheduler",
        default_help="unknown",
        metavar="TEXT",
        pattern=rf"[^\x00-\x1f\x7f]{{1,{grammar.MAX_TEXT_LENGTH}}}",
    ),
    Option(
        "rewrite",
        Kind.BOOLEAN,
        Group.REQUEST,
        "Write documents even when they are unchanged.",
        example="true",
    ),
    Option(
        "request",
        Kind.TEXT,
        Group.REQUEST,
        "All of this section as one JSON object, as in a Pub/Sub message; takes the place of its other options.",
        example='{"export_types": ["tonight"], "target_date": "today"}',
        metavar="JSON",
        pattern=r"\s*\{[\s\S]*\}\s*",
    ),
    Option(
        "min_context_rows",
        Kind.INTEGER,
        Group.RULES,
        "Rows of the game context that a date with games needs before tonight types go out, however few its games are.",
        example="30",
        default=str(_CONFIG.min_context_rows),
        metavar="N",
    ),
    Option(
        "min_active_predictions",
        Kind.INTEGER,
        Group.RULES,
        "Active predictions, of all models, that a date with games needs before prediction types go out.",
        example="50",
        default=str(_CONFIG.min_active_predictions),
        metavar="N",
    ),
    *GUARD_OPTIONS,
    Option(
        "min_streak_length",
        Kind.INTEGER,
        Group.RULES,
        "The shortest run of games that the streaks document lists.",
        example="5",
        default=str(_CONFIG.min_streak_length),
        metavar="N",
        low=1,
        high=1000,
    ),
    Option(
        "write_subset_picks",
        Kind.BOOLEAN,
        Group.RULES,
        "Write the subset picks of dates whose games have not begun back to the warehouse, a folder, as a new version. "
        "Documents show that version, and records are reckoned from what was written.",
        example="true",
    ),
    Option(
        "shards",
        Kind.INTEGER,
        Group.RUN,
        "Parts that the players are divided into; more parts use more workers.",
        example="64",
        default="16",
        metavar="N",
        low=1,
        high=10_000,
    ),
    Option(
        "upload_threads",
        Kind.INTEGER,
        Group.RUN,
        "Uploads that each worker process keeps in flight.",
        example="64",
        default="32",
        metavar="N",
        low=1,
        high=256,
    ),
    Option(
        "validate",
        Kind.BOOLEAN,
        Group.RUN,
        "Check every document against its schema before it is written; one that does not fit is reported and left out.",
        example="true",
    ),
    Option(
        "dry_run",
        Kind.BOOLEAN,
        Group.RUN,
        "Print the plan, what it would read and, of BigQuery, how many bytes; read and write nothing.",
        example="true",
        of_beam=True,
    ),
    Option(
        "skip_preflight",
        Kind.BOOLEAN,
        Group.RUN,
        "Start without checking tables, columns, bucket and permissions first.",
        example="true",
    ),
    Option(
        "json",
        Kind.BOOLEAN,
        Group.RUN,
        "Report the outcome as JSON, for programs.",
        example="true",
    ),
    *STREAM_OPTIONS,
)
"""Every option, in the order of the help text."""

BY_NAME = {option.name: option for option in OPTIONS}

REQUEST_OPTIONS: tuple[Option, ...] = tuple(
    option for option in OPTIONS if option.group is Group.REQUEST and option.name != "request"
)
"""The options that spell out a request, one for each of its keys."""

BATCH_OPTIONS: tuple[Option, ...] = tuple(
    option
    for option in OPTIONS
    if option.name in ("accept_shrink", "dry_run", "json", "shards")
    or (option.group is Group.REQUEST and option.name != "champion_system_id")
)
"""The options of a run alone: in a streaming job, messages say what to export."""
