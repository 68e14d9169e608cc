from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from exporters.league.forecasts.readiness import DayCount, ScanCounts
from tests.support.made_up import ALL, CARD, DIARY, ROSTER
from tests.support.plans import made_up_plan
from tests.support.stores import MemoryStore, Refuse
from transforms.elements.document import Document, make_document
from transforms.elements.publication import NewerRun, Outcome, Published, PublishedObject
from transforms.elements.run_order import RunOrder
from transforms.publishing.documents import DocumentPublisher, published_object
from transforms.stores.control import HISTORY

DAY = date(2026, 1, 5)
NEXT = DAY + timedelta(days=1)
CENSUS = ScanCounts(days={day: DayCount(games=1, context_rows=9) for day in (DAY, NEXT)})


def plan_of(*, first: date = DAY, last: date | None = None, **values: Any) -> Any:
    return made_up_plan(ALL, first, last, **values)


def card(player: str, points: int = 1, *, day: date = DAY, plan: Any = None) -> Document:
    stamp = (plan or plan_of()).run.generated_at
    return make_document(CARD, {"generated_at": stamp, "points": points}, day, stamp, settled=False, key=player)


def roster(*players: str, day: date = DAY, plan: Any = None) -> Document:
    stamp = (plan or plan_of()).run.generated_at
    return make_document(ROSTER, {"generated_at": stamp, "players": list(players)}, day, stamp, settled=False)


def diary(*days: str, day: date = DAY) -> Document:
    stamp = plan_of().run.generated_at
    return make_document(DIARY, {"generated_at": stamp, "days": dict.fromkeys(days)}, day, stamp, settled=False)


def known(*documents: Document) -> Published:
    return Published({document.path: PublishedObject(document.digest, 7) for document in documents})


class TestDatedDocuments:
    def test_a_new_document_is_written_with_headers_and_metadata(self) -> None:
        store, document = MemoryStore(), card("a")
        outcome = DocumentPublisher(store, plan_of()).publish(document, Published())
        assert (outcome.action, outcome.path, outcome.key) == ("written", "card/2026-01-05/a.json", "a")
        found = store.read(document.path)
        assert found is not None
        assert found[0] == document.content
        assert (found[1].content_type, found[1].cache_control) == ("application/json", "public, max-age=300")
        assert found[1].metadata == {
            "schema": "urn:phase6:schema:card:1",
            "game_date": "2026-01-05",
            "digest": document.digest,
            "empty": "false",
            "as_of": "",
            "execution_id": "run-1",
        }

    def test_another_version_of_the_schema_alone_writes_nothing(self) -> None:
        """The bytes fit both, and the object keeps the name that it was written under."""
        store, publisher = MemoryStore(), DocumentPublisher(MemoryStore(), plan_of())
        publisher.store = store
        first = card("a")
        publisher.publish(first, Published())
        before = store.stat(first.path)
        assert before is not None
        next_version = first._replace(schema="urn:phase6:schema:card:2")
        there = Published({first.path: PublishedObject(first.digest, before.generation)})
        assert publisher.publish(next_version, there).action == "unchanged"
        assert store.stat(first.path) == before
        other = card("a", points=9)._replace(schema="urn:phase6:schema:card:2")
        assert publisher.publish(other, there).action == "written"
        after = store.stat(first.path)
        assert after is not None
        assert after.metadata["schema"] == "urn:phase6:schema:card:2"

    def test_an_unchanged_document_costs_no_request(self) -> None:
        store = MemoryStore()
        store.before_read = store.before_write = Refuse("")
        outcome = DocumentPublisher(store, plan_of()).publish(card("a"), known(card("a")))
        assert outcome.action == "unchanged"

    def test_a_rewrite_writes_what_is_unchanged(self) -> None:
        store = MemoryStore()
        outcome = DocumentPublisher(store, plan_of(rewrite=True)).publish(card("a"), known(card("a")))
        assert outcome.action == "written"

    def test_what_is_unchanged_on_a_contested_date_is_written_again(self) -> None:
        store, older, newer = MemoryStore(), at("18:04"), at("18:06")
        DocumentPublisher(store, at("18:03")).publish(card("a", 1), Published())
        shown = store.stat(card("a").path)
        assert shown is not None
        seen = {shown.path: published_object(shown)}
        made = DocumentPublisher(store, newer).publish(card("a", 1), Published(seen, is_contested=True))
        assert made.action == "written"
        late = DocumentPublisher(store, older).publish(card("a", 2), Published(seen))
        assert (late.action, late.is_newer) == ("kept", True)

    def test_a_document_that_cannot_be_written_is_an_outcome_and_not_an_exception(self) -> None:
        store = MemoryStore()
        store.before_write = Refuse("card/")
        outcome = DocumentPublisher(store, plan_of()).publish(card("a"), Published())
        assert outcome.action == "failed"
        assert outcome.error == "StoreError: cannot write card/2026-01-05/a.json: no space left; free some"


