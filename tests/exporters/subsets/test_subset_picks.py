from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporters.config import ExportConfig
from exporters.declaration import Json
from exporters.subsets.subset_picks import SUBSET_PICKS, subset_picks_rows
from tests.support.disorder import disordered, nulled
from tests.support.nights import NOT_HALTED, document, key_paths, scanned, slate
from tests.support.rows import (
    TONIGHT,
    Row,
    context_row,
    game_row,
    halt_row,
    instant,
    prediction_row,
    registry_row,
    subset_pick_row,
    subset_version_row,
    table_of,
)
from tests.support.subset_rows import (
    AURORA,
    PLAYED,
    TODAY,
    UNDISPLAYED,
    definition,
    definitions,
    forecasts,
    frozen,
    frozen_rows,
    members,
    names,
    night,
    results,
    schedule,
    season,
    signal,
)
from tests.support.worlds import PROPERTY, any_rows

WRITING = replace(ExportConfig(), write_subset_picks=True)
PRE_GAME = {"1": "a", "2": "abd", "3": "abcd", "4": "abd", "5": "abcd", "6": "ab", "7": "abcd", "8": "abcde"}
"""V1."""


def picks(*rows: Row, day: date = TODAY, **options: Any) -> Json:
    return document(SUBSET_PICKS, *rows, day=day, **options)


def subset(value: Json, subset_id: str) -> Json:
    (found,) = (subset for group in value["model_groups"] for subset in group["subsets"] if subset["id"] == subset_id)
    return found


def records(value: Json) -> dict[str, Any]:
    """Return the record of every subset; one triple for all windows when they agree."""
    found = {}
    for group in value["model_groups"]:
        for one in group["subsets"]:
            windows = None if one["record"] is None else {tuple(window.values()) for window in one["record"].values()}
            found[one["id"]] = windows.pop() if windows and len(windows) == 1 else windows
    return found


def without(rows: list[Row], table: str) -> list[Row]:
    return [row for row in rows if table_of(row).name.rpartition(".")[2] != table]


class TestDocument:
    def test_names_order_and_nesting(self) -> None:
        assert key_paths(picks(*night(), *frozen(), *results())) == [
            "date",
            "generated_at",
            "version",
            "model_groups",
            *(f"model_groups[].{key}" for key in ("model_id", "model_name", "model_type", "description", "signal")),
            "model_groups[].subsets",
            *(f"model_groups[].subsets[].{key}" for key in ("id", "name", "record")),
            *(
                path
                for window in ("season", "month", "week")
                for path in (
                    f"model_groups[].subsets[].record.{window}",
                    *(f"model_groups[].subsets[].record.{window}.{key}" for key in ("wins", "losses", "pct")),
                )
            ),
            "model_groups[].subsets[].picks",
            *(
                f"model_groups[].subsets[].picks[].{key}"
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
                )
            ),
            *NOT_HALTED,
        ]

    def test_head(self) -> None:
        value = picks(*night())
        assert value["date"] == "2026-02-10"
        assert value["version"] == 2
        assert [(group["model_id"], group["model_name"], group["model_type"]) for group in value["model_groups"]] == [
            ("phoenix", "Phoenix", "primary"),
            ("aurora", "Aurora", "specialist"),
            ("summit", "Summit", "specialist"),
        ]
        assert [subset["id"] for subset in value["model_groups"][0]["subsets"]] == list("12345678")
        assert [subset["id"] for subset in value["model_groups"][1]["subsets"]] == ["9", "10", "11"]

    def test_pick(self) -> None:
        """V16."""
        value = picks(*night(PLAYED), *results(), day=PLAYED)
        assert subset(value, "8")["picks"][0] == {
            "player_lookup": "a",
            "player": "Álex A",
            "team": "LAL",
            "opponent": "BOS",
            "prediction": 30.2,
            "line": 22.5,
            "direction": "OVER",
            "created_at": "2026-02-09T15:00:01.250000+00:00",
            "actual": 31,
            "result": "hit",
        }
        assert subset(value, "8")["picks"][1]["player"] == "b"

    def test_results_of_all_kinds(self) -> None:
        value = picks(*night(PLAYED), *results(), day=PLAYED)
        assert [pick["result"] for pick in subset(value, "8")["picks"]] == ["hit", "miss", "hit", "push", "hit"]

    def test_is_declared_for_short_caching_without_pointers(self) -> None:
        assert SUBSET_PICKS.path == "picks/{date}.json"
        assert SUBSET_PICKS.cache.header == "public, max-age=300"
        assert not SUBSET_PICKS.pointers
        assert not SUBSET_PICKS.gates


