"""The messages that one subscription has still to deliver: waiting ones and leased ones."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.api_core.exceptions import InvalidArgument

M = TypeVar("M")


@dataclass(frozen=True)
class Delivery(Generic[M]):
    """A message under the name by which it is acknowledged.

    Attributes:
        ack_id: Differs for every delivery, also of the same message.
        message: What was published.
    """

    ack_id: str
    message: M


class Backlog(Generic[M]):
    """Delivers messages at least once: one that is not acknowledged in time is delivered again, after those that wait.

    The caller sees to it that no two threads use it at a time.
    """

    def __init__(self, name: str, ack_seconds: float, clock: Callable[[], float], size: Callable[[M], int]) -> None:
        """Start empty.

        Args:
            name: Of the subscription; the start of every ack id.
            ack_seconds: How long a message is leased, unless a lease says otherwise.
            clock: Returns seconds that never go back.
            size: Returns the bytes of a message.
        """
        self.name = name
        self._ack_seconds = ack_seconds
        self._clock = clock
        self._size = size
        self._waiting: deque[M] = deque()
        self._leased: dict[str, tuple[float, M]] = {}
        self._expiries: list[tuple[float, int, str]] = []
        self._deliveries = 0

    def add(self, message: M) -> None:
        """Take a message to deliver."""
        self._waiting.append(message)

    def lease(
        self,
        max_messages: int,
        *,
        max_bytes: int | None = None,
        at_least_one: bool = True,
        seconds: float | None = None,
    ) -> list[Delivery[M]]:
        """Return the next messages, and deliver them to nobody else until they expire.

        Args:
            max_messages: The most that are returned.
            max_bytes: The most that all of them have.
            at_least_one: Whether the first one is returned however large it is.
            seconds: Until they expire, from now; by default those of the subscription.
        """
        self._expire()
        expiry = self._clock() + (self._ack_seconds if seconds is None else seconds)
        found: list[Delivery[M]] = []
        held = 0
        while self._waiting and len(found) < max_messages:
            held += self._size(self._waiting[0])
            if max_bytes is not None and held > max_bytes and (found or not at_least_one):
                break
            self._deliveries += 1
            delivery = Delivery(f"{self.name}:{self._deliveries}", self._waiting.popleft())
            self._hold(delivery.ack_id, expiry, delivery.message)
            found.append(delivery)
        return found

    def acknowledge(self, ack_ids: Iterable[str]) -> None:
        """Forget messages; the ack id of a lease that has expired or ended is accepted and has no effect.

        Raises:
            InvalidArgument: An ack id was never given out; then nothing is acknowledged.
        """
        self._expire()
        for ack_id in self._checked(ack_ids):
            self._leased.pop(ack_id, None)

    def extend(self, ack_ids: Iterable[str], seconds: float) -> None:
        """Let leases expire so many seconds from now; 0 delivers the messages again at once.

        Raises:
            InvalidArgument: An ack id was never given out; then nothing is extended.
        """
        self._expire()
        expiry = self._clock() + seconds
        for ack_id in self._checked(ack_ids):
            if ack_id in self._leased:
                self._hold(ack_id, expiry, self._leased[ack_id][1])
        self._expire()

    def is_leased(self, ack_id: str) -> bool:
        """Return whether a delivery is neither acknowledged nor expired."""
        self._expire()
        return ack_id in self._leased

    def next_expiry(self) -> float | None:
        """Return when the next lease expires, in seconds of the clock; None without leases."""
        while self._expiries and not self._is_current(self._expiries[0]):
            heapq.heappop(self._expiries)
        return self._expiries[0][0] if self._expiries else None

    def _checked(self, ack_ids: Iterable[str]) -> list[str]:
        checked = list(ack_ids)
        for ack_id in checked:
            name, _, number = ack_id.rpartition(":")
            if name != self.name or not number.isdecimal() or not 0 < int(number) <= self._deliveries:
                raise InvalidArgument(
                    f"{ack_id!r} is no ack id of {self.name}: no message can be found by it; "
                    "use the ack_id of a received message, on the subscription that it came from"
                )
        return checked

    def _hold(self, ack_id: str, expiry: float, message: M) -> None:
        self._leased[ack_id] = (expiry, message)
        # Equal expiries keep the order of deliveries.
        heapq.heappush(self._expiries, (expiry, int(ack_id.rpartition(":")[2]), ack_id))

    def _is_current(self, entry: tuple[float, int, str]) -> bool:
        expiry, _, ack_id = entry
        return ack_id in self._leased and self._leased[ack_id][0] == expiry

    def _expire(self) -> None:
        now = self._clock()
        while (expiry := self.next_expiry()) is not None and expiry <= now:
            ack_id = heapq.heappop(self._expiries)[2]
            self._waiting.append(self._leased.pop(ack_id)[1])
