from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace

import orjson
import pytest

from tests.support.matchers import json_of
from tests.support.stores import MemoryStore, Refuse
from transforms.elements.plan import LeaseRules, Run
from transforms.publishing import lease as leases
from transforms.publishing.lease import (
    DateBusy,
    Heartbeat,
    abandon,
    acquire,
    alive_path,
    find_holder,
    lease_path,
    release,
)

DAY = "2026-02-11"
RULES = LeaseRules(heartbeat_seconds=10, dead_after_seconds=45, wait_seconds=300)


def run_of(number: int, *, as_of: str = "2026-02-11T18:00:00.000000Z") -> Run:
    return Run(f"run-{number}", as_of, as_of=as_of, execution_id=f"execution-{number}")


@dataclass
class Clock:
    """Time that only waiting lets pass; ``every`` is called at each wait."""

    now: float = 0.0
    every: object = None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if callable(self.every):
            self.every()


def take(store: MemoryStore, run: Run, clock: Clock | None = None) -> bool:
    clock = clock or Clock()
    return acquire(store, run, DAY, RULES, clock=clock, sleep=clock.sleep)


def held_by(store: MemoryStore) -> str:
    holder = find_holder(store, DAY)
    return "" if holder is None else holder.run_id


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases are of a machine whose processes cannot be looked for."""
    monkeypatch.setattr(leases, "_this_process", lambda: ("another machine", "1@1"))


class TestTaking:
    def test_a_free_date_is_taken_with_one_write(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        assert store.written == [lease_path(DAY)]
        assert json_of(store, lease_path(DAY))["run_id"] == "run-1"
        assert held_by(store) == "run-1"

    def test_the_same_execution_takes_it_once_more(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        clock = Clock()
        take(store, run_of(1), clock)
        assert clock.now == 0

    @pytest.mark.usefixtures("elsewhere")
    def test_a_run_waits_for_one_that_shows_signs_of_life_and_is_refused_by_name(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        clock = Clock(every=lambda: store.write(alive_path("execution-1"), b"{}", cache_control=""))
        with pytest.raises(DateBusy) as refused:
            take(store, run_of(2), clock)
        assert str(refused.value).startswith("2026-02-11 is being published by run run-1 (execution-1), which still")
        assert clock.now >= RULES.wait_seconds
        assert held_by(store) == "run-1"

    @pytest.mark.usefixtures("elsewhere")
    def test_a_run_goes_on_as_soon_as_the_other_one_gives_the_date_back(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        clock = Clock()

        def finish() -> None:
            if clock.now > 20:
                release(store, run_of(1), DAY)

        clock.every = finish
        take(store, run_of(2), clock)
        assert 20 < clock.now < 30

    @pytest.mark.usefixtures("elsewhere")
    def test_one_without_signs_of_life_is_taken_over_and_named(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        clock = Clock()
        take(store, run_of(2), clock)
        assert RULES.dead_after_seconds <= clock.now < RULES.dead_after_seconds + 10
        assert held_by(store) == "run-2"

    def test_a_process_of_this_machine_that_is_gone_is_not_waited_for(
        self, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        host, _ = leases._this_process()
        if not host:
            pytest.fail("the system does not tell its processes apart")
        # The number of a process that is alive, but was started at another time.
        with monkeypatch.context() as patched:
            patched.setattr(leases, "_this_process", lambda: (host, "1@0"))
            take(store, run_of(1))
        clock = Clock()
        take(store, run_of(2), clock)
        assert (held_by(store), clock.now) == ("run-2", 0)

    def test_a_run_of_this_process_that_is_alive_is_waited_for(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        clock = Clock()
        take(store, run_of(2), clock)
        assert clock.now >= RULES.dead_after_seconds

    def test_one_that_was_abandoned_is_not_waited_for(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        abandon(store, run_of(1), DAY)
        clock = Clock()
        take(store, run_of(2), clock)
        assert (held_by(store), clock.now) == ("run-2", 0)

    @pytest.mark.usefixtures("elsewhere")
    def test_a_date_taken_from_a_run_that_may_be_alive_is_contested_until_it_is_given_back(
        self, store: MemoryStore
    ) -> None:
        assert not take(store, run_of(1))
        assert take(store, run_of(2)), "it only showed no signs of life"
        assert take(store, run_of(2)), "its worker died, and its work is done again"
        abandon(store, run_of(2), DAY)
        assert take(store, run_of(3)), "the first run may still be alive"
        release(store, run_of(3), DAY)
        assert not take(store, run_of(4))

    def test_what_a_run_that_was_cut_off_left_in_part_stays_named_until_it_is_repaired(
        self, store: MemoryStore
    ) -> None:
        def taken(run: Run, *export_types: str) -> None:
            clock = Clock()
            acquire(store, run, DAY, RULES, export_types=export_types, clock=clock, sleep=clock.sleep)
            assert clock.now == 0

        taken(run_of(1), "tonight", "streaks", "results")
        abandon(store, run_of(1), DAY)
        taken(run_of(2), "tonight", "streaks")
        release(store, run_of(2), DAY, repaired=["streaks"])
        assert held_by(store) == "run-2"
        assert json_of(store, lease_path(DAY))["unrepaired"] == ["results", "tonight"]
        taken(run_of(3), "tonight", "predictions")
        release(store, run_of(3), DAY, repaired=["tonight", "predictions"])
        assert json_of(store, lease_path(DAY))["unrepaired"] == ["results"]
        taken(run_of(4), "results")
        release(store, run_of(4), DAY, repaired=["results"])
        assert held_by(store) == ""

    def test_a_date_taken_from_a_run_that_is_over_is_not_contested(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        abandon(store, run_of(1), DAY)
        assert not take(store, run_of(2))

    @pytest.mark.parametrize("content", [b"", b"[]", b'{"run_id": 3}', b'{"host": 3}'])
    def test_a_lease_that_cannot_be_understood_is_taken_over(self, store: MemoryStore, content: bytes) -> None:
        store.write(lease_path(DAY), content, cache_control="")
        take(store, run_of(2))
        assert held_by(store) == "run-2"

    def test_of_two_runs_at_once_only_one_takes_it(self) -> None:
        store, rules = MemoryStore(), LeaseRules(heartbeat_seconds=1, dead_after_seconds=30, wait_seconds=0)
        taken: list[int] = []
        gate = threading.Barrier(8)

        def race(number: int) -> None:
            gate.wait()
            try:
                acquire(store, run_of(number), DAY, rules)
            except DateBusy:
                return
            taken.append(number)

        threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(taken) == 1
        assert held_by(store) == f"run-{taken[0]}"


class TestGivingBack:
    def test_only_its_holder_removes_it(self, store: MemoryStore) -> None:
        take(store, run_of(1))
        release(store, run_of(2), DAY)
        abandon(store, run_of(2), DAY)
        assert held_by(store) == "run-1"
        release(store, run_of(1), DAY)
        assert find_holder(store, DAY) is None
        assert store.stat(lease_path(DAY)) is None


class TestHeartbeat:
    QUICK = replace(RULES, heartbeat_seconds=0.01)

    def test_it_renews_the_signs_of_life_until_it_ends(self, store: MemoryStore) -> None:
        with Heartbeat(store, run_of(1), self.QUICK):
            self.wait_for(lambda: len(store.written) >= 3)
        self.wait_for(lambda: not self.is_beating())
        seen = len(store.written)
        time.sleep(0.05)
        assert len(store.written) == seen
        assert set(store.written) == {alive_path("execution-1")}

    def test_a_process_has_one_thread_for_a_run_however_often_it_is_entered(self, store: MemoryStore) -> None:
        with Heartbeat(store, run_of(1), self.QUICK), Heartbeat(store, run_of(1), self.QUICK):
            assert len([thread for thread in threading.enumerate() if thread.name == "heartbeat-execution-1"]) == 1
        self.wait_for(lambda: not self.is_beating())

    def test_a_run_that_is_over_before_the_first_sign_is_due_writes_none(self, store: MemoryStore) -> None:
        with Heartbeat(store, run_of(1), RULES):
            pass
        assert store.written == []

    def test_another_worker_that_renews_them_spares_this_one_the_write(self, store: MemoryStore) -> None:
        generations = iter(range(1, 10_000))

        def renewed(path: str) -> None:
            store.before_read = lambda _: None
            store.write(path, orjson.dumps(next(generations)), cache_control="")
            store.before_read = renewed

        store.before_read = renewed
        with Heartbeat(store, run_of(1), self.QUICK):
            time.sleep(0.1)
        self.wait_for(lambda: not self.is_beating())
        found = store.read(alive_path("execution-1"))
        assert found is not None
        assert orjson.loads(found[0]) == next(generations) - 1, "nothing but the other worker wrote"

    def test_a_service_that_does_not_answer_for_a_moment_does_not_end_it(self, store: MemoryStore) -> None:
        store.before_write = refuse = Refuse("alive/")
        with Heartbeat(store, run_of(1), self.QUICK):
            self.wait_for(lambda: len(refuse.refused) >= 2)
            store.before_write = lambda _: None
            self.wait_for(lambda: store.stat(alive_path("execution-1")) is not None)

    @staticmethod
    def is_beating() -> bool:
        return any(thread.name == "heartbeat-execution-1" for thread in threading.enumerate())

    @staticmethod
    def wait_for(condition: object) -> None:
        assert callable(condition)
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.005)


def test_a_lease_that_changes_hands_meanwhile_is_not_given_back_by_mistake(store: MemoryStore) -> None:
    take(store, run_of(1))
    taken = store.read(lease_path(DAY))
    assert taken is not None

    def rival(path: str) -> None:
        store.before_read = lambda _: None
        store.write(path, orjson.dumps({**orjson.loads(taken[0]), "execution_id": "execution-9"}), cache_control="")

    store.before_read = rival
    release(store, run_of(1), DAY)
    found = find_holder(store, DAY)
    assert found is not None
    assert found.order.execution_id == "execution-9"
    assert store.stat(lease_path(DAY)) is not None
