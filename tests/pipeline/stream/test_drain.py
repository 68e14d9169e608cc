"""A job that is drained, on the local streaming runner: all time ends, and each message has its event."""

from __future__ import annotations

import json
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import uuid4

import apache_beam as beam
import pytest
from apache_beam.io.gcp.pubsub import PubsubMessage
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.direct.direct_runner import BundleBasedDirectRunner
from apache_beam.testing.test_stream import TestStream as ScriptedStream
from apache_beam.transforms.window import TimestampedValue

from pipeline.engines.engine import find_engine
from pipeline.options.flags import OptionsError
from pipeline.requests.request import RequestDefaults
from pipeline.stream.answer import Answer, Answerer
from pipeline.stream.coalescing import Answered
from pipeline.stream.graph import AnswerMessages
from pipeline.stream.messages import Asked, Grammar
from pipeline.stream.watching.games import Watch, utc_now
from pipeline.version import current_build
from tests.support.warehouses import ForbiddenWarehouse
from transforms.stores.folder import LocalStore

GRAMMAR = Grammar(("tonight", "live-grading"), {}, RequestDefaults("champion"), max_dates=3)
AN_HOUR = 3600.0


class Quick(Answerer):
    """Answers at once."""

    def answer(self, asked: Asked, before: Answered | None = None) -> Answer:
        event = {"status": "duplicate" if before else "success", "message_id": asked.message_id}
        return Answer(event, f"run-of-{asked.message_id}", self.clock(), "v1", False)


class Keep(beam.DoFn):
    """Keeps events as files, which any runner can write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def process(self, message: PubsubMessage) -> None:
        path = self._folder / uuid4().hex
        path.write_bytes(message.data)
        path.rename(path.with_suffix(".json"))


def message(name: str, *, minutes: int = -1, **request: Any) -> PubsubMessage:
    data = json.dumps(request).encode() if request else b"no request"
    published = datetime.now(timezone.utc) + timedelta(minutes=minutes)
    return PubsubMessage(data, {}, message_id=name, publish_time=published)


def night(date: str, *types: str) -> dict[str, Any]:
    return {"export_types": list(types or ["tonight"]), "target_date": date}


MESSAGES = [
    *(message(f"equal-{n}", **night("2026-02-03")) for n in range(4)),
    # Of after the answer to the first one: the last of them waits for an hour.
    *(message(f"later-{n}", minutes=n, **night("2026-02-03")) for n in (1, 2)),
    *(message(f"live-{n}", **night("2026-02-03", "live-grading")) for n in range(2)),
    message("both", **night("2026-02-03", "live-grading", "tonight")),
    *(message(f"day-{day}", **night(f"2026-01-{day}")) for day in range(10, 15)),
    message("range", export_types=["tonight"], start_date="2026-01-01", end_date="2026-01-03"),
    message("malformed"),
]


def streamed(root: beam.Pipeline) -> Any:
    stream = ScriptedStream()
    for found in MESSAGES:
        stream = stream.add_elements([TimestampedValue(found, 1.0)])
    # The clock begins at zero. What is queued is due now, and what waits is not.
    return root | stream.advance_processing_time(int(time.time()) + 60).advance_watermark_to_infinity()


def run(folder: Path) -> None:
    """Answer the messages until time has ended; :func:`told` tells the events."""
    events = folder / "events"
    events.mkdir()
    warehouse: Any = ForbiddenWarehouse()
    store = LocalStore(folder / "out")
    answerer = Quick(warehouse, store, "out", None)  # type: ignore[arg-type]
    watch = Watch(warehouse, store, None, 60, utc_now)  # type: ignore[arg-type]
    pipeline = beam.Pipeline(runner=BundleBasedDirectRunner(), options=PipelineOptions(["--streaming"]))
    ticks = pipeline | "Tick" >> beam.Create([], reshuffle=False)
    answers = (streamed(pipeline), ticks) | "AnswerMessages" >> AnswerMessages(GRAMMAR, answerer, watch, AN_HOUR)
    answers.events | "Keep" >> beam.ParDo(Keep(events))
    pipeline.run().wait_until_finish()


def told(folder: Path) -> list[tuple[str, str]]:
    """Return message and status of each event so far."""
    events = [json.loads(path.read_bytes()) for path in (folder / "events").glob("*.json")]
    return [(event["message_id"], event["status"]) for event in events]


EACH_ONCE = Counter(str(found.message_id) for found in MESSAGES)


def test_every_message_has_its_event_once_time_has_ended(tmp_path: Path) -> None:
    """One of six equal requests waits for an hour; those of seven lanes are queued."""
    run(tmp_path)
    found = told(tmp_path)
    assert Counter(message_id for message_id, _ in found) == EACH_ONCE
    assert Counter(status for _, status in found) == {"success": 9, "duplicate": 6, "rejected": 1}


def test_prism_is_refused_where_messages_come_from_pubsub() -> None:
    """Tests of the streaming job run on the local runner: on Prism time ends only after the last timer in real time."""
    with pytest.raises(OptionsError, match="reads Pub/Sub on Dataflow and the local runner only"):
        find_engine(PipelineOptions(["--runner=PrismRunner"]), current_build(), streaming=True)
