from __future__ import annotations

import pytest
from google.api_core.exceptions import InvalidArgument
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from demo.pubsub.backlog import Backlog

SUBSCRIPTION = "projects/p/subscriptions/all"


class Clock:
    """Seconds that pass only when a test advances them."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def backlog(clock: Clock) -> Backlog[str]:
    made = Backlog[str](SUBSCRIPTION, 10, clock, len)
    for message in ("a", "bb", "ccc"):
        made.add(message)
    return made


def messages(backlog: Backlog[str], most: int = 100) -> list[str]:
    return [delivery.message for delivery in backlog.lease(most)]


class TestLease:
    def test_messages_come_in_their_order_and_at_most_so_many(self, backlog: Backlog[str]) -> None:
        assert [messages(backlog, 2), messages(backlog, 2), messages(backlog, 2)] == [["a", "bb"], ["ccc"], []]

    def test_every_delivery_has_an_id_of_its_own(self, backlog: Backlog[str], clock: Clock) -> None:
        names = []
        for _ in range(3):
            names += [delivery.ack_id for delivery in backlog.lease(100)]
            clock.now += 10
        assert len(set(names)) == 9

    @pytest.mark.parametrize(("most", "expected"), [(1, ["a"]), (2, ["a"]), (3, ["a", "bb"]), (6, ["a", "bb", "ccc"])])
    def test_no_more_bytes_than_the_caller_takes(self, backlog: Backlog[str], most: int, expected: list[str]) -> None:
        assert [delivery.message for delivery in backlog.lease(100, max_bytes=most)] == expected

    @pytest.mark.parametrize(("at_least_one", "expected"), [(True, ["a"]), (False, [])])
    def test_one_message_may_be_delivered_however_large_it_is(
        self, backlog: Backlog[str], at_least_one: bool, expected: list[str]
    ) -> None:
        found = backlog.lease(100, max_bytes=0, at_least_one=at_least_one)
        assert [delivery.message for delivery in found] == expected


class TestExpiry:
    def test_a_message_comes_again_at_its_deadline_and_not_before(self, backlog: Backlog[str], clock: Clock) -> None:
        messages(backlog, 1)
        clock.now += 9.999
        assert messages(backlog) == ["bb", "ccc"]
        clock.now += 0.001
        assert messages(backlog) == ["a"]

    def test_a_lease_may_have_seconds_of_its_own(self, backlog: Backlog[str], clock: Clock) -> None:
        backlog.lease(1, seconds=60)
        backlog.lease(1)
        clock.now += 59
        assert messages(backlog) == ["ccc", "bb"], "what comes again comes after what waits"
        clock.now += 1
        assert messages(backlog) == ["a"]

    def test_the_next_expiry(self, backlog: Backlog[str], clock: Clock) -> None:
        assert backlog.next_expiry() is None
        [late] = backlog.lease(1, seconds=60)
        [soon] = backlog.lease(1, seconds=30)
        assert backlog.next_expiry() == 1_030.0
        backlog.acknowledge([soon.ack_id])
        assert backlog.next_expiry() == 1_060.0
        backlog.extend([late.ack_id], 5)
        assert backlog.next_expiry() == 1_005.0
        backlog.acknowledge([late.ack_id])
        assert backlog.next_expiry() is None


class TestAcknowledge:
    def test_it_is_not_delivered_again(self, backlog: Backlog[str], clock: Clock) -> None:
        first, *_ = backlog.lease(100)
        backlog.acknowledge([first.ack_id])
        clock.now += 10
        assert messages(backlog) == ["bb", "ccc"]

    def test_twice_is_as_good_as_once(self, backlog: Backlog[str]) -> None:
        [first] = backlog.lease(1)
        backlog.acknowledge([first.ack_id])
        backlog.acknowledge([first.ack_id])
        assert messages(backlog) == ["bb", "ccc"]

    def test_too_late_has_no_effect(self, backlog: Backlog[str], clock: Clock) -> None:
        [first] = backlog.lease(1)
        clock.now += 10
        backlog.acknowledge([first.ack_id])
        assert messages(backlog) == ["bb", "ccc", "a"]

    def test_the_id_of_an_earlier_delivery_does_not_end_a_later_one(self, backlog: Backlog[str], clock: Clock) -> None:
        [first] = backlog.lease(1)
        backlog.extend([first.ack_id], 0)
        assert messages(backlog) == ["bb", "ccc", "a"]
        backlog.acknowledge([first.ack_id])
        clock.now += 10
        assert messages(backlog) == ["bb", "ccc", "a"]

    @pytest.mark.parametrize(
        "name",
        [
            "",
            "nonsense",
            "1",
            f"{SUBSCRIPTION}:0",
            f"{SUBSCRIPTION}:2",
            f"{SUBSCRIPTION}:x",
            "projects/p/subscriptions/b:1",
        ],
    )
    def test_an_id_that_was_never_given_out_is_rejected_and_nothing_acknowledged(
        self, backlog: Backlog[str], clock: Clock, name: str
    ) -> None:
        [first] = backlog.lease(1)
        for act in (backlog.acknowledge, lambda names: backlog.extend(names, 600)):
            with pytest.raises(InvalidArgument, match=rf"is no ack id of {SUBSCRIPTION}: .*; use the ack_id"):
                act([first.ack_id, name])
        clock.now += 10
        assert messages(backlog) == ["bb", "ccc", "a"]


class TestExtend:
    def test_nothing_is_delivered_before_the_new_deadline(self, backlog: Backlog[str], clock: Clock) -> None:
        first, *_ = backlog.lease(100)
        clock.now += 9
        backlog.extend([first.ack_id], 20)
        clock.now += 19.9
        assert messages(backlog) == ["bb", "ccc"]
        clock.now += 0.1
        assert messages(backlog) == ["a"]

    def test_a_deadline_may_come_nearer(self, backlog: Backlog[str], clock: Clock) -> None:
        first, *_ = backlog.lease(100)
        backlog.extend([first.ack_id], 1)
        clock.now += 1
        assert messages(backlog) == ["a"]

    def test_no_seconds_deliver_it_again_at_once(self, backlog: Backlog[str]) -> None:
        first, second, _ = backlog.lease(100)
        backlog.extend([second.ack_id, first.ack_id], 0)
        assert messages(backlog) == ["a", "bb"]

    def test_an_expired_lease_cannot_be_extended(self, backlog: Backlog[str], clock: Clock) -> None:
        [first] = backlog.lease(1)
        clock.now += 10
        backlog.extend([first.ack_id], 600)
        assert messages(backlog) == ["bb", "ccc", "a"]


class EveryHistory(RuleBasedStateMachine):
    """Whatever callers do, a message is waiting, leased to one of them, or acknowledged."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.backlog = Backlog[int](SUBSCRIPTION, 10, self.clock, lambda message: 1)
        self.published = 0
        self.expiries: dict[str, tuple[int, float]] = {}
        self.acknowledged: set[int] = set()
        self.given_out: list[str] = []

    def _live(self) -> dict[str, tuple[int, float]]:
        return {name: found for name, found in self.expiries.items() if found[1] > self.clock.now}

    @rule(count=st.integers(1, 3))
    def publish(self, count: int) -> None:
        for _ in range(count):
            self.backlog.add(self.published)
            self.published += 1

    @rule(most=st.integers(1, 4), seconds=st.none() | st.integers(1, 30))
    def lease(self, most: int, seconds: int | None) -> None:
        live = self._live()
        held = {message for message, _ in live.values()}
        found = self.backlog.lease(most, seconds=seconds)
        assert len(found) == min(most, self.published - len(self.acknowledged) - len(held))
        taken = [delivery.message for delivery in found]
        assert len(set(taken)) == len(taken)
        assert not set(taken) & (held | self.acknowledged)
        self.expiries = live
        for delivery in found:
            assert delivery.ack_id not in self.given_out
            self.given_out.append(delivery.ack_id)
            self.expiries[delivery.ack_id] = (delivery.message, self.clock.now + (10 if seconds is None else seconds))

    @precondition(lambda self: self.given_out)
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(self.given_out))
        self.backlog.acknowledge([name])
        if name in self._live():
            self.acknowledged.add(self.expiries.pop(name)[0])

    @precondition(lambda self: self.given_out)
    @rule(data=st.data(), seconds=st.integers(0, 20))
    def extend(self, data: st.DataObject, seconds: int) -> None:
        name = data.draw(st.sampled_from(self.given_out))
        self.backlog.extend([name], seconds)
        if name in self._live():
            self.expiries[name] = (self.expiries[name][0], self.clock.now + seconds)

    @rule(seconds=st.integers(1, 15))
    def wait(self, seconds: int) -> None:
        self.clock.now += seconds

    @invariant()
    def leases_are_those_of_the_model(self) -> None:
        live = self._live()
        assert {name for name in self.given_out if self.backlog.is_leased(name)} == live.keys()
        assert self.backlog.next_expiry() == min((expiry for _, expiry in live.values()), default=None)


TestEveryHistory = EveryHistory.TestCase
