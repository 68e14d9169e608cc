from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from exporters.config.leagues import NBA
from exporters.league.players.box_scores import BoxScores
from exporters.league.subsets.frozen_picks import PlayerPicks, Version, locked_version, versions_by_date
from tests.support.disorder import disordered
from tests.support.rows import CHAMPION, PLAYER, Row, game_row, instant, subset_pick_row, subset_version_row

DAY = date(2025, 1, 15)
EARLY, LATE = "v_20250115_120000", "v_20250115_150000"


def player_picks(*rows: Row, games: tuple[Row, ...] = ()) -> PlayerPicks:
    return PlayerPicks(PLAYER, rows, BoxScores(games, NBA.calendar), CHAMPION)


def version(name: str, at: str, **values: Any) -> Row:
    return subset_version_row(version_id=name, computed_at=at, **values)


class TestPlayerPicks:
    def test_one_row_per_version_model_and_subset(self) -> None:
        """M-1, P-8: null means the champion."""
        rows = [subset_pick_row(), subset_pick_row(), subset_pick_row(system_id=None), subset_pick_row(subset_id="b")]
        found = player_picks(*rows).picks(DAY, DAY)
        assert [(pick["system_id"], pick["subset_id"]) for pick in found] == [(CHAMPION, "b"), (CHAMPION, "high_edge")]

    def test_results_by_version(self) -> None:
        rows = [
            subset_pick_row(subset_id="a"),
            subset_pick_row(subset_id="b", recommendation="UNDER"),
            subset_pick_row(subset_id="a", version_id=LATE, computed_at="2025-01-15T15:00Z"),
        ]
        found = player_picks(*rows, games=(game_row(game_date=DAY, points=30),)).results(DAY, date(2025, 1, 16))
        assert found == [
            ["2025-01-15", EARLY, instant("2025-01-15T12:00:00Z"), [["a", "hit"], ["b", "miss"]]],
            ["2025-01-15", LATE, instant("2025-01-15T15:00:00Z"), [["a", "hit"]]],
        ]

    def test_results_end_before_the_date(self) -> None:
        rows = [subset_pick_row(game_date=day) for day in ("2025-01-13", "2025-01-14", "2025-01-15")]
        found = player_picks(*rows).results(date(2025, 1, 14), DAY)
        assert [result[0] for result in found] == ["2025-01-14"]
        found_picks = player_picks(*rows).picks(date(2025, 1, 14), DAY)
        assert [pick["game_date"] for pick in found_picks] == ["2025-01-14", "2025-01-15"]

    @pytest.mark.parametrize(
        ("values", "result"),
        [
            ({"points": 23}, "hit"),
            ({"points": 22}, "miss"),
            ({"points": 0}, "miss"),
            ({"points": 0, "minutes_played": 0}, None),
            ({"points": 30, "is_dnp": True}, None),
            ({"points": None}, None),
        ],
    )
    def test_grades_by_the_box_score(self, values: dict[str, Any], result: str | None) -> None:
        """G-5, V20."""
        (pick,) = player_picks(subset_pick_row(), games=(game_row(game_date=DAY, **values),)).picks(DAY, DAY)
        assert pick["result"] == result
        assert (pick["actual"] is None) == (result is None)

    def test_a_push(self) -> None:
        row = subset_pick_row(current_points_line=22.0)
        (pick,) = player_picks(row, games=(game_row(game_date=DAY, points=22),)).picks(DAY, DAY)
        assert (pick["actual"], pick["result"]) == (22, "push")

    def test_unreadable_rows_are_no_picks(self) -> None:
        rows = [
            subset_pick_row(predicted_points=None),
            subset_pick_row(current_points_line=None),
            subset_pick_row(recommendation=None),
        ]
        assert player_picks(*rows).picks(DAY, DAY) == []
        assert player_picks(*rows).results(DAY, date(2025, 1, 16)) == []

    def test_an_edge_that_was_not_stored(self) -> None:
        (pick,) = player_picks(subset_pick_row(edge=None, predicted_points=20.2, current_points_line=22.5)).picks(
            DAY, DAY
        )
        assert pick["edge"] == 2.3


class TestVersionsByDate:
    def test_complete_ones_in_order(self) -> None:
        """M-6."""
        rows = [
            version(LATE, "2025-01-15T15:00Z"),
            version(EARLY, "2025-01-15T12:00Z"),
            version("v_20250115_160000", "2025-01-15T16:00Z", is_complete=False),
        ]
        found = versions_by_date(disordered(rows, 3), [])
        assert [one.version_id for one in found[DAY]] == [EARLY, LATE]

    def test_picks_decide_for_dates_without_a_row_in_the_table(self) -> None:
        seen = [(DAY, "v_9", 9), (date(2025, 1, 14), "v_1", 1), (date(2025, 1, 14), "v_1", 2)]
        found = versions_by_date([version(EARLY, "2025-01-15T12:00Z")], seen)
        assert [one.version_id for one in found[DAY]] == [EARLY]
        assert found[date(2025, 1, 14)] == [Version("v_1", 2)]

    def test_a_date_with_incomplete_versions_only_has_none(self) -> None:
        row = version(EARLY, "2025-01-15T12:00Z", is_complete=False)
        assert versions_by_date([row], [(DAY, EARLY, 1)]) == {DAY: []}


class TestLockedVersion:
    """G-4."""

    TIP = instant("2025-01-16T00:30:00Z")
    BEFORE = Version(EARLY, instant("2025-01-15T12:00:00Z"))
    NEWER = Version(LATE, instant("2025-01-15T15:00:00Z"))
    AFTER = Version("v_20250116_050000", instant("2025-01-16T05:00:00Z"))

    def test_the_greatest_before_the_first_tip_off(self) -> None:
        assert locked_version([self.BEFORE, self.NEWER, self.AFTER], self.TIP) == LATE

    def test_at_the_tip_off_is_too_late(self) -> None:
        at_tip = Version("v_20250116_003000", self.TIP)
        assert locked_version([self.BEFORE, at_tip], self.TIP) == EARLY

    def test_the_greatest_when_all_are_late_or_no_tip_off_is_known(self) -> None:
        assert locked_version([self.AFTER], self.TIP) == self.AFTER.version_id
        assert locked_version([self.BEFORE, self.AFTER], None) == self.AFTER.version_id

    def test_none_without_versions(self) -> None:
        assert locked_version([], None) is None
