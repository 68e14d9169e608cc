"""How cost per document and peak memory change as history, dates and players grow.

    python -m benchmarks.growth                                  # everything, within --seconds
    python -m benchmarks.growth --axis=dates --engine=loop       # some cases
    python -m benchmarks.growth --record                         # and writes results, plots and docs/performance.md

The demo season is made larger (:mod:`benchmarks.growth.warehouses`) and whole processes are measured from outside.
Dates grow over four seasons of history, up to the last game night; history and players grow under the week up to it.
What an engine takes for a date long before any game is taken off before CPU is divided by documents: imports and a
plan are no part of how cost grows. Memory is that of the whole process.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

from benchmarks.against_script import ENDED, FOUR_TYPES, GRAPH, LOOP, published
from benchmarks.growth.cells import (
    DATES,
    PLAYERS,
    SEASONS,
    SIZES,
    Cell,
    Grown,
    cells,
    expected_seconds,
)
from benchmarks.plans import plan_of
from benchmarks.plots import GROWTH, draw, growth_table, write_page
from benchmarks.processes import ROOT, Cost, conditions, memory_folder, run

FLAGS = {LOOP: "--dates_in_process=1000", GRAPH: "--runner=DirectRunner"}
GRAPH_UP_TO = {SEASONS: 8, DATES: 165, PLAYERS: 10}
"""The largest sizes that the graph is measured at."""
DAYS = 7
"""Dates of a case whose history or players grow."""
SEASONS_OF_DATES = 4
"""Seasons of history under the axis of dates: as many as 660 dates with games need."""
MOST_DAYS = 400
"""The longest range of one request; more dates are several runs."""
BEFORE_GAMES = date(2015, 7, 1)
"""A date long before any game."""


def ranges(last: date, days: int) -> list[tuple[date, date]]:
    """Return the first and last date of the runs that some days need, of about equal length, oldest first."""
    runs = ceil(days / MOST_DAYS)
    ends = [last - timedelta(days=days * done // runs) for done in range(runs + 1)]
    return [(before + timedelta(days=1), end) for end, before in pairwise(ends)][::-1]


def added_up(costs: Sequence[Cost]) -> Cost:
    """Return what runs one after the other cost: their sums, and the memory of the largest."""
    return Cost(
        sum(cost.cpu for cost in costs),
        sum(cost.wall for cost in costs),
        max(cost.memory for cost in costs),
        sum(cost.documents for cost in costs),
    )


class Bench:
    """Runs cases, each over a warehouse that is made for it.

    Attributes:
        source: The demo season.
        folder: Where warehouses and documents go.
        night: The last game night.
        players: Of the demo season.
    """

    def __init__(self, source: Path, folder: Path, night: date, players: int) -> None:
        """Keep where to read and write, and make no warehouse yet."""
        self.source, self.folder, self.night, self.players = source, folder, night, players

    def start(self, engine: str) -> float:
        """Return the CPU seconds of an engine over a date without anything."""
        return self._run(self.source, BEFORE_GAMES, BEFORE_GAMES, engine).cpu

    def measure(self, cell: Cell, start: float, rounds: int) -> Grown:
        """Return what a case cost: the run with the least CPU."""
        days = cell.size if cell.axis == DATES else DAYS
        warehouse = self._warehouse(cell, self.night - timedelta(days=days - 1))
        runs = ranges(self.night, days)
        best = min(
            (added_up([self._run(warehouse, *dates, cell.engine) for dates in runs]) for _ in range(rounds)),
            key=lambda one: one.cpu,
        )
        value = cell.size * self.players if cell.axis == PLAYERS else cell.size
        return Grown(
            *(cell.axis, value, best.documents, round(best.cpu, 2), round(len(runs) * start, 2)),
            *(round(best.wall, 2), round(best.memory), cell.engine),
        )

    def _warehouse(self, cell: Cell, first: date) -> Path:
        """Return the warehouse of a case; those of players hold only the months that its dates read, for room."""
        seasons = {SEASONS: cell.size, DATES: SEASONS_OF_DATES, PLAYERS: 2}[cell.axis]
        copies = cell.size if cell.axis == PLAYERS else 1
        target = self.folder / f"warehouse-{cell.axis if cell.axis == PLAYERS else ''}-{seasons}-{copies}"
        if not target.exists():
            wanted = {
                f"{scan.table}:{scan.first}:{scan.last}" if cell.axis == PLAYERS and scan.first else scan.table
                for scan in plan_of(FOUR_TYPES, first, self.night).scans
            }
            newest = self.night.year if self.night.month >= 8 else self.night.year - 1
            command = [sys.executable, "-m", "benchmarks.growth.warehouses", str(self.source), str(target)]
            options = [f"--seasons={seasons}", f"--copies={copies}", f"--newest={newest}"]
            subprocess.run([*command, *options, *(f"--table={one}" for one in sorted(wanted))], cwd=ROOT, check=True)
        return target

    def _run(self, warehouse: Path, first: date, last: date, engine: str) -> Cost:
        output = self.folder / "output"
        command = [
            *(sys.executable, "-m", "pipeline.main", f"--warehouse={warehouse}", f"--output={output}"),
            *(f"--export_types={FOUR_TYPES}", f"--start_date={first}", f"--end_date={last}"),
            *(f"--generated_at={last}T17:00:00Z", FLAGS[engine]),
        ]
        try:
            return run(command, lambda: len(published(output)), ENDED)[0]
        finally:
            for written in self.folder.glob("output*"):
                shutil.rmtree(written)


def measure_all(
    bench: Bench, wanted: Iterable[Cell], starts: Mapping[str, float], rounds: int, left: Callable[[], float]
) -> Iterable[tuple[Cell, Grown | None]]:
    """Yield each case with what it cost, or with None where there is no time left for it."""
    took: list[tuple[Cell, float]] = []
    for cell in wanted:
        if expected_seconds(cell, took) > left():
            yield cell, None
            continue
        grown = bench.measure(cell, starts[cell.engine], rounds)
        took.append((cell, grown.wall_seconds * rounds))
        yield cell, grown


def main() -> None:
    """Measure, print, and record where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--axis", choices=SIZES, action="append", help="what grows; repeatable")
    parser.add_argument("--engine", choices=FLAGS, action="append", help="repeatable")
    parser.add_argument("--rounds", type=int, default=2, help="runs of each case")
    parser.add_argument("--seconds", type=float, default=2400, help="a case that may not end by then is left out")
    parser.add_argument("--record", action="store_true", help="write the results, the page and its plots")
    given = parser.parse_args()
    ends = time.monotonic() + given.seconds
    warehouse = given.warehouse.absolute()
    summary = json.loads((warehouse / "_demo.json").read_text())["summary"]
    under = conditions()
    results: dict[str, Any] = {**under, "cells": [], "left_out": []}
    engines = given.engine or list(FLAGS)
    with memory_folder() as folder:
        bench = Bench(warehouse, folder, date.fromisoformat(summary["last_game_night"]), summary["players"])
        starts = {engine: min(bench.start(engine) for _ in range(given.rounds)) for engine in engines}
        chosen = cells(given.axis or list(SIZES), engines, GRAPH_UP_TO)
        for cell, grown in measure_all(bench, chosen, starts, given.rounds, lambda: ends - time.monotonic()):
            if grown is None:
                results["left_out"].append(cell.name)
            else:
                results["cells"].append(asdict(grown))
            print(f"{'left out' if grown is None else 'measured'}: {cell.name}", file=sys.stderr, flush=True)
            if given.record:
                GROWTH.write_text(json.dumps(results, indent=2) + "\n")
    print(growth_table(results))
    if given.record:
        draw()
        write_page()


if __name__ == "__main__":
    main()
