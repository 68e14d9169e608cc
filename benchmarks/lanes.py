"""What a message costs the step that answers, in CPU time, while other requests of its lane wait.

A lane is filled with requests that wait for the quiet period. Then messages arrive, each equal to one that waits, so
that their number stays the same. A message is decoded, added to the lane, decided about, entered in the ledger, and
becomes the event of the one that it replaces; the timer of the lane fires for each. State is a bag and a value, as Beam
hands them to the step. Exports and the network are left out.

The mean counts: it holds what the journal of a lane costs when it is written anew, which the benchmark waits for.

    python -m benchmarks.lanes

Bar: a message costs the same with 10, 1,000 and 10,000 waiting, within 1.25 times.
"""

from __future__ import annotations

import gc
import itertools
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.graph import AnswerRequests
from pipeline.stream.messages import Asked

WAITING = (10, 1_000, 10_000)
MESSAGES, ROUNDS = 1_500, 12
BAR = 1.25
_START = 1_770_000_000.0
_PUBLISHED = "2026-02-02T02:40:00+00:00"


class Bag:
    """State in memory."""

    def __init__(self) -> None:
        self._values: list[bytes] = []

    def read(self) -> list[bytes]:
        """Return every value."""
        return self._values

    def add(self, value: bytes) -> None:
        """Add a value."""
        self._values.append(value)

    def clear(self) -> None:
        """Remove every value."""
        self._values = []


class Cell:
    """A value, or a timer, in memory."""

    def __init__(self) -> None:
        self._value: Any = None

    def read(self) -> Any:
        """Return it."""
        return self._value

    def write(self, value: Any) -> None:
        """Replace it."""
        self._value = value

    set = write

    def clear(self) -> None:
        """Remove it."""
        self._value = None


class Nowhere:
    """A store that takes everything and keeps nothing."""

    concurrency = 1

    def write(self, _path: str, _content: bytes, **_values: Any) -> int:
        """Take an object."""
        return 1

    def list(self, _prefix: str, **_values: Any) -> Iterator[Any]:
        """Yield nothing."""
        return iter(())

    def delete(self, _path: str, **_values: Any) -> None:
        """Do nothing."""


class Quick(Answerer):
    """Answers without an export."""

    def answer(self, asked: Asked, _before: Answered | None = None) -> Answer:
        """Return an answer."""
        return Answer({"status": "success", "message_id": asked.message_id}, "run", self.clock(), "v1")


class Waits:
    """A lane in which requests wait."""

    def __init__(self, waiting: int) -> None:
        """Fill it."""
        nothing: Any = None
        store: Any = Nowhere()
        self.waiting, self._numbers = waiting, itertools.count()
        self._step = AnswerRequests(Quick(nothing, store, "out", nothing, clock=lambda: _START), 100_000.0)
        self._step.setup()
        self._journal, self._token, self._desk, self._timer, self._drain = Bag(), Cell(), Cell(), Cell(), Cell()
        for key in range(waiting):
            # The first one is answered, and the second one waits.
            self.receive(key), self.receive(key)

    def receive(self, key: int) -> None:
        """Process a message, and fire the timer."""
        request = {
            "correlation_id": "c",
            "trigger_source": "t",
            "target_date": "2026-02-02",
            "export_types": ["tonight"],
        }
        asked = Asked(request, f"key-{key}", f"m-{next(self._numbers)}", _PUBLISHED)
        self._step.process(("lane", asked.encoded()), self._journal, self._token, self._timer, self._drain)
        for _ in self._step.answer_next("lane", self._journal, self._token, self._desk, self._timer):
            pass

    def milliseconds(self) -> float:
        """Return the CPU time of a message."""
        gc.collect()
        began = time.process_time()
        for n in range(MESSAGES):
            self.receive(n % self.waiting)
        return 1000 * (time.process_time() - began) / MESSAGES


def measure() -> dict[int, float]:
    """Return the CPU time of a message in milliseconds, by the number of those that wait."""
    lanes = [Waits(waiting) for waiting in WAITING]
    rounds = [[lane.milliseconds() for lane in lanes] for _ in range(ROUNDS)]
    return {lane.waiting: sum(found) / ROUNDS for lane, found in zip(lanes, zip(*rounds, strict=True), strict=True)}


def main(_argv: Sequence[str]) -> int:
    """Measure and print; exit code 1 above the bar."""
    logging.disable(logging.CRITICAL)
    found = measure()
    for waiting, milliseconds in found.items():
        print(f"{waiting:6,} waiting: {milliseconds:.3f} ms of CPU a message, {milliseconds / found[WAITING[0]]:.2f} x")
    return 0 if max(found.values()) <= BAR * found[WAITING[0]] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
