from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import orjson

from exporters.config.leagues import NBA
from exporters.declaration import Json, Window
from exporters.registry import PLAYER_TYPES, exports, groups
from exporters.warehouse.tables import NEWS_ARTICLES, SCHEDULE, SHOT_ZONES, TABLES
from pipeline.execution.in_process import run_in_process
from pipeline.planning.planner import begun, make_plan
from pipeline.requests.request import RequestDefaults, parse_request
from tests.support.plans import EASY, plan_of
from tests.support.rows import (
    CHAMPION,
    LAST_GAME,
    TONIGHT,
    Row,
    accuracy_row,
    by_table,
    context_row,
    game_log,
    game_row,
    news_article_row,
    prediction_row,
    registry_row,
    schedule_row,
)
from tests.support.stores import MemoryStore
from tests.support.warehouses import League, MemoryWarehouse


def days_back(count: int, newest: date = LAST_GAME) -> list[date]:
    return [newest - timedelta(days=2 * i) for i in range(count)]


def grades(count: int, newest: date = LAST_GAME, **values: Any) -> list[Row]:
    """Return graded games, one every other day, newest first."""
    return [accuracy_row(game_date=day, **values) for day in days_back(count, newest)]


def warehouse(*rows: Row, **options: Any) -> MemoryWarehouse:
    grouped = by_table(rows)
    return MemoryWarehouse({table: grouped.get(table.name, []) for table in TABLES}, **options)


def players_plan(min_games: int = 5, **values: Any) -> Any:
    """Return the plan of a request for players on the league day ``TONIGHT``."""
    request = parse_request(
        {"players": True, "min_games": min_games, "generated_at": "2025-01-15T18:00:00Z", **values},
        known_types=tuple(exports()),
        groups=groups(),
        defaults=RequestDefaults(CHAMPION, player_types=tuple(PLAYER_TYPES)),
        now=datetime(2025, 1, 15, 18, tzinfo=timezone.utc),
    )
    return make_plan(request, EASY)


def read(store: MemoryStore, path: str) -> Json:
    found = store.read(path)
    assert found is not None, path
    document: Json = orjson.loads(found[0])
    return document


def published(store: MemoryStore) -> list[str]:
    return sorted(shown.path for shown in store.list("players/"))


class TestRun:
    def test_a_request_for_players_is_as_of_the_league_day(self) -> None:
        plan = players_plan(7)
        assert plan.dates == (TONIGHT,)
        assert plan.config == replace(EASY, min_profile_games=7)
        assert plan.export_types == ("player-index", "player-profiles")

    def test_a_dated_request_leaves_the_configured_threshold_alone(self) -> None:
        config = replace(EASY, min_profile_games=9)
        assert plan_of("player-profiles", first=TONIGHT, config=config).config.min_profile_games == 9

    def test_the_index_lists_exactly_the_published_files(self) -> None:
        rows = [
            *grades(5, player_lookup="ann"),
            *grades(7, player_lookup="bob"),
            *grades(5, player_lookup="carl"),
            *grades(4, player_lookup="dan"),
            registry_row(player_lookup="eve"),
        ]
        store = MemoryStore()
        manifest = run_in_process(players_plan(), warehouse(*rows), store)["2025-01-15"]
        assert manifest["status"] == "success"
        assert published(store) == [f"players/{name}.json" for name in ("ann", "bob", "carl", "index")]
        index = read(store, "players/index.json")
        assert index["total_players"] == 3
        assert [entry["player_lookup"] for entry in index["players"]] == ["bob", "ann", "carl"]
        for entry in index["players"]:
            made = read(store, f"players/{entry['player_lookup']}.json")
            assert entry == {
                "player_lookup": made["player_lookup"],
                "player_full_name": made["player_full_name"],
                "team": made["summary"]["team"],
                "games_predicted": made["summary"]["games_predicted"],
                "recommendations": made["summary"]["total_recommendations"],
                "mae": made["summary"]["mae"],
                "win_rate": made["summary"]["win_rate"],
                "bias": made["summary"]["bias"],
                "within_5_pct": made["summary"]["within_5_pct"],
            }
            assert list(entry)[:4] == ["player_lookup", "player_full_name", "team", "games_predicted"]

    def test_no_players_make_an_empty_index(self) -> None:
        store = MemoryStore()
        run_in_process(players_plan(), warehouse(registry_row()), store)
        assert read(store, "players/index.json") == {
            "generated_at": "2025-01-15T18:00:00+00:00",
            "total_players": 0,
            "players": [],
        }

    def test_a_failed_profile_costs_only_its_player_who_is_not_listed(self) -> None:
        bad = accuracy_row(player_lookup="bob", game_date="2024-12-01")._replace(game_id=None)
        rows = [*grades(5, player_lookup="ann"), *grades(5, player_lookup="bob"), bad]
        store = MemoryStore()
        manifest = run_in_process(players_plan(), warehouse(*rows), store)["2025-01-15"]
        assert manifest["status"] == "partial"
        assert [failure["key"] for failure in manifest["exports"]["player-profiles"]["failures"]] == ["bob"]
        assert published(store) == ["players/ann.json", "players/index.json"]
        assert [entry["player_lookup"] for entry in read(store, "players/index.json")["players"]] == ["ann"]

    def test_an_unreadable_table_publishes_neither_profiles_nor_an_index(self) -> None:
        store = MemoryStore()
        broken = warehouse(*grades(5), news_article_row(), breaks={NEWS_ARTICLES: "gone"})
        manifest = run_in_process(players_plan(), broken, store)["2025-01-15"]
        assert manifest["status"] == "failed"
        assert published(store) == []

    def test_a_day_without_games_is_as_good_as_any(self) -> None:
        store = MemoryStore()
        manifest = run_in_process(players_plan(), warehouse(*grades(5), context_row()), store)["2025-01-15"]
        assert {name: section["state"] for name, section in manifest["exports"].items()} == {
            "player-index": "ready",
            "player-profiles": "ready",
        }
        assert published(store) == ["players/index.json", "players/lebronjames.json"]

    def test_the_file_of_a_player_who_no_longer_qualifies_stays_and_is_reported_as_stale(self) -> None:
        store, rows = MemoryStore(), warehouse(*grades(5, player_lookup="ann"), *grades(9, player_lookup="bob"))
        run_in_process(players_plan(5), rows, store)
        later = begun(players_plan(9), datetime.now(timezone.utc))
        manifest = run_in_process(later, rows, store)["2025-01-15"]
        assert manifest["exports"]["player-profiles"]["stale"] == ["players/ann.json"]
        assert "players/ann.json" in published(store)
        assert [entry["player_lookup"] for entry in read(store, "players/index.json")["players"]] == ["bob"]

    def test_the_name_of_the_index_is_no_player(self) -> None:
        store = MemoryStore()
        manifest = run_in_process(players_plan(), warehouse(*grades(5, player_lookup="index")), store)["2025-01-15"]
        assert read(store, "players/index.json")["total_players"] == 0
        assert "index" in manifest["failures"][0]["error"]

    def test_the_index_is_as_of_the_date_too(self) -> None:
        store = MemoryStore()
        later = grades(9, newest=TONIGHT + timedelta(days=40), player_lookup="bob")
        run_in_process(plan_of("player-index", first=TONIGHT), warehouse(*grades(5), *later), store)
        assert published(store) == ["players/index.json", "players/lebronjames.json"]


