"""What a streamed request costs: from publishing it to the event that follows its last object, and memory over time.

A streaming job runs in a process of its own, on the local streaming runner, against the embedded Pub/Sub server. It
gets requests for nights of the demo season, every document rewritten, one request after the other.

    python -m benchmarks.streaming                       20 requests, after 3 that are not counted
    python -m benchmarks.streaming --requests=200        and memory after 20 and after 200

Bars: 20 s at the median, 40 s at the 95th percentile; after 200 requests 1.2 times the memory of after 20.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import psutil

from demo.stream import StreamingJob, pubsub
from demo.tonight import tonight

WARM_UP = 3
EARLY = 20
TYPES = "tonight-all"


def main(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20)
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
                    night = {"export_types": [TYPES], "target_date": str(last - timedelta(days=n % 7)), "rewrite": True}
                    elapsed, event = job.answer(night)
                    if event["status"] != "success":
                        raise SystemExit(f"a request ended as {event['status']}: {event['errors']}")
                    if n >= WARM_UP:
                        seconds.append(elapsed)
                        memory.append(psutil.Process(job.pid).memory_info().rss / 2**20)
                        objects += len(event["generations"])
            finally:
                job.end()
    slowest = sorted(seconds)[-1 - len(seconds) // 20]
    early = min(EARLY, len(memory))
    print(f"{len(seconds)} requests for {TYPES}, {objects // len(seconds)} objects each, from publish to event:")
    print(f"  median {statistics.median(seconds):.2f} s, 95th percentile {slowest:.2f} s")
    print(f"  memory {memory[early - 1]:.0f} MiB after {early}, {memory[-1]:.0f} MiB after {len(memory)}:", end=" ")
    print(f"{memory[-1] / memory[early - 1]:.2f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
