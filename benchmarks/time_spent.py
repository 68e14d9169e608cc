"""Where the time of a run goes: seconds of imports by package, and the CPU of a season by layer.

    python -m benchmarks.time_spent             # phase6 --help, a night in this process, one through Beam, and a season
    python -m benchmarks.time_spent --record    # and writes the layers of the season into docs/performance.md

Imports are those that ``python -X importtime`` tells. Layers are sampled: the operating system interrupts a run in
process each time that it has used some CPU, and the innermost function of the project at work then has that time.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from types import FrameType

from benchmarks.against_script import AS_GRAPH, DATED_TYPES, FOUR_TYPES, IN_PROCESS
from benchmarks.bars import PAGE, with_section
from benchmarks.processes import ROOT, conditions, memory_folder

_LINE = re.compile(r"^import time: +(\d+) \| +\d+ \| *([\w.]+)$", re.M)
SHOWN = 12
EVERY = 0.002
"""CPU seconds from one sample to the next."""
LAYERS: Mapping[str, tuple[str, ...]] = {
    "start, options and plan": ("pipeline/",),
    "reading columns and counting rows": ("transforms/warehouses/", "transforms/live_feed/", "transforms/reading/"),
    "rows as Python objects": ("transforms/reading/decoding.py",),
    "passing on: players, dates, cards": ("pipeline/execution/in_process.py", "transforms/"),
    "exact arithmetic, running totals, runs": (
        "exporters/league/arithmetic/",
        "exporters/league/players/box_scores.py",
        "exporters/league/forecasts/runs.py",
    ),
    "other facts: choosing rows, looking up dates": ("exporters/league/", "exporters/warehouse/", "exporters/config/"),
    "values of documents and cards, field by field": ("exporters/",),
    "serialising and digests": ("transforms/elements/document.py",),
    "writing files": ("transforms/stores/",),
    "guard, leases, manifests, status": ("transforms/publishing/", "transforms/history/", "transforms/status_page/"),
}
"""Layers of a run in process, each with what the paths of its modules begin with; the longest beginning decides."""
OTHER = "the interpreter and libraries, outside of all"


def by_package(printed: str) -> Counter[str]:
    """Return the seconds of each package in what the interpreter printed, those of its modules together."""
    found: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(printed):
        found[module.partition(".")[0]] += int(microseconds) / 1e6
    return found


def measure(arguments: list[str]) -> Counter[str]:
    """Run a command and return the seconds of its imports by package."""
    return by_package(_run(["-X", "importtime", *arguments]).stderr)


def layer_of(path: str) -> str:
    """Return the layer of a module, by its path below the checkout."""
    beginnings = [(len(start), name) for name, starts in LAYERS.items() for start in starts if path.startswith(start)]
    return max(beginnings)[1] if beginnings else OTHER


def shares(arguments: Sequence[str]) -> dict[str, float]:
    """Run an export in this process, and return the share of its CPU of each layer, the largest first."""
    from pipeline.cli import door

    samples: Counter[str] = Counter()
    root = f"{ROOT}/"

    def sample(_signal: int, frame: FrameType | None) -> None:
        while frame is not None:
            path = frame.f_code.co_filename
            if path.startswith(root) and (layer := layer_of(path[len(root) :])) != OTHER:
                break
            frame = frame.f_back
        samples[OTHER if frame is None else layer] += 1

    signal.signal(signal.SIGPROF, sample)
    signal.setitimer(signal.ITIMER_PROF, EVERY, EVERY)
    with contextlib.redirect_stdout(io.StringIO()):
        door(arguments)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return {name: number / samples.total() for name, number in samples.most_common()}


def layers_table(seasons: Mapping[str, Mapping[str, float]]) -> str:
    """Return the shares of each layer in some seasons as a Markdown table, in the order of the first one."""
    first, *_ = seasons.values()
    lines = [f"| layer | {' | '.join(seasons)} |", f"|---|{'---|' * len(seasons)}"]
    lines += [
        f"| {name} | {' | '.join(f'{100 * found.get(name, 0):.0f} %' for found in seasons.values())} |"
        for name in first
    ]
    return "\n".join(lines)


def _run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}; correct it first:\n{done.stderr}")
    return done


def main() -> None:
    """Measure, print it, and record it where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--first", type=date.fromisoformat, default=date(2025, 10, 21), help="first date of the season")
    parser.add_argument("--record", action="store_true", help="write the layers into docs/performance.md")
    parser.add_argument("--sampled", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.sampled is not None:
        print(json.dumps(shares(given.sampled)))
        return
    warehouse = given.warehouse.absolute()
    night = json.loads((warehouse / "_demo.json").read_text())["summary"]["last_game_night"]
    common = [f"--warehouse={warehouse}", f"--generated_at={night}T17:00:00Z"]
    with memory_folder() as folder:
        export = ["-m", "pipeline.main", *common, f"--export_types={FOUR_TYPES}", f"--target_date={night}"]
        commands = {
            "phase6 --help": ["-c", "import sys; from pipeline.cli import main; sys.exit(main())", "--help"],
            "a night in this process": [*export, f"--output={folder}/loop"],
            "a night through Beam": [*export, f"--output={folder}/graph", AS_GRAPH],
        }
        for title, arguments in commands.items():
            found = measure(arguments)
            print(f"\n{title}: {sum(found.values()):.2f} s of imports, slowed by counting them")
            for package, seconds in found.most_common(SHOWN):
                print(f"  {package:24} {seconds:6.3f} s")
        season = [*common, f"--start_date={given.first}", f"--end_date={night}", IN_PROCESS]
        seasons = {
            title: json.loads(
                _run(
                    [
                        *("-m", "benchmarks.time_spent", "--sampled", *season),
                        *(f"--export_types={types}", f"--output={folder}/{number}"),
                    ]
                ).stdout
            )
            for number, (title, types) in enumerate({"four types": FOUR_TYPES, "nine dated types": DATED_TYPES}.items())
        }
    table = layers_table(seasons)
    print(f"\nCPU of a season in this process, by layer:\n\n{table}")
    if given.record:
        told = f"Commit `{conditions()['commit']}`; shares of the CPU of a season run in process.\n\n{table}"
        PAGE.write_text(with_section(PAGE.read_text(), "layers", told))


if __name__ == "__main__":
    main()
