"""Where the start of a command goes: seconds of imports by package, as ``python -X importtime`` tells.

python -m benchmarks.imports                # phase6 --help, a night in this process, and a night through Beam
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

from benchmarks.against_script import AS_GRAPH, FOUR_TYPES
from benchmarks.processes import ROOT, memory_folder

_LINE = re.compile(r"^import time: +(\d+) \| +\d+ \| *([\w.]+)$", re.M)
SHOWN = 12


def by_package(printed: str) -> Counter[str]:
    """Return the seconds of each package in what the interpreter printed, those of its modules together."""
    found: Counter[str] = Counter()
    for microseconds, module in _LINE.findall(printed):
        found[module.partition(".")[0]] += int(microseconds) / 1e6
    return found


def measure(arguments: list[str]) -> Counter[str]:
    """Run a command and return the seconds of its imports by package."""
    done = subprocess.run([sys.executable, "-X", "importtime", *arguments], cwd=ROOT, capture_output=True, text=True)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}; correct it first:\n{done.stderr}")
    return by_package(done.stderr)


def main() -> None:
    """Measure, and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    warehouse = parser.parse_args().warehouse.absolute()
    night = json.loads((warehouse / "_demo.json").read_text())["summary"]["last_game_night"]
    with memory_folder() as folder:
        export = [
            *("-m", "pipeline.main", f"--warehouse={warehouse}", f"--export_types={FOUR_TYPES}"),
            *(f"--target_date={night}", f"--generated_at={night}T17:00:00Z"),
        ]
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


if __name__ == "__main__":
    main()
