"""A fluid model of a run: steps that follow each other, workers, and what services let through.

Time goes in seconds. In each, a step gets on by as much as the scarcest of these lets it: CPU, requests in flight, keys
that can be worked on at once, the largest key, one object that is written again and again, and what a bucket accepts.
A bucket accepts ``CREATES_PER_SECOND``, or twice the rate that it had ``DOUBLING_SECONDS`` before. What is refused
backs off, as clients do: they halve, and come back by a tenth a second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.scale.prices import (
    CREATES_PER_SECOND,
    DOUBLING_SECONDS,
    IN_FLIGHT,
    OBJECT_SECONDS,
    READS_PER_SECOND,
    REQUEST_SECONDS,
)

CPU, FLIGHT, KEYS, LARGEST, ONE_OBJECT, RAMP = (
    *("CPU", "requests in flight", "keys", "largest key", "one object", "create ramp"),
)
_WINDOW = 60


@dataclass(frozen=True)
class Step:
    """Work between two barriers of a run.

    Attributes:
        name: What it is.
        cpu: CPU seconds, with those of its requests.
        creates: Objects that are written or deleted.
        reads: Requests that read.
        keys: How much can be worked on at once: streams, shards, dates.
        largest: The share of the largest key in the step's work.
        to_one_object: Writes to the object that is written most often.
    """

    name: str
    cpu: float
    creates: float = 0.0
    reads: float = 0.0
    keys: float = float("inf")
    largest: float = 0.0
    to_one_object: float = 0.0


@dataclass(frozen=True)
class Fleet:
    """Workers.

    Attributes:
        vcpus: Of all workers together; a process each.
        start_seconds: Until the first of them works.
        buckets: Over which objects are spread evenly.
    """

    vcpus: float
    start_seconds: float = 0.0
    buckets: int = 1


@dataclass
class Run:
    """What a simulation found.

    Attributes:
        seconds: From the launch to the last object.
        cpu: CPU seconds that were worked.
        refused: Creates that a bucket refused, and that were tried again.
        peak_creates: Creates a second at most.
        bound: Seconds by what held the run up.
        by_step: Seconds by step.
        accepted: Creates in each second.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    refused: float = 0.0
    peak_creates: float = 0.0
    bound: Counter[str] = field(default_factory=Counter)
    by_step: dict[str, float] = field(default_factory=dict)
    accepted: list[float] = field(default_factory=list)


def permitted(accepted: Sequence[float], base: float = CREATES_PER_SECOND) -> float:
    """Return the creates that a bucket accepts in the next second.

    Args:
        accepted: Creates in each second so far.
        base: What it accepts at once.
    """
    end = len(accepted) - DOUBLING_SECONDS + 1
    before = accepted[max(0, end - _WINDOW) : max(0, end)]
    return max(base, 2 * max(before, default=0.0))


def simulate(steps: Iterable[Step], fleet: Fleet) -> Run:
    """Work through some steps, one after the other."""
    run = Run(seconds=fleet.start_seconds, accepted=[0.0] * int(fleet.start_seconds))
    for step in steps:
        _work(step, fleet, run)
    run.peak_creates = max(run.accepted, default=0.0)
    return run


def _work(step: Step, fleet: Fleet, run: Run) -> None:
    shares = offered_shares(step, fleet)
    offered, bound = min((share, name) for name, share in shares.items())
    began, left, pressure = run.seconds, 1.0, 1.0
    while left > 1e-12:
        share, held_by = offered * pressure, bound
        if step.creates:
            most = permitted(run.accepted, CREATES_PER_SECOND * fleet.buckets) / step.creates
            if share > most:
                run.refused += (min(share, left) - min(most, left)) * step.creates
                share, held_by, pressure = most, RAMP, max(pressure / 2, most / offered / 2)
            else:
                held_by = bound if pressure == 1.0 else RAMP
                pressure = min(1.0, pressure * 1.1)
        done = min(share, left)
        taken = done / share
        left -= done
        run.seconds += taken
        run.cpu += done * step.cpu
        run.bound[held_by] += taken
        run.accepted.append(done * step.creates)
    run.by_step[step.name] = run.seconds - began


def offered_shares(step: Step, fleet: Fleet) -> dict[str, float]:
    """Return the share of a step that is done in a second, by what limits it; the service's ramp aside."""
    processes = min(fleet.vcpus, step.keys)
    shares = {}
    if step.cpu:
        shares[CPU if fleet.vcpus <= step.keys else KEYS] = processes / step.cpu
        if step.largest:
            shares[LARGEST] = 1 / (step.largest * step.cpu)
    if step.creates or step.reads:
        shares[FLIGHT] = processes * IN_FLIGHT / REQUEST_SECONDS / (step.creates + step.reads)
    if step.reads:
        shares["reads of a bucket"] = READS_PER_SECOND * fleet.buckets / step.reads
    if step.to_one_object:
        shares[ONE_OBJECT] = 1 / (step.to_one_object * OBJECT_SECONDS)
    return shares or {CPU: 1.0}
