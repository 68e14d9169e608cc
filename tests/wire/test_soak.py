"""Seeded scenarios on the GCS emulator, where requests and answers are broken on their way as well."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable

import pytest

from tests.soak.scenario import World, carry_out_in, scenario_of
from tests.wire.gate import Fault, Forward, Gate, Request, Response, damage, lose, refuse, reset, truncate
from tests.wire.services import BUCKET, HASTY
from transforms.stores.control import ControlledStore
from transforms.stores.gcs import GcsStore
from transforms.stores.protocol import Store

PERCENT = 4
"""Of the requests are broken."""
SEEDS = range(4)


def page(forward: Forward) -> Response:
    """Something on the way answers with a page of its own."""
    return Response(200, b"<html><body>Sign in</body></html>", [("Content-Type", "text/html")])


WAYS: dict[str, Fault] = {
    "503": refuse(503),
    "429": refuse(429),
    "reset before": reset,
    "reset after": lose(0),
    "503 after": lose(503),
    "cut off": truncate,
    "damaged": damage,
    "HTML": page,
}


def bucket(url: str, prefix: str) -> Store:
    names = (BUCKET, f"{BUCKET}-control")
    return ControlledStore(*(GcsStore(name, prefix, concurrency=1, endpoint=url, retry=HASTY) for name in names))


def counted(met: Counter[str], name: str) -> Fault:
    def act(forward: Forward) -> Response:
        met[name] += 1
        return WAYS[name](forward)

    return act


def break_some(gate: Gate, seed: int, met: Counter[str]) -> Callable[[], None]:
    """Break some of the requests from now on, and return what ends that."""
    chance, is_calm = random.Random(seed), threading.Event()

    def is_broken(request: Request) -> bool:
        return not is_calm.is_set() and chance.random() * 100 < PERCENT

    gate.inject(*(counted(met, chance.choice(list(WAYS))) for _ in range(1000)), where=is_broken)
    return is_calm.set


@pytest.mark.parametrize("seed", SEEDS)
def test_seeded_scenario_on_a_bucket_breaks_no_rule(seed: int, gate: Gate, gcs_url: str, prefix: str) -> None:
    met: Counter[str] = Counter()
    calm = break_some(gate, seed, met)
    world = World(bucket(gcs_url, prefix), through=bucket(gate.url, prefix), calm=calm)
    found = carry_out_in(world, scenario_of(seed))
    assert not found.violations
    assert met.total() > 10
