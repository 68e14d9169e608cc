"""Whether each export type was made since it was due, by schedules and by the runs that manifests name."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from exporters.registry import together
from pipeline.deployment.launch import parse_launch
from pipeline.deployment.schedule_file import Schedule, load_schedules
from pipeline.execution.in_process import run_in_process
from pipeline.operations.verify import DIFFERENT, OK, REJECTED, main
from pipeline.planning.planner import begun
from pipeline.requests.clock import LEAGUE_ZONE
from pipeline.verification.finding import Verification
from pipeline.verification.freshness import Due, check_freshness, dues
from tests.support.plans import plan_of
from tests.support.stores import published_in
from tests.support.warehouses import League
from transforms.stores.control import ControlledStore
from transforms.stores.folder import LocalStore

FILE = """\
time_zone: America/New_York
jobs:
  phase6-night:
    why: The night.
    cron: "0 11,13 * * *"
    request: {export_types: [predictions], target_date: today}
  phase6-results:
    why: The night before.
    cron: "15 6 * * *"
    request: {export_types: [results], target_date: yesterday}
"""
STREAMED = FILE.replace("    cron:", "    door: stream\n    cron:")
NOON = datetime(2026, 2, 11, 12, tzinfo=ZoneInfo(LEAGUE_ZONE))
DUES = dues(load_schedules(now=NOON), NOON)
"""By the file of the deployment."""


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(LEAGUE_ZONE))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "schedules.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def test_what_is_due_is_of_the_day_of_its_time(file: Path) -> None:
    """At three in the morning the day is still that of the evening before; what was due is of the times themselves."""
    schedules = load_schedules(file, now=at("2026-02-11T03:00"))
    found = {due.export: (due.day, due.at) for due in dues(schedules, at("2026-02-11T03:00"))}
    assert found["predictions"] == (date(2026, 2, 10), at("2026-02-10T13:00"))
    assert found["results"] == (date(2026, 2, 9), at("2026-02-10T06:15"))


def test_of_two_schedules_of_a_type_the_later_time_counts(file: Path) -> None:
    file.write_text(FILE.replace("[results], target_date: yesterday", "[predictions], target_date: yesterday"))
    schedules = load_schedules(file, now=at("2026-02-11T12:00"))
    assert [(due.day, due.at) for due in dues(schedules, at("2026-02-11T12:00"))] == [
        (date(2026, 2, 11), at("2026-02-11T11:00"))
    ]


class Evening:
    """A league whose night, and the night before, were exported at some times of the night's date."""

    def __init__(self, league: League, root: Path) -> None:
        self.league, self.day, self.root = league, league.today, root
        self.store: ControlledStore = published_in(root)

    def hour(self, hour: int, minute: int = 0) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, hour, minute, tzinfo=ZoneInfo(LEAGUE_ZONE))

    def export(self, name: str, day: date, began: datetime) -> None:
        run_in_process(begun(plan_of(name, first=day), began), self.league.warehouse, self.store)

    def late(self, schedules: list[Schedule], until: datetime) -> list[str]:
        found = Verification()
        check_freshness(self.store, schedules, until, found)
        return found.problems


@pytest.fixture
def evening(league: League, tmp_path: Path) -> Evening:
    evening = Evening(league, tmp_path / "out")
    evening.export("results", evening.day - timedelta(days=1), evening.hour(6, 16))
    evening.export("predictions", evening.day, evening.hour(11, 1))
    return evening


def test_a_type_is_late_once_its_next_time_has_passed(evening: Evening, file: Path) -> None:
    schedules = load_schedules(file, now=evening.hour(12))
    assert evening.late(schedules, evening.hour(12, 59)) == []
    assert evening.late(schedules, evening.hour(13)) == [
        f"{evening.day} predictions: was due {evening.day} 13:00 from phase6-night (door: job), "
        f"and the last run of it began {evening.day} 11:01; run phase6 launch --export_types=predictions "
        f"--target_date={evening.day}, and look for the Dataflow job phase6-night"
    ]


