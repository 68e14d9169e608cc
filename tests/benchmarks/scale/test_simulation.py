from __future__ import annotations

import math

import pytest

from benchmarks.scale.prices import (
    CREATES_PER_SECOND,
    DOUBLING_SECONDS,
    IN_FLIGHT,
    READS_PER_SECOND,
    REQUEST_SECONDS,
)
from benchmarks.scale.simulation import (
    CPU,
    FLIGHT,
    KEYS,
    LARGEST,
    ONE_OBJECT,
    RAMP,
    Fleet,
    Run,
    Step,
    permitted,
    simulate,
)

ENOUGH = Fleet(vcpus=100_000)


def longest(run: Run) -> str:
    return run.bound.most_common(1)[0][0]


@pytest.mark.parametrize(
    ("step", "fleet", "seconds", "bound"),
    [
        (Step("s", cpu=1000.0), Fleet(8), 125.0, CPU),
        (Step("s", cpu=1000.0), Fleet(7), 1000 / 7, CPU),
        (Step("s", cpu=1000.0, keys=4), Fleet(8), 250.0, KEYS),
        (Step("s", cpu=1000.0, keys=8, largest=0.5), Fleet(8), 500.0, LARGEST),
        (Step("s", cpu=0.0, creates=1_000_000), Fleet(1), 1_000_000 * REQUEST_SECONDS / IN_FLIGHT, FLIGHT),
        (Step("s", cpu=1.0, reads=50_000), ENOUGH, 50_000 / READS_PER_SECOND, "reads of a bucket"),
        (Step("s", cpu=1.0, creates=10, to_one_object=90), Fleet(4), 90.0, ONE_OBJECT),
    ],
    ids=["CPU", "CPU, a broken second", "keys", "largest key", "requests in flight", "reads", "one object"],
)
def test_a_step_takes_what_the_closed_form_says(step: Step, fleet: Fleet, seconds: float, bound: str) -> None:
    run = simulate([step], fleet)
    assert run.seconds == pytest.approx(seconds)
    assert longest(run) == bound
    assert run.cpu == pytest.approx(step.cpu)
    assert sum(run.accepted) == pytest.approx(step.creates)
    assert run.refused == 0


def test_steps_follow_each_other_after_the_start() -> None:
    steps = [Step("a", cpu=80.0), Step("b", cpu=40.0)]
    run = simulate(steps, Fleet(8, start_seconds=300))
    assert run.seconds == pytest.approx(300 + 10 + 5)
    assert run.by_step == pytest.approx({"a": 10.0, "b": 5.0})


def test_nothing_to_do_takes_no_longer_than_the_start() -> None:
    assert simulate([Step("a", cpu=0.0)], Fleet(8, start_seconds=60)).seconds <= 61


@pytest.mark.parametrize("buckets", [1, 3])
@pytest.mark.parametrize("creates", [5e5, 5e6, 4e7])
def test_a_bucket_never_accepts_more_than_the_ramp(creates: float, buckets: int) -> None:
    run = simulate([Step("s", cpu=creates / 1000, creates=creates)], Fleet(100_000, buckets=buckets))
    base = CREATES_PER_SECOND * buckets
    for second, accepted in enumerate(run.accepted):
        doublings = second // DOUBLING_SECONDS
        assert accepted <= base * 2**doublings * (1 + 1e-9), second
    assert sum(run.accepted) == pytest.approx(creates)
    assert run.refused > 0
    assert longest(run) == RAMP


def test_the_rate_may_double_only_where_it_was_used() -> None:
    idle = [0.0] * (3 * DOUBLING_SECONDS)
    assert permitted(idle) == CREATES_PER_SECOND
    assert permitted([]) == CREATES_PER_SECOND
    used = [900.0] * DOUBLING_SECONDS
    assert permitted(used[:-1]) == CREATES_PER_SECOND
    assert permitted(used) == 1800.0
    assert permitted([*used, *idle]) == CREATES_PER_SECOND


def test_a_ramp_that_binds_takes_little_more_than_its_closed_form() -> None:
    creates = 3 * CREATES_PER_SECOND * DOUBLING_SECONDS
    run = simulate([Step("s", cpu=1.0, creates=creates)], ENOUGH)
    assert 2 * DOUBLING_SECONDS <= run.seconds < 2 * DOUBLING_SECONDS * 1.35


def test_more_workers_do_not_help_where_the_ramp_binds() -> None:
    step = Step("s", cpu=50_000.0, creates=2e7)
    few, many = (simulate([step], Fleet(vcpus)) for vcpus in (400, 800))
    assert many.seconds == pytest.approx(few.seconds, rel=0.1)
    assert longest(many) == RAMP


def test_more_workers_help_where_cpu_binds() -> None:
    step = Step("s", cpu=50_000.0, creates=100_000)
    few, many = (simulate([step], Fleet(vcpus)) for vcpus in (10, 20))
    assert many.seconds == pytest.approx(few.seconds / 2)


def test_buckets_help_where_the_ramp_binds() -> None:
    step = Step("s", cpu=50_000.0, creates=2e7)
    one, ten = (simulate([step], Fleet(800, buckets=buckets)) for buckets in (1, 10))
    assert ten.seconds < one.seconds / 2


def test_what_is_refused_is_tried_again_and_not_lost() -> None:
    run = simulate([Step("s", cpu=10.0, creates=3e5)], ENOUGH)
    assert sum(run.accepted) == pytest.approx(3e5)
    assert run.seconds >= 3e5 / CREATES_PER_SECOND
    assert math.isfinite(run.refused)
