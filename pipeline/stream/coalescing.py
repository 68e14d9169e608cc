"""Merges equal requests that arrive within ``quiet_seconds``, without clock, Beam or I/O.

A request is answered at once. An equal one that was published before that answer began to read is a duplicate: whatever
it announces was read. An equal one that arrives later, within the quiet period, may announce new rows. It waits for the
end of the period and replaces one that waits already. Then it is answered, unless no table has
changed. A burst therefore costs one export, and a second one only where it brought something.

No call costs more when more requests wait. What a call changes is a few small records, from which
:meth:`RequestCoalescer.apply` makes the same state again.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import orjson

from pipeline.stream.messages import Asked

Change = dict[str, Any]
"""One change of the state, as JSON values."""
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
        changes: What has changed since the last :meth:`take_changes`.
    """

    quiet_seconds: float
    answered: dict[str, Answered] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list, compare=False)
    _waits: list[tuple[float, str]] = field(default_factory=list, compare=False, repr=False)
    _expiries: list[tuple[float, str, str]] = field(default_factory=list, compare=False, repr=False)
    _last_expiry: float = field(default=0.0, compare=False, repr=False)

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
        self.see(asked.message_id, now)
        before = self.answered.get(asked.key)
        if before is not None and before.quiet_until <= now:
            before = None
        if before is not None and published < before.read_at - CLOCK_SKEW_SECONDS and not before.again:
            return Decision("duplicate", asked, of=before)
        # One that waits longer than it had to, because others were being answered, is answered now as well.
        earlier = self.waiting.get(asked.key)
        superseded = None if earlier is None else earlier.asked
        if superseded is not None:
            # One answer serves both, so it needs the smaller minimum of rows.
            rows = min(asked.min_prediction_rows, superseded.min_prediction_rows)
            asked = replace(asked, min_prediction_rows=rows)
        if before is None:
            if superseded is not None:
                self._change({"took": asked.key})
            return Decision("answer", asked, superseded=superseded)
        self._change({"waiting": asdict(Waiting(asked, before.quiet_until))})
        return Decision("wait", asked, of=before, superseded=superseded)

    def see(self, message_id: str, now: float) -> None:
        """Keep the id of a message."""
        self._change({"seen": [message_id, now + REDELIVERY_SECONDS]})

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
        self._change({"answered": asdict(Answered(key, run_id, read_at, now + quiet, inputs, again, vain))})

    def first_due(self) -> Waiting | None:
        """Return the request whose wait is over first."""
        while self._waits:
            until, key = self._waits[0]
            found = self.waiting.get(key)
            if found is not None and found.until == until:
                return found
            heapq.heappop(self._waits)
        return None

    def take(self, key: str) -> tuple[Asked, Answered | None]:
        """Take out a waiting request, with the answer that it waited for."""
        found = self.waiting[key]
        self._change({"took": key})
        return found.asked, self.answered.get(key)

    def due(self, now: float) -> list[tuple[Asked, Answered | None]]:
        """Take out the requests whose quiet period is over, each with the answer that it waited for."""
        found = []
        while (first := self.first_due()) is not None and first.until <= now:
            found.append(self.take(first.asked.key))
        return found

    def forget(self, now: float) -> None:
        """Remove expired state."""
        while self._expiries and self._expiries[0][0] <= now:
            _, kind, name = heapq.heappop(self._expiries)
            if kind == "seen":
                if self.seen.get(name, now + 1) <= now:
                    del self.seen[name]
            elif name not in self.waiting and name in self.answered and self.answered[name].quiet_until <= now:
                del self.answered[name]

    def wake_at(self) -> float | None:
        """Return when the next wait is over or, with none, when all state expires; None without state."""
        if (first := self.first_due()) is not None:
            return first.until
        return self._last_expiry if self.seen or self.answered else None

    def take_changes(self) -> list[Change]:
        """Return what has changed, once."""
        found, self.changes = self.changes, []
        return found

    def snapshot(self) -> list[Change]:
        """Return the changes that make this state from an empty one."""
        return [
            *({"answered": asdict(answer)} for answer in self.answered.values()),
            *({"waiting": asdict(waiting)} for waiting in self.waiting.values()),
            *({"seen": [name, until]} for name, until in self.seen.items()),
        ]

    def apply(self, change: Change) -> None:
        """Make a change that this or another version of the job has recorded."""
        if (answer := change.get("answered")) is not None:
            found = _answered(answer)
            self.answered[found.key] = found
            self._expire(found.quiet_until, "answered", found.key)
        if (wait := change.get("waiting")) is not None:
            waiting = Waiting(Asked.from_json(wait["asked"]), wait["until"])
            self.waiting[waiting.asked.key] = waiting
            heapq.heappush(self._waits, (waiting.until, waiting.asked.key))
        if (key := change.get("took")) and self.waiting.pop(key, None) is not None and key in self.answered:
            # It was kept for the one that waited, maybe for longer than its quiet period.
            self._expire(self.answered[key].quiet_until, "answered", key)
        if (seen := change.get("seen")) is not None:
            self.seen[seen[0]] = seen[1]
            self._expire(seen[1], "seen", seen[0])

    @classmethod
    def decoded(cls, quiet_seconds: float, encoded: bytes) -> RequestCoalescer:
        """Return the coalescer that an earlier release has kept as one value."""
        found: dict[str, Any] = orjson.loads(encoded)
        coalescer = cls(quiet_seconds)
        for kind in ("answered", "waiting"):
            for entry in found[kind]:
                coalescer.apply({kind: entry})
        for name, until in found["seen"].items():
            coalescer.apply({"seen": [name, until]})
        return coalescer

    def _change(self, change: Change) -> None:
        self.apply(change)
        self.changes.append(change)

    def _expire(self, until: float, kind: str, name: str) -> None:
        heapq.heappush(self._expiries, (until, kind, name))
        self._last_expiry = max(self._last_expiry, until)


def _answered(values: Mapping[str, Any]) -> Answered:
    """Return an answer from its fields; another version of the job may have written it, with other ones."""
    names = {known.name for known in fields(Answered)}
    return Answered(**{name: value for name, value in values.items() if name in names})
