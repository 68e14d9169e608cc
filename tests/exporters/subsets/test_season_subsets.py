from __future__ import annotations

import json
from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config.leagues import NBA
from exporters.declaration import Json
from exporters.league.forecasts.readiness import ScanCounts, State, reads_of, verdict
from exporters.subsets.season_subsets import SEASON_SUBSETS
from exporters.subsets.subset_picks import SUBSET_PICKS
from tests.support.disorder import disordered, nulled
from tests.support.nights import document, key_paths, scanned
from tests.support.plans import EASY
from tests.support.rows import (
    TONIGHT,
    Row,
    forecast_time_row,
    instant,
    subset_definition_row,
    subset_pick_row,
    table_of,
)
from tests.support.subset_rows import (
    AURORA,
    OPENING,
    PLAYED,
    SUMMIT,
    TODAY,
    UNDISPLAYED,
    definition,
    definitions,
    forecasts,
    frozen,
    frozen_rows,
    names,
    night,
    results,
    schedule,
    season,
    signals,
)
from tests.support.worlds import PROPERTY, any_rows

ROWS = season()


def subsets(*rows: Row, day: date = TODAY, **options: Any) -> Json:
    return document(SEASON_SUBSETS, *rows, day=day, **options)


def group(value: Json, model_id: str = "phoenix") -> Json:
    (found,) = (group for group in value["model_groups"] if group["model_id"] == model_id)
    return found


def players(value: Json, model_id: str = "phoenix") -> dict[str, str]:
    """Return the players of each date as one text."""
    return {
        day["date"]: "".join(pick["player_lookup"] for pick in day["picks"]) for day in group(value, model_id)["dates"]
    }


def overall(value: Json, model_id: str = "phoenix") -> Any:
    record = group(value, model_id)["record"]
    return None if record is None else tuple(record["season"].values())


class TestDocument:
    def test_names_order_and_nesting(self) -> None:
        paths = key_paths(subsets(*ROWS))
        assert [path for path in paths if ".record." not in path] == [
            "generated_at",
            "version",
            "season",
            "model_groups",
            *(f"model_groups[].{key}" for key in ("model_id", "model_name", "model_type", "record", "dates")),
            *(f"model_groups[].dates[].{key}" for key in ("date", "signal", "picks")),
            *(
                f"model_groups[].dates[].picks[].{key}"
                for key in (
                    "player_lookup",
                    "player",
                    "team",
                    "opponent",
                    "prediction",
                    "line",
                    "direction",
                    "created_at",
                    "actual",
                    "result",
                    "subsets",
                )
            ),
            "as_of_date",
        ]

    def test_head(self) -> None:
        value = subsets(*ROWS)
        assert (value["version"], value["season"], value["as_of_date"]) == (2, "2025-26", "2026-02-10")
        assert [found["model_id"] for found in value["model_groups"]] == ["phoenix", "aurora", "summit"]

    def test_a_pick_without_a_time_has_that_of_its_forecast(self) -> None:
        pick = subset_pick_row(
            game_date=PLAYED, player_lookup="a", subset_id="all_picks", prediction_id="p", prediction_created_at=None
        )
        rows = [*definitions(), *schedule(), pick]
        time = forecast_time_row(game_date=PLAYED, player_lookup="a", prediction_id="p", created_at="2026-02-09T15:00Z")
        later = time._replace(created_at=time.created_at + 1_000_000)

        def created_at(*more: Row) -> Any:
            ((made,),) = (day["picks"] for day in group(subsets(*rows, *more))["dates"])
            return made["created_at"]

        assert created_at() is None
        assert created_at(time) == "2026-02-09T15:00:00+00:00"
        assert created_at(later, time) == created_at(time, later) == "2026-02-09T15:00:01+00:00"
        assert created_at(time._replace(prediction_id="q")) is None
        assert created_at(time._replace(game_date=TODAY)) is None
        rows[-1] = pick._replace(prediction_created_at=instant("2026-02-09T12:00Z"))
        assert created_at(time) == "2026-02-09T12:00:00+00:00"

    def test_is_declared_at_a_fixed_path(self) -> None:
        assert SEASON_SUBSETS.path == "subsets/season.json"
        assert SEASON_SUBSETS.cache.header == "public, max-age=3600"


