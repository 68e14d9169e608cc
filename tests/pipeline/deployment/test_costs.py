"""What the schedules cost through either door, and how many batch jobs they start."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from pipeline.deployment.costs import BATCH_VCPU_HOUR, costs, hourly, stream_a_day
from pipeline.deployment.schedule_file import Door, load_schedules
from pipeline.deployment.schedules import show_costs

FILE = load_schedules(now=datetime(2026, 2, 12, 18, tzinfo=timezone.utc))
ALL_JOBS = [replace(schedule, door=Door.JOB) for schedule in FILE]


def test_one_batch_job_a_week_is_left_of_123_a_day() -> None:
    assert sum(cost.starts for cost in costs(ALL_JOBS)) == pytest.approx(123.43, abs=0.005)
    assert sum(cost.starts for cost in costs(FILE)) == pytest.approx(1 / 7)


def test_both_doors_of_each_entry_have_their_price() -> None:
    found = {cost.name: cost for cost in costs(FILE)}
    news = found["phase6-quarter-hourly-news"]
    # 96 machines of 2 vCPU and 8 GB for 7 minutes each, and 96 answers of 3 s on such a machine that runs anyway.
    assert news.by_job == pytest.approx(96 * 7 / 60 * (2 * 0.056 + 8 * 0.0036))
    assert news.by_stream == pytest.approx(96 * 3 / 3600 * (2 * 0.069 + 8 * 0.0036))
    assert found["phase6-weekly-profiles"].by_stream is None


def test_the_door_changes_no_price() -> None:
    assert [(cost.by_job, cost.by_stream) for cost in costs(FILE)] == [
        (cost.by_job, cost.by_stream) for cost in costs(ALL_JOBS)
    ]


@pytest.mark.parametrize(
    ("machine", "vcpus", "gigabytes"),
    [("e2-standard-2", 2, 8), ("n2-standard-4", 4, 16), ("n2-highmem-8", 8, 64), ("e2-highcpu-16", 16, 16)],
)
def test_the_size_of_a_machine_is_in_its_name(machine: str, vcpus: int, gigabytes: int) -> None:
    assert hourly(machine, BATCH_VCPU_HOUR) == pytest.approx(vcpus * 0.056 + gigabytes * 0.0036)


def test_a_machine_of_unknown_size_has_no_price(capsys: pytest.CaptureFixture[str]) -> None:
    [cost] = costs([replace(FILE[0], machine_type="e2-medium")])
    assert cost.by_job is None


def test_they_are_printed_with_what_the_file_amounts_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_costs([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["schedule", "door", "runs", "a", "day", "$", "by", "job", "$", "by", "stream"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1 : len(FILE) + 1]}
    assert rows["phase6-quarter-hourly-news"] == ["stream", "96.00", "1.5770", "0.0133"]
    assert rows["phase6-weekly-profiles"] == ["job", "0.14", "0.0023", "-"]
    assert lines[-3:] == [
        "all of them                             123.43    2.0275       0.0171",
        "as the file says: 0.14 batch jobs a day, $0.0023 a day",
        "the streaming job costs $4.0032 a day, with or without these requests",
    ]


def test_programs_read_them_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_costs(["--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["stream"] == stream_a_day()
    assert printed["schedules"][0]["door"] == "stream"
    assert printed["schedules"][0]["by_job"] == costs(FILE)[0].by_job


def test_a_file_that_cannot_be_read_is_rejected(capsys: pytest.CaptureFixture[str]) -> None:
    assert show_costs(["--file=/none.yaml"]) == 2
    assert "none.yaml" in capsys.readouterr().err
