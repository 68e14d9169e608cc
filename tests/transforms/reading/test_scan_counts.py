from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.league.forecasts.readiness import ScanCounts, SystemCount
from exporters.league.forecasts.rosters import Unusable
from exporters.league.players.aliases import Aliases
from exporters.warehouse.tables import ACCURACY, CONTEXT, GAMES, PLAYER_ALIASES, PREDICTIONS, REGISTRY, SCHEDULE
from tests.support.rows import (
    accuracy_row,
    context_row,
    game_row,
    instant,
    player_alias_row,
    prediction_row,
    props_row,
    registry_row,
    schedule_row,
    table_of,
)
from tests.support.warehouses import arrow_rows
from transforms.elements.tables import TableBatch
from transforms.reading.scan_counts import Count
from transforms.steps.count_rows import CountRows

DAY = date(2026, 1, 5)
NEXT = DAY + timedelta(days=1)
days = st.sampled_from([DAY, NEXT])

schedule_rows = st.builds(
    schedule_row,
    game_date=days,
    home_team_tricode=st.sampled_from(["LAL", "BOS", "NYK"]),
    away_team_tricode=st.sampled_from(["LAL", "BOS", "NYK"]),
    game_status=st.sampled_from([None, 1, 2, 3]),
)
prediction_rows = st.builds(
    prediction_row,
    game_date=days,
    system_id=st.sampled_from(["a", "b"]),
    model_version=st.sampled_from([None, "v1", "v2"]),
    is_active=st.booleans(),
    recommendation=st.sampled_from(["OVER", "UNDER", "PASS", "NO_LINE"]),
    current_points_line=st.sampled_from([None, 20.5]),
    created_at=st.integers(0, 5),
)
context_rows = st.builds(context_row, game_date=days)
alias_rows = st.builds(
    player_alias_row,
    alias_lookup=st.sampled_from(["a", "b"]),
    nba_canonical_lookup=st.sampled_from(["lebronjames", "b"]),
    is_active=st.booleans(),
)
registry_rows = st.builds(registry_row, player_lookup=st.sampled_from(["lebronjames", "a"]))
scans = st.fixed_dictionaries(
    {
        REGISTRY: st.lists(registry_rows, max_size=3),
        PLAYER_ALIASES: st.lists(alias_rows, max_size=4),
        SCHEDULE: st.lists(schedule_rows, max_size=8),
        PREDICTIONS: st.lists(prediction_rows, max_size=8),
        CONTEXT: st.lists(context_rows, max_size=5),
        GAMES: st.lists(st.builds(game_row, game_date=days, team_abbr=st.sampled_from(["LAL", "BOS"])), max_size=4),
    }
)


def batch_of(table: Any, rows: list[Any]) -> TableBatch:
    found = arrow_rows(table, rows)
    return TableBatch(table.name, pa.RecordBatch.from_struct_array(found.to_struct_array().combine_chunks()))


def counted(*batches: TableBatch) -> Count:
    count = Count(dates=frozenset({DAY}))
    for batch in batches:
        count.add(batch)
    return count


def census_of(table: Any, *rows: Any) -> ScanCounts:
    return counted(batch_of(table, list(rows))).scan_counts()


def without_bytes(count: Count) -> Count:
    """How many bytes Arrow uses depends on how rows are cut."""
    return replace(count, bytes={})


class TestAddingUp:
    @settings(max_examples=40)
    @given(scans, scans, scans)
    def test_merging_is_associative_and_commutative(self, one: Any, two: Any, three: Any) -> None:
        a, b, c = (counted(*(batch_of(table, rows) for table, rows in scan.items())) for scan in (one, two, three))
        left = deepcopy(a).merge(deepcopy(b)).merge(deepcopy(c))
        right = deepcopy(a).merge(deepcopy(b).merge(deepcopy(c)))
        backwards = deepcopy(c).merge(deepcopy(b)).merge(deepcopy(a))
        assert left == right == backwards
        assert left.scan_counts() == right.scan_counts() == backwards.scan_counts()

    @settings(max_examples=40)
    @given(scans, st.integers(0, 8))
    def test_it_does_not_matter_how_rows_are_cut_into_batches(self, scan: Any, cut: int) -> None:
        whole = [batch_of(table, rows) for table, rows in scan.items()]
        parts = [
            TableBatch(table.name, part)
            for table, rows in scan.items()
            for batch in [batch_of(table, rows).batch]
            for part in (batch.slice(0, cut), batch.slice(min(cut, batch.num_rows)))
        ]
        assert without_bytes(counted(*parts)) == without_bytes(counted(*whole))

    @settings(max_examples=30)
    @given(st.lists(scans, max_size=4))
    def test_the_combine_fn_agrees_whatever_it_merges_first(self, streams: list[Any]) -> None:
        take = CountRows()
        counts = [counted(*(batch_of(table, rows) for table, rows in scan.items())) for scan in streams]
        one = take.create_accumulator()
        for count in counts:
            one = take.add_input(one, deepcopy(count))
        halves = [take.create_accumulator(), take.create_accumulator()]
        for i, count in enumerate(counts):
            halves[i % 2] = take.add_input(halves[i % 2], deepcopy(count))
        assert take.extract_output(one) == take.extract_output(take.merge_accumulators(halves))

    def test_the_reason_why_a_table_is_broken_does_not_depend_on_the_order_of_rows(self) -> None:
        one, two = Count(broken={"t": "b"}), Count(broken={"t": "a", "u": "c"})
        assert deepcopy(one).merge(two).broken == deepcopy(two).merge(one).broken == {"t": "a", "u": "c"}


