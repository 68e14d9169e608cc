"""Within a run, a fact about a player is the same in every document that shows it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from exporters.config import RULES
from exporters.config.leagues import NBA
from exporters.registry import exports
from pipeline.execution.in_process import run_in_process
from tests.support.plans import plan_of
from tests.support.stores import MemoryStore
from tests.support.warehouses import League

DAYS = 7


@pytest.fixture(scope="module")
def published(league: League) -> tuple[MemoryStore, list[date]]:
    store, days = MemoryStore(), [league.today - timedelta(days=n) for n in range(DAYS - 1, -1, -1)]
    run_in_process(plan_of(*exports(), first=days[0], last=days[-1]), league.warehouse, store)
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


def reports(store: MemoryStore, day: date) -> dict[str, Any]:
    """The game reports of a date by player."""
    found = {player: document(store, f"players/{player}/game-report/{day}.json") for player in cards(store, day)}
    return {player: report for player, report in found.items() if report is not None and "error" not in report}


def test_before_the_game_a_game_report_equals_the_card(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    compared = {"average": 0, "form": 0, "forecast": 0}
    for day in days:
        shown, listed = cards(store, day), forecasts(store, day)
        for player, report in reports(store, day).items():
            card, detail = shown[player], document(store, f"tonight/player/{day}/{player}.json")
            assert (report["player_full_name"], report["game_id"]) == (card["name"], card["game_id"])
            assert report["opponent_context"]["opponent"] == detail["game_context"]["opponent"]
            averages = report["moving_averages"]
            assert averages["season"] == report["player_profile"]["season_ppg"] == card["season_ppg"]
            if card["games_played"] >= 10:
                assert (averages["l5"], averages["l10"]) == (
                    detail["quick_numbers"]["last_5_ppg"],
                    detail["quick_numbers"]["last_10_ppg"],
                )
                compared["average"] += 1
            played = [game for game in detail["recent_form"] if not game["is_dnp"] and game["points"] is not None]
            for game, recent in zip(played, report["recent_games"], strict=False):
                assert (recent["date"], recent["opponent"]) == (game["game_date"], game["opponent"])
                assert (recent["points"], recent["line"], recent["minutes"], recent["result"]) == (
                    game["points"],
                    game["line"],
                    game["minutes"],
                    game["over_under"],
                )
                compared["form"] += 1
            if report["result"] is None and player in listed and report["prop_line"] is not None:
                said = listed[player]["prediction"]
                assert report["prop_line"] == {
                    "line": said["line"],
                    "recommendation": said["recommendation"],
                    "predicted": said["points"],
                    "confidence": said["confidence"],
                }
                compared["forecast"] += 1
    assert min(compared.values()) > 10, compared


def test_a_grade_is_the_same_wherever_it_is_shown(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    compared = {"report": 0, "bet": 0, "season": 0}
    for day in days[:-1]:
        graded = {entry["player_lookup"]: entry for entry in document(store, f"results/{day}.json")["results"]}
        for player, report in reports(store, day).items():
            entry = graded.get(player)
            if entry is None or report["result"] is None or report["prop_line"] is None:
                continue
            assert (report["game_id"], report["opponent_context"]["opponent"]) == (entry["game_id"], entry["opponent"])
            assert report["prop_line"] == {
                key: entry[key] for key in ("line", "recommendation", "predicted", "confidence")
            }
            assert (report["result"]["actual"], report["result"]["outcome"]) == (entry["actual"], entry["result"])
            compared["report"] += 1
        for bet in (document(store, f"best-bets/{day}.json") or {"picks": []})["picks"]:
            if (entry := graded.get(bet["player_lookup"])) is not None:
                assert (bet["game_id"], bet["team"], bet["opponent"]) == (
                    entry["game_id"],
                    entry["team"],
                    entry["opponent"],
                )
                assert (bet["result"], bet["actual"]) == (entry["result"], entry["actual"])
                assert (bet["predicted"], bet["line"]) == (entry["predicted"], entry["line"])
                compared["bet"] += 1
        for player, entry in graded.items():
            season = season_of(store, player, day)
            games = {} if season is None else {game["date"]: game for game in season["game_log"]}
            if (game := games.get(day.isoformat())) is not None and not game["did_not_play"]:
                assert entry["actual"] in (None, game["points"])
                compared["season"] += 1
    assert min(compared.values()) > 10, compared


def season_of(store: MemoryStore, player: str, day: date) -> Any:
    found = document(store, f"players/{player}/season/{NBA.calendar.season_label(day)}.json")
    return None if found is None or "error" in found else found


def test_a_season_goes_up_to_tonight_s_card(published: tuple[MemoryStore, list[date]]) -> None:
    """The players of the newest date: nothing has been played on it, so that all look at the same games."""
    store, days = published
    day = days[-1]
    compared = {"average": 0, "log": 0, "streak": 0}
    for player, card in cards(store, day).items():
        season, detail = season_of(store, player, day), document(store, f"tonight/player/{day}/{player}.json")
        if season is None:
            continue
        assert season["player_full_name"] == card["name"]
        if card["games_played"]:
            assert (season["averages"]["games"], season["averages"]["ppg"]) == (
                card["games_played"],
                card["season_ppg"],
            )
            compared["average"] += 1
            form = season["current_form"]
            longest = RULES.runs.longest
            assert detail["current_streak"] == {
                "type": form["streak_direction"],
                "length": min(form["current_streak"], longest),
            }
            compared["streak"] += bool(form["current_streak"])
        for game, logged in zip(detail["recent_form"], season["game_log"], strict=False):
            assert logged["date"] == game["game_date"]
            assert (logged["opponent"], logged["is_home"]) == (game["opponent"], game["home_game"])
            assert (logged["points"], logged["line"], logged["did_not_play"]) == (
                game["points"],
                game["line"],
                game["is_dnp"],
            )
            assert logged["result"] == (None if game["is_dnp"] else game["over_under"])
            compared["log"] += 1
    assert min(compared.values()) > 10, compared


def test_a_profile_the_index_and_the_season_agree(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    day = days[-1]
    shown = cards(store, day)
    compared = {"entry": 0, "log": 0, "next": 0}
    for entry in document(store, "players/index.json")["players"]:
        profile = document(store, f"players/{entry['player_lookup']}.json")
        summary = profile["summary"]
        assert profile["player_full_name"] == summary["player_name"] == entry["player_full_name"]
        assert {
            key: summary[key] for key in ("team", "games_predicted", "mae", "win_rate", "bias", "within_5_pct")
        } == {key: entry[key] for key in ("team", "games_predicted", "mae", "win_rate", "bias", "within_5_pct")}
        record = profile["our_track_record"]
        assert summary["total_recommendations"] == entry["recommendations"]
        assert (record["total_predictions"], record["overall"]["wins"]) == (
            entry["games_predicted"],
            summary["correct"],
        )
        assert (record["avg_error"], record["bias"]) == (summary["mae"], summary["bias"])
        compared["entry"] += 1
        card = shown.get(entry["player_lookup"])
        if card is None:
            continue
        assert profile["player_full_name"] == card["name"]
        assert (profile["next_game"]["game_id"], profile["next_game"]["home_game"]) == (
            card["game_id"],
            card["is_home"],
        )
        assert profile["next_game"]["has_prediction"] == (entry["player_lookup"] in forecasts(store, day))
        compared["next"] += 1
        season = season_of(store, entry["player_lookup"], day)
        for game, logged in zip(profile["game_log"], [] if season is None else season["game_log"], strict=False):
            assert (game["game_date"], game["opponent"], game["home_game"]) == (
                logged["date"],
                logged["opponent"],
                logged["is_home"],
            )
            assert (game["points"], game["rebounds"], game["assists"]) == (
                logged["points"],
                logged["rebounds"],
                logged["assists"],
            )
            assert (game["line"], game["over_under"]) == (logged["line"], logged["result"])
            assert game["team_result"] == {True: "W", False: "L", None: None}[logged["team_won"]]
            compared["log"] += 1
    assert min(compared.values()) > 5, compared


PICK = ("player", "team", "opponent", "prediction", "line", "direction", "created_at", "actual", "result")


def test_subset_picks_are_those_of_the_season_and_of_the_cards(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    season = document(store, "subsets/season.json")
    dates = {group["model_id"]: {one["date"]: one for one in group["dates"]} for group in season["model_groups"]}
    compared = {"season": 0, "dated": 0, "card": 0, "performance": 0}
    created_at = PICK.index("created_at")
    for day in days:
        shown = cards(store, day)
        for group in document(store, f"picks/{day}.json")["model_groups"]:
            on_date = dates.get(group["model_id"], {}).get(day.isoformat(), {"picks": []})
            listed = {tuple(pick[key] for key in PICK) for pick in on_date["picks"]}
            for one in group["subsets"]:
                for pick in one["picks"]:
                    # A pick that was stored without the time of its forecast has it on its own date only.
                    undated = {**pick, "created_at": None}
                    assert any(tuple(known[key] for key in PICK) in listed for known in (pick, undated))
                    compared["dated"] += pick["created_at"] in {one[created_at] for one in listed} - {None}
                    compared["season"] += 1
                    if (card := shown.get(pick["player_lookup"])) is not None:
                        assert pick["team"] == card["team"]
                        # A frozen pick keeps the name that it was frozen with, where the registry has none.
                        assert card["name"] in (pick["player"], pick["player_lookup"])
                        compared["card"] += 1
    windows = {
        group["model_id"]: {one["id"]: one["stats"] for one in group["windows"]["season"]["groups"]}
        for group in document(store, "subsets/performance.json")["model_groups"]
    }
    for group in document(store, f"picks/{days[-1]}.json")["model_groups"]:
        for one in group["subsets"]:
            if one["record"] is not None:
                won = one["record"]["season"]
                stats = windows[group["model_id"]][one["id"]]
                assert (stats["picks"], stats["hit_rate"]) == (won["wins"] + won["losses"], won["pct"])
                compared["performance"] += 1
    assert min(compared.values()) >= 3, compared


def test_who_is_hot_is_the_player_of_tonight_s_card_and_of_the_streaks(
    published: tuple[MemoryStore, list[date]],
) -> None:
    store, days = published
    compared = {"card": 0, "streak": 0, "profile": 0}
    for day in days:
        shown, trends = cards(store, day), document(store, f"trends/hot-cold/{day}.json")
        runs = document(store, f"streaks/{day}.json")["streaks"]
        streaks = {(kind, run["player_lookup"]): run for kind in ("over", "under") for run in runs[kind]}
        for item in (*trends["hot"], *trends["cold"]):
            player = item["player_lookup"]
            if player in shown:
                card, detail = shown[player], document(store, f"tonight/player/{day}/{player}.json")
                assert (item["player_full_name"], item["team_abbr"]) == (card["name"], card["team"])
                assert (item["injury_status"], item["tonight"]["home"]) == (card["injury_status"], card["is_home"])
                assert item["tonight"]["opponent"] == detail["game_context"]["opponent"]
                compared["card"] += 1
            run = streaks.get((item["streak_direction"], player))
            if run is not None:
                # A streak that began before the window is all of it.
                assert item["current_streak"] in (run["streak_length"], item["hit_rate_games"])
                assert item["player_full_name"] == run["player_full_name"]
                compared["streak"] += 1
            profile = document(store, f"players/{player}.json") if day == days[-1] else None
            if profile is not None:
                assert profile["player_full_name"] == item["player_full_name"]
                compared["profile"] += 1
    assert min(compared.values()) > 3, compared


def test_a_bad_game_is_measured_by_the_average_of_tonight_s_card(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    compared = {"card": 0, "game": 0, "season": 0}
    for day in days:
        shown = cards(store, day)
        for item in document(store, f"trends/bounce-back/{day}.json")["bounce_back_candidates"]:
            player, last = item["player_lookup"], item["last_game"]
            if player in shown:
                card, detail = shown[player], document(store, f"tonight/player/{day}/{player}.json")
                assert (item["player_full_name"], item["team_abbr"]) == (card["name"], card["team"])
                assert (item["season_average"], item["injury_status"]) == (card["season_ppg"], card["injury_status"])
                compared["card"] += 1
                game = next(game for game in detail["recent_form"] if not game["is_dnp"])
                assert (last["date"], last["result"], last["opponent"]) == (
                    game["game_date"],
                    game["points"],
                    game["opponent"],
                )
                compared["game"] += 1
            season = season_of(store, player, day) if day == days[-1] else None
            if season is not None:
                assert item["season_average"] == season["averages"]["ppg"]
                compared["season"] += 1
    assert min(compared.values()) > 2, compared


def test_a_trend_of_tonight_is_what_card_and_streaks_say(published: tuple[MemoryStore, list[date]]) -> None:
    store, days = published
    compared = {"card": 0, "run": 0, "streak": 0, "rest": 0, "hot": 0}
    for day in days:
        shown, trends = cards(store, day), document(store, f"trends/tonight-plays/{day}.json")
        runs = document(store, f"streaks/{day}.json")["streaks"]
        streaks = {run["player_lookup"]: (kind, run) for kind in ("over", "under") for run in runs[kind]}
        ranked = document(store, f"trends/hot-cold/{day}.json")
        hot = {item["player_lookup"]: item for item in (*ranked["hot"], *ranked["cold"])}
        for play in trends["trend_plays"]:
            player, told = play["player_lookup"], play["trend_details"]
            card, detail = shown.get(player), document(store, f"tonight/player/{day}/{player}.json")
            if card is not None:
                assert (play["player_full_name"], play["team_abbr"]) == (card["name"], card["team"])
                assert (play["tonight"]["home"], play["tonight"]["opponent"]) == (
                    card["is_home"],
                    detail["game_context"]["opponent"],
                )
                assert card["injury_status"] != "out"
                compared["card"] += 1
            if player in hot:
                assert (play["position"], play["tonight"]) == (hot[player]["position"], hot[player]["tonight"])
                compared["hot"] += 1
            if play["trend_type"] == "streak":
                if detail is not None:
                    assert detail["current_streak"] == {
                        "type": play["trend_direction"],
                        "length": told["streak_length"],
                    }
                    compared["run"] += 1
                if player in streaks:
                    kind, run = streaks[player]
                    assert (kind, run["streak_length"], run["avg_margin"]) == (
                        play["trend_direction"],
                        told["streak_length"],
                        told["avg_margin"],
                    )
                    compared["streak"] += 1
            if play["trend_type"] == "rest" and card is not None and card["days_rest"] is not None:
                assert told["days_rest"] == card["days_rest"]
                compared["rest"] += 1
    assert min(compared.values()) > 3, compared
