from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from benchmarks.scale.measure import COSTS
from benchmarks.scale.model import calibrate, money, units_of, workload, workloads
from benchmarks.scale.prices import CLASS_A_1000, CLASS_B_1000, GRAPH_BYTES, JOBS_PER_PROJECT, READ_TIB, START_SECONDS
from benchmarks.scale.simulation import Fleet, Run, simulate

READ, ROW, BUILD, PUBLISH, SHUFFLE = 2e-6, 5e-6, 300e-6, 100e-6, 10e-9


def case(rows: int, documents: int, dates: int) -> dict[str, Any]:
    """A case whose costs follow from the units above."""
    scan, build, publish = rows * READ, rows * ROW + documents * BUILD, documents * PUBLISH
    run, by_rows, by_documents = scan + build + publish, rows * 200.0, documents * 50.0
    return {
        "dates": dates,
        "shards": 16,
        "streams": 20,
        "rows": rows,
        "documents": documents,
        "built": documents,
        "start_cpu": 0.7,
        "graph_start_cpu": 2.0,
        "scan_cpu": scan,
        "build_cpu": build,
        "run_cpu": run,
        "read_bytes": rows * 80,
        "document_bytes": documents * 4000,
        "manifest_bytes": documents * 90,
        "shuffled_by_rows": by_rows,
        "shuffled_by_documents": by_documents,
        "graph_bytes": 90_000,
        "graph_cpu": run + (by_rows + by_documents) * SHUFFLE,
        "requests": {"creates": documents + 9 * dates, "reads": 5 * dates, "lists": dates, "deletes": 2 * dates},
        "rerun_requests": {"creates": 3 * dates, "reads": 9 * dates, "lists": 2 * dates},
        "to_one_object": 2,
    }


@pytest.fixture
def costs() -> dict[str, Any]:
    cases = {
        "date": case(200_000, 12, 1),
        "night": case(190_000, 600, 1),
        "fortnight": case(205_000, 12_000, 28),
        "season": case(210_000, 74_000, 174),
    }
    return {"request_cpu": 0.001, "cases": cases, "conditions": {}}


def test_units_are_those_that_the_costs_were_made_of(costs: dict[str, Any]) -> None:
    units = units_of(costs)
    assert units.read_row == pytest.approx(READ)
    assert units.sweep_row == pytest.approx(ROW)
    assert units.build_document == pytest.approx(BUILD)
    assert units.publish_document == pytest.approx(PUBLISH)
    assert units.shuffle_byte == pytest.approx(SHUFFLE)
    assert (units.row_bytes, units.document_bytes) == (80, 4000)
    assert (units.shuffled_row, units.shuffled_document) == (200, 50)


def test_costs_that_are_linear_are_predicted(costs: dict[str, Any]) -> None:
    assert [one.ratio for one in calibrate(costs)] == pytest.approx([1.0] * 4)


def test_a_graph_that_was_not_measured_is_not_calibrated(costs: dict[str, Any]) -> None:
    del costs["cases"]["season"]["graph_cpu"]
    assert [one.what for one in calibrate(costs)] == ["CPU seconds of a season, loop", "CPU seconds of a night, loop"]


def test_a_season_that_costs_more_than_the_units_say_is_seen(costs: dict[str, Any]) -> None:
    costs["cases"]["season"]["run_cpu"] *= 2
    assert calibrate(costs)[0].ratio == pytest.approx(0.5)


def test_season_and_night_have_no_part_in_the_units(costs: dict[str, Any]) -> None:
    other = deepcopy(costs)
    for name in ("season", "night"):
        other["cases"][name] |= {"run_cpu": 1e6, "build_cpu": 1e6, "graph_cpu": 1e6, "shuffled_by_rows": 1e12}
    assert units_of(other) == units_of(costs)


def test_two_cases_of_the_same_size_do_not_tell_rows_from_documents(costs: dict[str, Any]) -> None:
    costs["cases"]["fortnight"] = deepcopy(costs["cases"]["date"])
    with pytest.raises(ValueError, match="does not tell rows from documents"):
        units_of(costs)


def test_steps_hold_all_work_and_every_request(costs: dict[str, Any]) -> None:
    units, season = units_of(costs), costs["cases"]["season"]
    work, fleet = workload("a season", season), Fleet(8)
    steps = work.steps(units, fleet)
    requests = season["requests"]
    assert sum(step.creates for step in steps) == requests["creates"] + requests["deletes"]
    assert sum(step.reads for step in steps) == requests["reads"] + requests["lists"]
    expected = season["graph_cpu"] + 8 * 2.0 + sum(requests.values()) * 0.001
    assert sum(step.cpu for step in steps) == pytest.approx(expected)


def test_money_is_price_times_number(costs: dict[str, Any]) -> None:
    units, season = units_of(costs), costs["cases"]["season"]
    work = workload("x", season, times=1000)
    dollars = money(work, units, Fleet(10), Run(seconds=3600.0))
    assert dollars["workers"] == pytest.approx(10 * (0.056 + 4 * 0.0036))
    assert dollars["creates and lists"] == pytest.approx((74_000 + 10 * 174) * CLASS_A_1000)
    assert dollars["reads"] == pytest.approx(5 * 174 * CLASS_B_1000)
    assert dollars["reading tables"] == pytest.approx(210_000 * 80 * 1000 / 2**40 * READ_TIB)
    assert dollars["storage, a month"] == pytest.approx(1000 * 74_000 * (4000 + 90) / 1e9 * 0.02)


def test_a_thousand_leagues_are_a_thousand_times_the_work_of_one(costs: dict[str, Any]) -> None:
    (season, _), (leagues, fleet) = workloads(costs)[1], workloads(costs)[3]
    assert (leagues.documents, leagues.creates, leagues.dates) == (
        1000 * season.documents,
        1000 * season.creates,
        1000 * season.dates,
    )
    assert leagues.manifest_bytes == pytest.approx(1000 * season.manifest_bytes)
    assert leagues.jobs == 63
    assert fleet.start_seconds == 3 * START_SECONDS
    assert fleet.vcpus == JOBS_PER_PROJECT * 4 * 2
    assert leagues.to_one_object == season.to_one_object
    assert simulate(leagues.steps(units_of(costs), fleet), fleet).refused > 0


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COSTS.read_text())
    return found


def test_a_season_s_cpu_is_predicted_within_a_third_and_a_night_s_and_bytes_within_half(
    recorded: dict[str, Any],
) -> None:
    for one in calibrate(recorded):
        least = 0.5 if "night" in one.what or "megabytes" in one.what else 0.75
        assert least < one.ratio < 1 / least, one


def test_the_recorded_costs_are_those_of_whole_runs(recorded: dict[str, Any]) -> None:
    cases = recorded["cases"]
    assert cases["season"]["documents"] > 70_000
    assert [cases[name]["dates"] for name in ("date", "night", "fortnight", "season")] == [1, 1, 14, 174]
    assert cases["night"]["documents"] > 250
    assert all(found["requests"]["creates"] > found["documents"] for found in cases.values())
    assert 0 < cases["fortnight"]["graph_bytes"] < GRAPH_BYTES


def test_a_rerun_creates_next_to_nothing(recorded: dict[str, Any]) -> None:
    night = recorded["cases"]["night"]
    assert 0 < night["rerun_requests"]["creates"] < night["requests"]["creates"] / 10
