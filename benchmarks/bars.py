"""What the project promises of its cost, measured: each bar with its number, and whether it is met.

    python -m benchmarks.bars                             # everything, eight to ten minutes on two cores
    python -m benchmarks.bars --only=night --rounds=5     # one part, and the bars that it decides
    python -m benchmarks.bars --record                    # and writes results, tables and plots of docs/performance.md;
                                                          # with --only, of that part, beside what is recorded
    python -m benchmarks.bars --before=6b0b8a4:../before  # and what another commit costs, checked out there

CPU, time and memory are those of whole processes, imports included (:mod:`benchmarks.against_script`). Documents go to
a memory file system where there is one: the noise of a disk is larger than the differences.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from benchmarks.against_script import (
    DATED_TYPES,
    FLAGS,
    FLOOR,
    FOUR_TYPES,
    GRAPH,
    LOOP,
    RERUN,
    SCRIPT,
    TWO_WORKERS,
    VALIDATED,
    Part,
    measure,
    part_of,
    usual_side,
)
from benchmarks.processes import ROOT, conditions, run

RESULTS = ROOT / "benchmarks" / "bars.json"
PAGE = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"
NIGHT, SLICE, SEASON, DATED, CHECKED, HELP = "night", "slice", "season", "every dated type", "validation", "help"
PARTS = (HELP, NIGHT, SLICE, SEASON, DATED, CHECKED)
SLICE_DAYS = 28


@dataclass(frozen=True)
class Bar:
    """A promise.

    Attributes:
        what: What is promised.
        part: The part that decides it.
        limit: The number that it is held against.
        unit: Of the number.
        number: Computes it from the part.
        at_least: The number must not be smaller; otherwise it must not be larger.
    """

    what: str
    part: str
    limit: float
    unit: str
    number: Callable[[Part], float]
    at_least: bool = False

    def is_met(self, number: float) -> bool:
        """Return whether a number meets the bar; it is compared as it is, not as it is printed."""
        return number >= self.limit if self.at_least else number <= self.limit


def cpu_ratio(part: Part, side: str, to: str) -> float:
    """Return the CPU of a side as a multiple of another's."""
    return part.costs[side].cpu / part.costs[to].cpu


def _to_script(part: Part) -> float:
    return cpu_ratio(part, part.ours, SCRIPT)


def _to_floor(part: Part) -> float:
    return cpu_ratio(part, part.ours, FLOOR)


def _rerun(part: Part) -> float:
    return cpu_ratio(part, RERUN, part.ours)


def _faster_by_two(part: Part) -> float:
    return part.costs[GRAPH].wall / part.costs[TWO_WORKERS].wall


def _validated(part: Part) -> float:
    return cpu_ratio(part, VALIDATED, LOOP)


def _help_seconds(part: Part) -> float:
    return part.costs[part.ours].wall


BARS = (
    Bar("`phase6 --help`, wall seconds", HELP, 0.3, "s", _help_seconds),
    Bar("A night's CPU, to the script's", NIGHT, 3.0, "×", _to_script),
    Bar("A season's CPU, to the script's", SEASON, 2.0, "×", _to_script),
    Bar("All nine dated types of a season, CPU, to the floor", DATED, 2.0, "×", _to_floor),
    Bar("The same again with nothing changed, CPU, to the first run", DATED, 0.4, "×", _rerun),
    Bar("A season's wall time by one worker, to that by two", SEASON, 1.5, "×", _faster_by_two, at_least=True),
    Bar("Four weeks with every document validated, CPU, to without", CHECKED, 1.3, "×", _validated),
)


@dataclass(frozen=True)
class Found:
    """A bar, and what was measured.

    Attributes:
        what: What is promised.
        limit: As text.
        number: As text.
        is_met: Whether it is met.
    """

    what: str
    limit: str
    number: str
    is_met: bool