class TestPicks:
    def test_each_player_once_a_date_newest_date_first(self) -> None:
        """V11, S-1, S-5: the as-of date is there."""
        value = subsets(*ROWS)
        assert list(players(value).items()) == [("2026-02-10", "abcde"), ("2026-02-09", "abcde")]
        assert players(value, "aurora") == {"2026-02-09": "abc"}
        assert group(value, "summit")["dates"] == []

    def test_name_the_subsets_that_selected_them(self) -> None:
        """S-1."""
        chosen = {pick["player_lookup"]: pick["subsets"] for pick in group(subsets(*ROWS))["dates"][1]["picks"]}
        assert chosen == {
            "a": ["1", "2", "3", "4", "5", "6", "7", "8"],
            "b": ["2", "3", "4", "5", "6", "7", "8"],
            "c": ["3", "5", "7", "8"],
            "d": ["2", "3", "4", "5", "7", "8"],
            "e": ["8"],
        }

    def test_are_those_of_the_picks_document(self) -> None:
        """S-4: the same object."""
        for rows, day, index in ((ROWS, TODAY, 0), ([*night(PLAYED), *frozen(), *results()], PLAYED, 0)):
            shown = group(subsets(*rows, day=day))["dates"][index]["picks"]
            of_the_date = document(SUBSET_PICKS, *rows, day=day)["model_groups"][0]["subsets"][-1]["picks"]
            assert [{key: value for key, value in pick.items() if key != "subsets"} for pick in shown] == of_the_date

    def test_results(self) -> None:
        picks = group(subsets(*ROWS))["dates"][1]["picks"]
        assert [(pick["actual"], pick["result"]) for pick in picks] == [
            (31, "hit"),
            (12, "miss"),
            (10, "hit"),
            (20, "push"),
            (20, "hit"),
        ]

    def test_what_is_neither_over_nor_under_has_no_result(self) -> None:
        """S-3."""
        row = subset_pick_row(game_date=PLAYED, player_lookup="a", subset_id="all_picks", recommendation="PASS")
        (pick,) = group(subsets(*definitions(), *schedule(), *results(), row))["dates"][0]["picks"]
        assert (pick["direction"], pick["actual"], pick["result"]) == ("PASS", 31, None)

    def test_signal_of_each_date(self) -> None:
        rows = [row for row in ROWS if type(row).__name__ != "SignalRow"]
        words = [row._replace(daily_signal="RED") if row.game_date == PLAYED else row for row in signals()]
        assert [day["signal"] for day in group(subsets(*rows, *words))["dates"]] == ["favorable", "challenging"]
        assert {day["signal"] for day in group(subsets(*rows))["dates"]} == {"neutral"}

    def test_are_of_the_locked_version_of_each_date(self) -> None:
        """S-6, G-4."""
        late = [
            row._replace(computed_at=instant("2026-02-10T05:00:00Z"), version_id="v_20260210_050000")
            for row in frozen_rows([*definitions(), *forecasts(PLAYED, players="b"), *schedule()], PLAYED)
        ]
        assert players(subsets(*ROWS, *late)) == players(subsets(*ROWS))

    def test_of_earlier_dates_are_frozen_ones_only(self) -> None:
        """G-1: a run over several dates has read the forecasts of earlier ones; they were not published."""
        assert players(subsets(*night(), *forecasts(PLAYED), *results())) == {"2026-02-10": "abcde"}

    def test_of_the_season_only(self) -> None:
        """G-6: October belongs to the season that begins in it."""
        before, opening = (
            subset_pick_row(game_date=day, player_lookup="a", subset_id="all_picks", computed_at=f"{day}T12:00Z")
            for day in ("2025-06-15", OPENING.isoformat())
        )
        value = subsets(*definitions(), *schedule(), before, opening)
        assert players(value) == {"2025-10-21": "a"}
        assert subsets(*definitions(), day=date(2025, 10, 25))["season"] == "2025-26"
        assert subsets(*definitions(), day=date(2025, 9, 30))["season"] == "2024-25"

    def test_after_the_as_of_date_are_unknown(self) -> None:
        """G-7, S-5."""
        assert list(players(subsets(*ROWS, day=PLAYED))) == ["2026-02-09"]

    def test_in_unnamed_subsets_are_not_shown(self) -> None:
        """G-8."""
        row = subset_pick_row(game_date=PLAYED, player_lookup="z", subset_id="secret_sauce")
        assert "secret" not in json.dumps(subsets(*night(), row))
        assert players(subsets(*night(), row)) == {"2026-02-10": "abcde"}


