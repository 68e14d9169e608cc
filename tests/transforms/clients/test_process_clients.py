from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from transforms.clients.process_clients import ProcessClients


class Client:
    def __init__(self, key: str) -> None:
        # Long enough for other threads to come in between.
        time.sleep(0.01)
        self.key = key
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


def test_threads_share_one_client_per_key() -> None:
    clients = ProcessClients(Client)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(clients.get, ["a", "b"] * 8))
    assert len(set(map(id, found))) == 2
    assert {client.key for client in found} == {"a", "b"}


def test_a_closed_client_is_made_anew() -> None:
    clients = ProcessClients(Client)
    first = clients.get("a")
    clients.close("a")
    clients.close("a")
    clients.close("never made")
    assert first.closed == 1
    second = clients.get("a")
    assert second is not first
    clients.close_all()
    assert second.closed == 1


def test_a_client_that_cannot_be_made_is_tried_again() -> None:
    tries: list[str] = []

    def make(key: str) -> Client:
        tries.append(key)
        if len(tries) == 1:
            raise OSError
        return Client(key)

    clients = ProcessClients(make)
    with pytest.raises(OSError):
        clients.get("a")
    assert clients.get("a").key == "a"


def test_a_fork_makes_its_own_and_leaves_its_parents_alone() -> None:
    clients = ProcessClients(Client)
    mine = clients.get("a")
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        own = clients.get("a")
        clients.close_all()
        os.write(writer, b"ok" if own is not mine and own.closed == 1 and mine.closed == 0 else b"no")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 2) == b"ok"
    assert clients.get("a") is mine
