"""Nights of one game, and warehouses that hold little: every export type is published, from the owner's schema."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from exporters.config import ExportConfig, FunnelRules, PerName
from exporters.registry import exports
from exporters.warehouse.tables import (
    CONTEXT,
    DEFENSE,
    FEED_PLAYERS,
    PREDICTIONS,
    SCHEDULE,
    SHOT_ZONES,
    TABLES,
    WAREHOUSE_TABLES,
)
from pipeline.execution.in_process import run_in_process
from tests.end_to_end.test_real_schema import assert_all_published
from tests.support.live_feed import game_box, player_line
from tests.support.matchers import contents, json_of, manifest_of
from tests.support.plans import plan_of
from tests.support.real_schema import write_real
from tests.support.rows import TONIGHT, Row, by_table
from tests.support.small_night import MISSED, NIGHTS, OPPONENT, PLAYERS, name_of, small_night
from tests.support.stores import MemoryStore
from transforms.live_feed.warehouse import FileLiveFeed, LiveFeed, LiveWarehouse

FUNNEL = FunnelRules(percent=PerName(50, {"zones": 0, "ready": 30, "lined": 0, "published": 80}), through_percent=0)
"""The small nights have no analyses of shots."""
GATES = ExportConfig(min_context_rows=8, min_active_predictions=8, funnel=FUNNEL)
"""Eight players and eight forecasts for each game: what a night of one game has to pass."""
PLAYED = NIGHTS[-1]


@dataclass
class Night:
    """A thin warehouse, and what was published from it.

    Attributes:
        folder: Where it is written.
    """

    folder: Path

    def export(self, rows: list[Row], day: date = TONIGHT, feed: LiveFeed | None = None) -> MemoryStore:
        """Export every type from some rows, and insist on all of them being there."""
        store = self.run(rows, day, feed)
        manifest = manifest_of(store, day)
        assert_all_published(manifest, doubtful=False)
        assert not any(section["failures"] for section in manifest["exports"].values())
        return store

    def run(self, rows: list[Row], day: date = TONIGHT, feed: LiveFeed | None = None) -> MemoryStore:
        """Write rows in the owner's schema, and export every type for a date from there."""
        grouped = by_table(rows)
        tables = {table: grouped.get(table.name, []) for table in WAREHOUSE_TABLES}
        warehouse = write_real(self.folder / f"{day}-{len(rows)}", tables, doubtful=False)
        store = MemoryStore()
        plan = plan_of(*exports(), first=day, config=GATES, generated_at=f"{day}T23:00:00Z")
        run_in_process(plan, LiveWarehouse(warehouse, feed), store)
        return store


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def but(keep: Callable[[Row], bool]) -> list[Row]:
    """Return the rows of the night that a condition keeps."""
    return [row for row in small_night() if keep(row)]


def of(table: Any) -> Callable[[Row], bool]:
    """Return a condition that holds for the rows of a table."""
    return lambda row: isinstance(row, table.row)


def tonights_players(store: MemoryStore) -> list[Any]:
    return [player for game in json_of(store, "tonight/all-players.json")["games"] for player in game["players"]]


class TestOneGame:
    def test_it_is_a_night_of_one_game(self) -> None:
        rows = small_night()
        tonight = [row for row in rows if getattr(row, "game_date", None) == TONIGHT]
        assert len([row for row in tonight if of(CONTEXT)(row)]) == 20
        assert len([row for row in tonight if of(PREDICTIONS)(row)]) == 40
        assert len([row for row in tonight if of(SCHEDULE)(row)]) == 1
        filled = by_table(rows).keys()
        assert {table.name for table in TABLES if not table.live and table.stand_in is None} - filled == {
            "nba_analytics.news_insights",
            "nba_analytics.news_player_links",
            "nba_precompute.player_daily_cache",
            "nba_predictions.current_subset_versions",
            "nba_raw.news_articles_raw",
            "nba_reference.player_aliases",
        }

    def test_every_type_is_published_with_every_player(self, night: Night) -> None:
        store = night.export(small_night())
        players = tonights_players(store)
        assert {player["player_lookup"] for player in players} == PLAYERS.keys()
        assert json_of(store, f"tonight/player/{TONIGHT}/playera.json")["player_lookup"] == "playera"
        predictions = json_of(store, f"predictions/{TONIGHT}.json")
        assert predictions["total_predictions"] == 20
        manifest = manifest_of(store, TONIGHT)
        assert manifest["funnel"]["champion_predictions"] == 20
        assert manifest["exports"]["tonight-players"]["written"] == 20
        for name in ("player-profiles", "player-season", "player-game-report"):
            assert manifest["exports"][name]["written"] == 20, name

    def test_the_night_after_it_was_played(self, night: Night) -> None:
        results = json_of(night.export(small_night(), PLAYED), f"results/{PLAYED}.json")
        assert results["summary"]["total_predictions"] == 20

    def test_a_night_with_too_few_players_is_held_back(self, night: Night) -> None:
        few = [row for row in small_night() if not of(CONTEXT)(row) or row.player_lookup in ("playera", "playerb")]
        sections = manifest_of(night.run(few), TONIGHT)["exports"]
        held = {name: section["reason"] for name, section in sections.items() if section["state"] == "withheld"}
        assert held.keys() >= {"tonight", "tonight-players"}
        assert held["tonight"].startswith(f"2 context rows for {TONIGHT}, at least 8 are needed")