class TestMembership:
    def test_before_the_games(self) -> None:
        """V1: twenty-six rows."""
        found = members(picks(*night()))
        assert found == PRE_GAME
        assert len("".join(found.values())) == 26

    def test_after_the_games_with_summary_and_context_both_present(self) -> None:
        """V2 [C], M-1, P-8."""
        value = picks(*night(PLAYED), *results(), day=PLAYED)
        assert members(value) == PRE_GAME
        assert members(value, 1) == {"9": "c", "10": "c", "11": "abc"}
        assert members(value, 2) == {"12": "", "13": ""}

    def test_without_a_signal_row_conditions_are_skipped(self) -> None:
        """V12."""
        value = picks(*without(night(), "daily_prediction_signals"))
        assert members(value) == PRE_GAME
        assert {group["signal"] for group in value["model_groups"]} == {"neutral"}

    def test_on_a_bad_day_conditional_subsets_are_listed_without_picks(self) -> None:
        """V13, P-1."""
        rows = without(night(), "daily_prediction_signals")
        value = picks(*rows, signal(TODAY, "RED"))
        assert members(value) == {**PRE_GAME, "1": "", "2": "", "3": "", "7": ""}
        assert {group["signal"] for group in value["model_groups"]} == {"challenging"}

    @pytest.mark.parametrize(("word", "published"), [("GREEN", "favorable"), ("YELLOW", "neutral"), (None, "neutral")])
    def test_signal_words(self, word: str | None, published: str) -> None:
        rows = without(night(), "daily_prediction_signals")
        assert picks(*rows, signal(TODAY, word))["model_groups"][0]["signal"] == published

    def test_a_quality_alert_keeps_forecasts_out(self) -> None:
        """V17, G-2."""
        value = picks(*definitions(), *schedule(), *forecasts(TODAY, quality_alert_level="red"))
        assert set(members(value).values()) == {""}

    def test_a_quality_alert_does_not_matter_to_a_subset_without_the_rule(self) -> None:
        anything = definition("all_picks", 3, require_quality_ready=False)
        value = picks(anything, *schedule(), *forecasts(TODAY, quality_alert_level="red"))
        assert members(value) == {"8": "abcde"}

    def test_a_confidence_threshold_is_inclusive(self) -> None:
        """V18, M-5."""
        value = picks(definition("all_picks", 3, min_confidence=0.92), *schedule(), *forecasts(TODAY))
        assert members(value) == {"8": "abcde"}

    def test_forecasts_without_model_version_may_be_the_ones_that_publish(self) -> None:
        """V19, M-3."""
        rows = [*forecasts(TODAY, players="abc", model_version=None), *forecasts(TODAY, players="de")]
        value = picks(*definitions(), *schedule(), *rows)
        assert members(value)["8"] == "abc"

    def test_one_forecast_per_player_counts(self) -> None:
        """M-4: the newest, then the greatest id."""
        older = forecasts(TODAY, players="a", predicted_points=40, prediction_id="z", created_at="2026-02-10T10:00Z")
        twin = forecasts(TODAY, players="a", predicted_points=31, prediction_id="0")
        value = picks(*definitions(), *schedule(), *older, *twin, *forecasts(TODAY))
        assert [pick["prediction"] for pick in subset(value, "6")["picks"]] == [30.2, 20.0]

    def test_the_newest_features_decide(self) -> None:
        """M-4, G-12: one feature row per player and date."""
        rows = forecasts(TODAY)
        better = [row._replace(feature_quality_score=row.feature_quality_score - 5) for row in _features(rows)]
        worse = [
            row._replace(feature_quality_score=row.feature_quality_score - 6, created_at=row.created_at + 1)
            for row in _features(rows)
        ]
        assert members(picks(*definitions(), *schedule(), *without(rows, "ml_feature_store_v2"), *better)) == PRE_GAME
        assert set(members(picks(*definitions(), *schedule(), *rows, *worse)).values()) == {""}

    def test_a_forecast_without_features_or_team_is_no_candidate(self) -> None:
        for table in ("ml_feature_store_v2", "upcoming_player_game_context"):
            assert set(members(picks(*without(night(), table))).values()) == {""}

    def test_the_team_is_that_of_the_box_score_once_there_is_one(self) -> None:
        """M-1: the summary comes before the context."""
        rows = [row._replace(team_abbr="CHI", opponent_team_abbr="NYK") for row in results()]
        value = picks(*night(PLAYED), *rows, day=PLAYED)
        assert subset(value, "1")["picks"][0]["team"] == "CHI"
        assert subset(value, "1")["picks"][0]["opponent"] == "NYK"

    def test_withdrawn_and_late_forecasts_are_no_candidates(self) -> None:
        for values in (
            {"is_active": False},
            {"invalidation_reason": "line moved"},
            {"prediction_made_before_game": False},
            {"recommendation": "PASS"},
            {"current_points_line": None},
        ):
            assert set(members(picks(*definitions(), *schedule(), *forecasts(TODAY, **values))).values()) == {""}

    def test_players_share_a_name_in_several_registry_rows(self) -> None:
        """M-8: the season of the date, then the latest activity."""
        rows = [
            registry_row(player_lookup="a", player_name="Old", season="2024-25"),
            registry_row(player_lookup="a", player_name="New", season="2025-26", team_abbr="BOS"),
            registry_row(player_lookup="a", player_name="Next", season="2026-27"),
            registry_row(
                player_lookup="a", player_name="Traded", season="2025-26", last_gamebook_activity_date=None
            )._replace(last_roster_activity_date=None),
        ]
        value = picks(*without(night(), "nba_players_registry"), *rows)
        assert subset(value, "1")["picks"][0]["player"] == "New"


