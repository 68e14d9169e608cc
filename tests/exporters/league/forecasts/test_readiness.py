from __future__ import annotations

from dataclasses import replace

import pytest

from exporters.bets.live_grading import LIVE_GRADING
from exporters.bets.predictions import PREDICTIONS
from exporters.config import ExportConfig
from exporters.league.forecasts.readiness import DayCount, ScanCounts, State, SystemCount, Verdict, reads_of, verdict
from exporters.tonight.streaks import STREAKS
from exporters.tonight.tonight import TONIGHT as TONIGHT_EXPORT
from exporters.tonight.tonight_players import TONIGHT_PLAYERS
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import ACCURACY, CONTEXT, DEFENSE, GAMES, LIVE_BOX_SCORES, SCHEDULE
from tests.support.rows import CHAMPION, TONIGHT

CONFIG = ExportConfig()
READY = DayCount(games=5, context_rows=30, active_predictions=50)


def scan_counts(count: DayCount, **broken: str) -> ScanCounts:
    return ScanCounts(days={TONIGHT: count}, broken=broken)


def test_a_date_of_which_nothing_was_read_counts_nothing() -> None:
    assert ScanCounts().on(TONIGHT) == DayCount(games=0, final_games=0, context_rows=0, active_predictions=0)


@pytest.mark.parametrize(("games", "final", "settled"), [(5, 5, True), (5, 4, False), (0, 0, False)])
def test_a_date_is_settled_when_every_game_is_over(games: int, final: int, settled: bool) -> None:
    assert DayCount(games=games, final_games=final).settled is settled


def test_the_census_names_the_model_version_that_publishes() -> None:
    counted = ScanCounts(systems={(TONIGHT, CHAMPION): SystemCount("v2", forecasts=9, picks=4)})
    assert counted.versions == {(TONIGHT, CHAMPION): "v2"}


@pytest.mark.parametrize("export", [TONIGHT_EXPORT, TONIGHT_PLAYERS], ids=lambda export: export.name)
def test_tonight_types_need_thirty_context_rows(export: object) -> None:
    assert verdict(export, TONIGHT, scan_counts(READY), CONFIG) == Verdict(State.READY)
    few = replace(READY, context_rows=29, active_predictions=0)
    held = verdict(export, TONIGHT, scan_counts(few), CONFIG)
    assert held == Verdict(State.WITHHELD, "29 context rows for 2025-01-15, at least 30 are needed")
    assert not held.publishes
    assert verdict(export, TONIGHT, scan_counts(replace(READY, active_predictions=0)), CONFIG).publishes


def test_predictions_need_fifty_active_ones() -> None:
    assert verdict(PREDICTIONS, TONIGHT, scan_counts(READY), CONFIG).state is State.READY
    few = replace(READY, active_predictions=49, context_rows=0)
    assert verdict(PREDICTIONS, TONIGHT, scan_counts(few), CONFIG) == Verdict(
        State.WITHHELD, "49 active predictions for 2025-01-15, at least 50 are needed"
    )


def test_p10_forecasts_that_have_expired_are_named_as_the_reason() -> None:
    gone = DayCount(games=5, context_rows=30, active_predictions=0, grades=150)
    assert verdict(PREDICTIONS, TONIGHT, scan_counts(gone), CONFIG) == Verdict(
        State.WITHHELD, "the forecasts of 2025-01-15 have expired: it was graded, and the warehouse keeps none of them"
    )
    some = replace(gone, active_predictions=1)
    assert "at least 50 are needed" in (verdict(PREDICTIONS, TONIGHT, scan_counts(some), CONFIG).reason or "")


def test_s_d4_streaks_are_gated_on_nothing_of_tonight() -> None:
    assert verdict(STREAKS, TONIGHT, ScanCounts(), CONFIG) == Verdict(State.READY)
    assert verdict(STREAKS, TONIGHT, scan_counts(DayCount(games=5)), CONFIG) == Verdict(State.READY)


def test_thresholds_are_configuration() -> None:
    few = DayCount(games=1, context_rows=2, active_predictions=3)
    lenient = ExportConfig(min_context_rows=2, min_active_predictions=3)
    for export in (TONIGHT_EXPORT, TONIGHT_PLAYERS, PREDICTIONS):
        assert not verdict(export, TONIGHT, scan_counts(few), CONFIG).publishes
        assert verdict(export, TONIGHT, scan_counts(few), lenient).publishes


def test_a_date_without_games_publishes_the_empty_documents() -> None:
    for export in (TONIGHT_EXPORT, TONIGHT_PLAYERS, PREDICTIONS):
        assert verdict(export, TONIGHT, ScanCounts(), CONFIG) == Verdict(State.NO_GAMES)
        assert verdict(export, TONIGHT, ScanCounts(), CONFIG).publishes


def test_players_expected_on_a_date_without_games_withhold_it() -> None:
    wrong = verdict(TONIGHT_EXPORT, TONIGHT, scan_counts(DayCount(context_rows=40)), CONFIG)
    assert wrong.state is State.WITHHELD
    assert wrong.reason == "the schedule has no game on 2025-01-15, yet the context expects 40 players"


def test_a_table_that_could_not_be_read_fails_what_depends_on_it_and_nothing_else() -> None:
    read = scan_counts(READY, **{DEFENSE.name: "no such table"})
    assert verdict(TONIGHT_PLAYERS, TONIGHT, read, CONFIG) == Verdict(State.FAILED, "no such table")
    assert not verdict(TONIGHT_PLAYERS, TONIGHT, read, CONFIG).publishes
    assert verdict(TONIGHT_EXPORT, TONIGHT, read, CONFIG).state is State.READY


def test_every_broken_table_is_named_in_table_order() -> None:
    read = scan_counts(READY, **{GAMES.name: "denied", CONTEXT.name: "timed out"})
    assert verdict(TONIGHT_EXPORT, TONIGHT, read, CONFIG).reason == "denied; timed out"
    assert verdict(STREAKS, TONIGHT, read, CONFIG).reason == "denied"


def test_every_export_reads_the_schedule_and_what_its_gates_count() -> None:
    tables = {read.table for read in reads_of(STREAKS)}
    assert SCHEDULE in tables
    assert ACCURACY in tables
    assert CONTEXT not in tables
    assert sum(read.table is CONTEXT for read in reads_of(TONIGHT_EXPORT)) == 2


@pytest.mark.parametrize("table", [LIVE_BOX_SCORES, GAMES], ids=str)
def test_l7_l8_a_type_may_degrade_instead_of_failing(table: Table[object]) -> None:
    broken = scan_counts(READY, **{table.name: "it is down"})
    held = verdict(LIVE_GRADING, TONIGHT, broken, CONFIG)
    assert held == Verdict(State.DEGRADED, "it is down")
    assert not held.publishes
    assert verdict(TONIGHT_PLAYERS, TONIGHT, broken, CONFIG).state is (State.FAILED if table is GAMES else State.READY)
