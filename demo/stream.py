"""Shows the streaming job at work: a Pub/Sub server, the job in a process of its own, a request, and its event.

    python -m demo.stream                         the last game night of the demo season
    python -m demo.stream --export_types=streaks --target_date=2026-02-11

The server is embedded in this process, unless PUBSUB_EMULATOR_HOST names one that runs already.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from demo.pubsub.server import EMULATOR_VARIABLE, found_by_clients, serving
from demo.tonight import tonight

SECONDS_TO_ANSWER = 120.0
CALL_SECONDS = 10.0
_PROJECT = "projects/the-demo"
_TOPICS = ("requests", "done", "dead-letters")


@contextmanager
def pubsub() -> Iterator[None]:
    """Let this process and its children find a Pub/Sub server: the one that is given, or else the embedded one."""
    if os.environ.get(EMULATOR_VARIABLE):
        yield
    else:
        with serving() as address, found_by_clients(address):
            yield


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

        # A server that runs already may know those of an earlier job.
        self._suffix = uuid4().hex[:12]
        self._publisher, self._subscriber = pubsub_v1.PublisherClient(), pubsub_v1.SubscriberClient()
        for name in _TOPICS:
            topic = self._publisher.create_topic(name=self._topic(name), timeout=CALL_SECONDS)
            subscription = {"name": self._subscription(name), "topic": topic.name}
            self._subscriber.create_subscription(subscription, timeout=CALL_SECONDS)
        argv = [
            f"--warehouse={warehouse}",
            f"--output={output}",
            f"--input_subscription={self._subscription('requests')}",
            f"--dead_letter_topic={self._topic('dead-letters')}",
            f"--completion_topic={self._topic('done')}",
            *options,
        ]
        self._process = subprocess.Popen([sys.executable, "-m", "pipeline.main", *argv], stderr=log)

    def answer(self, request: Mapping[str, Any]) -> tuple[float, dict[str, Any]]:
        """Publish a request; return the seconds until its event was there, and the event.

        Raises:
            SystemExit: There was none in time.
        """
        started = time.perf_counter()
        self._publisher.publish(self._topic("requests"), json.dumps(request).encode()).result(CALL_SECONDS)
        while (left := started + SECONDS_TO_ANSWER - time.perf_counter()) > 0:
            pulled = self._subscriber.pull(subscription=self._subscription("done"), max_messages=1, timeout=left)
            for received in pulled.received_messages:
                seconds = time.perf_counter() - started
                done = {"subscription": self._subscription("done"), "ack_ids": [received.ack_id]}
                self._subscriber.acknowledge(done, timeout=CALL_SECONDS)
                return seconds, json.loads(received.message.data)
        raise SystemExit(f"no answer within {SECONDS_TO_ANSWER:g} s")

    def publish(self, request: Mapping[str, Any]) -> str:
        """Publish a request and return the id of its message."""
        sent = self._publisher.publish(self._topic("requests"), json.dumps(request).encode())
        return str(sent.result(CALL_SECONDS))

    def next_event(self) -> tuple[float, dict[str, Any]]:
        """Return when the next event came, on the performance counter, and the event.

        Raises:
            SystemExit: There was none in time.
        """
        until = time.perf_counter() + SECONDS_TO_ANSWER
        while (left := until - time.perf_counter()) > 0:
            done = {"subscription": self._subscription("done")}
            for received in self._subscriber.pull(**done, max_messages=1, timeout=left).received_messages:
                at = time.perf_counter()
                self._subscriber.acknowledge({**done, "ack_ids": [received.ack_id]}, timeout=CALL_SECONDS)
                return at, json.loads(received.message.data)
        raise SystemExit(f"no event within {SECONDS_TO_ANSWER:g} s")

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def end(self) -> None:
        """End the process and close the clients."""
        self._process.kill()
        self._process.wait(CALL_SECONDS)
        self._publisher.stop()
        self._publisher.transport.close()
        self._subscriber.close()

    def _topic(self, name: str) -> str:
        return f"{_PROJECT}/topics/{name}-{self._suffix}"

    def _subscription(self, name: str) -> str:
        return f"{_PROJECT}/subscriptions/{name}-{self._suffix}"


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
    with pubsub():
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
