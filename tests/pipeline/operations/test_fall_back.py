"""Entries that the streaming job has not answered are launched as batch jobs, each once for each of its times."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from exporters.registry import exports, groups
from pipeline.deployment.schedule_file import Door, load_schedules
from pipeline.deployment.settings import load_deployment
from pipeline.engines.dataflow_jobs import DataflowError, DataflowJobs
from pipeline.execution.in_process import run_in_process
from pipeline.operations.fall_back import FallBack, Jobs
from pipeline.operations.verify import REJECTED, main
from pipeline.options.configuration import parse_run
from pipeline.planning.planner import begun
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.verification.finding import Verification
from pipeline.verification.freshness import Due, check_freshness, dues
from tests.support.dataflow import FakeDataflow, dataflow_api
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore, published_in
from tests.support.warehouses import League
from transforms.stores.protocol import Store

DEPLOYMENT = load_deployment()
FILE = """\
time_zone: America/New_York
jobs:
  phase6-night:
    why: The night.
    door: stream
    cron: "0 11,13 * * *"
    request: {export_types: [predictions, tonight], target_date: today}
  phase6-results:
    why: The night before.
    door: job
    cron: "0 6 * * *"
    request: {export_types: [results], target_date: yesterday}
"""


def at(hour: int, minute: int = 0, day: int = 3) -> datetime:
    return datetime(2026, 2, day, hour, minute, tzinfo=ZoneInfo(LEAGUE_ZONE))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "schedules.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def api() -> Iterator[FakeDataflow]:
    with dataflow_api(FakeDataflow()) as fake:
        yield fake


@dataclass
class Falling:
    """The fallback against a fake API."""

    api: FakeDataflow
    store: Store = field(default_factory=MemoryStore)

    def jobs(self) -> Jobs:
        return DataflowJobs(DEPLOYMENT.project, DEPLOYMENT.region, endpoint=self.api.endpoint)

    def fall_back(self, late: Sequence[Due]) -> dict[str, str]:
        return FallBack(DEPLOYMENT, self.store, self.jobs)(late)

    @property
    def launched(self) -> list[dict[str, Any]]:
        return [body["launchParameter"] for body in self.api.launches]


@pytest.fixture
def falling(api: FakeDataflow) -> Falling:
    return Falling(api)


def late(file: Path, until: datetime) -> list[Due]:
    return dues(load_schedules(file, now=until), until)


def test_an_entry_is_one_job_and_those_that_start_jobs_are_left_alone(falling: Falling, file: Path) -> None:
    assert falling.fall_back(late(file, at(12))) == {"phase6-night": "batch job phase6-night was launched"}
    [sent] = falling.launched
    assert sent["jobName"] == "phase6-night"
    assert sent["containerSpecGcsPath"] == DEPLOYMENT.template
    assert sent["parameters"]["completion_topic"] == DEPLOYMENT.completion_topic
    assert json.loads(sent["parameters"]["request"]) == {
        "export_types": ["predictions", "tonight"],
        "target_date": "2026-02-03",
    }


def test_it_is_launched_once_for_each_of_its_times(falling: Falling, file: Path) -> None:
    for hour in (11, 12):
        said = falling.fall_back(late(file, at(hour)))
    assert said == {"phase6-night": "batch job phase6-night was launched for it before"}
    assert len(falling.launched) == 1
    falling.fall_back(late(file, at(13)))
    falling.fall_back(late(file, at(14)))
    assert len(falling.launched) == 2


def test_what_was_due_before_the_league_day_began_is_launched_for_its_own_date(falling: Falling, file: Path) -> None:
    """The night of 13:00 that is found late the next morning is not that of the next day."""
    falling.fall_back(late(file, at(5, day=4)))
    assert json.loads(falling.launched[0]["parameters"]["request"])["target_date"] == "2026-02-03"


def test_the_job_understands_what_it_is_given(falling: Falling, file: Path) -> None:
    falling.fall_back(late(file, at(12)))
    argv = [f"--{name}={value}" for name, value in falling.launched[0]["parameters"].items()]
    _, config = parse_run(argv, known_types=tuple(exports()), groups=groups(), now=at(12))
    assert config.request.export_types == ("predictions", "tonight")


def test_a_launch_that_fails_is_tried_again_by_the_next_verification(falling: Falling, file: Path) -> None:
    falling.api.refusal = (503, "not now")
    said = falling.fall_back(late(file, at(12)))["phase6-night"]
    assert said.startswith("batch job phase6-night could not be launched (")
    assert "not now" in said
    assert said.endswith("): run phase6 launch --export_types=tonight --target_date=2026-02-03")
    falling.api.refusal = None
    assert falling.fall_back(late(file, at(12, 30))) == {"phase6-night": "batch job phase6-night was launched"}
    assert len(falling.launched) == 1


def test_a_job_of_the_name_that_is_running_is_the_launch(falling: Falling, file: Path) -> None:
    falling.api.refusal = (409, "a job phase6-night is running")
    assert falling.fall_back(late(file, at(12))) == {"phase6-night": "batch job phase6-night was launched"}
    falling.api.refusal = None
    falling.fall_back(late(file, at(12, 30)))
    assert falling.launched == []


def test_without_credentials_the_reason_is_said(file: Path) -> None:
    def jobs() -> Jobs:
        raise DataflowError("no credentials")

    said = FallBack(DEPLOYMENT, MemoryStore(), jobs)(late(file, at(12)))
    assert "could not be launched (no credentials)" in said["phase6-night"]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"due": "noon"}', b"[]"])
def test_a_record_that_cannot_be_read_does_not_hold_a_launch_back(falling: Falling, file: Path, content: bytes) -> None:
    falling.store.write("fallbacks/phase6-night.json", content, cache_control="no-store")
    falling.fall_back(late(file, at(12)))
    assert len(falling.launched) == 1


def test_of_two_entries_that_call_for_the_same_types_the_later_one_is_launched(falling: Falling) -> None:
    """After an outage of a day, the pictures of morning, midday and evening are one job."""
    schedules = load_schedules(now=at(18))
    late_ones = dues(schedules, at(18))
    falling.fall_back([due for due in late_ones if due.export in ("tonight", "predictions", "tonight-players")])
    assert [sent["jobName"] for sent in falling.launched] == ["phase6-tonight-pregame"]


def test_every_entry_of_the_file_can_fall_back(falling: Falling) -> None:
    schedules = [replace(schedule, door=Door.STREAM) for schedule in load_schedules(now=at(18))]
    streamed = {schedule.name for schedule in load_schedules(now=at(18)) if schedule.door == Door.STREAM}
    for hour in (6, 8, 11, 13, 17, 23):
        falling.fall_back(dues(schedules, at(hour, 30)))
    assert streamed <= {sent["jobName"] for sent in falling.launched}


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        ((), '--launch_late: "deploy/settings.env" means nothing without --schedules; add it'),
        (("--schedules=deploy/schedules.yaml",), "has jobs that write to gs://my-project-api/v1, not to "),
        (("--schedules=deploy/schedules.yaml", "--launch_late=none.env"), "is no file; name the settings"),
        (("--schedules=deploy/schedules.yaml", "--launch_late=deploy/Dockerfile"), "names no setting"),
    ],
)
def test_settings_that_cannot_be_used_are_rejected(
    argv: tuple[str, ...], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [f"--output={tmp_path}", "--target_date=today", *argv]
    if not any(each.startswith("--launch_late") for each in argv):
        asked.append("--launch_late=deploy/settings.env")
    assert main(asked, now=at(12)) == REJECTED
    assert says in capsys.readouterr().err


def test_a_finding_says_that_it_was_launched_and_a_run_ends_it(
    falling: Falling, file: Path, league: League, tmp_path: Path
) -> None:
    store, schedules = published_in(tmp_path / "out"), load_schedules(file, now=at(12))
    falling.store = store

    def problems(now: datetime) -> list[str]:
        found = Verification()
        check_freshness(store, schedules, now, found, falling.fall_back)
        return [problem for problem in found.problems if "phase6-night" in problem]

    first, second = problems(at(12))
    assert first == (
        "2026-02-03 predictions: was due 2026-02-03 11:00 from phase6-night (door: stream), and no run has made it; "
        "batch job phase6-night was launched, and start the streaming job where it does not run: "
        "EXECUTE=1 deploy/stream.sh"
    )
    assert second.startswith("2026-02-03 tonight: ")
    for name in ("predictions", "tonight"):
        run_in_process(begun(plan_of(name, first=league.today), at(12, 5)), league.warehouse, store)
    assert problems(at(12, 30)) == []
    assert len(falling.launched) == 1