class TestRecord:
    def test_is_that_of_the_broadest_subset(self) -> None:
        """V10, S-2, S-7: it goes up to the day before."""
        value = subsets(*ROWS)
        assert overall(value) == (3, 1, 75.0)
        assert overall(value, "aurora") == (2, 1, 66.7)
        assert overall(value, "summit") is None

    def test_without_a_broadest_subset_is_that_of_the_least_demanding(self) -> None:
        """S-2: no direction, signal or limit, then the smallest edge."""
        rows = [row for row in ROWS if table_of(row).name.endswith("_definitions") is False]
        kept = [row for row in definitions() if row.subset_id not in ("all_picks", "q43_all_picks")]
        value = subsets(*[row for row in rows if getattr(row, "subset_id", "") != "all_picks"], *kept)
        assert overall(value) == (2, 1, 66.7)  # high_edge_all: edge 5; ultra_high_edge asks for 7.

    def test_is_of_a_subset_that_retired(self) -> None:
        """S-8: the model has picks this season, so it stays, with the record of what it chose."""
        kept = [
            row
            for row in ROWS
            if getattr(row, "system_id", None) != AURORA or type(row).__name__ != "SubsetDefinitionRow"
        ]
        value = subsets(*kept)
        assert players(value, "aurora") == {"2026-02-09": "abc"}
        assert overall(value, "aurora") == (2, 1, 66.7)

    def test_of_a_model_without_display_entry_is_not_shown(self) -> None:
        """G-8, S-8."""
        row = subset_pick_row(game_date=PLAYED, player_lookup="a", subset_id="all_picks", system_id=UNDISPLAYED)
        assert [found["model_id"] for found in subsets(row)["model_groups"]] == []


class TestNoData:
    def test_definitions_alone(self) -> None:
        """§3.4."""
        assert group(subsets(*definitions()), "summit") == {
            "model_id": "summit",
            "model_name": "Summit",
            "model_type": "specialist",
            "record": None,
            "dates": [],
        }

    def test_nothing(self) -> None:
        value = subsets()
        assert value["model_groups"] == []
        assert SEASON_SUBSETS.is_empty(value)

    def test_a_table_that_cannot_be_read_fails_the_export(self) -> None:
        """G-11, S-9: the previous object stays."""
        for read in reads_of(SEASON_SUBSETS):
            scan_counts = ScanCounts(broken={read.table.name: "cannot be read"})
            assert verdict(SEASON_SUBSETS, TODAY, scan_counts, EASY).state is State.FAILED


class TestScan:
    def test_reads_forecasts_and_features_of_the_as_of_date_only(self) -> None:
        """G-13: every partitioned input is bounded, and what expires is not needed for earlier dates."""
        for read in SEASON_SUBSETS.reads:
            if read.table.partition is not None:
                first = read.window.first(TODAY, NBA.calendar)
                nightly = read.table.name.endswith(("prop_predictions", "feature_store_v2", "game_context"))
                assert first == TODAY if nightly else first in (TODAY, date(2025, 10, 1))
        assert SEASON_SUBSETS.make_row is None

    def test_needs_nothing_beyond_it(self) -> None:
        rows = [*ROWS, *forecasts(PLAYED), *forecasts(PLAYED, SUMMIT)]
        assert subsets(*scanned(SEASON_SUBSETS, rows, day=TODAY)) == subsets(*rows)


FEW = settings(PROPERTY, max_examples=15)
SHOWN = subsets(*ROWS)


class TestAnyRows:
    @FEW
    @given(data=st.data())
    def test_order_duplicates_and_rows_outside_the_windows_change_nothing(self, data: st.DataObject) -> None:
        rows = data.draw(any_rows(SEASON_SUBSETS, most=8))
        expected = subsets(*rows, day=TONIGHT)
        assert subsets(*disordered(rows, data.draw(st.integers(0, 1000))), day=TONIGHT) == expected
        assert subsets(*scanned(SEASON_SUBSETS, rows), day=TONIGHT) == expected

    @FEW
    @given(seed=st.integers(0, 1000))
    def test_the_fixture_in_any_order(self, seed: int) -> None:
        assert subsets(*disordered(ROWS, seed)) == SHOWN

    @FEW
    @given(seed=st.integers(0, 1000), day=st.sampled_from([PLAYED, TODAY, date(2026, 3, 20)]))
    def test_nulls_never_break_it(self, seed: int, day: date) -> None:
        value = subsets(*nulled([*ROWS, *names(), subset_definition_row()], seed), day=day)
        for found in value["model_groups"]:
            dates = [one["date"] for one in found["dates"]]
            assert dates == sorted(dates, reverse=True)
            for one in found["dates"]:
                each = [pick["player_lookup"] for pick in one["picks"]]
                assert each
                assert len(each) == len(set(each))


def test_a_definition_alone_of_a_new_subset_is_listed_nowhere() -> None:
    """G-8, T-3."""
    assert [found["model_id"] for found in subsets(definition("new", 3))["model_groups"]] == []
