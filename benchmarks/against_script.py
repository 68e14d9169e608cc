"""The same dates by several sides: the script of :mod:`benchmarks.script`, the plain loop, the graph, and the floor.

Each side is a process that is started from outside, in turn, because machines drift, on the same dates, for the same
types; the run with the least CPU counts. Every document of ours must be the script's, byte for byte, and the loop's the
graph's. :mod:`benchmarks.bars` says what is measured, and holds it against the bars.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from benchmarks.processes import ROOT, Cost, memory_folder, run

FOUR_TYPES = "predictions,streaks,tonight,tonight-players"
DATED_TYPES = (
    "best-bets,daily-signals,player-game-report,predictions,results,streaks,subset-picks,tonight,tonight-players"
)
"""The nine types with a document per date that a season of 74,687 documents is of; the trends of the site aside."""
LOOP, GRAPH, SCRIPT, FLOOR, RERUN, TWO_WORKERS, VALIDATED = (
    *("loop", "graph", "script", "floor", "rerun", "two workers", "validated"),
)
IN_PROCESS, AS_GRAPH = "--dates_in_process=400", "--runner=DirectRunner"
FLAGS: Mapping[str, Sequence[str]] = {
    LOOP: (IN_PROCESS,),
    GRAPH: (AS_GRAPH,),
    RERUN: (),
    TWO_WORKERS: (AS_GRAPH, "--direct_running_mode=multi_processing", "--direct_num_workers=2"),
    VALIDATED: (IN_PROCESS, "--validate"),
}
"""What makes a run of ours that side."""
ENDED = (0, 1)
"""Exit codes of ours that are no failure: a date of the demo season is withheld."""


@dataclass(frozen=True)
class Part:
    """One measured range of dates.

    Attributes:
        name: ``night``, ``slice`` and so on.
        types: Export types or groups, separated by commas.
        first: The first date.
        last: The last date.
        rounds: How often each side ran.
        ours: The side that the command is where neither engine nor dates in process are named.
        costs: The cheapest run of each side, by CPU.
        commit: What was measured.
        load: Of the machine before the first run.
    """

    name: str
    types: str
    first: str
    last: str
    rounds: int
    ours: str
    costs: Mapping[str, Cost]
    commit: str = ""
    load: str = ""

    @property
    def dates(self) -> str:
        """The dates, as a person reads them."""
        return self.first if self.first == self.last else f"{self.first} to {self.last}"


def usual_side(first: date, last: date) -> str:
    """Return the side that the command is for some dates where no option chooses one."""
    from pipeline.options.option_table import BY_NAME

    most = int(BY_NAME["dates_in_process"].default or 0)
    return LOOP if (last - first).days + 1 <= most else GRAPH


def measure(
    name: str,
    types: str,
    warehouse: Path,
    first: date,
    last: date,
    rounds: int,
    sides: Sequence[str],
    checkouts: Mapping[str, Path] | None = None,
) -> Part:
    """Run the sides in turn, and return the cheapest run of each.

    A side that needs the documents of another one comes after it: the floor and the rerun after what the command
    usually is.

    Args:
        name: Of the part.
        types: Export types or groups, separated by commas.
        warehouse: A demo season.
        first: The first date.
        last: The last date.
        rounds: How often each side runs.
        sides: What runs.
        checkouts: Other commits, by the side that each becomes: the command, as it is there.
    """
    ours, checkouts = usual_side(first, last), checkouts or {}
    found: dict[str, list[Cost]] = {side: [] for side in (*sides, *checkouts)}
    for number in range(rounds):
        with memory_folder() as folder:
            for side in found:
                checkout = checkouts.get(side, ROOT)
                found[side].append(_run(side, ours, types, warehouse, folder, first, last, checkout))
            if number == 0:
                compare(sides, folder)
    best = {side: min(costs, key=lambda cost: cost.cpu) for side, costs in found.items()}
    return Part(name, types, str(first), str(last), rounds, ours, best)


def _run(
    side: str, ours: str, types: str, warehouse: Path, folder: Path, first: date, last: date, checkout: Path
) -> Cost:
    """Run one side, which writes into the folder of its name below ``folder``."""
    output = folder / side
    python = [sys.executable, "-m"]
    if side == SCRIPT:
        command = [*python, "benchmarks.script", str(warehouse), str(output), str(first), str(last)]
        return run(command, lambda: sum(1 for _ in dated_documents(output)))[0]
    if side == FLOOR:
        places = [str(warehouse), str(folder / ours), str(output), str(first), str(last)]
        _, printed = run([*python, "benchmarks.floor", *places, types], lambda: len(published(folder / ours)))
        inside = json.loads(printed)
        return Cost(inside["cpu"], inside["wall"], 0.0, inside["documents"])
    flags = FLAGS.get(side, ())
    if side == RERUN:
        output, flags = folder / ours, FLAGS[ours]
    command = [
        *(*python, "pipeline.main", f"--warehouse={warehouse}", f"--output={output}", f"--export_types={types}"),
        *(f"--start_date={first}", f"--end_date={last}", f"--generated_at={last}T17:00:00Z", *flags),
    ]
    return run(command, lambda: len(published(output)), ENDED, checkout)[0]


def published(output: Path) -> list[str]:
    """Return the paths of the documents that the manifests beside a folder list, pointers aside.

    Raises:
        RuntimeError: A type failed: what is not built costs nothing.
    """
    found: list[str] = []
    for manifest in sorted((output.parent / f"{output.name}-control" / "manifest").glob("*.json")):
        for name, section in json.loads(manifest.read_bytes())["exports"].items():
            if section["state"] == "failed":
                raise RuntimeError(
                    f"{name} of {manifest.stem} failed, so what the run cost says nothing: {section['reason']}; is the "
                    "demo season older than the code? make demo writes it anew"
                )
            found.extend(section["documents"])
    return found


def compare(sides: Sequence[str], folder: Path) -> None:
    """Compare what the sides of one turn wrote below a folder.

    Raises:
        RuntimeError: Documents differ.
    """
    if SCRIPT in sides and LOOP in sides:
        check_same(folder / LOOP, folder / SCRIPT)
    if GRAPH in sides and LOOP in sides:
        _check(folder / LOOP, folder / GRAPH, GRAPH, published(folder / LOOP), Path.read_bytes)


def check_same(ours: Path, script: Path) -> None:
    """Compare the documents of ours and of the script.

    The script may have more: it has no gates, and writes the dates that they withhold. It does not read the rows that
    pause picks, so that what a document says of a pause is left out.

    Raises:
        RuntimeError: It lacks a document, or has other bytes.
    """
    _check(ours, script, SCRIPT, [str(path.relative_to(ours)) for path in dated_documents(ours)], _without_pause)


def _check(ours: Path, other: Path, side: str, paths: Sequence[str], content: Callable[[Path], bytes]) -> None:
    differing = [path for path in paths if not (other / path).exists() or content(other / path) != content(ours / path)]
    if differing:
        shown = ", ".join(sorted(differing)[:5])
        raise RuntimeError(
            f"{len(differing)} documents of the {side} are not ours, so their costs say nothing: {shown}; correct it"
        )


def dated_documents(output: Path) -> Iterator[Path]:
    """Yield the dated documents of the four types, without pointers and what is said of the run."""
    for pattern in ("predictions/2*.json", "streaks/2*.json", "tonight/2*.json", "tonight/player/2*/*.json"):
        yield from output.glob(pattern)


def _without_pause(document: Path) -> bytes:
    return re.sub(rb'"halt_active": [^}]*', b"", document.read_bytes())


def part_of(recorded: Mapping[str, object]) -> Part:
    """Return a part that was recorded as JSON."""
    costs = recorded["costs"]
    assert isinstance(costs, Mapping)
    part = Part(**{**recorded, "costs": {}})  # type: ignore[arg-type]
    return replace(part, costs={side: Cost(**cost) for side, cost in costs.items()})
