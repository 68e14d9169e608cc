"""A document's object names the schema that it was written for, in the one request that writes it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
import urllib3

from exporters.registry import exports
from pipeline.planning.planner import at_instant, begun
from tests.support.nights import document
from tests.support.plans import plan_of
from tests.support.rows import TONIGHT, schedule_row
from tests.wire.gate import Gate
from tests.wire.services import BUCKET, HASTY
from transforms.elements.document import Document, make_document
from transforms.elements.publication import Outcome, Published
from transforms.publishing.documents import DocumentPublisher, published_object
from transforms.stores.gcs import GcsStore

EXPORT = exports()["predictions"]
BEGAN = datetime(2026, 2, 3, 18, tzinfo=timezone.utc)
NEXT = "urn:phase6:schema:predictions:2"


@pytest.fixture
def store(gate: Gate, prefix: str) -> Iterator[GcsStore]:
    store = GcsStore(BUCKET, prefix, endpoint=gate.url, retry=HASTY)
    yield store
    store.close()


def made(**values: str) -> Document:
    value = document(EXPORT, schedule_row())
    return make_document(EXPORT, value, TONIGHT, value["generated_at"], settled=False)._replace(**values)


def publish(store: GcsStore, made: Document, minute: int = 0, **request: object) -> Outcome:
    shown = store.stat(made.path)
    there = Published({} if shown is None else {made.path: published_object(shown)})
    plan = plan_of(EXPORT.name, first=TONIGHT, **request)
    later = at_instant(begun(plan, BEGAN), f"2026-02-03T18:{minute:02}:00.000000Z")
    return DocumentPublisher(store, later).publish(made, there)


def named(gcs_url: str, store: GcsStore, path: str) -> str:
    """Return the name as the bucket serves it to readers."""
    name = f"{store.prefix}/{path}".replace("/", "%2F")
    served = urllib3.request("GET", f"{gcs_url}/storage/v1/b/{BUCKET}/o/{name}?alt=media", timeout=10, retries=False)
    return served.headers["X-Goog-Meta-Schema"]


def test_it_is_written_with_the_content_in_one_request(store: GcsStore, gate: Gate, gcs_url: str) -> None:
    first = made()
    gate.requests.clear()
    assert DocumentPublisher(store, plan_of(EXPORT.name, first=TONIGHT)).publish(first, Published()).action == "written"
    assert len(gate.requests) == gate.uploads() == 1
    assert named(gcs_url, store, first.path) == EXPORT.schema == "urn:phase6:schema:predictions:1"


def test_another_version_alone_is_no_upload_and_a_rewrite_is_one(store: GcsStore, gate: Gate, gcs_url: str) -> None:
    publish(store, made())
    assert publish(store, made(schema=NEXT), minute=1).action == "unchanged"
    assert gate.uploads() == 1
    assert named(gcs_url, store, made().path) == EXPORT.schema
    assert publish(store, made(schema=NEXT), minute=2, rewrite=True).action == "written"
    # What is replaced goes into the history before.
    assert gate.uploads() == 3
    assert named(gcs_url, store, made().path) == NEXT
