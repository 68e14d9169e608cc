from __future__ import annotations

from collections import Counter

import pytest

from tests.soak.__main__ import explain, main
from tests.soak.faults import BUNDLE_FAULTS
from tests.soak.on_graph import TRIES
from tests.soak.pictures import NIGHT
from tests.soak.scenario import (
    TO_THE_END,
    Fault,
    Kill,
    Outcome,
    Protocol,
    Scenario,
    Start,
    Step,
    carry_out,
    graph_scenario_of,
)
from tests.soak.shrinking import shrink
from tests.soak.test_soak import OPENED, LosingWrites

FIXED_SEEDS = (50, 90, 130)
"""Among them: runs that are killed, frozen and raced, workers that die while they write, and bundles that are lost."""


def on_graph(*actions: Start | Step | Fault | Kill) -> Scenario:
    return Scenario(actions, on_graph=True)


@pytest.mark.parametrize("seed", FIXED_SEEDS)
def test_seeded_scenario_of_graphs_breaks_no_rule(seed: int) -> None:
    scenario = graph_scenario_of(seed)
    found = carry_out(scenario)
    assert not found.violations, explain(seed, scenario, found)
    assert found.met.keys() & BUNDLE_FAULTS


def test_a_run_survives_workers_that_die_while_they_write_and_bundles_that_are_carried_out_twice() -> None:
    deaths = (Fault(0, "killed before a write", "tonight/"), Fault(0, "killed after a write", "predictions/"))
    bundles = (*(Fault(0, kind) for kind in BUNDLE_FAULTS), *(Fault(0, kind) for kind in BUNDLE_FAULTS))
    found = carry_out(on_graph(Start(0, NIGHT, 0), *bundles[:2], Step(0, OPENED), *bundles[2:], *deaths))
    assert not found.violations
    # The run, and the undisturbed one after it.
    assert found.statuses == {"success": 2}
    assert found.met == {
        "killed before a write": 1,
        "killed after a write": 1,
        "bundle tried again": 2,
        "lost bundle": 2,
        "repeated bundle": 2,
    }


def test_a_bundle_that_fails_at_each_try_ends_the_run() -> None:
    refused = (Fault(0, "refused write", "open/"),) * TRIES
    found = carry_out(on_graph(Start(0, NIGHT, 0), *refused))
    assert not found.violations
    assert found.statuses == {"broke off": 1, "success": 1}
    assert found.met == {"refused write": TRIES, "bundle tried again": TRIES - 1}


def test_a_run_that_is_killed_has_no_other_worker() -> None:
    found = carry_out(on_graph(Start(0, NIGHT, 0), Step(0, OPENED), Kill(0)))
    assert not found.violations
    assert found.statuses == {"success": 1}
    assert found.met == {"killed": 1}


def test_a_wrong_protocol_is_caught() -> None:
    found = carry_out(on_graph(Start(0, NIGHT, 0), Step(0, TO_THE_END)), Protocol(LosingWrites))
    assert "untrue success" in {violation.partition(":")[0] for violation in found.violations}


def test_what_breaks_a_rule_without_graphs_as_well_shrinks_to_that() -> None:
    scenario = on_graph(Start(0, NIGHT, 0), Kill(0))
    assert shrink(scenario, lambda tried: Kill(0) in tried.actions) == Scenario((Kill(0),))
    assert shrink(scenario, lambda tried: tried.on_graph) == on_graph(Kill(0))


def test_a_soak_carries_out_every_tenth_seed_with_graphs_as_well(capsys: pytest.CaptureFixture[str]) -> None:
    carried: list[Scenario] = []

    def carry(scenario: Scenario) -> Outcome:
        carried.append(scenario)
        return Outcome([], Counter({"lost bundle": int(scenario.on_graph)}), Counter({"success": 1}))

    assert main(["--runs=11", "--seed=5"], carry) == 0
    assert [number for number, scenario in enumerate(carried) if scenario.on_graph] == [6]
    assert carried[6] == graph_scenario_of(10)
    said = capsys.readouterr().out
    assert "scenarios   12, 1 of them as Beam graphs (12 runs ended: 12 success)" in said
    assert f"1 lost bundle: {BUNDLE_FAULTS['lost bundle']}" in said