def judge(parts: Iterable[Part], bars: Sequence[Bar] = BARS) -> list[Found]:
    """Return every bar that some parts decide."""
    by_name = {part.name: part for part in parts}
    found = []
    for bar in bars:
        part = by_name.get(bar.part)
        if part is None or (bar.number is _faster_by_two and TWO_WORKERS not in part.costs):
            continue
        number = bar.number(part)
        sign = "≥" if bar.at_least else "≤"
        found.append(
            Found(bar.what, f"{sign} {bar.limit:.1f} {bar.unit}", f"{number:.2f} {bar.unit}", bar.is_met(number))
        )
    return found


def offers_two_workers(readme: str) -> bool:
    """Return whether the README offers several processes; a way that it does not offer has no bar."""
    return "--direct_running_mode=multi_processing" in readme


def measure_help(rounds: int) -> Part:
    """Measure the help of the command; its one line of usage counts as its document."""
    command = [sys.executable, "-c", "import sys; from pipeline.cli import main; sys.exit(main())", "--help"]
    best = min((run(command, lambda: 1)[0] for _ in range(rounds)), key=lambda cost: cost.wall)
    return Part(HELP, "", "", "", rounds, LOOP, {LOOP: best})


def measure_parts(
    warehouse: Path, night: date, names: Sequence[str], rounds: int, before: Mapping[str, Path]
) -> Iterable[Part]:
    """Yield the parts of some names as they are measured, each with what was measured and the load before."""
    for name in names:
        under = conditions()
        part = _measured(name, warehouse, night, rounds, before)
        yield replace(part, commit=under["commit"], load=under["load"])


def _measured(name: str, warehouse: Path, night: date, rounds: int, before: Mapping[str, Path]) -> Part:
    season = date(night.year - 1, 10, 21)
    start = night - timedelta(days=SLICE_DAYS - 1)
    fewer = max(1, rounds - 1)
    sides = (SCRIPT, LOOP, GRAPH, FLOOR)
    workers = (TWO_WORKERS,) if offers_two_workers(README.read_text()) else ()
    if name == HELP:
        return measure_help(2 * rounds)
    if name == NIGHT:
        return measure(NIGHT, FOUR_TYPES, warehouse, night, night, rounds, sides, before)
    if name == SLICE:
        return measure(SLICE, FOUR_TYPES, warehouse, start, night, fewer, sides, before)
    if name == SEASON:
        return measure(SEASON, FOUR_TYPES, warehouse, season, night, fewer, (*sides, *workers), before)
    if name == DATED:
        usual = usual_side(season, night)
        return measure(DATED, DATED_TYPES, warehouse, season, night, max(1, rounds - 2), (usual, FLOOR, RERUN), before)
    assert name == CHECKED
    return measure(CHECKED, DATED_TYPES, warehouse, start, night, fewer, (LOOP, VALIDATED))


def checkout(given: str) -> tuple[str, Path]:
    """Return name and folder of another checkout that is to be measured.

    Raises:
        argparse.ArgumentTypeError: It is none, or has the name of a side.
    """
    name, _, folder = given.partition(":")
    path = Path(folder).absolute()
    if not name or not folder or name in (SCRIPT, FLOOR, *FLAGS) or not (path / "pipeline" / "main.py").is_file():
        raise argparse.ArgumentTypeError(
            f"{given!r} is not a name, a colon and a checkout, so nothing can be measured there; make one with "
            "git worktree add ../before COMMIT, and name it as no side is named"
        )
    return name, path


