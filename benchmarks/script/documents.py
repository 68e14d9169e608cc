"""The four documents as plain values, assembled from the columns of :mod:`benchmarks.script.facts`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from benchmarks.script.box_scores import Games, tenth
from benchmarks.script.factors import factors, reasons
from benchmarks.script.facts import Facts
from benchmarks.script.tables import ratio

Json = dict[str, Any]
NEW_YORK = ZoneInfo("America/New_York")
STATUSES = {1: "scheduled", 2: "in_progress", 3: "final"}
BUCKETS = {"OVER": "over", "UNDER": "under", "PASS": "pass"}
NIGHT = (
    *("player_lookup", "game_date", "expected", "name", "game", "team", "opponent", "is_home"),
    *("team_abbr", "opponent_team_abbr", "days_rest", "back_to_back", "injury", "reason", "score", "level"),
    *("fatigue_context", "recommendation", "points", "hundredths", "line", "pace", "similar"),
    *("over_odds", "under_odds", "allowed", "rank", "at", "shown", "run_over", "run_length"),
    *("season_n", "season_ppg", "season_mpg", "last_5_ppg", "last_5_mpg", "last_10_ppg", "last_10_mpg", "form"),
    *("home_n", "home_ppg", "home_rate", "home_percent", "away_n", "away_ppg", "away_rate", "away_percent"),
    *("back_to_back_ppg", "back_to_back_rate", "back_to_back_percent", "normal_ppg"),
    *("rested_n", "rested_ppg", "rested_rate", "rested_percent", "vs_n", "vs_ppg", "vs_rate", "vs_percent"),
)
"""What documents show of a player's night."""