def _features(rows: list[Row]) -> list[Row]:
    return [row for row in rows if type(row).__name__ == "FeatureRow"]


class TestPublicNames:
    def test_an_unknown_model_never_leaks(self) -> None:
        """G-8."""
        unknown = definition("all_picks_2", 3, system_id="secret_model_v3")
        stored = subset_pick_row(game_date=TODAY, player_lookup="x", system_id="secret_model_v3", subset_id="all_picks")
        value = picks(*night(), unknown, *forecasts(TODAY, "secret_model_v3"), stored)
        assert "secret" not in json.dumps(value)
        assert [group["model_id"] for group in value["model_groups"]] == ["phoenix", "aurora", "summit"]

    def test_a_model_without_display_entry_is_not_shown(self) -> None:
        """G-8."""
        value = picks(definition("all_picks", 3, system_id=UNDISPLAYED), *schedule(), *forecasts(TODAY, UNDISPLAYED))
        assert value["model_groups"] == []

    def test_an_unnamed_subset_is_not_shown(self) -> None:
        """G-8, T-3."""
        value = picks(*night(), definition("value_plays", 3), definition("secret_sauce", 3))
        assert list(members(value)) == list("12345678")

    def test_the_champion_is_configuration(self) -> None:
        """G-3."""
        config = ExportConfig(champion_system_id="catboost_v10")
        rows = [definition("all_picks", 3, system_id="catboost_v10"), *schedule(), *forecasts(TODAY, "catboost_v10")]
        value = picks(*rows, signal(TODAY, "RED"), signal(TODAY, "GREEN", system_id="catboost_v10"), config=config)
        assert [group["model_id"] for group in value["model_groups"]] == ["phoenix"]
        assert value["model_groups"][0]["signal"] == "favorable"
        assert members(value) == {"8": "abcde"}

    def test_rows_without_model_are_the_champions(self) -> None:
        rows = [row._replace(system_id=None) if type(row).__name__ == "SubsetPickRow" else row for row in frozen(TODAY)]
        assert members(picks(*night(), *rows)) == PRE_GAME

    def test_a_definition_without_model_is_none(self) -> None:
        """M-9."""
        assert picks(definition("all_picks", 3, system_id=None), *schedule())["model_groups"] == []


