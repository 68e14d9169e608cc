"""The server that listens, for as long as a block runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc

from demo.pubsub.broker import Broker
from demo.pubsub.service import PubSubService

EMULATOR_VARIABLE = "PUBSUB_EMULATOR_HOST"
"""Where Google's clients, and so Beam, look for a server other than Google's own."""
MAX_CALLS = 512
"""Calls at a time; a pull that waits takes a thread each."""
_OPTIONS = (
    # What is too large is answered with the service's own error.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    # Otherwise a second server on the same port takes half of the calls.
    ("grpc.so_reuseport", 0),
)


@contextmanager
def serving(broker: Broker | None = None, *, port: int = 0) -> Iterator[str]:
    """Serve on this machine while a block runs; yields the address, ``HOST:PORT``.

    Args:
        broker: What is served; by default an empty one.
        port: To listen on; 0 for a free one.

    Raises:
        RuntimeError: The port is taken.
    """
    service = PubSubService(broker or Broker())
    with ThreadPoolExecutor(MAX_CALLS, thread_name_prefix="pubsub") as threads:
        server = grpc.server(threads, handlers=service.handlers(), options=_OPTIONS)
        bound = server.add_insecure_port(f"127.0.0.1:{port}")
        server.start()
        try:
            yield f"127.0.0.1:{bound}"
        finally:
            service.close()
            server.stop(grace=None).wait()


@contextmanager
def found_by_clients(address: str) -> Iterator[None]:
    """Let the clients that this process and its children make while a block runs find a server."""
    before = os.environ.get(EMULATOR_VARIABLE)
    os.environ[EMULATOR_VARIABLE] = address
    try:
        yield
    finally:
        if before is None:
            del os.environ[EMULATOR_VARIABLE]
        else:
            os.environ[EMULATOR_VARIABLE] = before
