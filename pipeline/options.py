"""The command line, parsed once: Beam's view of the options, and the frozen configuration of a run.

Nothing below this package sees argparse.
"""

from __future__ import annotations

import argparse
import importlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar

from apache_beam.options.pipeline_options import (
    GoogleCloudOptions,
    PipelineOptions,
    StandardOptions,
    TestOptions,
    _BeamArgumentParser,
)

from exporters.config import ExportConfig
from pipeline.locations import BigQueryProject, GcsPrefix, LocalFolder, ParquetFolder, parse_output, parse_warehouse
from pipeline.option_table import BATCH_OPTIONS, OPTIONS, REQUEST_OPTIONS, STREAM_OPTIONS, Kind, Option
from pipeline.problems import Problem, ProblemsError, show
from pipeline.request import ExportRequest, RequestDefaults, RequestError, parse_object, parse_request
from pipeline.request_reader import key_text, nearest_key

PlaceT = TypeVar("PlaceT")

_BY_NAME = {option.name: option for option in OPTIONS}
_RULES = ("min_context_rows", "min_active_predictions", "min_streak_length")
_RUNNERS_WITH_OPTIONS = {"render": "apache_beam.runners.render", "dask": "apache_beam.runners.dask.dask_runner"}
"""Beam declares the options of these runners only once they are imported."""


class OptionsError(ProblemsError):
    """A command line that was rejected; the message has one line per problem."""


class _Once(argparse.Action):
    """Keeps every value of an option that is given more than once, where argparse would keep the last."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _flag: str | None = None
    ) -> None:
        earlier = getattr(namespace, self.dest)
        if earlier is None:
            setattr(namespace, self.dest, values)
        else:
            setattr(namespace, self.dest, (*(earlier if isinstance(earlier, tuple) else (earlier,)), values))


class ExportOptions(PipelineOptions):
    """Beam's view of our options: unchecked texts, None where not given. :class:`RunConfig` gives them meaning.

    Command lines go through :func:`parse_command_line`, since Beam ignores the flags that it does not know.
    """

    @classmethod
    def _add_argparse_args(cls, parser: argparse.ArgumentParser) -> None:
        for option in OPTIONS:
            if option.of_beam:
                continue
            # Text throughout, and a flag without its value is empty text: argparse would stop at the first mistake.
            # A Flex Template passes booleans as --flag=true.
            parser.add_argument(
                option.flag,
                action=_Once,
                nargs="?",
                const="true" if option.kind is Kind.BOOLEAN else "",
                metavar=option.metavar or None,
                help=option.described.replace("%", "%%"),
            )


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
    """

    request: ExportRequest

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
        settings = _Settings(options)
        settings.exclude(STREAM_OPTIONS, "means nothing without --input_subscription", "leave it out")
        if options.view_as(StandardOptions).streaming:
            fix = f"add {_BY_NAME['input_subscription'].shown_example}"
            settings.problems.append(Problem("--streaming", "", "has nothing to read", fix))
        defaults = RequestDefaults(ExportConfig().champion_system_id, max_range_days, tuple(player_types))
        request = settings.request(known_types, groups, defaults, now)
        job = settings.job("" if request is None else request.champion_system_id)
        if settings.problems or request is None:
            raise OptionsError(sorted(settings.problems, key=_place))
        return cls(request=request, **job)


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
        settings = _Settings(options)
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
            raise OptionsError(sorted(settings.problems, key=_place))
        return cls(**job, **texts, **numbers)


def parse_command_line(argv: Sequence[str]) -> ExportOptions:
    """Read a command line in which every flag is known to us or to Beam.

    What follows a bare ``--`` goes to the runner unchecked: a portable job server declares options of its own.

    Args:
        argv: Arguments, without the program's name.

    Raises:
        OptionsError: A flag is unknown, an argument has no flag, or Beam cannot read one of its own.
    """
    options, problems = _read(argv)
    if problems:
        raise OptionsError(problems)
    return options


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
    options, problems = _read(argv)
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
        meant = {problem.fix for problem in problems}
        others = (problem for problem in error.problems if not _is_misspelt(problem, meant))
        raise OptionsError([*problems, *others]) from None
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
    if _BY_NAME["input_subscription"].flag not in flags:
        return parse_run(argv, known_types=known_types, groups=groups, now=now, player_types=player_types)
    options, problems = _read(argv)
    try:
        config = StreamConfig.from_options(options)
    except OptionsError as error:
        raise OptionsError([*problems, *error.problems]) from None
    if problems:
        raise OptionsError(problems)
    options.view_as(StandardOptions).streaming = True
    return options, config


