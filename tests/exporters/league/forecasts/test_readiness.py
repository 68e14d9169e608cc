from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from exporters.bets.best_bets import BEST_BETS
from exporters.bets.live_grading import LIVE_GRADING
from exporters.bets.predictions import PREDICTIONS
from exporters.bets.results import RESULTS
from exporters.config import ExportConfig, GateRules, PerName
from exporters.config.leagues import NBA
from exporters.declaration import Export
from exporters.league.forecasts.readiness import DayCount, ScanCounts, State, SystemCount, Verdict, reads_of, verdict
from exporters.tonight.streaks import STREAKS
from exporters.tonight.tonight import TONIGHT as TONIGHT_EXPORT
from exporters.tonight.tonight_players import TONIGHT_PLAYERS
from exporters.trends.trends_hot_cold import HOT_COLD
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import ACCURACY, CONTEXT, DEFENSE, GAMES, LIVE_BOX_SCORES, SCHEDULE
from tests.support.rows import CHAMPION, TONIGHT

CONFIG = ExportConfig()
READY = DayCount(games=5, context_rows=40, context_players=40, active_predictions=50)


def scan_counts(count: DayCount, champion: int = 30, **broken: str) -> ScanCounts:
    """Return the counts of tonight, for which the champion has a forecast of so many players."""
    own = SystemCount("v1", forecasts=champion, picks=champion, players=champion)
    return ScanCounts(days={TONIGHT: count}, systems={(TONIGHT, CHAMPION): own} if champion else {}, broken=broken)


def test_a_date_of_which_nothing_was_read_counts_nothing() -> None:
    assert ScanCounts().on(TONIGHT) == DayCount(games=0, final_games=0, context_rows=0, active_predictions=0)


@pytest.mark.parametrize(("games", "final", "settled"), [(5, 5, True), (5, 4, False), (0, 0, False)])
def test_a_date_is_settled_when_every_game_is_over(games: int, final: int, settled: bool) -> None:
    assert DayCount(games=games, final_games=final).settled is settled


def test_the_census_names_the_model_version_that_publishes() -> None:
    counted = ScanCounts(systems={(TONIGHT, CHAMPION): SystemCount("v2", forecasts=9, picks=4)})
    assert counted.versions == {(TONIGHT, CHAMPION): "v2"}


class TestPlayersPerGame:
    @pytest.mark.parametrize("export", [TONIGHT_EXPORT, TONIGHT_PLAYERS], ids=lambda export: export.name)
    def test_tonight_types_need_eight_players_for_each_game(self, export: Export) -> None:
        assert verdict(export, TONIGHT, scan_counts(READY), CONFIG) == Verdict(State.READY)
        few = replace(READY, context_players=39)
        held = verdict(export, TONIGHT, scan_counts(few), CONFIG)
        assert held == Verdict(
            State.WITHHELD, "39 players in the context of 2025-01-15, at least 8 for each of its 5 games are needed"
        )
        assert not held.publishes

    def test_rows_that_are_there_twice_do_not_count_twice(self) -> None:
        doubled = replace(READY, context_rows=78, context_players=39)
        assert not verdict(TONIGHT_EXPORT, TONIGHT, scan_counts(doubled), CONFIG).publishes

    def test_a_whole_night_of_one_game_passes(self) -> None:
        one = DayCount(games=1, context_rows=20, context_players=20, active_predictions=40)
        for export in (TONIGHT_EXPORT, TONIGHT_PLAYERS, PREDICTIONS, BEST_BETS):
            assert verdict(export, TONIGHT, scan_counts(one, champion=8), CONFIG) == Verdict(State.READY)

    def test_no_forecast_is_needed_before_any_model_has_one(self) -> None:
        early = scan_counts(replace(READY, active_predictions=0), champion=0)
        assert verdict(TONIGHT_EXPORT, TONIGHT, early, CONFIG).publishes

    def test_each_type_may_have_a_number_of_its_own(self) -> None:
        few = replace(READY, context_players=10)
        rules = GateRules(players_per_game=PerName(8, {"tonight": 2}))
        config = ExportConfig(gates=rules)
        assert verdict(TONIGHT_EXPORT, TONIGHT, scan_counts(few), config).publishes
        assert not verdict(TONIGHT_PLAYERS, TONIGHT, scan_counts(few), config).publishes

    def test_an_absolute_number_of_rows_can_be_required_as_well(self) -> None:
        config = ExportConfig(min_context_rows=30)
        assert verdict(TONIGHT_EXPORT, TONIGHT, scan_counts(READY), config).publishes
        few = replace(READY, context_rows=29)
        assert verdict(TONIGHT_EXPORT, TONIGHT, scan_counts(few), config) == Verdict(
            State.WITHHELD, "29 context rows for 2025-01-15, at least 30 are needed"
        )


