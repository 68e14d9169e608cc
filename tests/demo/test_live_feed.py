from __future__ import annotations

import json
from pathlib import Path

import pytest

from demo.live_feed import GAME_MINUTES, live_feed, main
from exporters.league.games.schedule import FINAL, SCHEDULED
from exporters.league.nights.live_scores import state_of
from pipeline.execution.in_process import run_in_process
from tests.support.matchers import json_of
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League
from transforms.live_feed.warehouse import FileLiveFeed, LiveWarehouse, parse_boxes

LONG_AFTER = 12 * 60


def test_it_has_the_shape_of_the_feed(league: League) -> None:
    rows = parse_boxes(live_feed(league.root, 60), league.today).rows
    assert {row.game_date for row in rows} == {league.today}
    assert {row.team for row in rows} == {team for row in rows for team in (row.home_team, row.visitor_team)}
    assert sum(row.feed_player_id is not None for row in rows) > 20
    for row in rows:
        score = row.home_score if row.team == row.home_team else row.visitor_score
        assert score == sum(other.points or 0 for other in rows if other.team == row.team)
        made = (row.fg_made or 0) + (row.fg3_made or 0) + (row.fg_made or 0) + (row.ft_made or 0)
        assert row.points in (made, None), "shots make the points"


def test_the_evening_goes_on(league: League) -> None:
    before, after = (parse_boxes(live_feed(league.root, minutes), league.today).rows for minutes in (0, LONG_AFTER))
    assert {state_of(row) for row in before} == {SCHEDULED}
    assert {state_of(row) for row in after} == {FINAL}
    points: dict[int, int] = {}
    for minutes in range(1, GAME_MINUTES, 20):
        for row in parse_boxes(live_feed(league.root, minutes), league.today).rows:
            if row.feed_player_id is not None:
                assert (row.points or 0) >= points.get(row.feed_player_id, 0)
                points[row.feed_player_id] = row.points or 0
    assert max(points.values()) > 10


@pytest.mark.parametrize(("minutes", "graded"), [(0, False), (LONG_AFTER, True)])
def test_the_demo_is_graded_from_it(league: League, tmp_path: Path, minutes: int, graded: bool) -> None:
    path = tmp_path / "live-feed.json"
    assert main([f"--warehouse={league.root}", f"--output={path}", f"--minutes={minutes}"]) == 0
    store = MemoryStore()
    plan = plan_of("live", "live-grading", first=league.today)
    run_in_process(plan, LiveWarehouse(league.warehouse.warehouse, FileLiveFeed(str(path))), store)
    summary = json_of(store, f"live-grading/{league.today}.json")["summary"]
    assert summary["total_predictions"] > 20
    assert (summary["graded"] > 20) is graded
    assert json.loads(path.read_text())["data"]
    shown = json_of(store, f"live/{league.today}.json")
    assert shown["games_final"] == (shown["total_games"] if graded else 0)
    assert (sum(game["player_count"] for game in shown["games"]) > 20) is graded
