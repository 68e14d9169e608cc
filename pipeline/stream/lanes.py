"""Lanes: the requests of one date, one after the other; requests of different dates never wait for each other.

The key of a request is its league and its date. A request over a range has a lane of its own, as
``nba/2026-01-01..2026-01-03``, so that a night never waits for a backfill; where two lanes share a date, the lease of
the date orders their publishing. Requests about players, which have no date, share one lane.

A lane holds the requests that have arrived, and a :class:`~pipeline.stream.coalescing.RequestCoalescer`. Its state is a
journal: a bag of small records, a few for each request. A record is added without reading the others, and the journal
is written anew when most of its records are history. The cost of a message is therefore the same however many wait.

A lane in memory is kept with the token of its state. The token is new at every change, so a lane in memory is used only
where it shows what the state says. Otherwise it is made from the journal.
"""

from __future__ import annotations

import heapq
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, ClassVar, Protocol

import orjson

from exporters.config.leagues import NBA
from exporters.registry import exports
from pipeline.stream.coalescing import Answered, Change, RequestCoalescer
from pipeline.stream.messages import Asked

LIVE_IN_A_ROW = 4
"""Live requests that are answered before another one of the lane has its turn."""
_MOST_HELD = 128
"""Lanes in the memory of a process."""
_HISTORY = 64
"""Records of a journal that may be history, besides as many as are not."""


def lane_of(request: Mapping[str, Any]) -> str:
    """Return the lane of a request, given in its JSON form."""
    league = request.get("league", NBA.name)
    if "target_date" in request:
        return f"{league}/{request['target_date']}"
    if "start_date" in request:
        return f"{league}/{request['start_date']}..{request['end_date']}"
    return f"{league}/players"


def is_live(asked: Asked) -> bool:
    """Whether a request is for live types only, which go before others."""
    known = exports()
    names = asked.request.get("export_types", ())
    return bool(names) and all(name in known and known[name].is_live for name in names)


