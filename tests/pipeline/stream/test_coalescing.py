from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.stream.coalescing import CLOCK_SKEW_SECONDS, REDELIVERY_SECONDS, Change, RequestCoalescer
from pipeline.stream.messages import Asked

QUIET = 120.0


def asked(message_id: str, key: str = "night") -> Asked:
    return Asked({"correlation_id": f"c-{message_id}", "trigger_source": "test"}, key, message_id, "")


def settle(
    coalescer: RequestCoalescer, now: float, *, key: str = "night", read_at: float | None = None, **values: Any
) -> None:
    settled = {"run_id": f"run-{now:g}", "inputs": "v1", "again": False, **values}
    coalescer.settle(key, read_at=now if read_at is None else read_at, now=now, **settled)


def answered_at(start: float, end: float, **values: Any) -> RequestCoalescer:
    """A coalescer on which one request was answered."""
    coalescer = RequestCoalescer(QUIET)
    assert coalescer.receive(asked("m-1"), start, start).action == "answer"
    settle(coalescer, end, read_at=start, **values)
    return coalescer


class TestFirst:
    def test_a_request_is_answered_at_once(self) -> None:
        assert RequestCoalescer(QUIET).receive(asked("m-1"), 1000.0, 1000.0).action == "answer"

    def test_so_is_another_one(self) -> None:
        assert answered_at(1000, 1003).receive(asked("m-2", "other"), 1004.0, 1004.0).action == "answer"

    def test_so_is_an_equal_one_after_the_quiet_period(self) -> None:
        assert answered_at(1000, 1003).receive(asked("m-2"), 1123.0, 1123.0).action == "answer"

    def test_so_is_every_one_without_a_quiet_period(self) -> None:
        coalescer = RequestCoalescer(0.0)
        coalescer.receive(asked("m-1"), 1000.0, 1000.0)
        settle(coalescer, 1003.0, read_at=1000.0)
        assert coalescer.receive(asked("m-2"), 1001.0, 1003.0).action == "answer"


class TestDuplicates:
    def test_published_before_the_answer_began_to_read(self) -> None:
        decision = answered_at(1000, 1003).receive(asked("m-2"), 998.0, 1004.0)
        assert decision.action == "duplicate"
        assert decision.of is not None
        assert decision.of.run_id == "run-1003"

    def test_clocks_may_differ(self) -> None:
        published = 1000.0 - CLOCK_SKEW_SECONDS / 2
        assert answered_at(1000, 1003).receive(asked("m-2"), published, 1004.0).action == "wait"

    def test_an_answer_that_failed_settles_nothing(self) -> None:
        assert answered_at(1000, 1003, again=True).receive(asked("m-2"), 990.0, 1004.0).action == "wait"

    def test_a_message_that_is_delivered_again(self) -> None:
        coalescer = answered_at(1000, 1003)
        assert coalescer.receive(asked("m-1"), 1000.0, 1004.0).action == "redelivered"
        coalescer.receive(asked("m-2"), 1005.0, 1005.0)
        assert coalescer.receive(asked("m-2"), 1005.0, 1006.0).action == "redelivered"
        assert coalescer.receive(asked("m-1"), 1000.0, 1000.0 + REDELIVERY_SECONDS - 1).action == "redelivered"