def at(as_of: str, execution: str = "e") -> Any:
    """Return a plan whose run reads a picture of the warehouse."""
    plan = plan_of()
    return replace(plan, run=replace(plan.run, as_of=as_of, execution_id=execution))


class TestOrder:
    """An older picture of the warehouse never replaces a newer one, whoever comes last."""

    def publish(self, store: MemoryStore, plan: Any, document: Document, **known: Any) -> Outcome:
        return DocumentPublisher(store, plan).publish(document, Published(**known))

    @pytest.mark.parametrize(
        ("first", "second", "action"),
        [
            (("18:04", "a"), ("18:05", "a"), "written"),
            (("18:05", "a"), ("18:04", "z"), "kept"),
            (("18:04", "a"), ("18:04", "b"), "written"),
            (("18:04", "b"), ("18:04", "a"), "kept"),
        ],
        ids=str,
    )
    def test_of_two_runs_the_newer_picture_is_shown(
        self, first: tuple[str, str], second: tuple[str, str], action: str
    ) -> None:
        store = MemoryStore()
        self.publish(store, at(*first), card("a", 1))
        outcome = self.publish(store, at(*second), card("a", 2))
        assert outcome.action == action
        assert outcome.is_newer is (action == "kept")
        shown = store.stat(outcome.path)
        assert shown is not None
        assert (shown.metadata["as_of"], shown.metadata["execution_id"]) == (second if action == "written" else first)
        assert outcome.digest == shown.metadata["digest"], "the manifest tells of what is there"

    def test_one_request_replaces_an_object_that_was_listed(self) -> None:
        store = MemoryStore()
        self.publish(store, at("18:04"), card("a", 1))
        found = self.found(store)
        store.before_read = Refuse("")
        plan = replace(at("18:05"), history_days=0)
        assert self.publish(store, plan, card("a", 2), objects=found).action == "written"

    def test_what_is_replaced_is_kept_before_it_is_replaced(self) -> None:
        store = MemoryStore()
        first = self.publish(store, at("18:04"), card("a", 1))
        before = store.read(first.path)
        assert before is not None
        store.before_write = Refuse(HISTORY)
        assert self.publish(store, at("18:05"), card("a", 2)).action == "failed"
        assert store.read(first.path) == before
        store.before_write, store.written = (lambda path: None), []
        assert self.publish(store, at("18:05"), card("a", 2)).action == "written"
        kept, path = store.written
        assert (kept.startswith(HISTORY), path) == (True, first.path)
        found = store.read(kept)
        assert found is not None
        assert found[0] == before[0]
        assert self.publish(store, at("18:06"), card("a", 2)).writer == at("18:05").run.execution

    def test_an_object_that_something_else_wrote_meanwhile_is_looked_at_again(self) -> None:
        store = MemoryStore()
        self.publish(store, at("18:04"), card("a", 1))
        found = self.found(store)
        self.publish(store, at("18:06"), card("a", 3))
        after = self.publish(store, at("18:05"), card("a", 2), objects=found)
        assert (after.action, after.reason) == ("kept", "a newer run published 2026-01-05 at 18:06Z")

    def test_an_object_that_is_gone_is_written_anew(self) -> None:
        store = MemoryStore()
        before = self.publish(store, at("18:04"), card("a", 1))
        found = self.found(store)
        store.delete(before.path)
        assert self.publish(store, at("18:05"), card("a", 2), objects=found).action == "written"

    def test_what_a_newer_run_published_stays_although_its_objects_are_older(self) -> None:
        """The newer run found them as they should be, so that it did not write them."""
        store = MemoryStore()
        before = self.publish(store, at("18:04"), card("a", 1))
        newer = {"card": NewerRun(RunOrder("18:06", "e"), "a newer run published it")}
        known = {"objects": self.found(store), "newer": newer}
        store.before_read = store.before_write = Refuse("")
        after = self.publish(store, at("18:05"), card("a", 2), **known)
        assert (after.action, after.reason, after.digest) == ("kept", "a newer run published it", before.digest)
        assert self.publish(store, at("18:05"), card("a", 1), **known).action == "unchanged", "both say the same"
        assert self.publish(store, at("18:05"), card("b", 1), **known).action == "kept", "the newer one knows no b"

    def found(self, store: MemoryStore) -> dict[str, PublishedObject]:
        return {shown.path: published_object(shown) for shown in store.list("card/")}

    def test_work_that_is_done_again_counts_as_written_once(self) -> None:
        store = MemoryStore()
        first = self.publish(store, at("18:04"), card("a", 1))
        again = self.publish(store, at("18:04"), card("a", 1))
        assert again == first

    def test_a_measured_document_of_a_newer_run_stays_whatever_this_one_shows(self) -> None:
        store = MemoryStore()
        self.publish(store, at("18:06"), score(1))
        outcome = self.publish(store, at("18:05"), score(5))
        assert (outcome.action, outcome.is_newer) == ("kept", True)

    def test_a_fixed_path_keeps_what_a_newer_run_of_the_same_date_shows(self) -> None:
        store = MemoryStore()
        self.publish(store, at("18:06"), diary("x"))
        outcome = self.publish(store, at("18:05"), diary("y"))
        assert (outcome.action, outcome.is_newer) == ("kept", True)
        assert outcome.reason == "a newer run showed 2026-01-05 at 18:06"
        later = replace(at("18:05"), dates=(NEXT,), league_day=NEXT)
        assert self.publish(store, later, diary("z", day=NEXT)).action == "written", "another date is no older picture"

    def test_what_shows_a_date_after_the_league_day_is_wrong_and_moves_back(self) -> None:
        store = MemoryStore()
        ahead = replace(at("18:04"), dates=(NEXT,), league_day=NEXT)
        self.publish(store, ahead, diary("x", day=NEXT))
        known = replace(at("18:05"), latest_day=NEXT)
        assert self.publish(store, known, diary("y")).reason == "shows a newer game date"
        clear = replace(at("18:05"), latest_day=DAY)
        assert self.publish(store, clear, diary("y")).action == "written"