def _is_misspelt(missing: Problem, fixes: Collection[str]) -> bool:
    """Whether an option is missing only because its flag was spelt in a way that is already reported."""
    return missing.reason == "is missing" and f"did you mean {missing.key}?" in fixes


def _place(problem: Problem) -> int:
    """Return where the help text tells of the option of a problem; one of Beam's comes first."""
    name = problem.key.lstrip("-").partition(":")[0]
    return list(_BY_NAME).index(name) if name in _BY_NAME else -1


class _Settings:
    """Reads one option at a time, and collects what is wrong instead of stopping at it."""

    def __init__(self, options: PipelineOptions) -> None:
        self.problems: list[Problem] = []
        self._texts: dict[str, str] = {}
        self._broken: set[str] = set()
        self._is_remote = "dataflow" in str(options.view_as(StandardOptions).runner).lower()
        ours, beams = options.view_as(ExportOptions), options.view_as(TestOptions)
        for option in OPTIONS:
            value = getattr(beams if option.of_beam else ours, option.name)
            if isinstance(value, tuple):
                self._break(
                    option, Problem(option.flag, show(value[-1]), f"is one of {len(value)} values", "give it once")
                )
            elif value == "":
                self._break(option, option.wrong(value, "is empty"))
            elif value is not None:
                self._texts[option.name] = str(value).lower() if isinstance(value, bool) else str(value)

    def _break(self, option: Option, problem: Problem) -> None:
        self.problems.append(problem)
        self._broken.add(option.name)

    def place(self, name: str, parse: Callable[[str], PlaceT]) -> PlaceT | None:
        """Return where to read or write; None when that is wrong."""
        option = _BY_NAME[name]
        if name in self._broken:
            return None
        if name not in self._texts:
            self.problems.append(Problem(option.flag, "", "is missing", f"add {option.flag}={option.example}"))
            return None
        text = self._texts[name]
        try:
            parsed = parse(text)
        except ValueError as error:
            self.problems.append(option.wrong(text, str(error)))
            return None
        if self._is_remote and not re.fullmatch(option.remote_regex, text):
            self.problems.append(option.wrong(text, "is a folder, which the workers of Dataflow do not share"))
        return parsed

    def job(self, champion_system_id: str) -> dict[str, Any]:
        """Return what every job needs, as the arguments of :class:`JobConfig`; some are None when they are wrong."""
        warehouse = self.place("warehouse", parse_warehouse)
        output = self.place("output", parse_output)
        rest_endpoint, storage_endpoint = self.pair("bigquery_rest_endpoint", "bigquery_storage_endpoint")
        live_feed, live_feed_key, live_feed_scheme = self.live_feed()
        rules: dict[str, Any] = {name: self.number(_BY_NAME[name]) for name in _RULES}
        write_subset_picks = self.switch("write_subset_picks")
        if write_subset_picks and isinstance(warehouse, BigQueryProject):
            reason = "writes to folders only, and the warehouse is a BigQuery project"
            self.problems.append(Problem("--write_subset_picks", "true", reason, "leave it out"))
        return {
            "warehouse": warehouse,
            "output": output,
            "export_config": ExportConfig(
                champion_system_id=champion_system_id, write_subset_picks=write_subset_picks, **rules
            ),
            "bigquery_rest_endpoint": rest_endpoint,
            "bigquery_storage_endpoint": storage_endpoint,
            "live_feed": live_feed,
            "live_feed_key": live_feed_key,
            "live_feed_scheme": live_feed_scheme,
            **{name: self.text(name) for name in ("bigquery_quota_project", "gcs_endpoint", "completion_topic")},
            **{name: self.number(_BY_NAME[name]) for name in ("shards", "upload_threads")},
            **{name: self.switch(name) for name in ("validate", "dry_run", "skip_preflight", "json")},
        }

    def exclude(self, options: Collection[Option], reason: str, fix: str) -> None:
        """Report options that mean nothing in this kind of job."""
        for option in options:
            if self._is_given(option.name):
                self.problems.append(Problem(option.flag, show(self._texts.get(option.name, "")), reason, fix))

    def needed(self, name: str) -> str:
        """Return a text that must be given."""
        option = _BY_NAME[name]
        if not self._is_given(name):
            self.problems.append(Problem(option.flag, "", "is missing", f"add {option.shown_example}"))
        return self.text(name)

    def number(self, option: Option) -> int:
        """Return a whole number within its bounds."""
        text = self._texts.get(option.name, option.default or "")
        if problem := option.problem(text):
            self.problems.append(problem)
            return 0
        return int(text)

    def text(self, name: str) -> str:
        """Return a text, empty by default."""
        text = self._texts.get(name, "")
        if text and (problem := _BY_NAME[name].problem(text)):
            self.problems.append(problem)
        return text

    def pair(self, first: str, second: str) -> tuple[str, str]:
        """Return two texts of which neither means anything without the other."""
        for name, other in ((first, second), (second, first)):
            if self._is_given(name) and not self._is_given(other):
                option = _BY_NAME[other]
                problem = Problem(option.flag, "", f"is missing beside --{name}", f"add {option.shown_example}")
                self.problems.append(problem)
        return self.text(first), self.text(second)

    def live_feed(self) -> tuple[str, str, str]:
        """Return the live feed, where its key is, and what stands before the key; all empty without a feed."""
        names = ("live_feed", "live_feed_key", "live_feed_scheme")
        feed, key, scheme = (self.text(name) for name in names)
        for name, value, other in (("live_feed_key", key, "live_feed"), ("live_feed_scheme", scheme, "live_feed_key")):
            if value and not self._is_given(other):
                problem = f"means nothing without --{other}"
                self.problems.append(Problem(f"--{name}", show(value), problem, f"add {_BY_NAME[other].shown_example}"))
        if key and feed and not feed.startswith("http"):
            self.problems.append(Problem("--live_feed_key", show(key), "means nothing for a file", "leave it out"))
        for name, value in zip(names, (feed, key, scheme), strict=True):
            if value and self._is_remote and not re.fullmatch(_BY_NAME[name].remote_regex, value):
                self.problems.append(_BY_NAME[name].wrong(value, "is nothing that the workers of Dataflow share"))
        return feed, key, scheme

    def switch(self, name: str) -> bool:
        """Return a boolean, false by default."""
        text = self._texts.get(name, "false")
        if problem := _BY_NAME[name].problem(text):
            self.problems.append(problem)
        return text == "true"

    def request(
        self,
        known_types: Sequence[str],
        groups: Mapping[str, Sequence[str]],
        defaults: RequestDefaults,
        now: datetime,
    ) -> ExportRequest | None:
        """Return the request that the options spell out, or that ``--request`` holds; None when it is wrong."""
        spelled_out = [name for option in REQUEST_OPTIONS if self._is_given(name := option.name)]
        whole = self._is_given("request")
        if whole:
            for name in spelled_out:
                value = show(self._texts.get(name, ""))
                self.problems.append(Problem(f"--{name}", value, "excludes --request", "put it into --request"))
        try:
            payload = self._whole_request() if whole else self._payload(spelled_out)
            if payload is None:
                return None
            return parse_request(payload, known_types=known_types, groups=groups, defaults=defaults, now=now)
        except RequestError as error:
            prefix = "--request: " if whole else "--"
            self.problems += [
                Problem(f"{prefix}{problem.key}", problem.value, problem.reason, problem.fix)
                for problem in error.problems
                # What is broken has been reported as an option; the request only knows that it is null.
                if not (problem.key in self._broken and problem.value == "null")
            ]
            return None

    def _is_given(self, name: str) -> bool:
        no = _BY_NAME[name].kind is Kind.BOOLEAN and self._texts.get(name) == "false"
        return name in self._broken or (name in self._texts and not no)

    def _whole_request(self) -> Mapping[str, object] | None:
        return None if "request" in self._broken else parse_object(self._texts["request"].encode("utf-8", "replace"))

    def _payload(self, names: Sequence[str]) -> dict[str, object]:
        payload: dict[str, object] = {}
        for name in names:
            text = self._texts.get(name)
            if text is None:
                payload[name] = None
            elif name == "export_types":
                payload[name] = text.split(",")
            elif _BY_NAME[name].kind is Kind.BOOLEAN:
                problem = _BY_NAME[name].problem(text)
                if problem:
                    self._break(_BY_NAME[name], problem)
                payload[name] = None if problem else True
            elif _BY_NAME[name].kind is Kind.INTEGER and re.fullmatch("[0-9]{1,9}", text):
                payload[name] = int(text)
            else:
                payload[name] = text
        return payload


