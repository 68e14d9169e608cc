"""What schedules cost a day through either door, by list prices of us-central1; nothing was measured on a bill."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.deployment.cron import times_a_day
from pipeline.deployment.schedule_file import Door, Schedule, why_not_streamed
from pipeline.deployment.settings import MACHINE_TYPE

BATCH_VCPU_HOUR, STREAM_VCPU_HOUR, GIGABYTE_HOUR = 0.056, 0.069, 0.0036
"""Prices of Dataflow, in dollars."""
RUN_HOURS = 7 / 60
"""How long a batch run of one night has a machine, most of it to start."""
ANSWER_SECONDS = 3.0
"""How long the streaming job answers an entry: on the demo season, the longest one of the file takes 2.9 s."""
_GIGABYTES = {"standard": 4, "highmem": 8, "highcpu": 1}
"""Per vCPU, by the family of a machine type."""


@dataclass(frozen=True)
class Cost:
    """What one schedule costs.

    Attributes:
        name: Its name.
        door: Its door.
        runs: How often it runs a day.
        by_job: Dollars a day as batch jobs of one machine each; None where the size of its machine is not known.
        by_stream: Dollars a day of the streaming job's time; None where it does not take the request. It runs all day
            whether or not it answers.
    """

    name: str
    door: Door
    runs: float
    by_job: float | None
    by_stream: float | None

    @property
    def starts(self) -> float:
        """How many batch jobs are started a day."""
        return self.runs if self.door == Door.JOB else 0.0


def costs(schedules: Sequence[Schedule]) -> list[Cost]:
    """Return what each schedule costs a day, through either door."""
    found = []
    for schedule in schedules:
        runs = times_a_day(schedule.cron)
        hour = hourly(schedule.machine_type, BATCH_VCPU_HOUR)
        by_job = None if hour is None else runs * RUN_HOURS * hour
        is_streamed = not why_not_streamed(schedule.parsed)
        by_stream = runs * ANSWER_SECONDS / 3600 * stream_a_day() / 24 if is_streamed else None
        found.append(Cost(schedule.name, schedule.door, runs, by_job, by_stream))
    return found


def stream_a_day() -> float:
    """Return what the streaming job costs a day, in dollars, with or without requests."""
    hour = hourly(MACHINE_TYPE, STREAM_VCPU_HOUR)
    assert hour is not None, "the size of the default machine is known"
    return 24 * hour


def hourly(machine_type: str, vcpu_hour: float) -> float | None:
    """Return what a machine costs an hour; None where its name does not tell its size."""
    match = re.fullmatch(r"[a-z0-9]+-(standard|highmem|highcpu)-([0-9]+)", machine_type)
    if match is None:
        return None
    vcpus = int(match[2])
    return vcpus * vcpu_hour + vcpus * _GIGABYTES[match[1]] * GIGABYTE_HOUR