class TestChampion:
    @pytest.mark.parametrize("export", [PREDICTIONS, BEST_BETS, TONIGHT_EXPORT, TONIGHT_PLAYERS, LIVE_GRADING])
    def test_one_without_forecasts_withholds_what_shows_them_and_the_others_are_named(self, export: Export) -> None:
        others = {
            (TONIGHT, "beta"): SystemCount("v1", forecasts=90, picks=80, players=90),
            (TONIGHT, "alpha"): SystemCount(None, forecasts=118, picks=100, players=118),
            (TONIGHT, "idle"): SystemCount(None, forecasts=0, picks=0),
            (TONIGHT - timedelta(days=1), CHAMPION): SystemCount("v1", forecasts=100, picks=90, players=100),
        }
        counted = ScanCounts(days={TONIGHT: replace(READY, active_predictions=208)}, systems=others)
        assert verdict(export, TONIGHT, counted, CONFIG) == Verdict(
            State.WITHHELD,
            f"{CHAMPION} has no active predictions for 2025-01-15, while alpha (118) and beta (90) have: "
            "name another champion or correct the table",
        )

    @pytest.mark.parametrize("export", [RESULTS, STREAKS], ids=lambda export: export.name)
    def test_types_without_forecasts_are_published_without_the_champion(self, export: Export) -> None:
        others = {(TONIGHT, "alpha"): SystemCount(None, forecasts=118, picks=100, players=118)}
        assert verdict(export, TONIGHT, ScanCounts(days={TONIGHT: READY}, systems=others), CONFIG).publishes

    def test_only_players_of_the_champion_count(self) -> None:
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(READY, champion=5), CONFIG).publishes
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(READY, champion=4), CONFIG) == Verdict(
            State.WITHHELD,
            f"4 players with a standing prediction of {CHAMPION} for 2025-01-15, at least 5 are needed (12% of 40)",
        )

    def test_where_the_context_is_lost_the_games_are_the_measure(self) -> None:
        lost = replace(READY, context_rows=0, context_players=0)
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(lost, champion=5), CONFIG).publishes
        assert not verdict(PREDICTIONS, TONIGHT, scan_counts(lost, champion=4), CONFIG).publishes

    def test_one_forecast_is_needed_at_least(self) -> None:
        config = ExportConfig(gates=GateRules(players_per_game=PerName(0), predicted_percent=PerName(1)))
        bare = DayCount(games=1)
        assert not verdict(PREDICTIONS, TONIGHT, scan_counts(bare, champion=0), config).publishes
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(bare, champion=1), config).publishes

    def test_each_type_may_have_a_share_of_its_own(self) -> None:
        config = ExportConfig(gates=GateRules(predicted_percent=PerName(12, {"best-bets": 50})))
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(READY, champion=19), config).publishes
        assert not verdict(BEST_BETS, TONIGHT, scan_counts(READY, champion=19), config).publishes
        assert verdict(BEST_BETS, TONIGHT, scan_counts(READY, champion=20), config).publishes

    def test_an_absolute_number_of_all_models_can_be_required_as_well(self) -> None:
        config = ExportConfig(min_active_predictions=50)
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(READY), config).publishes
        few = replace(READY, active_predictions=49)
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(few), config) == Verdict(
            State.WITHHELD, "49 active predictions for 2025-01-15, at least 50 are needed"
        )

    def test_p10_forecasts_that_have_expired_are_named_as_the_reason(self) -> None:
        gone = DayCount(games=5, context_rows=40, context_players=40, active_predictions=0, grades=150)
        assert verdict(PREDICTIONS, TONIGHT, scan_counts(gone, champion=0), CONFIG) == Verdict(
            State.WITHHELD,
            "the forecasts of 2025-01-15 have expired: it was graded, and the warehouse keeps none of them",
        )
        assert verdict(BEST_BETS, TONIGHT, scan_counts(gone, champion=0), CONFIG) == Verdict(State.READY)
        some = replace(gone, active_predictions=1)
        assert "standing prediction" in (
            verdict(BEST_BETS, TONIGHT, scan_counts(some, champion=1), CONFIG).reason or ""
        )


