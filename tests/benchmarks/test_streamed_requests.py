from __future__ import annotations

import os
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.streaming import Found

JOB: Any = SimpleNamespace(pid=os.getpid())


def found(requests: int, *seconds: float) -> Found:
    made = Found(requests)
    for each in seconds:
        made.add(JOB, each, {"status": "success", "generations": {"a.json": 1, "b.json": 2}})
    return made


def test_a_long_run_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    found(5000, *[0.5] * 101)
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0].strip() for line in said] == ["50 of 5000", "100 of 5000"]
    found(20, *[0.5] * 20)
    assert len(capsys.readouterr().err.splitlines()) == 10


def test_a_run_that_was_interrupted_says_what_it_has_measured() -> None:
    made = found(5000, *[0.5] * 60, 2.0)
    made.memory[49], made.memory[-1] = 200.0, 300.0
    assert made.lines(0, 50) == [
        "61 requests for tonight-all, 2 objects each, from publish to event:",
        "  median 0.50 s, 95th percentile 0.50 s",
        "  ended as success 61",
        "  memory 200 MiB after 50, 300 MiB after 61: 1.50 x",
    ]


def test_a_rate_has_percentiles_and_memory() -> None:
    made = found(100, *(n / 100 for n in range(1, 101)))
    made.memory[19], made.memory[-1] = 100.0, 110.0
    assert made.lines(100, 20) == [
        "100 requests for tonight-all at 100 a minute over 30 dates: p50 0.50 s, p95 0.95 s, p99 0.99 s",
        "  ended as success 100",
        "  memory 100 MiB after 20, 110 MiB after 100: 1.10 x",
    ]


def test_a_request_that_failed_ends_it() -> None:
    with pytest.raises(SystemExit, match=r"ended as partial: \['no table'\]"):
        Found(1).add(JOB, 0.5, {"status": "partial", "errors": ["no table"]})
