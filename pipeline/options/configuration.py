"""The command line, parsed once into the frozen configuration of a run or of a streaming job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from pydantic import InstanceOf
from pydantic.dataclasses import dataclass

from exporters.config import ExportConfig
from exporters.config.leagues import NBA, ONE_LEAGUE, Leagues, LeagueSettings
from pipeline.options.alert_options import AlertOptions
from pipeline.options.flags import OptionsError, together
from pipeline.options.given import GivenOptions, read_own_flags
from pipeline.options.locations import GcsPrefix, LocalFolder, control_beside, league_places
from pipeline.options.option_reader import OptionReader, place_of
from pipeline.options.option_table import BATCH_OPTIONS, BY_NAME, LEAGUE_RULES, PlaceOptions, RunOptions
from pipeline.options.stream_options import STREAM_OPTIONS, StreamOptions
from pipeline.requests.field import STRICT
from pipeline.requests.problems import Problem, show
from pipeline.requests.request import ExportRequest, RequestDefaults

if TYPE_CHECKING:
    # Beam is imported by the functions that read its flags: a command line without any is read without it.
    from pipeline.options.command_line import ExportOptions


MOST_TOGETHER = 16
"""Leagues of one graph: each has steps of its own, and a service takes a graph of at most 10 MB."""

ConfigT = TypeVar("ConfigT", bound="JobConfig")


@dataclass(frozen=True, kw_only=True, config=STRICT)
class JobConfig(PlaceOptions, RunOptions):
    """The validated configuration of every job: its options, and the rules of the exporters.

    Attributes:
        export_config: The rules of the exporters; its champion is the request's.
        league: The league whose places these are; the default one for a streaming job, which answers for all.
        all_leagues: The leagues of the deployment.
    """

    export_config: InstanceOf[ExportConfig]
    league: InstanceOf[LeagueSettings] = NBA
    all_leagues: InstanceOf[Leagues] = ONE_LEAGUE

    @property
    def control(self) -> LocalFolder | GcsPrefix:
        """Where manifests, leases and failures go."""
        return self.control_output or control_beside(self.output)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RunConfig(JobConfig, AlertOptions):
    """The validated configuration of one run.

    Attributes:
        request: What to export.
        accept_shrink: Export types, or ``TYPE:DATE``, that may lose picks or players.
        as_of: The instant as of which tables are read; None for the newest one.
    """

    request: InstanceOf[ExportRequest]
    accept_shrink: frozenset[str] = frozenset()
    as_of: datetime | None = None

    @classmethod
    def from_given(
        cls,
        given: GivenOptions,
        *,
        known_types: Sequence[str],
        groups: Mapping[str, Sequence[str]],
        now: datetime,
        player_types: Sequence[str] = (),
        max_range_days: int = RequestDefaults.max_range_days,
    ) -> RunConfig:
        """Validate the options of a run.

        Args:
            given: The options as given.
            known_types: Every export type, in registry order.
            groups: Group name to its export types.
            now: The current instant, aware.
            player_types: The export types that ``--players`` stands for.
            max_range_days: Dates that the request may span.

        Raises:
            OptionsError: Something is wrong; it holds every problem, those of the request included.
        """
        settings = OptionReader(given)
        settings.exclude(STREAM_OPTIONS, "means nothing without --input_subscription", "leave it out")
        if given.streaming:
            fix = f"add {BY_NAME['input_subscription'].shown_example}"
            settings.problems.append(Problem("--streaming", "", "has nothing to read", fix))
        leagues = settings.leagues()
        defaults = RequestDefaults(
            ExportConfig().champion_system_id, max_range_days, tuple(player_types), leagues=leagues
        )
        request = settings.request(known_types, groups, defaults, now)
        job = settings.job("" if request is None else request.champion_system_id)
        alerts = settings.read(AlertOptions)
        if request is not None and not request.league.is_default:
            reason, fix = "is a rule of the default league alone", f"write it into the rules of {request.league.name}"
            settings.exclude(LEAGUE_RULES, reason, fix)
        accepted, as_of = settings.accepted_shrinks(), settings.as_of(now)
        if settings.problems or request is None or alerts is None:
            raise OptionsError(sorted(settings.problems, key=place_of))
        config = cls(request=request, accept_shrink=accepted, as_of=as_of, all_leagues=leagues, **job, **vars(alerts))
        return in_league(config, request.league, request.champion_system_id)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class StreamConfig(JobConfig, StreamOptions):
    """The validated configuration of a streaming job."""

    @classmethod
    def from_given(cls, given: GivenOptions) -> StreamConfig:
        """Validate the options of a streaming job.

        Args:
            given: The options as given.

        Raises:
            OptionsError: Something is wrong; it holds every problem.
        """
        settings = OptionReader(given)
        settings.exclude(BATCH_OPTIONS, "means nothing in a streaming job", "leave it out; messages say what to export")
        settings.check("champion_system_id")
        job = settings.job(settings.text("champion_system_id") or ExportConfig().champion_system_id)
        stream, leagues = settings.read(StreamOptions), settings.leagues()
        for name in ("project", "region", "temp_location"):
            if settings.text("batch_template") and name not in given.cloud:
                settings.problems.append(Problem("--batch_template", "", f"needs --{name}", f"add --{name}=..."))
        if settings.problems or stream is None:
            raise OptionsError(sorted(settings.problems, key=place_of))
        return cls(league=leagues.default, all_leagues=leagues, **job, **vars(stream))


def in_league(config: ConfigT, league: LeagueSettings, champion_system_id: str = "") -> ConfigT:
    """Return the configuration of a league: its places, its rules and its live feed.

    Args:
        config: That of the default league.
        league: The league.
        champion_system_id: The champion; empty for the newest one of the league.
    """
    if league.is_default:
        return replace(config, league=league)
    output, control = league_places(config.output, config.control_output, league.name)
    rules = replace(
        league.config,
        champion_system_id=champion_system_id or league.config.champion_system_id,
        write_subset_picks=config.export_config.write_subset_picks,
    )
    return replace(
        config,
        league=league,
        output=output,
        control_output=control,
        export_config=rules,
        live_feed=league.live_feed,
        live_feed_key=config.live_feed_key if league.live_feed.startswith("http") else "",
    )


def parse_run(
    argv: Sequence[str],
    *,
    known_types: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    now: datetime,
    player_types: Sequence[str] = (),
    max_range_days: int = RequestDefaults.max_range_days,
    others: Sequence[str] = (),
) -> tuple[ExportOptions, RunConfig]:
    """Read and validate a command line, in which every flag belongs to the project or to Beam.

    Args:
        argv: Arguments, without the program's name.
        known_types: Every export type, in registry order.
        groups: Group name to its export types.
        now: The current instant, aware.
        player_types: The export types that ``--players`` stands for.
        max_range_days: Dates that the request may span.
        others: Names of further options of the command, which an unknown flag may mean.

    Raises:
        OptionsError: Something is wrong; it holds the problems of both.
    """
    from pipeline.options.command_line import given_in, read_command_line

    options, problems = read_command_line(argv, others)
    try:
        config = RunConfig.from_given(
            given_in(options),
            known_types=known_types,
            groups=groups,
            now=now,
            player_types=player_types,
            max_range_days=max_range_days,
        )
    except OptionsError as error:
        raise OptionsError(together(problems, error.problems)) from None
    if problems:
        raise OptionsError(problems)
    return options, config


def parse_without_beam(
    argv: Sequence[str],
    *,
    known_types: Sequence[str],
    groups: Mapping[str, Sequence[str]],
    now: datetime,
    player_types: Sequence[str] = (),
) -> RunConfig | None:
    """Read and validate the command line of a run without Beam; None when it has flags of Beam, or unknown ones.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    given = None if is_stream(argv) else read_own_flags(argv)
    if given is None:
        return None
    return RunConfig.from_given(given, known_types=known_types, groups=groups, now=now, player_types=player_types)


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
    if is_stream(argv):
        return parse_stream(argv)
    return parse_run(argv, known_types=known_types, groups=groups, now=now, player_types=player_types)


