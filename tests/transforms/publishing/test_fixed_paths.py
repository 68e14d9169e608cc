"""Documents whose path holds no date are published as pointers are moved: forward only (contract S10, Y12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import orjson
import pytest

from exporters.league.forecasts.readiness import ScanCounts
from tests.support.made_up import CARD, DIARY, ROSTER
from tests.support.matchers import json_of
from tests.support.plans import made_up_plan
from tests.support.stores import MemoryStore, Refuse
from transforms.elements.document import Document, make_document
from transforms.elements.plan import Plan
from transforms.elements.publication import Outcome, Publication, Published
from transforms.publishing.documents import DocumentPublisher
from transforms.publishing.guard import open_date
from transforms.publishing.manifest import make_manifest, write_manifest
from transforms.stores.protocol import Store

DAY = date(2026, 2, 3)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
PATH = DIARY.path
STAMP = "2026-02-03T17:00:00+00:00"


def diary(day: date = DAY, *, days: int = 1, stamp: str = STAMP) -> Document:
    """Return a document at a fixed path that tells of some days, or of none."""
    value = {"generated_at": stamp, "days": {str(n): day.isoformat() for n in range(days)}}
    return make_document(DIARY, value, day, stamp, settled=False)


def plan(day: date = DAY, **values: Any) -> Plan:
    return made_up_plan((DIARY,), day, **{"league_day": DAY, **values})


def publish(store: Store, document: Document, *, using: Plan | None = None) -> Outcome:
    return DocumentPublisher(store, using or plan()).publish(document, Published())


def shown(store: Store) -> str:
    """Return the game date that the fixed path shows."""
    found = store.stat(PATH)
    assert found is not None
    return found.metadata["game_date"]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_only_a_path_without_a_date_is_fixed() -> None:
    card = make_document(CARD, {}, DAY, STAMP, settled=False, key="p1")
    roster = make_document(ROSTER, {"players": []}, DAY, STAMP, settled=False)
    assert [diary().fixed, card.fixed, roster.fixed] == [True, False, False]


def test_the_first_document_is_written_with_what_it_shows(store: MemoryStore) -> None:
    document = diary()
    assert publish(store, document).action == "written"
    found = store.read(PATH)
    assert found is not None
    assert found[0] == document.content
    told = {
        "schema": "urn:phase6:schema:diary:1",
        "game_date": "2026-02-03",
        "digest": document.digest,
        "empty": "false",
    }
    assert found[1].metadata == told | {"as_of": "", "execution_id": "run-1"}
    assert found[1].cache_control == "public, max-age=86400"


def test_a_later_date_takes_over(store: MemoryStore) -> None:
    publish(store, diary(BEFORE), using=plan(BEFORE))
    assert publish(store, diary()).action == "written"
    assert shown(store) == "2026-02-03"


def test_an_older_date_never_takes_over(store: MemoryStore) -> None:
    publish(store, diary())
    kept = publish(store, diary(BEFORE), using=plan(BEFORE))
    assert (kept.action, kept.reason, kept.error) == ("kept", "shows a newer game date", "")
    assert shown(store) == "2026-02-03"


def test_a_backfill_fills_what_is_missing_and_replaces_what_is_older(store: MemoryStore) -> None:
    january, december = date(2026, 1, 5), date(2025, 12, 5)
    assert publish(store, diary(december), using=plan(december)).action == "written"
    assert publish(store, diary(january), using=plan(january)).action == "written"
    assert shown(store) == "2026-01-05"


def test_an_empty_document_never_replaces_one_that_shows_something(store: MemoryStore) -> None:
    publish(store, diary(BEFORE), using=plan(BEFORE))
    kept = publish(store, diary(days=0))
    assert (kept.action, kept.reason) == ("kept", "would replace a document by an empty one")
    assert shown(store) == "2026-02-02"


def test_an_empty_document_fills_an_empty_path(store: MemoryStore) -> None:
    assert publish(store, diary(BEFORE, days=0), using=plan(BEFORE)).action == "written"
    assert publish(store, diary(days=0)).action == "written"
    assert publish(store, diary()).action == "written"


def test_the_same_content_of_a_later_date_is_written_so_that_no_older_one_follows(store: MemoryStore) -> None:
    content = {"generated_at": STAMP, "days": {"1": "same"}}
    for day in (BEFORE, DAY):
        document = make_document(DIARY, content, day, STAMP, settled=False)
        assert publish(store, document, using=plan(day)).action == "written"
    assert shown(store) == "2026-02-03"


def test_an_unchanged_document_is_not_written(store: MemoryStore) -> None:
    publish(store, diary())
    assert publish(store, diary(stamp="2026-02-03T19:00:00+00:00")).action == "unchanged"
    assert store.written == [PATH]


def test_rewrite_writes_an_unchanged_document(store: MemoryStore) -> None:
    publish(store, diary())
    assert publish(store, diary(), using=plan(rewrite=True)).action == "written"


def test_the_manifest_of_a_date_does_not_prove_what_a_shared_path_shows(store: MemoryStore) -> None:
    document = diary()
    publish(store, diary(BEFORE), using=plan(BEFORE))
    published = Published({PATH: document.digest})
    assert DocumentPublisher(store, plan()).publish(document, published).action == "written"


class TestUpdateLatest:
    def test_never_leaves_what_is_there(self, store: MemoryStore) -> None:
        publish(store, diary(BEFORE), using=plan(BEFORE))
        kept = publish(store, diary(), using=plan(update_latest="never"))
        assert (kept.action, kept.reason) == ("kept", "the request says never")

    def test_never_fills_what_is_missing(self, store: MemoryStore) -> None:
        assert publish(store, diary(), using=plan(update_latest="never")).action == "written"

    @pytest.mark.parametrize("document", [diary(BEFORE), diary(days=0)], ids=["older", "empty"])
    def test_force_replaces_anything(self, store: MemoryStore, document: Document) -> None:
        publish(store, diary())
        assert publish(store, document, using=plan(update_latest="force")).action == "written"
        assert orjson.loads(document.content) == json_of(store, PATH)

    def test_a_date_to_come_only_fills_what_is_missing(self, store: MemoryStore) -> None:
        assert publish(store, diary(AFTER), using=plan(AFTER)).action == "written"
        assert publish(store, diary(AFTER, days=2), using=plan(AFTER)).reason == (
            "the date is after the current league day"
        )


class TestRaces:
    def test_an_older_concurrent_write_is_replaced(self, store: MemoryStore) -> None:
        publish(store, diary(BEFORE), using=plan(BEFORE))
        assert self._with_interloper(store, diary(BEFORE, days=2), plan(BEFORE)).action == "written"
        assert shown(store) == "2026-02-03"

    def test_a_newer_concurrent_write_is_kept(self, store: MemoryStore) -> None:
        publish(store, diary(BEFORE), using=plan(BEFORE))
        made = self._with_interloper(store, diary(AFTER), replace(plan(AFTER), league_day=AFTER))
        assert (made.action, made.reason) == ("kept", "shows a newer game date")
        assert shown(store) == "2026-02-04"

    def test_endless_concurrent_writes_are_a_failure(self, store: MemoryStore) -> None:
        def interfere(path: str) -> None:
            store.before_write = lambda path: None
            publish(store, diary(BEFORE, days=len(store.written) + 1), using=plan(BEFORE))
            store.before_write = interfere

        store.before_write = interfere
        made = publish(store, diary())
        assert made.action == "failed"
        assert made.error.startswith(f"StoreError: {PATH} changed 5 times")

    @staticmethod
    def _with_interloper(store: MemoryStore, other: Document, using: Plan) -> Outcome:
        """Publish while somebody else writes between the look and the write."""

        def interfere(path: str) -> None:
            store.before_write = lambda path: None
            publish(store, other, using=using)

        store.before_write = interfere
        return publish(store, diary())


class TestManifest:
    @staticmethod
    def manifest(outcome: Outcome, previous: dict[str, Any] | None = None) -> dict[str, Any]:
        made = make_manifest(plan(), ScanCounts(), Publication(DAY, [outcome]), previous)
        section: dict[str, Any] = made["exports"]["diary"]
        return {"status": made["status"], **section}

    def test_a_written_document_is_listed(self, store: MemoryStore) -> None:
        document = diary()
        section = self.manifest(publish(store, document))
        assert (section["written"], section["kept"]) == (1, {})
        assert section["documents"] == {PATH: document.digest}

    def test_a_kept_document_is_counted_with_its_reason_and_not_listed(self, store: MemoryStore) -> None:
        publish(store, diary(AFTER), using=replace(plan(AFTER), league_day=AFTER))
        section = self.manifest(publish(store, diary()))
        assert section["kept"] == {"shows a newer game date": 1}
        assert (section["written"], section["unchanged"], section["failed"]) == (0, 0, 0)
        assert (section["documents"], section["stale"], section["status"]) == ({}, [], "success")

    def test_the_digest_of_a_replaced_fixed_path_is_dropped(self, store: MemoryStore) -> None:
        first = make_manifest(plan(), ScanCounts(), Publication(DAY, [publish(store, diary())]), None)
        publish(store, diary(AFTER), using=replace(plan(AFTER), league_day=AFTER))
        section = self.manifest(publish(store, diary(days=2)), previous=first)
        assert (section["documents"], section["stale"]) == ({}, [])

    def test_a_failure_is_named(self, store: MemoryStore) -> None:
        store.before_write = Refuse(PATH)
        section = self.manifest(publish(store, diary()))
        assert (section["failed"], section["kept"], section["documents"]) == (1, {}, {})
        assert section["status"] == "failed"
        assert section["failures"][0]["key"] == PATH

    def test_a_fixed_document_is_written_again_by_the_next_run(self, store: MemoryStore) -> None:
        using = plan()
        for days in (1, 2):
            document = diary(days=days)
            published = open_date(using, store, DAY).published
            outcome = DocumentPublisher(store, using).publish(document, published)
            assert outcome.action == "written"
            write_manifest(store, using, ScanCounts(), Publication(DAY, [outcome]))