def cost_table(parts: Iterable[Part]) -> str:
    """Return what each side of each part cost, as a Markdown table."""
    lines = [
        "| dates | side | documents | CPU s | wall s | peak MiB | CPU × script | CPU × floor |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for part in parts:
        if part.name == HELP:
            continue
        for side, cost in part.costs.items():
            ratios = [f"{cpu_ratio(part, side, to):.2f}" if to in part.costs else "" for to in (SCRIPT, FLOOR)]
            memory = f"{cost.memory:.0f}" if cost.memory else ""
            shown = f"**{side}**" if side == part.ours else side
            what = f"{part.name}: {part.dates}, best of {part.rounds}, `{part.commit}`"
            figures = f"{cost.documents:,} | {cost.cpu:.2f} | {cost.wall:.2f} | {memory} | {ratios[0]} | {ratios[1]}"
            lines.append(f"| {what} | {shown} | {figures} |")
    return "\n".join(lines)


def bar_table(found: Iterable[Found]) -> str:
    """Return the bars as a Markdown table."""
    lines = ["| bar | limit | measured | |", "|---|---|---|---|"]
    lines.extend(
        f"| {bar.what} | {bar.limit} | {bar.number} | {'met' if bar.is_met else '**missed**'} |" for bar in found
    )
    return "\n".join(lines)


def with_section(page: str, name: str, made: str) -> str:
    """Return a page with something else between the marks of a section.

    Raises:
        ValueError: The page does not have both marks once.
    """
    begin, end = f"<!-- {name}: written by a command, do not edit -->", f"<!-- end of {name} -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        raise ValueError(f"the page needs {begin!r} and {end!r} once each, so that what is between them can be written")
    before, _, rest = page.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}\n\n{made}\n\n{end}{after}"


def page_of(page: str, results: Mapping[str, object]) -> str:
    """Return the page of performance with the tables of some results."""
    recorded = results["parts"]
    assert isinstance(recorded, list)
    parts = [part_of(one) for one in recorded]
    page = with_section(page, "bars", f"{machine_line(results, parts)}\n\n{bar_table(judge(parts))}")
    return with_section(page, "costs", cost_table(parts))


def machine_line(results: Mapping[str, object], parts: Sequence[Part]) -> str:
    """Return on what some parts were measured, as a sentence."""
    loads = sorted({float(part.load) for part in parts})
    load = f"{loads[0]:.1f}" if len(loads) == 1 else f"{loads[0]:.1f} to {loads[-1]:.1f}"
    commits = ", ".join(f"`{commit}`" for commit in sorted({part.commit for part in parts}))
    return f"Commit {commits}; {results['machine']}; load {load} before each part; files in {results['files']}."


def with_parts(results: Mapping[str, object], parts: Iterable[Part], machine: Mapping[str, str]) -> dict[str, object]:
    """Return recorded results with some parts measured anew, in the order of ``PARTS``."""
    recorded = results.get("parts", [])
    assert isinstance(recorded, list)
    by_name = {one["name"]: one for one in recorded} | {part.name: asdict(part) for part in parts}
    found = [by_name[name] for name in PARTS if name in by_name]
    return {"machine": machine["machine"], "files": machine["files"], "parts": found}


def main() -> None:
    """Measure, print, and record where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, default=Path(".demo/warehouse"), help="a demo season")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; repeatable")
    parser.add_argument("--rounds", type=int, default=3, help="turns of a night; longer parts take fewer")
    parser.add_argument("--record", action="store_true", help="write the results, the page and its plots")
    parser.add_argument(
        "--before", type=checkout, action="append", default=[], metavar="NAME:FOLDER", help="a checkout; repeatable"
    )
    arguments = parser.parse_args()
    warehouse = arguments.warehouse.absolute()
    night = date.fromisoformat(json.loads((warehouse / "_demo.json").read_text())["summary"]["last_game_night"])
    under = conditions()
    results: dict[str, object] = {}
    for part in measure_parts(warehouse, night, arguments.only or PARTS, arguments.rounds, dict(arguments.before)):
        print(f"measured: {part.name}", file=sys.stderr, flush=True)
        results = with_parts(results, [part], under)
        if arguments.record:
            record([part], under)
    parts = [part_of(one) for one in results["parts"]]  # type: ignore[attr-defined]
    print(f"{machine_line(results, parts)}\n\n{bar_table(judge(parts))}\n\n{cost_table(parts)}")


def record(parts: Iterable[Part], machine: Mapping[str, str]) -> None:
    """Write parts beside those that are recorded, the page and its plots."""
    # What draws reads the constants of this module.
    from benchmarks.plots import draw

    recorded = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results = with_parts(recorded, parts, machine)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    PAGE.write_text(page_of(PAGE.read_text(), results))
    draw()


if __name__ == "__main__":
    main()
