"""Keeping ``status.json`` fresh while no run writes it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from apache_beam.metrics import Metrics

LOG = logging.getLogger(__name__)

STATUS_SECONDS = 300
"""Longest time between two writes of the status by the job itself; readers call it unknown after 15 minutes."""
_EARLY = 30
"""A tick that comes so much too early is the one that was meant."""


@dataclass
class StatusKeeper:
    """Writes the status when that is due.

    Attributes:
        write: Writes it, and returns what went wrong.
        clock: Monotonic seconds.
    """

    write: Callable[[], str]
    clock: Callable[[], float] = time.monotonic
    _written: float | None = field(default=None, init=False)

    def keep(self) -> None:
        """Write the status unless that was just done; one that cannot be written is tried again at the next call."""
        now = self.clock()
        if self._written is not None and now - self._written < STATUS_SECONDS - _EARLY:
            return
        try:
            wrong = self.write()
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        self._written = None if wrong else now
        if wrong:
            Metrics.counter("watch", "failed_statuses").inc()
            LOG.error("the status cannot be written: %s", wrong)
