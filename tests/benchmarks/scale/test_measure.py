from __future__ import annotations

from typing import Any

import pytest

from benchmarks.plans import plan_of
from benchmarks.scale.counting import CREATES
from benchmarks.scale.measure import shuffled, take_apart
from benchmarks.scanned_bytes import logical_bytes
from tests.support.warehouses import League


@pytest.fixture(scope="module")
def days(league: League) -> tuple[str, str, str, str]:
    return str(league.root), str(league.today), str(league.today), "predictions,tonight,tonight-players"


@pytest.fixture(scope="module")
def apart(days: tuple[str, str, str, str]) -> dict[str, Any]:
    return take_apart(*days, parts=True)


def test_a_run_is_taken_apart(apart: dict[str, Any]) -> None:
    assert apart["dates"] == 1
    assert apart["built"] >= apart["documents"] > 20
    assert apart["requests"][CREATES] > apart["documents"] + apart["dates"]
    assert apart["document_bytes"] > 100 * apart["built"]
    assert min(apart[name] for name in ("start_cpu", "scan_cpu", "build_cpu", "run_cpu", "rerun_cpu")) > 0
    assert apart["manifest_bytes"] > 30 * apart["documents"]


def test_a_rerun_writes_no_document(apart: dict[str, Any]) -> None:
    assert 0 < apart["rerun_requests"][CREATES] < 10


def test_rows_are_those_that_the_streams_give(apart: dict[str, Any], league: League) -> None:
    """Without the few that a run only looks names up in."""
    scans = plan_of("predictions,tonight,tonight-players", league.today, league.today).scans
    batches = [
        batch for scan in scans for stream in league.warehouse.split(scan) for batch in league.warehouse.read(stream)
    ]
    rows, size = sum(batch.num_rows for batch in batches), sum(map(logical_bytes, batches))
    assert 0.95 * rows < apart["rows"] <= rows
    assert 0.95 * size < apart["read_bytes"] <= size


def test_bytes_of_groupings_are_those_of_rows_and_of_documents(
    apart: dict[str, Any], days: tuple[str, str, str, str]
) -> None:
    found = shuffled(*days)
    assert found["shuffled_by_rows"] > apart["rows"]
    assert 0 < found["shuffled_by_documents"] < found["shuffled_by_rows"]
    assert found["graph_cpu"] > 0
    assert found["graph_bytes"] > 1000