class TestWaiting:
    def test_published_after_the_answer_began_to_read(self) -> None:
        coalescer = answered_at(1000, 1003)
        decision = coalescer.receive(asked("m-2"), 1001.0, 1004.0)
        assert (decision.action, decision.superseded) == ("wait", None)
        assert coalescer.wake_at() == 1003 + QUIET
        assert coalescer.due(1003 + QUIET - 1) == []
        [(due, before)] = coalescer.due(1003 + QUIET)
        assert due.message_id == "m-2"
        assert before is not None
        assert before.inputs == "v1"
        assert coalescer.due(1003 + QUIET) == []

    def test_a_newer_one_takes_its_place(self) -> None:
        coalescer = answered_at(1000, 1003)
        coalescer.receive(asked("m-2"), 1001.0, 1004.0)
        decision = coalescer.receive(asked("m-3"), 1005.0, 1005.0)
        assert decision.action == "wait"
        assert decision.superseded is not None
        assert decision.superseded.message_id == "m-2"
        assert [due.message_id for due, _ in coalescer.due(2000.0)] == ["m-3"]

    def test_its_answer_begins_another_quiet_period(self) -> None:
        coalescer = answered_at(1000, 1003)
        coalescer.receive(asked("m-2"), 1001.0, 1004.0)
        coalescer.due(1003 + QUIET)
        settle(coalescer, 1130.0)
        assert coalescer.receive(asked("m-3"), 1200.0, 1200.0).action == "wait"

    def test_several_are_due_in_the_order_of_their_time(self) -> None:
        coalescer = answered_at(1000, 1003)
        coalescer.receive(asked("x-1", "other"), 1010.0, 1010.0)
        settle(coalescer, 1011.0, key="other")
        coalescer.receive(asked("x-2", "other"), 1012.0, 1012.0)
        coalescer.receive(asked("m-2"), 1013.0, 1013.0)
        assert [due.message_id for due, _ in coalescer.due(2000.0)] == ["m-2", "x-2"]

    def test_one_that_waits_too_long_is_answered_with_the_next(self) -> None:
        coalescer = answered_at(1000, 1003)
        coalescer.receive(asked("m-2"), 1001.0, 1004.0)
        decision = coalescer.receive(asked("m-3"), 1123.0, 1123.0 + 60)
        assert (decision.action, decision.of) == ("answer", None)
        assert decision.superseded is not None
        assert decision.superseded.message_id == "m-2"
        assert coalescer.due(2000.0) == []

    @pytest.mark.parametrize("rows", [(0, 10), (10, 0), (0, 0)])
    @pytest.mark.parametrize("now", [1006.0, 1200.0])
    def test_a_merged_request_keeps_the_lower_minimum_of_rows(self, rows: tuple[int, int], now: float) -> None:
        coalescer = answered_at(1000, 1003)
        one, other = (replace(asked(f"m-{n}"), min_prediction_rows=wanted) for n, wanted in enumerate(rows, 2))
        coalescer.receive(one, 1001.0, 1004.0)
        assert coalescer.receive(other, 1005.0, now).asked.min_prediction_rows == 0
        assert all(due.min_prediction_rows == 0 for due, _ in coalescer.due(2000.0))


class TestInVain:
    def in_vain(self, coalescer: RequestCoalescer, now: float, **values: Any) -> float:
        settle(coalescer, now, again=True, in_vain=True, **values)
        return coalescer.answered["night"].quiet_until - now

    def test_the_quiet_period_grows_up_to_an_hour(self) -> None:
        coalescer = RequestCoalescer(QUIET)
        assert [self.in_vain(coalescer, 1000.0) for _ in range(7)] == [120, 240, 480, 960, 1920, 3600, 3600]

    def test_until_it_is_not_in_vain(self) -> None:
        coalescer = RequestCoalescer(QUIET)
        self.in_vain(coalescer, 1000.0), self.in_vain(coalescer, 1000.0)
        settle(coalescer, 1000.0)
        assert self.in_vain(coalescer, 1000.0) == QUIET

    def test_a_longer_period_is_kept(self) -> None:
        coalescer = RequestCoalescer(7200.0)
        assert [self.in_vain(coalescer, 1000.0) for _ in range(3)] == [7200, 7200, 7200]


class TestForgetting:
    def test_nothing_is_left_in_the_end(self) -> None:
        coalescer = answered_at(1000, 1003)
        wake = coalescer.wake_at()
        assert wake is not None
        coalescer.forget(wake)
        assert coalescer == RequestCoalescer(QUIET)
        assert coalescer.wake_at() is None

    def test_an_answer_with_requests_waiting_is_kept(self) -> None:
        coalescer = answered_at(1000, 1003)
        coalescer.receive(asked("m-2"), 1001.0, 1004.0)
        coalescer.forget(5000.0)
        [(_, before)] = coalescer.due(5000.0)
        assert before is not None


