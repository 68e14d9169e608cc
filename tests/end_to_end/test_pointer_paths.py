"""What the fixed paths of the real export types show after runs of one date, of a range, and of the past."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from exporters.declaration import Follows, Grain
from exporters.registry import exports
from exporters.warehouse.tables import SCHEDULE
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import assert_mirrors, contents, documents, json_of
from tests.support.plans import TONIGHT_TYPES, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League

POINTERS = {
    pointer.path: (export, pointer)
    for export in exports().values()
    for pointer in export.pointers
    if export.grain is not Grain.PLAYER
}
"""Every fixed path that mirrors a dated document, those of players aside."""


def run(league: League, store: MemoryStore, first: date, last: date | None = None, **request: Any) -> None:
    types = request.pop("types", tuple(exports()))
    run_in_process(plan_of(*types, first=first, last=last, **request), league.warehouse, store)


def shown(store: MemoryStore) -> dict[str, bytes]:
    return {path: held for path, held in contents(store).items() if path in POINTERS}


@pytest.fixture(scope="module")
def tonight(league: League) -> MemoryStore:
    store = MemoryStore()
    run(league, store, league.today - timedelta(days=2), league.today)
    return store


def test_pointers_mirror_the_last_date_of_a_range(league: League, tonight: MemoryStore) -> None:
    there = shown(tonight)
    assert {path for path, (_, pointer) in POINTERS.items() if pointer.follows is Follows.TODAY} <= there.keys()
    for path in there:
        assert_mirrors(tonight, path, POINTERS[path][0].path_of(league.today))
    for player in contents(tonight, f"tonight/player/{league.today}/"):
        assert_mirrors(tonight, f"tonight/player/{player.rpartition('/')[2]}", player)


def test_a_backfill_moves_nothing(league: League) -> None:
    store = MemoryStore()
    run(league, store, league.today, types=TONIGHT_TYPES)
    before = documents(store)
    run(league, store, date(2026, 1, 10), date(2026, 1, 12), types=TONIGHT_TYPES)
    after = documents(store)
    assert before.items() <= after.items()
    assert all("2026-01-1" in path for path in after.keys() - before.keys())


def test_pointers_of_yesterday_s_players_show_that_they_have_no_game(league: League) -> None:
    store = MemoryStore()
    yesterday = next(day for n in range(1, 9) if (day := league.today - timedelta(days=n)) in _game_days(league))
    run(league, store, yesterday, types=("tonight-players",), generated_at=f"{yesterday}T17:00:00Z")
    then = {path.rpartition("/")[2] for path in contents(store, f"tonight/player/{yesterday}/")}
    run(league, store, league.today, types=("tonight-players",))
    now = {path.rpartition("/")[2] for path in contents(store, f"tonight/player/{league.today}/")}
    assert then - now
    for player in then | now:
        value = json_of(store, f"tonight/player/{player}")
        assert value["game_date"] == league.today.isoformat()
        assert (value["game_context"] is None) is (player not in now)


def test_an_off_day_touches_no_latest_pointer(league: League) -> None:
    day = next(day for n in range(1, 30) if (day := league.today - timedelta(days=n)) not in _game_days(league))
    store = MemoryStore()
    run(league, store, day, generated_at=f"{day}T17:00:00Z")
    there = shown(store)
    assert there
    assert {POINTERS[path][1].follows for path in there} == {Follows.TODAY}
    for path in there:
        assert_mirrors(store, path, POINTERS[path][0].path_of(day))


def _game_days(league: League) -> set[date]:
    return set(league.rows(SCHEDULE).column("game_date").to_pylist())
