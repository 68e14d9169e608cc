from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from pipeline.execution.in_process import run_in_process
from pipeline.planning.machine_clock import with_clock
from pipeline.reporting.report import summarize
from pipeline.requests.request import RequestError
from tests.support.matchers import documents, json_of
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore, Refuse
from tests.support.warehouses import League
from transforms.stores.control import ControlledStore
from transforms.stores.folder import LocalStore

DAY = date(2026, 2, 3)
NOW = datetime(2026, 2, 3, 17, tzinfo=timezone.utc)


def store_at(told: datetime | None) -> MemoryStore:
    store = MemoryStore()
    store.clock = told
    return store


@pytest.mark.parametrize("apart", [-2, -1, 0, 1, 2])
def test_clocks_that_are_close_change_nothing(apart: int) -> None:
    plan = plan_of("tonight", first=DAY)
    found = with_clock(plan, store_at(NOW + timedelta(minutes=apart)), NOW)
    assert found == replace(plan, latest_day=DAY)


@pytest.mark.parametrize(("apart", "side"), [(-3, "ahead of"), (10, "behind")])
def test_clocks_that_differ_by_minutes_are_a_warning(apart: int, side: str) -> None:
    found = with_clock(plan_of("tonight", first=DAY), store_at(NOW + timedelta(minutes=apart)), NOW)
    told = f"the clock of this machine is {abs(apart)} minutes {side} that of the output; set it right"
    assert (found.warnings, found.pointers_refused) == ((told,), "")


def test_clocks_that_differ_by_more_move_no_pointer_and_the_run_says_so(league: League) -> None:
    store = store_at(NOW + timedelta(minutes=11))
    plan = with_clock(plan_of(*TONIGHT_TYPES, "season-subsets", first=DAY), store, NOW)
    found = summarize(plan, "out", run_in_process(plan, league.warehouse, store))
    assert found.exit_code == 1
    assert any("the clock of this machine is 11 minutes behind that of the output" in line for line in found.missing)
    there = set(documents(store))
    assert f"tonight/{DAY}.json" in there
    assert {path for path in there if DAY.isoformat() not in path} == set(), "neither pointers nor fixed paths"


def test_the_league_day_is_that_of_the_store() -> None:
    plan = plan_of("tonight", first=DAY)
    assert with_clock(plan, store_at(NOW), NOW + timedelta(days=9)).latest_day == DAY
    assert with_clock(plan, store_at(None), NOW + timedelta(days=9)).latest_day == DAY + timedelta(days=9)


def test_a_store_that_does_not_answer_is_not_guessed_at() -> None:
    store = MemoryStore()
    store.now = lambda: Refuse("")("clock")  # type: ignore[method-assign, func-returns-value]
    with pytest.raises(Exception, match="cannot write clock"):
        with_clock(plan_of("tonight", first=DAY), store, NOW)


def test_a_folder_has_the_clock_of_the_machine() -> None:
    assert ControlledStore(LocalStore("out"), LocalStore("out-control")).now() is None


def test_a_pointer_that_shows_a_date_to_come_is_moved_back(league: League) -> None:
    store = MemoryStore()
    ahead = plan_of("predictions", first=DAY + timedelta(days=30), generated_at="2026-03-05T17:00:00Z")
    run_in_process(replace(ahead, update_latest="force"), league.warehouse, store)
    assert json_of(store, "predictions/today.json")["game_date"] > DAY.isoformat()
    plan = plan_of("predictions", first=DAY)
    run_in_process(replace(plan, latest_day=DAY + timedelta(days=40)), league.warehouse, store)
    assert json_of(store, "predictions/today.json")["game_date"] > DAY.isoformat(), "an earlier request is a replay"
    run_in_process(with_clock(plan, store, NOW), league.warehouse, store)
    assert json_of(store, "predictions/today.json")["game_date"] == DAY.isoformat()


@pytest.mark.parametrize("generated_at", ["2199-01-01T00:00:00Z", "2027-12-01T00:00:00+02:00"])
def test_an_instant_that_is_yet_to_come_is_rejected(generated_at: str) -> None:
    with pytest.raises(RequestError, match=r"generated_at: .* minutes ahead of the clock, which shows "):
        plan_of("tonight", first=DAY, generated_at=generated_at)