def is_stream(argv: Sequence[str]) -> bool:
    """Whether a command line is that of a streaming job."""
    flags = {argument.partition("=")[0] for argument in argv[: argv.index("--") if "--" in argv else len(argv)]}
    return BY_NAME["input_subscription"].flag in flags


def parse_stream(argv: Sequence[str]) -> tuple[ExportOptions, StreamConfig]:
    """Read and validate the command line of a streaming job.

    Raises:
        OptionsError: Something is wrong; it holds every problem.
    """
    from apache_beam.options.pipeline_options import StandardOptions

    from pipeline.options.command_line import given_in, read_command_line

    options, problems = read_command_line(argv)
    try:
        config = StreamConfig.from_given(given_in(options))
    except OptionsError as error:
        raise OptionsError(together(problems, error.problems)) from None
    if problems:
        raise OptionsError(problems)
    options.view_as(StandardOptions).streaming = True
    return options, config


def by_league(argv: Sequence[str]) -> list[list[str]]:
    """Return a command line for each league that one names: itself, unless it names several.

    Raises:
        OptionsError: A league is named twice.
    """
    flag = BY_NAME["league"].flag
    end = argv.index("--") if "--" in argv else len(argv)
    places = [place for place in range(end) if argv[place].partition("=")[0] == flag]
    if len(places) != 1:
        return [list(argv)]
    place = places[0]
    joined = "=" in argv[place]
    at = place if joined else place + 1
    if at >= end:
        return [list(argv)]
    text = argv[at].partition("=")[2] if joined else argv[at]
    names = text.split(",")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise OptionsError([Problem(flag, show(text), f"names {', '.join(twice)} twice", "name each league once")])
    return [[*argv[:at], f"{flag}={name}" if joined else name, *argv[at + 1 :]] for name in names]


def check_together(configs: Sequence[JobConfig], *, is_graph: bool) -> None:
    """Check that the leagues of a command line fit into one run.

    Raises:
        OptionsError: There are too many for a graph, which holds the steps of each.
    """
    if is_graph and len(configs) > MOST_TOGETHER:
        reason = f"are {len(configs)} leagues, and a graph holds the steps of at most {MOST_TOGETHER}"
        fix = "start a run for each group of leagues, or send their requests to the streaming job"
        raise OptionsError([Problem(BY_NAME["league"].flag, "", reason, fix)])