class TestRecords:
    def test_of_what_was_published(self) -> None:
        """V5, G-1, P-5: ids 2 and 4 chose an over that hit, one that missed and one that pushed."""
        assert records(picks(*season())) == {
            "1": (1, 0, 100.0),
            "2": (1, 1, 50.0),
            "3": (2, 1, 66.7),
            "4": (1, 1, 50.0),
            "5": (2, 1, 66.7),
            "6": (1, 1, 50.0),
            "7": (2, 1, 66.7),
            "8": (3, 1, 75.0),
            "9": (1, 0, 100.0),
            "10": (1, 0, 100.0),
            "11": (2, 1, 66.7),
            "12": None,
            "13": None,
        }

    def test_count_the_picks_that_the_date_showed(self) -> None:
        """V3 as of what was published: picks, graded ones and wins of the 9th.

        High edge over holds no under (it did in V3), the top three are a, b and d, whose pick pushed, and aurora's
        subsets of unders hold one.
        """
        value = picks(*night(PLAYED), *frozen(), *results(), day=PLAYED)
        found = {}
        for group in value["model_groups"]:
            for one in group["subsets"]:
                shown = [pick["result"] for pick in one["picks"]]
                found[one["id"]] = (len(shown), shown.count("hit") + shown.count("miss"), shown.count("hit"))
        assert found == {
            "1": (1, 1, 1),
            "2": (3, 2, 1),
            "3": (4, 3, 2),
            "4": (3, 2, 1),
            "5": (4, 3, 2),
            "6": (2, 2, 1),
            "7": (4, 3, 2),
            "8": (5, 4, 3),
            "9": (1, 1, 1),
            "10": (1, 1, 1),
            "11": (3, 3, 2),
            "12": (0, 0, 0),
            "13": (0, 0, 0),
        }

    def test_are_equal_in_all_windows_after_one_date(self) -> None:
        """V4, by V5's numbers: the 9th lies in the season, month and week before the 10th."""
        windows = [
            one["record"] for group in picks(*season())["model_groups"] for one in group["subsets"] if one["record"]
        ]
        assert len(windows) == 11
        assert all(found["season"] == found["month"] == found["week"] for found in windows)

    def test_changing_a_definition_changes_no_history(self) -> None:
        """G-1."""
        rows = without(season(), "dynamic_subset_definitions")
        changed = [row._replace(min_edge=7.6, direction="OVER", top_n=1) for row in definitions()]
        assert records(picks(*rows, *changed)) == records(picks(*season()))

    def test_of_the_date_itself_do_not_count(self) -> None:
        """V6."""
        value = picks(*night(PLAYED), *frozen(), *results(), day=PLAYED)
        assert set(records(value).values()) == {None}

    def test_in_summer(self) -> None:
        """V7."""
        value = picks(*season(), day=date(2026, 7, 1))
        assert subset(value, "8")["record"] == {
            "season": {"wins": 3, "losses": 1, "pct": 75.0},
            "month": {"wins": 0, "losses": 0, "pct": 0.0},
            "week": {"wins": 0, "losses": 0, "pct": 0.0},
        }
        assert set(members(value).values()) == {""}
        assert value["model_groups"][0]["signal"] == "neutral"

    def test_with_nothing_graded_are_zeros(self) -> None:
        """§0.5: rows but nothing graded."""
        assert records(picks(*night(), *frozen()))["8"] == (0, 0, 0.0)

    def test_void_picks_count_for_neither_side(self) -> None:
        """G-5, V20."""
        rows = [row._replace(points=0, minutes_played=None, is_dnp=None, is_active=None) for row in results()]
        value = picks(*night(), *frozen(), *rows)
        assert records(value)["8"] == (0, 0, 0.0)

    def test_are_of_one_version_per_date(self) -> None:
        """G-4: what was computed after the tip-off is not what users saw."""
        late = frozen_rows([*definitions(), *forecasts(PLAYED, players="b")], PLAYED, at="15:00:00")
        rows = [
            row._replace(computed_at=instant("2026-02-10T05:00:00Z"), version_id="v_20260210_050000") for row in late
        ]
        assert records(picks(*season(), *rows))["8"] == (3, 1, 75.0)

    def test_count_doubled_rows_once(self) -> None:
        """M-1, G-12."""
        assert records(picks(*season(), *frozen(), *results())) == records(picks(*season()))

    def test_reach_back_to_the_first_game_of_the_season_only(self) -> None:
        """G-6."""
        before = [
            subset_pick_row(game_date=day, player_lookup="a", subset_id="all_picks", computed_at=f"{day}T12:00Z")
            for day in ("2025-10-20", "2025-10-21", "2025-04-10")
        ]
        scores = [game_row(player_lookup="a", game_date=row.game_date, points=40) for row in before]
        assert records(picks(*night(), *before, *scores))["8"] == {(1, 0, 100.0), (0, 0, 0.0)}