def score(progress: int, *, waits: bool = True, players: int = 1) -> Document:
    return roster(*"abcdef"[:players])._replace(digest=f"{progress}", progress=progress, waits=waits)


class TestDocumentsThatAreMeasured:
    def publish(self, store: MemoryStore, document: Document, **values: Any) -> Outcome:
        return DocumentPublisher(store, plan_of(**values)).publish(document, Published())

    def test_the_metadata_of_the_object_hold_its_progress(self) -> None:
        store = MemoryStore()
        assert self.publish(store, score(3)).progress == 3
        found = store.stat(score(3).path)
        assert found is not None
        told = {"game_date": "2026-01-05", "digest": "3", "empty": "false", "progress": "3"}
        assert found.metadata == told | {"schema": "urn:phase6:schema:roster:1", "as_of": "", "execution_id": "run-1"}

    @pytest.mark.parametrize(("progress", "action"), [(2, "kept"), (3, "unchanged"), (4, "written")])
    def test_a_document_with_fewer_outcomes_keeps_what_is_shown(self, progress: int, action: str) -> None:
        store = MemoryStore()
        self.publish(store, score(3))
        outcome = self.publish(store, score(progress))
        shown = store.stat(outcome.path)
        assert shown is not None
        assert outcome.action == action
        assert outcome.digest == shown.metadata["digest"], "the manifest tells of what is there"
        assert outcome.progress == max(progress, 3)
        assert outcome.reason == ("shows more outcomes" if action == "kept" else "")

    def test_a_document_without_pending_outcomes_is_final(self) -> None:
        store = MemoryStore()
        self.publish(store, score(3))
        assert self.publish(store, score(2, waits=False)).action == "written"
        assert self.publish(store, score(1)).action == "kept"

    def test_one_that_is_empty_never_is(self) -> None:
        store = MemoryStore()
        self.publish(store, score(0))
        outcome = self.publish(store, score(0, waits=False, players=0))
        assert (outcome.action, outcome.reason) == ("kept", "would replace a document by an empty one")
        assert outcome.empty is False

    @pytest.mark.parametrize("values", [{"rewrite": True}, {"update_latest": "force"}], ids=str)
    def test_rewrite_and_force_replace_a_document_with_more_outcomes(self, values: dict[str, Any]) -> None:
        store = MemoryStore()
        self.publish(store, score(3))
        assert self.publish(store, score(2), **values).action == "written"

    def test_an_object_of_another_writer_is_replaced(self) -> None:
        store = MemoryStore()
        store.write(score(0).path, b"{}", cache_control="")
        assert self.publish(store, score(0)).action == "written"

    def test_another_run_with_more_outcomes_is_not_overwritten(self) -> None:
        store = MemoryStore()
        self.publish(store, score(1))

        def meanwhile(path: str) -> None:
            store.before_write = lambda path: None
            self.publish(store, score(5))

        store.before_write = meanwhile
        assert self.publish(store, score(2)).action == "kept"
        found = store.stat(score(0).path)
        assert found is not None
        assert found.metadata["progress"] == "5"

    def test_a_path_that_does_not_hold_still_is_a_failure(self) -> None:
        store = MemoryStore()
        self.publish(store, score(1))

        def meanwhile(path: str) -> None:
            store.before_write = lambda path: None
            store.write(path, b"{}", cache_control="")
            store.before_write = meanwhile

        store.before_write = meanwhile
        outcome = self.publish(store, score(2))
        assert outcome.action == "failed"
        assert "changed 5 times while it was being written: run it again" in outcome.error


