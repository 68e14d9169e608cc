from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.bars import PAGE
from benchmarks.bars import RESULTS as BARS
from benchmarks.plots import (
    GROWTH,
    IMAGES,
    SIDES,
    THEMES,
    cost_series,
    cpu_per_document,
    digest,
    draw_costs,
    draw_growth,
    growth_section,
    growth_series,
    page_of,
    peak_memory,
    stamp_of,
)

GROWN: list[dict[str, Any]] = [
    {
        "axis": "dates",
        "value": 7,
        "documents": 100,
        "cpu_seconds": 6.0,
        "start_seconds": 1.0,
        "peak_mib": 300,
        "engine": "loop",
    },
    {
        "axis": "dates",
        "value": 1,
        "documents": 10,
        "cpu_seconds": 2.0,
        "start_seconds": 1.0,
        "peak_mib": 200,
        "engine": "loop",
    },
    {
        "axis": "players",
        "value": 481,
        "documents": 10,
        "cpu_seconds": 2.0,
        "start_seconds": 1.0,
        "peak_mib": 200,
        "engine": "graph",
    },
]

CONDITIONS = {"commit": "0123456", "machine": "2 cores", "load": "0.1", "files": "a memory file system"}


def test_growth_is_a_multiple_of_the_smallest_case_in_order_of_size() -> None:
    assert growth_series(GROWN, cpu_per_document)["dates, loop"] == [(1.0, 1.0), (7.0, 0.5)]
    assert growth_series(GROWN, peak_memory) == {
        "dates, loop": [(1.0, 1.0), (7.0, 1.5)],
        "players, graph": [(481.0, 1.0)],
    }


def test_what_a_run_takes_with_nothing_to_do_is_no_cost_of_a_document() -> None:
    assert cpu_per_document({"cpu_seconds": 3.0, "start_seconds": 2.0, "documents": 4}) == 0.25


def test_growth_is_held_against_the_smallest_case_with_enough_documents() -> None:
    few = {**GROWN[1], "documents": 295}
    enough = {**GROWN[0], "documents": 1600, "peak_mib": 400}
    most = {**enough, "value": 30, "peak_mib": 600}
    assert growth_series([most, few, enough], peak_memory) == {"dates, loop": [(1.0, 0.5), (7.0, 1.0), (30.0, 1.5)]}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_side_has_a_colour_of_its_own(theme: Any) -> None:
    assert len(set(theme.sides)) == len(SIDES)
    assert not {theme.ground, theme.ink} & set(theme.sides)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_plot_says_what_it_was_drawn_from(tmp_path: Path, theme: Any) -> None:
    costs, growth = tmp_path / "costs.png", tmp_path / "growth.png"
    draw_costs({"night": {"script": 1.0, "loop": 2.5}}, theme, costs, "one")
    draw_growth(GROWN, theme, growth, "two")
    assert (stamp_of(costs.read_bytes()), stamp_of(growth.read_bytes())) == ("one", "two")


@pytest.mark.parametrize("theme", [theme.name for theme in THEMES])
@pytest.mark.parametrize(("name", "source"), [("cost", BARS), ("growth", GROWTH)])
def test_the_plots_of_the_page_are_those_of_the_results(name: str, source: Path, theme: str) -> None:
    image = IMAGES / f"{name}-{theme}.png"
    assert image.exists() == source.exists()
    assert not source.exists() or stamp_of(image.read_bytes()) == digest(source)


def test_the_page_says_of_growth_what_is_recorded() -> None:
    page = PAGE.read_text()
    assert page_of(page) == page
    assert "Not recorded" in growth_section(None)


def test_growth_is_told_beside_its_smallest_case_and_what_is_above_the_limit_is_bold() -> None:
    made = growth_section({**CONDITIONS, "cells": GROWN, "left_out": ["players 104 times, graph"]})
    assert "| dates, loop | 1 | 10 | 2.0 | 100.00 | 1.00 | 200 | 1.00 |" in made
    assert "| dates, loop | 7 | 100 | 6.0 | 50.00 | 0.50 | 300 | **1.50** |" in made
    assert "Left out for want of time: players 104 times, graph." in made
    assert "Left out" not in growth_section({**CONDITIONS, "cells": GROWN, "left_out": []})
    assert "Commit `0123456`" in made
    assert 'srcset="images/growth-dark.png"' in made


def test_costs_are_drawn_by_part_and_side() -> None:
    series = cost_series(json.loads(BARS.read_text()))
    assert list(series)[:2] == ["night", "slice"]
    assert all("script" in costs and len(costs) > 1 for costs in series.values())
