"""What a streamed request costs: from publishing it to the event that follows its last object, and memory over time.

A streaming job runs in a process of its own, on the local streaming runner, against the embedded Pub/Sub server. It
gets requests for nights of the demo season, every document rewritten, one request after the other.

    python -m benchmarks.streaming                       20 requests, after 3 that are not counted
    python -m benchmarks.streaming --requests=200        and memory after 20 and after 200
    python -m benchmarks.streaming --per_minute=100      100 requests at that rate, however long answers take

With a rate, requests go to 30 dates in turn, and the 50th, 95th and 99th percentile are printed.

Bars: 20 s at the median, 40 s at the 95th percentile; after 200 requests 1.2 times the memory of after 20.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
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


def main(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--per_minute", type=float, default=0.0, help="requests a minute; 0 for one after the other")
    parser.add_argument("--early", type=int, default=EARLY, help="requests after which memory is first looked at")
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"))
    options = parser.parse_args(argv)
    last = date.fromisoformat(tonight(options.warehouse)[:10])
    seconds: list[float] = []
    memory: list[float] = []
    objects = 0
    with tempfile.TemporaryDirectory() as name, pubsub():
        folder = Path(name)
        with (folder / "job.log").open("wb") as log:
            quiet = ("--quiet_seconds=0", "--watch_seconds=0")
            job = StreamingJob(options.warehouse, folder / "out", *quiet, log=log)
            try:
                for n in range(WARM_UP + options.requests):
                    if options.per_minute and n == WARM_UP:
                        seconds += at_a_rate(job, last, options.requests, options.per_minute)
                        break
                    elapsed, event = job.answer(night(last, n, 7))
                    if event["status"] != "success":
                        raise SystemExit(f"a request ended as {event['status']}: {event['errors']}")
                    if n >= WARM_UP:
                        seconds.append(elapsed)
                        memory.append(psutil.Process(job.pid).memory_info().rss / 2**20)
                        objects += len(event["generations"])
            finally:
                job.end()
    if options.per_minute:
        shown = ", ".join(
            f"p{part} {sorted(seconds)[max(0, -(-len(seconds) * part // 100) - 1)]:.2f} s" for part in (50, 95, 99)
        )
        print(f"{len(seconds)} requests for {TYPES} at {options.per_minute:g} a minute over {DATES} dates: {shown}")
        return 0
    slowest = sorted(seconds)[-1 - len(seconds) // 20]
    early = min(options.early, len(memory))
    print(f"{len(seconds)} requests for {TYPES}, {objects // len(seconds)} objects each, from publish to event:")
    print(f"  median {statistics.median(seconds):.2f} s, 95th percentile {slowest:.2f} s")
    print(f"  memory {memory[early - 1]:.0f} MiB after {early}, {memory[-1]:.0f} MiB after {len(memory)}:", end=" ")
    print(f"{memory[-1] / memory[early - 1]:.2f} x")
    return 0


def night(last: date, n: int, dates: int) -> dict[str, Any]:
    """Return the n-th request; dates come in turn."""
    return {"export_types": [TYPES], "target_date": str(last - timedelta(days=n % dates)), "rewrite": True}


def at_a_rate(job: StreamingJob, last: date, count: int, per_minute: float) -> list[float]:
    """Publish requests at a rate, and return the seconds from publishing each to its event.

    Raises:
        SystemExit: Events are missing.
    """
    sent: dict[str, float] = {}
    found: dict[str, float] = {}

    def publish() -> None:
        began = time.perf_counter()
        for n in range(count):
            time.sleep(max(0.0, began + n * 60 / per_minute - time.perf_counter()))
            at = time.perf_counter()
            sent[job.publish(night(last, n, DATES))] = at

    publishing = threading.Thread(target=publish)
    publishing.start()
    while publishing.is_alive() or len(found) < len(sent):
        at, event = job.next_event()
        found.setdefault(event["message_id"], at)
    publishing.join()
    return [found[name] - at for name, at in sent.items()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