class TestVersions:
    def test_frozen_picks_are_shown_in_place_of_a_new_selection(self) -> None:
        """P-2, P-3: today's forecasts have changed since."""
        rows = [*without(night(), "player_prop_predictions"), *frozen(TODAY)]
        assert members(picks(*rows)) == PRE_GAME

    def test_one_selection_serves_both_paths(self) -> None:
        """P-1, P-2: the document is the same, whether the picks were frozen or are selected now."""
        assert picks(*night(), *frozen(TODAY)) == picks(*night())

    def test_the_locked_version_of_a_begun_date(self) -> None:
        """G-4, P-3: the greatest before the first tip-off."""
        early = frozen_rows([*night(PLAYED)], PLAYED, at="12:00:00")
        late = [
            row._replace(computed_at=instant("2026-02-10T05:00:00Z"), version_id="v_20260210_050000")
            for row in frozen_rows([*definitions(), *forecasts(PLAYED, players="b"), *schedule()], PLAYED)
        ]
        assert members(picks(*night(PLAYED), *early, *frozen(PLAYED), *late, day=PLAYED)) == PRE_GAME
        assert members(picks(*night(PLAYED), *late, day=PLAYED))["8"] == "b"

    def test_a_version_without_picks_withdraws_those_before_it(self) -> None:
        """M-2."""
        empty = subset_version_row(game_date=TODAY, version_id="v_20260210_160000", computed_at="2026-02-10T16:00Z")
        value = picks(*night(), *frozen(TODAY), empty._replace(total_picks=0))
        assert set(members(value).values()) == {""}

    def test_an_incomplete_version_is_ignored(self) -> None:
        """M-6."""
        broken = subset_version_row(
            game_date=TODAY, version_id="v_20260210_160000", computed_at="2026-02-10T16:00Z", is_complete=False
        )
        half = subset_pick_row(
            game_date=TODAY, player_lookup="e", subset_id="all_picks", version_id="v_20260210_160000"
        )
        assert members(picks(*night(), *frozen(TODAY), broken, half)) == PRE_GAME

    def test_picks_decide_for_dates_without_a_version(self) -> None:
        rows = without(frozen(TODAY), "current_subset_versions")
        assert members(picks(*without(night(), "player_prop_predictions"), *rows)) == PRE_GAME

    def test_a_run_that_freezes_shows_what_it_freezes(self) -> None:
        """P-7, before the games; afterwards what was frozen stands (G-4)."""
        fewer = [*without(night(), "player_prop_predictions"), *forecasts(TODAY, players="ab"), *frozen(TODAY)]
        before, after = "2026-02-10T16:00:00+00:00", "2026-02-11T02:00:00+00:00"
        assert members(picks(*fewer, config=WRITING, generated_at=before))["8"] == "ab"
        assert members(picks(*fewer, config=WRITING, generated_at=after))["8"] == "abcde"
        assert members(picks(*fewer, generated_at=before))["8"] == "abcde"

    def test_a_retired_subset_with_picks_is_still_shown(self) -> None:
        """P-1."""
        rows = without(night(), "dynamic_subset_definitions")
        assert members(picks(*rows, *frozen(TODAY))) == PRE_GAME

    def test_an_old_row_finds_the_time_of_its_forecast(self) -> None:
        """P-4, M-7: always there, null when unknown."""
        rows = [
            row._replace(prediction_created_at=None) if type(row).__name__ == "SubsetPickRow" else row
            for row in frozen(TODAY)
        ]
        assert subset(picks(*night(), *rows), "1")["picks"][0]["created_at"] == "2026-02-10T15:00:01.250000+00:00"
        forgotten = picks(*without(night(), "player_prop_predictions"), *rows)
        assert subset(forgotten, "1")["picks"][0]["created_at"] is None

    @pytest.mark.parametrize("rows", [night(), [*definitions(), *schedule(), *results()]])
    def test_a_row_without_teams_finds_them(self, rows: list[Row]) -> None:
        day = TODAY if rows == night() else PLAYED
        row = subset_pick_row(game_date=day, player_lookup="a", subset_id="all_picks", team=None, opponent=None)
        (pick,) = subset(picks(*rows, row, day=day), "8")["picks"]
        assert (pick["team"], pick["opponent"]) == ("LAL", "BOS")

    def test_a_row_without_teams_in_any_table_has_null_teams(self) -> None:
        row = subset_pick_row(game_date=TODAY, player_lookup="zed", subset_id="all_picks", team=None, opponent=None)
        (pick,) = subset(picks(*without(night(), "player_prop_predictions"), row), "8")["picks"]
        assert (pick["player_lookup"], pick["team"], pick["opponent"]) == ("zed", None, None)

    def test_a_row_that_is_no_pick_is_left_out(self) -> None:
        for column in ("predicted_points", "current_points_line", "recommendation"):
            rows = [row._replace(**{column: None}) if row in frozen(TODAY)[:1] else row for row in frozen(TODAY)]
            assert members(picks(*night(), *rows)) == {**PRE_GAME, "8": "bcde"}

    def test_what_is_neither_over_nor_under_is_shown_and_not_graded(self) -> None:
        row = subset_pick_row(game_date=PLAYED, player_lookup="a", subset_id="all_picks", recommendation="PASS")
        value = picks(*night(PLAYED), *results(), row, day=PLAYED)
        assert subset(value, "8")["picks"][0]["direction"] == "PASS"
        assert subset(value, "8")["picks"][0]["result"] is None

    def test_a_row_without_scores_comes_last(self) -> None:
        rows = [
            subset_pick_row(game_date=TODAY, player_lookup=player, subset_id="all_picks", **values)
            for player, values in {
                "a": {"composite_score": None, "edge": None, "player_name": None},
                "b": {"composite_score": 20, "edge": 3},
                "c": {"composite_score": 20, "edge": 4},
            }.items()
        ]
        value = picks(*definitions(), *schedule(), *names(), *rows)
        assert members(value)["8"] == "cba"
        assert subset(value, "8")["picks"][2]["player"] == "Álex A"


