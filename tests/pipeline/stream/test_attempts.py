from __future__ import annotations

import json
import multiprocessing
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.pvalue import TaggedOutput

from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.attempts import MOST_ATTEMPTS, AttemptLog, attempts_path
from pipeline.stream.coalescing import Answered
from pipeline.stream.graph import DEAD_LETTERS, AnswerRequests
from pipeline.stream.messages import Asked, Message, read_message
from tests.pipeline.stream.test_graph import GRAMMAR, PUBLISHED, Alarm, Cell
from tests.support.stores import MemoryStore, Refuse
from transforms.stores.control import is_control
from transforms.stores.folder import LocalStore

NOW = PUBLISHED.timestamp()


def asked(message_id: str = "m-1", **values: Any) -> Asked:
    data = json.dumps({"export_types": ["tonight"], "target_date": "today", "correlation_id": "c"}).encode()
    found = read_message(Message(data, {}, message_id, PUBLISHED), GRAMMAR)
    assert isinstance(found, Asked)
    return replace(found, key=f"key-of-{message_id}", **values)


def log(store: Any) -> AttemptLog:
    return AttemptLog(store, lambda: NOW)


class TestLog:
    def test_an_attempt_that_ends_leaves_nothing(self) -> None:
        store = MemoryStore()
        for _ in range(5):
            assert log(store).begin(asked()) == []
            assert is_control(attempts_path("m-1"))
            assert store.stat(attempts_path("m-1")) is not None
            log(store).end(asked())
            assert store.stat(attempts_path("m-1")) is None

    def test_attempts_that_did_not_end_are_returned(self) -> None:
        store = MemoryStore()
        assert [len(log(store).begin(asked())) for _ in range(4)] == [0, 1, 2, 2]
        [first, second] = log(store).begin(asked())
        assert first["begun_at"] == second["begun_at"] == PUBLISHED.isoformat()
        assert first["worker"]

    def test_requests_do_not_share_attempts(self) -> None:
        store = MemoryStore()
        log(store).begin(asked("m-1"))
        assert log(store).begin(asked("m-2")) == []

    def test_one_that_expires_has_no_record(self) -> None:
        store = MemoryStore()
        assert [log(store).begin(asked(expires=NOW + 60)) for _ in range(4)] == [[]] * 4
        log(store).end(asked(expires=NOW + 60))
        assert store.written == []

    def test_a_place_that_is_down_keeps_no_request_from_its_answer(self) -> None:
        store = MemoryStore()
        log(store).begin(asked()), log(store).begin(asked())
        store.before_write = store.before_read = Refuse("")
        assert log(store).begin(asked()) == []
        log(store).end(asked())

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"attempts": 3}', b'{"attempts": [1]}'])
    def test_a_record_that_cannot_be_understood_counts_once(self, content: bytes) -> None:
        store = MemoryStore()
        store.write(attempts_path("m-1"), content, cache_control="no-cache")
        assert len(log(store).begin(asked())) == 1
        assert len(log(store).begin(asked())) == MOST_ATTEMPTS

    @pytest.mark.parametrize("message_id", ["../x", ".y", "a/b", "results-2026-manifest/x.json", "z" * 3000])
    def test_no_message_id_leaves_the_prefix(self, message_id: str) -> None:
        store = MemoryStore()
        log(store).begin(asked(message_id))
        [path] = store.written
        assert path.startswith("attempts/")
        assert path.count("/") == 1


class Deadly(Answerer):
    """Ends its process when it answers a request whose id begins with ``poison``."""

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        if asked.message_id.startswith("poison"):
            os.kill(os.getpid(), signal.SIGKILL)
        return Answer({"status": "success", "message_id": asked.message_id}, "run", NOW)


def work(folder: str, names: list[str], outputs: str) -> None:
    """Process a bundle of requests as a worker does, from the state that the last finished bundle left."""
    nothing: Any = None
    answers = Deadly(nothing, LocalStore(folder), "out", nothing, clock=lambda: NOW)
    step, state, wake = AnswerRequests(answers, 120.0), Cell(), Alarm()
    step.setup()
    found = [made for name in names for made in step.process(("requests", asked(name).encoded()), state, wake)]
    Path(outputs).write_text(json.dumps([_shown(made) for made in found]))


def _shown(made: Any) -> dict[str, Any]:
    if isinstance(made, TaggedOutput):
        assert made.tag == DEAD_LETTERS
        return {"letter": json.loads(made.value.data), **made.value.attributes}
    assert isinstance(made, PubsubMessage)
    found: dict[str, Any] = json.loads(made.data)
    return found


def test_a_request_that_kills_its_worker_twice_is_given_up_and_blocks_nobody(tmp_path: Path) -> None:
    names, outputs = ["before", "poison", "after"], tmp_path / "outputs"
    codes = []
    workers = multiprocessing.get_context("forkserver")
    workers.set_forkserver_preload([__name__])
    for _ in range(4):
        # The runner processes a bundle again until it is finished.
        worker = workers.Process(target=work, args=(str(tmp_path / "out"), names, str(outputs)))
        worker.start()
        worker.join(120)
        codes.append(worker.exitcode)
        if worker.exitcode == 0:
            break
    assert codes == [-signal.SIGKILL, -signal.SIGKILL, 0]
    before, letter, event, after = json.loads(outputs.read_text())
    assert [found["status"] for found in (before, event, after)] == ["success", "failed", "success"]
    assert (event["message_id"], event["correlation_id"]) == ("poison", "c")
    [error] = event["errors"]
    assert error.startswith('message: "poison" has ended its worker 2 times; find the cause in the logs of the worker')
    assert (letter["message_id"], letter["reason"]) == ("poison", error)
    assert len(json.loads(letter["attempts"])) == 2
    again = read_message(Message(json.dumps(letter["letter"]).encode(), {}, "m-9", PUBLISHED), GRAMMAR)
    assert isinstance(again, Asked), "it can be sent again as it is"
    assert again.request == asked("poison").request
