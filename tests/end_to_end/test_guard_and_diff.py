"""The guard of a run and the comparison of two trees find the same losses, and a dry export writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporters.warehouse.tables import CONTEXT
from pipeline.comparison.change import Kind
from pipeline.comparison.compare import compare
from pipeline.execution.in_process import run_in_process
from pipeline.operations.diff import DIFFERENT, OK, REJECTED, main
from pipeline.planning.planner import at_instant, begun
from tests.end_to_end.command_line import arguments_of
from tests.end_to_end.test_never_less import BEGAN, of_the_night, without, without_picks
from tests.support.matchers import contents
from tests.support.plans import EASY, plan_of
from tests.support.stores import MemoryStore, published_in
from tests.support.warehouses import League
from transforms.elements.plan import Plan

TYPES = ("predictions", "best-bets", "tonight", "tonight-players")


def plan_at(league: League, minute: int) -> Plan:
    plan = plan_of(*TYPES, first=league.today, update_latest="force")
    return at_instant(begun(plan, BEGAN), f"2026-02-03T18:{minute:02}:00.000000Z")


def without_a_third(league: League) -> Any:
    rows = league.rows(CONTEXT)
    players = sorted(set(rows.filter(of_the_night(league, rows))["player_lookup"].to_pylist()))
    gone = pa.array(players[::3])
    return without(league, CONTEXT, lambda rows: pc.is_in(rows["player_lookup"], gone))


def unchanged(league: League) -> Any:
    return league.warehouse


@pytest.mark.parametrize(
    ("change", "lost"),
    [(without_picks, {"best-bets"}), (without_a_third, {"tonight", "tonight-players"}), (unchanged, set())],
)
def test_the_guard_refuses_what_a_comparison_calls_losses(
    league: League, change: Callable[[League], Any], lost: set[str]
) -> None:
    store, other, smaller = MemoryStore(), MemoryStore(), change(league)
    run_in_process(plan_at(league, 1), league.warehouse, store)
    record = run_in_process(plan_at(league, 2), smaller, store)[str(league.today)]
    # The same documents where nothing is in their way.
    config = replace(EASY, funnel=replace(EASY.funnel, withhold=False))
    run_in_process(replace(plan_at(league, 2), config=config), smaller, other)
    refused = {
        (loss["export"], loss["what"], loss["before"], loss["after"])
        for loss in record["guard"]["losses"]
        if loss["unexplained"]
    }
    found = {
        (change.export, change.subject, change.before, change.after)
        for change in compare(store, other).changes
        if change.kind is Kind.LOSSES
    }
    assert found == refused
    assert lost <= {export for export, *_ in found}
    assert bool(found) is (record["guard"]["withheld"] is not None)


class TestDryExport:
    def published(self, league: League, root: Path) -> list[str]:
        run_in_process(plan_of(*TYPES, first=league.today), league.warehouse, published_in(root / "out"))
        options = arguments_of(
            league, root / "out", f"--target_date={league.today}", "--export_types=tonight,best-bets"
        )
        return ["--dry_export", *options]

    def test_an_export_of_the_same_tables_changes_nothing(
        self, league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        argv = self.published(league, tmp_path)
        assert main(argv) == OK, capsys.readouterr()
        assert "2 objects compared, 2 are equal, 0 differences" in capsys.readouterr().out

    def test_it_shows_what_an_export_would_change_and_writes_nothing(
        self, league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        argv, store = self.published(league, tmp_path), published_in(tmp_path / "out")
        path = f"best-bets/{league.today}.json"
        found = store.read(path)
        assert found is not None
        value = orjson.loads(found[0])
        value["picks"].pop()
        store.write(path, orjson.dumps(value), cache_control="no-cache", metadata={"digest": "another"})
        before = contents(store), contents(store.control)
        assert main(argv) == DIFFERENT
        out = capsys.readouterr().out
        assert f"picks added: {path}: " in out
        assert (contents(store), contents(store.control)) == before
        assert main([*argv, "--fail_on=losses"]) == OK

    def test_what_the_guard_would_refuse_is_a_loss(
        self, league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        argv, store = self.published(league, tmp_path), published_in(tmp_path / "out")
        path = f"best-bets/{league.today}.json"
        found = store.read(path)
        assert found is not None
        value = orjson.loads(found[0])
        more = [{**pick, "player_lookup": f"nobody{n}"} for n, pick in enumerate(value["picks"])]
        value["picks"] += more
        value["total_picks"] += len(more)
        store.write(path, orjson.dumps(value), cache_control="no-cache", metadata={"digest": "another"})
        assert main([*argv, "--fail_on=losses"]) == DIFFERENT
        assert f"losses: {path}: total_picks: " in capsys.readouterr().out

    def test_a_wrong_option_of_the_export_is_named(
        self, league: League, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        argv = self.published(league, tmp_path)
        assert main([*argv, "--export_typs=tonight", "--most=-1"]) == REJECTED
        err = capsys.readouterr().err
        assert "--export_typs" in err
        assert "--most" in err