def test_an_entry_of_the_streaming_job_names_the_command_that_starts_it(evening: Evening, file: Path) -> None:
    file.write_text(STREAMED, encoding="utf-8")
    assert evening.late(load_schedules(file, now=evening.hour(12)), evening.hour(13)) == [
        f"{evening.day} predictions: was due {evening.day} 13:00 from phase6-night (door: stream), "
        f"and the last run of it began {evening.day} 11:01; run phase6 launch --export_types=predictions "
        f"--target_date={evening.day}, and start the streaming job where it does not run: EXECUTE=1 deploy/stream.sh"
    ]


def test_a_request_that_equals_one_of_the_two_minutes_before_needs_no_run_of_its_own(
    evening: Evening, file: Path
) -> None:
    """The streaming job answers it only if a table has changed; a batch job always runs."""
    evening.export("predictions", evening.day, evening.hour(12, 58))
    for text, late in ((STREAMED, 0), (FILE, 1)):
        file.write_text(text, encoding="utf-8")
        assert len(evening.late(load_schedules(file, now=evening.hour(12)), evening.hour(14))) == late
    evening.store.delete(f"manifest/{evening.day}.json")
    evening.export("predictions", evening.day, evening.hour(12, 57))
    file.write_text(STREAMED, encoding="utf-8")
    assert len(evening.late(load_schedules(file, now=evening.hour(12)), evening.hour(14))) == 1


@pytest.mark.parametrize("due", [pytest.param(due, id=due.export) for due in DUES])
def test_the_command_is_understood_and_makes_the_type(due: Due) -> None:
    arguments = due.command.split()
    assert arguments[:2] == ["phase6", "launch"]
    request = parse_launch(arguments[2:], now=due.at).config.request
    assert due.export in together(request.export_types)
    assert request.dates == (() if request.players else (due.day,))


def test_a_run_that_changes_nothing_counts(evening: Evening, file: Path) -> None:
    evening.export("predictions", evening.day, evening.hour(13, 2))
    assert evening.late(load_schedules(file, now=evening.hour(12)), evening.hour(14)) == []


def test_a_run_of_another_night_or_type_does_not_count(evening: Evening, file: Path) -> None:
    evening.export("predictions", evening.day - timedelta(days=1), evening.hour(13, 2))
    evening.export("tonight", evening.day, evening.hour(13, 3))
    assert len(evening.late(load_schedules(file, now=evening.hour(12)), evening.hour(14))) == 1


def test_a_night_that_no_run_made_is_late(evening: Evening, file: Path) -> None:
    tomorrow = evening.hour(6, 30) + timedelta(days=1)
    evening.store.delete(f"manifest/{evening.day}.json")
    (results, predictions) = sorted(evening.late(load_schedules(file, now=tomorrow), tomorrow), key=len, reverse=True)
    assert "no run has made it" in results
    assert "no run has made it" in predictions


def test_the_command_line(evening: Evening, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert isinstance(evening.store.public, LocalStore)
    argv = [f"--output={evening.root}", "--target_date=today", f"--schedules={file}"]
    assert main(argv, now=evening.hour(13, 44).astimezone(timezone.utc)) == OK, capsys.readouterr().out
    assert main(argv, now=evening.hour(13, 45).astimezone(timezone.utc)) == DIFFERENT
    out = capsys.readouterr().out
    assert f"13:00 from phase6-night (door: job), and the last run of it began {evening.day} 11:01" in out
    assert main([*argv, "--late_minutes=60"], now=evening.hour(13, 45)) == OK
    assert main(argv[:2], now=evening.hour(13, 45)) == OK


@pytest.mark.parametrize(
    ("dates", "content", "says"),
    [
        (["--target_date=yesterday"], FILE, "--schedules: "),
        (["--target_date=today"], None, "is no file"),
        (["--target_date=today"], "jobs: [", "is not YAML"),
        (["--target_date=today"], FILE.replace("results", "resluts"), "did you mean results?"),
    ],
)
def test_schedules_that_cannot_be_used_are_rejected(
    dates: list[str], content: str | None, says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "schedules.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert main([f"--output={tmp_path / 'out'}", *dates, f"--schedules={path}"]) == REJECTED
    assert says in capsys.readouterr().err
