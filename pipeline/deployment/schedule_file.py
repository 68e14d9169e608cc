"""The schedules as data: ``deploy/schedules.yaml``, read strictly."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, InstanceOf
from pydantic.dataclasses import dataclass

from exporters.config import ExportConfig
from exporters.config.leagues import ONE_LEAGUE, Leagues
from exporters.registry import PLAYER_TYPES, exports, groups, together
from pipeline.deployment.flex_launch import JOB_NAME_PATTERN
from pipeline.deployment.settings import MACHINE_TYPE, MAX_WORKERS, SCHEDULES
from pipeline.options.alert_options import QUIET_PATTERN
from pipeline.options.flags import OptionsError
from pipeline.options.league_file import read_leagues
from pipeline.options.locations import LeaguesPlace
from pipeline.options.option_table import BY_NAME
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.requests.field import STRICT, Described, whole, whole_or_empty
from pipeline.requests.problems import Problem, ProblemsError, nearest, show
from pipeline.requests.request import ExportRequest, RequestDefaults, RequestError, parse_request
from pipeline.requests.validation import fields_of, reject, validate

PREFIX = "phase6-"
"""Every scheduled job's name starts with it, so that a live job that is in no file is found."""

_CRON_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))


class Door(str, Enum):
    """Where the request of a schedule goes.

    Attributes:
        JOB: A batch job is started for it.
        STREAM: It is published to the topic of the running streaming job.
    """

    JOB = "job"
    STREAM = "stream"

    def __str__(self) -> str:
        """Return it as the schedule file writes it."""
        return self.value


_DOORS = " or ".join(Door)
_MAX_STREAM_DATES = int(BY_NAME["max_stream_dates"].default or 0)


class SchedulesError(ProblemsError):
    """The schedule file is wrong; the message has one line per problem."""


def _check_name(value: str) -> str:
    if not value.startswith(PREFIX) or not re.fullmatch(JOB_NAME_PATTERN, value):
        raise reject("is no name of a job", f"write {PREFIX} and letters, digits and dashes")
    return value


def _check_why(value: str) -> str:
    if not value.strip():
        raise reject("says nothing", "write what the job is for")
    return " ".join(value.split())


def _check_cron(value: object) -> object:
    parts = value.split() if isinstance(value, str) else []
    if len(parts) != len(_CRON_FIELDS):
        raise reject("is no unix-cron time", 'write five fields, for example "0 11 * * *"')
    wrong = [
        (f"{part}, which is no {field}", f"{low} to {high}")
        for part, (field, low, high) in zip(parts, _CRON_FIELDS, strict=True)
        if not all(_in_range(item, low, high) for item in part.split(","))
    ]
    if wrong:
        reasons, ranges = zip(*wrong, strict=True)
        raise reject(f"has {', and '.join(reasons)}", f"write {', and '.join(ranges)}, a range, or *")
    return value


def _in_range(item: str, low: int, high: int) -> bool:
    match = re.fullmatch(r"(?:\*|([0-9]+)(?:-([0-9]+))?)(?:/([0-9]+))?", item)
    if match is None or match[3] == "0":
        return False
    first = low if match[1] is None else int(match[1])
    last = first if match[2] is None else int(match[2])
    return low <= first <= last <= high


def _check_type(value: object) -> object:
    if not isinstance(value, str) or value not in exports():
        meant = nearest(str(value), exports())
        raise reject("is an unknown export type", f"did you mean {meant}?" if meant else "write export types")
    return value


def _check_door(value: object) -> object:
    return Door(value) if value in list(Door) else value


def _told(reason: str, fix: str) -> Described:
    return Described("", "", reason=reason, fix=fix)


@dataclass(frozen=True, config=STRICT)
class Schedule:
    """One scheduled job.

    Attributes:
        name: Of the Cloud Scheduler job and of the Dataflow job.
        why: Its purpose.
        cron: When, in unix-cron format, New York time.
        request: Its request, in the JSON form of messages.
        parsed: The request, parsed at some instant.
        door: Where its request goes.
        max_workers: The most workers to use.
        machine_type: Of each worker.
        quiet_hours: When messages about its export types wait, as ``HH:MM-HH:MM``; empty for the usual hours.
    """

    name: Annotated[str, AfterValidator(_check_name)]
    why: Annotated[str, AfterValidator(_check_why), _told("says nothing", "write what the job is for")]
    cron: Annotated[str, BeforeValidator(_check_cron), _told("is no unix-cron time", "write five fields")]
    request: dict[str, Any]
    parsed: InstanceOf[ExportRequest]
    door: Annotated[Door, BeforeValidator(_check_door), _told("is no door", f"write {_DOORS}")] = Door.JOB
    max_workers: Annotated[int, Field(ge=1, le=1000), _told("is not a number of workers", "write 1 to 1000")] = (
        MAX_WORKERS
    )
    machine_type: Annotated[str, whole("[a-z0-9-]+"), _told("is no machine type", f"write {MACHINE_TYPE}")] = (
        MACHINE_TYPE
    )
    quiet_hours: Annotated[str, whole_or_empty(QUIET_PATTERN), _told("are no hours", "write 23:30-08:00")] = ""


