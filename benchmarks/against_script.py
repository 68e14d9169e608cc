"""What we cost beside the script of :mod:`benchmarks.script`: CPU, wall and peak memory of whole processes.

Both are started from outside, in turn, because machines drift, on the same dates, for the same four types; the run with
the least CPU counts. Every document of ours must be the script's, byte for byte. Documents go to a memory file system
where there is one: the noise of a disk is larger than the difference.

    python -m benchmarks.against_script                          # prints the table
    python -m benchmarks.against_script --only=night --rounds=5
    python -m benchmarks.against_script --record                 # and writes results.json and docs/performance.md
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "script" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
TYPES = "predictions,streaks,tonight,tonight-players"
BEGIN, END = "<!-- the table of benchmarks/script/results.json -->", "<!-- end of the table -->"
SLICE_DAYS = 28
ROOM = 2 << 30
"""Bytes that a memory file system must have free."""


@dataclass(frozen=True)
class Cost:
    """One process, seen from outside.

    Attributes:
        cpu: CPU seconds, of user and system.
        wall: Seconds.
        memory: Peak resident memory in MiB.
        documents: Dated documents that it wrote.
    """

    cpu: float
    wall: float
    memory: float
    documents: int


@dataclass(frozen=True)
class Part:
    """One measured range of dates.

    Attributes:
        name: ``night``, ``slice`` or ``season``.
        first: The first date.
        last: The last date.
        rounds: How often each side ran.
        ours: The cheapest of our runs.
        script: The cheapest of the script's.
    """

    name: str
    first: str
    last: str
    rounds: int
    ours: Cost
    script: Cost


def commands(warehouse: Path, output: Path, first: date, last: date) -> dict[str, list[str]]:
    """Return the command line of each side."""
    python = [sys.executable, "-m"]
    return {
        "ours": [
            *(*python, "pipeline.main", f"--warehouse={warehouse}", f"--output={output}", f"--export_types={TYPES}"),
            *(f"--start_date={first}", f"--end_date={last}", f"--generated_at={last}T17:00:00Z"),
        ],
        "script": [*python, "benchmarks.script", str(warehouse), str(output), str(first), str(last)],
    }


def run(command: Sequence[str], output: Path) -> Cost:
    """Run a command and return what it cost.

    Raises:
        RuntimeError: It wrote no document. An exit code of 1 is none: a date of the demo season is withheld.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=said)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        documents = sum(1 for _ in dated_documents(output))
        if process.returncode not in (0, 1) or not documents:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{said.read().decode()}")
    return Cost(used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024, documents)


def dated_documents(output: Path) -> Iterable[Path]:
    """Yield the dated documents of the four types, without pointers and what is said of the run."""
    for pattern in ("predictions/2*.json", "streaks/2*.json", "tonight/2*.json", "tonight/player/2*/*.json"):
        yield from output.glob(pattern)


def measure(name: str, warehouse: Path, first: date, last: date, rounds: int) -> Part:
    """Run both sides in turn and return the cheapest run of each, by CPU."""
    found: dict[str, list[Cost]] = {"script": [], "ours": []}
    for _ in range(rounds):
        folder = Path(tempfile.mkdtemp(dir=_memory()))
        try:
            for side, costs in found.items():
                output = folder / side
                costs.append(run(commands(warehouse, output, first, last)[side], output))
            check_same(folder / "ours", folder / "script")
        finally:
            shutil.rmtree(folder)
    best = {side: min(costs, key=lambda cost: cost.cpu) for side, costs in found.items()}
    return Part(name, str(first), str(last), rounds, best["ours"], best["script"])


def check_same(ours: Path, script: Path) -> None:
    """Compare the documents of both sides.

    The script may have more: it has no gates, and writes the dates that they withhold. It does not read the rows that
    pause picks, so that what a document says of a pause is left out.

    Raises:
        RuntimeError: It lacks a document, or has other bytes.
    """
    differing = []
    for document in dated_documents(ours):
        other = script / document.relative_to(ours)
        if not other.exists() or _without_pause(other) != _without_pause(document):
            differing.append(str(document.relative_to(ours)))
    if differing:
        shown = ", ".join(sorted(differing)[:5])
        raise RuntimeError(
            f"{len(differing)} documents of the script are not ours, so their costs say nothing: {shown}; correct it"
        )


def _without_pause(document: Path) -> bytes:
    return re.sub(rb'"halt_active": [^}]*', b"", document.read_bytes())


def _memory() -> str | None:
    """Return the folder of a memory file system with room; None for the usual temporary folder."""
    shared = "/dev/shm"
    return shared if os.path.isdir(shared) and shutil.disk_usage(shared).free >= ROOM else None


def table(results: Mapping[str, object]) -> str:
    """Return results as a Markdown table with a line that says of what they are."""
    parts = results["parts"]
    assert isinstance(parts, list)
    lines = [
        f"Commit `{results['commit']}`, {results['machine']}; load {results['load']} before the first run; "
        f"documents in {results['files']}.",
        "",
        "| dates | side | documents | CPU s | wall s | peak MiB | CPU × script |",
        "|---|---|---|---|---|---|---|",
    ]
    for part in parts:
        dates = part["first"] if part["first"] == part["last"] else f"{part['first']} to {part['last']}"
        for side in ("script", "ours"):
            cost = part[side]
            ratio = cost["cpu"] / part["script"]["cpu"]
            lines.append(
                f"| {part['name']}: {dates}, best of {part['rounds']} | {side} | {cost['documents']:,} "
                f"| {cost['cpu']:.2f} | {cost['wall']:.2f} | {cost['memory']:.0f} | {ratio:.1f} |"
            )
    return "\n".join(lines)


def with_table(page: str, made: str) -> str:
    """Return a page with another table between its marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{made}\n\n{END}{after}"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--only", choices=("night", "slice", "season"), action="append", help="a part; repeatable")
    parser.add_argument("--rounds", type=int, default=3, help="turns of a night; longer parts take one less")
    parser.add_argument("--record", action="store_true", help="write the results and the page")
    arguments = parser.parse_args()
    warehouse = arguments.warehouse.absolute()
    night = date.fromisoformat(json.loads((warehouse / "_demo.json").read_text())["summary"]["last_game_night"])
    firsts = {
        "night": night,
        "slice": night - timedelta(days=SLICE_DAYS - 1),
        "season": date(night.year - 1, 10, 21),
    }
    from pipeline.version import code_version

    results = {
        "commit": code_version(),
        "machine": f"{os.cpu_count()} cores, Python {platform.python_version()}",
        "load": f"{os.getloadavg()[0]:.1f}",
        "files": "a memory file system" if _memory() else "the temporary folder",
        "parts": [
            asdict(measure(name, warehouse, first, night, max(1, arguments.rounds - (name != "night"))))
            for name, first in firsts.items()
            if not arguments.only or name in arguments.only
        ],
    }
    print(table(results))
    if arguments.record:
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")
        PAGE.write_text(with_table(PAGE.read_text(), table(results)))


if __name__ == "__main__":
    main()
