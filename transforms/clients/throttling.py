"""How long the services that are read and written made this process wait.

Dataflow adds workers when work is slow, unless it is told that a service asked to slow down. Beam's own connectors tell
it through counters of a fixed name, and so do ours. Beam drops what is counted outside of the thread that runs a DoFn,
and requests wait in other threads, so the seconds are kept here until that thread reports them.
"""

from __future__ import annotations

import threading
from collections import defaultdict

GCS = "gcsio"
BIGQUERY = "apache_beam.io.gcp.bigquery"
"""Namespaces of the counters of Beam's own connectors."""

_COUNTER = "cumulativeThrottlingSeconds"


class Throttling:
    """Seconds waited, by service."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waited: dict[str, float] = defaultdict(float)
        self._taken: dict[str, int] = defaultdict(int)

    def add(self, service: str, seconds: float) -> None:
        """Remember that a service made a request wait; from any thread."""
        with self._lock:
            self._waited[service] += seconds

    def waited(self, service: str) -> float:
        """Return the seconds that a service made this process wait so far."""
        return self._waited[service]

    def take(self) -> dict[str, int]:
        """Return whole seconds by service that have not been taken before; what is left of a second is taken later."""
        with self._lock:
            fresh = {service: int(seconds) - self._taken[service] for service, seconds in self._waited.items()}
            for service, seconds in fresh.items():
                self._taken[service] += seconds
        return {service: seconds for service, seconds in fresh.items() if seconds}


THROTTLING = Throttling()
"""What this process waited."""


def report_throttling() -> None:
    """Tell the runner how long this process was made to wait; call it in the thread that runs a DoFn."""
    waited = THROTTLING.take()
    if waited:
        # Clients work without Beam, which takes two seconds to load.
        from apache_beam.metrics import Metrics

        for service, seconds in waited.items():
            Metrics.counter(service, _COUNTER).inc(seconds)
