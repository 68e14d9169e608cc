"""The command line, parsed once into the frozen configuration of a run or of a streaming job."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apache_beam.options.pipeline_options import GoogleCloudOptions, PipelineOptions, StandardOptions

from exporters.config import ExportConfig
from pipeline.options.command_line import ExportOptions, OptionsError, read_command_line
from pipeline.options.locations import BigQueryProject, GcsPrefix, LocalFolder, ParquetFolder
from pipeline.options.option_reader import OptionReader, place_of
from pipeline.options.option_table import BATCH_OPTIONS, BY_NAME
from pipeline.options.stream_options import STREAM_OPTIONS
from pipeline.requests.problems import Problem
from pipeline.requests.request import ExportRequest, RequestDefaults


@dataclass(frozen=True, kw_only=True)
class JobConfig:
    """What every job needs, validated.

    Attributes:
        warehouse: Where tables are read.
        output: Where documents are written.
        export_config: The rules of the exporters; its champion is the request's.
        completion_topic: Pub/Sub topic of the completion events; empty for none.
        bigquery_quota_project: The project that pays for reading; empty for the warehouse's own.
        bigquery_rest_endpoint: URL of a BigQuery emulator; empty for the service itself.
        bigquery_storage_endpoint: ``HOST:PORT`` of its Storage API; likewise.
        gcs_endpoint: URL of a GCS emulator; empty for the service itself.
        live_feed: URL or file of the live feed; empty for none.
        live_feed_key: ``env:NAME`` or ``secret:VERSION``, where its key is; empty to send none.
        live_feed_scheme: What stands before the key.
        shards: Parts that the players are divided into.
        upload_threads: Uploads that each worker process keeps in flight.
        validate: Check documents against their schema before they are written.
        dry_run: Publish nothing.
        skip_preflight: Start unchecked.
        json: Report the outcome as JSON.
    """

    warehouse: ParquetFolder | BigQueryProject
    output: LocalFolder | GcsPrefix
    export_config: ExportConfig
    completion_topic: str = ""
    bigquery_quota_project: str = ""
    bigquery_rest_endpoint: str = ""
    bigquery_storage_endpoint: str = ""
    gcs_endpoint: str = ""
    live_feed: str = ""
    live_feed_key: str = ""
    live_feed_scheme: str = ""
    shards: int = 16
    upload_threads: int = 32
    validate: bool = False
    dry_run: bool = False
    skip_preflight: bool = False
    json: bool = False


@dataclass(frozen=True, kw_only=True)
class RunConfig(JobConfig):
    """One run, validated.

    Attributes:
        request: What to export.
        accept_shrink: Export types, or ``TYPE:DATE``, that may lose picks or players.
    """

    request: ExportRequest
    accept_shrink: frozenset[str] = frozenset()

    @classmethod
    def from_options(
        cls,
        options: PipelineOptions,
        *,
        known_types: Sequence[str],
        groups: Mapping[str, Sequence[str]],
        now: datetime,
        player_types: Sequence[str] = (),
        max_range_days: int = RequestDefaults.max_range_days,
    ) -> RunConfig:
        """Validate the options of a run.

        Args:
            options: Any view of the options.
            known_types: Every export type, in registry order.
            groups: Group name to its export types.
            now: The current instant, aware.
            player_types: The export types that ``--players`` stands for.
            max_range_days: Dates that the request may span.

        Raises:
            OptionsError: Something is wrong; it holds every problem, those of the request included.
        """
        settings = OptionReader(options)
        settings.exclude(STREAM_OPTIONS, "means nothing without --input_subscription", "leave it out")
        if options.view_as(StandardOptions).streaming:
            fix = f"add {BY_NAME['input_subscription'].shown_example}"
            settings.problems.append(Problem("--streaming", "", "has nothing to read", fix))
        defaults = RequestDefaults(ExportConfig().champion_system_id, max_range_days, tuple(player_types))
        request = settings.request(known_types, groups, defaults, now)
        job = settings.job("" if request is None else request.champion_system_id)
        accepted = settings.accepted_shrinks()
        if settings.problems or request is None:
            raise OptionsError(sorted(settings.problems, key=place_of))
        return cls(request=request, accept_shrink=accepted, **job)


@dataclass(frozen=True, kw_only=True)
class StreamConfig(JobConfig):
    """A streaming job, validated.

    Attributes:
        input_subscription: Pub/Sub subscription of the requests.
        upstream_subscription: A second one, of upstream's events; empty for none.
        dead_letter_topic: Pub/Sub topic of what was rejected.
        quiet_seconds: For how long equal requests cost one export.
        request_timeout: Seconds after which a request is given up.
        max_stream_dates: Dates of the longest request that is answered by the job itself.
        batch_template: Flex Template that longer ones are launched with; empty for none.
        watch_seconds: Seconds between two looks at the schedule; 0 for never.
        min_prediction_rows: Rows that a date needs before upstream's completion leads to an export.
        min_completion_percent: Percent of the players that must be complete, likewise.
    """

    input_subscription: str
    dead_letter_topic: str
    quiet_seconds: int
    request_timeout: int
    max_stream_dates: int
    watch_seconds: int
    min_prediction_rows: int
    min_completion_percent: int
    upstream_subscription: str = ""
    batch_template: str = ""

    @classmethod
    def from_options(cls, options: PipelineOptions) -> StreamConfig:
        """Validate the options of a streaming job.

        Args:
            options: Any view of the options.

        Raises:
            OptionsError: Something is wrong; it holds every problem.
        """
        settings = OptionReader(options)
        settings.exclude(BATCH_OPTIONS, "means nothing in a streaming job", "leave it out; messages say what to export")
        job = settings.job(settings.text("champion_system_id") or ExportConfig().champion_system_id)
        texts: dict[str, Any] = {
            "input_subscription": settings.needed("input_subscription"),
            "dead_letter_topic": settings.needed("dead_letter_topic"),
            **{name: settings.text(name) for name in ("upstream_subscription", "batch_template")},
        }
        cloud = options.view_as(GoogleCloudOptions)
        for flag, value in (
            ("project", cloud.project),
            ("region", cloud.region),
            ("temp_location", cloud.temp_location),
        ):
            if texts["batch_template"] and not value:
                settings.problems.append(Problem("--batch_template", "", f"needs --{flag}", f"add --{flag}=..."))
        numbers: dict[str, Any] = {option.name: settings.number(option) for option in STREAM_OPTIONS if option.default}
        if settings.problems:
            raise OptionsError(sorted(settings.problems, key=place_of))
        return cls(**job, **texts, **numbers)


def parse_run(
    argv: Sequence[str],
    *,
    known_types: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    now: datetime,
    player_types: Sequence[str] = (),
    max_range_days: int = RequestDefaults.max_range_days,
) -> tuple[ExportOptions, RunConfig]:
    """Read and validate a command line: :func:`parse_command_line`, then :meth:`RunConfig.from_options`.

    Raises:
        OptionsError: Something is wrong; it holds the problems of both.
    """
    options, problems = read_command_line(argv)
    try:
        config = RunConfig.from_options(
            options,
            known_types=known_types,
            groups=groups,
            now=now,
            player_types=player_types,
            max_range_days=max_range_days,
        )
    except OptionsError as error:
        raise _together(problems, error) from None
    if problems:
        raise OptionsError(problems)
    return options, config


def parse_job(
    argv: Sequence[str],
    *,
    known_types: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    now: datetime,
    player_types: Sequence[str] = (),
) -> tuple[ExportOptions, RunConfig | StreamConfig]:
    """Read and validate a command line: that of a run, or, with ``--input_subscription``, of a streaming job.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    flags = {argument.partition("=")[0] for argument in argv[: argv.index("--") if "--" in argv else len(argv)]}
    if BY_NAME["input_subscription"].flag not in flags:
        return parse_run(argv, known_types=known_types, groups=groups, now=now, player_types=player_types)
    options, problems = read_command_line(argv)
    try:
        config = StreamConfig.from_options(options)
    except OptionsError as error:
        raise _together(problems, error) from None
    if problems:
        raise OptionsError(problems)
    options.view_as(StandardOptions).streaming = True
    return options, config


def _together(flags: Collection[Problem], error: OptionsError) -> OptionsError:
    """Return the problems of flags and of values; no option is missing whose flag was only misspelt."""
    meant = {problem.fix for problem in flags}
    others = (
        problem
        for problem in error.problems
        if problem.reason != "is missing" or f"did you mean {problem.key}?" not in meant
    )
    return OptionsError([*flags, *others])
