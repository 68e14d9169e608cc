"""Streamed requests with one table that is silent, slow, broken or empty: the others are published in time."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

import grpc
import pyarrow as pa
import pytest

from exporters.registry import exports, groups
from exporters.warehouse.tables import DEFENSE, PREDICTIONS
from pipeline.requests.request import RequestDefaults, parse_request
from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.messages import Asked
from tests.support.matchers import documents
from tests.support.plans import EASY, NOW
from tests.support.stores import MemoryStore
from tests.support.warehouses import AnyTable, League
from tests.wire.read_server import Break, ReadServer
from transforms.clients.retries import RetryPolicy
from transforms.elements.tables import ScanStream, TableScan
from transforms.warehouses.bigquery import BigQueryWarehouse
from transforms.warehouses.protocol import Warehouse, WrappedWarehouse

TIMEOUT = 12.0
SILENT_SECONDS = 1.5
NOWHERE = "http://127.0.0.1:9"
TONIGHT = tuple(groups()["tonight-all"])
Bad = Callable[[AnyTable, str], tuple[Answer, float, Any]]
"""Answers a request for the night with a table that is bad in some way."""


@dataclasses.dataclass(frozen=True)
class OneOverTheWire(WrappedWarehouse):
    """A warehouse in memory, one of whose tables is read from a server."""

    warehouse: Warehouse
    table: str
    remote: BigQueryWarehouse
    concurrency: int = 8

    def split(self, scan: TableScan) -> list[ScanStream]:
        return (self.remote if scan.source == self.table else self.warehouse).split(scan)

    def read(self, stream: ScanStream) -> Iterator[pa.RecordBatch]:
        return (self.remote if stream.scan.source == self.table else self.warehouse).read(stream)


def readers_of(table: AnyTable) -> set[str]:
    """Return the types of the night that read a table."""
    return {name for name in TONIGHT if any(read.table.name == table.name for read in exports()[name].reads)}


def night(league: League, table: AnyTable, rows: pa.Table | None = None, **script: Any) -> tuple[Answer, float, Any]:
    """Answer a request for the night, and return the answer, the seconds that it took, and the store.

    Args:
        league: The league.
        table: The table that is read from a server.
        rows: Its rows; by default those of the league.
        script: ``breaks`` of its reads, or the ``pause`` before each of its rows.
    """
    request = parse_request(
        {"export_types": list(TONIGHT), "target_date": str(league.today), "generated_at": NOW},
        known_types=TONIGHT,
        groups={},
        defaults=RequestDefaults(EASY.champion_system_id),
        now=datetime.fromisoformat(NOW.replace("Z", "+00:00")),
    )
    store = MemoryStore(concurrency=4)
    held = league.rows(table) if rows is None else rows
    with ReadServer({table.name: held}, message_rows=1 if "pause" in script else 1000).opened() as server:
        server.break_reads(*script.get("breaks", ()))
        server.pause = script.get("pause", 0.0)
        remote = BigQueryWarehouse(
            "p",
            rest_endpoint=NOWHERE,
            storage_endpoint=server.address,
            retry=RetryPolicy(0.005, 0.01, 0.3),
            silent_seconds=SILENT_SECONDS,
        )
        warehouse: Any = OneOverTheWire(league.changed(), table.name, remote)
        started = time.monotonic()
        answer = Answerer(warehouse, store, "out", EASY, timeout=TIMEOUT).answer(
            Asked(request.to_json(), "key", "m-1", NOW)
        )
        took = time.monotonic() - started
        remote.close()
    return answer, took, store


def states_of(answer: Answer, day: str) -> dict[str, str]:
    return {name: found["states"].get(day) for name, found in answer.event["exports"].items()}


@pytest.fixture(scope="module")
def whole(league: League) -> tuple[Answer, dict[str, bytes]]:
    """The answer and what is published when no table is bad."""
    answer, _, store = night(league, DEFENSE)
    assert answer.status == "success", answer.event["errors"]
    return answer, documents(store)


BAD = {
    "silent": {"breaks": [Break(grpc.StatusCode.OK, silent=True)] * 20},
    "slow": {"pause": 1.0},
    "broken": {"breaks": [Break(grpc.StatusCode.UNAVAILABLE, "try later")] * 5000},
}


@pytest.fixture(scope="module")
def bad(league: League) -> Bad:
    """Returns the night with a bad table; each waits for its time-outs once."""

    @cache
    def make(table: AnyTable, how: str) -> tuple[Answer, float, Any]:
        return night(league, table, **BAD[how])

    return make


@pytest.mark.parametrize("how", BAD)
@pytest.mark.parametrize("table", [DEFENSE, PREDICTIONS], ids=["defense", "predictions"])
def test_a_bad_table_costs_the_types_that_read_it(
    bad: Bad, league: League, whole: tuple[Answer, dict[str, bytes]], table: AnyTable, how: str
) -> None:
    answer, took, store = bad(table, how)
    assert took < TIMEOUT
    lost = readers_of(table)
    assert 0 < len(lost) < len(TONIGHT)
    good, expected = whole
    states, before = states_of(answer, str(league.today)), states_of(good, str(league.today))
    assert states == {name: "failed" if name in lost else state for name, state in before.items()}
    assert (answer.status, answer.again) == ("partial", True)
    assert any(table.name in error for error in answer.event["errors"])
    spared = {name.replace("-", "_") for name in TONIGHT if name not in lost}
    assert answer.event["paths"] == {name: path for name, path in good.event["paths"].items() if name in spared}
    published = documents(store)
    assert published
    assert {path: held for path, held in published.items() if expected[path] != held} == {}


def test_the_reason_says_what_was_wrong(bad: Bad) -> None:
    slow, took, _ = bad(DEFENSE, "slow")
    assert any("reading was given up after 9 s" in error for error in slow.event["errors"])
    assert took >= 0.75 * TIMEOUT, "a slow table has the time that there is for reading"
    silent, took, _ = bad(DEFENSE, "silent")
    assert any("a stream sent nothing for 1.5 s" in error for error in silent.event["errors"])
    assert took < 0.75 * TIMEOUT, "a silent one does not need it"


def test_an_empty_table_is_no_bad_one(league: League) -> None:
    answer, took, _ = night(league, DEFENSE, league.rows(DEFENSE).slice(0, 0))
    assert took < 0.75 * TIMEOUT
    assert "failed" not in states_of(answer, str(league.today)).values()
