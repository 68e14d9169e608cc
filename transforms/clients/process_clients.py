"""Clients that live as long as the process that made them.

A warehouse or a store is a small value that is pickled to every worker. Its client holds connections, threads and
credentials: it is made on first use, shared by all threads of the process, and never pickled nor inherited by a fork.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """Anything that holds connections."""

    def close(self) -> None:
        """Give the connections back."""


KeyT = TypeVar("KeyT", bound=Hashable)
ClientT = TypeVar("ClientT", bound=Closable)


class ProcessClients(Generic[KeyT, ClientT]):
    """The clients of this process, one per key.

    Args:
        make: Returns the client of a key; called again after it raised.
    """

    def __init__(self, make: Callable[[KeyT], ClientT]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._clients: dict[KeyT, ClientT] = {}
        # A fork may happen while another thread holds the lock, which nobody would ever give back.
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.close_all)

    def get(self, key: KeyT) -> ClientT:
        """Return the client of a key."""
        with self._lock:
            client = self._clients.get(key)
            if client is None:
                client = self._clients[key] = self._make(key)
            return client

    def close(self, key: KeyT) -> None:
        """Close the client of a key, if there is one; the next use makes a new one."""
        with self._lock:
            client = self._clients.pop(key, None)
        if client is not None:
            client.close()

    def close_all(self) -> None:
        """Close every client that this process made."""
        for key in list(self._clients):
            self.close(key)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        # Kept, not dropped: collecting a client would close connections that belong to the parent.
        self._inherited, self._clients = self._clients, {}