class TestThinTables:
    def test_box_scores_without_players_who_did_not_play(self, night: Night) -> None:
        """A player who missed a game has no row of it then, and the averages are those of the games played."""
        path, rows = "players/playera/season/2024-25.json", but(lambda row: not getattr(row, "is_dnp", False))
        whole, store = json_of(night.export(small_night()), path), json_of(night.export(rows), path)
        assert store["averages"] == whole["averages"]
        assert len(store["game_log"]) == len(whole["game_log"]) - 1
        results = json_of(night.export(rows, MISSED), f"results/{MISSED}.json")
        assert results["summary"]["total_predictions"] == 13

    @pytest.mark.parametrize("first", [*NIGHTS[1:], TONIGHT])
    def test_a_record_that_begins_in_the_middle_of_a_season(self, night: Night, first: date) -> None:
        store = night.export(but(lambda row: getattr(row, "game_date", TONIGHT) >= first))
        assert {player["player_lookup"] for player in tonights_players(store)} == PLAYERS.keys()
        season = json_of(store, "subsets/season.json")
        assert all(day["date"] >= first.isoformat() for group in season["model_groups"] for day in group["dates"])

    @pytest.mark.parametrize("teams", [("BOS",), ("LAL", "BOS")], ids=str)
    def test_teams_without_an_analysis(self, night: Night, teams: tuple[str, ...]) -> None:
        store = night.export(but(lambda row: not of(DEFENSE)(row) or row.team_abbr not in teams))
        for player, team in PLAYERS.items():
            report = json_of(store, f"players/{player}/game-report/{TONIGHT}.json")
            known = OPPONENT[team] not in teams
            assert (report["opponent_context"]["opp_def_rating"] is not None) == known, player

    def test_no_zone_data_at_all(self, night: Night) -> None:
        store = night.export(but(lambda row: not (of(DEFENSE)(row) or of(SHOT_ZONES)(row))))
        assert {player["player_lookup"] for player in tonights_players(store)} == PLAYERS.keys()

    def test_tip_offs_that_are_null(self, night: Night) -> None:
        rows = [row._replace(game_date_est=None) if of(SCHEDULE)(row) else row for row in small_night()]
        store = night.export(rows)
        (game,) = json_of(store, "tonight/all-players.json")["games"]
        assert game["game_time"] is None
        assert len(game["players"]) == 20
        # The version that counts is the newest, since it is not known which was there before the game.
        season = json_of(store, "subsets/season.json")
        assert {day["date"] for group in season["model_groups"] for day in group["dates"]} >= {str(PLAYED)}

    def test_no_ids_of_the_live_feed(self, night: Night, tmp_path: Path) -> None:
        """The vendor of the ids was given up: players of the feed go by their names."""
        lines: dict[str, list[Any]] = {team: [] for team in OPPONENT}
        for number, (player, team) in enumerate(PLAYERS.items()):
            lines[team].append(player_line(900 + number, name_of(player), 11))
        file = tmp_path / "feed.json"
        file.write_bytes(orjson.dumps({"data": [game_box(str(TONIGHT), ("LAL", lines["LAL"]), ("BOS", lines["BOS"]))]}))
        store = night.export(but(lambda row: not of(FEED_PLAYERS)(row)), feed=FileLiveFeed(str(file)))
        graded = json_of(store, f"live-grading/{TONIGHT}.json")
        assert {row["player_lookup"] for row in graded["predictions"] if row["actual"] == 11} == PLAYERS.keys()

    def test_everything_thin_at_once(self, night: Night) -> None:
        def keep(row: Row) -> bool:
            old = getattr(row, "game_date", TONIGHT) < PLAYED
            return not (old or getattr(row, "is_dnp", False) or any(of(table)(row) for table in (DEFENSE, SHOT_ZONES)))

        rows = [row._replace(game_date_est=None) if of(SCHEDULE)(row) else row for row in but(keep)]
        for day in (PLAYED, TONIGHT):
            assert contents(night.export(rows, day))