class TestResults:
    def test_teams_with_a_row_are_counted_by_date(self) -> None:
        rows = [game_row(game_date=DAY, team_abbr=team) for team in ("LAL", "LAL", "BOS")]
        found = census_of(GAMES, *rows, game_row(game_date=NEXT, team_abbr="NYK")).results
        assert found == {GAMES.name: {DAY: frozenset({"LAL", "BOS"}), NEXT: frozenset({"NYK"})}}

    def test_games_that_are_over(self) -> None:
        rows = [
            schedule_row(game_date=DAY, game_status=status, home_team_tricode=home)
            for status, home in ((3, "LAL"), (1, "LAL"), (2, "NYK"))
        ]
        assert census_of(SCHEDULE, *rows).finals == {DAY: frozenset({("BOS", "LAL")})}


class TestGames:
    def test_a_game_counts_once_with_its_highest_status(self) -> None:
        rows = [schedule_row(game_date=DAY, game_status=status) for status in (1, 3, None, 2)]
        count = census_of(SCHEDULE, *rows, schedule_row(game_date=DAY, home_team_tricode="NYK")).on(DAY)
        assert (count.games, count.final_games, count.settled) == (2, 1, False)
        assert census_of(SCHEDULE, *rows).on(DAY).settled

    def test_rows_that_disagree_about_the_home_team_are_one_game(self) -> None:
        turned = schedule_row(game_date=DAY, away_team_tricode="LAL", home_team_tricode="BOS", game_status=3)
        count = census_of(SCHEDULE, schedule_row(game_date=DAY), turned).on(DAY)
        assert (count.games, count.final_games) == (1, 1)

    def test_a_row_without_date_counts_nowhere(self) -> None:
        assert census_of(SCHEDULE, schedule_row()._asdict() | {"game_date": None}).days == {}

    def test_a_date_of_which_nothing_is_known_counts_zero(self) -> None:
        assert ScanCounts().on(DAY).games == 0


class TestForecasts:
    def test_inactive_forecasts_do_not_count(self) -> None:
        rows = [prediction_row(game_date=DAY, is_active=active) for active in (True, False, True)]
        assert census_of(PREDICTIONS, *rows).on(DAY).active_predictions == 2

    def test_the_version_with_the_most_picks_publishes(self) -> None:
        scan_counts = census_of(
            PREDICTIONS,
            prediction_row(game_date=DAY, model_version="v1"),
            prediction_row(game_date=DAY, model_version="v2", recommendation="PASS"),
            prediction_row(game_date=DAY, model_version="v2", recommendation="NO_LINE", current_points_line=None),
            prediction_row(game_date=DAY, model_version="v3", is_active=False),
            prediction_row(game_date=NEXT, model_version="v2"),
        )
        system = prediction_row().system_id
        assert scan_counts.versions == {(DAY, system): "v1", (NEXT, system): "v2"}
        assert scan_counts.systems[DAY, system] == SystemCount("v1", forecasts=1, picks=1, players=1)

    def test_ties_go_to_more_forecasts_then_the_newest_then_the_greatest_name(self) -> None:
        def elected(*rows: Any) -> Any:
            (version,) = census_of(PREDICTIONS, *rows).versions.values()
            return version

        early, late = instant("2026-01-05T10:00:00Z"), instant("2026-01-05T11:00:00Z")
        unpicked = {"game_date": DAY, "recommendation": "PASS"}
        assert elected(*[prediction_row(model_version=v, **unpicked) for v in ("v1", "v0", "v0")]) == "v0"
        assert (
            elected(
                prediction_row(model_version="v1", created_at=early, **unpicked),
                prediction_row(model_version="v0", created_at=late, **unpicked),
            )
            == "v0"
        )
        assert elected(*[prediction_row(model_version=v, **unpicked) for v in (None, "v1", "v0")]) == "v1"

    def test_a_scan_for_the_gate_alone_selects_no_model_version(self) -> None:
        rows = arrow_rows(PREDICTIONS, [prediction_row(game_date=DAY)]).select(["game_date", "is_active"])
        scan_counts = counted(TableBatch(PREDICTIONS.name, rows.to_batches()[0])).scan_counts()
        assert scan_counts.on(DAY).active_predictions == 1
        assert scan_counts.versions == {}