def replayed(changes: list[Change]) -> RequestCoalescer:
    """The coalescer that a journal makes, by way of JSON."""
    coalescer = RequestCoalescer(QUIET)
    for change in json.loads(json.dumps(changes)):
        coalescer.apply(change)
    return coalescer


def test_its_changes_make_the_same_state_again() -> None:
    coalescer = answered_at(1000, 1003)
    coalescer.receive(asked("m-2"), 1001.0, 1004.0)
    changes = coalescer.take_changes()
    assert replayed(changes) == replayed(coalescer.snapshot()) == coalescer
    assert coalescer.take_changes() == []


def test_changes_may_come_from_another_version_of_the_job() -> None:
    coalescer = answered_at(1000, 1003)
    coalescer.receive(asked("m-2"), 1001.0, 1004.0)
    changes = json.loads(json.dumps(coalescer.take_changes()))
    for change in changes:
        for kind in ("answered", "waiting"):
            if kind in change:
                change[kind]["newer"] = 1
                change[kind].pop("vain", None)
                change[kind].get("asked", {})["newer"] = 1
    assert replayed([*changes, {"unknown": 1}]) == coalescer


def test_it_reads_the_one_value_that_an_earlier_release_has_kept() -> None:
    coalescer = answered_at(1000, 1003)
    coalescer.receive(asked("m-2"), 1001.0, 1004.0)
    kept = {
        "answered": [asdict(answer) for answer in coalescer.answered.values()],
        "waiting": [asdict(waiting) for waiting in coalescer.waiting.values()],
        "seen": coalescer.seen,
    }
    found = RequestCoalescer.decoded(QUIET, json.dumps(kept).encode())
    assert found == coalescer
    assert [due.message_id for due, _ in found.due(2000.0)] == ["m-2"]


steps = st.lists(
    st.tuples(st.sampled_from("ab"), st.floats(0, 100), st.floats(-20, 0), st.booleans(), st.booleans(), st.booleans()),
    max_size=25,
)


@settings(max_examples=200)
@given(steps)
def test_every_message_ends_in_exactly_one_way(drawn: Any) -> None:
    """However requests come, each is answered, a duplicate, or superseded, once; and what waits is answered in time."""
    coalescer, now, endings, waits = RequestCoalescer(QUIET), 1000.0, Counter[str](), {}
    journal: list[Change] = []
    for n, (key, pause, age, again, repeat, timely) in enumerate(drawn):
        now += pause
        coalescer = replayed(coalescer.snapshot() if timely else journal)
        for due, before in coalescer.due(now) if timely else ():
            assert before is not None
            endings[due.message_id] += 1
            settle(coalescer, now, key=due.key, again=again)
            assert waits.pop(due.message_id) <= now
        request = asked(f"m-{n}", key)
        decision = coalescer.receive(request, now + age, now)
        if decision.action == "answer":
            endings[request.message_id] += 1
            now += 2.0
            settle(coalescer, now, key=key, read_at=now - 2.0, again=again)
        elif decision.action == "duplicate":
            endings[request.message_id] += 1
        else:
            assert decision.action == "wait"
            wake = coalescer.wake_at()
            assert wake is not None
            waits[request.message_id] = wake
        if decision.superseded is not None:
            endings[decision.superseded.message_id] += 1
            del waits[decision.superseded.message_id]
        if repeat:
            assert coalescer.receive(request, now, now).action == "redelivered"
        journal += coalescer.take_changes()
    for due, _ in coalescer.due(now + QUIET):
        endings[due.message_id] += 1
    assert endings == Counter({f"m-{n}": 1 for n in range(len(drawn))})
    coalescer.forget(now + REDELIVERY_SECONDS + QUIET)
    assert coalescer == RequestCoalescer(QUIET)