def test_s_d4_streaks_are_gated_on_nothing_of_tonight() -> None:
    assert verdict(STREAKS, TONIGHT, ScanCounts(), CONFIG) == Verdict(State.READY)
    assert verdict(STREAKS, TONIGHT, scan_counts(DayCount(games=5)), CONFIG) == Verdict(State.READY)


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


class TestResultsOfTheDayBefore:
    """The window of a trend ends the day before its date: that day must be complete."""

    YESTERDAY = TONIGHT - timedelta(days=1)
    EARLIER = TONIGHT - timedelta(days=9)
    LEAGUE = frozenset({"ATL", "BOS", "CHI", "DEN"})

    def judged(
        self,
        *there: str,
        finals: tuple[tuple[str, str], ...] = (("ATL", "BOS"), ("CHI", "DEN")),
        earlier: frozenset[str] = LEAGUE,
        table: str = GAMES.name,
    ) -> Verdict:
        counted = ScanCounts(
            finals={self.YESTERDAY: frozenset(finals)},
            results={table: {self.EARLIER: earlier, self.YESTERDAY: frozenset(there)}},
        )
        return verdict(HOT_COLD, TONIGHT, counted, CONFIG)

    def test_every_team_of_a_finished_game_needs_a_row(self) -> None:
        assert self.judged("ATL", "BOS", "CHI", "DEN") == Verdict(State.READY)
        held = self.judged("ATL", "BOS", "CHI")
        assert not held.publishes
        assert held.reason == (
            "nba_analytics.player_game_summary has no result of 2025-01-14 yet for 1 teams that have played: DEN"
        )

    def test_a_game_that_is_not_over_is_not_waited_for(self) -> None:
        assert self.judged("ATL", "BOS", finals=(("ATL", "BOS"),)).publishes

    def test_a_day_without_games_waits_for_nothing(self) -> None:
        assert self.judged(finals=()).publishes

    def test_teams_of_an_all_star_game_are_not_waited_for(self) -> None:
        assert self.judged("ATL", "BOS", finals=(("ATL", "BOS"), ("EST", "WST"))).publishes

    def test_a_result_of_another_table_is_none(self) -> None:
        assert not self.judged("ATL", "BOS", "CHI", "DEN", table="nba_analytics.team_offense_game_summary").publishes

    def test_a_team_is_not_known_by_the_date_itself_or_a_later_one(self) -> None:
        late = {TONIGHT: frozenset({"EST", "WST"}), self.YESTERDAY: self.LEAGUE}
        counted = ScanCounts(finals={self.YESTERDAY: frozenset({("EST", "WST")})}, results={GAMES.name: late})
        assert verdict(HOT_COLD, TONIGHT, counted, CONFIG).publishes

    @pytest.mark.parametrize(("age", "publishes"), [(1, False), (30, False), (31, True)])
    def test_without_any_result_a_game_that_is_over_holds_the_document_back(self, age: int, publishes: bool) -> None:
        counted = ScanCounts(finals={TONIGHT - timedelta(days=age): frozenset({("ATL", "BOS")})})
        assert verdict(HOT_COLD, TONIGHT, counted, CONFIG).publishes is publishes

    def test_types_that_do_not_end_the_day_before_wait_for_nothing(self) -> None:
        counted = ScanCounts(finals={self.YESTERDAY: frozenset({("ATL", "BOS")})})
        assert verdict(STREAKS, TONIGHT, counted, CONFIG).publishes

    def test_what_decides_is_read(self) -> None:
        days = {}
        for read in reads_of(HOT_COLD):
            days[read.table] = min(read.window.first(TONIGHT, NBA.calendar), days.get(read.table, TONIGHT))
        assert days[SCHEDULE] == TONIGHT - timedelta(days=30)
        assert days[GAMES] <= TONIGHT - timedelta(days=200)
