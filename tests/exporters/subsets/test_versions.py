from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from exporters.config import ExportConfig
from exporters.subsets.book import SubsetBook
from exporters.subsets.subset_picks import SUBSET_PICKS
from exporters.subsets.versions import SubsetVersion, subset_version, version_id_of
from exporters.warehouse.schema import Instant
from tests.support.disorder import disordered
from tests.support.nights import slate
from tests.support.rows import CHAMPION, Row, instant, schedule_row
from tests.support.subset_rows import (
    AURORA,
    PLAYED,
    TODAY,
    definition,
    definitions,
    forecasts,
    night,
    results,
    schedule,
    signal,
)

WRITING = replace(ExportConfig(), write_subset_picks=True)
NOON = "2026-02-10T12:00:00.000007+00:00"


def version(*rows: Row, day: date = TODAY, at: str = NOON, config: ExportConfig = WRITING) -> SubsetVersion | None:
    made = slate(SUBSET_PICKS, *rows, day=day, config=config, generated_at=at)
    return subset_version(SubsetBook(made, SUBSET_PICKS), run_id="run-1", trigger_source="scheduler")


def made(*rows: Row, **options: Any) -> SubsetVersion:
    found = version(*rows, **options)
    assert found is not None
    return found


class TestVersion:
    def test_row(self) -> None:
        """M-2, M-6: microseconds in the id."""
        found = made(*night()).version
        assert found == (TODAY, "v_20260210_120000_000007", instant("2026-02-10T12:00:00Z") + 7, 26, True)

    def test_ids_sort_by_time_among_those_of_one_second_resolution(self) -> None:
        ids = ["v_20260210_120000", version_id_of(Instant(instant("2026-02-10T12:00:00Z") + 1)), "v_20260210_120001"]
        assert ids == sorted(ids)
        assert version_id_of(Instant(instant("2026-02-10T12:00:00Z"))) == "v_20260210_120000_000000"

    def test_totals(self) -> None:
        """M-2: empty subsets are counted too."""
        found = made(*night())
        assert found.available == 5
        assert found.members == {
            "top_pick": 1,
            "top_3": 3,
            "top_5": 4,
            "high_edge_over": 3,
            "high_edge_all": 4,
            "ultra_high_edge": 2,
            "green_light": 4,
            "all_picks": 5,
            **dict.fromkeys(("q43_under_top3", "q43_under_all", "q43_all_picks", "q45_under_top3", "q45_all_picks"), 0),
        }

    def test_without_picks_is_a_version_all_the_same(self) -> None:
        """M-2."""
        found = made(*definitions(), *schedule())
        assert found.picks == ()
        assert (found.version.total_picks, found.version.is_complete) == (0, True)

    def test_is_the_same_for_a_retry(self) -> None:
        """M-6."""
        assert made(*disordered(night(), 1)) == made(*night())


class TestPicks:
    def test_row(self) -> None:
        """§1.3, M-7, G-9: confidence in percent, composite 10 x edge + half of it."""
        (row,) = (one for one in made(*night()).picks if one.subset_id == "top_pick")
        assert row._asdict() == {
            "game_date": TODAY,
            "subset_id": "top_pick",
            "player_lookup": "a",
            "system_id": CHAMPION,
            "prediction_id": f"{CHAMPION} 2026-02-10 a",
            "game_id": "20260210_BOS_LAL",
            "rank_in_subset": 1,
            "version_id": "v_20260210_120000_000007",
            "computed_at": instant("2026-02-10T12:00:00Z") + 7,
            "trigger_source": "scheduler",
            "batch_id": "run-1",
            "player_name": "Álex A",
            "team": "LAL",
            "opponent": "BOS",
            "predicted_points": 30.2,
            "current_points_line": 22.5,
            "recommendation": "OVER",
            "confidence_score": 92.0,
            "edge": 7.7,
            "composite_score": 123.0,
            "feature_quality_score": 90.0,
            "default_feature_count": 0,
            "line_source": "ACTUAL_PROP",
            "prediction_run_mode": "OVERNIGHT",
            "prediction_made_before_game": True,
            "quality_alert_level": "green",
            "subset_name": "Top Pick",
            "min_edge": 5.0,
            "min_confidence": None,
            "top_n": 1,
            "daily_signal": "GREEN",
            "pct_over": 36.0,
            "total_predictions_available": 5,
            "prediction_created_at": instant("2026-02-10T15:00:01.250000Z"),
        }

    def test_ranks(self) -> None:
        ranked = [(row.player_lookup, row.rank_in_subset) for row in made(*night()).picks if row.subset_id == "top_3"]
        assert ranked == [("a", 1), ("b", 2), ("d", 3)]

    def test_are_unique_by_subset_model_and_player(self) -> None:
        """M-1, G-12: even when context, box score, features and forecasts are doubled."""
        found = made(*night(), *night(), *(row._replace(game_date=TODAY) for row in results()))
        keys = [(row.subset_id, row.system_id, row.player_lookup) for row in found.picks]
        assert len(keys) == len(set(keys)) == 26

    def test_count_the_forecasts_of_their_own_model(self) -> None:
        found = made(*night(), *forecasts(TODAY, AURORA, "abc"))
        by_system = {row.system_id: row.total_predictions_available for row in found.picks}
        assert by_system == {CHAMPION: 5, AURORA: 3}

    def test_take_the_conditions_of_the_champion(self) -> None:
        found = made(*night(), signal(TODAY, "RED", system_id=AURORA, pct_over=10.0), *forecasts(TODAY, AURORA))
        assert {(row.daily_signal, row.pct_over) for row in found.picks} == {("GREEN", 36.0)}

    def test_of_unnamed_subsets_are_frozen_without_a_public_name(self) -> None:
        """They are graded inside, and named nowhere (G-8)."""
        found = made(definition("value_plays", 3, min_confidence=0.5), *schedule(), *forecasts(TODAY))
        assert {row.subset_name for row in found.picks} == {None}
        assert {row.min_confidence for row in found.picks} == {50.0}


class TestNothingIsFrozen:
    def test_without_definitions(self) -> None:
        """§1.4."""
        assert version(*schedule(), *forecasts(TODAY)) is None

    def test_without_games(self) -> None:
        assert version(*definitions(), *forecasts(TODAY)) is None

    def test_once_the_first_game_has_begun(self) -> None:
        """G-4: by the clock, by a status, or because the date is past."""
        tip = "2026-02-11T00:30:00+00:00"
        assert version(*night(), at="2026-02-11T00:29:59.999999+00:00") is not None
        assert version(*night(), at=tip) is None
        early = schedule_row(game_date=TODAY, home_team_tricode="CHI", game_date_est="2026-02-10T17:00Z")
        assert version(*night(), early, at="2026-02-10T17:00:00+00:00") is None
        begun = schedule_row(game_date=TODAY, home_team_tricode="CHI", game_status=2, game_date_est=None)
        assert version(*night(), begun) is None
        unknown = schedule_row(game_date=PLAYED, game_date_est=None)
        assert version(*definitions(), unknown, *forecasts(PLAYED), day=PLAYED) is None
