from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Any

import pytest

from pipeline.reporting.completion import abridged, completed, not_run_event, run_event
from pipeline.requests.problems import Problem
from pipeline.stream.dead_letters import DeadLetters
from pipeline.stream.messages import Message, Rejected
from pipeline.version import ROOT
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore, Refuse

PAGE = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([a-z_0-9]+)`", PAGE))
NOW = datetime(2026, 2, 3, 17, tzinfo=timezone.utc)
PLAN = plan_of("tonight", first=date(2026, 2, 3))


def events() -> list[dict[str, Any]]:
    return [
        completed(PLAN, "out", {}, finished=NOW),
        run_event(PLAN, "failed", finished=NOW),
        not_run_event("duplicate", "why", finished=NOW, duplicate_of="run", message_id="m-1"),
        {**run_event(PLAN, "partial", finished=NOW), "unplayed": []},
        not_run_event("launched", "why", finished=NOW, job="job"),
        abridged({**run_event(PLAN, "failed", finished=NOW), "errors": ["x" * 1000] * 1000}),
    ]


@pytest.mark.parametrize("event", events(), ids=lambda event: event["status"])
def test_every_key_of_an_event_is_on_the_page(event: dict[str, Any]) -> None:
    assert event.keys() <= NAMED
    assert {key for export in event.get("exports", {}).values() for key in export} <= NAMED


@pytest.mark.parametrize(
    "status", ["success", "partial", "failed", "rejected", "dropped", "duplicate", "launched", "degraded", "withheld"]
)
def test_every_status_is_on_the_page(status: str) -> None:
    assert status in NAMED


def test_every_attribute_of_a_dead_letter_is_on_the_page() -> None:
    rejected = Rejected((Problem("date", '"today"', "is unknown", "did you mean target_date?"),))
    long = Message(b"x" * 9_500_000, {f"a{n}": "b" for n in range(100)}, "m-1", NOW)
    full = MemoryStore()
    full.before_write = Refuse("letters/")
    letters = [DeadLetters(store).letter(long, rejected, NOW, attempts="[]") for store in (MemoryStore(), full)]
    said = {name for letter in letters for name in letter.attributes} - {f"original_a{n}" for n in range(100)}
    assert said == {
        "reason",
        "nearest_key",
        "message_id",
        "published_at",
        "rejected_at",
        "attempts",
        "payload_path",
        "payload_bytes",
        "payload_sha256",
        "payload_problem",
        "attributes_path",
        "attributes_count",
        "attributes_problem",
    }
    assert said <= NAMED
