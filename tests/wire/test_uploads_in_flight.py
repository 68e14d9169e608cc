"""As many uploads are in flight as the store is worth: each of a group is held until the whole group has arrived."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apache_beam as beam
import pytest

from pipeline.execution.in_process import build_documents, run_in_process
from tests.support.eager import run_eagerly
from tests.support.plans import plan_of
from tests.support.warehouses import League
from tests.transforms.publishing.test_publish_documents import card
from tests.transforms.publishing.test_publish_documents import plan_of as plan_of_cards
from tests.transforms.stores.conformance import CACHE
from tests.wire.gate import Gate, Request, Together
from tests.wire.services import BUCKET, HASTY
from transforms.clients.concurrency import run_concurrently
from transforms.elements.opened_date import OpenedDate
from transforms.elements.plan import FEWEST_SHARDS
from transforms.elements.publication import Published
from transforms.reading.scan import scan_all
from transforms.stages.player_stage import DocumentBatch
from transforms.steps.publish_run import PublishDocuments
from transforms.stores.gcs import GcsStore

IN_FLIGHT = 8


@pytest.fixture
def store(gate: Gate, prefix: str) -> Iterator[GcsStore]:
    store = GcsStore(BUCKET, prefix, concurrency=IN_FLIGHT, endpoint=gate.url, retry=HASTY)
    yield store
    store.close()


@contextmanager
def held(gate: Gate, uploads: int, where: Callable[[str], bool] = lambda path: True) -> Iterator[None]:
    """Hold uploads of some paths until a pool full of them has arrived, but for those that are left over at the end."""
    groups = uploads // IN_FLIGHT
    together = Together(IN_FLIGHT, groups)
    gate.inject(*[together] * uploads, where=lambda request: request.is_upload and where(path_of(request)))
    yield
    assert not together.is_late, f"{together.passed} of {groups} groups of {IN_FLIGHT} were in flight at once"
    assert together.passed == groups > 1


def path_of(request: Request) -> str:
    """Return the path of an uploaded object, without the prefix of the test."""
    resource = request.body.split(b"\r\n\r\n", 2)[1].partition(b"\r\n")[0]
    return str(json.loads(resource)["name"]).split("/", 2)[2]


def test_calls_side_by_side(store: GcsStore, gate: Gate) -> None:
    def write(number: int) -> int:
        return store.write(f"{number}.json", b"{}", cache_control=CACHE)

    with held(gate, 30):
        run_concurrently(write, range(30), store.concurrency)
    assert gate.connections == IN_FLIGHT


@pytest.mark.parametrize("shards", [FEWEST_SHARDS, 4 * FEWEST_SHARDS])
def test_a_night_in_process_whatever_the_size_of_its_batches(
    store: GcsStore, gate: Gate, league: League, shards: int
) -> None:
    """Most shards of a night have a document or two; those of the next ones go out with them."""
    plan = plan_of("tonight", "tonight-players", "predictions", "streaks", first=league.today, shards=shards)
    built = build_documents(plan, *scan_all(plan, league.warehouse))
    paths = {made.path for night in built for made in night.documents.documents}
    with held(gate, len(paths), paths.__contains__):
        record = run_in_process(plan, league.warehouse, store)[league.today.isoformat()]
    assert sum(section["written"] for section in record["exports"].values()) == len(paths)


def test_the_publishing_step(store: GcsStore, gate: Gate) -> None:
    plan = plan_of_cards()
    documents = [card(f"p{number}") for number in range(3 * IN_FLIGHT + 1)]
    day = documents[0].date

    def wire(root: beam.Pipeline) -> beam.PCollection:
        opened = root | "Opened" >> beam.Create([(day, OpenedDate(Published()))])
        batches = root | "Batches" >> beam.Create([(day, DocumentBatch([made])) for made in documents])
        return batches | beam.ParDo(PublishDocuments(plan, store), beam.pvalue.AsMultiMap(opened))

    with held(gate, len(documents)):
        outcomes = run_eagerly(wire)
    assert sum(len(batch.outcomes) for _, batch in outcomes) == len(documents)
