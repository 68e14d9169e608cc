"""How long to wait before a request is tried again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Waits that double from try to try, spread by half, until they have gone on for too long.

    The first wait is a second or so, since a bucket takes one write a second of the same object, and a quota that is
    exhausted is not back any sooner.

    Attributes:
        first: Seconds of the first wait, on average.
        longest: Seconds that no wait exceeds on average.
        total: Seconds after which nothing is tried again.
    """

    first: float = 1.0
    longest: float = 32.0
    total: float = 120.0

    def start(self) -> Waits:
        """Return the waits of one request, whose time runs from now."""
        return Waits(self, time.monotonic())


PATIENT = Backoff()
"""The waits for a service that people and other programs use as well."""


@dataclass
class Waits:
    """The waits of one request.

    Attributes:
        backoff: Their lengths.
        started: When the request was first tried, on the monotonic clock.
        tries: How often it has been tried and failed.
    """

    backoff: Backoff
    started: float
    tries: int = 0

    def next(self) -> float | None:
        """Count a failed try and return the seconds to wait before the next; None when there is to be none."""
        mean: float = min(self.backoff.first * 2.0**self.tries, self.backoff.longest)
        self.tries += 1
        # Spread, so that many workers that were refused together do not come back together.
        seconds: float = mean * random.uniform(0.5, 1.5)
        if time.monotonic() - self.started + seconds > self.backoff.total:
            return None
        return seconds

    def wait(self) -> float | None:
        """Wait before the next try and return the seconds that it took; None, at once, when there is to be none."""
        seconds = self.next()
        if seconds is not None:
            time.sleep(seconds)
        return seconds

    def __str__(self) -> str:
        times = "once" if self.tries == 1 else f"{self.tries} times"
        return f"tried {times} in {time.monotonic() - self.started:.0f} s"
