"""What the engine costs: a night, a season and a backfill through Beam, against a plain loop over the same functions.

Every measurement is a process of its own, so that imports count and peak memory is that of one run. Beam and the plain
loop take turns, because machines drift; ratios are of the fastest of each.

    python -m benchmarks.export                  # everything
    python -m benchmarks.export --only=night     # one part
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from demo.generate import generate
from demo.options import DemoOptions

WORKER = [sys.executable, "-m", "benchmarks.one_run"]
NIGHT_TYPES = "predictions,streaks,tonight,tonight-players"
DATED_TYPES = "backfill"
"""The group of every type that has a document per date."""


@dataclass(frozen=True)
class Figure:
    """One run, measured from the outside.

    Attributes:
        wall: Seconds, imports included.
        work: Seconds, imports excluded.
        cpu: CPU seconds of the process, imports included.
        memory: Peak resident memory in MiB.
        documents: Documents published.
        failed: Documents that could not be built or written.
    """

    wall: float
    work: float
    cpu: float
    memory: float
    documents: int
    failed: int

    @property
    def pace(self) -> float:
        """Documents per second, imports excluded."""
        return self.documents / self.work


def measure(
    engine: str, warehouse: Path, first: str, last: str, types: str = NIGHT_TYPES, *, validate: bool = False
) -> Figure:
    """Run one export into an empty folder and return what it took."""
    with tempfile.TemporaryDirectory() as output:
        command = [*WORKER, engine, str(warehouse), output, first, last, types, *(["validate"] if validate else [])]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return Figure(**json.loads(done.stdout.splitlines()[-1]))


def compare(
    title: str, warehouse: Path, first: str, last: str, rounds: int, types: str = NIGHT_TYPES
) -> dict[str, Figure]:
    """Measure Beam and the plain loop in turn, print both and their ratio, and return the fastest of each."""
    figures: dict[str, list[Figure]] = {"beam": [], "plain": []}
    for _ in range(rounds):
        for engine, found in figures.items():
            found.append(measure(engine, warehouse, first, last, types))
    best = {engine: min(found, key=_work) for engine, found in figures.items()}
    print(f"\n{title}: {first} to {last}, {best['beam'].documents:,} documents, best of {rounds}")
    for engine, figure in best.items():
        print(
            f"  {engine:5}  {figure.wall:6.2f} s wall  {figure.work:6.2f} s without imports  {figure.cpu:6.2f} s CPU  "
            f"{figure.memory:6.0f} MiB  {figure.pace:7,.0f} documents/s"
        )
    print(f"  beam / plain: {best['beam'].work / best['plain'].work:.2f} x without imports")
    return best


def _work(figure: Figure) -> float:
    return figure.work


def main() -> None:
    """Run the benchmarks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--only", choices=("night", "season", "backfill", "history"), help="one part")
    parser.add_argument("--rounds", type=int, default=3, help="turns; the fastest of each engine counts")
    arguments = parser.parse_args()
    summary = json.loads((arguments.warehouse / "_demo.json").read_text())["summary"]
    night = summary["last_game_night"]
    if arguments.only in (None, "night"):
        best = compare("A night", arguments.warehouse, night, night, arguments.rounds)
        print(f"  bars: {best['beam'].wall:.1f} s wall of 6; {best['beam'].work / best['plain'].work:.2f} x of 3")
    if arguments.only in (None, "season"):
        first = f"{int(night[:4]) - 1}-10-21"
        best = compare("A season", arguments.warehouse, first, night, max(1, arguments.rounds - 1))
        print(f"  bars: {best['beam'].work / best['plain'].work:.2f} x of 1.3; {best['beam'].memory:.0f} MiB of 1536")
    if arguments.only in (None, "backfill"):
        compare_backfill(arguments.warehouse, f"{int(night[:4]) - 1}-10-21", night, max(1, arguments.rounds - 1))
    if arguments.only in (None, "history"):
        compare_history(arguments.warehouse, night, arguments.rounds)


def compare_backfill(warehouse: Path, first: str, last: str, rounds: int) -> None:
    """Measure a season of every dated type, and check each of its documents against its schema once."""
    best = compare("A season of every dated type", warehouse, first, last, rounds, DATED_TYPES)
    checked = measure("beam", warehouse, first, last, DATED_TYPES, validate=True)
    beam, ratio = best["beam"], best["beam"].work / best["plain"].work
    print(f"  bars: {ratio:.2f} x of 1.3; {beam.memory:.0f} MiB of 2048; {beam.pace:,.0f} of 700 documents/s")
    print(f"  checked against the schemas: {checked.documents:,} documents, {checked.failed} failed")


def compare_history(two_seasons: Path, night: str, rounds: int) -> None:
    """Measure a night over four seasons of history against two."""
    folder = Path(tempfile.mkdtemp())
    try:
        four_seasons = folder / "warehouse"
        generate(DemoOptions(output=four_seasons, seasons=4))
        two: list[Figure] = []
        four: list[Figure] = []
        for _ in range(rounds):
            two.append(measure("beam", two_seasons, night, night))
            four.append(measure("beam", four_seasons, night, night))
        ratio = min(map(_work, four)) / min(map(_work, two))
        print(f"\nFour seasons of history: {min(map(_work, four)):.2f} s, two: {min(map(_work, two)):.2f} s")
        print(f"  bars: {ratio:.2f} x of 1.5")
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    main()