def test_grades_without_forecasts_mark_the_forecasts_of_a_date_as_gone() -> None:
    graded = [accuracy_row(game_date=DAY), accuracy_row(game_date=DAY), accuracy_row(game_date=NEXT)]
    forecast = [prediction_row(game_date=NEXT)]
    both = counted(batch_of(ACCURACY, graded)).merge(counted(batch_of(PREDICTIONS, forecast))).scan_counts()
    assert [both.on(day).grades for day in (DAY, NEXT)] == [2, 1]
    assert [both.on(day).forecasts_gone for day in (DAY, NEXT)] == [True, False]
    assert not ScanCounts().on(DAY).forecasts_gone


class TestNames:
    """Players whom a table names on the dates of a run, and the registry does not."""

    @staticmethod
    def counted(*rows: Any, dates: Any = (DAY,)) -> ScanCounts:
        count = Count(dates=frozenset(dates))
        tables: dict[Any, list[Any]] = {}
        for row in rows:
            tables.setdefault(table_of(row), []).append(row)
        for table, found in tables.items():
            # In two batches, of two streams.
            half = Count(dates=frozenset(dates))
            half.add(batch_of(table, found[::2]))
            if found[1::2]:
                half.add(batch_of(table, found[1::2]))
            count.merge(half)
        return count.scan_counts()

    def test_strangers_are_named_by_date_with_their_rows(self) -> None:
        odds = [props_row(player_lookup="stranger", game_date=day) for day in (DAY, DAY, DAY, NEXT)]
        found = self.counted(*odds, registry_row(player_lookup="known"), dates=(DAY, NEXT)).names
        assert {day: [(one.player, one.rows) for one in report.listed] for day, report in found.items()} == {
            DAY: [("stranger", 3)],
            NEXT: [("stranger", 1)],
        }

    def test_other_dates_are_not_looked_at(self) -> None:
        odds = [props_row(player_lookup="stranger", game_date=day) for day in (DAY, NEXT)]
        assert self.counted(*odds, registry_row(player_lookup="known")).names.keys() == {DAY}
        assert self.counted(*odds, registry_row(player_lookup="known"), dates=()).names == {}

    def test_no_player_is_unmatched_when_the_registry_was_not_read(self) -> None:
        assert self.counted(props_row(player_lookup="stranger", game_date=DAY)).names == {}

    def test_an_alias_is_not_unmatched(self) -> None:
        rows = [
            props_row(player_lookup="nickname", game_date=DAY),
            registry_row(player_lookup="known"),
            player_alias_row(alias_lookup="nickname", nba_canonical_lookup="known"),
        ]
        found = self.counted(*rows)
        assert found.aliases == Aliases({"nickname": "known"})
        assert found.names == {}

    def test_a_row_of_the_aliases_that_cannot_be_used_is_named(self) -> None:
        lacking = {**player_alias_row(alias_lookup="a")._asdict(), "nba_canonical_lookup": None}
        count = counted(batch_of(PLAYER_ALIASES, [lacking, player_alias_row(alias_lookup="b")]))
        assert count.aliases().ids == {"b": "lebronjames"}
        (problem,) = count.scan_counts().aliases.problems
        assert problem.startswith("nba_reference.player_aliases.nba_canonical_lookup is null")
        assert count.scan_counts().rosters.unusable == {
            (PLAYER_ALIASES.name, "nba_canonical_lookup", "null"): Unusable(1, "", "", "alias_lookup a")
        }

    def test_unusable_rows_of_a_kind_add_up_and_are_named_by_the_lowest_of_them(self) -> None:
        rows = [context_row(game_date=DAY, player_lookup=name)._asdict() | {"game_date": None} for name in "cab"]
        one, two = counted(batch_of(CONTEXT, rows[:1])), counted(batch_of(CONTEXT, rows[1:]))
        (found,) = one.merge(two).scan_counts().rosters.unusable.items()
        assert found == ((CONTEXT.name, "game_date", "null"), Unusable(3, "a", "", f"game_id {rows[0]['game_id']}"))

    def test_of_a_spelling_of_any_length_the_beginning_is_kept(self) -> None:
        count = Count(dates=frozenset({DAY}))
        count.add(batch_of(CONTEXT, [context_row(game_date=DAY, player_lookup="x" * 10**7)]))
        assert count.named == {(CONTEXT.name, DAY): {"x" * 200: 1}}

    def test_a_row_without_a_player_adds_no_unmatched_name(self) -> None:
        rows = [row._asdict() | {"player_lookup": None} for row in [context_row(game_date=DAY)]]
        count = Count(dates=frozenset({DAY}))
        count.add(batch_of(CONTEXT, rows))
        assert count.named == {}