class _Rejected(Exception):
    """Beam's parser cannot read one of Beam's own options."""


class _FullParser(_BeamArgumentParser):
    """Knows every flag there is, and raises instead of printing and exiting."""

    def error(self, message: str) -> NoReturn:
        raise _Rejected(message)


def _read(argv: Sequence[str]) -> tuple[ExportOptions, list[Problem]]:
    end = argv.index("--") if "--" in argv else len(argv)
    checked, problems = _with_beam_switches(argv[:end])
    passed, more = _with_beam_switches([argument for argument in argv[end:] if argument != "--"])
    problems += more
    parser = _full_parser(" ".join(argv).lower())
    try:
        _, unknown = parser.parse_known_args(checked)
        problems += _unknown_flags(unknown, parser)
        parser.parse_known_args(passed)
    except _Rejected as error:
        problems.append(Problem("command line", "", f"cannot be read: {' '.join(str(error).split())}", "see --help"))
        # Beam would print the same and exit, so our own options are checked without it.
        return ExportOptions([], **_ours(checked)), problems
    return ExportOptions([*checked, *passed]), problems


def _ours(argv: Sequence[str]) -> dict[str, Any]:
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    ExportOptions._add_argparse_args(parser)
    given = vars(parser.parse_known_args(argv)[0])
    return {name: value for name, value in given.items() if value is not None}