class Lane:
    """The requests of one lane.

    Attributes:
        coalescer: Merges equal requests.
        recorded: Records in the journal.
    """

    def __init__(self, quiet_seconds: float) -> None:
        """Make an empty lane."""
        self.coalescer = RequestCoalescer(quiet_seconds)
        self.recorded = 0
        self._queued: dict[int, Asked] = {}
        self._order: tuple[list[int], list[int]] = ([], [])
        self._keys: Counter[str] = Counter()
        self._arrivals = 0
        self._live_in_a_row = 0
        self._changes: list[Change] = []

    @classmethod
    def replay(cls, quiet_seconds: float, records: Iterable[bytes]) -> Lane:
        """Return the lane that a journal describes."""
        lane = cls(quiet_seconds)
        # A bag has no order.
        for record in sorted(map(orjson.loads, records), key=lambda record: record["n"]):
            lane.recorded += 1
            if "queued" in record:
                lane._enqueue(record["queued"][0], Asked.from_json(record["queued"][1]))
            elif "left" in record:
                lane._leave(record["left"])
            else:
                lane.coalescer.apply(record)
        return lane

    @property
    def size(self) -> int:
        """What is not history: requests, answers, and ids."""
        held = self.coalescer
        return len(self._queued) + len(held.answered) + len(held.waiting) + len(held.seen)

    @property
    def is_busy(self) -> bool:
        """Whether it holds requests, arrived or waiting."""
        return bool(self._queued or self.coalescer.waiting)

    @property
    def has_live(self) -> bool:
        """Whether a live request is to be answered."""
        return bool(self._first(0))

    def requests(self) -> list[Asked]:
        """Return the requests that it holds, arrived or waiting."""
        return [*self._queued.values(), *(waiting.asked for waiting in self.coalescer.waiting.values())]

    def add(self, asked: Asked) -> None:
        """Add a request that has arrived."""
        number = self._arrivals
        self._enqueue(number, asked)
        self._changes.append({"queued": [number, asdict(asked)]})

    def take(self, now: float, *, drained: bool = False) -> tuple[Asked, Answered | None, bool] | None:
        """Take out the next request; None when there is none.

        Live requests go first. Of the others, those whose wait is over go before those that have arrived, unless an
        equal one has arrived, too.

        Args:
            now: The current time.
            drained: Whether those that wait are taken before their time.

        Returns:
            The request, the answer that it waited for, and whether it has waited.
        """
        live, other = self._first(0), self._first(1)
        turn_of_others = self._live_in_a_row >= LIVE_IN_A_ROW
        due = self.coalescer.first_due()
        if due is not None and (due.asked.key in self._keys or (due.until > now and not drained)):
            due = None
        if live and not (turn_of_others and (other or due)):
            self._live_in_a_row += 1
            return self._pop(live[0]), None, False
        self._live_in_a_row = 0
        if due is not None:
            return (*self.coalescer.take(due.asked.key), True)
        return (self._pop(other[0]), None, False) if other else None

    def wake_at(self, now: float) -> float | None:
        """Return when a request is to be answered, or state expires; None without either."""
        return now if self._queued else self.coalescer.wake_at()

    def take_changes(self) -> list[Change]:
        """Return what has changed, once."""
        found, self._changes = [*self._changes, *self.coalescer.take_changes()], []
        return found

    def snapshot(self) -> list[Change]:
        """Return the changes that make this lane from an empty one."""
        queued = [{"queued": [number, asdict(asked)]} for number, asked in sorted(self._queued.items())]
        return [*queued, *self.coalescer.snapshot()]

    def adopt(self, encoded: bytes) -> None:
        """Take over what an earlier release has kept as one value."""
        for change in RequestCoalescer.decoded(self.coalescer.quiet_seconds, encoded).snapshot():
            self.coalescer.apply(change)
            self._changes.append(change)

    def _enqueue(self, number: int, asked: Asked) -> None:
        self._queued[number] = asked
        heapq.heappush(self._order[0 if is_live(asked) else 1], number)
        self._keys[asked.key] += 1
        self._arrivals = max(self._arrivals, number + 1)

    def _leave(self, number: int) -> Asked:
        asked = self._queued.pop(number)
        self._keys[asked.key] -= 1
        if not self._keys[asked.key]:
            del self._keys[asked.key]
        return asked

    def _pop(self, number: int) -> Asked:
        self._changes.append({"left": number})
        return self._leave(number)

    def _first(self, kind: int) -> list[int]:
        """Return the queue of a kind, whose first one is still there."""
        order = self._order[kind]
        while order and order[0] not in self._queued:
            heapq.heappop(order)
        return order


class Journal(Protocol):
    """A bag of records; Beam's state, or a fake of it."""

    def read(self) -> Iterable[bytes]:
        """Return every record, in any order."""

    def add(self, value: bytes) -> None:
        """Add a record."""

    def clear(self) -> None:
        """Remove every record."""


class Token(Protocol):
    """A small value."""

    def read(self) -> bytes | None:
        """Return it; None when there is none."""

    def write(self, value: bytes) -> None:
        """Replace it."""

    def clear(self) -> None:
        """Remove it."""


class Lanes:
    """The lanes in the memory of this process, by the token of the state that each shows."""

    _lock = threading.Lock()
    _held: ClassVar[OrderedDict[bytes, Lane]] = OrderedDict()

    @classmethod
    def load(cls, journal: Journal, token: Token, quiet_seconds: float) -> Lane:
        """Return the lane of a state."""
        found = token.read()
        if found is None:
            return Lane(quiet_seconds)
        with cls._lock:
            # Nothing else may change it meanwhile.
            lane = cls._held.pop(found, None)
        return lane or Lane.replay(quiet_seconds, journal.read())

    @classmethod
    def save(cls, lane: Lane, journal: Journal, token: Token) -> None:
        """Record what has changed in a lane."""
        changes = lane.take_changes()
        if not lane.size:
            journal.clear()
            token.clear()
            return
        if lane.recorded + len(changes) > 2 * lane.size + _HISTORY:
            journal.clear()
            changes, lane.recorded = lane.snapshot(), 0
        for change in changes:
            journal.add(orjson.dumps({"n": lane.recorded, **change}))
            lane.recorded += 1
        name = secrets.token_bytes(8)
        token.write(name)
        with cls._lock:
            cls._held[name] = lane
            while len(cls._held) > _MOST_HELD:
                cls._held.popitem(last=False)