class Documents:
    """Builds the documents of one date after the other."""

    def __init__(self, facts: Facts, generated_at: str) -> None:
        """Take the columns of box scores apart; rows of games are addressed by their place."""
        self._generated_at = generated_at
        self._games = Games(facts.games)
        decided = facts.decided
        self._decided = decided.select(
            pl.col("game_date").dt.to_string(), "points", pl.col("line"), opponent="opponent_team_abbr"
        )
        self._run_games: dict[tuple[int, int], list[Json]] = {}
        line_runs = facts.line_runs.with_columns(
            avg_margin=ratio(pl.col("margin_sum"), 10 * pl.col("length"), 1),
            team=decided["team_abbr"].gather(facts.line_runs["run_at"]),
        )
        registered = pl.col("registered_team").fill_null("")
        team = pl.when(pl.col("team_abbr") != "").then("team_abbr")
        self._nights = _by_date(facts.nights.select(NIGHT))
        self._schedule = _by_date(facts.schedule)
        self._line_runs = _by_date(line_runs)
        self._correct_runs = _by_date(facts.correct_runs.with_columns(team=pl.coalesce(team, registered)))

    def on(self, day: str) -> Iterator[tuple[str, Json]]:
        """Yield the path and value of each document of a date."""
        nights = self._nights.get(day, [])
        yield f"predictions/{day}.json", self._predictions(day, nights)
        yield f"streaks/{day}.json", self._streaks(day)
        expected = [night for night in nights if night["expected"]]
        yield f"tonight/{day}.json", self._tonight(day, expected)
        for night in expected:
            yield f"tonight/player/{day}/{night['player_lookup']}.json", self._player(day, night)

    def _predictions(self, day: str, nights: Sequence[Json]) -> Json:
        by_game: dict[str, list[Json]] = {}
        for night in nights:
            if night["recommendation"] is not None and night["game"] is not None:
                by_game.setdefault(night["game"], []).append(night)
        games = [_forecast_game(game, by_game[game]) for game in sorted(by_game)]
        return {
            "game_date": day,
            "generated_at": self._generated_at,
            "total_games": len(games),
            "total_predictions": sum(game["prediction_count"] for game in games),
            "games": games,
            # Picks of a date with games are paused by a row of a table, which the script does not read.
            "halt_active": False,
            "halt_reason": None,
            "halt_since": None,
        }

    def _streaks(self, day: str) -> Json:
        lists: dict[bool, list[Json]] = {True: [], False: []}
        for run in self._line_runs.get(day, []):
            at, length = run["run_at"], run["length"]
            lists[run["over"]].append(
                {
                    "player_lookup": run["player_lookup"],
                    "player_full_name": run["name"],
                    "team": run["team"],
                    "streak_length": length,
                    "avg_margin": run["avg_margin"] / 10,
                    "games": self._games_of(at, min(length, 5)),
                }
            )
        for found in lists.values():
            found.sort(key=lambda run: (-run["streak_length"], -abs(run["avg_margin"]), run["player_lookup"]))
        runs = sorted(self._correct_runs.get(day, []), key=lambda run: run["player_lookup"])
        runs.sort(key=lambda run: (run["length"], run["newest"]), reverse=True)
        hits = [
            {
                "player_lookup": run["player_lookup"],
                "player_full_name": run["name"],
                "team": run["team"],
                "streak_length": run["length"],
                "streak_type": "prediction_hits",
            }
            for run in runs
        ]
        over, under = lists[True], lists[False]
        return {
            "generated_at": self._generated_at,
            "as_of_date": day,
            "min_streak_length": 4,
            "streaks": {"over": over[:50], "under": under[:50], "prediction_hits": hits[:30]},
            "summary": {
                "total_over_streaks": len(over),
                "total_under_streaks": len(under),
                "total_prediction_streaks": len(hits),
                "longest_over": max((run["streak_length"] for run in over), default=0),
                "longest_under": max((run["streak_length"] for run in under), default=0),
                "longest_prediction": max((run["streak_length"] for run in hits), default=0),
            },
        }

    def _games_of(self, at: int, count: int) -> list[Json]:
        """Return the newest games of a run, newest first."""
        found = self._run_games.get((at, count))
        if found is None:
            found = self._decided.slice(at - count + 1, count).rows(named=True)[::-1]
            for game in found:
                game["line"] /= 10
            self._run_games[at, count] = found
        return found

    def _tonight(self, day: str, nights: Sequence[Json]) -> Json:
        by_game: dict[str, list[tuple[Any, Json]]] = {}
        for night in nights:
            by_game.setdefault(night["game"], []).append(self._card(night))
        games = []
        for game in self._schedule.get(day, []):
            status = STATUSES.get(game["game_status"] or 0, "scheduled")
            begun = status != "scheduled"
            players = [card for _, card in sorted(by_game.get(game["canonical"], []), key=lambda pair: pair[0])]
            games.append(
                {
                    "game_id": game["canonical"],
                    "home_team": game["home_team_tricode"],
                    "away_team": game["away_team_tricode"],
                    "game_time": _clock(game["game_date_est"]),
                    "game_status": status,
                    "home_score": game["home_team_score"] if begun else None,
                    "away_score": game["away_team_score"] if begun else None,
                    "player_count": len(players),
                    "players": players,
                }
            )
        shown = [player for game in games for player in game["players"]]
        return {
            "game_date": day,
            "generated_at": self._generated_at,
            "total_players": len(shown),
            "total_with_lines": sum(player["has_line"] for player in shown),
            "games": games,
        }

    def _card(self, night: Json) -> tuple[Any, Json]:
        """Return a player's card and its place among the cards of the game."""
        line, ppg = night["line"], night["season_ppg"]
        marks = self._games.marks(night["at"], night["shown"], ppg)
        player: Json = {
            "player_lookup": night["player_lookup"],
            "name": night["name"],
            "team": night["team_abbr"],
            "is_home": night["is_home"],
            "has_line": line is not None,
            "fatigue_level": night["level"],
            "fatigue_score": None if night["score"] is None else float(night["score"]),
            "days_rest": night["days_rest"],
            "injury_status": night["injury"],
            "injury_reason": night["reason"],
            "season_ppg": tenth(ppg),
            "season_mpg": tenth(night["season_mpg"]),
            "minutes_avg": tenth(night["season_mpg"]),
            "last_5_ppg": tenth(night["last_5_ppg"]),
            "games_played": night["season_n"],
            "limited_data": night["season_n"] < 10,
            "recent_form": night["form"],
            **marks.fields,
        }
        confidence = 0.0
        if line is not None:
            confidence = _confidence(night)
            player["props"] = [
                {
                    "stat_type": "points",
                    "line": line / 10,
                    "over_odds": night["over_odds"],
                    "under_odds": night["under_odds"],
                }
            ]
            player["prediction"] = {
                "predicted": night["points"] / 10,
                "confidence": confidence,
                "recommendation": night["recommendation"],
                "factors": reasons(night, marks.overs, marks.unders),
            }
        player["last_10_results_basis"] = marks.basis
        order = (line is None, night["injury"] == "out", -confidence, -(ppg or 0), night["player_lookup"])
        return order, player

    def _player(self, day: str, night: Json) -> Json:
        line, run = night["line"], night["run_length"]
        forecast = night["recommendation"] is not None
        return {
            "player_lookup": night["player_lookup"],
            "player_full_name": night["name"],
            "game_date": day,
            "generated_at": self._generated_at,
            "games_played": night["season_n"],
            "limited_data": night["season_n"] < 10,
            "game_context": {
                "game_id": night["game"],
                "opponent": night["opponent_team_abbr"],
                "home_game": night["is_home"],
                "team_abbr": night["team_abbr"],
                "line": tenth(line),
                "days_rest": night["days_rest"],
                "is_back_to_back": night["back_to_back"],
                "injury_status": night["injury"],
                "injury_reason": night["reason"],
            },
            "quick_numbers": {
                "season_ppg": tenth(night["season_ppg"]),
                "season_mpg": tenth(night["season_mpg"]),
                "games_played": night["season_n"],
                "last_10_ppg": tenth(night["last_10_ppg"]),
                "last_10_mpg": tenth(night["last_10_mpg"]),
                "last_5_ppg": tenth(night["last_5_ppg"]),
                "last_5_mpg": tenth(night["last_5_mpg"]),
            },
            "fatigue": {
                "score": None if night["score"] is None else float(night["score"]),
                "level": night["level"],
                "context": night["fatigue_context"],
            },
            "current_streak": {
                "type": None if run is None else "over" if night["run_over"] else "under",
                "length": run or 0,
            },
            "tonights_factors": factors(night),
            "recent_form": self._games.form(night["at"], night["shown"], night["season_ppg"]),
            "prediction": {
                "predicted_points": night["points"] / 10,
                "confidence_score": _confidence(night),
                "recommendation": night["recommendation"],
                "line": tenth(line),
                "edge": None if line is None else (night["points"] - line) / 10,
                "pace_adjustment": None if night["pace"] is None else night["pace"] / 100,
                "similar_games": night["similar"],
            }
            if forecast
            else None,
        }


