"""Generate the demo warehouse: a deterministic league as a folder of Parquet files.

    python -m demo.generate --output .demo/warehouse

The folder holds ``<dataset>/<table>/month=YYYY-MM/part-0.parquet`` and a stamp, ``_demo.json``, that describes what is
in it. A folder whose stamp matches the options is left alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from demo.blemishes import inject
from demo.box_scores import play
from demo.forecasts import features_frame, forecast, predictions_frame
from demo.league import League, found_league
from demo.markets import draw_lines, props_frame
from demo.options import DemoOptions, OptionsError
from demo.tables.best_bets import best_bet_frames
from demo.tables.frames import Frame
from demo.tables.grading import accuracy_frame, system_days_frame
from demo.tables.inputs import context_frame, daily_cache_frame, defense_frame, factors_frame, shot_zones_frame
from demo.tables.reports import aliases_frame, injuries_frame, news_frames, registry_frame, season_label
from demo.tables.results import feed_players_frame, gamebook_frame, games_frame, schedule_frame, team_games_frame
from demo.tables.subsets import definitions_frame, frozen_picks, signals_frame
from demo.tables.writer import write_frame
from exporters.warehouse.tables import WAREHOUSE_TABLES

GENERATOR_VERSION = 5
"""Raised when the same options give another content, so that folders of the older version are regenerated."""

_SCHEMA = hashlib.sha256(
    "\n".join(f"{t} {c}" for t in WAREHOUSE_TABLES for c in t.columns.values()).encode()
).hexdigest()[:16]

STAMP = "_demo.json"


@dataclass(frozen=True)
class Summary:
    """What a demo warehouse holds.

    Attributes:
        seasons: Season labels, oldest first.
        first_game_date: First date with games.
        last_game_night: Last date with games.
        last_night_played: Whether that night's games are over; false when it is the league's today.
        games_on_last_night: Number of games on it.
        players: Number of players.
        rows: Rows per table.
        bytes: Size of all Parquet files.
        blemishes: Rows touched per blemish.
    """

    seasons: list[str]
    first_game_date: str
    last_game_night: str
    last_night_played: bool
    games_on_last_night: int
    players: int
    rows: dict[str, int]
    bytes: int
    blemishes: dict[str, int]


def build(options: DemoOptions) -> tuple[League, dict[str, Frame], dict[str, int]]:
    """Return the league, the frame of every table by name, and the rows touched per blemish."""
    league = found_league(options)
    frames = {frame.table.name: _within(options, frame) for frame in _clean_frames(league)}
    if missing := {table.name for table in WAREHOUSE_TABLES} - set(frames):
        raise NotImplementedError(f"the demo has no rows for {', '.join(sorted(missing))}; add a frame for each")
    return league, frames, inject(league, frames)


def _clean_frames(league: League) -> Iterator[Frame]:
    box = play(league)
    lines = draw_lines(league, box)
    forecasts = forecast(league, box, lines)
    accuracy = accuracy_frame(league, box, forecasts)
    signals = signals_frame(league, box, forecasts)
    frozen = frozen_picks(league, box, forecasts, signals)
    yield from (accuracy, system_days_frame(accuracy), signals, frozen.picks, frozen.versions)
    yield from (definitions_frame(), registry_frame(league, box), aliases_frame(league), injuries_frame(league, box))
    yield from (predictions_frame(league, box, forecasts), features_frame(league, box, lines, forecasts))
    yield from (props_frame(league, box, lines), schedule_frame(league, box), games_frame(league, box, lines))
    yield from (gamebook_frame(league, box), feed_players_frame(league, box), team_games_frame(league, box))
    yield from (context_frame(league, box), factors_frame(league, box), defense_frame(league, box))
    yield from (shot_zones_frame(league, box), daily_cache_frame(league, box))
    yield from news_frames(league, box)
    yield from best_bet_frames(league, box, forecasts)


def _within(options: DemoOptions, frame: Frame) -> Frame:
    if frame.table.partition is None:
        return frame
    first = options.first_date
    if options.expire and frame.table.expiration_days is not None:
        kept = options.today - timedelta(days=frame.table.expiration_days)
        first = max(first, kept) if first else kept
    return frame if first is None else frame.take(np.flatnonzero(frame.dates() >= np.datetime64(first)))


def generate(options: DemoOptions, *, force: bool = False) -> Summary:
    """Make ``options.output`` hold the warehouse of the options, unless it already does and ``force`` is not set.

    The warehouse is written beside its final place and moved there when it is complete.

    Raises:
        OptionsError: The range of dates holds no game.
        FileExistsError: ``options.output`` holds something that is not a demo warehouse.
    """
    root = options.output
    if not force and (ready := up_to_date(options)) is not None:
        return ready
    if root.exists() and not (root / STAMP).exists() and (root.is_file() or any(root.iterdir())):
        raise FileExistsError(f"{root} is not a demo warehouse (it has no {STAMP}); choose another output or remove it")
    league, frames, blemishes = build(options)
    root.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{root.name}-", dir=root.parent))
    try:
        fresh = staging / "fresh"
        fresh.mkdir()
        size = sum(write_frame(frame, fresh) for frame in frames.values())
        summary = _summary(league, frames, blemishes, size)
        (fresh / STAMP).write_text(_stamp(options, summary), encoding="utf-8")
        if root.exists():
            root.rename(staging / "replaced")
        fresh.rename(root)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return summary


def up_to_date(options: DemoOptions) -> Summary | None:
    """Return the summary of ``options.output`` when it holds exactly what the options ask for."""
    try:
        stamp = json.loads((options.output / STAMP).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None
    if any(stamp.get(key) != value for key, value in _identity(options).items()):
        return None
    return Summary(**stamp["summary"])


def _identity(options: DemoOptions) -> dict[str, object]:
    return {"generator_version": GENERATOR_VERSION, "schema": _SCHEMA, "options": options.content()}


def _stamp(options: DemoOptions, summary: Summary) -> str:
    return json.dumps({**_identity(options), "summary": asdict(summary)}, indent=2, ensure_ascii=False) + "\n"


def _summary(league: League, frames: dict[str, Frame], blemishes: dict[str, int], size: int) -> Summary:
    games = league.games
    first = np.datetime64(league.options.first_date or games.date[0].item(), "D")
    kept = games.date[games.date >= first]
    return Summary(
        seasons=[season_label(int(year)) for year in np.unique(games.season[games.date >= first])],
        first_game_date=str(kept[0]),
        last_game_night=str(league.last_night),
        last_night_played=league.last_night < league.today,
        games_on_last_night=int((kept == kept[-1]).sum()),
        players=len(league.players),
        rows={name: len(frames[name]) for name in sorted(frames)},
        bytes=size,
        blemishes=dict(sorted(blemishes.items())),
    )


def parse(argv: Sequence[str]) -> tuple[DemoOptions, bool]:
    """Parse the command line into options and whether to generate even when up to date.

    Raises:
        OptionsError: Some options are impossible.
    """
    default = DemoOptions()
    parser = argparse.ArgumentParser(prog="python -m demo.generate", description="Generate the demo warehouse.")
    parser.add_argument("--output", type=Path, default=default.output, help="folder of the warehouse (%(default)s)")
    parser.add_argument("--seed", type=int, default=default.seed, help="seed of every random stream (%(default)s)")
    parser.add_argument(
        "--seasons", type=int, default=default.seasons, help="seasons, the last is 2025-26 (%(default)s)"
    )
    parser.add_argument("--players", type=int, default=default.players, help="players of one league (%(default)s)")
    parser.add_argument("--scale", type=int, default=default.scale, help="multiplies the players (%(default)s)")
    parser.add_argument("--first_date", type=date.fromisoformat, help="first date kept in every dated table")
    parser.add_argument("--last_date", type=date.fromisoformat, help="the league's today: its games are not played yet")
    parser.add_argument("--expire", action="store_true", help="drop the partitions the warehouse would have dropped")
    parser.add_argument("--force", action="store_true", help="generate even when the folder is up to date")
    given = vars(parser.parse_args(argv))
    force: bool = given.pop("force")
    return DemoOptions(**given), force


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    try:
        options, force = parse(sys.argv[1:] if argv is None else argv)
        if not force and up_to_date(options) is not None:
            sys.stdout.write(f"{options.output} is up to date\n")
            return 0
        summary = generate(options, force=force)
    except (OptionsError, FileExistsError) as error:
        sys.stderr.write(f"demo.generate: {error}\n")
        return 2
    rows, size = sum(summary.rows.values()), summary.bytes / 1e6
    sys.stdout.write(
        f"{options.output}: {', '.join(summary.seasons)}; {summary.players} players; {rows} rows in "
        f"{len(summary.rows)} tables, {size:.0f} MB; last game night {summary.last_game_night} "
        f"({summary.games_on_last_night} games)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
