"""Within a run, a fact about a player is the same in every document that shows it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from exporters.registry import exports
from pipeline.plain import run_plain
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League

DAYS = 7


@pytest.fixture(scope="module")
def published(league: League) -> tuple[MemoryStore, list[date]]:
    store, days = MemoryStore(), [league.today - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    run_plain(plan_of(*exports(), first=days[0], last=days[-1]), league.warehouse, store)
    return store, days


def document(store: MemoryStore, path: str) -> Any:
    found = store.read(path)
    return None if found is None else json.loads(found[0])


def cards(store: MemoryStore, day: date) -> dict[str, Any]:
    """The tonight cards of a date by player, with the id of their game."""
    tonight = document(store, f"tonight/{day}.json")
    return {
        card["player_lookup"]: {**card, "game_id": game["game_id"]}
        for game in tonight["games"]
        for card in game["players"]
    }


def forecasts(store: MemoryStore, day: date) -> dict[str, Any]:
    listed = document(store, f"predictions/{day}.json") or {"games": []}
    return {
        entry["player_lookup"]: {**entry, "game_id": game["game_id"]}
        for game in listed["games"]
        for entry in game["predictions"]
    }


def test_a_card_and_its_player_document_agree(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    compared = 0
    for day in days:
        for player, card in cards(store, day).items():
            detail = document(store, f"tonight/player/{day}/{player}.json")
            context, numbers = detail["game_context"], detail["quick_numbers"]
            assert detail["player_full_name"] == card["name"]
            assert (context["game_id"], context["team_abbr"]) == (card["game_id"], card["team"])
            assert (context["home_game"], context["days_rest"]) == (card["is_home"], card["days_rest"])
            assert context["injury_status"] == card["injury_status"]
            assert context["injury_reason"] == card["injury_reason"]
            assert (numbers["season_ppg"], numbers["season_mpg"]) == (card["season_ppg"], card["season_mpg"])
            assert numbers["last_5_ppg"] == card["last_5_ppg"]
            assert numbers["games_played"] == detail["games_played"] == card["games_played"]
            assert detail["limited_data"] == card["limited_data"]
            assert (detail["fatigue"]["score"], detail["fatigue"]["level"]) == (
                card["fatigue_score"],
                card["fatigue_level"],
            )
            form = detail["recent_form"]
            assert [game["points"] for game in form] == card["last_10_points"]
            assert [game["vs_avg"] for game in form if "vs_avg" in game] == card.get("last_10_vs_avg", [])
            assert [None if game["is_dnp"] else game["line"] for game in form] == card["last_10_lines"]
            if card["has_line"]:
                said, shown = detail["prediction"], card["prediction"]
                assert (said["predicted_points"], said["confidence_score"]) == (shown["predicted"], shown["confidence"])
                assert said["recommendation"] == shown["recommendation"]
                assert said["line"] == context["line"] == card["props"][0]["line"]
            compared += 1
    assert compared > 100


def test_a_forecast_is_the_same_wherever_it_is_shown(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    compared = {"card": 0, "detail": 0, "bet": 0}
    for day in days:
        listed, shown = forecasts(store, day), cards(store, day)
        for player, entry in listed.items():
            said = entry["prediction"]
            detail = document(store, f"tonight/player/{day}/{player}.json")
            if detail is not None:
                told = detail["prediction"]
                assert (told["predicted_points"], told["line"], told["edge"]) == (
                    said["points"],
                    said["line"],
                    said["edge"],
                )
                assert (told["confidence_score"], told["recommendation"]) == (
                    said["confidence"],
                    said["recommendation"],
                )
                assert (detail["game_context"]["game_id"], detail["game_context"]["team_abbr"]) == (
                    entry["game_id"],
                    entry["team"],
                )
                compared["detail"] += 1
            if player in shown and shown[player]["has_line"]:
                card = shown[player]["prediction"]
                assert (card["predicted"], card["confidence"]) == (said["points"], said["confidence"])
                compared["card"] += 1
        for bet in (document(store, f"best-bets/{day}.json") or {"picks": []})["picks"]:
            if bet["player_lookup"] in listed:
                said = listed[bet["player_lookup"]]["prediction"]
                assert (bet["predicted"], bet["line"], bet["edge"]) == (said["points"], said["line"], abs(said["edge"]))
                assert (bet["confidence"], bet["recommendation"]) == (said["confidence"], said["recommendation"])
                compared["bet"] += 1
            if bet["player_lookup"] in shown:
                assert bet["player_full_name"] == shown[bet["player_lookup"]]["name"]
                assert bet["fatigue_score"] == shown[bet["player_lookup"]]["fatigue_score"]
    assert min(compared.values()) > 10, compared


def test_a_streak_before_the_games_is_the_one_of_the_player(published: tuple[MemoryStore, list[date]]) -> None:
    """On the newest date nothing has been played, so that both documents look at the same games."""
    store, days = published
    day = days[-1]
    streaks = document(store, f"streaks/{day}.json")["streaks"]
    compared = 0
    for kind in ("over", "under"):
        for run in streaks[kind]:
            detail = document(store, f"tonight/player/{day}/{run['player_lookup']}.json")
            if detail is not None:
                assert detail["current_streak"] == {"type": kind, "length": run["streak_length"]}
                assert detail["player_full_name"] == run["player_full_name"]
                compared += 1
    assert compared


RESULTS_OF = {"correct": "WIN", "incorrect": "LOSS", "push": "PUSH", "void": "VOID"}


def test_live_grading_agrees_with_forecasts_and_results(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    forecast_rows = graded = 0
    for day in days:
        rows = {row["player_lookup"]: row for row in document(store, f"live-grading/{day}.json")["predictions"]}
        for player, entry in forecasts(store, day).items():
            said, shown = rows[player], entry["prediction"]
            assert (said["predicted"], said["line"]) == (shown["points"], shown["line"])
            assert (said["confidence"], said["recommendation"]) == (shown["confidence"], shown["recommendation"])
            forecast_rows += 1
        for result in document(store, f"results/{day}.json")["results"]:
            row = rows.get(result["player_lookup"])
            same = row is not None and (row["line"], row["recommendation"]) == (
                result["line"],
                result["recommendation"],
            )
            if not same or row["score_source"] != "box_score" or row["line"] == 20:
                continue
            assert row["actual"] == result["actual"]
            if row["has_line"] and row["recommendation"] in ("OVER", "UNDER"):
                assert RESULTS_OF[row["status"]] == result["result"]
                graded += 1
    assert min(forecast_rows, graded) > 20