def _by_date(frame: pl.DataFrame) -> Mapping[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for row in frame.with_columns(pl.col("game_date").dt.to_string()).iter_rows(named=True):
        found.setdefault(row["game_date"], []).append(row)
    return found


def _confidence(night: Json) -> float:
    """Return the confidence in percent; up to 1 it is stored as a share."""
    value: int = night["hundredths"]
    return float(value) if value <= 100 else value / 100


def _clock(tip_off: datetime | None) -> str | None:
    if tip_off is None:
        return None
    local = tip_off.astimezone(NEW_YORK)
    return f"{(local.hour - 1) % 12 + 1}:{local.minute:02d} {('AM', 'PM')[local.hour // 12]} ET"


def _forecast_game(game_id: str, nights: list[Json]) -> Json:
    away, home = _teams(game_id, nights)
    entries = []
    counts = dict.fromkeys((*BUCKETS.values(), "no_line"), 0)
    for night in nights:
        line = night["line"]
        counts[BUCKETS.get(night["recommendation"], "no_line")] += 1
        entries.append(
            {
                "player_lookup": night["player_lookup"],
                "team": night["team"],
                "is_home": night["is_home"],
                "prediction": {
                    "points": night["points"] / 10,
                    "confidence": _confidence(night),
                    "recommendation": night["recommendation"],
                    "line": tenth(line),
                    "edge": None if line is None else (night["points"] - line) / 10,
                },
                "context": {
                    "pace_adjustment": None if night["pace"] is None else night["pace"] / 100,
                    "similar_games": night["similar"],
                },
            }
        )
    entries.sort(key=lambda entry: (-entry["prediction"]["confidence"], entry["player_lookup"]))
    return {
        "game_id": game_id,
        "home_team": home,
        "away_team": away,
        "prediction_count": len(entries),
        "recommendation_breakdown": counts,
        "predictions": entries,
    }


def _teams(game_id: str, nights: list[Json]) -> tuple[str, str]:
    parts = game_id.split("_")
    if len(parts) == 3:
        return parts[1], parts[2]
    for night in nights:
        if night["is_home"] is not None:
            sides = (night["team"] or "UNK", night["opponent"] or "UNK")
            return (sides[1], sides[0]) if night["is_home"] else sides
    return "UNK", "UNK"
