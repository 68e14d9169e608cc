"""What a streamed request costs: from publishing it to the event that follows its last object, and memory over time.

A streaming job runs in a process of its own, on the local streaming runner, against the embedded Pub/Sub server. It
gets requests for nights of the demo season, every document rewritten, one request after the other.

    python -m benchmarks.streaming                       20 requests, after 3 that are not counted
    python -m benchmarks.streaming --requests=200        and memory after 20 and after 200
    python -m benchmarks.streaming --requests=5000 --early=50                an hour or so
    python -m benchmarks.streaming --requests=100 --per_minute=100           at that rate, however long answers take
    python -m benchmarks.streaming --requests=30 --per_minute=1              the same at leisure, half an hour
    python -m benchmarks.streaming --requests=20 --per_minute=60 --early=5   whether it works, some minutes

With a rate, requests go to 30 dates in turn, and the 50th, 95th and 99th percentile are printed. How far it is goes to
standard error, ten times at least, and what was measured is printed as well when it is interrupted.

Bars: 20 s at the median, 40 s at the 95th percentile; after 200 requests 1.2 times the memory of after 20.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil

from demo.stream import StreamingJob, pubsub
from demo.tonight import tonight

WARM_UP = 3
EARLY = 20
TYPES = "tonight-all"
DATES = 30
ANSWERED = ("success", "duplicate")
"""How a request must end; at a rate, equal ones that wait may be answered together."""


def main(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--per_minute", type=float, default=0.0, help="requests a minute; 0 for one after the other")
    parser.add_argument("--early", type=int, default=EARLY, help="requests after which memory is first looked at")
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"))
    options = parser.parse_args(argv)
    last = date.fromisoformat(tonight(options.warehouse)[:10])
    found = Found(options.requests)
    with tempfile.TemporaryDirectory() as name, pubsub():
        folder = Path(name)
        with (folder / "job.log").open("wb") as log:
            quiet = ("--quiet_seconds=0", "--watch_seconds=0")
            job = StreamingJob(options.warehouse, folder / "out", *quiet, log=log)
            try:
                for n in range(WARM_UP):
                    job.answer(night(last, n, 7))
                if options.per_minute:
                    at_a_rate(job, last, options.requests, options.per_minute, found)
                else:
                    for n in range(WARM_UP, WARM_UP + options.requests):
                        found.add(job, *job.answer(night(last, n, 7)))
            except KeyboardInterrupt:
                print("interrupted:", file=sys.stderr)
            finally:
                job.end()
    if not found.seconds:
        raise SystemExit("no request was answered: nothing was measured; run it longer")
    print("\n".join(found.lines(options.per_minute, options.early)))
    return 0


@dataclass
class Found:
    """What was measured of requests so far.

    Attributes:
        requests: How many there will be.
        seconds: From publishing each to its event.
        memory: MiB of the job after each.
        objects: Objects that were written.
        statuses: How requests ended.
    """

    requests: int
    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    objects: int = 0
    statuses: Counter[str] = field(default_factory=Counter)

    def add(self, job: StreamingJob, seconds: float, event: Mapping[str, Any]) -> None:
        """Note an answer, and say how far it is.

        Raises:
            SystemExit: The request failed.
        """
        if event["status"] not in ANSWERED:
            raise SystemExit(f"a request ended as {event['status']}: {event['errors']}")
        self.statuses[event["status"]] += 1
        self.seconds.append(seconds)
        self.memory.append(psutil.Process(job.pid).memory_info().rss / 2**20)
        self.objects += len(event.get("generations") or ())
        done = len(self.seconds)
        if done % max(1, min(self.requests // 10, 50)) == 0:
            print(f"  {done} of {self.requests}: {seconds:.2f} s, {self.memory[-1]:.0f} MiB", file=sys.stderr)

    def lines(self, per_minute: float, early: int) -> list[str]:
        """Return what is printed."""
        count, ordered = len(self.seconds), sorted(self.seconds)
        if per_minute:
            shown = ", ".join(f"p{part} {ordered[max(0, -(-count * part // 100) - 1)]:.2f} s" for part in (50, 95, 99))
            lines = [f"{count} requests for {TYPES} at {per_minute:g} a minute over {DATES} dates: {shown}"]
        else:
            slowest = ordered[-1 - count // 20]
            lines = [
                f"{count} requests for {TYPES}, {self.objects // count} objects each, from publish to event:",
                f"  median {statistics.median(ordered):.2f} s, 95th percentile {slowest:.2f} s",
            ]
        early = max(1, min(early, count))
        before, after = self.memory[early - 1], self.memory[-1]
        lines.append(f"  ended as {', '.join(f'{status} {n}' for status, n in sorted(self.statuses.items()))}")
        lines.append(f"  memory {before:.0f} MiB after {early}, {after:.0f} MiB after {count}: {after / before:.2f} x")
        return lines


def night(last: date, n: int, dates: int) -> dict[str, Any]:
    """Return the n-th request; dates come in turn."""
    return {"export_types": [TYPES], "target_date": str(last - timedelta(days=n % dates)), "rewrite": True}


def at_a_rate(job: StreamingJob, last: date, count: int, per_minute: float, found: Found) -> None:
    """Publish requests at a rate, and note the seconds from publishing each to its event.

    Raises:
        SystemExit: Events are missing.
    """
    sent: dict[str, float] = {}
    ended: dict[str, tuple[float, Mapping[str, Any]]] = {}

    def publish() -> None:
        began = time.perf_counter()
        for n in range(count):
            time.sleep(max(0.0, began + n * 60 / per_minute - time.perf_counter()))
            at = time.perf_counter()
            sent[job.publish(night(last, n, DATES))] = at

    publishing = threading.Thread(target=publish, daemon=True)
    publishing.start()
    while publishing.is_alive() or len(ended) < len(sent):
        at, event = job.next_event()
        name = event["message_id"]
        if name not in ended:
            ended[name] = (at, event)
            # The event may come before the service has returned the message's name.
            while name not in sent and publishing.is_alive():
                time.sleep(0.001)
            found.add(job, at - sent[name], event)
    publishing.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
