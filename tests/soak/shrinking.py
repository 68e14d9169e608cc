"""The shortest sequence that still shows a violation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tests.soak.scenario import Action, Fault, Scenario, Start, Step

MOST_TRIES = 400
GRAPH_TRIES = 40
"""Tries of a scenario of graphs, each of which takes seconds."""


def shrink(scenario: Scenario, breaks: Callable[[Scenario], bool], most: int | None = None) -> Scenario:
    """Return a scenario from which no action can be left out, and no number made smaller, without losing the violation.

    Args:
        scenario: One that breaks a rule.
        breaks: Carries out a scenario, and returns whether it breaks the rule still.
        most: Scenarios that are tried; None for as many as there is time for.
    """
    tries = 0
    if scenario.on_graph and breaks(replace(scenario, on_graph=False)):
        scenario = replace(scenario, on_graph=False)
    most = most if most is not None else GRAPH_TRIES if scenario.on_graph else MOST_TRIES

    def still(candidate: Scenario) -> bool:
        nonlocal tries
        tries += 1
        return tries <= most and breaks(candidate)

    size = max(len(scenario.actions) // 2, 1)
    while True:
        found = _without(scenario, size, still)
        if found is not None:
            scenario = found
        elif size > 1:
            size //= 2
        else:
            break
    for at, action in enumerate(scenario.actions):
        for simpler in _simpler(action):
            actions = (*scenario.actions[:at], simpler, *scenario.actions[at + 1 :])
            if still(replace(scenario, actions=actions)):
                scenario = replace(scenario, actions=actions)
                break
    if scenario.on_disk and still(replace(scenario, on_disk=False)):
        scenario = replace(scenario, on_disk=False)
    return scenario


def _without(scenario: Scenario, size: int, still: Callable[[Scenario], bool]) -> Scenario | None:
    """Return a scenario without some actions in a row; None when all of them are needed."""
    for at in range(0, len(scenario.actions), size):
        candidate = replace(scenario, actions=scenario.actions[:at] + scenario.actions[at + size :])
        if candidate.actions and still(candidate):
            return candidate
    return None


def _simpler(action: Action) -> list[Action]:
    """Return simpler forms of an action, the simplest first."""
    if isinstance(action, Step):
        return [replace(action, calls=calls) for calls in (1, 5, 20, 50) if calls < action.calls]
    if isinstance(action, Start) and action.skew:
        return [replace(action, skew=0)]
    if isinstance(action, Fault):
        return []
    return []