class ScheduleFile(BaseModel, frozen=True):
    """The values of the file.

    Attributes:
        time_zone: The league's.
        streaming: Export types that the streaming job keeps current by itself.
        jobs: By name, the keys of a :class:`Schedule` that people write.
        leagues: The file of the leagues besides the default one, which a request may name.
    """

    model_config = STRICT

    time_zone: Annotated[Literal["America/New_York"], _told("is not the league's", f"write {LEAGUE_ZONE}")]
    streaming: Annotated[
        list[Annotated[str, BeforeValidator(_check_type)]], _told("is no list", "write a list of export types")
    ] = []
    jobs: dict[Any, Any]
    leagues: Annotated[LeaguesPlace, _told("is no file", "name the file of the leagues")] = ""


_JOB_KEYS = tuple(name for name in fields_of(Schedule) if name not in ("name", "parsed"))


def load_schedules(path: Path = SCHEDULES, *, now: datetime) -> list[Schedule]:
    """Read the schedules, in the order of the file.

    Raises:
        SchedulesError: A value is wrong.
    """
    found, problems = _read(path)
    schedules: list[Schedule] = []
    try:
        leagues = read_leagues(str(found.get("leagues", "")))
    except OptionsError as error:
        raise SchedulesError([*problems, *error.problems]) from error
    for name, job in found["jobs"].items():
        schedule, more = _schedule(str(name), job, now, leagues)
        problems += more
        schedules += [] if schedule is None else [schedule]
    if problems:
        raise SchedulesError(problems)
    return schedules


def load_streamed(path: Path = SCHEDULES) -> tuple[str, ...]:
    """Read the export types that the streaming job keeps current by itself.

    Raises:
        SchedulesError: A key of the file is wrong.
    """
    found, problems = _read(path)
    if problems:
        raise SchedulesError(problems)
    return tuple(found.get("streaming", ()))


def uncovered(schedules: Sequence[Schedule], streamed: Sequence[str] = ()) -> list[str]:
    """Return the export types that neither a schedule nor the streaming job exports."""
    covered = {name for schedule in schedules for name in together(schedule.parsed.export_types)}
    return sorted(exports().keys() - covered - set(streamed))


def understand(payload: Mapping[str, Any], now: datetime, leagues: Leagues = ONE_LEAGUE) -> ExportRequest:
    """Return the request of a job as the pipeline parses it.

    Raises:
        RequestError: The pipeline would reject it.
    """
    defaults = RequestDefaults(ExportConfig().champion_system_id, player_types=tuple(PLAYER_TYPES), leagues=leagues)
    return parse_request(payload, known_types=tuple(exports()), groups=groups(), defaults=defaults, now=now)


def why_not_streamed(request: ExportRequest) -> str:
    """Return why a request is none for the streaming job, which answers everything on one worker; empty if it is."""
    if request.players:
        return "is not for pages of every player of the season: all other requests would wait for them"
    if len(request.dates) > _MAX_STREAM_DATES:
        return f"is not for {len(request.dates)} dates: the streaming job answers at most {_MAX_STREAM_DATES}"
    return ""


def _read(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values of the file and their problems; :func:`_schedule` reads the jobs."""
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = Problem(path.name, "", f"is not YAML: {' '.join(str(error).split())}", "correct it")
        raise SchedulesError([problem]) from error
    if not isinstance(found, dict) or not isinstance(found.get("jobs"), dict):
        raise SchedulesError([Problem(path.name, "", "has no jobs", "write a mapping of names under jobs:")])
    known, problems = _split(path.name, found, tuple(fields_of(ScheduleFile)))
    return found, problems + validate(ScheduleFile, known)[1]


def _schedule(name: str, job: Any, now: datetime, leagues: Leagues) -> tuple[Schedule | None, list[Problem]]:
    """Return a job of the file, and its problems."""
    if not isinstance(job, dict):
        return None, [Problem(name, show(job), "is not a job", "give it why, cron and request")]
    known, problems = _split(name, job, _JOB_KEYS)
    request = job.get("request")
    values: dict[str, Any] = {**known, "name": name, "request": request if isinstance(request, dict) else {}}
    try:
        values["parsed"] = understand(values["request"], now, leagues)
    except RequestError as error:
        problems += [Problem(f"request: {p.key}", p.value, p.reason, p.fix) for p in error.problems]
    schedule, more = validate(Schedule, values)
    if schedule is not None and schedule.door == Door.STREAM and (reason := why_not_streamed(schedule.parsed)):
        problems.append(Problem("door", show(str(Door.STREAM)), reason, f"write {Door.JOB}"))
    problems += [problem for problem in more if problem.key != "parsed"]
    return schedule, [Problem(_place(name, p.key), p.value, p.reason, p.fix) for p in problems]


def _place(name: str, key: str) -> str:
    return name if key in (name, "name") else f"{name} {key}"


def _split(where: str, found: Mapping[Any, Any], keys: Sequence[str]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values of known keys, and a problem for each of the others."""
    problems = []
    for key in (key for key in found if key not in keys):
        meant = nearest(str(key), keys)
        fix = f"did you mean {meant}?" if meant else f"the keys are {', '.join(keys)}"
        problems.append(Problem(where, show(key), "is an unknown key", fix))
    return {key: found[key] for key in keys if key in found}, problems


class _StrictLoader(yaml.SafeLoader):
    """A YAML loader that rejects a repeated key, where YAML keeps the last value."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping whose keys are all different."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", node.start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found
