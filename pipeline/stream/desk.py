"""Which requests are answered, which are duplicates, and which wait: decided without clock, Beam or I/O.

A request is answered at once. An equal one that was published before that answer began to read is a duplicate: whatever
it announces was read. An equal one that comes later, within the quiet period, may announce something new, so it waits
for the end of the period, and takes the place of one that waits already; then it is answered, unless no table has
changed. A burst therefore costs one export, and a second one only where it brought something.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from pipeline.stream.messages import Asked

REDELIVERY_SECONDS = 900.0
"""For how long the id of a message is remembered: longer than Pub/Sub takes to deliver one again after its deadline."""
CLOCK_SKEW_SECONDS = 1.0
"""By how much the clocks of publisher and worker may differ."""


@dataclass(frozen=True)
class Answered:
    """The last answer to a request.

    Attributes:
        key: What was asked for.
        run_id: The run that answered it.
        read_at: When the run began to read, in seconds since 1970.
        quiet_until: Until when equal requests cost no export of their own.
        inputs: Digest of the versions of the tables that were read; empty where they are unknown.
        again: Something failed that may go well the next time.
    """

    key: str
    run_id: str
    read_at: float
    quiet_until: float
    inputs: str = ""
    again: bool = False


@dataclass(frozen=True)
class Waiting:
    """A request that waits for the end of the quiet period."""

    asked: Asked
    until: float


@dataclass(frozen=True)
class Decision:
    """What to do about a request.

    Attributes:
        action: ``answer``, ``duplicate``, ``wait``, or ``redelivered`` for a message that was settled before.
        of: The answer that it duplicates or waits for; None for ``answer``.
        superseded: A waiting request whose place it takes.
    """

    action: str
    of: Answered | None = None
    superseded: Asked | None = None


@dataclass
class Desk:
    """What is remembered between requests; it forgets everything in time.

    Attributes:
        quiet_seconds: For how long equal requests cost one export.
        answered: The last answers, by key.
        waiting: By key.
        seen: Until when to remember the ids of messages that were received.
    """

    quiet_seconds: float
    answered: dict[str, Answered] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)

    def receive(self, asked: Asked, published: float, now: float) -> Decision:
        """Return what to do about a request, and remember it.

        Args:
            asked: The request.
            published: When it was asked, in seconds since 1970.
            now: The current time, likewise.
        """
        self.forget(now)
        if asked.message_id in self.seen:
            return Decision("redelivered")
        self.seen[asked.message_id] = now + REDELIVERY_SECONDS
        before = self.answered.get(asked.key)
        if before is None or before.quiet_until <= now:
            return Decision("answer")
        if published < before.read_at - CLOCK_SKEW_SECONDS and not before.again:
            return Decision("duplicate", of=before)
        earlier = self.waiting.get(asked.key)
        self.waiting[asked.key] = Waiting(asked, before.quiet_until)
        return Decision("wait", of=before, superseded=None if earlier is None else earlier.asked)

    def settle(self, key: str, *, run_id: str, read_at: float, now: float, inputs: str, again: bool) -> None:
        """Remember that a request was answered, and let the quiet period begin."""
        self.answered[key] = Answered(key, run_id, read_at, now + self.quiet_seconds, inputs, again)

    def due(self, now: float) -> list[tuple[Asked, Answered | None]]:
        """Take out the requests whose quiet period is over, each with the answer that it waited for."""
        found = sorted((waiting.until, key) for key, waiting in self.waiting.items() if waiting.until <= now)
        return [(self.waiting.pop(key).asked, self.answered.get(key)) for _, key in found]

    def forget(self, now: float) -> None:
        """Forget what no request can refer to any more."""
        self.answered = {
            key: answer for key, answer in self.answered.items() if key in self.waiting or answer.quiet_until > now
        }
        self.seen = {name: until for name, until in self.seen.items() if until > now}

    def wake_at(self) -> float | None:
        """Return when somebody's wait is over or, with nobody waiting, when all is forgotten; None when that is now."""
        if self.waiting:
            return min(waiting.until for waiting in self.waiting.values())
        return max((*self.seen.values(), *(answer.quiet_until for answer in self.answered.values())), default=None)

    def encoded(self) -> bytes:
        """Return what is remembered as JSON."""
        return orjson.dumps(
            {
                "answered": [asdict(answer) for answer in self.answered.values()],
                "waiting": [asdict(waiting) for waiting in self.waiting.values()],
                "seen": self.seen,
            }
        )

    @classmethod
    def decoded(cls, quiet_seconds: float, encoded: bytes | None) -> Desk:
        """Return the desk that :meth:`encoded` wrote; an empty one for None."""
        if encoded is None:
            return cls(quiet_seconds)
        found: dict[str, Any] = orjson.loads(encoded)
        answered = [Answered(**entry) for entry in found["answered"]]
        waiting = [Waiting(Asked(**entry["asked"]), entry["until"]) for entry in found["waiting"]]
        return cls(
            quiet_seconds,
            {answer.key: answer for answer in answered},
            {entry.asked.key: entry for entry in waiting},
            found["seen"],
        )
