"""The servers that stand in for Google's, started once per worker process on free ports, and stopped with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from uuid import uuid4

import pytest
import urllib3

from demo.pubsub.server import found_by_clients, serving
from exporters.warehouse.tables import WAREHOUSE_TABLES
from tests.support.warehouses import League
from tests.wire.gate import Gate
from tests.wire.pubsub import GIVEN
from tests.wire.services import BUCKET, BigQuery, need_python_311, running


@pytest.fixture(scope="session")
def gcs_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A GCS emulator with a bucket, and one for what is said of runs."""
    with running("gcs.py", tmp_path_factory.mktemp("gcs") / "log") as url:
        for name in (BUCKET, f"{BUCKET}-control"):
            made = urllib3.request("POST", f"{url}/storage/v1/b", json={"name": name}, timeout=10, retries=False)
            assert made.status == 200
        yield url


@pytest.fixture
def gate(gcs_url: str) -> Iterator[Gate]:
    """A proxy of the GCS emulator that can break requests."""
    with Gate(gcs_url).opened() as gate:
        yield gate


@pytest.fixture
def prefix() -> str:
    """A prefix that no other test uses."""
    return f"v1/{uuid4().hex}"


@pytest.fixture(scope="session")
def bigquery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BigQuery]:
    """A BigQuery emulator."""
    need_python_311()
    with running("bigquery.py", tmp_path_factory.mktemp("bigquery") / "log") as where:
        rest, storage = where.split()
        yield BigQuery(rest, storage)


@pytest.fixture(scope="session", params=["embedded", *(["given"] if GIVEN else [])])
def pubsub(request: pytest.FixtureRequest) -> Iterator[str]:
    """The embedded Pub/Sub server, and then the one that runs already, if there is one; yields its address.

    Clients find it by themselves.
    """
    with serving() if request.param == "embedded" else nullcontext(GIVEN) as address, found_by_clients(address):
        yield address


@pytest.fixture(scope="session")
def league_project(bigquery: BigQuery, league: League) -> str:
    """A project that holds the small demo league: every declared table of it."""
    tables = bigquery.tables("the-league")
    for table in WAREHOUSE_TABLES:
        tables.create(table, requirePartitionFilter=table.filter_required)
        tables.load(table, league.rows(table))
    return tables.project


@pytest.fixture
def project() -> str:
    """A project that no other test uses."""
    return f"p-{uuid4().hex[:20]}"
