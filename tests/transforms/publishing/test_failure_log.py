from __future__ import annotations

from datetime import date

import orjson

from tests.support.stores import MemoryStore, Refuse
from transforms.elements.failure import Failure, failure_from
from transforms.elements.plan import Run
from transforms.elements.publication import Outcome, PointerOutcome, Publication
from transforms.publishing.failure_log import failure_log_path, write_failure_log

DAY = date(2026, 1, 5)
RUN = Run("run-1", "2026-01-05T18:00:00+00:00", correlation_id="correlation-1")
FAILURE = Failure("SweepHistories", "card", "a", "ValueError: no", "line 1\nline 2", "2026-01-05")


def outcome(action: str, error: str = "") -> Outcome:
    return Outcome("card/a.json", "card", "a", action, 1, "", "", empty=False, counts={}, error=error)


def written(publication: Publication) -> list[dict[str, str]]:
    store = MemoryStore()
    write_failure_log(store, RUN, publication)
    assert publication.failures_path == failure_log_path("2026-01-05", "run-1")
    found = store.read(publication.failures_path)
    assert found is not None
    assert found[1].content_type == "application/x-ndjson"
    assert found[0].endswith(b"\n")
    return [orjson.loads(line) for line in found[0].splitlines()]


def test_a_record_has_every_field() -> None:
    assert written(Publication(DAY, failures=[FAILURE])) == [
        {
            "run_id": "run-1",
            "correlation_id": "correlation-1",
            "generated_at": "2026-01-05T18:00:00+00:00",
            "date": "2026-01-05",
            "step": "SweepHistories",
            "export": "card",
            "key": "a",
            "error": "ValueError: no",
            "stack": "line 1\nline 2",
            "payload": "2026-01-05",
        }
    ]


def test_documents_and_pointers_that_could_not_be_written_are_failures() -> None:
    records = written(
        Publication(
            DAY,
            outcomes=[outcome("written"), outcome("failed", "StoreError: full")],
            pointers=[
                PointerOutcome("card/a.json", "card", "failed", "gone"),
                PointerOutcome("x", "card", "kept", "y"),
            ],
        )
    )
    assert [(record["step"], record["export"], record["key"], record["error"]) for record in records] == [
        ("PublishDocuments", "card", "card/a.json", "StoreError: full"),
        ("MovePointers", "card", "card/a.json", "gone"),
    ]


def test_without_failures_there_is_no_log() -> None:
    store, publication = MemoryStore(), Publication(DAY, outcomes=[outcome("written")])
    write_failure_log(store, RUN, publication)
    assert store.written == []
    assert publication.failures_path is None


def test_a_log_that_cannot_be_written_is_one_more_failure() -> None:
    store, publication = MemoryStore(), Publication(DAY, failures=[FAILURE])
    store.before_write = Refuse("failures/")
    write_failure_log(store, RUN, publication)
    assert publication.failures_path is None
    assert [failure.step for failure in publication.failures] == ["SweepHistories", "WriteFailureLog"]


def test_an_exception_becomes_one_line_and_its_stack() -> None:
    try:
        raise ValueError("several\n  lines\tof text")
    except ValueError as error:
        failure = failure_from("Step", "card", "a", error, payload="row")
    assert failure.error == "ValueError: several lines of text"
    assert "test_an_exception_becomes_one_line_and_its_stack" in failure.stack
    assert failure.payload == "row"