TONIGHT_TYPES = ("predictions", "streaks", "tonight", "tonight-players")
PLAYER_DOCUMENTS = ("player-profiles", "player-season", "player-game-report")


def documents(store: MemoryStore) -> dict[str, bytes]:
    found = {}
    for folder in ("tonight/", "predictions/", "streaks/"):
        for shown in store.list(folder):
            content = store.read(shown.path)
            assert content is not None
            found[shown.path] = content[0]
    return found


class TestMoreHistory:
    """What is read for the players' documents changes nothing in others."""

    def together_and_alone(self, tables: MemoryWarehouse, first: date, last: date) -> tuple[Any, Any]:
        alone, company = MemoryStore(), MemoryStore()
        config = replace(EASY, min_streak_length=1)
        run_in_process(plan_of(*TONIGHT_TYPES, first=first, last=last, config=config), tables, alone)
        everything = (*TONIGHT_TYPES, *PLAYER_DOCUMENTS)
        run_in_process(plan_of(*everything, first=first, last=last, config=config), tables, company)
        return documents(alone), documents(company)

    def test_tonight_s_documents_are_equal_with_and_without_profiles(self, league: League) -> None:
        alone, company = self.together_and_alone(league.warehouse, league.today - timedelta(days=2), league.today)
        assert len(alone) > 60
        assert alone == company

    def test_games_of_older_seasons_stay_out_of_the_last_ten(self) -> None:
        context = [context_row(player_lookup=name) for name in ("ann", "bob", "carl", "dan", "eve")]
        games = [
            *game_log([30, 31], player_lookup="ann", newest="2022-12-01"),
            *game_log([20, 21], player_lookup="ann", newest="2024-12-01"),
        ]
        rows = warehouse(
            schedule_row(), *context, *games, *(prediction_row(player_lookup=row.player_lookup) for row in context)
        )
        alone, company = self.together_and_alone(rows, TONIGHT, TONIGHT)
        assert alone == company
        made = orjson.loads(company["tonight/player/2025-01-15/ann.json"])
        assert [game["points"] for game in made["recent_form"]] == [20, 21]

    def test_rows_that_differ_in_new_columns_only_are_selected_as_without_them(self) -> None:
        twins = [
            game_row(player_lookup="ann", points=20, assists=1, blocks=9),
            game_row(player_lookup="ann", points=22, assists=0, blocks=0),
            accuracy_row(player_lookup="ann", actual_points=20, absolute_error=9),
            accuracy_row(player_lookup="ann", actual_points=22, absolute_error=1, prediction_correct=False),
        ]
        context = [context_row(player_lookup=name) for name in ("ann", "bob", "carl", "dan", "eve")]
        predictions = [prediction_row(player_lookup=row.player_lookup) for row in context]
        alone, company = self.together_and_alone(
            warehouse(schedule_row(), *context, *predictions, *twins), TONIGHT, TONIGHT
        )
        assert alone == company

    def test_tonight_s_scans_are_as_narrow_as_before(self) -> None:
        scans = plan_of(*TONIGHT_TYPES, first=TONIGHT).scans_by_table
        first = {table: scan.first for table, scan in scans.items() if scan.first}
        assert min(first.values()) == Window.TWO_SEASONS.first(TONIGHT, NBA.calendar)
        # The schedule, which tells whether picks are paused, is read some days ahead.
        assert {scan.last for table, scan in scans.items() if table != SCHEDULE.name} == {TONIGHT, None}
        assert not [table for table in scans if "news" in table or "gamebook" in table]
        # The funnel counts the players of the night.
        assert (scans[SHOT_ZONES.name].first, scans[SHOT_ZONES.name].columns) == (
            TONIGHT,
            ("analysis_date", "player_lookup"),
        )
