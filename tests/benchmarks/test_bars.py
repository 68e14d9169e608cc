from __future__ import annotations

import json
import sys
from argparse import ArgumentTypeError
from dataclasses import asdict, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from benchmarks.against_script import (
    GRAPH,
    LOOP,
    SCRIPT,
    Part,
    part_of,
    usual_side,
)
from benchmarks.bars import (
    BARS,
    CHECKED,
    DATED,
    HELP,
    NIGHT,
    PAGE,
    PARTS,
    RESULTS,
    SEASON,
    SLICE,
    bar_table,
    checkout,
    cost_table,
    judge,
    machine_line,
    measure_help,
    offers_two_workers,
    page_of,
    with_parts,
    with_section,
)
from benchmarks.processes import ROOT, Cost, run
from benchmarks.time_spent import LAYERS, OTHER, by_package, layer_of, layers_table


def cost(cpu: float, wall: float = 2.0, documents: int = 1234) -> Cost:
    return Cost(cpu, wall, 100.0, documents)


def part(name: str, ours: str, **costs: Cost) -> Part:
    sides = {name.replace("_", " "): found for name, found in costs.items()}
    return Part(name, "tonight", "2026-04-12", "2026-04-12", 3, ours, sides, "abc", "0.5")


def verdicts(*parts: Part) -> dict[str, bool]:
    return {found.what.partition(",")[0]: found.is_met for found in judge(parts)}


@pytest.mark.parametrize(
    ("made", "is_met"),
    [
        (part(NIGHT, LOOP, script=cost(1.0), loop=cost(3.0), graph=cost(9.0)), True),
        (part(NIGHT, LOOP, script=cost(1.0), loop=cost(3.01), graph=cost(1.0)), False),
        (part(SEASON, GRAPH, script=cost(5.0), loop=cost(5.0), graph=cost(10.01)), False),
        (part(SEASON, GRAPH, script=cost(5.0), loop=cost(50.0), graph=cost(10.0)), True),
        (part(CHECKED, LOOP, loop=cost(10.0), validated=cost(13.0)), True),
        (part(CHECKED, LOOP, loop=cost(10.0), validated=cost(13.1)), False),
        (part(HELP, LOOP, loop=cost(9.0, wall=0.3)), True),
        (part(HELP, LOOP, loop=cost(0.1, wall=0.31)), False),
    ],
)
def test_a_bar_is_held_against_the_side_that_the_command_usually_is(made: Part, is_met: bool) -> None:
    assert list(verdicts(made).values()) == [is_met]


@pytest.mark.parametrize(
    ("floor", "rerun", "met"),
    [(50.0, 40.0, [True, True]), (49.9, 40.0, [False, True]), (50.0, 40.1, [True, False])],
)
def test_all_dated_types_decide_two_bars(floor: float, rerun: float, met: list[bool]) -> None:
    made = part(DATED, GRAPH, graph=cost(100.0), floor=cost(floor), rerun=cost(rerun))
    assert list(verdicts(made).values()) == met


@pytest.mark.parametrize(("wall", "is_met"), [(20.0, True), (20.1, False)])
def test_two_workers_are_held_against_the_wall_time_of_one(wall: float, is_met: bool) -> None:
    sides = {"script": cost(30.0), "graph": cost(30.0, wall=30.0), "two_workers": cost(99.0, wall=wall)}
    assert list(verdicts(part(SEASON, GRAPH, **sides)).values()) == [True, is_met]


def test_two_workers_have_no_bar_where_they_were_not_measured() -> None:
    assert len(judge([part(SEASON, GRAPH, script=cost(1.0), graph=cost(1.0))])) == 1
    assert offers_two_workers("`--direct_running_mode=multi_processing --direct_num_workers=2`")
    assert not offers_two_workers("`--runner=DirectRunner`")


def test_a_number_that_rounds_to_its_limit_and_is_above_it_is_missed() -> None:
    (found,) = judge([part(NIGHT, LOOP, script=cost(1.0), loop=cost(3.004))])
    assert (found.number, found.is_met) == ("3.00 ×", False)
    assert "| ≤ 3.0 × | 3.00 × | **missed** |" in bar_table([found])


def test_every_part_decides_a_bar_but_the_slice() -> None:
    assert {bar.part for bar in BARS} == set(PARTS) - {"slice"}


def test_the_table_gives_multiples_of_script_and_floor() -> None:
    made = cost_table([part(NIGHT, LOOP, script=cost(1.5), loop=cost(4.5), floor=replace(cost(0.9), memory=0.0))])
    assert "| night: 2026-04-12, best of 3, `abc` | **loop** | 1,234 | 4.50 | 2.00 | 100 | 3.00 | 5.00 |" in made
    assert "| night: 2026-04-12, best of 3, `abc` | floor | 1,234 | 0.90 | 2.00 |  | 0.60 | 1.00 |" in made


def test_a_part_is_the_same_after_it_was_recorded() -> None:
    made = part(DATED, GRAPH, graph=cost(1.0), floor=cost(2.0), rerun=cost(3.0))
    assert part_of(json.loads(json.dumps(asdict(made)))) == made


