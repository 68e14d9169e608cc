from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from exporters.config import ExportConfig
from exporters.league.forecasts.readiness import DayCount, ScanCounts, State, verdict
from exporters.registry import exports
from exporters.warehouse.tables import CONTEXT, GAMES, SCHEDULE, TABLES
from tests.support.made_up import CARD
from tests.support.plans import NO_GATES, made_up_plan
from tests.support.rows import context_row, game_row, schedule_row
from tests.support.warehouses import arrow_rows
from transforms.elements.plan import Plan
from transforms.elements.tables import TableBatch
from transforms.stages.leagues import ProcessLeague, decode_league
from transforms.stages.player_stage import sweep_histories
from transforms.steps.build_players import SweepHistories

DAY = date(2026, 1, 5)
CENSUS = ScanCounts({DAY: DayCount(games=1)})
PLAN = made_up_plan((CARD,), DAY, config=ExportConfig(min_context_rows=0, gates=NO_GATES))


def batch(table: Any, *rows: Any) -> TableBatch:
    return TableBatch(table.name, arrow_rows(table, rows).combine_chunks().to_batches()[0])


def games(*days: date) -> list[TableBatch]:
    """One batch per date, anew each time: shards are sent equal batches, never the same one."""
    return [batch(SCHEDULE, schedule_row(game_date=day)) for day in days]


def run(plan: Plan, run_id: str) -> Plan:
    return replace(plan, run=replace(plan.run, run_id=run_id))


class TestSharing:
    def test_equal_rows_of_a_run_make_one_league(self) -> None:
        shared, other = ProcessLeague(), DAY + timedelta(days=1)
        first = shared.get(PLAN, CENSUS, games(DAY, other)).league
        assert shared.get(PLAN, CENSUS, games(DAY, other)).league is first
        assert shared.get(PLAN, CENSUS, games(other, DAY)).league is first, "batches come in any order"
        assert [game.game_id for game in first.schedule.on(DAY)] == [
            game.game_id for game in decode_league(PLAN, CENSUS, games(DAY)).league.schedule.on(DAY)
        ]

    @pytest.mark.parametrize(
        "asked",
        [
            pytest.param((run(PLAN, "run-2"), CENSUS, games(DAY)), id="another run"),
            pytest.param((PLAN, CENSUS, games(DAY + timedelta(days=1))), id="other rows"),
            pytest.param((PLAN, CENSUS, games(DAY, DAY)), id="a batch more"),
            pytest.param((PLAN, CENSUS, []), id="no rows"),
            pytest.param((PLAN, ScanCounts({DAY: DayCount(games=2)}), games(DAY)), id="another scan_counts"),
            pytest.param((replace(PLAN, config=ExportConfig()), CENSUS, games(DAY)), id="another configuration"),
        ],
    )
    def test_anything_else_makes_another(self, asked: tuple[Plan, ScanCounts, list[TableBatch]]) -> None:
        shared = ProcessLeague()
        held = shared.get(PLAN, CENSUS, games(DAY)).league
        found = shared.get(*asked).league
        assert found is not held
        assert (found.config, found.scan_counts) == (asked[0].config, asked[1])
        assert shared.get(*asked).league is found, "and takes the place of the one before"
        assert shared.get(PLAN, CENSUS, games(DAY)).league is not held, "which is gone"

    def test_columns_count_as_well_as_values(self) -> None:
        shared = ProcessLeague()
        whole = batch(SCHEDULE, schedule_row(game_date=DAY))
        fewer = TableBatch(whole.table, whole.batch.select(["game_date", "game_status"]))
        assert shared.get(PLAN, CENSUS, [whole]).league is not shared.get(PLAN, CENSUS, [fewer]).league

    def test_threads_get_one_league(self) -> None:
        shared = ProcessLeague()
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: shared.get(PLAN, CENSUS, games(DAY)).league, range(32)))
        assert len(set(map(id, found))) == 1

    def test_what_was_released_is_decoded_anew(self) -> None:
        shared = ProcessLeague()
        held = shared.get(PLAN, CENSUS, games(DAY)).league
        shared.release()
        assert shared.get(PLAN, CENSUS, games(DAY)).league is not held

    def test_every_shard_reports_the_rows_that_cannot_be_used(self) -> None:
        shared, rows = ProcessLeague(), [schedule_row(game_date=DAY, home_team_tricode=None, game_id="0022400001")]
        for _ in range(2):
            (defect,) = shared.get(PLAN, CENSUS, [batch(SCHEDULE, *rows)]).defects
            assert "home_team_tricode" in defect.message


class TestVerdicts:
    def test_shards_share_the_verdicts_of_their_run(self) -> None:
        shared = ProcessLeague()
        (export,) = PLAN.exports
        found = shared.get(PLAN, CENSUS, games(DAY)).verdicts.on(export, DAY)
        assert found == verdict(export, DAY, CENSUS, PLAN.config)
        assert shared.get(PLAN, CENSUS, games(DAY)).verdicts.on(export, DAY) is found

    def test_each_export_and_date_has_its_own(self) -> None:
        verdicts = decode_league(PLAN, CENSUS, []).verdicts
        found = {
            (export.name, day): (verdicts.on(export, day), verdict(export, day, CENSUS, PLAN.config))
            for export in exports().values()
            for day in (DAY, DAY + timedelta(days=1))
        }
        assert all(held == due for held, due in found.values()), found
        assert len({held.state for held, _ in found.values()}) > 1

    def test_other_counts_decide_anew(self) -> None:
        shared = ProcessLeague()
        (export,) = PLAN.exports
        counts = ScanCounts({DAY: DayCount(games=2)}, broken={table.name: "gone" for table in TABLES})
        assert shared.get(PLAN, CENSUS, games(DAY)).verdicts.on(export, DAY).state is not State.FAILED
        assert shared.get(PLAN, counts, games(DAY)).verdicts.on(export, DAY).state is State.FAILED


class TestSweeping:
    def test_shards_that_share_a_league_make_what_they_make_alone(self) -> None:
        shared = ProcessLeague()
        for player in "ab":
            rows = [
                batch(CONTEXT, context_row(player_lookup=player, game_date=DAY)),
                batch(GAMES, game_row(player_lookup=player, game_date=DAY - timedelta(days=1))),
            ]
            alone = list(sweep_histories(PLAN, CENSUS, [*rows, *games(DAY)]))
            together = list(sweep_histories(PLAN, CENSUS, [*games(DAY), *rows], shared))
            assert [made.documents.documents for made in together] == [made.documents.documents for made in alone]
            assert [document.key for made in together for document in made.documents.documents] == [player]

    def test_the_function_that_sweeps_takes_no_league_along(self) -> None:
        sweep = SweepHistories(PLAN)
        sweep.setup()
        before = len(pickle.dumps(SweepHistories(PLAN)))
        rows = [batch(CONTEXT, context_row(player_lookup="a", game_date=DAY)), *games(DAY)]
        assert list(sweep.process((0, rows), CENSUS))
        assert len(pickle.dumps(SweepHistories(PLAN))) == before
        sweep.teardown()