class TestResults:
    def test_a_player_who_sat_is_void(self) -> None:
        """V20, G-5."""
        rows = [row._replace(points=0, minutes_played=None) for row in results()]
        value = picks(*night(PLAYED), *frozen(), *rows, day=PLAYED)
        assert {(pick["actual"], pick["result"]) for pick in subset(value, "8")["picks"]} == {(None, None)}

    def test_no_points_in_some_minutes_count(self) -> None:
        rows = [row._replace(points=0) for row in results()]
        value = picks(*night(PLAYED), *frozen(), *rows, day=PLAYED)
        assert [pick["result"] for pick in subset(value, "8")["picks"]] == ["miss", "miss", "hit", "miss", "miss"]

    @pytest.mark.parametrize("stored", [True, False])
    def test_a_box_score_of_a_game_under_way_decides_nothing(self, stored: bool) -> None:
        rows = [row._replace(game_status=2) if row.game_date == PLAYED else row for row in schedule()]
        more = frozen() if stored else []
        value = picks(*without(night(PLAYED), "nbac_schedule"), *rows, *more, *results(), day=PLAYED)
        assert {pick["result"] for pick in subset(value, "8")["picks"]} == {None}
        assert {pick["actual"] for pick in subset(value, "8")["picks"]} == {None}


