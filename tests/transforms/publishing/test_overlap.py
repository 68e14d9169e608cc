"""Two runs of one date at the same time, with tables that changed in between."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import Any

import pytest

from exporters.warehouse.tables import CONTEXT, GAMES, SCHEDULE
from pipeline.execution.in_process import run_in_process
from pipeline.operations.verify import verify
from tests.support.made_up import CARD, ROSTER
from tests.support.matchers import manifest_of
from tests.support.plans import made_up_plan
from tests.support.rows import context_row, game_row, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.elements.plan import Plan, Run

DAY = date(2026, 2, 3)


def tables(points: int) -> MemoryWarehouse:
    return MemoryWarehouse(
        {
            SCHEDULE: [schedule_row(game_date=DAY)],
            CONTEXT: [context_row(player_lookup=f"p{n}", game_date=DAY) for n in range(6)],
            GAMES: [game_row(player_lookup=f"p{n}", game_date=date(2026, 1, 30), points=points) for n in range(6)],
        }
    )


def plan_of(run_id: str, started: datetime | None = None) -> Plan:
    started_at = (started or datetime.now(timezone.utc)).isoformat()
    run = Run(run_id, "2026-02-03T17:00:00+00:00", "correlation-1", "test", "1.0", started_at=started_at)
    return made_up_plan((CARD, ROSTER), DAY, run=run)


def once(path_part: str, act: Callable[[], Any], store: MemoryStore) -> None:
    """Act before the first write of a path with some text in it."""

    def before(path: str) -> None:
        if path_part in path:
            store.before_write = lambda _: None
            act()

    store.before_write = before


@pytest.mark.parametrize("where", ["card/2026-02-03/p0", "card/2026-02-03/p3", "roster/", f"manifest/{DAY}.json"])
def test_the_last_manifest_says_what_is_there(where: str) -> None:
    store = MemoryStore()
    slow, fast = plan_of("slow"), plan_of("fast")
    once(where, lambda: run_in_process(fast, tables(30), store), store)
    run_in_process(slow, tables(20), store)
    manifest = manifest_of(store, DAY)
    assert {section["run_id"] for section in manifest["exports"].values()} == {"slow"}
    documents = {path: digest for found in manifest["exports"].values() for path, digest in found["documents"].items()}
    assert len(documents) == 7
    for path, digest in documents.items():
        shown = store.stat(path)
        assert shown is not None
        assert shown.metadata["digest"] == digest, path
    assert [problem for problem in verify(store, [DAY]).problems if "pointer" not in problem] == []


def test_the_next_run_mends_what_was_mixed() -> None:
    store, alone = MemoryStore(), MemoryStore()
    once("card/2026-02-03/p3", lambda: run_in_process(plan_of("fast"), tables(30), store), store)
    run_in_process(plan_of("slow"), tables(20), store)
    for there in (store, alone):
        run_in_process(plan_of("next"), tables(30), there)
    for shown in alone.list(""):
        if not shown.path.startswith("manifest/"):
            found, expected = store.read(shown.path), alone.read(shown.path)
            assert found is not None
            assert expected is not None
            assert found[0] == expected[0], shown.path
    assert verify(store, [DAY]).problems == []


def test_runs_that_follow_each_other_look_at_nothing_twice() -> None:
    store, looked = MemoryStore(), []
    run_in_process(plan_of("first"), tables(20), store)
    second = plan_of("second", datetime.now(timezone.utc).replace(year=2200))
    store.before_read = looked.append
    run_in_process(second, tables(30), store)
    documents = Counter(path for path in looked if path.startswith("card/2026-02-03/"))
    # Once, to move its pointer.
    assert set(documents.values()) == {1}


def test_a_run_that_does_not_say_when_it_began_is_taken_at_its_word() -> None:
    store = MemoryStore()
    run_in_process(plan_of("first"), tables(20), store)
    silent = replace(plan_of("second"), run=replace(plan_of("second").run, started_at=""))
    run_in_process(silent, tables(30), store)
    assert verify(store, [DAY]).problems == []
