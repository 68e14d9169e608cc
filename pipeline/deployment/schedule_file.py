"""The schedules as data: ``deploy/schedules.yaml``, read strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from exporters.config import ExportConfig
from exporters.registry import PLAYER_TYPES, exports, groups, together
from pipeline.deployment.flex_launch import JOB_NAME_PATTERN, MACHINE_TYPE, MAX_WORKERS
from pipeline.deployment.settings import ROOT
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.requests.problems import Problem, ProblemsError, nearest, show
from pipeline.requests.request import ExportRequest, RequestDefaults, RequestError, parse_request

SCHEDULES = ROOT / "deploy" / "schedules.yaml"
PREFIX = "phase6-"
"""Every scheduled job's name starts with it, so that a live job that is in no file is found."""

_FILE_KEYS = ("time_zone", "streaming", "jobs")
_JOB_KEYS = ("why", "cron", "request", "max_workers", "machine_type")
_CRON_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))


class SchedulesError(ProblemsError):
    """The schedules are not as they should be; the message has one line per problem."""


@dataclass(frozen=True)
class Schedule:
    """One scheduled job.

    Attributes:
        name: Of the Cloud Scheduler job and of the Dataflow job.
        why: What it is for.
        cron: When, in unix-cron format, New York time.
        request: What it asks for, in the JSON form of messages.
        parsed: The request as it is understood at some instant.
        max_workers: The most workers to use.
        machine_type: Of each worker.
    """

    name: str
    why: str
    cron: str
    request: Mapping[str, Any]
    parsed: ExportRequest
    max_workers: int = MAX_WORKERS
    machine_type: str = MACHINE_TYPE


def load_schedules(path: Path = SCHEDULES, *, now: datetime) -> list[Schedule]:
    """Read the schedules, in the order of the file.

    Raises:
        SchedulesError: Anything is not understood.
    """
    found = _read(path)
    problems = list(_unknown(path.name, found, _FILE_KEYS))
    if found.get("time_zone") != LEAGUE_ZONE:
        problems.append(
            Problem("time_zone", show(found.get("time_zone")), "is not the league's", f"write {LEAGUE_ZONE}")
        )
    schedules: list[Schedule] = []
    for name, job in found["jobs"].items():
        try:
            schedules.append(_schedule(str(name), job, now))
        except SchedulesError as error:
            problems.extend(error.problems)
    if problems:
        raise SchedulesError(problems)
    return schedules


def load_streamed(path: Path = SCHEDULES) -> tuple[str, ...]:
    """Read which export types the streaming job keeps up by itself.

    Raises:
        SchedulesError: They are not understood.
    """
    found = _read(path).get("streaming", [])
    if not isinstance(found, list):
        raise SchedulesError([Problem("streaming", show(found), "is no list", "write a list of export types")])
    problems = []
    for name in found:
        if name not in exports():
            meant = nearest(str(name), exports())
            fix = f"did you mean {meant}?" if meant else "write export types"
            problems.append(Problem("streaming", show(name), "is an unknown export type", fix))
    if problems:
        raise SchedulesError(problems)
    return tuple(found)


def uncovered(schedules: Sequence[Schedule], streamed: Sequence[str] = ()) -> list[str]:
    """Return the export types that no schedule exports and the streaming job does not keep up."""
    covered = {name for schedule in schedules for name in together(schedule.parsed.export_types)}
    return sorted(exports().keys() - covered - set(streamed))


def understand(payload: Mapping[str, Any], now: datetime) -> ExportRequest:
    """Return the request of a job as the pipeline will understand it.

    Raises:
        RequestError: It will be rejected.
    """
    defaults = RequestDefaults(ExportConfig().champion_system_id, player_types=tuple(PLAYER_TYPES))
    return parse_request(payload, known_types=tuple(exports()), groups=groups(), defaults=defaults, now=now)


def _read(path: Path) -> dict[str, Any]:
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
    except yaml.YAMLError as error:
        problem = Problem(path.name, "", f"is not YAML: {' '.join(str(error).split())}", "correct it")
        raise SchedulesError([problem]) from error
    if not isinstance(found, dict) or not isinstance(found.get("jobs"), dict):
        raise SchedulesError([Problem(path.name, "", "has no jobs", "write a mapping of names under jobs:")])
    return found


def _schedule(name: str, job: Any, now: datetime) -> Schedule:
    if not isinstance(job, dict):
        raise SchedulesError([Problem(name, show(job), "is not a job", "give it why, cron and request")])
    problems = list(_unknown(name, job, _JOB_KEYS))
    if not name.startswith(PREFIX) or not re.fullmatch(JOB_NAME_PATTERN, name):
        problems.append(Problem(name, "", "is no name of a job", f"write {PREFIX} and letters, digits and dashes"))
    if not isinstance(job.get("why"), str) or not job["why"].strip():
        problems.append(Problem(f"{name} why", show(job.get("why")), "says nothing", "write what the job is for"))
    problems.extend(_cron_problems(name, job.get("cron")))
    workers, machine = job.get("max_workers", MAX_WORKERS), job.get("machine_type", MACHINE_TYPE)
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1000:
        problems.append(Problem(f"{name} max_workers", show(workers), "is not a number of workers", "write 1 to 1000"))
    if not isinstance(machine, str) or not re.fullmatch("[a-z0-9-]+", machine):
        problems.append(Problem(f"{name} machine_type", show(machine), "is no machine type", f"write {MACHINE_TYPE}"))
    request = job.get("request")
    try:
        parsed = understand(request if isinstance(request, dict) else {}, now)
    except RequestError as error:
        problems.extend(Problem(f"{name} request: {p.key}", p.value, p.reason, p.fix) for p in error.problems)
    if problems:
        raise SchedulesError(problems)
    assert isinstance(request, dict)
    return Schedule(name, " ".join(job["why"].split()), job["cron"], request, parsed, workers, machine)


def _unknown(where: str, found: Mapping[Any, Any], keys: Sequence[str]) -> Iterator[Problem]:
    for key in found.keys() - set(keys):
        meant = nearest(str(key), keys)
        fix = f"did you mean {meant}?" if meant else f"the keys are {', '.join(keys)}"
        yield Problem(where, show(key), "is an unknown key", fix)


def _cron_problems(name: str, cron: Any) -> Iterator[Problem]:
    parts = cron.split() if isinstance(cron, str) else []
    if len(parts) != len(_CRON_FIELDS):
        yield Problem(f"{name} cron", show(cron), "is no unix-cron time", 'write five fields, for example "0 11 * * *"')
        return
    for part, (field, low, high) in zip(parts, _CRON_FIELDS, strict=True):
        if not all(_in_range(item, low, high) for item in part.split(",")):
            yield Problem(f"{name} cron", show(part), f"is no {field}", f"write {low} to {high}, a range, or *")


def _in_range(item: str, low: int, high: int) -> bool:
    match = re.fullmatch(r"(?:\*|([0-9]+)(?:-([0-9]+))?)(?:/([0-9]+))?", item)
    if match is None or match[3] == "0":
        return False
    first = low if match[1] is None else int(match[1])
    last = first if match[2] is None else int(match[2])
    return low <= first <= last <= high


class _StrictLoader(yaml.SafeLoader):
    """Refuses a key that is given twice, of which YAML keeps the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping whose keys are all different."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} is given twice", node.start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found
