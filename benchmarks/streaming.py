"""What a streamed request costs: from publishing it to the event that follows its last object, and memory over time.

A streaming job runs in a process of its own, on the local streaming runner, against the Pub/Sub emulator of the Google
Cloud SDK. It is asked for nights of the demo season, every document rewritten, one request after the other.

    python -m benchmarks.streaming                       20 requests, after 3 that are not counted
    python -m benchmarks.streaming --requests=200        and memory after 20 and after 200

Bars: 20 s at the median, 40 s at the 95th percentile; after 200 requests 1.2 times the memory of after 20.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from demo.tonight import tonight

WARM_UP = 3
SECONDS_TO_ANSWER = 120.0
TYPES = "tonight-all"


@contextmanager
def emulator(log: Path) -> Iterator[None]:
    """Run the Pub/Sub emulator, which the clients of this process and of those that it starts find by themselves."""
    launcher = Path(__file__).parents[1] / "tests" / "wire" / "launchers" / "pubsub.py"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [sys.executable, launcher], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            where = next((line.strip() for line in process.stdout if line.startswith("http://")), None)
            if where is None:
                raise SystemExit(log.read_text())
            os.environ["PUBSUB_EMULATOR_HOST"] = where.removeprefix("http://")
            yield
        finally:
            process.stdin.close()
            process.wait(10)


class Job:
    """The streaming job and its topics."""

    def __init__(self, warehouse: Path, output: Path, log: Path) -> None:
        """Make the topics and start the process."""
        from google.cloud import pubsub_v1

        self._publisher, self._subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        for name in ("requests", "done", "dead"):
            self._publisher.create_topic(name=_topic(name), timeout=10)
            self._subscriber.create_subscription(name=_subscription(name), topic=_topic(name), timeout=10)
        argv = [
            f"--warehouse={warehouse}",
            f"--output={output}",
            f"--input_subscription={_subscription('requests')}",
            f"--dead_letter_topic={_topic('dead')}",
            f"--completion_topic={_topic('done')}",
            "--quiet_seconds=0",
            "--watch_seconds=0",
        ]
        self._process = subprocess.Popen([sys.executable, "-m", "pipeline.main", *argv], stderr=log.open("wb"))

    def answer(self, day: date) -> tuple[float, dict[str, Any]]:
        """Ask for a night; return the seconds until its event was there, and the event."""
        started = time.perf_counter()
        payload = {"export_types": [TYPES], "target_date": str(day), "rewrite": True}
        self._publisher.publish(_topic("requests"), json.dumps(payload).encode()).result(10)
        until = started + SECONDS_TO_ANSWER
        while (left := until - time.perf_counter()) > 0:
            pulled = self._subscriber.pull(subscription=_subscription("done"), max_messages=1, timeout=left)
            if pulled.received_messages:
                elapsed = time.perf_counter() - started
                [received] = pulled.received_messages
                self._subscriber.acknowledge(subscription=_subscription("done"), ack_ids=[received.ack_id], timeout=10)
                event = json.loads(received.message.data)
                if event["status"] != "success":
                    raise SystemExit(f"a request ended as {event['status']}: {event['errors']}")
                return elapsed, event
        raise SystemExit(f"no answer within {SECONDS_TO_ANSWER:g} s")

    @property
    def memory(self) -> float:
        """Resident memory of the process, in MiB."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(10)


def _topic(name: str) -> str:
    return f"projects/benchmark/topics/{name}"


def _subscription(name: str) -> str:
    return f"projects/benchmark/subscriptions/{name}"


def main(argv: Sequence[str]) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=20)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"))
    options = parser.parse_args(argv)
    last = date.fromisoformat(tonight(options.warehouse)[:10])
    with tempfile.TemporaryDirectory() as folder, emulator(Path(folder) / "emulator.log"):
        job = Job(options.warehouse, Path(folder) / "out", Path(folder) / "job.log")
        try:
            seconds, objects, memory = [], 0, {}
            for n in range(WARM_UP + options.requests):
                elapsed, event = job.answer(last - timedelta(days=n % 7))
                if n >= WARM_UP:
                    seconds.append(elapsed)
                    objects += len(event["generations"])
                    memory[n + 1 - WARM_UP] = job.memory
        finally:
            job.end()
    seconds.sort()
    print(f"{len(seconds)} requests for {TYPES}, {objects // len(seconds)} objects each, from publish to event:")
    print(f"  median {statistics.median(seconds):.2f} s, 95th percentile {seconds[-1 - len(seconds) // 20]:.2f} s")
    first = memory[min(20, len(memory))]
    print(
        f"  memory {first:.0f} MiB after {min(20, len(memory))}, {memory[len(memory)]:.0f} MiB after {len(memory)}:",
        end=" ",
    )
    print(f"{memory[len(memory)] / first:.2f} x")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
