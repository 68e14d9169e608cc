"""The plots of ``docs/performance.md``, light and dark, and its section on growth, from recorded results.

    python -m benchmarks.plots

Each file holds the digest of the results that it shows, so that a test finds one that is stale.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.against_script import FLOOR, GRAPH, LOOP, SCRIPT, TWO_WORKERS, part_of
from benchmarks.bars import NIGHT, PAGE, SEASON, SLICE, with_section
from benchmarks.bars import RESULTS as BARS
from benchmarks.growth.cells import LIMIT, base_of
from benchmarks.processes import ROOT, conditions_line

IMAGES = ROOT / "docs" / "images"
GROWTH = ROOT / "benchmarks" / "growth.json"
DIGEST = "phase6-results"
"""The text chunk of a PNG that names what it was drawn from."""
SIDES = (SCRIPT, FLOOR, LOOP, GRAPH, TWO_WORKERS)


@dataclass(frozen=True)
class Theme:
    """Colours of a plot.

    Attributes:
        name: ``light`` or ``dark``, as a reader's screen is.
        ground: Behind everything.
        ink: Text and axes.
        faint: Grid.
        sides: One for each of ``SIDES``, told apart by brightness as well; other checkouts are faint.
    """

    name: str
    ground: str
    ink: str
    faint: str
    sides: tuple[str, ...]


THEMES = (
    Theme("light", "#ffffff", "#1f2328", "#d1d9e0", ("#59636e", "#b6bfc8", "#0969da", "#8250df", "#bf3989")),
    Theme("dark", "#0d1117", "#f0f6fc", "#3d444d", ("#9198a1", "#5b636d", "#4493f8", "#ab7df8", "#f778ba")),
)


def digest(*sources: Path) -> str:
    """Return the digest of what a plot shows."""
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def cost_series(results: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """Return CPU seconds by part and side, of the parts that the script takes part in."""
    parts = {part["name"]: part_of(part) for part in results["parts"]}
    return {
        name: {side: cost.cpu for side, cost in parts[name].costs.items()}
        for name in (NIGHT, SLICE, SEASON)
        if name in parts
    }


def growth_series(
    results: Iterable[Mapping[str, Any]], number: Callable[[Mapping[str, Any]], float]
) -> dict[str, list[tuple[float, float]]]:
    """Return (size, number as a multiple of the smallest case's) by axis and engine, in order of size.

    The smallest case is the first with enough documents (:func:`benchmarks.growth.cells.base_of`).
    """
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in results:
        found.setdefault(f"{one['axis']}, {one['engine']}", []).append(one)
    series = {}
    for name, points in found.items():
        base = number(base_of(points))
        series[name] = sorted((float(one["value"]), number(one) / base) for one in points)
    return series


def cpu_per_document(one: Mapping[str, Any]) -> float:
    """Return CPU seconds per document of a growth result, without those of a run that has nothing to do."""
    return float((one["cpu_seconds"] - one["start_seconds"]) / one["documents"])


def peak_memory(one: Mapping[str, Any]) -> float:
    """Return the peak memory of a growth result."""
    return float(one["peak_mib"])


def draw_costs(series: Mapping[str, Mapping[str, float]], theme: Theme, path: Path, stamp: str) -> None:
    """Draw CPU seconds of each side, a panel for each part."""
    figure, panels = _figure(len(series), theme)
    for axes, (part, costs) in zip(panels, series.items(), strict=True):
        colours = [theme.sides[SIDES.index(side)] if side in SIDES else theme.faint for side in costs]
        drawn = axes.barh(list(costs), list(costs.values()), color=colours)
        axes.bar_label(drawn, fmt="%.1f", padding=3, color=theme.ink)
        axes.invert_yaxis()
        axes.set_title(f"{part}: CPU seconds", color=theme.ink, loc="left", fontsize=10)
        axes.margins(x=0.18)
    _save(figure, theme, path, stamp)


def draw_growth(results: Sequence[Mapping[str, Any]], theme: Theme, path: Path, stamp: str) -> None:
    """Draw how CPU per document and peak memory change with size, as multiples of the smallest."""
    figure, panels = _figure(2, theme)
    titles = ("CPU per document", "peak memory")
    for axes, title, number in zip(panels, titles, (cpu_per_document, peak_memory), strict=True):
        for index, (name, points) in enumerate(sorted(growth_series(results, number).items())):
            smallest = points[0][0]
            axes.plot(
                [value / smallest for value, _ in points],
                [y for _, y in points],
                marker="o",
                label=name,
                color=theme.sides[index % len(theme.sides)],
                linestyle=("-", "--", ":")[index // len(theme.sides) % 3],
            )
        axes.axhline(LIMIT, color=theme.faint, linewidth=1.5)
        axes.set_xscale("log")
        axes.set_ylim(bottom=0)
        axes.set_title(f"{title}, × the smallest case", color=theme.ink, loc="left", fontsize=10)
        axes.set_xlabel("size, × the smallest case", color=theme.ink)
        axes.legend(frameon=False, labelcolor=theme.ink, fontsize=8)
    _save(figure, theme, path, stamp)


def _figure(panels: int, theme: Theme) -> tuple[Any, Sequence[Any]]:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, panels, figsize=(3.9 * max(2, panels), 3.0), layout="constrained", squeeze=False)
    figure.set_facecolor(theme.ground)
    for one in axes[0]:
        one.set_facecolor(theme.ground)
        one.tick_params(colors=theme.ink, labelsize=9)
        one.grid(axis="x", color=theme.faint, linewidth=0.6)
        one.set_axisbelow(True)
        for name, spine in one.spines.items():
            spine.set_visible(name in ("left", "bottom"))
            spine.set_color(theme.faint)
    return figure, axes[0]


def _save(figure: Any, theme: Theme, path: Path, stamp: str) -> None:
    from matplotlib import pyplot

    figure.savefig(path, dpi=130, facecolor=theme.ground, metadata={DIGEST: stamp, "Software": None})
    pyplot.close(figure)


def stamp_of(image: bytes) -> str:
    """Return the digest that a PNG holds; empty where it holds none."""
    position = 8
    while position < len(image):
        length = int.from_bytes(image[position : position + 4], "big")
        kind, content = image[position + 4 : position + 8], image[position + 8 : position + 8 + length]
        key, _, value = content.partition(b"\0")
        if kind == b"tEXt" and key.decode() == DIGEST:
            return value.decode()
        position += 12 + length
    return ""


def draw(images: Path = IMAGES) -> list[Path]:
    """Draw every plot whose results are recorded, and return the files."""
    drawn = []
    for theme in THEMES:
        path = images / f"cost-{theme.name}.png"
        draw_costs(cost_series(json.loads(BARS.read_text())), theme, path, digest(BARS))
        drawn.append(path)
        if GROWTH.exists():
            path = images / f"growth-{theme.name}.png"
            draw_growth(json.loads(GROWTH.read_text())["cells"], theme, path, digest(GROWTH))
            drawn.append(path)
    return drawn


def growth_section(results: Mapping[str, Any] | None) -> str:
    """Return what the page says of growth: plot and table; or that nothing is recorded."""
    if results is None:
        return "Not recorded yet."
    picture = (
        "<picture>\n"
        '  <source media="(prefers-color-scheme: dark)" srcset="images/growth-dark.png">\n'
        '  <img alt="CPU per document and peak memory, as multiples of the smallest case, against dates, seasons and '
        'players" src="images/growth-light.png">\n'
        "</picture>"
    )
    return f"{conditions_line(results)}\n\n{picture}\n\n{growth_table(results)}"


def growth_table(results: Mapping[str, Any]) -> str:
    """Return what each case cost beside the smallest, as a Markdown table, and what was left out."""
    measured = results["cells"]
    times = {
        number: {name: dict(points) for name, points in growth_series(measured, number).items()}
        for number in (cpu_per_document, peak_memory)
    }
    lines = [
        "| what grows | to | documents | CPU s | CPU ms a document | × smallest | peak MiB | × smallest |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in sorted(measured, key=lambda one: (one["axis"], one["engine"], one["value"])):
        name, value = f"{one['axis']}, {one['engine']}", float(one["value"])
        cpu, memory = times[cpu_per_document][name][value], times[peak_memory][name][value]
        lines.append(
            f"| {name} | {one['value']:,} | {one['documents']:,} | {one['cpu_seconds']:.1f} "
            f"| {1000 * cpu_per_document(one):.2f} | {_held(cpu)} | {peak_memory(one):.0f} | {_held(memory)} |"
        )
    table = "\n".join(lines)
    missing = ", ".join(results["left_out"])
    return f"{table}\n\nLeft out for want of time: {missing}." if missing else table


def _held(times: float) -> str:
    return f"**{times:.2f}**" if times > LIMIT else f"{times:.2f}"


def page_of(page: str) -> str:
    """Return the page of performance with its section on growth, from what is recorded."""
    return with_section(page, "growth", growth_section(json.loads(GROWTH.read_text()) if GROWTH.exists() else None))


def write_page() -> None:
    """Write the section on growth."""
    PAGE.write_text(page_of(PAGE.read_text()))


def main() -> None:
    """Draw, write the section on growth, and say what was drawn."""
    for path in draw():
        print(path.relative_to(ROOT))
    write_page()


if __name__ == "__main__":
    main()