def _with_beam_switches(argv: Sequence[str]) -> tuple[list[str], list[Problem]]:
    """Spell Beam's own switches as Beam reads them: it wants a value, and takes any value, even ``false``, for true."""
    switches = {option.flag: option for option in OPTIONS if option.of_beam}
    kept: list[str] = []
    problems: list[Problem] = []
    for argument in argv:
        flag, given, value = argument.partition("=")
        if flag not in switches:
            kept.append(argument)
        elif given and (problem := switches[flag].problem(value)):
            problems.append(problem)
        elif value != "false":
            kept.append(f"{flag}=true")
    return kept, problems


def _full_parser(command_line: str) -> argparse.ArgumentParser:
    for runner, module in _RUNNERS_WITH_OPTIONS.items():
        if f"{runner}runner" in command_line:
            importlib.import_module(module)
    parser = _FullParser(add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true")
    # A class that the main session has defined twice counts once, as in Beam.
    for declaring in {str(declaring): declaring for declaring in _subclasses(PipelineOptions)}.values():
        if "_add_argparse_args" in vars(declaring):
            declaring._add_argparse_args(parser)
    return parser


def _subclasses(declaring: type) -> Iterator[Any]:
    subclasses: list[Any] = declaring.__subclasses__()
    for subclass in subclasses:
        yield subclass
        yield from _subclasses(subclass)


def _unknown_flags(arguments: Sequence[str], parser: argparse.ArgumentParser) -> Iterator[Problem]:
    known = {flag.lstrip("-") for flag in parser._option_string_actions}
    behind_flag = False
    for argument in arguments:
        if not argument.startswith("-"):
            if not behind_flag:
                yield Problem("command line", show(argument), "belongs to no flag", "write --flag=value")
            behind_flag = False
            continue
        flag, given, value = argument.partition("=")
        behind_flag = not given
        meant = nearest_key(flag.lstrip("-"), known)
        fix = f"did you mean --{meant}?" if meant else "see --help; a job server's own options go behind a bare --"
        yield Problem(key_text(flag), show(value) if given else "", "is an unknown flag", fix)