class TestDocumentsAtFixedPaths:
    def publish(self, store: MemoryStore, document: Document, **values: Any) -> tuple[str, str]:
        outcome = DocumentPublisher(store, plan_of(**values)).publish(document, known(document))
        return outcome.action, outcome.reason

    def test_published_content_is_read_from_the_object_alone(self) -> None:
        store = MemoryStore()
        assert self.publish(store, diary("x")) == ("written", "")
        assert self.publish(store, diary("x")) == ("unchanged", "")
        assert self.publish(store, diary("x"), rewrite=True) == ("written", "")
        assert self.publish(store, diary("y")) == ("written", "")

    def test_they_never_go_back_in_time(self) -> None:
        store = MemoryStore()
        self.publish(store, diary("x", day=NEXT), first=NEXT)
        assert self.publish(store, diary("y")) == ("kept", "shows a newer game date")
        assert self.publish(store, diary("y"), update_latest="force") == ("written", "")

    def test_they_never_become_empty(self) -> None:
        store = MemoryStore()
        assert self.publish(store, diary()) == ("written", "")
        self.publish(store, diary("x"))
        assert self.publish(store, diary()) == ("kept", "would replace a document by an empty one")

    def test_update_latest_never_moves_no_pointer(self) -> None:
        store = MemoryStore()
        self.publish(store, diary("x"))
        assert self.publish(store, diary("y"), update_latest="never") == ("kept", "the request says never")

    def test_a_concurrent_write_is_compared_again(self) -> None:
        store = MemoryStore()
        self.publish(store, diary("x"))
        rivals = [diary("newer", day=NEXT)]

        def rival(path: str) -> None:
            if rivals and path == "diary.json":
                self.publish(store, rivals.pop(), first=NEXT)

        store.before_write = rival
        assert self.publish(store, diary("y")) == ("kept", "shows a newer game date")

    def test_one_that_keeps_changing_is_given_up(self) -> None:
        store, publishing = MemoryStore(), []

        def rival(path: str) -> None:
            if not publishing:
                publishing.append(path)
                store.write(path, b"{}", cache_control="")
                publishing.clear()

        store.before_write = rival
        action, _ = self.publish(store, diary("y"))
        assert action == "failed"
