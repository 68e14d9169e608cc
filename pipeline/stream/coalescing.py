"""Merges equal requests that arrive within ``quiet_seconds``, without clock, Beam or I/O.

A request is answered at once. An equal one that was published before that answer began to read is a duplicate: whatever
it announces was read. An equal one that arrives later, within the quiet period, may announce new rows. It waits for the
end of the period and replaces one that waits already. Then it is answered, unless no table has
changed. A burst therefore costs one export, and a second one only where it brought something.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import orjson

from pipeline.stream.messages import Asked

REDELIVERY_SECONDS = 900.0
"""Seconds for which the id of a message is kept: longer than Pub/Sub takes to redeliver it after its deadline."""
CLOCK_SKEW_SECONDS = 1.0
"""Largest difference between the clocks of publisher and worker."""
LONGEST_QUIET_SECONDS = 3600.0
"""Longest quiet period of requests by the watch that cannot succeed yet."""


@dataclass(frozen=True)
class Answered:
    """The last answer to a request.

    Attributes:
        key: The key of the request.
        run_id: The run that answered it.
        read_at: When the run began to read, in seconds since 1970.
        quiet_until: The end of the quiet period.
        inputs: Digest of the versions of the tables that were read; empty where they are unknown.
        again: Whether a repetition may publish more: rows were missing, or a failure may be transient.
        vain: The number of vain requests by the watch in a row.
    """

    key: str
    run_id: str
    read_at: float
    quiet_until: float
    inputs: str = ""
    again: bool = False
    vain: int = 0


@dataclass(frozen=True)
class Waiting:
    """A request that waits for the end of the quiet period."""

    asked: Asked
    until: float


@dataclass(frozen=True)
class Decision:
    """The decision about a request.

    Attributes:
        action: ``answer``, ``duplicate``, ``wait``, or ``redelivered`` for a message that was settled before.
        asked: The request to answer.
        of: The answer that it duplicates or waits for; None for ``answer``.
        superseded: A waiting request that it replaces.
    """

    action: str
    asked: Asked
    of: Answered | None = None
    superseded: Asked | None = None


@dataclass
class RequestCoalescer:
    """Merges equal requests that arrive within ``quiet_seconds``. Its state expires.

    Attributes:
        quiet_seconds: Length of the quiet period, in which equal requests cost one export.
        answered: The last answers, by key.
        waiting: By key.
        seen: Expiry of the ids of received messages.
    """

    quiet_seconds: float
    answered: dict[str, Answered] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)

    def receive(self, asked: Asked, published: float, now: float) -> Decision:
        """Decide about a request, and record it.

        Args:
            asked: The request.
            published: When it was published, in seconds since 1970.
            now: The current time, likewise.
        """
        self.forget(now)
        if asked.message_id in self.seen:
            return Decision("redelivered", asked)
        self.seen[asked.message_id] = now + REDELIVERY_SECONDS
        before = self.answered.get(asked.key)
        if before is not None and before.quiet_until <= now:
            before = None
        if before is not None and published < before.read_at - CLOCK_SKEW_SECONDS and not before.again:
            return Decision("duplicate", asked, of=before)
        # One that waits longer than it had to, because others were being answered, is answered now as well.
        earlier = self.waiting.pop(asked.key, None)
        superseded = None if earlier is None else earlier.asked
        if superseded is not None:
            # One answer serves both, so it needs the smaller minimum of rows.
            rows = min(asked.min_prediction_rows, superseded.min_prediction_rows)
            asked = replace(asked, min_prediction_rows=rows)
        if before is None:
            return Decision("answer", asked, superseded=superseded)
        self.waiting[asked.key] = Waiting(asked, before.quiet_until)
        return Decision("wait", asked, of=before, superseded=superseded)

    def settle(
        self, key: str, *, run_id: str, read_at: float, now: float, inputs: str, again: bool, in_vain: bool = False
    ) -> None:
        """Record the answer to a request, and begin the quiet period.

        Args:
            key: The key of the request.
            run_id: The run that answered it.
            read_at: When it began to read.
            now: The current time.
            inputs: Digest of what it read.
            again: See :class:`Answered`.
            in_vain: The request came from the watch, which repeats it, and could not succeed yet. The quiet period then
                doubles with each repetition: the cause may last for the rest of the day.
        """
        before = self.answered.get(key)
        vain = (0 if before is None else before.vain) + 1 if in_vain else 0
        quiet = self.quiet_seconds
        if vain > 1:
            quiet = max(quiet, min(LONGEST_QUIET_SECONDS, quiet * 2.0 ** min(vain - 1, 12)))
        self.answered[key] = Answered(key, run_id, read_at, now + quiet, inputs, again, vain)

    def due(self, now: float) -> list[tuple[Asked, Answered | None]]:
        """Take out the requests whose quiet period is over, each with the answer that it waited for."""
        found = sorted((waiting.until, key) for key, waiting in self.waiting.items() if waiting.until <= now)
        return [(self.waiting.pop(key).asked, self.answered.get(key)) for _, key in found]

    def forget(self, now: float) -> None:
        """Remove expired state."""
        self.answered = {
            key: answer for key, answer in self.answered.items() if key in self.waiting or answer.quiet_until > now
        }
        self.seen = {name: until for name, until in self.seen.items() if until > now}

    def wake_at(self) -> float | None:
        """Return when the next wait is over or, with none, when all state expires; None without state."""
        if self.waiting:
            return min(waiting.until for waiting in self.waiting.values())
        return max((*self.seen.values(), *(answer.quiet_until for answer in self.answered.values())), default=None)

    def encoded(self) -> bytes:
        """Return the state as JSON."""
        return orjson.dumps(
            {
                "answered": [asdict(answer) for answer in self.answered.values()],
                "waiting": [asdict(waiting) for waiting in self.waiting.values()],
                "seen": self.seen,
            }
        )

    @classmethod
    def decoded(cls, quiet_seconds: float, encoded: bytes | None) -> RequestCoalescer:
        """Return the coalescer that :meth:`encoded` wrote; an empty one for None."""
        if encoded is None:
            return cls(quiet_seconds)
        found: dict[str, Any] = orjson.loads(encoded)
        # Another version of the job may have written it, with other fields.
        names = {known.name for known in fields(Answered)}
        answered = [Answered(**{k: v for k, v in entry.items() if k in names}) for entry in found["answered"]]
        waiting = [Waiting(Asked.from_json(entry["asked"]), entry["until"]) for entry in found["waiting"]]
        return cls(
            quiet_seconds,
            {answer.key: answer for answer in answered},
            {entry.asked.key: entry for entry in waiting},
            found["seen"],
        )
