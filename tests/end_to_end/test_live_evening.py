"""An evening of the live feed, replayed to ordinary runs of ``live-grading``: what is published, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.runners.portability.fn_api_runner import FnApiRunner

from exporters.warehouse.tables import CONTEXT, FEED_PLAYERS, GAMES, PREDICTIONS, REGISTRY, SCHEDULE
from pipeline.execution.in_process import run_in_process
from pipeline.planning.graph import build
from pipeline.reporting.report import summarize
from tests.support.live_feed import (
    FeedServer,
    boxes,
    cut_off,
    game_box,
    garbage,
    hang,
    other_shape,
    player_line,
    reset,
    status,
)
from tests.support.matchers import assert_mirrors, contents, json_of, manifest_of
from tests.support.plans import plan_of
from tests.support.rows import context_row, feed_player_row, game_row, prediction_row, registry_row, schedule_row
from tests.support.stores import MemoryStore
from tests.support.warehouses import MemoryWarehouse
from transforms.live_feed.http import FeedPatience, HttpLiveFeed
from transforms.live_feed.warehouse import LiveWarehouse

DAY = date(2025, 1, 15)
LATER = date(2025, 1, 16)
DATED, LATEST = "live-grading/2025-01-15.json", "live-grading/latest.json"
HASTY = FeedPatience(timeout=0.2, budget=0.2, tries=1, failures=1000)
OUTAGES = [status(500), status(429, Retry_After="30"), garbage, other_shape, cut_off, reset, hang]

ANN, BOB, CEM = "anndavis", "bobeliot", "cemfoks"


def line(player: str, points: int | None, minutes: str | None = "30:00") -> dict[str, Any]:
    names = {ANN: (1, "Ann Davis"), BOB: (2, "Bob Eliot"), CEM: (99, "Çem Fokś")}
    return player_line(*names[player], points, minutes)


def game(ann: int | None, bob: int | None, minutes: str | None = "30:00", **state: Any) -> dict[str, Any]:
    """Return the box of the early game: Ann at home, Bob visiting."""
    return game_box("2025-01-15", ("LAL", [line(ANN, ann, minutes)]), ("BOS", [line(BOB, bob, minutes)]), **state)


def late_game(cem: int | None, minutes: str | None = "20:00", **state: Any) -> dict[str, Any]:
    return game_box("2025-01-15", ("DEN", [line(CEM, cem, minutes)]), ("UTA", []), **state)


TO_PLAY: dict[str, Any] = {"status": "7:30 pm ET", "period": 0, "clock": None}
FINAL: dict[str, Any] = {"status": "Final", "period": 4, "clock": "Final"}
BEFORE = [game(None, None, None, **TO_PLAY), late_game(None, None, **TO_PLAY)]
AT_THE_END = [game(25, 19, **FINAL), late_game(24, status="4th Qtr", period=4, clock="Q4 0:30")]


def forecasts() -> list[Any]:
    said = {ANN: ("OVER", 26.0, 22.5), BOB: ("UNDER", 18.0, 20.5), CEM: ("OVER", 27.0, 24.5)}
    return [
        prediction_row(
            player_lookup=player,
            recommendation=side,
            predicted_points=points,
            current_points_line=betting_line,
            game_id="20250115_UTA_DEN" if player == CEM else "20250115_BOS_LAL",
        )
        for player, (side, points, betting_line) in said.items()
    ]


def tables(**changes: Any) -> dict[Any, Any]:
    return {
        SCHEDULE: changes.get(
            "schedule",
            [
                schedule_row(game_status=changes.get("game_status", 1)),
                schedule_row(
                    away_team_tricode="UTA", home_team_tricode="DEN", game_status=changes.get("game_status", 1)
                ),
            ],
        ),
        PREDICTIONS: changes.get("predictions", forecasts()),
        REGISTRY: [registry_row(player_lookup=ANN, player_name="Ann Davis")],
        CONTEXT: [context_row(player_lookup=ANN), context_row(player_lookup=BOB, team_abbr="BOS", home_game=False)],
        FEED_PLAYERS: [feed_player_row(player_lookup=who, bdl_player_id=i) for i, who in ((1, ANN), (2, BOB))],
        GAMES: changes.get("games", []),
    }


class Evening:
    """Ordinary runs against one store and one feed."""

    def __init__(self, server: FeedServer) -> None:
        self.server = server
        self.store = MemoryStore()
        self._minute = 0

    def run(self, *answers: Any, day: date = DAY, breaks: Any = None, **changes: Any) -> dict[str, Any]:
        """Run at the next minute of the evening and return the section of the manifest."""
        if answers:
            self.server.answers(*answers)
        warehouse = LiveWarehouse(
            MemoryWarehouse(tables(**changes), breaks=breaks), HttpLiveFeed(self.server.url, patience=HASTY)
        )
        self.last = self.plan(day, **changes.get("request", {}))
        run_in_process(self.last, warehouse, self.store)
        found: dict[str, Any] = manifest_of(self.store, day)["exports"]["live-grading"]
        return found

    def plan(self, day: date = DAY, **request: Any) -> Any:
        self._minute += 1
        values = {"generated_at": f"2025-01-16T02:{self._minute:02d}:00Z", **request}
        return plan_of("live-grading", first=day, **values)

    def status(self) -> str:
        return str(manifest_of(self.store, DAY)["status"])

    def shown(self) -> dict[str, tuple[int | None, str]]:
        """Return points and status by player."""
        rows = json_of(self.store, DATED)["predictions"]
        return {row["player_lookup"]: (row["actual"], row["status"]) for row in rows}

    def counts(self, *names: str) -> tuple[Any, ...]:
        summary = json_of(self.store, DATED)["summary"]
        return tuple(summary[name] for name in names)


@pytest.fixture
def evening() -> Iterator[Evening]:
    with FeedServer(boxes(BEFORE)) as server:
        yield Evening(server)


def test_an_evening(evening: Evening) -> None:
    assert evening.run()["written"] == 1, "before tip-off"
    assert evening.shown() == {ANN: (None, "pending"), BOB: (None, "pending"), CEM: (None, "pending")}
    assert_mirrors(evening.store, LATEST, DATED)

    assert evening.run()["unchanged"] == 1, "nothing happened"

    evening.run(boxes([game(0, 2, "1:00", clock="Q1 11:00"), BEFORE[1]]))
    assert evening.shown() == {ANN: (0, "in_progress"), BOB: (2, "in_progress"), CEM: (None, "pending")}

    evening.run(boxes([game(12, 9, "18:00", status="2nd Qtr", period=2, clock="Half"), BEFORE[1]]))
    assert evening.shown() == {ANN: (12, "trending_correct"), BOB: (9, "trending_correct"), CEM: (None, "pending")}

    overtime = game(23, 21, "40:00", status="OT", period=5, clock="OT 2:30")
    evening.run(boxes([overtime, late_game(6, status="1st Qtr", period=2, clock="Q2 12:00")]))
    assert evening.shown() == {ANN: (23, "correct"), BOB: (21, "incorrect"), CEM: (6, "in_progress")}
    assert evening.counts("graded", "games_in_progress", "games_final") == (0, 2, 0)

    evening.run(boxes(AT_THE_END))
    assert evening.shown() == {ANN: (25, "correct"), BOB: (19, "correct"), CEM: (24, "in_progress")}
    assert evening.counts("graded", "games_in_progress", "games_final", "avg_error") == (2, 1, 1, 1.0)

    before = contents(evening.store, "live-grading/")
    assert evening.run(status(503))["state"] == "degraded", "an outage"
    assert contents(evening.store, "live-grading/") == before

    over = [game(25, 21, **FINAL), late_game(24, **FINAL)]
    assert evening.run(boxes(over))["written"] == 1, "a stat correction"
    assert evening.shown() == {ANN: (25, "correct"), BOB: (21, "incorrect"), CEM: (24, "incorrect")}

    tomorrow = game_box("2025-01-16", ("LAL", []), ("BOS", []), **TO_PLAY)
    assert evening.run(boxes([tomorrow]))["unchanged"] == 1, "the feed has rolled over"
    assert evening.shown() == {ANN: (25, "correct"), BOB: (21, "incorrect"), CEM: (24, "incorrect")}
    assert_mirrors(evening.store, LATEST, DATED)

    played = [
        game_row(player_lookup=ANN, game_date=DAY, opponent_team_abbr="BOS", points=26),
        game_row(player_lookup=BOB, game_date=DAY, team_abbr="BOS", opponent_team_abbr="LAL", points=21),
        game_row(player_lookup=CEM, game_date=DAY, team_abbr="DEN", opponent_team_abbr="UTA", points=24),
    ]
    assert evening.run(games=played, game_status=3)["written"] == 1, "the box scores have come"
    assert evening.shown()[ANN] == (26, "correct")
    stored = evening.store.stat(DATED)
    assert stored is not None
    assert stored.cache_control == "public, max-age=3600"
    assert evening.run(games=played, game_status=3)["unchanged"] == 1


@pytest.mark.parametrize("outage", OUTAGES)
def test_l7_an_outage_keeps_what_is_published_and_the_run_is_degraded(evening: Evening, outage: Any) -> None:
    evening.run(boxes(AT_THE_END))
    before = contents(evening.store, "live-grading/")
    section = evening.run(outage)
    assert section["state"] == "degraded"
    assert section["reason"].startswith("live_feed.box_scores cannot be read: ")
    assert section["documents"].keys() == {DATED}
    assert contents(evening.store, "live-grading/") == before
    assert evening.status() == "partial"
    summary = summarize(evening.last, "out", {"2025-01-15": manifest_of(evening.store, DAY)})
    assert (summary.exit_code, summary.exports["live-grading"].withheld) == (1, 1)
    assert summary.missing == [f"2025-01-15 live-grading is degraded: {section['reason']}"]
    evening.run(boxes(AT_THE_END))
    assert evening.status() == "success"


def test_l7_an_outage_before_anything_was_published_publishes_nothing(evening: Evening) -> None:
    assert evening.run(status(500))["state"] == "degraded"
    assert contents(evening.store, "live-grading/") == {}


def test_l7_an_answer_without_games_keeps_what_is_published(evening: Evening) -> None:
    evening.run(boxes([game(12, 9, status="2nd Qtr", period=2, clock="Half")]))
    section = evening.run(boxes([]))
    assert (section["state"], section["kept"]) == ("ready", {"shows more outcomes": 1})
    assert evening.shown()[ANN] == (12, "trending_correct")
    assert evening.run(boxes([]), request={"rewrite": True})["written"] == 1
    assert evening.shown()[ANN] == (None, "pending")


def test_l15_games_that_the_feed_has_dropped_stay_while_others_go_on(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    over = late_game(26, **FINAL)
    assert evening.run(boxes([over]))["written"] == 1
    assert evening.shown() == {ANN: (25, "correct"), BOB: (19, "correct"), CEM: (26, "correct")}
    assert evening.counts("graded", "correct", "win_rate", "avg_error") == (3, 3, 1.0, 1.0)
    assert evening.counts("games_in_progress", "games_final") == (0, 2)
    assert_mirrors(evening.store, LATEST, DATED)
    assert evening.run(boxes([over]))["unchanged"] == 1
    assert evening.run(boxes([over]), game_status=2)["unchanged"] == 1, "the schedule is behind"


def test_l15_a_forecast_that_was_changed_is_graded_anew(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    changed = [row._replace(current_points_line=Decimal("26.5")) for row in forecasts()]
    assert evening.run(boxes([late_game(26, **FINAL)]), predictions=changed)["kept"] == {"shows more outcomes": 1}


def test_a_document_of_another_version_is_kept_while_it_shows_more_outcomes(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    shown = evening.store.stat(DATED)
    assert shown is not None
    for content in (b"{}", b'{"predictions": [{}]}', b"[]", b"<"):
        evening.store.write(DATED, content, cache_control="", metadata=shown.metadata)
        assert evening.run(boxes([]))["kept"] == {"shows more outcomes": 1}
        assert evening.run(boxes([game(26, 19, **FINAL), late_game(26, **FINAL)]), request={"rewrite": True})["written"]


def test_l8_forecasts_that_cannot_be_read_keep_what_is_published(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    before = contents(evening.store, "live-grading/")
    section = evening.run(breaks={PREDICTIONS: "predictions cannot be read: try again"})
    assert (section["state"], section["reason"]) == ("degraded", "predictions cannot be read: try again")
    assert contents(evening.store, "live-grading/") == before


def test_l8_forecasts_that_are_gone_keep_what_is_published(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    section = evening.run(predictions=[])
    assert section["state"] == "withheld"
    assert "live-grading would be emptied (3 -> 0 summary.total_predictions)" in section["reason"]
    assert len(evening.shown()) == 3


def test_l9_the_feed_is_read_for_the_league_day_only(evening: Evening) -> None:
    played = [game_row(player_lookup=ANN, game_date=DAY, opponent_team_abbr="BOS", points=26)]
    request = {"generated_at": "2025-01-17T02:00:00Z"}
    assert evening.run(status(500), games=played, game_status=3, request=request)["written"] == 1
    assert evening.server.paths == []
    assert evening.shown()[ANN] == (26, "correct")


def test_l9_the_past_is_not_graded_backwards(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    request = {"generated_at": "2025-01-17T02:00:00Z"}
    assert evening.run(game_status=3, request=request)["kept"] == {"shows more outcomes": 1}


def test_l13_after_midnight_it_is_still_the_same_evening(evening: Evening) -> None:
    plan = evening.plan(generated_at="2025-01-16T08:59:00Z")
    assert [scan.first for scan in plan.scans if scan.table == "live_feed.box_scores"] == [DAY]
    plan = evening.plan(generated_at="2025-01-16T09:01:00Z")
    assert [scan for scan in plan.scans if scan.table == "live_feed.box_scores"] == []


def test_a_withdrawn_forecast_does_not_block_the_final_document(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    left = [row for row in forecasts() if row.player_lookup == ANN]
    played = [game_row(player_lookup=ANN, game_date=DAY, opponent_team_abbr="BOS", points=26)]
    assert evening.run(predictions=left)["kept"] == {"shows more outcomes": 1}
    assert evening.run(predictions=left, games=played, game_status=3)["written"] == 1
    assert evening.shown() == {ANN: (26, "correct")}


def test_the_graph_publishes_the_same(evening: Evening) -> None:
    evening.run(boxes(AT_THE_END))
    store = MemoryStore()
    plan = evening.plan(generated_at="2025-01-16T02:01:00Z")
    warehouse = LiveWarehouse(MemoryWarehouse(tables()), HttpLiveFeed(evening.server.url, patience=HASTY))
    with beam.Pipeline(runner=FnApiRunner()) as pipeline:
        build(pipeline, plan, warehouse, store)
    assert contents(store, "live-grading/") == contents(evening.store, "live-grading/")
