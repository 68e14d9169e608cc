"""Shows the streaming job at work: a Pub/Sub emulator, the job in a process of its own, a request, and its event.

    python -m demo.stream                         the last game night of the demo season
    python -m demo.stream --export_types=streaks --target_date=2026-02-11

Needs the Pub/Sub emulator of the Google Cloud SDK, Java, and a checkout.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from demo.tonight import tonight

LAUNCHER = Path(__file__).parents[1] / "tests" / "wire" / "launchers" / "pubsub.py"
SECONDS_TO_ANSWER = 120.0
CALL_SECONDS = 10.0
_TOPICS = ("requests", "done", "dead-letters")


@contextmanager
def emulator(log: Path) -> Iterator[None]:
    """Run the Pub/Sub emulator, which the clients of this process and of those that it starts find by themselves."""
    command = [sys.executable, str(LAUNCHER)]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
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


class StreamingJob:
    """The streaming job in a process of its own, and its topics."""

    def __init__(self, warehouse: Path, output: Path, *options: str, log: Any = None) -> None:
        """Make the topics and start the process.

        Args:
            warehouse: The folder of the tables.
            output: The folder of the documents.
            options: Further options of the job.
            log: Takes its standard error.
        """
        from google.cloud import pubsub_v1

        self._publisher, self._subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        for name in _TOPICS:
            self._publisher.create_topic(name=_topic(name), timeout=CALL_SECONDS)
            self._subscriber.create_subscription(name=_subscription(name), topic=_topic(name), timeout=CALL_SECONDS)
        argv = [
            f"--warehouse={warehouse}",
            f"--output={output}",
            f"--input_subscription={_subscription('requests')}",
            f"--dead_letter_topic={_topic('dead-letters')}",
            f"--completion_topic={_topic('done')}",
            *options,
        ]
        self._process = subprocess.Popen([sys.executable, "-m", "pipeline.main", *argv], stderr=log)

    def answer(self, request: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
        """Publish a request; return the seconds until its event was there, and the event.

        Raises:
            SystemExit: There was none in time.
        """
        started = time.perf_counter()
        self._publisher.publish(_topic("requests"), json.dumps(request).encode()).result(CALL_SECONDS)
        while (left := started + SECONDS_TO_ANSWER - time.perf_counter()) > 0:
            pulled = self._subscriber.pull(subscription=_subscription("done"), max_messages=1, timeout=left)
            for received in pulled.received_messages:
                seconds = time.perf_counter() - started
                names = [received.ack_id]
                self._subscriber.acknowledge(subscription=_subscription("done"), ack_ids=names, timeout=CALL_SECONDS)
                return seconds, json.loads(received.message.data)
        raise SystemExit(f"no answer within {SECONDS_TO_ANSWER:g} s")

    @property
    def memory(self) -> float:
        """Resident memory of the process, in MiB."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait(CALL_SECONDS)


def _topic(name: str) -> str:
    return f"projects/the-demo/topics/{name}"


def _subscription(name: str) -> str:
    return f"projects/the-demo/subscriptions/{name}"


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"))
    parser.add_argument("--output", type=Path, default=Path("out"))
    parser.add_argument("--export_types", default="tonight-all")
    parser.add_argument("--target_date", default="today")
    options = parser.parse_args(argv)
    request = {
        "export_types": options.export_types.split(","),
        "target_date": options.target_date,
        "generated_at": tonight(options.warehouse),
        "trigger_source": "demo",
    }
    with tempfile.TemporaryDirectory() as folder, emulator(Path(folder) / "emulator.log"):
        job = StreamingJob(options.warehouse, options.output, "--watch_seconds=0")
        try:
            seconds, event = job.answer(request)
        finally:
            job.end()
    shown = {key: value for key, value in event.items() if key not in ("paths", "generations")}
    sys.stdout.write(f"published: {json.dumps(request)}\n")
    sys.stdout.write(f"{seconds:.1f} s later, start of the job included: {json.dumps(shown, indent=2)}\n")
    return 0 if event["status"] == "success" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
