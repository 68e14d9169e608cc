from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import date, timedelta

from exporters.config import LeagueCalendar
from exporters.declaration import Grain
from exporters.warehouse.tables import CONTEXT, GAMES, SCHEDULE, SIGNALS
from tests.support.made_up import ALL, CARD, DIARY, INDEX, LEADERS, ROSTER
from tests.support.plans import TONIGHT_TYPES, made_up_plan, plan_of

DAY = date(2026, 1, 10)
LAST = date(2026, 1, 12)
RANGE = tuple(DAY + timedelta(days=n) for n in range(3))
OPENING = date(2025, 10, 1)


class TestDates:
    def test_a_dated_document_is_about_every_date_and_another_about_the_last(self) -> None:
        plan = made_up_plan(ALL, DAY, LAST)
        assert [plan.document_dates(export) for export in (CARD, ROSTER, LEADERS)] == [RANGE] * 3
        assert plan.document_dates(DIARY) == (LAST,)

    def test_slates_are_looked_at_for_slate_documents_and_for_the_rows_of_seasons(self) -> None:
        plan = made_up_plan(ALL, DAY, LAST)
        assert plan.slate_dates(ROSTER) == RANGE
        assert plan.slate_dates(CARD) == plan.slate_dates(LEADERS) == ()
        assert plan.slate_dates(DIARY) == plan.season_so_far(LAST)

    def test_a_season_document_has_as_of_dates(self) -> None:
        plan = made_up_plan(ALL, DAY, LAST)
        assert plan.season_dates(LEADERS) == RANGE
        assert plan.season_dates(DIARY) == (LAST,)
        assert plan.season_dates(ROSTER) == plan.season_dates(CARD) == ()

    def test_a_season_starts_in_october(self) -> None:
        plan = made_up_plan(ALL, DAY)
        assert plan.season_so_far(OPENING) == (OPENING,)
        assert plan.season_so_far(DAY)[:1] == (OPENING,)
        assert plan.season_so_far(DAY)[-1:] == (DAY,)
        assert len(plan.season_so_far(DAY)) == 102

    def test_a_season_starts_in_the_first_month_of_the_league(self) -> None:
        plan = made_up_plan(ALL, DAY)
        summer = replace(plan, config=replace(plan.config, calendar=LeagueCalendar(season_months=(5, 10))))
        assert summer.season_so_far(DAY)[0] == date(DAY.year - 1, 5, 1)

    def test_failures_of_other_dates_are_reported_with_the_last_date(self) -> None:
        plan = made_up_plan(ALL, DAY, LAST)
        assert plan.reporting_date(DAY) == DAY
        assert plan.reporting_date(OPENING) == LAST

    def test_players_are_visited_on_every_date_that_an_export_reads(self) -> None:
        visited = made_up_plan(ALL, DAY, LAST).exports_by_date
        assert list(visited) == [OPENING + timedelta(days=n) for n in range(104)]
        assert visited[OPENING] == (DIARY,)
        assert visited[DAY] == (CARD, DIARY, INDEX, LEADERS, ROSTER)


class TestTables:
    def test_shards_get_the_league_tables_of_player_functions(self) -> None:
        assert made_up_plan([ROSTER], DAY).shared_tables == {SCHEDULE.name}
        assert made_up_plan([LEADERS], DAY).shared_tables == frozenset()
        assert made_up_plan([DIARY], DAY).shared_tables == {SIGNALS.name}

    def test_stages_get_the_partitions_in_their_windows(self) -> None:
        plan = made_up_plan(ALL, DAY, LAST)
        assert plan.row_dates(SCHEDULE.name, Grain.SLATE) == {day: (day, day) for day in RANGE}
        assert plan.row_dates(GAMES.name, Grain.SEASON) == {day: (OPENING, day) for day in RANGE}
        assert plan.row_dates(SIGNALS.name, Grain.SEASON) == {LAST: (LAST, LAST)}
        assert plan.row_dates("nba_raw.nothing", Grain.SLATE) == {}

    def test_each_stage_makes_what_is_due_on_its_date(self) -> None:
        plan = made_up_plan(ALL, DAY, LAST)
        assert plan.exports_on(Grain.SLATE, DAY) == (DIARY, ROSTER)
        assert plan.exports_on(Grain.SLATE, OPENING) == (DIARY,)
        assert plan.exports_on(Grain.SEASON, DAY) == (INDEX, LEADERS)
        assert plan.exports_on(Grain.SEASON, LAST) == (DIARY, INDEX, LEADERS)

    def test_scans_are_found_by_table(self) -> None:
        plan = made_up_plan(ALL, DAY, LAST)
        assert plan.scans_by_table[CONTEXT.name].last == LAST
        assert set(plan.scans_by_table) == {scan.table for scan in plan.scans}


class TestTravelling:
    def test_a_plan_arrives_equal_and_with_the_declared_exports_themselves(self) -> None:
        plan = plan_of(*TONIGHT_TYPES, first=DAY, last=LAST)
        made = plan.exports
        arrived = pickle.loads(pickle.dumps(plan))
        assert arrived == plan
        assert all(there is here for there, here in zip(arrived.exports, made, strict=True))

    def test_what_was_worked_out_does_not_travel(self) -> None:
        plan = plan_of(*TONIGHT_TYPES, first=DAY, last=DAY + timedelta(days=300))
        before = len(pickle.dumps(plan))
        assert plan.exports_by_date
        assert plan.scans_by_table
        assert len(pickle.dumps(plan)) == before