class TestNoData:
    def test_definitions_alone(self) -> None:
        """§2.4: the file is always written."""
        value = picks(*definitions())
        assert set(members(value).values()) == {""}
        assert set(records(value).values()) == {None}
        assert not SUBSET_PICKS.is_empty(value)

    def test_nothing(self) -> None:
        value = picks()
        assert value["model_groups"] == []
        assert SUBSET_PICKS.is_empty(value)


class TestFreezing:
    def test_nothing_is_frozen_once_a_game_has_begun(self) -> None:
        """G-4."""
        made = slate(SUBSET_PICKS, *night(PLAYED), day=PLAYED, config=WRITING, generated_at="2026-02-09T15:00:00+00:00")
        assert subset_picks_rows(made, "run-1", "test") is None

    def test_nothing_is_frozen_while_picks_are_paused(self) -> None:
        for active in (False, True):
            halt = halt_row(effective_date=TODAY, halt_active=active, halt_reason="manual" if active else None)
            made = slate(SUBSET_PICKS, *night(), halt, day=TODAY, config=WRITING)
            assert (subset_picks_rows(made, "run-1", "test") is None) == active

    def test_the_version_comes_last(self) -> None:
        rows = frozen(TODAY)
        assert [type(row).__name__ for row in rows] == ["SubsetPickRow"] * 26 + ["SubsetVersionRow"]


ROWS = [*season(), *frozen(TODAY), *forecasts(TODAY, AURORA), *forecasts(TODAY, "unknown")]
PICKS = picks(*ROWS)
FEW = settings(PROPERTY, max_examples=15)


class TestAnyRows:
    @FEW
    @given(data=st.data())
    def test_order_duplicates_and_rows_outside_the_windows_change_nothing(self, data: st.DataObject) -> None:
        rows = data.draw(any_rows(SUBSET_PICKS, most=8))
        seed = data.draw(st.integers(0, 1000))
        expected = picks(*rows, day=TONIGHT)
        assert picks(*disordered(rows, seed), day=TONIGHT) == expected
        assert picks(*scanned(SUBSET_PICKS, rows), day=TONIGHT) == expected

    @FEW
    @given(seed=st.integers(0, 1000))
    def test_the_fixture_in_any_order(self, seed: int) -> None:
        assert picks(*disordered(ROWS, seed)) == PICKS

    @FEW
    @given(seed=st.integers(0, 1000), day=st.sampled_from([PLAYED, TODAY, TODAY + timedelta(days=30)]))
    def test_nulls_never_break_it(self, seed: int, day: date) -> None:
        value = picks(*nulled(ROWS, seed), day=day)
        assert list(value) == ["date", "generated_at", "version", "model_groups", *NOT_HALTED]
        for group in value["model_groups"]:
            for one in group["subsets"]:
                players = [pick["player_lookup"] for pick in one["picks"]]
                assert len(players) == len(set(players))
                assert all(isinstance(pick["line"], float) for pick in one["picks"])


def test_a_second_context_row_adds_no_pick() -> None:
    """G-12."""
    twice = [
        context_row(player_lookup="a", game_date=TODAY, context_version=2),
        prediction_row(player_lookup="a", game_date=TODAY, system_id="other"),
    ]
    assert members(picks(*night(), *twice)) == PRE_GAME
