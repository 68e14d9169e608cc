"""Ticks of a live evening that export ``live`` and ``live-grading`` together: one poll, one truth, and never back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import orjson
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from pipeline.execution.in_process import run_in_process
from pipeline.planning.graph import build
from tests.end_to_end.test_live_evening import (
    ANN,
    AT_THE_END,
    BEFORE,
    BOB,
    CEM,
    DAY,
    FINAL,
    HASTY,
    OUTAGES,
    game,
    late_game,
    tables,
)
from tests.support.live_feed import FeedServer, boxes, game_box, status
from tests.support.matchers import assert_mirrors, contents, json_of, manifest_of
from tests.support.plans import plan_of
from tests.support.rows import game_row, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.live_feed.http import HttpLiveFeed
from transforms.live_feed.warehouse import LiveWarehouse

DATED, LATEST, GRADED = "live/2025-01-15.json", "live/latest.json", "live-grading/2025-01-15.json"
HALF = [game(12, 9, status="2nd Qtr", period=2, clock="Half", score=(50, 41)), BEFORE[1]]


class Ticks:
    """Runs of both live types against one store and one feed, a minute apart."""

    def __init__(self, server: FeedServer) -> None:
        self.server = server
        self.store = MemoryStore()
        self._minute = 0

    def plan(self) -> Any:
        self._minute += 1
        return plan_of("live", "live-grading", first=DAY, generated_at=f"2025-01-16T02:{self._minute:02d}:00Z")

    def warehouse(self, **changes: Any) -> LiveWarehouse:
        return LiveWarehouse(MemoryWarehouse(tables(**changes)), HttpLiveFeed(self.server.url, patience=HASTY))

    def run(self, *answers: Any, **changes: Any) -> dict[str, Any]:
        """Run at the next minute and return the section of ``live``."""
        if answers:
            self.server.answers(*answers)
        run_in_process(self.plan(), self.warehouse(**changes), self.store)
        found: dict[str, Any] = manifest_of(self.store, DAY)["exports"]["live"]
        return found

    def games(self) -> dict[str, tuple[str, int, str]]:
        """Return state, period and source of each game by its home team."""
        return {
            shown["home_team"]: (shown["status"], shown["period"], shown["score_source"])
            for shown in json_of(self.store, DATED)["games"]
        }

    def points(self) -> dict[str, int]:
        players = [player for shown in json_of(self.store, DATED)["games"] for player in shown["players"]]
        return {player["player_lookup"]: player["points"] for player in players}

    def assert_agree(self) -> None:
        """Assert that both documents show the same points, and the same number of games in each state."""
        shown, graded = json_of(self.store, DATED), json_of(self.store, GRADED)
        points = self.points()
        for row in graded["predictions"]:
            if row["actual"] is not None:
                assert points[row["player_lookup"]] == row["actual"], row["player_lookup"]
        for count in ("games_in_progress", "games_final"):
            assert shown[count] == graded["summary"][count]


@pytest.fixture
def ticks() -> Iterator[Ticks]:
    with FeedServer(boxes(BEFORE)) as server:
        yield Ticks(server)


def played(**points: int) -> list[Any]:
    """Return box scores, of five players of each team."""
    teams = {ANN: ("LAL", "BOS"), BOB: ("BOS", "LAL"), CEM: ("DEN", "UTA"), "dan": ("UTA", "DEN")}
    bench = {f"{team.lower()}{at}": (team, other) for team, other in teams.values() for at in range(4)}
    return [
        game_row(player_lookup=who, game_date=DAY, team_abbr=team, opponent_team_abbr=other, points=points.get(who, 0))
        for who, (team, other) in {**teams, **bench}.items()
    ]


FINALS = [
    schedule_row(game_status=3, home_team_score=26, away_team_score=21),
    schedule_row(
        away_team_tricode="UTA", home_team_tricode="DEN", game_status=3, home_team_score=24, away_team_score=30
    ),
]


def test_one_poll_of_the_feed_serves_both_types(ticks: Ticks) -> None:
    ticks.run(boxes(HALF))
    assert ticks.server.paths == ["/v1/box_scores/live"]
    assert ticks.points() == {ANN: 12, BOB: 9}
    ticks.assert_agree()


def test_an_evening(ticks: Ticks) -> None:
    assert ticks.run()["written"] == 1
    assert ticks.games() == {"LAL": ("scheduled", 0, "schedule"), "DEN": ("scheduled", 0, "schedule")}
    assert_mirrors(ticks.store, LATEST, DATED)
    ticks.run(boxes(HALF))
    assert ticks.games()["LAL"] == ("in_progress", 2, "live_feed")
    ticks.run(boxes(AT_THE_END))
    ticks.assert_agree()
    assert ticks.games() == {"DEN": ("in_progress", 4, "live_feed"), "LAL": ("final", 4, "live_feed")}
    tomorrow = game_box("2025-01-16", ("LAL", []), ("BOS", []), status="7:30 pm ET", period=0, clock=None)
    assert ticks.run(boxes([tomorrow]))["unchanged"] == 1, "the feed has rolled over"
    assert ticks.run(schedule=FINALS)["written"] == 1
    assert ticks.games() == {"LAL": ("final", 4, "schedule"), "DEN": ("final", 4, "schedule")}
    assert ticks.points() == {ANN: 25, BOB: 19, CEM: 24}, "players stay until box scores are there"
    found = played(**{ANN: 26, BOB: 21, CEM: 24, "dan": 30})
    ticks.run(schedule=FINALS, games=found)
    ticks.assert_agree()
    assert ticks.games() == {"LAL": ("final", 4, "box_score"), "DEN": ("final", 4, "box_score")}
    stored = ticks.store.stat(DATED)
    assert stored is not None
    assert stored.cache_control == "public, max-age=3600"
    assert_mirrors(ticks.store, LATEST, DATED)


@pytest.mark.parametrize("outage", OUTAGES)
def test_e3_2_a_failed_poll_writes_nothing(ticks: Ticks, outage: Any) -> None:
    ticks.run(boxes(HALF))
    before = contents(ticks.store, "live/")
    assert before.keys() == {DATED, LATEST}
    assert ticks.run(outage)["state"] == "degraded"
    assert contents(ticks.store, "live/") == before


def test_e3_2_a_failed_poll_before_anything_was_published_publishes_nothing(ticks: Ticks) -> None:
    assert ticks.run(status(500))["state"] == "degraded"
    assert contents(ticks.store, "live/") == {}


def test_e3_2_an_empty_answer_never_replaces_scores(ticks: Ticks) -> None:
    ticks.run(boxes(HALF))
    before = contents(ticks.store, "live/")
    assert ticks.run(boxes([]))["unchanged"] == 1
    assert contents(ticks.store, "live/") == before


def test_e3_2_a_schedule_without_games_never_replaces_scores(ticks: Ticks) -> None:
    ticks.run(boxes(HALF))
    before = contents(ticks.store, "live/")
    ticks.run(boxes([]), schedule=[schedule_row(game_date=DAY.replace(day=14))])
    assert contents(ticks.store, "live/") == before


def test_a_game_that_is_dropped_stays_although_others_bring_more(ticks: Ticks) -> None:
    """One game ends in the poll in which the feed drops another: there are as many outcomes as before."""
    early = game(12, 9, status="2nd Qtr", period=2, clock="Half")
    ticks.run(boxes([early, late_game(3, status="1st Qtr", period=1)]))
    ticks.run(boxes([late_game(24, **FINAL)]))
    assert ticks.games()["LAL"] == ("in_progress", 2, "live_feed")
    assert ticks.points() == {ANN: 12, BOB: 9, CEM: 24}


def test_a_settled_forecast_stays_although_others_bring_more(ticks: Ticks) -> None:
    ticks.run(boxes([game(25, 19, **FINAL), BEFORE[1]]))
    more = [late_game(24, **FINAL), game(25, None, "0:00", **FINAL)]
    more[1]["visitor_team"]["players"] = []
    ticks.run(boxes(more))
    rows = {row["player_lookup"]: row["status"] for row in json_of(ticks.store, GRADED)["predictions"]}
    assert rows == {ANN: "correct", BOB: "correct", CEM: "incorrect"}


def test_e3_9_a_malformed_box_is_skipped_and_counted_and_its_game_stays(ticks: Ticks) -> None:
    ticks.run(boxes(HALF))
    broken = {**HALF[0], "home_team": None}
    section = ticks.run(boxes([broken, late_game(24, **FINAL)]))
    assert section["state"] == "ready"
    assert ticks.games() == {"LAL": ("in_progress", 2, "live_feed"), "DEN": ("final", 4, "live_feed")}
    assert ticks.points() == {ANN: 12, BOB: 9, CEM: 24}
    manifest = manifest_of(ticks.store, DAY)
    assert manifest["skipped_rows_total"] == 1
    [skipped] = manifest["skipped_rows"]
    assert "home_team is in a box that is left out: data[0].home_team is missing" in skipped["problem"]
    assert manifest["status"] == "partial"


def test_e3_13_the_bytes_stay_while_nothing_but_the_time_changes(ticks: Ticks) -> None:
    ticks.run(boxes(HALF))
    before, first = contents(ticks.store, "live/"), manifest_of(ticks.store, DAY)
    assert orjson.loads(before[DATED])["poll_id"] == "20250116T020100Z"
    assert ticks.run()["unchanged"] == 1
    assert contents(ticks.store, "live/") == before
    second = manifest_of(ticks.store, DAY)
    assert second["run"]["generated_at"] > first["run"]["generated_at"], "the tick is recorded"
    ticks.run(boxes([game(13, 9, status="3rd Qtr", period=3), BEFORE[1]]))
    shown = json_of(ticks.store, DATED)
    assert (shown["poll_id"], shown["updated_at"]) == ("20250116T020300Z", "2025-01-16T02:03:00+00:00")


def test_the_graph_publishes_the_same_from_one_poll(ticks: Ticks) -> None:
    ticks.run(boxes(AT_THE_END))
    store, plan = MemoryStore(), plan_of("live", "live-grading", first=DAY, generated_at="2025-01-16T02:01:00Z")
    ticks.server.paths.clear()
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        build(pipeline, plan, ticks.warehouse(), store)
    assert contents(store, "live/") == contents(ticks.store, "live/")
    assert ticks.server.paths == ["/v1/box_scores/live"]
