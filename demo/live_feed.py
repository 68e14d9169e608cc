"""Writes what the live feed would say some minutes into the demo league's last game night.

    python -m demo.live_feed --minutes=90

A player's points grow with the minutes, towards a score that the forecast and the seed decide: written again with more
minutes, the file is the same evening, later.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zlib import crc32

import pyarrow.compute as pc
import pyarrow.dataset as ds

from exporters.config import ExportConfig
from exporters.warehouse.schema import Table
from exporters.warehouse.tables import CONTEXT, FEED_PLAYERS, PREDICTIONS, REGISTRY, SCHEDULE

GAME_MINUTES = 140
"""How long a game takes, pauses included."""
PLAY_SECONDS, PERIODS = 48 * 60, 4
ABSENT = 0.06
"""Share of the players who sit."""

_PER_MINUTE = {"reb": 0.19, "ast": 0.11, "stl": 0.03, "blk": 0.02, "turnover": 0.05}

Row = dict[str, Any]


def live_feed(warehouse: Path, minutes: float, seed: int = 11) -> dict[str, Any]:
    """Return the answer of the feed.

    Args:
        warehouse: A demo warehouse.
        minutes: Minutes since the night's first tip-off.
        seed: Decides the scores.

    Raises:
        FileNotFoundError: There is no demo season in ``warehouse``.
    """
    summary = json.loads((warehouse / "_demo.json").read_text())["summary"]
    day = date.fromisoformat(summary["last_game_night"])
    players = _players(warehouse, day, seed)
    tips = {
        (row["home_team_tricode"], row["away_team_tricode"]): row["game_date_est"]
        for row in _rows(warehouse, SCHEDULE, ("home_team_tricode", "away_team_tricode", "game_date_est"), day)
        if row["game_date_est"] is not None
    }
    now = min(tips.values()) + timedelta(minutes=minutes)
    return {"data": [_box(day, game, tips[game], now, players) for game in sorted(tips, key=lambda g: (tips[g], g))]}


def _box(
    day: date, game: tuple[str, str], tip: datetime, now: datetime, players: dict[str, list[Row]]
) -> dict[str, Any]:
    share = min(max((now - tip) / timedelta(minutes=GAME_MINUTES), 0.0), 1.0)
    home, visitor = ((team, _lines(players[team], share)) for team in game)
    return {
        "id": crc32(f"{day} {game}".encode()),
        "date": day.isoformat(),
        **_clock(share, tip),
        "home_team_score": _total(home[1]),
        "visitor_team_score": _total(visitor[1]),
        "home_team": {"abbreviation": home[0], "players": home[1]},
        "visitor_team": {"abbreviation": visitor[0], "players": visitor[1]},
    }


def _total(lines: Iterable[dict[str, Any]]) -> int:
    return sum(line["pts"] for line in lines)


def _clock(share: float, tip: datetime) -> dict[str, Any]:
    if share == 0:
        return {"status": tip.isoformat(), "period": 0, "time": None}
    if share == 1:
        return {"status": "Final", "period": PERIODS, "time": "Final"}
    before, played = divmod(int(share * PLAY_SECONDS), PLAY_SECONDS // PERIODS)
    left_minutes, left_seconds = divmod(PLAY_SECONDS // PERIODS - played, 60)
    period = before + 1
    return {"status": f"Q{period}", "period": period, "time": f"Q{period} {left_minutes}:{left_seconds:02d}"}


def _lines(team: Iterable[Row], share: float) -> list[dict[str, Any]]:
    if share == 0:
        return []
    return [
        {
            "min": f"{int(player['minutes'] * share):02d}",
            "pts": int(player["points"] * share),
            **_shots(int(player["points"] * share)),
            **{key: int(player["minutes"] * share * rate) for key, rate in _PER_MINUTE.items()},
            "player": {"id": player["feed_id"], "first_name": player["first"], "last_name": player["last"]},
        }
        for player in team
    ]


def _shots(points: int) -> dict[str, int]:
    """Return shots that make so many points: a third of them threes, the odd one from the line."""
    threes = points // 9
    twos, free = divmod(points - 3 * threes, 2)
    made = threes + twos
    return {"fgm": made, "fga": 2 * made, "fg3m": threes, "fg3a": 3 * threes, "ftm": free, "fta": free}


def _players(warehouse: Path, day: date, seed: int) -> dict[str, list[Row]]:
    """Return tonight's players by team, each with final score and minutes."""
    champion = ExportConfig().champion_system_id
    forecasts = {
        row["player_lookup"]: float(row["predicted_points"])
        for row in _rows(warehouse, PREDICTIONS, ("player_lookup", "system_id", "predicted_points"), day)
        if row["system_id"] == champion
    }
    ids = _latest(_rows(warehouse, FEED_PLAYERS, ("game_date", "player_lookup", "bdl_player_id")), "game_date")
    names = _latest(_rows(warehouse, REGISTRY, ("season", "player_lookup", "player_name")), "season")
    teams = {
        row["player_lookup"]: row["team_abbr"] for row in _rows(warehouse, CONTEXT, ("player_lookup", "team_abbr"), day)
    }
    found: dict[str, list[Row]] = defaultdict(list)
    for player in sorted(teams.keys() & names.keys()):
        chance = Random(f"{seed} {day} {player}")
        sits = chance.random() < ABSENT
        first, _, last = names[player]["player_name"].partition(" ")
        points = max(chance.gauss(forecasts.get(player, 6.0), 6.0), 0.0)
        found[teams[player]].append(
            {
                "feed_id": ids[player]["bdl_player_id"] if player in ids else None,
                "first": first,
                "last": last,
                "points": 0.0 if sits else points,
                "minutes": 0.0 if sits else min(8.0 + points * 1.3, 42.0),
            }
        )
    return found


def _latest(rows: Iterable[Row], by: str) -> dict[str, Row]:
    return {row["player_lookup"]: row for row in sorted(rows, key=lambda row: (row[by], str(row)))}


def _rows(warehouse: Path, table: Table[Any], columns: Sequence[str], day: date | None = None) -> list[Row]:
    """Return rows of a table, of one date if that is given."""
    folder = warehouse.joinpath(*table.name.split("."))
    files = [str(path) for path in sorted(folder.rglob("*.parquet"))]
    on = None if day is None else pc.field(table.partition) == day
    rows: list[Row] = ds.dataset(files, format="parquet").to_table(columns=list(columns), filter=on).to_pylist()
    return rows


def main(argv: Sequence[str]) -> int:
    """Carry out a command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m demo.live_feed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="the demo (%(default)s)")
    parser.add_argument("--output", type=Path, default=Path(".demo/live-feed.json"), help="the file (%(default)s)")
    parser.add_argument("--minutes", type=float, default=90, help="minutes since the first tip-off (%(default)s)")
    arguments = parser.parse_args(argv)
    feed = live_feed(arguments.warehouse, arguments.minutes)
    arguments.output.write_text(json.dumps(feed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
