"""What only the embedded server does; what every server does is held against it in tests/wire."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from google.api_core.exceptions import GoogleAPICallError, InvalidArgument, MethodNotImplemented, NotFound
from google.cloud import pubsub_v1
from google.pubsub_v1 import PublisherClient, SubscriberClient, types

from demo.pubsub.limits import MAX_PUBLISH_BYTES
from demo.pubsub.server import EMULATOR_VARIABLE, found_by_clients, serving
from pipeline.version import ROOT

CALL: dict[str, Any] = {"timeout": 20, "retry": None}
TOPIC, SUBSCRIPTION = "projects/p/topics/requests", "projects/p/subscriptions/requests"


class Clients:
    """The clients of a server, and a topic with a subscription."""

    def __init__(self, address: str) -> None:
        with found_by_clients(address):
            self.publisher = PublisherClient(transport=pubsub_v1.PublisherClient().transport)
            self.subscriber = SubscriberClient(transport=pubsub_v1.SubscriberClient().transport)
        self.publisher.create_topic(name=TOPIC, **CALL)
        self.subscriber.create_subscription(name=SUBSCRIPTION, topic=TOPIC, **CALL)

    def publish(self, *contents: bytes, **attributes: str) -> None:
        messages = [types.PubsubMessage(data=content, attributes=attributes) for content in contents]
        self.publisher.publish(topic=TOPIC, messages=messages, **CALL)

    def pull(self, most: int = 100, seconds: float = 20) -> list[types.ReceivedMessage]:
        request = {"subscription": SUBSCRIPTION, "max_messages": most}
        return list(self.subscriber.pull(request, timeout=seconds, retry=None).received_messages)

    def stream(self, **first: Any) -> Iterator[types.StreamingPullResponse]:
        """Receive until the iterator is closed; what is sent over it is its first request alone."""
        request = types.StreamingPullRequest({"subscription": SUBSCRIPTION, "stream_ack_deadline_seconds": 10, **first})
        sent: queue.Queue[Any] = queue.Queue()
        sent.put(request)
        return iter(self.subscriber.streaming_pull(iter(sent.get, None), timeout=60))

    def acknowledge(self, *received: types.ReceivedMessage) -> None:
        names = [each.ack_id for each in received]
        self.subscriber.acknowledge(subscription=SUBSCRIPTION, ack_ids=names, **CALL)


@pytest.fixture
def clients() -> Iterator[Clients]:
    with serving() as address:
        yield Clients(address)


class TestLimits:
    def test_a_request_as_large_as_the_service_takes(self, clients: Clients) -> None:
        frame = types.PublishRequest.pb()(topic=TOPIC, messages=[types.PubsubMessage.pb()(data=b"a" * 9_000_000)])
        room = MAX_PUBLISH_BYTES - (frame.ByteSize() - 9_000_000)
        clients.publish(b"a" * room)
        with pytest.raises(InvalidArgument, match="has 10,000,001 bytes, more than the service takes at a time"):
            clients.publish(b"a" * (room + 1))
        with pytest.raises(InvalidArgument, match="more than the service takes at a time"):
            clients.publish(b"a" * 30_000_000)

    def test_attributes_that_the_service_does_not_take(self, clients: Clients) -> None:
        for attributes in ({"a" * 257: "b"}, {"goog-a": "b"}, {"a": "b" * 1_025}, {str(n): "" for n in range(101)}):
            with pytest.raises(InvalidArgument):
                clients.publish(b"1", **attributes)

    def test_one_answer_holds_what_clients_of_an_emulator_accept(self, clients: Clients) -> None:
        for letter in (b"a", b"b", b"c"):
            clients.publish(letter * 1_900_000)
        assert [len(clients.pull()), len(clients.pull())] == [2, 1]


class TestFlowControl:
    @pytest.mark.parametrize("limit", [{"max_outstanding_messages": 2}, {"max_outstanding_bytes": 2_500}])
    def test_a_stream_holds_no_more_than_its_caller_takes(self, clients: Clients, limit: dict[str, int]) -> None:
        clients.publish(*(b"%d" % n * 1_000 for n in range(5)))
        stream = clients.stream(**limit)
        first = next(stream).received_messages
        # The others are free for whoever else asks.
        other = clients.pull(1)
        clients.acknowledge(*first)
        second = next(stream).received_messages
        assert [len(first), len(other), len(second)] == [2, 1, 2]
        assert len({each.message.message_id for each in (*first, *other, *second)}) == 5
        stream.cancel()  # type: ignore[attr-defined]


class TestRefused:
    @pytest.mark.parametrize(
        "call",
        [
            lambda c: c.publisher.update_topic({"topic": {"name": TOPIC}, "update_mask": "labels"}, **CALL),
            lambda c: c.publisher.detach_subscription({"subscription": SUBSCRIPTION}, **CALL),
            lambda c: c.publisher.list_topic_snapshots(topic=TOPIC, **CALL),
            lambda c: c.subscriber.update_subscription({"subscription": {"name": SUBSCRIPTION}}, **CALL),
            lambda c: c.subscriber.modify_push_config(subscription=SUBSCRIPTION, push_config={}, **CALL),
            lambda c: c.subscriber.seek({"subscription": SUBSCRIPTION}, **CALL),
            lambda c: c.subscriber.create_snapshot(name="projects/p/snapshots/s", subscription=SUBSCRIPTION, **CALL),
            lambda c: c.subscriber.list_snapshots(project="projects/p", **CALL),
            lambda c: c.subscriber.create_subscription(
                {"name": f"{SUBSCRIPTION}-2", "topic": TOPIC, "enable_message_ordering": True}, **CALL
            ),
        ],
    )
    def test_unsupported_calls_are_reported(self, clients: Clients, call: Any) -> None:
        with pytest.raises(MethodNotImplemented, match="set PUBSUB_EMULATOR_HOST to Google's emulator"):
            call(clients)


class TestEnd:
    def test_calls_that_wait_end_with_the_server(self) -> None:
        with ThreadPoolExecutor(2) as threads:
            with serving() as address:
                clients = Clients(address)
                stream = clients.stream()
                waiting = [threads.submit(clients.pull, 1, 50), threads.submit(next, stream, None)]
                time.sleep(0.5)
                started = time.monotonic()
            assert time.monotonic() - started < 20
            for each in waiting:
                error = each.exception(20)
                assert isinstance(error, GoogleAPICallError) or not each.result()

    def test_its_threads_end_with_it(self) -> None:
        with serving() as address:
            Clients(address).pull(1, 0.5)
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("pubsub")] == []

    def test_a_cancelled_pull_takes_no_message(self, clients: Clients) -> None:
        request = types.PullRequest(subscription=SUBSCRIPTION, max_messages=1)
        call = clients.subscriber.transport.pull.future(request)
        time.sleep(0.3)
        call.cancel()
        time.sleep(0.3)
        clients.publish(b"1")
        assert len(clients.pull(seconds=5)) == 1

    def test_deleting_a_subscription_ends_waiting_pulls(self, clients: Clients) -> None:
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(clients.pull, 1, 50)
            time.sleep(0.3)
            clients.subscriber.delete_subscription(subscription=SUBSCRIPTION, **CALL)
            assert isinstance(waiting.exception(20), NotFound)


class TestAddress:
    def test_servers_share_no_state(self) -> None:
        with serving() as one, serving() as other:
            assert one != other
            Clients(one).publish(b"1")
            assert Clients(other).pull(seconds=1) == []

    def test_clients_find_it_while_the_block_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(EMULATOR_VARIABLE, raising=False)
        with found_by_clients("one:1"):
            with found_by_clients("two:2"):
                assert os.environ[EMULATOR_VARIABLE] == "two:2"
            assert os.environ[EMULATOR_VARIABLE] == "one:1"
        assert EMULATOR_VARIABLE not in os.environ


class TestProcess:
    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "demo.pubsub", *arguments]
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        return subprocess.Popen(command, cwd=ROOT, text=True, **pipes)

    @pytest.mark.parametrize("ending", ["input", "interrupt"])
    def test_it_serves_until_it_is_ended(self, ending: str) -> None:
        with self.start() as process:
            assert process.stdout is not None
            assert process.stdin is not None
            name, _, address = process.stdout.readline().strip().removeprefix("export ").partition("=")
            assert name == EMULATOR_VARIABLE
            clients = Clients(address)
            clients.publish(b"1")
            assert len(clients.pull()) == 1
            if ending == "input":
                process.stdin.close()
            else:
                process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0

    def test_a_port_that_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            with self.start(f"--port={port}") as process:
                out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (1, "")
        assert f"port {port} cannot be served, so nothing listens: " in err
        assert err.strip().endswith("give another --port")
        assert "Traceback" not in err
