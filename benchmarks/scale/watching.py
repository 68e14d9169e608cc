"""What keeping leagues up to date through the streaming job takes, by the schedules of ``deploy/schedules.yaml``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.scale.prices import SESSIONS_PER_MINUTE, STREAMING_VCPU_HOUR
from exporters.registry import exports
from pipeline.deployment.costs import ANSWER_SECONDS
from pipeline.deployment.cron import times_a_day
from pipeline.deployment.schedule_file import Door, Schedule

CHECK_SECONDS = 60
"""The default ``--watch_seconds``: between two looks at the schedule of a league, and two live gradings in play."""
STATUS_SECONDS = 300
"""Between two writings of ``status.json``."""
PLAY_HOURS = 5.0
"""Of an evening in which games are in play."""
LIVE = "live-grading"
"""The export type that is exported while games are in play."""
DAY = 86400


@dataclass(frozen=True)
class Watching:
    """A day of some leagues, all of which play on one evening: the worst one.

    Attributes:
        leagues: Their number.
        answers: Requests that are answered in the day.
        cpu: CPU seconds of them, each as long as the longest.
        peak_vcpus: While all leagues are in play.
        peak_sessions: Read sessions a minute at most, then.
        statuses: Writes of ``status.json`` a second, of all leagues.
        dollars: Of CPU in the day, at the price of streaming workers.
    """

    leagues: int
    answers: float
    cpu: float
    peak_vcpus: float
    peak_sessions: float
    statuses: float
    dollars: float

    @property
    def projects(self) -> int:
        """How many projects the read sessions of the peak need."""
        return max(1, -int(-self.peak_sessions // SESSIONS_PER_MINUTE))


def live_tables() -> int:
    """Return how many tables a live grading reads: a read session each."""
    return len({read.table.name for read in exports()[LIVE].reads if not read.table.live})


def watching(leagues: int, schedules: Sequence[Schedule]) -> Watching:
    """Return what a day of some leagues takes."""
    asked = sum(times_a_day(schedule.cron) for schedule in schedules if schedule.door is Door.STREAM)
    live = PLAY_HOURS * 3600 / CHECK_SECONDS
    answers = leagues * (asked + live)
    cpu = answers * ANSWER_SECONDS
    a_minute = leagues * 60 / CHECK_SECONDS
    return Watching(
        leagues=leagues,
        answers=answers,
        cpu=cpu,
        peak_vcpus=leagues * ANSWER_SECONDS / CHECK_SECONDS,
        peak_sessions=a_minute * live_tables(),
        statuses=leagues / STATUS_SECONDS,
        dollars=cpu / 3600 * STREAMING_VCPU_HOUR,
    )
