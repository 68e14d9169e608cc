"""A later picture of a night shows much less: it replaces nothing that is published, unless that is accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporters.registry import exports
from exporters.warehouse.tables import CONTEXT, PREDICTIONS
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import at_instant, begun
from pipeline.reporting.report import Summary, summarize
from tests.support.matchers import assert_same_objects, documents, json_of
from tests.support.plans import EASY, plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League

BEGAN = datetime(2026, 2, 3, 18, tzinfo=timezone.utc)
CHAMPION = EASY.champion_system_id


@pytest.fixture
def store(league: League) -> MemoryStore:
    """A published night."""
    store = MemoryStore()
    assert publish(league, league.warehouse, store, 1, "predictions", "best-bets", "tonight").status == "success"
    return store


def publish(
    league: League, warehouse: Any, store: MemoryStore, minute: int, *types: str, accept: frozenset[str] = frozenset()
) -> Summary:
    plan = plan_of(*types, first=league.today, update_latest="force")
    plan = replace(at_instant(begun(plan, BEGAN), f"2026-02-03T18:{minute:02}:00.000000Z"), accept_shrink=accept)
    return summarize(plan, "out", run_in_process(plan, warehouse, store))


def shown(league: League, store: MemoryStore, name: str) -> dict[str, int]:
    export = exports()[name]
    return export.item_counts(json_of(store, export.path_of(league.today)))


def of_the_night(league: League, rows: pa.Table) -> Any:
    return pc.equal(rows["game_date"], pa.scalar(league.today))


def without(league: League, table: Any, drop: Any) -> Any:
    """The league without the rows of the night that a mask chooses."""
    rows = league.rows(table)
    return league.changed({table: rows.filter(pc.invert(pc.and_(of_the_night(league, rows), drop(rows))))})


def without_picks(league: League) -> Any:
    return without(league, PREDICTIONS, lambda rows: pc.is_in(rows["recommendation"], pa.array(["OVER", "UNDER"])))


def test_picks_are_not_replaced_by_none(league: League, store: MemoryStore) -> None:
    before = documents(store)
    assert shown(league, store, "best-bets")["total_picks"] > 0
    found = publish(league, without_picks(league), store, 2, "best-bets")
    assert found.exit_code == 1
    assert any("would be emptied" in line for line in found.missing), found.missing
    assert_same_objects(documents(store), before)


@pytest.mark.parametrize("name", ["tonight", "tonight-players", "player-game-report"])
def test_a_third_of_the_players_is_too_many_to_lose(league: League, store: MemoryStore, name: str) -> None:
    publish(league, league.warehouse, store, 2, name)
    before = documents(store)
    rows = league.rows(CONTEXT)
    players = sorted(set(rows.filter(of_the_night(league, rows))["player_lookup"].to_pylist()))
    gone = pa.array(players[::3])
    found = publish(
        league, without(league, CONTEXT, lambda rows: pc.is_in(rows["player_lookup"], gone)), store, 3, name
    )
    assert found.exit_code == 1
    assert any("would lose" in line for line in found.missing), found.missing
    assert_same_objects(documents(store), before)


def test_a_loss_that_is_accepted_goes_out(league: League, store: MemoryStore) -> None:
    found = publish(league, without_picks(league), store, 2, "best-bets", accept=frozenset({"best-bets"}))
    # It is published, and the funnel says that few forecasts came through.
    assert found.status == "degraded", found.missing
    assert shown(league, store, "best-bets")["total_picks"] == 0


def test_what_is_accepted_of_another_type_is_not_accepted(league: League, store: MemoryStore) -> None:
    before = documents(store)
    publish(league, without_picks(league), store, 2, "best-bets", accept=frozenset({"tonight"}))
    assert_same_objects(documents(store), before)