def test_a_part_that_is_measured_anew_replaces_its_own_record_only() -> None:
    machine = {"machine": "2 cores", "files": "memory", "commit": "unused", "load": "unused"}
    night, season = part(NIGHT, LOOP, loop=cost(1.0)), part(SEASON, LOOP, loop=cost(2.0))
    results = with_parts(with_parts({}, [season], machine), [night], machine)
    assert [one["name"] for one in results["parts"]] == [NIGHT, SEASON]  # type: ignore[attr-defined]
    again = replace(night, commit="def", load="1.5", costs={LOOP: cost(9.0)})
    results = with_parts(results, [again], machine)
    parts = [part_of(one) for one in results["parts"]]  # type: ignore[attr-defined]
    assert parts == [again, season]
    line = machine_line(results, parts)
    assert line == "Commit `abc`, `def`; 2 cores; load 0.5 to 1.5 before each part; files in memory."


def test_a_section_is_replaced_between_its_marks_only() -> None:
    page = "a\n<!-- x: written by a command, do not edit -->\nold\n<!-- end of x -->\nb\n"
    made = with_section(page, "x", "new")
    assert "old" not in made
    assert made.startswith("a\n")
    assert made.endswith("-->\nb\n")
    assert with_section(made, "x", "new") == made


@pytest.mark.parametrize("page", ["", "<!-- end of x -->", "<!-- x: written by a command, do not edit -->"])
def test_a_page_without_both_marks_is_not_written(page: str) -> None:
    with pytest.raises(ValueError, match="needs"):
        with_section(page, "x", "new")


def test_few_dates_are_the_loop_and_many_the_graph() -> None:
    night = date(2026, 4, 12)
    assert usual_side(night, night) == LOOP
    assert usual_side(night - timedelta(days=1000), night) == GRAPH


def test_a_process_is_measured_as_a_whole() -> None:
    code = "held = b'x' * (64 << 20); sum(range(2_000_000)); print('said')"
    found, printed = run([sys.executable, "-c", code], lambda: 7)
    assert (found.documents, printed) == (7, "said\n")
    assert found.memory > 64
    assert 0 < found.cpu <= found.wall + 1


@pytest.mark.parametrize(("code", "documents"), [("raise SystemExit(3)", 1), ("raise SystemExit(1)", 1), ("pass", 0)])
def test_a_process_that_fails_or_writes_nothing_is_not_measured(code: str, documents: int) -> None:
    with pytest.raises(RuntimeError, match="ended with"):
        run([sys.executable, "-c", f"print('why'); {code}"], lambda: documents)


def test_a_command_runs_in_the_checkout_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "main.py").write_text("print('another commit')")
    assert run([sys.executable, "-m", "pipeline.main"], lambda: 1, folder=tmp_path)[1] == "another commit\n"
    assert checkout(f"before:{tmp_path}") == ("before", tmp_path)


@pytest.mark.parametrize("given", ["before", ":.", "before:/nowhere", f"loop:{PAGE.parents[1]}"])
def test_what_is_no_other_checkout_is_refused(given: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a name, a colon and a checkout"):
        checkout(given)


def test_help_is_measured_where_it_ends_well() -> None:
    found = measure_help(1)
    assert found.costs[found.ours].cpu > 0.01


def test_the_tables_of_the_page_are_those_of_the_results() -> None:
    page = PAGE.read_text()
    assert page_of(page, json.loads(RESULTS.read_text())) == page


def test_the_recorded_parts_have_the_sides_that_their_bars_need() -> None:
    parts = {found.name: found for found in map(part_of, json.loads(RESULTS.read_text())["parts"])}
    assert {NIGHT, SLICE} <= parts.keys() <= set(PARTS)
    for name in {NIGHT, SLICE, SEASON} & parts.keys():
        found = parts[name]
        assert {SCRIPT, found.ours} <= found.costs.keys()
        assert found.costs[found.ours].documents <= found.costs[SCRIPT].documents
    assert len(judge(parts.values())) >= len([bar for bar in BARS if bar.part in parts and bar.part != SEASON])


def test_imports_are_counted_by_package() -> None:
    printed = (
        "import time: self [us] | cumulative | imported package\n"
        "import time:      1000 |       1000 |     alpha.beta\n"
        "import time:       500 |       1500 |   alpha\n"
        "import time:       250 |       1750 | gamma\n"
        "a warning: import time\n"
    )
    assert by_package(printed) == {"alpha": 0.0015, "gamma": 0.00025}


def test_the_longest_beginning_of_a_path_decides_its_layer() -> None:
    assert layer_of("transforms/reading/scan.py") == "reading columns and counting rows"
    assert layer_of("transforms/reading/decoding.py") == "rows as Python objects"
    assert layer_of("exporters/tonight/tonight.py") != layer_of("exporters/league/nights/night.py") != OTHER
    assert layer_of("benchmarks/bars.py") == layer_of(".venv/lib/x.py") == OTHER


def test_every_layer_is_of_modules_that_are_there() -> None:
    assert not [start for starts in LAYERS.values() for start in starts if not (ROOT / start).exists()]


def test_layers_are_in_the_order_of_the_first_season() -> None:
    table = layers_table({"four": {"b": 0.75, "a": 0.25}, "nine": {"a": 1.0}})
    assert table.splitlines() == [
        "| layer | four | nine |",
        "|---|---|---|",
        "| b | 75 % | 0 % |",
        "| a | 25 % | 100 % |",
    ]


def test_the_page_names_the_plots(tmp_path: Path) -> None:
    assert 'srcset="images/cost-dark.png"' in PAGE.read_text()
    assert 'src="images/cost-light.png"' in PAGE.read_text()
